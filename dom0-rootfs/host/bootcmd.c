/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host boot and healthy: how this host starts, and what a start that went well means. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bootargs.h"
#include "conftext.h"
#include "failed.h"
#include "file.h"
#include "host.h"
#include "lang.h"
#include "mem.h"
#include "proc.h"
#include "settings.h"
#include "source.h"
#include "store.h"

#define FAILED_PATH FAILED_DIR "/boot-arguments"

/* Short words for the keys that the boot loader knows. */
static const struct {
	const char *word;
	const char *key;
} boot_keys[] = {{"default", "boot.default"}, {"timeout", "boot.timeout"},
	{"xen-args", "boot.xen-args"}, {"dom0-args", "boot.dom0-args"}, {"memory", "dom0.memory"},
	{"vcpus", "dom0.vcpus"}, {"hvm-guests", "dom0.hvm-guests"}, {"serial", "console.serial"},
	{"speed", "console.speed"}};

static const char *state_text(enum bootargs_state state)
{
	switch (state) {
	case BOOTARGS_SAME:
		return _("the boot loader has these settings");
	case BOOTARGS_DIFFER:
		return _("the boot loader has other settings: domus-host boot try");
	case BOOTARGS_TRY:
		return _(
			"the next start tries these settings, and keeps them if the host comes up");
	case BOOTARGS_RUNNING:
		return _("this start tries these settings; they are kept once the host is healthy");
	case BOOTARGS_BAD:
		return _(
			"these settings were tried and the host did not come up: the former ones are in use");
	}
	return "";
}

static const char *state_word(enum bootargs_state state)
{
	static const char *const words[] = {"same", "differ", "try", "running", "bad"};
	return words[state];
}

static char *value_of(const struct host_config *config, const char *name)
{
	CLEANUP(conf_key_dispose) struct conf_key key = {.kind = NULL};
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	if (conf_key_parse(name, &key, NULL) == 0)
		schema_get(schema_find_key(&host_schema, key.kind, key.key), config, &values);
	return xstrdup(values.count ? values.items[0] : "");
}

static int show(const struct options *options)
{
	CLEANUP(source_dispose) struct source source;
	enum bootargs_state state = BOOTARGS_SAME;
	struct err err = ERR_INIT;
	json_t *object = options->is_json ? json_object() : NULL;
	source_load(options->root, NULL, &source);
	for (size_t i = 0; i < ARRAY_SIZE(boot_keys); i++) {
		CLEANUP(mem_free_string) char *value = value_of(&source.config, boot_keys[i].key);
		if (object)
			(void)json_object_set_new(object, boot_keys[i].word, json_string(value));
		else
			(void)printf("%-11s %s\n", boot_keys[i].word, value);
	}
	bool is_known = bootargs_are_there(options->root) &&
			bootargs_read_state(options->root, &source.config, &state, &err) == 0;
	if (object) {
		(void)json_object_set_new(
			object, "state", json_string(is_known ? state_word(state) : "unknown"));
		host_print_json(object);
	} else if (is_known) {
		(void)printf("\n%s\n", state_text(state));
	} else {
		(void)printf("\n%s\n",
			err.code ? err.text
				 : _("This system was not started from an installation."));
	}
	return 0;
}

/* Has the next start try what the file says, also after a try that failed. */
static int try_again(const struct options *options)
{
	CLEANUP(source_dispose) struct source source;
	struct err err = ERR_INIT;
	source_load(options->root, NULL, &source);
	if (bootargs_try(options->root, &source.config, &err) < 0)
		return host_fail(options, &err);
	(void)file_remove(options->root, FAILED_PATH, NULL);
	return host_done(options, "done", _("The next start tries what the host's file says.\n"));
}

int command_boot(const struct options *options)
{
	CLEANUP(conf_key_dispose) struct conf_key key = {.kind = NULL};
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	struct err err = ERR_INIT;
	if (!options->n_args)
		return show(options);
	if (options->n_args == 1 && strcmp(options->args[0], "try") == 0)
		return try_again(options);
	for (size_t i = 0; i < ARRAY_SIZE(boot_keys); i++)
		if (options->n_args == 2 && strcmp(boot_keys[i].word, options->args[0]) == 0)
			(void)conf_key_parse(boot_keys[i].key, &key, NULL);
	if (!key.kind) {
		CLEANUP(str_dispose) struct str all = STR_INIT;
		for (size_t i = 0; i < ARRAY_SIZE(boot_keys); i++)
			str_add(&all, " %s", boot_keys[i].word);
		(void)err_set(&err, ERR_INVALID, 0,
			_("boot KEY VALUE, with a key of:%s; or: boot try"), str_text(&all));
		return host_fail(options, &err) + 1;
	}
	strlist_add(&values, options->args[1]);
	if (settings_set(options->root, &key, &values, &err) < 0)
		return host_fail(options, &err);
	return command_apply(&(struct options){.root = options->root, .is_json = options->is_json});
}

/* ---- healthy ---- */

static bool is_xen(const char *root)
{
	CLEANUP(str_dispose) struct str type = STR_INIT;
	return file_read(root, "/sys/hypervisor/type", 64, &type, NULL) == 0 &&
	       strcmp(str_text(&type), "xen\n") == 0;
}

/* What a start must have achieved before anything of it is kept. */
static int check_health(const char *root, struct err *err)
{
	static const char *const needed[] = {"state", "config", "generate", "xenstore", "storage"};
	static const char *const argv[] = {"xl", "list", NULL};
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		CLEANUP(mem_free_string) char *path = xasprintf(FAILED_DIR "/%s", needed[i]);
		CLEANUP(mem_free_string) char *reason = file_first_line(root, path);
		if (reason)
			return err_set(err, ERR_PROC, 0, "%s: %s", needed[i], reason);
	}
	const struct proc_spec spec = {.argv = argv, .timeout_ms = 20000};
	if (is_xen(root) && proc_run_ok(&spec, err) < 0)
		return err_prefix(err, "xl list: ");
	return file_write(root, "/var/lib/domus/last-healthy", "", 0, 0644, err);
}

static int settle(const char *root, struct err *err)
{
	bool was_bad = false;
	/* The rescue entry proves nothing about Xen's arguments. */
	if (!bootargs_are_there(root) || !is_xen(root))
		return 0;
	if (bootargs_settle(root, &was_bad, err) < 0)
		return -1;
	if (!was_bad)
		return file_remove(root, FAILED_PATH, err);
	static const char text[] = N_(
		"new boot arguments were tried and the host did not come up with them: the former "
		"ones are in use (domus-host boot)\n");
	(void)fprintf(stderr, "domus-host: %s", _(text));
	return file_write(root, FAILED_PATH, _(text), strlen(_(text)), 0644, err);
}

int command_healthy(const struct options *options)
{
	const char *root = options->root;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(source_dispose) struct source source;
	struct err err = ERR_INIT;
	source_load(root, NULL, &source);
	if (check_health(root, &err) < 0)
		return host_fail(options, &err);
	bool is_own = source.path && strcmp(source.path, HOSTCONF_PATH) == 0 && !source.trouble;
	if (is_own && !file_exists(root, STORE_UNCONFIRMED_PATH) &&
		(store_read(root, &text, &err) < 0 ||
			store_add_good(root, str_text(&text), &err) < 0))
		return host_fail(options, &err);
	if (settle(root, &err) < 0)
		return host_fail(options, &err);
	return host_done(options, "done", "");
}
