#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Brings the manifest's packages of the named sets into the cache and checks each file's SHA-256.
# Usage: download.sh SET...

. iso/buildroot/common.sh

debs=$CACHE/packages
list=$BUILD/apt/download
mkdir -p "$debs/partial" "$BUILD/apt" || die "cannot create the cache $debs"

main=${MIRROR:-$(manifest_word mirror)}
main=${main%/}
security=$(manifest_word security)
[ -z "${MIRROR:-}" ] || security=${SECURITY_MIRROR:-$(printf '%s' "$main" | sed 's#/debian\(/\|$\)#/debian-security\1#')}

# A cached file is named by its checksum's first 16 digits and its own name; a wrong one is dropped.
manifest_sets "$@" | awk '{ n = split($7, part, "/"); print $4, substr($4, 1, 16) "-" part[n], $5, $6, $7 }' >"$list"
(cd "$debs" && awk '{ print $1 "  " $2 }' "$list" | sha256sum -c 2>/dev/null) |
	sed -n 's/: OK$//p' >"$list.have" || true
awk -v have="$list.have" 'BEGIN { while ((getline < have) > 0) ok[$1] = 1 } !($2 in ok)' "$list" >"$list.want"

total=$(awk 'END { print NR }' "$list.want")
[ "$total" -gt 0 ] || exit 0
mib=$(awk '{ s += $3 } END { print int(s / 1048576) + 1 }' "$list.want")
need_space "$debs" $((mib + 16)) "downloading $total packages ($mib MiB)"
say DOWNLOAD "$total packages, $mib MiB"

export APT_CONFIG="$BUILD/apt/apt.conf"
[ -e "$APT_CONFIG" ] || APT_CONFIG=/dev/null
fetch()
{
	# Many files a call: one connection serves them all.
	/usr/lib/apt/apt-helper ${sandbox:+-o} ${sandbox:-} -o Acquire::Retries=2 download-file "$@" \
		>"$list.log" 2>&1
}
sandbox=
[ "$(id -u)" -ne 0 ] || sandbox=APT::Sandbox::User=root

done_count=0
set --
failed=
flush()
{
	[ $# -gt 0 ] || return 0
	fetch "$@" || failed=1
	done_count=$((done_count + $# / 3))
	progress "$done_count" "$total" "downloading"
}
while read -r sum name size archive path; do
	base=$main
	[ "$archive" = main ] || base=$security
	rm -f "$debs/$name"
	set -- "$@" "$base/$(printf '%s' "$path" | sed 's/+/%2b/g; s/~/%7e/g')" "$debs/partial/$name" "SHA256:$sum"
	if [ $# -ge 60 ]; then
		flush "$@"
		set --
	fi
done <"$list.want"
flush "$@"

bad=
while read -r sum name size archive path; do
	file=$debs/partial/$name
	if [ -e "$file" ] && printf '%s  %s\n' "$sum" "$file" | sha256sum -c >/dev/null 2>&1; then
		mv "$file" "$debs/$name"
	else
		rm -f "$file"
		bad="$bad
  $path"
	fi
done <"$list.want"
if [ -n "$bad" ]; then
	reason=$(sed -n 's/^E: //p' "$list.log" | head -n 1)
	printf 'domus: these packages could not be had, or do not match their checksum:%s\n' "$bad" >&2
	die "${reason:-the mirror no longer has them}. Run make again; if they stay away, \
'make update' takes what the mirror has today, or give a snapshot archive as MIRROR="
fi
[ -z "$failed" ] || say NOTE "some downloads needed a second try"
