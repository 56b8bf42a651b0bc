#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Two complete builds from one manifest, in two directories with nothing in common but the downloads: another user
# (where we are root), umask, time zone, language, number of jobs. Compares the images byte by byte; the last line, also
# in build/tests/reproduce.txt, is `same SHA256` or names what differs. Usage: reproduce.sh (in the tree, on the host)
set -eu

top=$(pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}
result=$top/build/tests/reproduce.txt
mkdir -p "${result%/*}"
rm -f "$result"
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
chmod 755 "$work"

# tree DIR: the sources alone, the manifest beside, and the cache's downloads.
tree()
{
	mkdir -p "$work/$1/tree" "$work/$1/cache/domus"
	(cd "$top" && find . -mindepth 1 -maxdepth 1 ! -name build ! -name .git ! -name .cache -exec cp -a {} "$work/$1/tree/" \;)
	cp build/manifest "$work/$1/manifest"
	cp -al "$cache/domus/packages" "$work/$1/cache/domus/" 2>/dev/null || cp -a "$cache/domus/packages" "$work/$1/cache/domus/"
	rm -f "$work/$1/cache/domus/packages/lock"
}

# build DIR UMASK JOBS [NAME=VALUE...]: a whole build there.
build()
{
	dir=$work/$1
	mask=$2
	jobs=$3
	shift 3
	# shellcheck disable=SC2016 # expanded inside
	$as env HOME="$dir" XDG_CACHE_HOME="$dir/cache" "$@" sh -c 'umask "$1"; cd "$2/tree" &&
		exec make -s "$3" iso MANIFEST="$2/manifest"' sh "$mask" "$dir" "$jobs" >"$work/log" 2>&1 </dev/null || {
		tail -n 5 "$work/log" >&2
		exit 1
	}
}

as=
tree first
tree a-second-longer-name
build first 022 -j2 TZ=UTC LANG=C
note="as the same user: only root can be two"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	# Files of the cache are root's, and may be linked: not chown.
	rm -rf "$work/a-second-longer-name/cache/domus"
	mkdir -p "$work/a-second-longer-name/cache/domus"
	cp -r "$cache/domus/packages" "$work/a-second-longer-name/cache/domus/"
	chown -R 23456:23456 "$work/a-second-longer-name"
	as="setpriv --reuid 23456 --regid 23456 --clear-groups"
	note="as two users"
fi
build a-second-longer-name 077 -j3 TZ=Pacific/Kiritimati LANG=ja_JP.UTF-8

one=$work/first/tree/build two=$work/a-second-longer-name/tree/build
if cmp -s "$one/domus.iso" "$two/domus.iso"; then
	echo "same $(sha256sum <"$one/domus.iso" | cut -d ' ' -f 1), $note"
else
	echo "different: $(diff -rq "$one/iso" "$two/iso" 2>&1 | sed "s#$work/##g" | head -n 10 | paste -sd';')"
fi >"$result.new"
mv "$result.new" "$result"
cat "$result"
grep -q '^same ' "$result"
