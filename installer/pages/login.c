/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Root's password, host name, how people log in, ordinary users. */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "lang.h"
#include "mem.h"
#include "schema.h"

#define FIRST_UID 1000

enum ui_result page_root_password(struct ui *ui, void *state)
{
	struct pages *pages = state;
	struct host_config *config = &pages->spec->config;
	for (;;) {
		bool is_set = hostconf_has_hash(config->root_password);
		bool is_repair = config->mode == HOST_MODE_REPAIR;
		struct ui_question q = {.id = "password",
			.title = _("Password of root"),
			.text = is_set ? _("A password is set. Leave both fields empty to keep it, or "
					   "type another one twice.")
				: is_repair
					? _("Leave both fields empty to keep root's password on "
					    "the installed host, or type a new one twice.")
					: _("The password of root, the administrator of this host. "
					    "Type it twice; it is kept as a hash only.")};
		enum ui_result result = page_password(ui, &q, &config->root_password);
		if (result != UI_OK || ui->is_gone || is_repair ||
			hostconf_has_hash(config->root_password))
			return result;
		ui_say(ui, _("Not right yet"), "%s",
			_("Root needs a password: without one nobody could log in at the console."));
	}
}

enum ui_result page_hostname(struct ui *ui, void *state)
{
	struct pages *pages = state;
	static const struct page_key keys[] = {
		{"host", "name", N_("Host name:")}, {"host", "domain", N_("Domain:")}};
	struct ui_question q = {.id = "hostname",
		.title = _("Host name"),
		.text = _("What is this host called? The domain may stay empty.")};
	return page_form(ui, &q, keys, 2, &pages->spec->config);
}

/* --- how people log in */

enum { METHOD_PASSWORD, METHOD_KEY, METHOD_BOTH };

static enum ui_result ask_method(struct ui *ui, struct pages *pages)
{
	const struct ui_item items[] = {
		{.tag = "password", .text = _("Password")},
		{.tag = "key", .text = _("SSH key; passwords at the console only")},
		{.tag = "both", .text = _("Password and SSH key")},
	};
	struct ui_question q = {.id = "login",
		.title = _("Login"),
		.text = _(
			"How do people log in to this host over the network? At its own console it "
			"is always the password.")};
	unsigned chosen = METHOD_PASSWORD;
	if (pages->has_key_method)
		chosen = pages->has_password_method ? METHOD_BOTH : METHOD_KEY;
	enum ui_result result = page_choose(ui, &q, items, ARRAY_SIZE(items), &chosen);
	if (result != UI_OK)
		return result;
	pages->has_password_method = chosen != METHOD_KEY;
	pages->has_key_method = chosen != METHOD_PASSWORD;
	pages->spec->config.ssh_takes_passwords = pages->has_password_method;
	return UI_OK;
}

/* One key in a field; several come from a file later. Empty: none. */
static enum ui_result ask_key(struct ui *ui, const char *id, const char *text, struct strlist *keys)
{
	struct ui_field field = {.id = "ssh-key", .label = _("Key:")};
	if (keys->count > 0)
		ui_field_set(&field, keys->items[0]);
	struct ui_question q = {.id = id, .title = _("SSH key"), .text = text};
	const struct schema_key *key = schema_find_key(&host_schema, "root", "ssh-key");
	for (;;) {
		enum ui_result result = ui_form(ui, &q, &field, 1);
		struct host_config scratch;
		hostconf_init(&scratch);
		struct err err = ERR_INIT;
		int rc = *field.value ? schema_set(key, &scratch, field.value, &err) : 0;
		if (rc == 0 && (*field.value || result == UI_OK)) {
			strlist_dispose(keys);
			for (size_t i = 0; i < scratch.root_ssh_keys.count; i++)
				strlist_add(keys, scratch.root_ssh_keys.items[i]);
		}
		hostconf_dispose(&scratch);
		if (result != UI_OK || ui->is_gone)
			return result;
		if (rc < 0)
			ui_say(ui, _("Not right yet"), "%s", err.text);
		else
			return UI_OK;
	}
}

