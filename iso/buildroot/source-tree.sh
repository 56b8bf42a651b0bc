#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A copy of a Debian source package's tree with Debian's patches applied. Usage: source-tree.sh SOURCE WORKDIR
set -eu

rm -rf "$2"
cp -a "$1" "$2"
cd "$2"
grep -v '^\(#\|$\)' debian/patches/series | while read -r patch; do
	patch -s -p1 <"debian/patches/$patch"
done
