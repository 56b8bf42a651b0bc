#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints how large the image is, and what that is made of. Usage: sizes.sh ISO PAYLOAD...
set -eu

stat -c '%s %n' "$@" | awk '
	function mib(bytes) { return sprintf("%.1f", bytes / 1048576) }
	NR == 1 { total = $1; file = $2; next }
	{
		name = $2; sub(/.*\/demo\//, "demo-", name); sub(/.*\//, "", name); sub(/\.(squashfs|gz|cpio)$/, "", name)
		text = text ", " name " " mib($1); rest += $1
	}
	END {
		printf "  %-9s %s MiB%s, boot files %s\n", "SIZE", mib(total), ":" substr(text, 2), mib(total - rest)
	}'
