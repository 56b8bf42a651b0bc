#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Fills a layer's staging tree from the build root: the files that LIST names and every shared
# library they need that no lower layer has. Runs inside the build root, whose files it takes.
# Usage: stage.sh STAGE LIST [LOWER-STAGE...]
# LIST: `PATH` (a glob), `link PATH TARGET`, `dir PATH [MODE]`, `#` comments. A PATH that matches nothing is an error.
set -eu

stage=$1
list=$2
shift 2
libdirs="/usr/lib/x86_64-linux-gnu /usr/lib"

mkdir -p "$stage"
bad=
grep -v '^[[:space:]]*\(#\|$\)' "$list" >"$stage.list"
while read -r word path rest; do
	case $word in
	link)
		mkdir -p "$stage$(dirname "$path")"
		ln -sfn "$rest" "$stage$path"
		;;
	dir)
		mkdir -p "$stage$path"
		chmod "${rest:-0755}" "$stage$path"
		;;
	*)
		found=
		for file in $word; do
			[ -e "$file" ] || [ -L "$file" ] || continue
			found=1
			# /bin, /sbin and /lib are links to /usr in both roots
			cp -a --parents --no-preserve=ownership "$file" "$stage"
		done
		[ -n "$found" ] || bad="$bad $word"
		;;
	esac
done <"$stage.list"
rm "$stage.list"
# Debian's set-user-ID bits do not come along; who wants one here says so in build.mk.
find "$stage" -type f -perm /6000 -exec chmod u-s,g-s {} +
[ -z "$bad" ] || {
	echo "$list: nothing in the build root matches:$bad" >&2
	exit 1
}

# needed FILE...: the sonames that these ELF files ask for
needed()
{
	xargs -r readelf -d 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' | sort -u
}

has()
{
	for tree in "$stage" "$@"; do
		for dir in $libdirs; do
			[ ! -e "$tree$dir/$lib" ] || return 0
		done
	done
	return 1
}

# elf_files TREE: every file that starts with the ELF magic, kernel modules left out
elf_files()
{
	find "$1" -type f ! -name '*.ko' -size +3 -exec sh -c '
		for f; do
			[ "$(head -c 4 "$f" | od -An -c | tr -d " ")" != "177ELF" ] || printf "%s\n" "$f"
		done' sh {} +
}

elf_files "$stage" >"$stage.elf"
while [ -s "$stage.elf" ]; do
	needed <"$stage.elf" >"$stage.needed"
	: >"$stage.elf"
	while read -r lib; do
		! has "$@" || continue
		for dir in $libdirs; do
			[ -e "$dir/$lib" ] || continue
			cp -aL --parents --no-preserve=ownership "$dir/$lib" "$stage"
			printf '%s\n' "$stage$dir/$lib" >>"$stage.elf"
			break
		done
		[ -e "$stage$dir/$lib" ] || {
			echo "$list: no library $lib in the build root" >&2
			exit 1
		}
	done <"$stage.needed"
done
rm -f "$stage.elf" "$stage.needed"
