#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots the ISO on this terminal (runs in the test root). Ctrl-] then x leaves, Ctrl-] then c is QEMU's monitor.
set -eu

accel='-accel tcg,thread=multi -cpu max,-rdtscp,-xsave'
if [ -w /dev/kvm ] && grep -qwE 'svm|vmx' /proc/cpuinfo; then
	accel='-accel kvm -cpu host'
fi
echo "Booting build/domus.iso. Leave with Ctrl-] then x."
# Half of the memory lies above 4 GiB: under emulation Xen starts 10 s faster there (tests/harness/machine.py tells why).
memory=${MEM:-2048}
# shellcheck disable=SC2086 # word list
exec qemu-system-x86_64 $accel -machine "pc,max-ram-below-4g=$((memory / 2))M" -smp 2 -m "$memory" -display none -serial mon:stdio -echr 0x1d \
	-cdrom /src/build/domus.iso -boot d -nic user,model=e1000 "$@"
