# SPDX-License-Identifier: GPL-2.0-or-later
# What /init of the initramfs is made of; needs the kernel header directory that ../busybox.config explains.
EARLY_SRCS := main.c coldplug.c cmdline.c console.c disk.c layers.c medium.c proc.c root.c sums.c text.c
EARLY_CFLAGS := -std=gnu11 -Os -static -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum -Wvla -Wformat=2
