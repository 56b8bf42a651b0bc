/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libxl asks a hotplug script to do, read from its name, arguments and environment; pure. */
#define _GNU_SOURCE
#include "call.h"

#include <stdio.h>
#include <string.h>

#include "attrs.h"
#include "mem.h"
#include "num.h"

enum { DOMID_MAX = 32767 };

static const struct {
	const char *name;
	bool is_block;
	bool is_special; /* guarded or shared */
} scripts[] = {
	{"block", true, false},
	{"block-shared", true, true},
	{"vif-bridge", false, false},
	{"vif-guarded", false, true},
};

static const struct {
	const char *word;
	bool is_add;
	bool for_vif;
	bool for_others; /* tap and block */
} commands[] = {
	{"add", true, false, true},
	{"remove", false, false, true},
	{"online", true, true, false},
	{"offline", false, true, false},
};

static size_t find_script(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	size_t i = 0;
	while (i < ARRAY_SIZE(scripts) && strcmp(slash ? slash + 1 : argv0, scripts[i].name) != 0)
		i++;
	return i;
}

bool call_knows_script(const char *argv0)
{
	return find_script(argv0) < ARRAY_SIZE(scripts);
}

/* .../DOMID/DEVID */
static int read_path(const char *path, struct call *call, struct err *err)
{
	if (!path || !path[0] || strlen(path) >= sizeof(call->xenbus_path))
		return err_set(err, ERR_INVALID, 0, "XENBUS_PATH is missing: only xl calls this");
	(void)snprintf(call->xenbus_path, sizeof(call->xenbus_path), "%s", path);
	const char *devid = strrchr(path, '/');
	const char *domid = devid ? memrchr(path, '/', (size_t)(devid - path)) : NULL;
	if (!domid)
		return err_set(err, ERR_INVALID, 0, "XENBUS_PATH=%s names no device", path);
	CLEANUP(mem_free_string)
	char *dom_text = xstrndup(domid + 1, (size_t)(devid - domid - 1));
	int64_t dom, dev;
	if (num_parse_int(dom_text, 0, DOMID_MAX, &dom, err) < 0 ||
		num_parse_int(devid + 1, 0, INT32_MAX, &dev, err) < 0)
		return err_prefix(err, "XENBUS_PATH=%s: ", path);
	call->domid = (uint32_t)dom;
	call->devid = (uint32_t)dev;
	return 0;
}

static int read_name(const char *what, const char *value, char ret_name[IFNAMSIZ], struct err *err)
{
	if (!value || !value[0])
		return err_set(err, ERR_INVALID, 0, "%s is missing: only xl calls this", what);
	if (strlen(value) >= IFNAMSIZ || strchr(value, '/'))
		return err_set(
			err, ERR_INVALID, 0, "%s=%s is no name of an interface", what, value);
	(void)snprintf(ret_name, IFNAMSIZ, "%s", value);
	return 0;
}

static int read_nic(
	const struct call_env *env, const char *type, struct call *call, struct err *err)
{
	if (strcmp(type, "tap") == 0)
		call->kind = CALL_TAP;
	else if (strcmp(type, "vif") == 0)
		call->kind = CALL_VIF;
	else
		return err_set(err, ERR_INVALID, 0, "type_if=%s is neither vif nor tap", type);
	call->has_tap = call->kind == CALL_VIF && env->interface && env->interface[0];
	if (env->bridge && env->bridge[0] &&
		read_name("bridge", env->bridge, call->bridge, err) < 0)
		return -1;
	return call->kind == CALL_TAP ? read_name("INTERFACE", env->interface, call->device, err)
				      : read_name("vif", env->vif, call->device, err);
}

int call_read(char *const argv[], const struct call_env *env, struct call *ret_call,
	bool *ret_is_needless, struct err *err)
{
	struct call call = {.kind = CALL_BLOCK};
	const char *command = NULL;
	const char *type = "vif";
	size_t script = find_script(argv[0]), row = 0;

	if (script == ARRAY_SIZE(scripts))
		return err_set(err, ERR_INVALID, 0, "%s is no script of ours", argv[0]);
	for (size_t i = 1; argv[i]; i++) {
		if (strncmp(argv[i], "type_if=", 8) == 0)
			type = argv[i] + 8;
		else if (!command && !strchr(argv[i], '='))
			command = argv[i];
	}
	while (row < ARRAY_SIZE(commands) && (!command || strcmp(command, commands[row].word) != 0))
		row++;
	if (row == ARRAY_SIZE(commands) || (scripts[script].is_block && commands[row].for_vif))
		return err_set(err, ERR_INVALID, 0, "%s is no command of %s",
			command ? command : "(nothing)", scripts[script].name);
	call.is_add = commands[row].is_add;
	call.is_shared = scripts[script].is_block && scripts[script].is_special;
	call.is_guarded = !scripts[script].is_block && scripts[script].is_special;
	if (read_path(env->xenbus_path, &call, err) < 0)
		return -1;
	if (!scripts[script].is_block && read_nic(env, type, &call, err) < 0)
		return -1;
	*ret_is_needless =
		call.kind == CALL_VIF ? !commands[row].for_vif : !commands[row].for_others;
	*ret_call = call;
	return 0;
}
