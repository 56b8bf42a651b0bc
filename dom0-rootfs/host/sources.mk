# SPDX-License-Identifier: GPL-2.0-or-later
# Sources of domus-host, relative to the top; needs libdomus.a, jansson; includes lib/.
HOST_SRCS := $(addprefix dom0-rootfs/host/, \
	addresses.c check.c etc_text.c generate.c main.c network.c release.c source.c status.c)
HOST_LIBS := -ljansson
