# SPDX-License-Identifier: GPL-2.0-or-later
# What the build root's scripts share: messages, progress, the cache's place, tools that must be there.
# shellcheck shell=sh

set -eu
umask 022
LC_ALL=C
export LC_ALL

TOP=$(pwd)
BUILD=${BUILD:-$TOP/build}
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/domus
HERE=$TOP/iso/buildroot
SUITE=trixie

die()
{
	printf 'domus: %s\n' "$*" >&2
	exit 1
}

say()
{
	printf '  %-9s %s\n' "$1" "$2"
}

# progress DONE TOTAL TEXT: one line that is redrawn on a terminal, nothing in a log.
progress()
{
	[ -t 1 ] || return 0
	if [ "$1" -ge "$2" ]; then
		printf '\r\033[K'
	else
		printf '\r  %3d %%     %s (%d of %d)\033[K' $(($1 * 100 / $2)) "$3" "$1" "$2"
	fi
}

need_tools()
{
	missing=
	for tool in apt-get apt-cache dpkg-deb unshare tar xz sha256sum awk sed sort find; do
		command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
	done
	[ -z "$missing" ] || die "this host lacks:$missing. Domus builds on Debian and its relatives: \
install make, apt, dpkg and util-linux"
	apt_version=$(apt-get --version | awk 'NR == 1 { print $2 }')
	dpkg --compare-versions "$apt_version" ge 1.6 ||
		die "apt $apt_version is too old: 1.6 or newer is needed"
}

# need_space DIR MIB WHAT
need_space()
{
	mkdir -p "$1" || die "cannot create $1"
	free_mib=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free_mib" -ge "$2" ] ||
		die "$3 needs $2 MiB in $1, which has $free_mib MiB left: make room and run make again"
}

# manifest_sets SET...: the manifest's lines of these sets, without comments.
manifest_sets()
{
	awk -v sets=" $* " '!/^#/ && index(sets, " " $1 " ")' "$BUILD/manifest"
}

manifest_word()
{
	sed -n "s/^# $1: //p" "$BUILD/manifest"
}
