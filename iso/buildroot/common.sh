# SPDX-License-Identifier: GPL-2.0-or-later
# What the build root's scripts share: messages, progress, the cache's place, tools that must be there.
# shellcheck shell=sh disable=SC2034

set -eu
umask 022
LC_ALL=C
export LC_ALL

TOP=$(pwd)
BUILD=${BUILD:-$TOP/build}
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/domus
HERE=$TOP/iso/buildroot
SUITE=trixie
APT_HELPER=/usr/lib/apt/apt-helper

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

# The host's tools: the only ones that are used outside of the build root.
need_tools()
{
	missing=
	for tool in apt-get apt-cache apt-config dpkg dpkg-deb unshare flock setsid tar xz sha256sum awk sed \
		sort find xargs; do
		command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
	done
	[ -z "$missing" ] || die "this host lacks:$missing. Domus builds on Debian and its relatives: \
install make, apt, dpkg and util-linux"
	apt_version=$(apt-get --version | awk 'NR == 1 { print $2 }')
	dpkg --compare-versions "$apt_version" ge 1.6 ||
		die "apt $apt_version is too old: 1.6 or newer is needed"
	[ -x "$APT_HELPER" ] || die "this host lacks: $APT_HELPER, which is part of apt: install apt"
}

# lock FILE WHAT: held until this process and all its children have ended, so that what an interrupted
# run left behind has stopped writing before the next one starts.
lock()
{
	(: >>"$1") 2>/dev/null || die "cannot write $1: is it yours, and is the disk full?"
	exec 9>>"$1"
	! flock -n 9 || return 0
	say WAIT "another build is $2"
	flock 9
}

# need_space DIR MIB WHAT
need_space()
{
	mkdir -p "$1" 2>/dev/null || die "cannot create $1: is its parent yours, and is the disk full?"
	free_mib=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free_mib" -ge "$2" ] ||
		die "$3 needs $2 MiB in $1, which has $free_mib MiB left: make room and run make again"
}

# first_line FILE: the line of a log that says why; a full disk before all else.
first_line()
{
	awk '/No space left|Disk quota exceeded/ { full = $0; exit } NR == 1 { line = $0 }
		END { print full != "" ? full : line }' "$1" 2>/dev/null || true
}

# remove DIR: a root, which may hold folders that its owner cannot write.
remove()
{
	[ -e "$1" ] || return 0
	chmod -R u+rwX "$1" 2>/dev/null || true
	rm -rf "$1"
}

# archives_of MIRROR: sets main and security, from MIRROR if that is given. A snapshot archive's main part is
# .../archive/debian/TIME, its security part .../archive/debian-security/TIME.
archives_of()
{
	main=${1%/}
	security=${SECURITY_MIRROR:-$(printf '%s' "$main" | sed 's#/debian\(/\|$\)#/debian-security\1#')}
}

# manifest_sets SET...: the manifest's lines of these sets, without comments.
manifest_sets()
{
	awk -v sets=" $* " '!/^#/ && index(sets, " " $1 " ")' "$BUILD/manifest"
}

# cached: manifest lines, as NAME and the file in the cache: the checksum's first digits and its own name.
cached()
{
	awk '{ n = split($7, part, "/"); print $2, substr($4, 1, 16) "-" part[n] }'
}

manifest_word()
{
	sed -n "s/^# $1: //p" "$BUILD/manifest"
}
