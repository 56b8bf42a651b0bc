#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Console keymaps as binary tables for busybox's loadkmap. Usage: keymaps.sh DIR (runs in the build root)
set -eu

dir=$1
rm -rf "$dir"
mkdir -p "$dir"
find /usr/share/keymaps/i386 -name '*.kmap.gz' ! -path '*/include/*' | LC_ALL=C sort | while read -r map; do
	name=$(basename "$map" .kmap.gz)
	loadkeys -q -b "$map" >"$dir/$name.bmap" 2>/dev/null || rm -f "$dir/$name.bmap"
done
[ -s "$dir/us.bmap" ] && [ -s "$dir/jp106.bmap" ]
