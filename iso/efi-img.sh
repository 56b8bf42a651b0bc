#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the medium's EFI system partition. Usage: efi-img.sh OUTPUT EPOCH; environment: IMAGE
set -eu

out=$1
epoch=$2
tmp=$out.dir
rm -rf "$tmp" "$out.new"
mkdir -p "$tmp/EFI/BOOT"
sh iso/efi-files.sh "$tmp/EFI/BOOT"
find "$tmp" -exec touch -d "@$epoch" {} +
kib=$(($(du -sk --apparent-size "$tmp" | cut -f 1) + 512))
truncate -s "${kib}K" "$out.new"
mkfs.fat -F 12 -n DOMUS-BOOT -i "$(printf '%08x' "$epoch")" --invariant "$out.new" >/dev/null
# FAT has local times
export MTOOLS_SKIP_CHECK=1 TZ=UTC
mcopy -s -m -i "$out.new" "$tmp/EFI" ::
rm -rf "$tmp"
mv "$out.new" "$out"
