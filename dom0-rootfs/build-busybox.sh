#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds busybox from Debian's source: static, musl. Usage: build-busybox.sh SOURCE WORKDIR FRAGMENT HEADERS
# (recipe: the head of busybox.config; HEADERS is an absolute path with the kernel's headers for musl)
set -eu

work=$2
fragment=$(readlink -f "$3")
headers=$4
sh iso/buildroot/source-tree.sh "$1" "$work"
cd "$work"
export KCONFIG_NOTIMESTAMP=1
build()
{
	make allnoconfig CC=musl-gcc
	sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=.*/\1/p' "$fragment" | while read -r key; do
		sed -i "/^# $key is not set/d;/^$key=/d" .config
	done
	grep '^CONFIG_' "$fragment" >>.config
	yes "" | make oldconfig CC=musl-gcc
	make CC=musl-gcc SKIP_STRIP=n busybox \
		EXTRA_CFLAGS="-idirafter $headers -ffile-prefix-map=/src=. -Wno-error=incompatible-pointer-types"
}
build >build.log 2>&1 || {
	tail -n 20 build.log >&2
	exit 1
}
