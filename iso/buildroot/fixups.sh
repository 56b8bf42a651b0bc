#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What maintainer scripts would have made in the build root, each item in one line. Usage: fixups.sh ROOT

. iso/buildroot/common.sh

root=$1

# alternatives
ln -sf mawk "$root/usr/bin/awk"
[ ! -e "$root/usr/bin/python3" ] || ln -sf python3 "$root/usr/bin/python"
# users and groups that programs look up
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
printf 'passwd: files\ngroup: files\nhosts: files\n' >"$root/etc/nsswitch.conf"
# the CA bundle
mkdir -p "$root/etc/ssl/certs"
find "$root/usr/share/ca-certificates" -name '*.crt' 2>/dev/null | sort | xargs -r cat \
	>"$root/etc/ssl/certs/ca-certificates.crt"
# libxen* of the tools' own folder (there is no ld.so.cache)
mkdir -p "$root/src" "$root/proc" "$root/dev" "$root/sys" "$root/tmp" "$root/run"
