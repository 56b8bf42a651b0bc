/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's details and logs, to be read. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "logtext.h"
#include "mem.h"
#include "rowtext.h"
#include "state.h"
#include "vmwizard/paths.h"
#include "vmwizard/plan.h"
#include "xlcfg.h"

/* Of a log only its end is shown, however long it is. */
#define LOG_TAIL (32u * 1024)

static void add_line(struct str *text, const char *label, const char *value)
{
	if (value[0] != '\0')
		str_add(text, "%-18s %s\n", label, value);
}

static void add_figures(struct str *text, const struct vm_domain *guest)
{
	char cell[ROWTEXT_CELL];
	CLEANUP(mem_free_string)
	char *vcpus = xasprintf(
		_("%u; at most %u before its next start"), guest->vcpus, guest->max_vcpus);
	CLEANUP(mem_free_string)
	char *memory = xasprintf(_("%" PRIu64 " MiB; at most %" PRIu64 " MiB"),
		guest->memory_kib / 1024, guest->max_memory_kib / 1024);

	add_line(text, _("Memory"), memory);
	add_line(text, _("vCPUs"), vcpus);
	if (rows_is_there(guest))
		add_line(text, _("CPU time"), rowtext_time(guest->cpu_ns, cell));
}

static void add_disk(struct str *text, const struct vm_disk *disk)
{
	const char *kind = disk->kind == VM_DISK_CDROM ? _("CD")
			   : disk->is_readonly         ? _("disk, read-only")
						       : _("disk");
	const char *path = disk->path[0] != '\0' ? disk->path : _("(empty)");
	CLEANUP(mem_free_string)
	char *label = xasprintf(_("Disk %s"), disk->target);
	CLEANUP(mem_free_string) char *value = xasprintf("%s (%s)", path, kind);

	add_line(text, label, value);
}

/* C1 of the walkthrough: the name that its port has on the host's side of the bridge. */
static void add_nic(
	struct str *text, const struct vm_domain *guest, const struct vm_nic *nic, size_t number)
{
	CLEANUP(mem_free_string) char *label = xasprintf(_("Network adapter %zu"), number);
	CLEANUP(str_dispose) struct str value = STR_INIT;

	str_add(&value, _("%s, bridge %s"), nic->mac, nic->bridge);
	if (rows_is_there(guest))
		str_add(&value, _(", here vif%u.%zu"), guest->domid, number);
	vm_nic_add_guard(nic, &value);
	add_line(text, label, str_text(&value));
}

bool details_read_spec(struct manager *m, const struct vm_domain *guest, struct vm_spec *ret_spec,
	struct problems *problems)
{
	return guest->has_cfg && vm_read_defined(m->session->root, guest->name, ret_spec, problems);
}

static void add_spec(struct str *text, struct manager *m, const struct vm_domain *guest)
{
	struct problems problems = PROBLEMS_INIT;
	struct vm_spec spec;

	if (details_read_spec(m, guest, &spec, &problems)) {
		for (size_t i = 0; i < spec.n_disks; i++)
			add_disk(text, &spec.disks[i]);
		for (size_t i = 0; i < spec.n_nics; i++)
			add_nic(text, guest, &spec.nics[i], i);
		vm_spec_dispose(&spec);
	}
	for (size_t i = 0; i < problems.count; i++)
		str_add(text, _("\n/etc/xen/%s.cfg:%u: %s\n"), guest->name, problems.items[i].line,
			problems.items[i].text);
	problems_dispose(&problems);
}

static const char *method_title(const char *word)
{
	for (int method = VM_PV; method < VM_METHODS; method++) {
		if (strcmp(vm_method_words[method], word) == 0)
			return _(vm_method_titles[method]);
	}
	return "";
}

static void add_turn(struct str *text, const struct guestturn *turn)
{
	CLEANUP(mem_free_string) char *order = xasprintf("%" PRId64, turn->order);
	CLEANUP(mem_free_string) char *delay = xasprintf(_("%" PRId64 " s"), turn->delay_s);

	if (turn->order > 0)
		add_line(text, _("Start order"), order);
	if (turn->delay_s > 0)
		add_line(text, _("Delay after it"), delay);
	if (turn->at_stop != GUESTTURN_AS_HOST)
		add_line(text, _("When host stops"),
			turn->at_stop == GUESTTURN_SAVE ? _("save") : _("shut down"));
}