enum ui_result page_login(struct ui *ui, void *state)
{
	struct pages *pages = state;
	struct host_config *config = &pages->spec->config;
	for (;;) {
		enum ui_result result = ask_method(ui, pages);
		if (result != UI_OK || ui->is_gone)
			return result;
		if (!pages->has_key_method) {
			strlist_dispose(&config->root_ssh_keys);
			return UI_OK;
		}
		result = ask_key(ui, "root-key",
			_("Root's public key, one line as in id_ed25519.pub (paste it). It may stay "
			  "empty where an ordinary user has one."),
			&config->root_ssh_keys);
		if (result != UI_BACK)
			return result;
	}
}

/* --- ordinary users */

static struct host_user *add_user(struct host_config *config, const char *name)
{
	int64_t uid = FIRST_UID;
	for (size_t i = 0; i < config->n_users; i++)
		if (config->users[i].uid >= uid)
			uid = config->users[i].uid + 1;
	struct host_user *user = page_add(config, "user", name);
	user->uid = uid;
	return user;
}

/* The pages of one user. */
struct user_state {
	struct pages *pages;
	struct host_user *user;
};

static enum ui_result ask_fullname(struct ui *ui, void *state)
{
	struct host_user *user = ((struct user_state *)state)->user;
	static const struct page_key keys[] = {{"user", "fullname", N_("Full name:")}};
	CLEANUP(mem_free_string) char *title = xasprintf(_("User %s"), user->name);
	struct ui_question q = {.id = "user-fullname",
		.title = title,
		.text = _("The person's name; it may stay empty.")};
	return page_form(ui, &q, keys, 1, user);
}

static enum ui_result ask_user_password(struct ui *ui, void *state)
{
	struct host_user *user = ((struct user_state *)state)->user;
	CLEANUP(mem_free_string)
	char *text =
		hostconf_has_hash(user->password)
			? xasprintf(_("%s has a password. Leave both fields empty to keep it."),
				  user->name)
			: xasprintf(
				  _("The password of %s. Leave both fields empty for none: then only a key "
				    "lets this user in."),
				  user->name);
	struct ui_question q = {.id = "user-password", .title = _("Password"), .text = text};
	return page_password(ui, &q, &user->password);
}

static bool has_keys(const void *state)
{
	return ((const struct user_state *)state)->pages->has_key_method;
}

static enum ui_result ask_user_key(struct ui *ui, void *state)
{
	return ask_key(ui, "user-key",
		_("The user's public SSH key, one line as in id_ed25519.pub; it may stay empty."),
		&((struct user_state *)state)->user->ssh_keys);
}

static enum ui_result ask_admin(struct ui *ui, void *state)
{
	struct host_user *user = ((struct user_state *)state)->user;
	CLEANUP(mem_free_string)
	char *text = xasprintf(
		_("May %s administer this host? Administrators become root by su and root's password."),
		user->name);
	struct ui_question q = {.id = "user-admin", .title = _("Administrator"), .text = text};
	bool yes = user->is_admin;
	enum ui_result result = ui_yes_no(ui, &q, &yes);
	if (result == UI_OK)
		user->is_admin = yes;
	return result;
}

static enum ui_result edit_user(struct ui *ui, struct pages *pages, struct host_user *user)
{
	static const struct wizard_page steps[] = {
		{"fullname", NULL, NULL, ask_fullname, NULL},
		{"password", NULL, NULL, ask_user_password, NULL},
		{"key", NULL, NULL, ask_user_key, has_keys},
		{"admin", NULL, NULL, ask_admin, NULL},
	};
	struct user_state state = {pages, user};
	struct wizard wizard = {.pages = steps, .n_pages = ARRAY_SIZE(steps)};
	return wizard_run(ui, &wizard, &state);
}

