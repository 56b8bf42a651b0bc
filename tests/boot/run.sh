#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots the ISO on this terminal (runs in the test root). Ctrl-] then x leaves, Ctrl-] then c is QEMU's monitor.
set -eu

accel='-accel tcg,thread=multi -cpu max,-rdtscp,-xsave'
if [ -w /dev/kvm ] && grep -qwE 'svm|vmx' /proc/cpuinfo; then
	accel='-accel kvm -cpu host'
fi
echo "Booting build/domus.iso. Leave with Ctrl-] then x."
# shellcheck disable=SC2086 # word list
exec qemu-system-x86_64 $accel -smp 2 -m "${MEM:-2048}" -display none -serial mon:stdio -echr 0x1d \
	-cdrom /src/build/domus.iso -boot d -nic user,model=e1000 "$@"
