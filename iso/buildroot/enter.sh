#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a program inside a root: enter.sh ROOT PROGRAM [ARG...]
# The tree is visible at /src and (unless the root is another user's) at its own path; the caller's directory
# (CALLER) at its own path.
# Needs no privilege: user, mount and PID namespaces. Signals reach the program, and nothing that it
# started outlives it. Root of a container that has none of these: chroot and a copy of the tree, see below.
set -eu

top=$(pwd)
root=$1
shift
caller=${CALLER:-$top}

# Process 1 of the namespace stays a shell: the kernel would hide Ctrl-C from a program in that place.
# Its children start in the background, where a shell has them ignore Ctrl-C: env undoes that.
# shellcheck disable=SC2016 # expanded inside
inside='
	root=$1; top=$2; caller=$3; shift 3
	mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
	mount --bind "$top" "$root/src"
	# Tests find hosts by name; what is built does not.
	case $root in
	*/testroot)
		for name in hosts nsswitch.conf resolv.conf; do
			{ [ -e "$root/etc/$name" ] || : >"$root/etc/$name"; mount --bind "/etc/$name" "$root/etc/$name"; } 2>/dev/null || :
		done
		;;
	esac
	at=$top
	{ mkdir -p "$root$top" && mount --bind "$top" "$root$top"; } 2>/dev/null || at=/src
	case $caller in
	"$top"/* | "$top") caller=$at${caller#"$top"} ;;
	*) mkdir -p "$root$caller" 2>/dev/null && mount --rbind "$caller" "$root$caller" ;;
	esac
	set +e
	chroot "$root" /usr/bin/env --default-signal=INT,QUIT,TERM,HUP -C "${WORKDIR:-$caller}" -- "$@"
	exit $?
'

die()
{
	printf 'domus: %s\n' "$*" >&2
	exit 1
}

clean()
{
	exec env -i PATH=/src/build/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 TZ=UTC TERM="${TERM:-dumb}" \
		SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-0}" ${MAKEFLAGS:+MAKEFLAGS="$MAKEFLAGS"} \
		${WORKDIR:+WORKDIR="$WORKDIR"} ${CI:+CI="$CI"} ${MEM:+MEM="$MEM"} ${DOMUS_SLOW:+DOMUS_SLOW="$DOMUS_SLOW"} "$@"
}

# children PID: its child processes. To the namespace's first process nobody outside can send a Ctrl-C
# or a SIGTERM that it has not asked for; its child gets them.
# shellcheck disable=SC2317 # called by the traps
children()
{
	cat "/proc/$1/task/$1/children" 2>/dev/null || true
}

# shellcheck disable=SC2317
forward()
{
	sent=
	if [ "$kind" = chroot ]; then
		kill -s "$1" "$child" 2>/dev/null || true
		return
	fi
	for first in $(children "$child"); do
		for program in $(children "$first"); do
			! kill -s "$1" "$program" 2>/dev/null || sent=1
		done
	done
	[ -n "$sent" ] || kill -s KILL "$child" 2>/dev/null || true
}

# refused: one line that says what this host forbids and what would allow it.
refused()
{
	value()
	{
		cat "/proc/sys/$1" 2>/dev/null || true
	}
	allow=
	[ "$(value kernel/unprivileged_userns_clone)" != 0 ] || allow="$allow kernel.unprivileged_userns_clone=1"
	[ "$(value kernel/apparmor_restrict_unprivileged_userns)" != 1 ] ||
		allow="$allow kernel.apparmor_restrict_unprivileged_userns=0"
	[ "$(value user/max_user_namespaces)" != 0 ] || allow="$allow user.max_user_namespaces=10000"
	[ "$(value user/max_mnt_namespaces)" != 0 ] || allow="$allow user.max_mnt_namespaces=10000"
	[ "$(value user/max_pid_namespaces)" != 0 ] || allow="$allow user.max_pid_namespaces=10000"
	if unshare --user --map-root-user true 2>/dev/null || unshare --mount --propagation unchanged true 2>/dev/null; then
		what="this host grants namespaces but refuses mounts in them"
	else
		what="this host forbids user namespaces"
	fi
	if [ -n "$allow" ]; then
		die "$what: as root, allow them with: sysctl -w$allow"
	fi
	die "$what, by a security module or a container's rules: in a container, add \
--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
}

[ -d "$root/tmp" ] || die "there is no build root in $root: run make root"
case $(unshare --help 2>&1) in
*--kill-child*) ;;
*) die "unshare is too old: util-linux 2.32 or newer is needed" ;;
esac

# Probed by doing: some hosts grant the namespace and refuse the mounts in it.
try()
{
	unshare "$@" mount -t tmpfs tmpfs "$root/tmp" 2>/dev/null
}

# Root without namespaces: the tree cannot be mounted into the root, so it is copied there (build/ as hard
# links) and build/ is taken back afterwards. There is no /proc: enough for make iso, not for the tests.
can_chroot()
{
	[ "$(id -u)" -eq 0 ] || return 1
	mkdir -p "$root/dev"
	for node in null zero full random urandom tty; do
		[ -c "$root/dev/$node" ] || cp -a "/dev/$node" "$root/dev/" || return 1
	done
	# A disk mounted with `nodev` has the node and refuses its use.
	chroot "$root" /bin/sh -c ': >/dev/null'
} 2>/dev/null

copy_in()
{
	# A tree that is mounted there after all must not be removed.
	[ "$(stat -c %d:%i "$root/src/Makefile" 2>/dev/null)" != "$(stat -c %d:%i "$top/Makefile")" ] || return 1
	rm -rf "$root/src"
	rmdir "$root$top" 2>/dev/null || true
	mkdir -p "$root/src/build" "$root${top%/*}" || return 1
	[ "$top" = /src ] || [ -L "$root$top" ] || ln -s /src "$root$top" || return 1
	for entry in "$top"/* "$top"/.[!.]*; do
		case ${entry##*/} in
		build | .git) ;;
		*) [ ! -e "$entry" ] || cp -a "$entry" "$root/src/" || return 1 ;;
		esac
	done
	for entry in "$top"/build/*; do
		case ${entry##*/} in
		root | testroot | lock | *.new) ;;
		*) cp -al "$entry" "$root/src/build/" || return 1 ;;
		esac
	done
}

