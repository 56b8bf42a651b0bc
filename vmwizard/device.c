/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of the keys "disk" and "nic", read and written. Pure. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "near.h"
#include "netaddr.h"
#include "num.h"
#include "value.h"
#include "vmwizard/spec.h"

/* More than a path or a NIC's addresses take. */
#define PART_MAX 4096

/* The next "word" or "key=value" of a list with commas; a path takes all the rest. */
static bool next_part(const char **rest, char *key, const char **ret_value, char *buf)
{
	const char *p = *rest + strspn(*rest, " \t,");
	if (*p == '\0')
		return false;
	size_t len = strncmp(p, "path=", 5) == 0 ? strlen(p) : strcspn(p, ",");
	*rest = p[len] ? p + len + 1 : p + len;
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	if (len >= PART_MAX)
		len = PART_MAX - 1;
	memcpy(buf, p, len);
	buf[len] = '\0';
	char *equals = strchr(buf, '=');
	size_t key_len = equals ? (size_t)(equals - buf) : len;
	while (key_len > 0 && buf[key_len - 1] == ' ')
		key_len--;
	if (key_len > CFG_WORD_MAX)
		key_len = CFG_WORD_MAX;
	memcpy(key, buf, key_len);
	key[key_len] = '\0';
	*ret_value = equals ? equals + 1 + strspn(equals + 1, " ") : NULL;
	return true;
}

static int refuse_key(
	const char *key, const char *const *known, size_t count, const char *what, struct err *err)
{
	const char *near = near_find(key, known, count);
	if (near)
		return err_set(err, ERR_INVALID, 0,
			_("a %s has no \"%.60s\"; did you mean \"%s\"?"), what, key, near);
	return err_set(err, ERR_INVALID, 0, _("a %s has no \"%.60s\""), what, key);
}

static int parse_flag(const char *key, const char *value, bool *ret_flag, struct err *err)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return err_set(
			err, ERR_INVALID, 0, _("%s: \"%.40s\" is neither yes nor no"), key, value);
	*ret_flag = value[0] == 'y';
	return 0;
}

static int parse_size(const char *value, int64_t *ret_mib, struct err *err)
{
	uint64_t bytes;
	if (num_parse_size(value, NUM_MIB, NUM_MIB, 1024 * NUM_TIB, &bytes, err) < 0)
		return err_prefix(err, "size: ");
	*ret_mib = (int64_t)((bytes + NUM_MIB - 1) / NUM_MIB);
	return 0;
}

/* xvda to xvdz, hda to hdd, sda to sdp: what both kinds of guests understand. */
static int check_target(const char *value, struct err *err)
{
	size_t len = strlen(value);
	if (len == 4 && strncmp(value, "xvd", 3) == 0 && value[3] >= 'a' && value[3] <= 'z')
		return 0;
	if (len == 3 && strncmp(value, "hd", 2) == 0 && value[2] >= 'a' && value[2] <= 'd')
		return 0;
	if (len == 3 && strncmp(value, "sd", 2) == 0 && value[2] >= 'a' && value[2] <= 'p')
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("target: \"%.40s\" is not one of xvda to xvdz, hda to hdd, sda to sdp"), value);
}

static int parse_format(const char *value, enum vm_format *ret_format, struct err *err)
{
	for (unsigned i = 0; vm_format_words[i]; i++)
		if (strcmp(vm_format_words[i], value) == 0) {
			*ret_format = (enum vm_format)i;
			return 0;
		}
	return err_set(err, ERR_INVALID, 0,
		_("format: \"%.40s\" is not one of auto, raw, qcow2, vhd, qed"), value);
}

static int parse_path(const char *value, char **ret_path, struct err *err)
{
	if (value[0] != '\0' && value[0] != '/')
		return err_set(
			err, ERR_INVALID, 0, _("path: \"%.60s\" does not begin with \"/\""), value);
	if (vm_check_path(value, err) < 0)
		return err_prefix(err, "path: ");
	vm_spec_set(ret_path, value);
	return 0;
}

