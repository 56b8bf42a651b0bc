#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build/run PROGRAM [ARG...]: runs a program inside the build root, in the caller's directory.
# The tree is visible at its own path and at /src; programs built here are found first.
set -eu

CALLER=$(pwd)
export CALLER
self=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$self/.."
root=$self/testroot
[ -e "$self/testroot.stamp" ] || root=$self/root
[ -d "$root" ] || {
	echo "domus: there is no build root yet: run make root" >&2
	exit 1
}
[ $# -gt 0 ] || {
	echo "usage: build/run PROGRAM [ARG...]" >&2
	exit 2
}
SOURCE_DATE_EPOCH=$(sed -n 's/^# epoch: //p' "$self/manifest")
export SOURCE_DATE_EPOCH
exec sh iso/buildroot/enter.sh "$root" "$@"
