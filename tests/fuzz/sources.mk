# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets: each *_fuzz.c is linked by clang with all of lib/, -fsanitize=fuzzer,address,undefined.
FUZZ_TARGETS := tests/fuzz/hostconf_fuzz.c tests/fuzz/guest_fuzz.c
FUZZ_DICT := tests/fuzz/hostconf.dict
FUZZ_CORPUS := tests/fuzz/corpus
FUZZ_LIBS := -ljansson