static int set_disk(struct vm_disk *disk, const char *key, const char *value, struct err *err)
{
	static const char *const known[] = {
		"size", "pool", "full", "target", "format", "readonly", "path"};
	if (!value)
		return err_set(err, ERR_INVALID, 0, _("\"%.60s\" is not KEY=VALUE"), key);
	if (strcmp(key, "size") == 0)
		return parse_size(value, &disk->size_mib, err);
	if (strcmp(key, "full") == 0)
		return parse_flag(key, value, &disk->is_full, err);
	if (strcmp(key, "readonly") == 0)
		return parse_flag(key, value, &disk->is_readonly, err);
	if (strcmp(key, "format") == 0)
		return parse_format(value, &disk->format, err);
	if (strcmp(key, "path") == 0)
		return parse_path(value, &disk->path, err);
	if (strcmp(key, "pool") == 0) {
		if (value_check_word(value, err) < 0)
			return err_prefix(err, "pool: ");
		vm_spec_set(&disk->pool, value);
		return 0;
	}
	if (strcmp(key, "target") == 0) {
		if (check_target(value, err) < 0)
			return -1;
		vm_spec_set(&disk->target, value);
		return 0;
	}
	return refuse_key(key, known, ARRAY_SIZE(known), "disk", err);
}

static int check_disk(const struct vm_disk *disk, struct err *err)
{
	if (disk->kind == VM_DISK_NEW && disk->is_readonly)
		return err_set(
			err, ERR_INVALID, 0, _("a new disk that is only read makes no sense"));
	if (disk->kind == VM_DISK_NEW && disk->format > VM_FORMAT_RAW)
		return err_set(err, ERR_INVALID, 0, _("a new disk is raw"));
	if (disk->kind != VM_DISK_NEW && (disk->size_mib || disk->pool[0] || disk->is_full))
		return err_set(err, ERR_INVALID, 0, _("size, pool and full are for a new disk"));
	if (disk->kind == VM_DISK_EXISTING && !disk->path[0])
		return err_set(err, ERR_INVALID, 0, _("an existing disk needs path="));
	return 0;
}

int vm_disk_parse(const char *value, struct vm_disk *ret_disk, struct err *err)
{
	static const char *const kinds[] = {"new", "existing", "cdrom"};
	struct vm_disk disk = {.pool = xstrdup(""), .path = xstrdup(""), .target = xstrdup("")};
	char key[CFG_WORD_MAX + 1];
	char buf[PART_MAX];
	const char *rest = value;
	const char *part;
	size_t kind = ARRAY_SIZE(kinds);
	int rc = -1;

	if (next_part(&rest, key, &part, buf) && !part)
		for (kind = 0; kind < ARRAY_SIZE(kinds) && strcmp(kinds[kind], key) != 0; kind++)
			;
	if (kind == ARRAY_SIZE(kinds)) {
		(void)err_set(err, ERR_INVALID, 0,
			_("a disk begins with \"new\", \"existing\" or \"cdrom\""));
		goto out;
	}
	disk.kind = (enum vm_disk_kind)kind;
	disk.is_readonly = disk.kind == VM_DISK_CDROM;
	while (next_part(&rest, key, &part, buf))
		if (set_disk(&disk, key, part, err) < 0)
			goto out;
	rc = check_disk(&disk, err);
out:
	if (rc == 0)
		*ret_disk = disk;
	else
		vm_disk_dispose(&disk);
	return rc;
}

void vm_disk_write(const struct vm_disk *disk, struct str *ret_value)
{
	static const char *const kinds[] = {"new", "existing", "cdrom"};
	str_add(ret_value, "%s", kinds[disk->kind]);
	if (disk->kind == VM_DISK_NEW && disk->size_mib)
		str_add(ret_value, ", size=%" PRId64 " MiB", disk->size_mib);
	if (disk->pool[0])
		str_add(ret_value, ", pool=%s", disk->pool);
	if (disk->is_full)
		str_add(ret_value, ", full=yes");
	if (disk->target[0])
		str_add(ret_value, ", target=%s", disk->target);
	if (disk->kind == VM_DISK_EXISTING && disk->is_readonly)
		str_add(ret_value, ", readonly=yes");
	if (disk->kind != VM_DISK_NEW && disk->format != VM_FORMAT_AUTO)
		str_add(ret_value, ", format=%s", vm_format_words[disk->format]);
	if (disk->kind != VM_DISK_NEW && disk->path[0])
		str_add(ret_value, ", path=%s", disk->path);
}

