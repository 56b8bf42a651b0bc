/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An answer file put into an installer's initrd. */
#define _GNU_SOURCE
#include "vmwizard/answer.h"

#include <string.h>

#include "fetch.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"

#define INITRD_MAX (512 * NUM_MIB)

static void pad(struct str *out)
{
	while (out->len % 4 != 0)
		str_add_bytes(out, "", 1);
}

static void add_entry(
	struct str *out, const char *name, unsigned mode, const char *data, size_t len)
{
	/* Documentation/driver-api/early-userspace/buffer-format.rst: thirteen fields of eight digits */
	unsigned fields[13] = {name[0] == 'T' ? 0 : 1, mode, 0, 0, 1, 0, (unsigned)len, 0, 0, 0, 0,
		(unsigned)strlen(name) + 1, 0};
	str_add(out, "070701");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		str_add(out, "%08X", fields[i]);
	str_add_bytes(out, name, strlen(name) + 1);
	pad(out);
	str_add_bytes(out, data, len);
	pad(out);
}

void answer_cpio(const char *name, const char *data, size_t len, struct str *ret_archive)
{
	add_entry(ret_archive, name, 0100600, data, len);
	add_entry(ret_archive, "TRAILER!!!", 0, "", 0);
}

int answer_add(const char *root, const struct vm_step *step, struct err *err)
{
	CLEANUP(str_dispose) struct str answer = STR_INIT;
	CLEANUP(str_dispose) struct str initrd = STR_INIT;
	CLEANUP(str_dispose) struct str archive = STR_INIT;
	CLEANUP(mem_free_string)
	char *dir = xstrndup(step->path, (size_t)(strrchr(step->path, '/') - step->path));
	int rc = step->url[0] == '/' ? file_read(root, step->url, ANSWER_MAX, &answer, err)
				     : fetch_text(step->url, ANSWER_MAX, &answer, err);
	if (rc < 0)
		return -1;
	if (file_read(root, step->source ? step->source : step->path, INITRD_MAX, &initrd, err) < 0)
		return -1;
	/* An archive begins at a multiple of four; zeros between two are skipped. */
	pad(&initrd);
	answer_cpio(step->text, str_text(&answer), answer.len, &archive);
	str_add_bytes(&initrd, archive.data, archive.len);
	if (file_make_dirs(root, dir, 0700, err) < 0)
		return -1;
	return file_write(root, step->path, initrd.data, initrd.len, 0600, err);
}
