#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An image with `xen = source`, beside the one that is tested: build/xen-source.iso. Its tree is build/xen-source, with a
# build of its own, that the next run goes on with. Why there is none: build/xen-source.why.
# Usage: xen-source.sh (in the tree, on the host)
set -eu

top=$(pwd)
tree=$top/build/xen-source
why=$top/build/xen-source.why
rm -f build/xen-source.iso
mkdir -p "$tree"
find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
find . -mindepth 1 -maxdepth 1 ! -name build ! -name .git ! -name .cache -exec cp -a {} "$tree/" \;
cp -p build/manifest "$tree/.manifest"
make -s -C "$tree" iso XEN=source MANIFEST="$tree/.manifest" 2>"$why" || {
	cat "$why" >&2
	exit 1
}
cp -p "$tree/build/domus.iso" build/xen-source.iso
