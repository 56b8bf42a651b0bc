#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes domus-vm's man page: its commands from `domus-vm --help`, the keys from dom0-rootfs/host/man.sh, which
# reads `domus-vm schema`. Usage: man.sh DOMUS-VM PAGE HOST-MAN.SH >FILE (runs in the build root)
set -eu

commands=$("$1" --help | awk '
	function plain(s) { gsub(/\\/, "\\e", s); gsub(/"/, "\\(dq", s); return s }
	BEGIN { print ".Bl -tag -width Ds" }
	/^  [a-z]/ { seen = 1; sub(/^ +/, ""); printf ".It Li \"%s\"\n", plain($0) }
	seen && /^      / { sub(/^ +/, ""); print toupper(substr($0, 1, 1)) plain(substr($0, 2)) "." }
	END { print ".El" }')
page=$(sh "$3" "$1" "$2")
printf '%s\n' "$page" | while IFS= read -r line; do
	case $line in
	'.\" THE COMMANDS'*) printf '%s\n' "$commands" ;;
	*) printf '%s\n' "$line" ;;
	esac
done
