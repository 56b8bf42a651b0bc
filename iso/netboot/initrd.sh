#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the initrd of the network boot: the medium's own, with the layers in front of it at /domus/layers,
# where `early` looks first. Usage: initrd.sh OUTPUT EPOCH INITRD LAYER...
set -eu

out=$1
epoch=$2
initrd=$3
shift 3
tree=$out.dir
rm -rf "$tree"
mkdir -p "$tree/domus/layers"
# copies, since packing sets the files' times
cp "$@" "$tree/domus/layers/"
(cd "$tree/domus" && sha256sum layers/* >SHA256SUMS)
# The layers are compressed already. They go first: behind a compressed archive an uncompressed one would
# have to start on a multiple of four bytes.
sh dom0-rootfs/cpio.sh "$tree" "$epoch" >"$out.new"
cat "$initrd" >>"$out.new"
rm -rf "$tree"
mv "$out.new" "$out"
