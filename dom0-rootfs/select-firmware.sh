#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copies the firmware files that the selected modules ask for, and nothing else.
#
# usage: select-firmware.sh MODULES FIRMWAREROOT OUTDIR LIST
#   MODULES       what select-modules.sh wrote: has lib/modules/VERSION
#   FIRMWAREROOT  the unpacked firmware packages, all in one directory
#   OUTDIR        gets lib/firmware; replaced in one rename when all went well
#   LIST          a word and a value a line, # starts a comment:
#                   package NAME   needed in FIRMWAREROOT; its licence goes to lib/firmware/LICENSES
#                   take PATTERN   in spite of no module announcing it (modinfo -F firmware)
#                   skip PATTERN   announced, but not wanted
#                   absent NAME    announced, not in any package, and the driver works without
# A line without effect and a file that is announced, missing and not `absent` are errors.
set -eu
PATH=$PATH:/usr/sbin:/sbin
umask 022
LC_ALL=C
export LC_ALL

die() { echo "select-firmware: $*" >&2; exit 1; }

[ $# -eq 4 ] || die "usage: select-firmware.sh MODULES FIRMWAREROOT OUTDIR LIST"
modules=$1 firmwareroot=$2 outdir=$3 list=$4
[ -r "$list" ] || die "cannot read $list"
from=$firmwareroot/usr/lib/firmware
[ -d "$from" ] || from=$firmwareroot/lib/firmware
[ -d "$from" ] || die "no lib/firmware in $firmwareroot: unpack the packages there: $(
	awk '$1 == "package" { printf "%s ", $2 }' "$list")"

mkdir -p "$outdir/lib"
work=$outdir/.select-firmware.part
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work/firmware/LICENSES"
find "$modules/lib/modules" -name '*.ko' | sort | xargs modinfo -F firmware | sort -u >"$work/asked"
(cd "$from" && find . ! -type d | sed 's|^\./||' | sort) >"$work/there"

awk -v list="$list" '
	function regex(s) { gsub(/[.+]/, "[&]", s); gsub(/\?/, ".", s); gsub(/\*/, "[^/]*", s); return "^" s "$" }
	function matches(word, name,    i, r) {
		for (i = 1; i <= n; i++) if (verb[i] == word && name ~ what[i]) { used[i] = 1; r = 1 }
		return r
	}
	FILENAME == list {
		sub(/#.*/, ""); if (NF == 0 || $1 == "package") next
		if (NF != 2 || $1 !~ /^(take|skip|absent)$/) { print list ":" FNR ": not understood: " $0; bad = 1; next }
		n++; verb[n] = $1; what[n] = regex($2); where[n] = FNR ": " $0
		next
	}
	FILENAME ~ /there$/ { there[$0] = 1; if (matches("take", $0)) want[$0] = 1; next }
	matches("skip", $0) { next }
	$0 in there { want[$0] = 1; next }
	!matches("absent", $0) { print "announced by a module, in no package: " $0; bad = 1 }
	END {
		for (i = 1; i <= n; i++) if (!used[i]) { print list ":" where[i] ": has no effect"; bad = 1 }
		if (!bad) for (name in want) print name >out
	}' out="$work/wanted" "$list" "$work/there" "$work/asked" >"$work/errors"
[ ! -s "$work/errors" ] || { cat "$work/errors" >&2; exit 1; }

# -h: a link would need its target, the file is all the kernel wants.
sort "$work/wanted" | tar -C "$from" -chf - -T - | tar -C "$work/firmware" -xf -
awk '$1 == "package" { print $2 }' "$list" | while read -r package; do
	cp "$firmwareroot/usr/share/doc/$package/copyright" "$work/firmware/LICENSES/$package" ||
		die "package $package is not unpacked in $firmwareroot"
done
rm -rf "$outdir/lib/firmware"
mv "$work/firmware" "$outdir/lib/"
