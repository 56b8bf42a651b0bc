#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copies what UEFI starts, Debian's signed shim and GRUB, into a folder EFI/BOOT: of the medium and of an installed
# disk. Usage: efi-files.sh FOLDER; environment: IMAGE
set -eu

cp "$IMAGE/usr/lib/shim/shimx64.efi.signed" "$1/BOOTX64.EFI"
cp "$IMAGE/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed" "$1/grubx64.efi"
cp "$IMAGE/usr/lib/shim/mmx64.efi.signed" "$1/mmx64.efi" 2>/dev/null ||
	cp "$IMAGE/usr/lib/shim/mmx64.efi" "$1/mmx64.efi"
