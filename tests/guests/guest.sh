#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# /etc/guest of the test guests: writes its disk, says that it is up. Words on the kernel's command line: guest=KIND
# disk=DEVICE, and the demo guest's.
. /etc/functions

KIND=$(word guest)
DISK=$(word disk)
mkdir -p /disk
for TRY in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -b "$DISK" ] || break
	sleep 1
done
mount -t ext4 "$DISK" /disk || {
	echo "GUEST $KIND FAILED: cannot mount $DISK (try $TRY)"
	exit 1
}
COUNT=$(($(cat /disk/count 2>/dev/null) + 1))
echo "$COUNT" >/disk/count
echo "boot $COUNT" >>/disk/log
rm -f /disk/clean
sync
echo "GUEST $KIND UP $COUNT"
