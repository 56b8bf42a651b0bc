# SPDX-License-Identifier: GPL-2.0-or-later
# The interactive pages of domus-install, relative to the top; they need LIB_UI_LIBS.
INSTALLER_PAGES_SRCS := $(addprefix installer/pages/, \
	clock.c command.c common.c connection.c disk.c login.c netpages.c network.c notes.c overview.c progress.c \
	run.c software.c welcome.c)
