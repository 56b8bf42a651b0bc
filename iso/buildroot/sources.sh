#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpacks the manifest's source packages of a set: DIR/NAME with Debian's files beside. Usage: sources.sh DIR SET

. iso/buildroot/common.sh

dir=$1
debs=$CACHE/packages
lock "$BUILD/lock" "unpacking into $BUILD"
remove "$dir.new"
mkdir -p "$dir.new"
trap 'rm -rf "$dir.new"' EXIT
manifest_sets "$2" | cached >"$dir.new/list"
while read -r name file; do
	src=$dir.new/${name%-src}
	mkdir -p "$src"
	case $file in
	*.orig.tar.*) tar -x -C "$src" --strip-components=1 -f "$debs/$file" ;;
	*.debian.tar.*) tar -x -C "$src" -f "$debs/$file" ;;
	*) continue ;;
	esac 2>"$dir.new/errors" || die "cannot unpack ${file#*-}: $(first_line "$dir.new/errors")"
done <"$dir.new/list"
rm -f "$dir.new/list" "$dir.new"/errors*
remove "$dir"
mv "$dir.new" "$dir"
