# SPDX-License-Identifier: GPL-2.0-or-later
# What domus-monitor is made of; the build includes this and links it with libdomus.a.
MONITOR_DIR := dom0-rootfs/monitor
MONITOR_SRCS := $(addprefix $(MONITOR_DIR)/,main.c monitor.c worker.c act.c recreate.c decide.c \
	xlproc.c xen.c state.c monlog.c fill.c below.c hold.c qemu.c) \
	$(addprefix dom0-rootfs/guests/,guests_start.c guests_stop.c guests_save.c guests_list.c order.c progress.c)
MONITOR_LIBS := -lxlutil -lxenlight -lxenctrl -lxenstore -lxentoollog
# /usr/lib/domus/guests-start and guests-stop are links to ../../sbin/domus-monitor.
