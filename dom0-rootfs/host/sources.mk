# SPDX-License-Identifier: GPL-2.0-or-later
# Sources of domus-host, relative to the top; needs libdomus.a, jansson, libdialog; includes lib/.
HOST_SRCS := $(addprefix dom0-rootfs/host/, \
	accounts.c addresses.c apply.c bootargs.c bootcmd.c changes.c check.c command_settings.c conftext.c \
	console.c console_apply.c console_keys.c console_pages.c console_status.c console_storage.c \
	diagnostics.c diskcmd.c etc_text.c failed.c generate.c host.c inspect.c local.c main.c network.c peer.c release.c rollback.c \
	settings.c poolplan.c pools.c smart.c source.c state.c statefill.c status.c storage.c storagecmd.c store.c system.c)
HOST_LIBS := -ljansson -lnettle $(LIB_UI_LIBS)
