#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the medium's EFI system partition. Usage: efi-img.sh OUTPUT EPOCH; environment: IMAGE
set -eu

out=$1
epoch=$2
tmp=$out.dir
rm -rf "$tmp" "$out.new"
mkdir -p "$tmp/EFI/BOOT"
cp "$IMAGE/usr/lib/shim/shimx64.efi.signed" "$tmp/EFI/BOOT/BOOTX64.EFI"
cp "$IMAGE/usr/lib/shim/mmx64.efi.signed" "$tmp/EFI/BOOT/mmx64.efi" 2>/dev/null ||
	cp "$IMAGE/usr/lib/shim/mmx64.efi" "$tmp/EFI/BOOT/mmx64.efi"
cp "$IMAGE/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed" "$tmp/EFI/BOOT/grubx64.efi"
find "$tmp" -exec touch -d "@$epoch" {} +
kib=$(($(du -sk --apparent-size "$tmp" | cut -f 1) + 512))
truncate -s "${kib}K" "$out.new"
mkfs.fat -F 12 -n DOMUS-BOOT -i "$(printf '%08x' "$epoch")" --invariant "$out.new" >/dev/null
# FAT has local times
export MTOOLS_SKIP_CHECK=1 TZ=UTC
mcopy -s -m -i "$out.new" "$tmp/EFI" ::
rm -rf "$tmp"
mv "$out.new" "$out"
