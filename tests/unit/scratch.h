/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of its own for a test, removed after it; its path is the test's *state. */
#ifndef DOMUS_TESTS_SCRATCH_H
#define DOMUS_TESTS_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/attrs.h"
#include "lib/mem.h"

static int scratch_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

ATTR_UNUSED static int scratch_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *path = xasprintf("%s/domus-test-XXXXXX", tmp ? tmp : "/tmp");
	*state = path;
	return mkdtemp(path) ? 0 : -1;
}

ATTR_UNUSED static int scratch_teardown(void **state)
{
	char *path = *state;
	int rc = nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
	return rc;
}

#define SCRATCH_TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

#endif
