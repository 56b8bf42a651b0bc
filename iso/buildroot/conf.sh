#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks configs/build.conf and the words given to make, and writes them as make variables.
# Usage: conf.sh OUTPUT [WORD=VALUE...]

. iso/buildroot/common.sh

out=$1
shift
{
	awk '{ print FILENAME ":" FNR ":" $0 }' configs/build.conf
	for word; do
		printf 'command line:0:%s\n' "$word"
	done
} | awk '
	function fail(text) { print "domus: " where ": error: " text >"/dev/stderr"; bad = 1 }
	BEGIN {
		allowed["xen"] = " package source "
		allowed["firmware"] = " none wired all "
		allowed["guest_mirror"] = ""
		value["xen"] = "package"; value["firmware"] = "wired"; value["guest_mirror"] = ""
	}
	{
		match($0, /^[^:]*:[0-9]*:/)
		where = substr($0, 1, RLENGTH - 1); sub(/:0$/, "", where)
		line = substr($0, RLENGTH + 1)
		sub(/^[ \t]*#.*/, "", line); gsub(/^[ \t]+|[ \t]+$/, "", line)
		if (line == "") next
		eq = index(line, "=")
		if (!eq) { fail("expected `word = value`, not `" line "`"); next }
		key = substr(line, 1, eq - 1); v = substr(line, eq + 1)
		gsub(/[ \t]/, "", key); gsub(/^[ \t]+/, "", v)
		if (!(key in allowed)) { fail("unknown word `" key "`; known: xen, firmware, guest_mirror"); next }
		if (allowed[key] != "" && !index(allowed[key], " " v " "))
			{ fail("`" key "` is one of:" allowed[key] "(not `" v "`)"); next }
		if (v ~ /[^A-Za-z0-9:\/._~%+-]/) { fail("`" key "` has a character that no URL has"); next }
		if (key == "guest_mirror" && v != "" && v !~ /^https?:\/\/[^\/]/)
			{ fail("`guest_mirror` begins with http:// or https:// (not `" v "`)"); next }
		value[key] = v
	}
	END {
		if (bad) exit 1
		print "XEN := " value["xen"]
		print "FIRMWARE := " value["firmware"]
		print "GUEST_MIRROR := " value["guest_mirror"]
	}' >"$out.new" || { rm -f "$out.new"; exit 1; }
if cmp -s "$out.new" "$out"; then
	rm "$out.new"
else
	mv "$out.new" "$out"
fi
