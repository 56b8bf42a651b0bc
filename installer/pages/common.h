/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the installer's pages share. */
#ifndef DOMUS_PAGES_COMMON_H
#define DOMUS_PAGES_COMMON_H

#include "pages.h"
#include "str.h"
#include "ui/ui.h"
#include "ui/wizard.h"

#define PAGES_SHARE "/usr/share/domus"

enum { TEST_NEW, TEST_PRESENT, TEST_SKIP };

struct pages {
	struct install_spec *spec;
	const struct machine *machine;
	const struct pages_options *options;
	const struct disk_info *disk; /* the chosen one, NULL before */
	bool has_password_method;     /* A12: how people log in */
	bool has_key_method;
	size_t test_choice; /* which way to test the connection */
	char *test_host;
	char *test_verdict; /* of the connection test, NULL before */
	bool was_started;   /* the plan was confirmed */
	bool has_failed;    /* an installation was begun, this time or before, and is not whole */
	enum pages_end end;
};

/* A field of a form that is a key of the schema. */
struct page_key {
	const char *section;
	const char *key;
	const char *label;
};

#define PAGE_KEYS_MAX 8

/*
 * A form whose fields are keys of one section's struct; each is checked as in a file. Wrong values
 * are named and asked again; after Back the right ones are kept. Their meanings go into the help.
 */
enum ui_result page_form(struct ui *ui, const struct ui_question *q, const struct page_key *keys,
	size_t count, void *base);

/* Sets a key from one line of text, replacing what lists hold; "" clears what is optional. */
int page_set(const char *section, const char *key, void *base, const char *value, struct err *err);
/* A key's value in one line. The caller frees. */
char *page_get(const char *section, const char *key, const void *base);

/* A new named section with its defaults: "bridge", "user", ...; valid until the next one is added. */
void *page_add(struct host_config *config, const char *kind, const char *name);
/* Removes element at of an array of sections, whose count is decremented. */
void page_remove(const char *kind, void *elements, size_t *count, size_t size, size_t at);

/* Size for people, in decimal units as disks are sold: "20.0 GB". */
const char *page_gb(uint64_t bytes, char buf[32]);
/* Size in binary units with one digit: "118.4 MiB". */
const char *page_mib(uint64_t bytes, char buf[32]);

/* Menu of count words; *chosen before and after. */
enum ui_result page_choose(struct ui *ui, const struct ui_question *q, const struct ui_item *items,
	size_t count, unsigned *chosen);

/* Where a dry run ends, instead of doing what was chosen. */
enum ui_result page_end_dry_run(struct ui *ui, struct pages *pages);

/* A password typed twice; *ret_hash is replaced by its hash. "" keeps what there is. */
enum ui_result page_password(struct ui *ui, const struct ui_question *q, char **hash);

/* --- the pages, see run.c; each takes struct pages as its state */
enum ui_result page_language(struct ui *ui, void *state);
enum ui_result page_keyboard(struct ui *ui, void *state);
enum ui_result page_licence_text(struct ui *ui, void *state);
enum ui_result page_licence(struct ui *ui, void *state);
enum ui_result page_mode(struct ui *ui, void *state);
enum ui_result page_zone(struct ui *ui, void *state);
enum ui_result page_clock(struct ui *ui, void *state);
enum ui_result page_ntp(struct ui *ui, void *state);
enum ui_result page_overview(struct ui *ui, void *state);
enum ui_result page_root_password(struct ui *ui, void *state);
enum ui_result page_hostname(struct ui *ui, void *state);
enum ui_result page_network(struct ui *ui, void *state);
enum ui_result page_connection(struct ui *ui, void *state);
enum ui_result page_login(struct ui *ui, void *state);
enum ui_result page_users(struct ui *ui, void *state);
enum ui_result page_notes(struct ui *ui, void *state);
enum ui_result page_hardware(struct ui *ui, void *state);
enum ui_result page_confirm(struct ui *ui, void *state);
enum ui_result page_progress(struct ui *ui, void *state);
enum ui_result page_done(struct ui *ui, void *state);
/* Opened from the overview. */
enum ui_result page_disk(struct ui *ui, void *state);
enum ui_result page_sizes(struct ui *ui, void *state);
enum ui_result page_software(struct ui *ui, void *state);
enum ui_result page_boot(struct ui *ui, void *state);
enum ui_result page_dom0(struct ui *ui, void *state);

/* --- one line each for the overview */
void describe_network(const struct host_config *config, struct str *out);
void describe_users(const struct host_config *config, struct str *out);

#endif
