#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# First part of the start, before the services: file systems, modules, the configuration.
set -u
. /usr/share/domus/functions.sh
. /usr/share/domus/state.sh

mounts() {
	mkdir -p /dev/pts /dev/shm /run/lock /run/domus/failed /run/domus/log /run/xen /run/service
	mountpoint -q /dev/pts || mount -t devpts -o mode=0620,gid=5,ptmxmode=0666,nosuid,noexec devpts /dev/pts
	mountpoint -q /dev/shm || mount -t tmpfs -o mode=1777,nosuid,nodev,size=25% shm /dev/shm
	mount -t tmpfs -o mode=1777,nosuid,nodev,size=50% tmp /tmp
	chmod 1777 /run/lock
	[ -L /var/run ] || { rm -rf /var/run && ln -s /run /var/run; }
	[ -L /var/lock ] || { rm -rf /var/lock && ln -s /run/lock /var/lock; }
	ln -sfn /proc/self/fd /dev/fd
	ln -sfn fd/0 /dev/stdin
	ln -sfn fd/1 /dev/stdout
	ln -sfn fd/2 /dev/stderr
}

# After the state partition is there, or not: the directories that programs expect.
directories() {
	mkdir -p /var/log/xen/console /var/lib/xen /var/lib/xen/dump /var/lib/domus/ssh \
		/var/spool/cron/crontabs /var/cache /var/lib/domus/lvm /var/tmp /root /home /srv/domus /etc/xen/auto /etc/domus
	chmod 0700 /root /var/lib/domus/ssh
	chmod 1777 /var/tmp
	chmod 0600 /etc/shadow
	: >/run/utmp
	[ -e /var/log/wtmp ] || : >/var/log/wtmp
	# Guests write these logs: a size of their own, so that a talkative guest cannot fill dom0's memory.
	is_installed || mount -t tmpfs -o mode=0750,nosuid,nodev,noexec,size=8m guestlogs /var/log/xen/console
}

# One modprobe for all devices: it reads modules.alias once. By bus: walking /sys/devices takes seconds.
load_modules() {
	cat /sys/bus/*/devices/*/modalias 2>/dev/null | sort -u | xargs -r modprobe -q -b -a 2>/dev/null
	modprobe -q -a bridge tun 8021q dm_mod loop fuse 2>/dev/null
	return 0
}

# xen-privcmd comes before xenfs, and nothing of Xen's tools works without /proc/xen.
load_xen() {
	modprobe -q -a xen-evtchn xen-gntdev xen-gntalloc xen-privcmd 2>/dev/null
	modprobe -q -a xenfs xen-netback xen-blkback xen-acpi-processor xen-pciback 2>/dev/null
	mountpoint -q /proc/xen || mount -t xenfs xenfs /proc/xen
}

keymap() {
	KEYMAP=us
	[ -r /etc/domus/keymap ] && read -r KEYMAP </etc/domus/keymap
	[ "$KEYMAP" = us ] && return 0
	if [ ! -r "/usr/share/domus/keymaps/$KEYMAP.bmap" ]; then
		echo "no keyboard map $KEYMAP in /usr/share/domus/keymaps"
		return 1
	fi
	loadkmap <"/usr/share/domus/keymaps/$KEYMAP.bmap"
}

# The kernel has taken the hardware clock for UTC already. One that lost its battery shows a time before this
# release was made, or before this host was last used: certificates would not be valid yet, and logs out of order.
clock() {
	[ "$(cat /etc/domus/hwclock 2>/dev/null)" != local ] || [ ! -e /dev/rtc0 ] || hwclock -l -s
	LEAST=$(sed -n 's/^EPOCH=//p' /etc/domus-release)
	USED=$(stat -c %Y /var/log/messages 2>/dev/null)
	[ "${USED:-0}" -le "${LEAST:-0}" ] || LEAST=$USED
	NOW=$(date +%s)
	[ "$NOW" -lt "${LEAST:-0}" ] || return 0
	WAS=$(date)
	date -s "@$LEAST" >/dev/null
	record_failure clock "the clock showed $WAS; it was set to $(date), the last time known here: domus-host time set, or a time server, sets it right"
	say_failed "The clock showed $WAS; set to the last time known here, $(date)."
}

apply_sysctl() {
	for FILE in /etc/sysctl.conf /etc/sysctl.d/*.conf; do
		[ -r "$FILE" ] && { sysctl -q -p "$FILE" || return 1; }
	done
	return 0
}

# The services get a copy of their own: runit keeps its pipes beside ./run.
services() {
	cp -R /etc/service/. /run/service/
	if [ -d /etc/domus/local/service ] && [ "$(cmdline domus.local || :)" != no ]; then
		cp -R /etc/domus/local/service/. /run/service/
	fi
	is_xen || (cd /run/service && rm -rf xenstored xenconsoled domus-monitor getty-hvc0)
	is_xen && rm -rf /run/service/getty-serial
	[ -c /dev/watchdog ] || rm -rf /run/service/watchdog
	[ -x /usr/sbin/domus-monitor ] || rm -rf /run/service/domus-monitor
	# All but these wait for /etc/rc.late: what xl needs goes first. What is not wanted (domus-host
	# generate writes those names) is there, but stays down; `sv up NAME` starts it.
	for DIR in /run/service/*/; do
		case $DIR in
		*/syslogd/ | */servicelog/ | */xenstored/) ;;
		*) : >"$DIR/down" ;;
		esac
	done
	return 0
}

main() {
	mounts
	is_xen && step xen-modules "Xen's drivers" load_xen
	step modules "Drivers for this hardware" load_modules &
	MODULES=$!
	mount_state
	directories
	if [ -x /usr/sbin/domus-host ]; then
		step generate "Configuration" domus-host generate --root /
	fi
	clock
	[ -r /etc/hostname ] && hostname "$(cat /etc/hostname)"
	ip link set lo up
	step keymap "Keyboard" keymap
	step sysctl "Kernel settings" apply_sysctl
	wait "$MODULES"
	step services "Service directories" services
}

# Not as the leader of a session: that would make the first console written to our terminal.
main &
wait $!
