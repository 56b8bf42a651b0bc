#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Packs a directory as a cpio archive (newc) that depends on its content only. Usage: cpio.sh DIR EPOCH >FILE
set -eu

cd "$1"
find . -exec touch -h -d "@$2" {} +
find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible
