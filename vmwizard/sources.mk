# SPDX-License-Identifier: GPL-2.0-or-later
# What domus-vm is made of, relative to the top. VM_PURE_SRCS need neither Xen nor a network: tests link them.
VM_PURE_SRCS := $(addprefix vmwizard/, \
	paths.c spec.c device.c profile.c defaults.c check.c guestcfg.c guestread.c planbuild.c hostdata.c image.c explain.c snapshot.c memplan.c ownership.c \
	migrate/channel.c migrate/offer.c migrate/probe.c migrate/protocol.c migrate/record.c)
VM_SRCS := $(VM_PURE_SRCS) $(addprefix vmwizard/, \
	main.c cli.c cli_act.c cli_list.c cli_create.c cli_library.c cli_memory.c cli_migrate.c cli_snapshot.c act.c power.c tune.c memmove.c devices.c keep.c snapread.c \
	answer.c command.c execute.c library.c places.c hostread.c listread.c xen.c \
	migrate/copy.c migrate/disks.c migrate/gather.c migrate/source.c migrate/target.c migrate/xenmove.c)
include vmwizard/manager/sources.mk
VM_LIBS := -ljansson -lnettle -lxlutil -lxenlight -lxenstore -lxentoollog
