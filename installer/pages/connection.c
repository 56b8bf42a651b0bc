/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test of the connection, with the settings just made or with the present ones. */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "conntest.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "proc.h"
#include "schema.h"

#define TRY_DIR "/run/domus/try"
#define TRY_CONF TRY_DIR "/host.conf"
#define STEP_MS 4000
#define ADDRESS_MS 45000 /* a switch that looks for loops lets nothing through for 30 s */
#define POLL_MS 500
#define NETWORK_MS 60000 /* DHCP included */

static enum ui_result ask_how(struct ui *ui, const struct pages *pages, size_t *chosen)
{
	bool is_dry = pages->options->is_dry_run;
	const struct ui_item items[] = {
		{.tag = "new",
			.text = _("Put the new settings in force now, and test"),
			.detail = _("A login over SSH may be cut off."),
			.why_not =
				is_dry ? _("This is a dry run: the network is left alone.") : NULL},
		{.tag = "present", .text = _("Test with the network as it is now")},
		{.tag = "skip", .text = _("Do not test")},
	};
	struct ui_question q = {.id = "connection",
		.title = _("Test of the connection"),
		.text = _(
			"The installation itself needs no network. The test shows whether this host "
			"will reach the Internet.")};
	return ui_menu(ui, &q, items, ARRAY_SIZE(items), chosen);
}

static enum ui_result ask_host(struct ui *ui, struct pages *pages)
{
	struct ui_field field = {.id = "host", .label = _("Host:"), .max = 255};
	ui_field_set(&field, pages->test_host);
	struct ui_question q = {.id = "connection-host",
		.title = _("Test of the connection"),
		.text = _("Which host is to answer? A name or an address; with :80 behind it for "
			  "another port than 443.")};
	enum ui_result result = ui_form(ui, &q, &field, 1);
	free(pages->test_host);
	pages->test_host = xstrdup(field.value);
	return result;
}

/* Makes the network as the answers say; the live system's own file is left alone. */
static int apply_network(const struct host_config *config, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	/* What an earlier test has made is to go as well. */
	bool was_tried = file_exists("/", TRY_CONF);
	const char *down[] = {
		"domus-host", "network", "down", was_tried ? "--conf" : NULL, TRY_CONF, NULL};
	const char *up[] = {"domus-host", "network", "up", "--conf", TRY_CONF, NULL};
	struct proc_spec spec = {.argv = down, .timeout_ms = NETWORK_MS};
	(void)proc_run_ok(&spec, NULL); /* what was not up cannot be taken down */
	schema_write(&host_schema, config, &text);
	if (file_make_dirs("/", TRY_DIR, 0700, err) < 0 ||
		file_write("/", TRY_CONF, text.data, text.len, 0600, err) < 0)
		return -1;
	spec.argv = up;
	return proc_run_ok(&spec, err);
}

/* DHCP answers when it does; the network is up before that, and IPv6 may be there earlier. */
static void wait_for_address(struct ui *ui, const struct conntest_spec *spec)
{
	struct ui_question q = {.id = "connection-wait",
		.title = _("Testing"),
		.text = _("Waiting for an address; Enter waits no longer")};
	for (unsigned waited_ms = 0; waited_ms < ADDRESS_MS; waited_ms += POLL_MS) {
		struct conntest_step step;
		conntest_run_step(spec, CONNTEST_ADDRESS, &step);
		ui_gauge(ui, &q, waited_ms * 100 / ADDRESS_MS);
		bool is_there = step.verdict == CONNTEST_OK && strchr(step.detail, '.');
		if (is_there || ui_gauge_key(ui, POLL_MS))
			break;
	}
	ui_gauge_end(ui);
}

static bool has_dhcp(const struct host_config *config)
{
	for (size_t i = 0; i < config->n_bridges; i++)
		if (config->bridges[i].method == HOST_METHOD_DHCP)
			return true;
	return false;
}

static void run_test(struct ui *ui, struct pages *pages, bool is_new, struct str *out)
{
	const struct conntest_spec spec = {
		.root = "/", .host = pages->test_host, .timeout_ms = STEP_MS};
	if (is_new && has_dhcp(&pages->spec->config))
		wait_for_address(ui, &spec);
	unsigned failed = 0;
	const char *first = NULL;
	for (size_t i = 0; i < CONNTEST_STEPS; i++) {
		struct ui_question q = {.id = "connection-test",
			.title = _("Testing"),
			.text = conntest_step_name(i)};
		ui_gauge(ui, &q, (unsigned)(i * 100 / CONNTEST_STEPS));
		struct conntest_step step;
		conntest_run_step(&spec, i, &step);
		if (step.verdict == CONNTEST_FAILED && failed++ == 0)
			first = conntest_step_name(i);
		str_add(out, "%-12s %-8s %s\n", conntest_step_name(i),
			conntest_verdict_name(step.verdict), step.detail);
	}
	ui_gauge_end(ui);
	free(pages->test_verdict);
	pages->test_verdict = failed ? xasprintf(_("failed: %s"), first) : xstrdup(_("passed"));
}

static enum ui_result show_result(struct ui *ui, const struct str *out)
{
	CLEANUP(mem_free_string)
	char *text = xasprintf(
		_("%s\nNext goes on in any case; Back leads to the settings."), str_text(out));
	struct ui_question q = {
		.id = "connection-result", .title = _("Test of the connection"), .text = text};
	return ui_text(ui, &q);
}

static enum ui_result test(struct ui *ui, struct pages *pages, bool is_new)
{
	enum ui_result result = ask_host(ui, pages);
	if (result != UI_OK || ui->is_gone)
		return result;
	CLEANUP(str_dispose) struct str out = STR_INIT;
	if (is_new) {
		struct ui_question q = {.id = "connection-apply",
			.title = _("Testing"),
			.text = _("Putting the settings in force")};
		ui_gauge(ui, &q, 0);
		struct err err = ERR_INIT;
		if (apply_network(&pages->spec->config, &err) < 0)
			str_add(&out, _("The settings are not in force: %s\n\n"), err.text);
	}
	run_test(ui, pages, is_new, &out);
	return show_result(ui, &out);
}

enum ui_result page_connection(struct ui *ui, void *state)
{
	struct pages *pages = state;
	for (;;) {
		enum ui_result result = ask_how(ui, pages, &pages->test_choice);
		if (result != UI_OK || ui->is_gone)
			return result;
		if (pages->test_choice == TEST_SKIP)
			return UI_OK;
		result = test(ui, pages, pages->test_choice == TEST_NEW);
		if (result != UI_BACK)
			return result;
	}
}
