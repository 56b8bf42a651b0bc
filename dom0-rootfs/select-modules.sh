#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copies the kernel modules that a list names, with everything they depend on, decompressed
# (busybox modprobe reads no xz, and the squashfs compresses better than each module alone).
#
# usage: select-modules.sh KERNELROOT OUTDIR LIST
#   KERNELROOT  an unpacked linux-image package, or the OUTDIR of an earlier run (a subset of it)
#   OUTDIR      gets lib/modules/VERSION; replaced in one rename when all went well
#   LIST        one pattern a line, # starts a comment:
#                 kernel/drivers/ata/    every module below this directory
#                 nvme, ums-*            a module by name; * matches, - and _ are the same
#                 !PATTERN               not this, of what directories and globs would take
#               A dependency comes along even when it is excluded. A name that the kernel has
#               built in is satisfied. A pattern that matches nothing is an error.
# The modules stay as Debian signed them. Without their .BTF (type data for BPF tracing) the
# squashfs would be 13 % smaller, but without a valid signature too.
set -eu
PATH=$PATH:/usr/sbin:/sbin
umask 022
LC_ALL=C
export LC_ALL

die() { echo "select-modules: $*" >&2; exit 1; }

[ $# -eq 3 ] || die "usage: select-modules.sh KERNELROOT OUTDIR LIST"
kernelroot=$1 outdir=$2 list=$3
[ -r "$list" ] || die "cannot read $list"
from=
for dir in "$kernelroot"/usr/lib/modules "$kernelroot"/lib/modules; do
	[ -z "$from" ] && [ -d "$dir" ] && from=$dir
done
[ -n "$from" ] || die "no lib/modules in $kernelroot: unpack a linux-image package there"
version=$(ls "$from")
if [ -z "$version" ] || [ ! -d "$from/$version" ]; then
	die "$from must hold one kernel, it holds: $(ls -m "$from")"
fi
from=$from/$version

mkdir -p "$outdir/lib/modules"
work=$outdir/.select-modules.part
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
to=$work/lib/modules/$version
mkdir -p "$to"
(cd "$from" && find kernel -name '*.ko' -o -name '*.ko.xz') | sort >"$work/all"
[ -s "$work/all" ] || die "no .ko or .ko.xz below $from"

# List × modules → the paths wanted. Errors are collected, so that one run names them all.
awk -v list="$list" '
	function clean(s) { sub(/.*\//, "", s); sub(/\.ko(\.xz)?$/, "", s); gsub(/-/, "_", s); return s }
	function regex(s) {
		gsub(/-/, "_", s); gsub(/[.+]/, "[&]", s); gsub(/\*/, "[^/]*", s); return "^" s "$"
	}
	function hit(i, path, name) {
		return dir[i] ? index(path, what[i]) == 1 : name ~ what[i]
	}
	FILENAME == list {
		sub(/#.*/, ""); gsub(/^[ \t]+|[ \t]+$/, "")
		if ($0 == "") next
		if (NF > 1) { print list ":" FNR ": one pattern a line: " $0; bad = 1 }
		text[++n] = $0; line[n] = FNR; s = $0; no[n] = sub(/^!/, "", s)
		dir[n] = s ~ /\/$/; exact[n] = !dir[n] && s !~ /\*/; what[n] = dir[n] ? s : regex(s)
		if (!dir[n] && s ~ /\//) { print list ":" FNR ": a directory ends in /: " $0; bad = 1 }
		next
	}
	FILENAME ~ /modules\.builtin$/ {
		for (i = 1; i <= n; i++) if (exact[i] && !no[i] && hit(i, $0, clean($0))) used[i] = 1
		next
	}
	{
		name = clean($0); take = named = drop = 0
		for (i = 1; i <= n; i++) if (!no[i] && hit(i, $0, name)) {
			used[i] = 1; take = 1; if (exact[i]) named = 1
		}
		for (i = 1; i <= n; i++) if (no[i] && take && hit(i, $0, name)) { used[i] = 1; drop = !named }
		if (take && !drop) wanted[++m] = $0
	}
	END {
		for (i = 1; i <= n; i++) if (!used[i]) {
			print list ":" line[i] ": matches no module" (no[i] ? " taken by another line: " : ": ") text[i]
			bad = 1
		}
		if (bad) exit
		for (i = 1; i <= m; i++) print wanted[i] >out
	}' out="$work/new" "$list" "$from/modules.builtin" "$work/all" >"$work/errors"
[ ! -s "$work/errors" ] || { cat "$work/errors" >&2; exit 1; }
[ -s "$work/new" ] || die "$list names no module"

# Copy what is new, ask it for its dependencies, repeat until nothing is new.
: >"$work/have"
while [ -s "$work/new" ]; do
	tar -C "$from" -cf - -T "$work/new" | tar -C "$to" -xf -
	sed -n "s|.*\.xz\$|$to/&|p" "$work/new" | xargs -r -n 64 -P "$(nproc)" xz -d
	cat "$work/new" >>"$work/have"
	sed "s|^|$to/|; s|\.xz\$||" "$work/new" | xargs modinfo -F depends | tr , '\n' >"$work/needs"
	awk '
		function clean(s) { sub(/.*\//, "", s); sub(/\.ko(\.xz)?$/, "", s); gsub(/-/, "_", s); return s }
		FILENAME ~ /needs$/ { need[clean($0)] = 1; next }
		FILENAME ~ /have$/ { have[$0] = 1; next }
		clean($0) in need && !($0 in have)
	' "$work/needs" "$work/have" "$work/all" >"$work/new"
done

# The order decides which of two drivers for one device is tried first: depmod reads it.
sed 's/\.xz$//' "$work/have" | awk 'FNR == NR { have[$0] = 1; next } $0 in have' \
	- "$from/modules.order" >"$to/modules.order"
cp "$from/modules.builtin" "$from/modules.builtin.modinfo" "$to"
depmod -b "$work" "$version"
# For the programs of kmod only; busybox reads modules.dep and modules.alias.
rm -f "$to"/modules.*.bin "$to/modules.symbols"
rm -rf "$outdir/lib/modules/$version"
mv "$to" "$outdir/lib/modules/"