static void show_summary(struct manager *m, const struct vm_domain *guest)
{
	const struct profile *profile = profiles_find(&m->session->profiles, guest->os);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string) char *id = xasprintf("%u", guest->domid);
	CLEANUP(mem_free_string) char *path = vm_cfg_path(guest->name);
	struct ui_question q = {.id = "details", .title = guest->name, .help = "", .ok = _("OK")};

	add_line(&text, _("Name"), guest->name);
	add_line(&text, _("State"), _(vm_state_words[guest->state]));
	add_line(&text, "", guest->why_off);
	if (rows_is_there(guest))
		add_line(&text, _("Domain id"), id);
	add_line(&text, _("Operating system"), profile ? profile->name : guest->os);
	add_line(&text, _("Method"), method_title(guest->method));
	add_line(&text, _("uuid"), guest->uuid);
	add_figures(&text, guest);
	add_line(&text, _("Starts with host"), guest->autostart ? _("yes") : _("no"));
	add_turn(&text, &guest->turn);
	add_line(&text, _("File"), guest->has_cfg ? path : _("none: started by hand"));
	add_spec(&text, m, guest);
	q.text = str_text(&text);
	(void)ui_text(m->ui, &q);
}

/* The end of a file; a log may grow while it is read, or be a device or a link by mistake. */
static int read_tail(const char *root, const char *path, struct str *ret_text, struct err *err)
{
	CLEANUP(mem_free_string)
	char *full = xasprintf("%s%s", strcmp(root, "/") == 0 ? "" : root, path);
	CLEANUP(file_close) int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *bytes;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_set(err, ERR_IO, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INVALID, 0, _("%s is no file"), path);
	bytes = xmalloc(LOG_TAIL);
	n = pread(fd, bytes, LOG_TAIL, st.st_size > LOG_TAIL ? st.st_size - LOG_TAIL : 0);
	if (n > 0)
		logtext_add(ret_text, bytes, (size_t)n);
	free(bytes);
	return 0;
}

static void show_log(struct manager *m, const char *path)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {.id = "log", .title = path, .help = "", .ok = _("OK")};
	struct err err = ERR_INIT;

	if (read_tail(m->session->root, path, &text, &err) != 0)
		str_add(&text, "%s\n", err.text);
	else if (text.len == 0)
		str_add(&text, "%s\n", _("(nothing in it)"));
	q.text = str_text(&text);
	(void)ui_text(m->ui, &q);
}

void details_show(struct manager *m, const struct vm_domain *guest)
{
	static const struct {
		const char *tag, *text, *path;
	} pages[] = {
		{N_("Summary"), N_("identity, figures, disks, network"), NULL},
		{N_("File"), N_("its configuration"), VM_CFG_DIR "/%s.cfg"},
		{N_("Console"), N_("what it wrote to its console"),
			"/var/log/xen/console/guest-%s.log"},
		{N_("Device model"), N_("messages of its QEMU"), "/var/log/xen/qemu-dm-%s.log"},
		{N_("xl"), N_("messages of its last start"), "/var/log/xen/xl-%s.log"},
	};
	struct ui_item items[ARRAY_SIZE(pages)];
	struct ui_question q = {.id = "details-of",
		.title = guest->name,
		.text = _("Logs are shown from their end, at most 32 KiB."),
		.help = "",
		.ok = _("Show")};
	size_t chosen = 0;

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		items[i] = (struct ui_item){.tag = _(pages[i].tag), .text = _(pages[i].text)};
	while (ui_menu(m->ui, &q, items, ARRAY_SIZE(items), &chosen) == UI_OK) {
		CLEANUP(mem_free_string) char *path = NULL;
		const char *pattern = pages[chosen].path;

		if (!pattern) {
			show_summary(m, guest);
			continue;
		}
		path = xasprintf("%.*s%s%s", (int)(strchr(pattern, '%') - pattern), pattern,
			guest->name, strchr(pattern, '%') + 2);
		show_log(m, path);
	}
}
