# SPDX-License-Identifier: GPL-2.0-or-later
# What domus-hotplug is made of; the build includes this and links it with libdomus.a.
HOTPLUG_DIR := dom0-rootfs/hotplug
HOTPLUG_SRCS := $(addprefix $(HOTPLUG_DIR)/,block.c call.c guard.c link.c lock.c loop.c main.c sharing.c store.c users.c vif.c)
HOTPLUG_LIBS := -lxenstore
# What libxl calls by default, and the guarded NIC; links in /etc/xen/scripts to /usr/sbin/domus-hotplug.
HOTPLUG_NAMES := block block-shared vif-bridge vif-guarded
