#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpacks the manifest's packages into roots. No maintainer script runs; what those would have made is in
# fixups.sh. Usage: unpack.sh ROOT SET [ROOT SET]...; BASE=DIR: each ROOT starts as a hard-linked copy of DIR.
# Built aside as ROOT.new and renamed: a ROOT is always a whole one.

. iso/buildroot/common.sh

debs=$CACHE/packages
# Not on the disk that is being filled, where there is another: what went wrong has to be written down.
work=$(mktemp -d 2>/dev/null) || die "cannot make a folder in ${TMPDIR:-/tmp}: is the disk full?"
child=

# What is half made is of no use to anybody. Children first: they would go on writing.
cleanup()
{
	trap - EXIT INT TERM HUP
	[ -z "$child" ] || kill -- "-$child" 2>/dev/null || kill "$child" 2>/dev/null || true
	wait
	[ ! -e "$work/roots" ] || while read -r root; do
		remove "$root.new"
	done <"$work/roots"
	rm -rf "$work"
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT
trap 'cleanup; exit 143' TERM HUP

need_tools
lock "$BUILD/lock" "unpacking into $BUILD"

: >"$work/lines"
while [ $# -gt 0 ]; do
	root=$1
	echo "$root" >>"$work/roots"
	remove "$root.new"
	manifest_sets "$2" >"$work/set"
	say UNPACK "$(awk 'END { print NR }' "$work/set") packages into ${root#"$TOP"/}"
	awk -v to="$root.new" '{ print $0, to }' "$work/set" >>"$work/lines"
	shift 2
done
# Five times their size: measured at 1.7 (kernel, firmware) to 4.1 (the build root).
need_space "$BUILD" "$(awk '{ s += $5 } END { print int(s * 5 / 1048576) + 32 }' "$work/lines")" "unpacking ${root##*/}"
while read -r root; do
	if [ -n "${BASE:-}" ]; then
		cp -al "$BASE" "$root.new" 2>"$work/errors" || die "cannot copy $BASE: $(first_line "$work/errors")"
	fi
	mkdir -p "$root.new/var/lib/domus/files"
done <"$work/roots"

# NAME FILE ROOT: the largest first, so that none is left to the end alone.
cached <"$work/lines" >"$work/files"
paste -d' ' "$work/lines" "$work/files" | sort -k5,5rn | awk '{ print $9, $10, $8 }' >"$work/list"
total=$(awk 'END { print NR }' "$work/list")

# One package: WORK NAME FILE DIR. tar, as dpkg-deb -x fails on chown in a one-uid map. Left out is what nothing
# here reads: a fifth of the root.
# shellcheck disable=SC2016
one='
	exec 2>>"$1/errors"
	{ dpkg-deb --fsys-tarfile "$3" || echo "$2" >>"$1/failed"; } |
		tar -xv -C "$4" -f - --no-same-owner --keep-directory-symlink --delay-directory-restore --wildcards \
			--exclude="./usr/share/locale/*/*" --exclude="./usr/share/man/*" --exclude="./usr/share/info/*" \
			--exclude="./usr/share/doc/*/[!c]*" --exclude="./usr/share/doc/*/changelog*" \
			>"$4/var/lib/domus/files/$2" || echo "$2" >>"$1/failed"
	[ ! -e "$1/failed" ] || exit 255
	echo
'

# unpack FILE: the packages of this list, some at once, in a process group that can be ended whole.
unpack()
{
	[ -s "$1" ] || return 0
	awk -v work="$work" -v debs="$debs" '{ print work "\n" $1 "\n" debs "/" $2 "\n" $3 }' "$1" >"$work/args"
	rm -f "$work/done"
	mkfifo "$work/done"
	setsid xargs -d '\n' -n 4 -P 3 sh -c "$one" sh <"$work/args" >"$work/done" 2>/dev/null &
	child=$!
	while read -r _; do
		count=$((count + 1))
		progress "$count" "$total" "unpacking"
	done <"$work/done"
	wait "$child" || [ -e "$work/failed" ] || echo "a package" >"$work/failed"
	child=
	[ ! -e "$work/failed" ] || die "cannot unpack $(head -n 1 "$work/failed"): $(first_line "$work/errors"): \
make room in $BUILD if its disk is full, and run make again"
}

# base-files first: it holds the links /bin -> usr/bin that the others unpack through.
count=0
awk '$1 == "base-files"' "$work/list" >"$work/first"
awk '$1 != "base-files"' "$work/list" >"$work/rest"
unpack "$work/first"
unpack "$work/rest"

while read -r root; do
	[ ! -d "$root.new/usr/share/ca-certificates" ] || sh "$HERE/fixups.sh" "$root.new"
	remove "$root"
	mv "$root.new" "$root"
done <"$work/roots"
: >"$work/roots"
