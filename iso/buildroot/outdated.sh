#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Lists the packages of build/manifest for which the mirror signs something newer, security updates first.
# Changes nothing: it resolves again in a directory of its own. Environment: MIRROR, SECURITY_MIRROR.

. iso/buildroot/common.sh

[ -s "$BUILD/manifest" ] || die "there is no build/manifest yet: run make update"
work=$BUILD/outdated
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work"

# Without MIRROR= those that the manifest came from.
if [ -z "${MIRROR:-}" ]; then
	MIRROR=$(manifest_word mirror)
	SECURITY_MIRROR=$(manifest_word security)
	export SECURITY_MIRROR
fi
MIRROR=$MIRROR MANIFEST='' BUILD=$work sh "$HERE/resolve.sh" "$work/manifest" >"$work/log" || exit 1

# names FILE: name, version, archive, path; the kernel under one name, whatever its version.
names()
{
	awk '!/^#/ {
		if ($2 ~ /-src$/ && $7 !~ /\.debian\.tar\.[a-z0-9]+$/) next
		sub(/^linux-image-[0-9].*/, "linux-image-amd64", $2)
		if (!seen[$2]++) print $2, $3, $6, $7, $1
	}' "$1" | LC_ALL=C sort
}

names "$BUILD/manifest" >"$work/old"
names "$work/manifest" >"$work/new"
# A package that only one of the two has is no update; what comes in new is named below.
LC_ALL=C join -j 1 "$work/old" "$work/new" | awk '$2 != $6' |
	while read -r name old _ _ set new archive _; do
		! dpkg --compare-versions "$new" gt "$old" || printf '%s %s %s %s %s\n' "$archive" "$set" "$name" "$old" "$new"
	done | LC_ALL=C sort -k 1,1r -k 3,3 >"$work/newer"
LC_ALL=C join -v 2 "$work/old" "$work/new" | awk '{ print $1 }' | paste -sd' ' >"$work/added"

age=$((($(sed -n 's/^# epoch: //p' "$work/manifest") - $(manifest_word epoch)) / 86400))
if [ -s "$work/newer" ]; then
	awk '
		$1 == "security" && !s++ { print "Security updates:" }
		$1 != "security" && !m++ { print (s ? "\n" : "") "Other updates:" }
		{ printf "  %-28s %s -> %s%s\n", $3, $4, $5, $2 == "test" ? "  (tests only)" : "" }
	' "$work/newer"
	echo
	echo "$(awk 'END { print NR }' "$work/newer") of $(awk 'END { print NR }' "$work/old") packages are newer on the mirror, \
$(grep -c '^security ' "$work/newer" || true) of them by security updates; the manifest is $age days behind. To take them: make update"
else
	echo "All $(awk 'END { print NR }' "$work/old") packages of the manifest are what the mirror signs today."
fi
[ ! -s "$work/added" ] || [ -z "$(cat "$work/added")" ] || echo "New as dependencies: $(cat "$work/added")"
