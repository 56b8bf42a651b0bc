/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: any bytes as a host's configuration. Nothing may crash, hang or leak; what is
 * read without error must write a file that reads back, and both writings must be the same. (In the
 * same mode: a uid of the past is only a warning at boot.)
 *
 *	clang -g -O1 -fsanitize=fuzzer,address,undefined -I. -Ilib tests/fuzz/hostconf_fuzz.c lib/...c
 *	./hostconf_fuzz -max_len=4096 -dict=tests/fuzz/hostconf.dict tests/fuzz/corpus
 */
#include <stdlib.h>
#include <string.h>

#include "lib/hostconf.h"
#include "lib/netplan.h"

static const struct hostconf_context context = {.zoneinfo_root = NULL, .known_uids = "1000 tux\n"};

static void must(bool is_so)
{
	if (!is_so)
		abort();
}

static void read_text(const char *text, size_t len, enum schema_mode mode,
	struct host_config *config, struct problems *problems)
{
	hostconf_init(config);
	hostconf_parse(text, len, &context, mode, config, problems);
}

/* A valid configuration also has a plan; the inventory is one card. */
static void plan(const struct host_config *config)
{
	char name[] = "eth0";
	char mac[] = "52:54:00:00:00:01";
	char empty[] = "";
	struct net_dev card = {.name = name,
		.mac = mac,
		.kind = NET_PHYSICAL,
		.driver = empty,
		.path = empty,
		.master = empty};
	const struct net_inventory inventory = {.devs = &card, .count = 1};
	CLEANUP(netplan_dispose) struct netplan up;
	netplan_build_up(config, &inventory, &up);
}

static void write_and_read_back(const struct host_config *config, enum schema_mode mode)
{
	CLEANUP(hostconf_dispose) struct host_config again;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str first = STR_INIT;
	CLEANUP(str_dispose) struct str second = STR_INIT;
	schema_write(&host_schema, config, &first);
	read_text(str_text(&first), first.len, mode, &again, &problems);
	must(problems.errors == 0);
	schema_write(&host_schema, &again, &second);
	must(strcmp(str_text(&first), str_text(&second)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum schema_mode modes[] = {SCHEMA_STRICT, SCHEMA_LENIENT};
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		CLEANUP(hostconf_dispose) struct host_config config;
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		read_text((const char *)data, size, modes[i], &config, &problems);
		must(problems.count <= PROBLEMS_MAX);
		if (problems.errors)
			continue;
		write_and_read_back(&config, modes[i]);
		plan(&config);
	}
	return 0;
}