static enum ui_result new_user(struct ui *ui, struct pages *pages)
{
	struct host_config *config = &pages->spec->config;
	const struct schema_section *section = schema_find_section(&host_schema, "user");
	struct ui_field field = {.id = "name", .label = _("Login name:"), .max = 32};
	struct ui_question q = {.id = "user-name",
		.title = _("New user"),
		.text = _("Small letters, digits, - and _, beginning with a letter.")};
	for (;;) {
		enum ui_result result = ui_form(ui, &q, &field, 1);
		if (result != UI_OK || ui->is_gone)
			return result;
		struct err err = ERR_INIT;
		bool is_taken = strcmp(field.value, "root") == 0;
		for (size_t i = 0; i < config->n_users; i++)
			is_taken |= strcmp(config->users[i].name, field.value) == 0;
		if (is_taken)
			ui_say(ui, _("Not right yet"), _("There is a user %s already."),
				field.value);
		else if (section->check_name(field.value, &err) < 0)
			ui_say(ui, _("Not right yet"), "%s", err.text);
		else
			break;
	}
	return edit_user(ui, pages, add_user(config, field.value));
}

static void describe_user(const struct host_user *user, struct str *out)
{
	if (*user->fullname)
		str_add(out, "%s; ", user->fullname);
	str_add(out, "%s", hostconf_has_hash(user->password) ? _("password") : _("no password"));
	if (user->ssh_keys.count > 0)
		str_add(out, "%s", _(", key"));
	if (user->is_admin)
		str_add(out, "%s", _(", administrator"));
}

static enum ui_result change_user(struct ui *ui, struct pages *pages, size_t at)
{
	struct host_config *config = &pages->spec->config;
	const struct ui_item items[] = {
		{.tag = "change", .text = _("Change name, password, key, rights")},
		{.tag = "remove", .text = _("Remove this user from the list")},
	};
	struct ui_question q = {.id = "user", .title = config->users[at].name, .text = ""};
	size_t chosen = 0;
	enum ui_result result = ui_menu(ui, &q, items, 2, &chosen);
	if (result != UI_OK)
		return result;
	if (chosen == 0)
		return edit_user(ui, pages, &config->users[at]);
	page_remove("user", config->users, &config->n_users, sizeof(*config->users), at);
	return UI_OK;
}

/* A name from the menu; UI_OK and *ret_done when the list is right. */
static enum ui_result users_menu(struct ui *ui, struct pages *pages, bool *ret_done)
{
	struct host_config *config = &pages->spec->config;
	size_t count = config->n_users + 2;
	struct ui_item *items = xcalloc(count, sizeof(*items));
	struct str *texts = xcalloc(count, sizeof(*texts));
	items[0] = (struct ui_item){.tag = _("go on"), .text = _("The list is right")};
	items[1] = (struct ui_item){.tag = _("add"), .text = _("Add a user")};
	for (size_t i = 0; i < config->n_users; i++) {
		describe_user(&config->users[i], &texts[i]);
		items[i + 2] =
			(struct ui_item){.tag = config->users[i].name, .text = str_text(&texts[i])};
	}
	struct ui_question q = {.id = "users",
		.title = _("Users"),
		.text = _("Ordinary users of this host, besides root. None is needed.")};
	size_t chosen = 0;
	enum ui_result result = ui_menu(ui, &q, items, count, &chosen);
	for (size_t i = 0; i < count; i++)
		str_dispose(&texts[i]);
	free(texts);
	free(items);
	*ret_done = result == UI_OK && chosen == 0;
	if (result != UI_OK || *ret_done)
		return result;
	result = chosen == 1 ? new_user(ui, pages) : change_user(ui, pages, chosen - 2);
	return result == UI_BACK ? UI_OK : result;
}

enum ui_result page_users(struct ui *ui, void *state)
{
	for (;;) {
		bool is_done;
		enum ui_result result = users_menu(ui, state, &is_done);
		if (result != UI_OK || is_done || ui->is_gone)
			return result;
	}
}

void describe_users(const struct host_config *config, struct str *out)
{
	if (config->n_users == 0)
		str_add(out, "%s", _("only root"));
	for (size_t i = 0; i < config->n_users; i++)
		str_add(out, "%s%s%s", i ? ", " : "", config->users[i].name,
			config->users[i].is_admin ? _(" (administrator)") : "");
}
