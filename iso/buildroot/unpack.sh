#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpacks the manifest's packages into a root. No maintainer script runs; what those would have made is in
# fixups.sh. Usage: unpack.sh ROOT SET...; BASE=DIR: ROOT starts as a hard-linked copy of DIR.
# Built aside as ROOT.new and renamed: a ROOT is always a whole one.

. iso/buildroot/common.sh

root=$1
shift
debs=$CACHE/packages
new=$root.new
# Not on the disk that is being filled, where there is another: what went wrong has to be written down.
work=$(mktemp -d 2>/dev/null) || die "cannot make a folder in ${TMPDIR:-/tmp}: is the disk full?"
jobs=3

need_tools
lock "$BUILD/lock" "unpacking into $BUILD"
remove "$new"

# What is half made is of no use to anybody. Children first: they would go on writing.
children=
cleanup()
{
	trap - EXIT INT TERM HUP
	for child in $children; do
		kill -- "-$child" 2>/dev/null || kill "$child" 2>/dev/null || true
	done
	wait
	remove "$new"
	rm -rf "$work"
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT
trap 'cleanup; exit 143' TERM HUP

manifest_sets "$@" >"$work/lines"
# Five times their size: measured at 1.7 (kernel, firmware) to 4.1 (the build root).
need_space "$BUILD" "$(awk '{ s += $5 } END { print int(s * 5 / 1048576) + 32 }' "$work/lines")" "unpacking ${root##*/}"
if [ -n "${BASE:-}" ]; then
	cp -al "$BASE" "$new" 2>"$work/errors" || die "cannot copy $BASE: $(first_line "$work/errors")"
else
	mkdir -p "$new"
fi

# base-files first: it holds the links /bin -> usr/bin that the others unpack through.
awk '$1 !~ /^source/' "$work/lines" | cached |
	awk '$1 == "base-files" { print; next } { rest[++n] = $0 } END { for (i = 1; i <= n; i++) print rest[i] }' \
		>"$work/list"
total=$(awk 'END { print NR }' "$work/list")
say UNPACK "$total packages into ${root#"$TOP"/}"

# One package: NAME FILE WORK DIR. tar, as dpkg-deb -x fails on chown in a one-uid map. Its own process
# group, so that it can be ended whole.
# shellcheck disable=SC2016
one='
	exec 2>>"$3/errors"
	{ dpkg-deb --fsys-tarfile "$2" || echo "$1" >>"$3/failed"; } |
		tar -xv -C "$4" -f - --no-same-owner --keep-directory-symlink --delay-directory-restore \
			>"$4/var/lib/domus/files/$1" || echo "$1" >>"$3/failed"
'

count=0
running=0
mkdir -p "$new/var/lib/domus/files"
while read -r name file; do
	count=$((count + 1))
	progress "$count" "$total" "unpacking"
	setsid sh -c "$one" sh "$name" "$debs/$file" "$work" "$new" &
	children="$children $!"
	running=$((running + 1))
	if [ "$running" -ge "$jobs" ] || [ "$name" = base-files ]; then
		wait
		children=
		running=0
		[ ! -e "$work/failed" ] || break
	fi
done <"$work/list"
wait
children=
if [ -e "$work/failed" ]; then
	name=$(head -n 1 "$work/failed")
	die "cannot unpack $name: $(first_line "$work/errors"): make room in $BUILD if its disk is full, and run make again"
fi

[ ! -d "$new/usr/share/ca-certificates" ] || sh "$HERE/fixups.sh" "$new"
remove "$root"
mv "$new" "$root"
