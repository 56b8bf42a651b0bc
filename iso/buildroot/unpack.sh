#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpacks the manifest's packages into a root. No maintainer script runs; what those would have
# made is in fixups.sh. Usage: unpack.sh ROOT SET... (ROOT.base=DIR: start as a hard-linked copy of DIR)

. iso/buildroot/common.sh

root=$1
shift
debs=$CACHE/packages
new=$root.new

[ ! -e "$new" ] || { chmod -R u+rwX "$new" 2>/dev/null || true; rm -rf "$new"; }
need_space "$BUILD" "${UNPACK_MIB:-1600}" "unpacking the build root"
if [ -n "${BASE:-}" ]; then
	cp -al "$BASE" "$new"
else
	mkdir -p "$new"
fi

manifest_sets "$@" | awk '$1 !~ /^source/ { n = split($7, part, "/"); print $2, substr($4, 1, 16) "-" part[n] }' |
	awk '$1 == "base-files" { print; next } { rest[++n] = $0 } END { for (i = 1; i <= n; i++) print rest[i] }' \
	>"$BUILD/apt/unpack"
total=$(awk 'END { print NR }' "$BUILD/apt/unpack")
say UNPACK "$total packages into ${root#"$TOP"/}"

# base-files first: it holds the links /bin -> usr/bin that the others unpack through.
count=0
run=0
rm -f "$BUILD"/apt/unpack.*
mkdir -p "$new/var/lib/domus/files"
while read -r name file; do
	count=$((count + 1))
	progress "$count" "$total" "unpacking"
	{
		dpkg-deb --fsys-tarfile "$debs/$file" | tar -xv -C "$new" -f - --no-same-owner \
			--keep-directory-symlink --delay-directory-restore \
			>"$new/var/lib/domus/files/$name" 2>"$BUILD/apt/unpack.$count.err" ||
			echo "$name" >>"$BUILD/apt/unpack.failed"
		[ -s "$BUILD/apt/unpack.$count.err" ] || rm -f "$BUILD/apt/unpack.$count.err"
	} &
	run=$((run + 1))
	if [ "$run" -ge 3 ] || [ "$name" = base-files ]; then
		wait
		run=0
	fi
done <"$BUILD/apt/unpack"
wait
if [ -e "$BUILD/apt/unpack.failed" ]; then
	bad=$(paste -sd' ' "$BUILD/apt/unpack.failed")
	rm -f "$BUILD/apt/unpack.failed"
	die "cannot unpack $bad: $(cat "$BUILD"/apt/unpack.*.err 2>/dev/null | head -n 1). Is the disk full?"
fi

[ ! -d "$new/usr/share/ca-certificates" ] || sh "$HERE/fixups.sh" "$new"
[ ! -e "$root" ] || { chmod -R u+rwX "$root" 2>/dev/null || true; rm -rf "$root"; }
mv "$new" "$root"
