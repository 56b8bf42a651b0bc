# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests: one program for each *_test.c here, linked with all of lib/ and with the files that its
# line "sources:" names (relative to the top). $(call unit_sources,FILE) reads that line.
UNIT_TESTS := $(sort $(wildcard tests/unit/*_test.c))
unit_sources = $(shell sed -n 's|^/\* sources: \(.*\) \*/$$|\1|p' $1)
# Libraries of a test's own: its line "libs:".
unit_libs = $(shell sed -n 's|^/\* libs: \(.*\) \*/$$|\1|p' $1)
UNIT_LIBS := -lcmocka -lcrypt -ljansson
UNIT_CFLAGS := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
