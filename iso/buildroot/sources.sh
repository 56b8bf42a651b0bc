#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpacks the manifest's source packages: DIR/NAME with Debian's patches applied. Usage: sources.sh DIR

. iso/buildroot/common.sh

dir=$1
debs=$CACHE/packages
rm -rf "$dir.new" "$dir"
mkdir -p "$dir.new"
manifest_sets source source-xen | awk '{ n = split($7, p, "/"); print $2, substr($4, 1, 16) "-" p[n] }' |
	while read -r name file; do
		[ -e "$debs/$file" ] || continue
		src=$dir.new/${name%-src}
		mkdir -p "$src"
		case $file in
		*.orig.tar.*) tar -x -C "$src" --strip-components=1 -f "$debs/$file" ;;
		*.debian.tar.*) tar -x -C "$src" -f "$debs/$file" ;;
		esac
	done || die "cannot unpack the sources: is the disk full?"
mv "$dir.new" "$dir"