static int check_model(const char *value, struct err *err)
{
	static const char *const models[] = {"e1000", "rtl8139", "virtio-net"};
	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		if (strcmp(models[i], value) == 0)
			return 0;
	return err_set(err, ERR_INVALID, 0, _("\"%.40s\" is not one of e1000, rtl8139, virtio-net"),
		value);
}

static int set_nic(struct vm_nic *nic, const char *key, const char *value, struct err *err)
{
	static const char *const known[] = {"bridge", "mac", "model", "addresses", "guard"};
	static int (*const check[])(const char *, struct err *) = {
		value_check_ifname, value_check_mac, check_model, value_check_addresses};
	char **const texts[] = {&nic->bridge, &nic->mac, &nic->model, &nic->addresses};
	struct netaddr addr;
	if (!value && netaddr_parse(key, &addr))
		return err_set(err, ERR_INVALID, 0,
			_("addresses: before \"%.60s\" is a comma; write a blank"), key);
	if (!value)
		return err_set(err, ERR_INVALID, 0, _("\"%.60s\" is not KEY=VALUE"), key);
	if (strcmp(key, "guard") == 0)
		return parse_flag(key, value, &nic->is_guarded, err);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(key, known[i]) != 0)
			continue;
		if (check[i](value, err) < 0)
			return err_prefix(err, "%s: ", key);
		vm_spec_set(texts[i], value);
		for (char *p = nic->mac; texts[i] == &nic->mac && *p; p++)
			*p = (char)(*p >= 'A' && *p <= 'F' ? *p + 'a' - 'A' : *p);
		return 0;
	}
	return refuse_key(key, known, ARRAY_SIZE(known), "NIC", err);
}

static int check_nic(const struct vm_nic *nic, struct err *err)
{
	if (nic->addresses[0] && !nic->is_guarded)
		return err_set(err, ERR_INVALID, 0, _("addresses are for guard=yes"));
	return 0;
}

int vm_nic_parse(const char *value, struct vm_nic *ret_nic, struct err *err)
{
	struct vm_nic nic = {.bridge = xstrdup(""),
		.mac = xstrdup(""),
		.model = xstrdup(""),
		.addresses = xstrdup(""),
		.more = xstrdup("")};
	char key[CFG_WORD_MAX + 1];
	char buf[PART_MAX];
	const char *rest = value;
	const char *part;
	int rc = 0;
	while (rc == 0 && next_part(&rest, key, &part, buf))
		rc = set_nic(&nic, key, part, err);
	if (rc == 0)
		rc = check_nic(&nic, err);
	if (rc == 0)
		*ret_nic = nic;
	else
		vm_nic_dispose(&nic);
	return rc;
}

void vm_nic_write(const struct vm_nic *nic, struct str *ret_value)
{
	const char *const names[] = {"bridge", "mac", "model", "guard", "addresses"};
	const char *const values[] = {nic->bridge, nic->mac, nic->model,
		nic->is_guarded ? "yes" : "", nic->is_guarded ? nic->addresses : ""};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (values[i][0])
			str_add(ret_value, "%s%s=%s", ret_value->len ? ", " : "", names[i],
				values[i]);
	/* "nic =" would be none: the word that says "as the host proposes" */
	if (ret_value->len == 0)
		str_add(ret_value, ",");
}

void vm_nic_add_guard(const struct vm_nic *nic, struct str *text)
{
	if (!nic->is_guarded)
		return;
	str_add(text, "%s", _(", guarded"));
	if (nic->addresses[0])
		str_add(text, _(": only as %s"), nic->addresses);
}
