#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# /etc/guest.shutdown of the test guests: the mark of a clean end, looked for from outside.
. /etc/functions
cat /disk/count >/disk/clean
sync
umount /disk && echo "GUEST $(word guest) DOWN"
