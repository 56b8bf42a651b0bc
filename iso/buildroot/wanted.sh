#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpacks what only some words of build.conf want: the compiler's helpers and the source for `xen = source`,
# more firmware for `firmware = all`. Usage: wanted.sh BUILD CONF.MK

. iso/buildroot/common.sh

build=$1
conf=$2

# add ROOT SET: into a root that is there, unless it has them already.
add()
{
	for name in $(manifest_sets "$2" | awk '{ print $2 }'); do
		[ -e "$1/var/lib/domus/files/$name" ] || missing=1
	done
	[ -z "${missing:-}" ] || BASE=$1 sh "$HERE/unpack.sh" "$1" "$2"
	missing=
}

if grep -q '^XEN := source' "$conf"; then
	sh "$HERE/download.sh" source-xen xen
	add "$build/root" xen
	# Only a new manifest brings another source: the hypervisor is compiled again when this stamp is newer.
	if [ -z "$(find "$build/sources-xen.stamp" -newer "$build/manifest" 2>/dev/null)" ]; then
		sh "$HERE/sources.sh" "$build/sources-xen" source-xen
		touch "$build/sources-xen.stamp"
	fi
	# Not every mirror has the sources of security updates.
	source=$(manifest_sets source-xen | awk '{ print $3; exit }')
	package=$(manifest_sets image | awk '$2 ~ /^xen-hypervisor-/ { print $3; exit }')
	! dpkg --compare-versions "$source" lt "$package" ||
		say NOTE "Xen's source is $source, older than Debian's package $package: security updates may be missing"
fi
if grep -q '^FIRMWARE := all' "$conf"; then
	sh "$HERE/download.sh" firmware
	add "$build/image" firmware
fi
