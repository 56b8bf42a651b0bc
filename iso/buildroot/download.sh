#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Brings the manifest's packages of the named sets into the cache and checks each file's SHA-256.
# Usage: download.sh SET...

. iso/buildroot/common.sh

debs=$CACHE/packages
work=$BUILD/download
mkdir -p "$BUILD" || die "cannot create $BUILD"
mkdir -p "$debs/partial" 2>/dev/null || die "cannot create the cache $debs: is it yours, and is the disk full?"
need_tools
lock "$debs/lock" "downloading"
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

if [ -n "${MIRROR:-}" ]; then
	archives_of "$MIRROR"
else
	main=$(manifest_word mirror)
	security=$(manifest_word security)
fi

for set; do
	[ -n "$(manifest_sets "$set")" ] ||
		die "build/manifest, from an earlier version, has no packages of [$set]: run make update"
done

# What is wanted and not in the cache, or there with another checksum: that file is dropped.
manifest_sets "$@" >"$work/lines"
cached <"$work/lines" >"$work/names"
paste -d' ' "$work/lines" "$work/names" | awk '{ print $4, $9, $5, $6, $7 }' | sort -u >"$work/list"
# Few names a call: what two of them print at once does not mix.
(cd "$debs" && awk '{ print $2 }' "$work/list" | xargs -n 16 -P 2 sha256sum 2>/dev/null) >"$work/have" || true
awk -v have="$work/have" 'BEGIN { while ((getline < have) > 0) sum[$2] = $1 } sum[$2] "" != $1 ""' "$work/list" >"$work/want"

total=$(awk 'END { print NR }' "$work/want")
[ "$total" -gt 0 ] || exit 0
mib=$(awk '{ s += $3 } END { print int(s / 1048576) + 1 }' "$work/want")
need_space "$debs" $((mib + 16)) "downloading $total packages ($mib MiB)"
say DOWNLOAD "$total packages, $mib MiB"

# The host's apt fetches: its proxies, certificates and credentials are the ones that work here.
fetch()
{
	set -- -o Acquire::Retries=2 download-file "$@"
	[ "$(id -u)" -ne 0 ] || set -- -o APT::Sandbox::User=root "$@"
	"$APT_HELPER" "$@" >>"$work/log" 2>&1
}

# Many files a call: one connection serves them all.
count=0
again=
set --
while read -r sum name size archive path; do
	base=$main
	[ "$archive" = main ] || base=$security
	rm -f "$debs/$name"
	set -- "$@" "$base/$(printf '%s' "$path" | sed 's/+/%2b/g; s/~/%7e/g')" "$debs/partial/$name" "SHA256:$sum"
	count=$((count + 1))
	if [ $# -ge 60 ] || [ "$count" -eq "$total" ]; then
		fetch "$@" || again=1
		progress "$count" "$total" "downloading"
		set --
	fi
done <"$work/want"

# Only a file whose checksum is right gets its name in the cache. Each of the others has a reason; a
# package that was cut off stays in partial/, where the next run goes on with it.
while read -r sum name size archive path; do
	file=$debs/partial/$name
	short=${path##*/}
	why=$(sed 's/%2b/+/g; s/%7e/~/g' "$work/log" | grep -F "$short" | grep '^E: ' | head -n 1) || why=
	if [ -e "$file" ] && printf '%s  %s\n' "$sum" "$file" | sha256sum -c >/dev/null 2>&1; then
		mv "$file" "$debs/$name"
	elif printf '%s' "$why" | grep -q ' 404 '; then
		echo "$short" >>"$work/gone"
	elif printf '%s' "$why" | grep -qi 'mismatch\|unexpected size'; then
		rm -f "$file"*
		echo "$short" >>"$work/tampered"
	elif [ -e "$file" ] && [ "$(($(wc -c <"$file")))" -ge "$size" ]; then
		rm -f "$file"
		echo "$short" >>"$work/tampered"
	else
		echo "$short" >>"$work/cut"
	fi
done <"$work/want"

names()
{
	n=$(($(wc -l <"$1")))
	if [ "$n" -eq 1 ]; then printf 'package %s' "$(cat "$1")"; else printf '%d packages (%s)' "$n" "$(paste -sd' ' "$1")"; fi
}
bad=
if [ -e "$work/tampered" ]; then
	printf 'domus: %s: checksum differs from the manifest, not used; run make again, or give another mirror with MIRROR=\n' \
		"$(names "$work/tampered")" >&2
	bad=1
fi
if [ -e "$work/gone" ]; then
	printf "domus: %s: the mirror no longer has them; 'make update' takes what it has today, or give a snapshot archive as MIRROR=\n" \
		"$(names "$work/gone")" >&2
	bad=1
fi
if [ -e "$work/cut" ]; then
	reason=$(grep -i 'no space left' "$work/log" | head -n 1)
	if [ -n "$reason" ]; then
		printf 'domus: %s: the disk of %s is full: make room and run make again\n' "$(names "$work/cut")" "$debs" >&2
	else
		reason=$(sed -n 's/^E: Failed to fetch [^ ]* *//p; s/^E: //p' "$work/log" | head -n 1)
		printf 'domus: %s: could not be downloaded from %s: %s; run make again to go on\n' \
			"$(names "$work/cut")" "$(printf '%s' "$main" | sed 's#//[^/@ ]*@#//#')" \
			"$(printf '%s' "${reason:-unknown reason}" | sed 's/ *\[IP: [^]]*\]//; s/[. ]*$//')" >&2
	fi
	bad=1
fi
[ -z "$bad" ] || exit 1
[ -z "$again" ] || say NOTE "some downloads needed a second try"
