# SPDX-License-Identifier: GPL-2.0-or-later
# Sources of domus-install, relative to the top; the pages have a list of their own.
INSTALLER_SRCS := $(addprefix installer/, \
	add.c apply.c discover.c exec_conf.c exec_copy.c exec_disk.c exec_nvram.c exec_op.c executor.c health.c hosts.c machine.c \
	machine_json.c main.c plan.c plan_disk.c plan_keep.c plan_ops.c report.c show.c spec.c unattended.c)
-include installer/pages/sources.mk
INSTALLER_SRCS += $(INSTALLER_PAGES_SRCS)
INSTALLER_LIBS := -ljansson -lnettle $(LIB_UI_LIBS)
