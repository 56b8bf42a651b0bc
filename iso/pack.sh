#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Packs the hybrid image. Usage: pack.sh TREE GRUB-BIOS-IMAGE ESP-IMAGE EPOCH OUTPUT
set -eu

tree=$1
bios=$2
esp=$3
epoch=$4
out=$5
date=$(date -u -d "@$epoch" +%Y%m%d%H%M%S00)
cp "$bios" "$tree/boot/grub/eltorito.img"
touch -d "@$epoch" "$tree/boot/grub/eltorito.img" "$tree/boot/grub"
# The disk's GUID and the MBR's id come from the volume date; nothing is drawn at random.
xorriso -report_about WARNING -as mkisofs -quiet -r -V "$(cat "$tree/domus/volume")" -appid DOMUS -publisher DOMUS -preparer DOMUS \
	--modification-date="$date" --gpt_disk_guid modification-date \
	-b boot/grub/eltorito.img -no-emul-boot -boot-load-size 4 -boot-info-table --grub2-boot-info \
	--grub2-mbr /usr/lib/grub/i386-pc/boot_hybrid.img \
	-append_partition 2 0xef "$esp" -appended_part_as_gpt -partition_offset 16 \
	-eltorito-alt-boot -e --interval:appended_partition_2:all:: -no-emul-boot \
	-o "$out.new" "$tree"
mv "$out.new" "$out"
