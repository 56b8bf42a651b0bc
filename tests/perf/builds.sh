#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How long builds take, in a tree of its own with the downloads there: from nothing, unchanged, after a change of one C
# file. Writes a line for each, NAME MILLISECONDS, to build/tests/builds.txt. Usage: builds.sh (in the tree, on the host)
set -eu

result=$(pwd)/build/tests/builds.txt
mkdir -p "${result%/*}"
rm -f "$result"
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

find . -mindepth 1 -maxdepth 1 ! -name build ! -name .git ! -name .cache -exec cp -a {} "$work/" \;
cp build/manifest "$work/given-manifest"

# timed NAME [VARIABLE=VALUE]: makes the image there and notes how many milliseconds it took.
timed()
{
	begin=$(date +%s%N)
	make -s -C "$work" iso ${2:+"$2"} >"$work/log" 2>&1 </dev/null || {
		tail -n 5 "$work/log" >&2
		exit 1
	}
	echo "$1 $((($(date +%s%N) - begin) / 1000000))" >>"$result.new"
}

rm -f "$result.new"
timed empty MANIFEST="$work/given-manifest"
timed unchanged
echo '/* changed */' >>"$work/lib/num.c"
timed one-file
mv "$result.new" "$result"
