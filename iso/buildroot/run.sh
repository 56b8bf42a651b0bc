#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build/run PROGRAM [ARG...]: runs a program inside the build root, in the caller's directory.
# The tree is visible at its own path and at /src; programs built here are found first.
set -eu

[ $# -gt 0 ] || {
	echo "usage: build/run PROGRAM [ARG...]" >&2
	exit 2
}
CALLER=$(pwd)
self=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$self/.."
root=$self/testroot
[ -e "$self/testroot.stamp" ] || root=$self/root
if [ ! -d "$root" ] || [ ! -e "$self/manifest" ]; then
	echo "domus: there is no build root yet: run make root" >&2
	exit 1
fi
SOURCE_DATE_EPOCH=$(sed -n 's/^# epoch: //p' "$self/manifest")
export CALLER SOURCE_DATE_EPOCH
exec sh iso/buildroot/enter.sh "$root" "$@"
