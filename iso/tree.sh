#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Lays out the medium. Usage: tree.sh DIR EPOCH PAYLOAD...; environment: VERSION IMAGE CORE CONFIG
set -eu

dir=$1
epoch=$2
shift 2
[ -z "$CONFIG" ] || build/bin/domus-install check "$CONFIG" >&2
rm -rf "$dir"
mkdir -p "$dir/domus/layers" "$dir/domus/demo" "$dir/domus/sums" "$dir/boot/grub" "$dir/.disk"

for file; do
	case $file in
	*.squashfs) cp "$file" "$dir/domus/layers/" ;;
	*/demo/*) cp "$file" "$dir/domus/demo/" ;;
	*) cp "$file" "$dir/domus/" ;;
	esac
done
# what an installation writes for the firmware: GRUB for BIOS and for UEFI, and the slot's menu entries
grub=$dir/domus/grub
mkdir -p "$grub/efi" "$grub/x86_64-efi"
sh iso/slot-cfg.sh "$VERSION" >"$grub/slot.cfg"
cp /usr/lib/grub/i386-pc/boot.img "$grub/boot.img"
cp "$CORE" "$grub/core.img"
sh iso/efi-files.sh "$grub/efi"
# what the signed image may not have built in, with everything that it asks for
efi=/usr/lib/grub/x86_64-efi
awk -F: '
	{ needs[$1] = $2 }
	function take(name,    list, n, i) {
		if (name in taken)
			return
		taken[name] = 1
		print name
		n = split(needs[name], list, " ")
		for (i = 1; i <= n; i++)
			take(list[i])
	}
	END {
		n = split("hashsum gcry_md5 gcry_sha256 multiboot2 smbios serial terminal regexp search_fs_uuid loadenv", wanted, " ")
		for (i = 1; i <= n; i++)
			take(wanted[i])
	}' "$efi/moddep.lst" | while read -r module; do
	cp "$efi/$module.mod" "$grub/x86_64-efi/"
done
cp "$efi"/*.lst "$grub/x86_64-efi/"
(cd "$dir/domus" && find xen.gz vmlinuz initrd ucode-*.cpio demo grub layers -type f 2>/dev/null | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
# One sums file for each thing that GRUB checks: it can name the damaged one. MD5 finds damage as well as
# SHA-256 does and takes GRUB a third of the time; against malice neither helps, for the sums lie beside the files.
for file in xen.gz vmlinuz initrd; do
	(cd "$dir/domus" && md5sum "$file" >"sums/$file")
done

volume=DOMUS_$(sha256sum <"$dir/domus/SHA256SUMS" | cut -c 1-8 | tr a-f A-F)
echo "$volume" >"$dir/domus/volume"
: >"$dir/domus/$volume"
sh iso/grub-cfg.sh "$volume" "$VERSION" >"$dir/boot/grub/grub.cfg"
echo "Domus $VERSION" >"$dir/.disk/info"
mkdir -p "$dir/boot/grub/x86_64-efi" "$dir/boot/grub/i386-pc"
cp "$efi"/*.mod "$efi"/*.lst "$dir/boot/grub/x86_64-efi/"
rm -f "$dir/boot/grub/x86_64-efi/"*test*.mod
cp "$IMAGE"/boot/memtest86+x64.bin "$IMAGE"/boot/memtest86+x64.efi "$dir/boot/"
[ -z "$CONFIG" ] || cp "$CONFIG" "$dir/domus.conf"
find "$dir" -exec touch -h -d "@$epoch" {} + 2>/dev/null
find "$dir" -type d -exec chmod 755 {} +
