#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a program inside a root: enter.sh ROOT PROGRAM [ARG...]
# The tree is visible at /src and at its own path, the caller's directory (CALLER) at its own path.
# Needs no privilege: user, mount and PID namespaces. Root without namespaces falls back to chroot.
set -eu

top=$(pwd)
root=$1
shift
caller=${CALLER:-$top}

inside='
	root=$1; top=$2; caller=$3; shift 3
	mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
	mount --bind "$top" "$root/src"
	mkdir -p "$root$top" 2>/dev/null && mount --bind "$top" "$root$top"
	case $caller in
	"$top"/* | "$top") ;;
	*) mkdir -p "$root$caller" 2>/dev/null && mount --rbind "$caller" "$root$caller" ;;
	esac
	exec chroot "$root" /usr/bin/env -C "${WORKDIR:-$caller}" -- "$@"
'
clean()
{
	# shellcheck disable=SC2086 # word list
	exec env -i PATH=/src/build/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 TZ=UTC TERM="${TERM:-dumb}" \
		SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-0}" ${MAKEFLAGS:+MAKEFLAGS="$MAKEFLAGS"} \
		${WORKDIR:+WORKDIR="$WORKDIR"} ${CI:+CI="$CI"} "$@"
}

uid=$(id -u)
kind=
if [ "$uid" -eq 0 ]; then
	! unshare --mount --pid --fork mount -t tmpfs tmpfs "$root/tmp" 2>/dev/null || kind="--mount --pid --fork --kill-child"
fi
if [ -z "$kind" ] && unshare --user --map-root-user --mount --pid --fork mount -t tmpfs tmpfs "$root/tmp" 2>/dev/null; then
	kind="--user --map-root-user --mount --pid --fork --kill-child"
fi
if [ -z "$kind" ]; then
	echo "domus: this host forbids user namespaces with mounts in them. As root: \
sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 \
user.max_user_namespaces=10000; in a container, add --cap-add SYS_ADMIN --security-opt seccomp=unconfined" >&2
	exit 1
fi
umask 022
# shellcheck disable=SC2086 # word list
clean unshare $kind sh -ceu "$inside" sh "$root" "$top" "$caller" "$@"
