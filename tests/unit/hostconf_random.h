/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Valid configurations of a host, at random (srand(3)). For cmocka tests. */
#ifndef DOMUS_TEST_HOSTCONF_RANDOM_H
#define DOMUS_TEST_HOSTCONF_RANDOM_H

#include <stdlib.h>
#include <string.h>

#include "lib/hostconf.h"
#include "lib/mem.h"
#include "tests/unit/hostconf_samples.h"

static unsigned random_below(unsigned n)
{
	return (unsigned)rand() % n;
}

static char *random_letters(size_t min, size_t max, const char *alphabet)
{
	size_t len = min + random_below((unsigned)(max - min + 1));
	char *text = xcalloc(len + 1, 1);
	for (size_t i = 0; i < len; i++)
		text[i] = alphabet[random_below((unsigned)strlen(alphabet))];
	return text;
}

/* A valid value of a type; the caller frees. */
static char *random_value(const struct schema_key *key)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	static const char hash_letters[] = "./0123456789ABCXYZabcxyz";
	CLEANUP(mem_free_string) char *word = random_letters(1, 12, letters);
	CLEANUP(mem_free_string) char *hash = random_letters(86, 86, hash_letters);
	unsigned n = random_below(250) + 1;
	switch (key->type) {
	case SCHEMA_BOOL:
		return xstrdup(n % 2 ? "yes" : "no");
	case SCHEMA_INT:
		return xasprintf("%lld",
			(long long)(key->min + random_below(1000) % (key->max - key->min + 1)));
	case SCHEMA_SIZE_MIB:
		return xasprintf("%lld MiB", (long long)(key->min + random_below(4000)));
	case SCHEMA_WORD: {
		unsigned words = 0;
		while (key->words[words])
			words++;
		return xstrdup(key->words[random_below(words)]);
	}
	case SCHEMA_HOST:
	case SCHEMA_DOMAIN:
		return xasprintf("%s.example", word);
	case SCHEMA_HOST_PORT:
		return xasprintf("%s.example:%u", word, n);
	case SCHEMA_IP:
	case SCHEMA_IPV4:
		return xasprintf("10.0.0.%u", n);
	case SCHEMA_IPV6:
		return xasprintf("2001:db8::%x", n);
	case SCHEMA_CIDR4:
		return xasprintf("10.0.0.%u/24", n);
	case SCHEMA_CIDR6:
		return xasprintf("2001:db8::%x/64", n);
	case SCHEMA_MAC:
		return xasprintf(
			"52:54:00:%02x:%02x:%02x", n, random_below(256), random_below(256));
	case SCHEMA_ZONE:
		return xasprintf("Region/%s", word);
	case SCHEMA_HASH:
		return n % 3 ? xasprintf("$6$%s$%s", word, hash) : xstrdup("*");
	case SCHEMA_SSH_KEY:
		return xasprintf("%s %s", n % 2 ? SAMPLE_KEY : SAMPLE_KEY_ECDSA, word);
	case SCHEMA_PATH:
		return xasprintf("/dev/%s", word);
	case SCHEMA_URL:
		return xasprintf("https://%s.example/%s?a=1", word, word);
	case SCHEMA_ARGS:
		return xasprintf("%s=%u,%s %s", word, n, word, word);
	case SCHEMA_TEXT:
	case SCHEMA_FULLNAME:
		return xasprintf("%s = J\xC3\xBCrgen \"%s\" # [x]", word, word);
	case SCHEMA_HOSTNAME:
	case SCHEMA_IFNAME:
	case SCHEMA_PORT:
	case SCHEMA_USER:
	case SCHEMA_NAME:
		break;
	}
	return xstrdup(word);
}

static void set(void *base, const char *section, const char *name, const char *value)
{
	struct err err = ERR_INIT;
	const struct schema_key *key = schema_find_key(&host_schema, section, name);
	if (schema_set(key, base, value, &err) < 0)
		fail_msg("[%s] %s = %s: %s", section, name, value, err.text);
}

/* Gives each key of a section a value, at random; those that hang together are set by hand. */
static void fill(void *base, const char *section)
{
	static const char by_hand[] =
		" schema ports parent id method address gateway method6 address6 "
		"gateway6 mtu uid disabled mac components min-size max-size ";
	for (size_t i = 0; i < host_schema.n_keys; i++) {
		const struct schema_key *key = &host_schema.keys[i];
		CLEANUP(mem_free_string) char *padded = xasprintf(" %s ", key->key);
		if (strcmp(key->section, section) != 0 || strstr(by_hand, padded))
			continue;
		unsigned times = (key->flags & SCHEMA_REPEAT) ? random_below(3) : random_below(2);
		bool is_list = (key->flags & SCHEMA_LIST) != 0;
		if (is_list && times)
			strlist_dispose((struct strlist *)(void *)((char *)base + key->offset));
		for (unsigned j = 0; j < times; j++) {
			CLEANUP(mem_free_string) char *value = random_value(key);
			/* The same key twice is refused, and that is right. */
			(void)schema_set(key, base, value, NULL);
		}
	}
}