# Folders first: a stamp must not be there before what it stands for.
take_back()
{
	for pass in folders rest; do
		for entry in "$root"/src/build/*; do
			name=${entry##*/}
			[ "$pass" = rest ] || [ -d "$entry" ] || continue
			case $name in
			image | sources | '*') ;;
			*)
				rm -rf "$top/build/$name"
				mv "$entry" "$top/build/$name"
				;;
			esac
		done
	done
	rm -rf "$root/src"
	mkdir "$root/src"
}

spaces="--mount --pid --fork --kill-child"
kind=
if [ "$(id -u)" -eq 0 ] && try --mount --pid --fork; then
	kind=$spaces
elif try --user --map-root-user --mount --pid --fork; then
	kind="--user --map-root-user $spaces"
elif can_chroot; then
	case $caller in
	"$top"/* | "$top") ;;
	*) die "without namespaces only the tree itself is visible in the build root: run this in $top" ;;
	esac
	kind=chroot
	echo "  CHROOT    no namespaces with mounts here: building in a copy of the tree; tests need the namespaces" >&2
	exec 7>>"$root/chroot.lock"
	flock 7
	copy_in || die "cannot copy the tree to $root/src: is the disk full?"
else
	refused
fi
umask 022

exec 8<&0
trap '' INT QUIT
trap 'forward TERM' TERM
trap 'forward HUP' HUP
if [ "$kind" = chroot ]; then
	clean chroot "$root" /usr/bin/env --default-signal=INT,QUIT,TERM,HUP -C "${WORKDIR:-$caller}" -- "$@" <&8 8<&- 7>&- &
else
	# shellcheck disable=SC2086 # word list
	clean unshare $kind sh -ceu "$inside" sh "$root" "$top" "$caller" "$@" <&8 8<&- &
fi
child=$!
exec 8<&-
status=0
wait "$child" 2>/dev/null || status=$?
# A signal ends the wait, not the program.
while kill -0 "$child" 2>/dev/null; do
	status=0
	wait "$child" 2>/dev/null || status=$?
done
[ "$kind" != chroot ] || take_back
exit "$status"
