#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Lays out the medium. Usage: tree.sh DIR EPOCH PAYLOAD...; environment: VERSION IMAGE CONFIG
set -eu

dir=$1
epoch=$2
shift 2
rm -rf "$dir"
mkdir -p "$dir/domus/layers" "$dir/domus/demo" "$dir/domus/sums" "$dir/boot/grub" "$dir/.disk"

for file; do
	case $file in
	*.squashfs) cp "$file" "$dir/domus/layers/" ;;
	*/demo/*) cp "$file" "$dir/domus/demo/" ;;
	*) cp "$file" "$dir/domus/" ;;
	esac
done
(cd "$dir/domus" && find xen.gz vmlinuz initrd ucode-*.cpio demo layers -type f 2>/dev/null | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
# one sums file for each thing that GRUB checks: it can name the damaged one
for file in xen.gz vmlinuz initrd; do
	grep " $file\$" "$dir/domus/SHA256SUMS" >"$dir/domus/sums/$file"
done

volume=DOMUS_$(sha256sum <"$dir/domus/SHA256SUMS" | cut -c 1-8 | tr a-f A-F)
echo "$volume" >"$dir/domus/volume"
: >"$dir/domus/$volume"
sh iso/grub-cfg.sh "$volume" "$VERSION" >"$dir/boot/grub/grub.cfg"
echo "Domus $VERSION" >"$dir/.disk/info"
mkdir -p "$dir/boot/grub/x86_64-efi" "$dir/boot/grub/i386-pc"
cp /usr/lib/grub/x86_64-efi/*.mod /usr/lib/grub/x86_64-efi/*.lst "$dir/boot/grub/x86_64-efi/"
rm -f "$dir/boot/grub/x86_64-efi/"*test*.mod
cp "$IMAGE"/boot/memtest86+x64.bin "$IMAGE"/boot/memtest86+x64.efi "$dir/boot/"
[ -z "$CONFIG" ] || cp "$CONFIG" "$dir/domus.conf"
find "$dir" -exec touch -h -d "@$epoch" {} + 2>/dev/null
find "$dir" -type d -exec chmod 755 {} +
