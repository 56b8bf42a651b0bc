/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target for what guests and strangers write: boot menus, first bytes of images, xl.cfg
 * files, sections [vm]. Nothing may crash, hang or leak. An xl.cfg that is read survives an edit,
 * and what a menu gives is a path of the disk itself, without anything GRUB would compute.
 *
 *	clang -g -O1 -fsanitize=fuzzer,address,undefined -I. -Ilib tests/fuzz/guest_fuzz.c \
 *		vmwizard/{spec,device,guestread,guestcfg,defaults,image,taker/menu}.c lib/...c
 */
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/xlcfg.h"
#include "vmwizard/guestcfg.h"
#include "vmwizard/image.h"
#include "vmwizard/taker/menu.h"

static void must(bool is_so)
{
	if (!is_so)
		abort();
}

static void try_menu(const char *data, size_t len)
{
	struct menu_entry entry;
	if (!menu_parse(data, len, &entry))
		return;
	must(entry.kernel[0] == '/' && !strpbrk(entry.kernel, "$()"));
	must(entry.initrd[0] == '\0' || entry.initrd[0] == '/');
	for (const char *p = entry.args; *p; p++)
		must((unsigned char)*p >= ' ');
}

static void try_xlcfg(const char *data, size_t len)
{
	struct xlcfg cfg;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	if (xlcfg_parse(data, len, &cfg, NULL) == 0) {
		xlcfg_check_keys(&cfg, &problems);
		must(xlcfg_set(&cfg, "memory", "77", NULL, NULL) == 0);
		must(strcmp(xlcfg_get(&cfg, "memory"), "77") == 0);
		must(xlcfg_list_add(&cfg, "vif", "x", NULL) == 0);
		const struct xlcfg_setting *vif = xlcfg_find(&cfg, "vif");
		must(vif && vif->is_list && strcmp(vif->values[vif->count - 1].text, "x") == 0);
		must(xlcfg_list_remove(&cfg, "vif", 0, NULL) == 0);
		must(xlcfg_unset(&cfg, "memory", NULL) == 0 && !xlcfg_find(&cfg, "memory"));
	}
	xlcfg_dispose(&cfg);
}

static void try_text(const char *text)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str out = STR_INIT;
	struct vm_spec *specs;
	struct vm_spec spec;
	size_t count;
	(void)vm_xlcfg_read(text, "x", &spec, &problems, NULL);
	(void)guestcfg_make(&spec, NULL, GUESTCFG_LASTING, &out, NULL);
	vm_spec_dispose(&spec);
	vm_spec_parse(text, strlen(text), &specs, &count, &problems);
	for (size_t i = 0; i < count; i++)
		vm_spec_dispose(&specs[i]);
	free(specs);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	char label[40];
	char *text = xstrndup((const char *)data, len);
	(void)image_sniff(data, len, label);
	try_menu((const char *)data, len);
	try_xlcfg((const char *)data, len);
	try_text(text);
	free(text);
	return 0;
}
