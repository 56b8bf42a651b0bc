# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What /etc/rc.* and the services share. Sourced, never run.

PATH=/usr/sbin:/usr/bin:/sbin:/bin
# Debian keeps xl, xenstored and their kind in a directory named after Xen's version.
for DIR in /usr/lib/xen-*/bin; do
	[ -d "$DIR" ] && PATH=$PATH:$DIR
done
export PATH

FAILED=/run/domus/failed

# The consoles that the kernel talks to, VGA and serial: messages go to all of them.
CONSOLES=
if [ -r /sys/class/tty/console/active ]; then
	read -r CONSOLES </sys/class/tty/console/active || :
fi

say() {
	for CONSOLE in ${CONSOLES:-console}; do
		printf '%s\n' "$*" >"/dev/$CONSOLE" 2>/dev/null || :
	done
}

say_ok() { say "[  ok  ] $*"; }
say_failed() { say "$(printf '\033[1;31m[FAILED]\033[0m %s' "$*")"; }
say_note() { say "[ note ] $*"; }

# record_failure NAME REASON: the login banner shows these until the machine restarts.
record_failure() {
	mkdir -p "$FAILED"
	printf '%s\n' "$2" >"$FAILED/$1"
	logger -t domus -p daemon.err "$1: $2" 2>/dev/null || :
}

# Are there pools in the host's file, or in the one that stands in for it?
has_pools() { cat /etc/domus/host.conf /var/lib/domus/good/? 2>/dev/null | grep -q '^\[pool '; }

# step NAME TEXT COMMAND ARG...: one thing at boot. It goes on whatever happens, but never silently.
step() {
	STEP_NAME=$1 STEP_TEXT=$2
	shift 2
	if "$@" >"/run/domus/log/$STEP_NAME" 2>&1; then
		read -r STEP_UPTIME _ </proc/uptime
		echo "$STEP_UPTIME $STEP_NAME" >>/run/domus/log/times # seconds since the kernel started
		say_ok "$STEP_TEXT"
		return 0
	fi
	STEP_REASON=
	read -r STEP_REASON <"/run/domus/log/$STEP_NAME" || :
	record_failure "$STEP_NAME" "${STEP_REASON:-$* failed}"
	say_failed "$STEP_TEXT: ${STEP_REASON:-$* failed}"
	return 1
}

# cmdline WORD: the value of WORD=value, or WORD itself if it stands alone; fails if it is absent.
cmdline() {
	read -r WORDS </proc/cmdline || :
	for TOKEN in $WORDS; do
		case $TOKEN in
		"$1"=*) printf '%s\n' "${TOKEN#*=}" && return 0 ;;
		"$1") printf '%s\n' "$1" && return 0 ;;
		esac
	done
	return 1
}

is_xen() {
	[ -r /sys/hypervisor/type ] && read -r HYPERVISOR </sys/hypervisor/type && [ "$HYPERVISOR" = xen ]
}

# An installed host has its configuration and its logs on a disk of its own.
is_installed() { [ -e /run/domus/state ]; }

# wait_for SECONDS COMMAND ARG...: until the command succeeds; tenths of seconds between attempts.
wait_for() {
	TRIES=$(($1 * 10))
	shift
	until "$@"; do
		TRIES=$((TRIES - 1))
		[ "$TRIES" -gt 0 ] || return 1
		sleep 0.1
	done
}

# within SECONDS COMMAND ARG...: its status, or 124 when it has not ended by then. Nobody waits any longer, not even for a
# process that cannot be killed: what asks a xenstored that is gone sleeps in the kernel for ever.
within() {
	LIMIT=$1
	shift
	STATUS_FILE=/run/domus/${1##*/}.status
	rm -f "$STATUS_FILE"
	{
		"$@"
		echo $? >"$STATUS_FILE"
	} &
	wait_for "$LIMIT" [ -s "$STATUS_FILE" ] || return 124
	read -r STATUS <"$STATUS_FILE"
	return "$STATUS"
}

# The OOM killer takes a guest's QEMU or a shell before it takes what all guests need.
shield_from_oom() { echo "$1" >/proc/self/oom_score_adj 2>/dev/null || :; }

# service_ended NAME: for ./finish. Five ends within 30 seconds are recorded as a failure; after that
# the service is tried again once a minute.
service_ended() {
	[ -e /run/domus/stopping ] && return 0
	ENDS=/run/domus/ends.$1
	read -r NOW _ </proc/uptime
	NOW=${NOW%%.*}
	echo "$NOW" >>"$ENDS"
	FIFTH_LAST=$(tail -n 5 "$ENDS" | head -n 1)
	if [ "$(wc -l <"$ENDS")" -ge 5 ] && [ $((NOW - FIFTH_LAST)) -le 30 ]; then
		[ -e "$FAILED/$1" ] || say_failed "$1 ends again and again: see the log (logread)"
		record_failure "$1" "ends again and again: see the log (logread)"
	fi
	if [ -e "$FAILED/$1" ]; then
		sleep 60
	else
		sleep 1
	fi
}