static void *add(struct host_config *config, const char *kind, const char *fmt, unsigned n)
{
	CLEANUP(strlist_dispose) struct strlist name = STRLIST_INIT;
	CLEANUP(mem_free_string) char *text = xasprintf("%s%u", fmt, n);
	void *element = schema_find_section(&host_schema, kind)->add(config, text);
	for (size_t i = 0; i < host_schema.n_keys; i++) {
		const struct schema_key *key = &host_schema.keys[i];
		bool has_default = key->initial && strcmp(key->section, kind) == 0;
		if (has_default)
			(void)schema_set(key, element, key->initial, NULL);
	}
	return element;
}

static void fill_bridge(void *bridge, unsigned n)
{
	static const char *const methods[] = {"none", "dhcp", "static"};
	static const char *const methods6[] = {"none", "auto", "dhcp", "static"};
	unsigned method = random_below(3);
	unsigned method6 = random_below(4);
	CLEANUP(mem_free_string) char *port = xasprintf("eth%u", 50 + n);
	CLEANUP(mem_free_string)
	char *address = xasprintf("10.%u.0.%u/16", n, 1 + random_below(200));
	CLEANUP(mem_free_string)
	char *address6 = xasprintf("2001:db8:%x::%x/64", n, 2 + random_below(99));
	fill(bridge, "bridge");
	if (random_below(2))
		set(bridge, "bridge", "ports", n == 0 ? "auto" : port);
	set(bridge, "bridge", "method", methods[method]);
	set(bridge, "bridge", "method6", methods6[method6]);
	if (method == 2)
		set(bridge, "bridge", "address", address);
	if (method == 2 && n == 0)
		set(bridge, "bridge", "gateway", "10.0.99.1");
	if (method6 == 3)
		set(bridge, "bridge", "address6", address6);
	if (method6 == 3 && n == 0)
		set(bridge, "bridge", "gateway6", "2001:db8::1");
	if (random_below(2))
		set(bridge, "bridge", "mtu", random_below(2) ? "9000" : "auto");
}

static void random_named(struct host_config *config)
{
	for (unsigned i = 0; i < random_below(4); i++) {
		CLEANUP(mem_free_string) char *mac = xasprintf("52:54:00:00:00:%02x", i);
		set(add(config, "nic", "lan", i), "nic", "mac", mac);
	}
	for (unsigned i = 0; i < random_below(3); i++) {
		CLEANUP(mem_free_string) char *ports = xasprintf("eth%u eth%u", 2 * i, 2 * i + 1);
		void *bond = add(config, "bond", "bond", i);
		fill(bond, "bond");
		set(bond, "bond", "ports", ports);
	}
	for (unsigned i = 0; i < random_below(3); i++) {
		CLEANUP(mem_free_string) char *id = xasprintf("%u", 1 + i);
		void *vlan = add(config, "vlan", "vlan", i);
		set(vlan, "vlan", "parent", "eth40");
		set(vlan, "vlan", "id", id);
	}
	for (unsigned i = 0; i < random_below(4); i++)
		fill_bridge(add(config, "bridge", "xenbr", i), i);
	for (unsigned i = 0; i < random_below(4); i++) {
		CLEANUP(mem_free_string) char *uid = xasprintf("%u", 1000 + i);
		void *user = add(config, "user", "user", i);
		fill(user, "user");
		set(user, "user", "uid", uid);
	}
	for (unsigned i = 0; i < random_below(3); i++) {
		CLEANUP(mem_free_string) char *source = xasprintf("nas.example:/vol%u", i);
		void *pool = add(config, "pool", "pool", i);
		set(pool, "pool", "type", "nfs");
		set(pool, "pool", "source", source);
		set(pool, "pool", "options", random_below(2) ? "vers=4.2" : "ro");
	}
	const struct schema_section *vm = schema_find_section(&host_schema, "vm");
	for (unsigned i = 0; i < random_below(3); i++) {
		void *element = add(config, "vm", "guest-", i);
		vm->add_entry(element, "disk", "thin:10 GiB # not a comment");
		vm->add_entry(element, "empty", "");
	}
}

static void random_config(struct host_config *config)
{
	hostconf_init(config);
	for (size_t i = 0; i < host_schema.n_sections; i++)
		if (!host_schema.sections[i].check_name)
			fill(config, host_schema.sections[i].kind);
	/* IPv6 off contradicts method6; its two values are in the table of cases. */
	config->has_ipv6 = true;
	if (random_below(2))
		set(config, "services", "disabled", "klogd, ntpd");
	random_named(config);
}

#endif
