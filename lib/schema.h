/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table describes every key of a configuration: reader, checks, defaults, the texts of
 * "schema" and the writer all work from its rows.
 */
#ifndef DOMUS_SCHEMA_H
#define DOMUS_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cfg.h"
#include "problem.h"
#include "str.h"

/*
 * Type of a value, and of what offset points at: bool for yes/no, int64_t for numbers (sizes in
 * MiB), an enum for words, struct strlist for lists and for keys that repeat, char * for the rest.
 */
enum schema_type {
	SCHEMA_BOOL,
	SCHEMA_INT,
	SCHEMA_SIZE_MIB,
	SCHEMA_WORD,
	SCHEMA_HOSTNAME,
	SCHEMA_DOMAIN,
	SCHEMA_HOST,
	SCHEMA_HOST_PORT,
	SCHEMA_IP,
	SCHEMA_IPV4,
	SCHEMA_IPV6,
	SCHEMA_CIDR4,
	SCHEMA_CIDR6,
	SCHEMA_MAC,
	SCHEMA_IFNAME,
	SCHEMA_PORT, /* an interface name or the word "auto" */
	SCHEMA_USER,
	SCHEMA_ZONE,
	SCHEMA_NAME,
	SCHEMA_HASH,
	SCHEMA_SSH_KEY,
	SCHEMA_FULLNAME,
	SCHEMA_TEXT, /* one line, judged by the row's own check if it has one */
	SCHEMA_ARGS,
	SCHEMA_PATH,
	SCHEMA_URL,
};

/* When a changed value takes effect: recorded at installation, at the next boot, at once. */
enum schema_when { SCHEMA_INSTALL, SCHEMA_BOOT, SCHEMA_LIVE };

enum {
	SCHEMA_REQUIRED = 1 << 0,
	SCHEMA_LIST = 1 << 1,   /* several values in one line, with blanks or commas between */
	SCHEMA_REPEAT = 1 << 2, /* one value a line, several lines */
	SCHEMA_EMPTY = 1 << 3,  /* "key =" is allowed */
	SCHEMA_AUTO = 1 << 4,   /* the word "auto" is allowed and stored as 0 */
	SCHEMA_SECRET = 1 << 5, /* never shown */
	SCHEMA_TWICE = 1 << 6,  /* of lists and repeated keys: the same value may come again */
};

struct schema_key {
	const char *section;
	const char *key;
	enum schema_type type;
	unsigned flags;
	enum schema_when when;
	int64_t min; /* of numbers (MiB for sizes); for lists the largest count is max */
	int64_t max;
	const char *const *words; /* of SCHEMA_WORD, ends with NULL; index = stored value */
	const char *initial;      /* default as written in a file; NULL: none */
	const char *meaning;
	size_t offset;                                   /* in the struct of the section */
	int (*check)(const char *text, struct err *err); /* of SCHEMA_TEXT; may be NULL */
};

struct schema_section {
	const char *kind;
	const char *meaning;
	/* With a name: its form, and access to the elements. NULL: the section has no name. */
	int (*check_name)(const char *name, struct err *err);
	void *(*add)(void *config, const char *name);
	const void *(*at)(const void *config, size_t i); /* NULL after the last */
	const char *(*name_of)(const void *element);
	/* Opaque: the entries are kept as they are, by these two, and judged by another schema. */
	void (*add_entry)(void *element, const char *key, const char *value);
	const struct cfg_entry *(*entry_at)(const void *element, size_t i);
};

struct schema {
	const struct schema_section *sections;
	size_t n_sections;
	const struct schema_key *keys; /* grouped by section, in the order of sections */
	size_t n_keys;
};

enum schema_mode {
	SCHEMA_STRICT,  /* what is unknown is an error: check, plan, apply */
	SCHEMA_LENIENT, /* what is unknown is a warning: an older release boots a newer file */
};

/* Gives all keys of the sections without a name their defaults. */
void schema_init_config(const struct schema *schema, void *config);

/*
 * Fills config (initialized) from cfg and adds every problem. Values without a problem are set
 * even when others have one.
 */
void schema_read(const struct schema *schema, const struct cfg *cfg, void *config,
	enum schema_mode mode, struct problems *problems);

/* Writes a file that reads back as config: what differs from the defaults, and what is required. */
void schema_write(const struct schema *schema, const void *config, struct str *ret_text);

/* Sets one value, checked; for lists and repeated keys it adds. base: struct of the section. */
int schema_set(const struct schema_key *key, void *base, const char *value, struct err *err);

/* The values of a key as a file would say them: one, or one a line of a repeated key. */
void schema_get(const struct schema_key *key, const void *base, struct strlist *ret_values);

/* Wipes and frees the values of one section's struct. */
void schema_dispose_section(const struct schema *schema, const char *kind, void *base);

const struct schema_section *schema_find_section(const struct schema *schema, const char *kind);
const struct schema_key *schema_find_key(
	const struct schema *schema, const char *kind, const char *key);

/* schema_text.c: the table for people, and as JSON. */
void schema_describe(const struct schema *schema, struct str *ret_text);
/* A file with every key, commented out, at its default. */
void schema_sample(const struct schema *schema, struct str *ret_text);
void schema_describe_json(const struct schema *schema, struct str *ret_text);

#endif
