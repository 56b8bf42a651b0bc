#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes domus-host's man page with the keys of the configuration file, from `domus-host schema`, in
# place of the page's KEYS line, and its commands in place of the COMMANDS line. Usage: man.sh DOMUS-HOST PAGE >FILE (runs in the build root)
set -eu

program=$1
page=$2
schema=$("$program" schema)
keys=$(printf '%s\n' "$schema" | awk '
	# text for mdoc: no line may look like a request, no word like an escape
	function plain(s) { gsub(/\\/, "\\e", s); return s ~ /^[.\047]/ ? "\\\\&" s : s }
	function close_list() { if (open) print ".El"; open = 0 }
	# a value in front of a colon stays as it is typed
	function upper_first(s) { return s ~ /^[a-z0-9]+:/ && s !~ /^type:/ ? s : toupper(substr(s, 1, 1)) substr(s, 2) }
	/^\[/ {
		close_list()
		name = $0; sub(/\].*/, "]", name)
		meaning = $0; sub(/^[^]]*\][ ]*/, "", meaning)
		gsub(/"/, "\\(dq", meaning)
		printf ".Ss \"%s %s\"\n", name, plain(meaning)
		next
	}
	/^      / { sub(/^ +/, ""); print plain(upper_first($0)) "."; next }
	/^  [^ ]/ {
		if (!open) { print ".Bl -tag -width Ds"; open = 1 }
		sub(/^ +/, ""); printf ".It Li \"%s\"\n", plain($0)
	}
	END { close_list() }')
grep -q '^\.\\" KEYS' "$page" || {
	echo "$page has no KEYS line" >&2
	exit 1
}
while IFS= read -r line; do
	case $line in
	'.\" KEYS'*) printf '%s\n' "$keys" ;;
	'.\" COMMANDS'*) "$program" manual ;;
	*) printf '%s\n' "$line" ;;
	esac
done <"$page"
