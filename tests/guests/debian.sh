#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernel and initrd of Debian's network installer, from its package (150 MiB, kept in the cache), to build/debian:
# what tests/boot/vm_debian_test.py serves. Usage: debian.sh (in the tree, on the host)

. iso/buildroot/common.sh

package=debian-installer-13-netboot-amd64
to=$BUILD/debian
work=$BUILD/debian.new

[ ! -e "$to/linux" ] || [ ! -e "$to/initrd.gz" ] || exit 0
APT_CONFIG=$BUILD/apt/apt.conf
export APT_CONFIG
[ -e "$APT_CONFIG" ] || die "no package lists: run make update"
remove "$work"
mkdir -p "$work" "$CACHE/packages"
trap 'remove "$work"' EXIT

# apt compares the file with the checksum in the signed lists.
file=$(apt-get download --print-uris -qq "$package" | awk '{ print $2 }')
sum=$(apt-get download --print-uris -qq "$package" | sed -n 's/.* SHA256://p')
[ -n "$file" ] || die "the mirror's lists have no $package: run make update"
if ! printf '%s  %s\n' "$sum" "$CACHE/packages/$file" | sha256sum -c >/dev/null 2>&1; then
	say DOWNLOAD "$file, 150 MiB"
	(cd "$work" && apt-get download -qq "$package") || die "cannot download $package"
	mv "$work/$file" "$CACHE/packages/$file"
fi
dpkg-deb --fsys-tarfile "$CACHE/packages/$file" |
	tar -C "$work" -x --strip-components=10 \
		./usr/lib/debian-installer/images/13/amd64/text/debian-installer/amd64/linux \
		./usr/lib/debian-installer/images/13/amd64/text/debian-installer/amd64/initrd.gz
mkdir -p "$to"
mv "$work/linux" "$work/initrd.gz" "$to/"
