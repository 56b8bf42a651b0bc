#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs busybox and its links into a root; a program that is there already is kept.
# Usage: busybox-links.sh BUSYBOX ROOT
set -eu

busybox=$1
root=$2
cp "$busybox" "$root/usr/bin/busybox"
chmod 755 "$root/usr/bin/busybox"
# busybox knows four folders (/bin /sbin /usr/bin /usr/sbin); with /bin and /sbin links to /usr they are two.
"$busybox" --list-full | while read -r path; do
	name=${path##*/}
	[ "$name" != busybox ] || continue
	case $path in
	*sbin/*) dir=usr/sbin to=../bin/busybox ;;
	*) dir=usr/bin to=busybox ;;
	esac
	[ -e "$root/usr/bin/$name" ] || [ -L "$root/usr/bin/$name" ] || [ -e "$root/usr/sbin/$name" ] ||
		[ -L "$root/usr/sbin/$name" ] || ln -s "$to" "$root/$dir/$name"
done
