# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The one place that knows what survives a restart of an installed host. Sourced by /etc/rc.boot.

STATE=/run/domus/state

# path under / : whether the state partition's copy begins with what the release brings
PERSISTENT="/etc/domus /root /home /usr/local /var/log /var/spool/cron /var/lib/xen /var/lib/domus"

# bind_persistent DIR: the first time, the partition takes over what the release has there.
bind_persistent() {
	if [ ! -d "$STATE$1" ]; then
		mkdir -p "$STATE${1%/*}"
		if [ -d "$1" ]; then
			cp -a "$1" "$STATE$1.new"
		else
			mkdir -p "$STATE$1.new"
		fi
		mv "$STATE$1.new" "$STATE$1"
	fi
	mkdir -p "$1"
	mount --bind "$STATE$1" "$1"
}

# Of /etc/xen only the guests' files persist; scripts and xl.conf come from the release. So the
# directory is the partition's, and the release's own files are copied into it at every boot.
bind_xen() {
	mkdir -p "$STATE/etc/xen/auto"
	rm -rf "$STATE/etc/xen/scripts" "$STATE/etc/xen/xl.conf"
	cp -a /etc/xen/scripts /etc/xen/xl.conf "$STATE/etc/xen/"
	mount --bind "$STATE/etc/xen" /etc/xen
}

# domus.state=UUID on the kernel command line names the partition; without it nothing persists (live).
mount_state() {
	STATE_UUID=$(cmdline domus.state) || return 0
	STATE_DEVICE=$(findfs "UUID=$STATE_UUID" 2>/dev/null) || STATE_DEVICE=
	mkdir -p "$STATE"
	if [ -z "$STATE_DEVICE" ] || ! mount -t ext4 -o nosuid,nodev "$STATE_DEVICE" "$STATE"; then
		rmdir "$STATE"
		record_failure state "the state partition UUID=$STATE_UUID cannot be mounted: nothing is kept"
		say_failed "The state partition UUID=$STATE_UUID cannot be mounted: nothing will be kept."
		return 1
	fi
	for STATE_DIR in $PERSISTENT; do
		bind_persistent "$STATE_DIR" || record_failure state "cannot bind $STATE_DIR"
	done
	bind_xen || record_failure state "cannot bind /etc/xen"
	say_ok "State partition"
}
