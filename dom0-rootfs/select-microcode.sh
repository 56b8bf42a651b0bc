#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a vendor's CPU microcode archive, which Xen finds by itself among GRUB's modules (`ucode=scan`): an
# uncompressed cpio. The file in it is a concatenation of updates; the CPU's own loader picks what fits.
#
# usage: select-microcode.sh FIRMWAREROOT intel|amd FILE
#   FIRMWAREROOT  the unpacked packages intel-microcode and amd64-microcode
#   FILE          the archive; the same packages always give the same bytes
set -eu
umask 022
LC_ALL=C
export LC_ALL

die() { echo "select-microcode: $*" >&2; exit 1; }

[ $# -eq 3 ] || die "usage: select-microcode.sh FIRMWAREROOT intel|amd FILE"
from=$1/usr/lib/firmware
[ -d "$from" ] || from=$1/lib/firmware
file=$3
intel=$from/intel-ucode amd=$from/amd-ucode
for dir in "$intel" "$amd"; do
	[ -d "$dir" ] || die "intel-microcode and amd64-microcode are not unpacked in $1"
done

work=$file.part.d
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
bin=$work/kernel/x86/microcode
mkdir -p "$bin"
# One file serves several CPUs under several names: take each content once (21 MB become 15).
# (FF-MM-SS.initramfs is Debian's name for what must only be loaded early, as here.)
case $2 in
intel)
	sha256sum "$intel"/* | awk '!seen[$1]++ { sub(/^[^ ]* ./, ""); print }' | tr '\n' '\0' |
		xargs -0 cat >"$bin/GenuineIntel.bin"
	;;
amd) cat "$amd"/microcode_amd*.bin >"$bin/AuthenticAMD.bin" ;;
*) die "no such vendor: $2" ;;
esac
find "$work" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
# Files only: who unpacks the archive as an initramfs skips them for want of a directory, and the
# 15 MB are not in dom0's memory twice.
(cd "$work" && find kernel -type f | sort | cpio --quiet --reproducible -o -H newc -R 0:0) >"$file.part"
mv "$file.part" "$file"
