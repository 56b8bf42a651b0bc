#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the initrd of the network boot: the medium's own, with the medium's files in front of it at /domus,
# where `early` looks first. They are all there, so that a machine can be installed that way too.
# Usage: initrd.sh OUTPUT EPOCH INITRD MEDIUM-DIR
set -eu

out=$1
epoch=$2
initrd=$3
medium=$4
tree=$out.dir
rm -rf "$tree"
mkdir -p "$tree"
# a copy, since packing sets the files' times
cp -R "$medium" "$tree/domus"
# The layers are compressed already. They go first: behind a compressed archive an uncompressed one would
# have to start on a multiple of four bytes.
sh dom0-rootfs/cpio.sh "$tree" "$epoch" >"$out.new"
cat "$initrd" >>"$out.new"
rm -rf "$tree"
mv "$out.new" "$out"
