/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a pool of the host's file may say. */
#include "hostpool.h"

#include <string.h>

#include "lang.h"
#include "mem.h"
#include "value.h"

enum { NAME_MAX_LEN = 32 };

int hostpool_check_name(const char *name, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	static const char *const taken[] = {"library", "pool", "guests", "iso", "save"};
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (strcmp(name, taken[i]) == 0)
			return err_set(err, ERR_INVALID, 0,
				_("the name \"%s\" has a meaning already; choose another"), name);
	if (name[0] >= 'a' && name[0] <= 'z' && name[strspn(name, letters)] == '\0' &&
		strlen(name) <= NAME_MAX_LEN)
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("\"%.40s\" is no name for a pool: at most 32 of a-z, 0-9 and -, a letter first"),
		name);
}

int hostpool_check_options(const char *text, struct err *err)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=,._:/%+-";
	if (text[strspn(text, letters)] == '\0')
		return 0;
	return err_set(
		err, ERR_INVALID, 0, _("\"%.40s\" are no options of mount, as ro,noatime"), text);
}

/* "GROUP/POOL", each a word of LVM's. */
static bool is_volume(const char *source)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
	size_t group = strspn(source, letters);
	const char *pool = source + group + 1;
	return group > 0 && source[group] == '/' && pool[0] && source[0] != '-' && pool[0] != '-' &&
	       pool[strspn(pool, letters)] == '\0';
}

static bool is_uuid(const char *source)
{
	static const char letters[] = "0123456789abcdefABCDEF-";
	const char *uuid = strncmp(source, "UUID=", 5) == 0 ? source + 5 : "";
	return uuid[0] && uuid[strspn(uuid, letters)] == '\0';
}

/* "HOST:/PATH", an IPv6 address in brackets. */
static bool is_export(const char *source)
{
	const char *path = strstr(source, ":/");
	if (!path || path == source)
		return false;
	bool is_ipv6 = source[0] == '[' && path[-1] == ']';
	CLEANUP(mem_free_string)
	char *host = is_ipv6 ? xstrndup(source + 1, (size_t)(path - source) - 2)
			     : xstrndup(source, (size_t)(path - source));
	return (is_ipv6 ? value_check_ipv6(host, NULL) : value_check_host(host, NULL)) == 0 &&
	       value_check_path(path + 1, NULL) == 0;
}

const char *hostpool_trouble(const struct host_pool *pool)
{
	switch (pool->type) {
	case HOST_POOL_THIN:
		return is_volume(pool->source) ? NULL : _("thin wants GROUP/POOL");
	case HOST_POOL_DIRECTORY:
		if (is_uuid(pool->source) ||
			(pool->source[0] == '/' && value_check_path(pool->source, NULL) == 0))
			return NULL;
		return _("directory wants UUID=... of a file system, or a path");
	case HOST_POOL_NFS:
		return is_export(pool->source) ? NULL : _("nfs wants HOST:/PATH");
	}
	return NULL;
}
