# SPDX-License-Identifier: GPL-2.0-or-later
# Sources of libdomus.a, relative to the top. LIB_LIBC_SRCS depend on libc alone: early may use them.
LIB_LIBC_SRCS := $(addprefix lib/, \
	cfg.c err.c file.c kernelword.c mem.c near.c netaddr.c num.c proc.c problem.c str.c)
LIB_SRCS := $(LIB_LIBC_SRCS) $(addprefix lib/, \
	affinity.c bootcfg.c curlload.c diskinv.c disktext.c fetch.c guestturn.c hostcheck.c hostconf.c hostpool.c mounted.c netinv.c netplan.c owner.c peer.c savedguest.c schema.c schema_text.c value.c xlcfg.c xlkeys.c)
LIB_UI_SRCS := $(addprefix lib/ui/, \
	dialog.c frame.c open.c plain.c script.c term.c ui.c width.c wizard.c)
LIB_SRCS += $(LIB_UI_SRCS) lib/pwhash.c lib/conntest.c lib/stick.c
# What programs with screens link besides.
LIB_UI_LIBS := -ldialog -lncursesw -ltinfo -lcrypt
LIB_LIBS := -ljansson
