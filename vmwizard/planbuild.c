/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a specification to the list of steps; the same list is shown, dry-run and executed. Pure. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/guestcfg.h"
#include "vmwizard/paths.h"
#include "vmwizard/plan.h"

#define KEPT_DIR "/srv/domus/boot"
#define LIVE_DIR "/var/lib/domus/boot"
#define FIRST_DIR "/run/domus/vm"

struct vm_step *vm_plan_add(struct vm_plan *plan, enum vm_step_kind kind, char *what)
{
	plan->steps = xreallocarray(plan->steps, plan->n_steps + 1, sizeof(*plan->steps));
	struct vm_step *step = &plan->steps[plan->n_steps++];
	*step = (struct vm_step){.kind = kind, .what = what};
	return step;
}

static void set_argv(struct strlist *argv, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		strlist_add(argv, words[i]);
}
#define ARGV(list, ...) set_argv(&(list), (const char *const[]){__VA_ARGS__, NULL})

static void plan_file_disk(struct vm_plan *plan, const struct vm_disk *disk)
{
	char size[NUM_SIZE_TEXT];
	uint64_t bytes = (uint64_t)disk->size_mib * NUM_MIB;
	struct vm_step *step = vm_plan_add(plan, VM_STEP_FILE,
		xasprintf(_("disk %s: new %s file of %s: %s"), disk->target,
			disk->is_full ? _("full") : _("sparse"), num_size_text(bytes, size),
			disk->path));
	step->path = xstrdup(disk->path);
	step->size_bytes = bytes;
	step->is_full = disk->is_full;
}

static void plan_volume(
	struct vm_plan *plan, const struct vm_disk *disk, const struct vm_pool *pool)
{
	char text[NUM_SIZE_TEXT];
	const char *volume = strrchr(disk->path, '/') + 1;
	CLEANUP(mem_free_string) char *size = xasprintf("%" PRId64 "m", disk->size_mib);
	CLEANUP(mem_free_string) char *vg = xstrndup(pool->path, strcspn(pool->path, "/"));
	CLEANUP(mem_free_string) char *full_name = xasprintf("%s/%s", vg, volume);
	bool is_thin = pool->kind == VM_POOL_THIN && !disk->is_full;
	struct vm_step *step = vm_plan_add(plan, VM_STEP_RUN,
		xasprintf(_("disk %s: new %s volume of %s: %s"), disk->target,
			is_thin ? _("thin") : _("full"),
			num_size_text((uint64_t)disk->size_mib * NUM_MIB, text), full_name));
	/* What a former owner left in the blocks is not for this guest: LVM zeroes thin ones. */
	if (is_thin)
		ARGV(step->argv, "lvcreate", "-q", "-y", "-W", "n", "-V", size, "-T", pool->path,
			"-n", volume);
	else
		ARGV(step->argv, "lvcreate", "-q", "-y", "-W", "y", "-L", size, "-n", volume, vg);
	ARGV(step->undo, "lvremove", "-q", "-f", full_name);
}

static int plan_one_disk(struct vm_plan *plan, const struct vm_disk *disk,
	const struct vm_host *host, struct err *err)
{
	const struct vm_pool *pool = vm_find_pool(host, disk->pool);
	if (!pool || !disk->path[0])
		return err_set(err, ERR_MISSING, 0, _("disk %s: there is no pool \"%s\""),
			disk->target, disk->pool);
	if (pool->kind == VM_POOL_DIR)
		plan_file_disk(plan, disk);
	else
		plan_volume(plan, disk, pool);
	return 0;
}

static int plan_disks(struct vm_plan *plan, const struct vm_spec *spec, const struct vm_host *host,
	struct err *err)
{
	for (size_t i = 0; i < spec->n_disks; i++)
		if (spec->disks[i].kind == VM_DISK_NEW &&
			plan_one_disk(plan, &spec->disks[i], host, err) < 0)
			return -1;
	return 0;
}

int vm_plan_disk(const struct vm_spec *spec, const struct vm_disk *disk, const struct vm_host *host,
	struct vm_plan *ret_plan, struct err *err)
{
	*ret_plan = (struct vm_plan){.name = xstrdup(spec->name)};
	if (plan_one_disk(ret_plan, disk, host, err) == 0)
		return 0;
	vm_plan_dispose(ret_plan);
	return -1;
}

static bool is_url(const char *text)
{
	return text[0] != '/' && text[0] != '\0';
}

/* One file to be fetched; *text becomes the path where it will lie. */
static void plan_fetch(
	struct vm_plan *plan, const char *dir, const char *word, const char *sha256, char **text)
{
	if (!is_url(*text))
		return;
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, word);
	struct vm_step *step =
		vm_plan_add(plan, VM_STEP_FETCH, xasprintf(_("fetch the %s: %s"), word, *text));
	step->url = xstrdup(*text);
	step->path = xstrdup(path);
	step->sha256 = xstrdup(sha256);
	step->is_kernel = strcmp(word, "kernel") == 0;
	vm_spec_set(text, path);
}

static void plan_sources(
	struct vm_plan *plan, struct vm_spec *spec, const struct profile *profile, const char *dir)
{
	bool needs = spec->install == VM_SOURCE_NETWORK || spec->boot == VM_BOOT_DIRECT;
	if (!needs)
		return;
	bool had_url = is_url(spec->initrd);
	plan_fetch(plan, dir, "kernel", spec->kernel_sha256, &spec->kernel);
	plan_fetch(plan, dir, "initrd", spec->initrd_sha256, &spec->initrd);
	if (!spec->answer[0] || spec->install != VM_SOURCE_NETWORK)
		return;
	static const char *const names[] = {[PROFILE_ANSWER_PRESEED] = "preseed.cfg",
		[PROFILE_ANSWER_KICKSTART] = "ks.cfg",
		[PROFILE_ANSWER_AUTOYAST] = "autoinst.xml"};
	if (profile->answer == PROFILE_ANSWER_NONE || profile->answer > PROFILE_ANSWER_AUTOYAST)
		return;
	CLEANUP(mem_free_string) char *path = xasprintf("%s/initrd", dir);
	struct vm_step *step = vm_plan_add(plan, VM_STEP_ANSWER,
		xasprintf(_("put the answer file into the initrd as /%s: %s"),
			names[profile->answer], spec->answer));
	step->url = xstrdup(spec->answer);
	step->path = xstrdup(path);
	step->text = xstrdup(names[profile->answer]);
	step->source = had_url ? NULL : xstrdup(spec->initrd);
	vm_spec_set(&spec->initrd, path);
}

static void plan_start(struct vm_plan *plan, const struct vm_spec *spec)
{
	const char *name = plan->name;
	struct vm_step *step;
	if (!plan->first_cfg[0]) {
		step = vm_plan_add(plan, VM_STEP_START, xasprintf(_("start guest %s"), name));
		ARGV(step->argv, "xl", "create", "-e", "-q", plan->cfg_path);
		return;
	}
	/*
	 * The domain is made by the installer's file, then told its lasting one: when it reboots,
	 * domus-monitor makes it anew from that, whatever became of this program meanwhile.
	 */
	step = vm_plan_add(plan, VM_STEP_RUN, xasprintf(_("guest %s with its installer"), name));
	ARGV(step->argv, "xl", "create", "-e", "-q", "-p", plan->first_path);
	step = vm_plan_add(plan, VM_STEP_RUN, xstrdup(_("from its first reboot on: its own disk")));
	ARGV(step->argv, "xl", "config-update", name, plan->cfg_path);
	step = vm_plan_add(plan, VM_STEP_START, xasprintf(_("start guest %s"), name));
	ARGV(step->argv, "xl", "unpause", name);
	step = vm_plan_add(plan, VM_STEP_REMOVE, xstrdup(_("remove the installer's file")));
	step->path = xstrdup(plan->first_path);
	(void)spec;
}

/* Fetched files of a first start have been read into the guest's memory by then. */
static void plan_tidy(struct vm_plan *plan, const struct vm_spec *spec, const char *dir)
{
	static const char *const names[] = {"kernel", "initrd"};
	const char *const paths[] = {spec->kernel, spec->initrd};
	if (!spec->start || spec->boot == VM_BOOT_DIRECT)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, names[i]);
		if (strcmp(path, paths[i]) != 0)
			continue;
		struct vm_step *step = vm_plan_add(
			plan, VM_STEP_REMOVE, xasprintf(_("remove the fetched %s"), names[i]));
		step->path = xstrdup(path);
	}
}

static void plan_notes(struct vm_plan *plan, const struct vm_spec *spec, const struct vm_host *host)
{
	plan->has_console = spec->method != VM_HVM || spec->has_serial;
	if (plan->has_console)
		strlist_addf(&plan->notes, _("console: domus-vm console %s (Ctrl-] comes back)"),
			plan->name);
	if (spec->method == VM_HVM && spec->has_vnc)
		strlist_addf(
			&plan->notes, _("screen: domus-vm vnc %s says how to see it"), plan->name);
	if (host->is_live)
		strlist_add(&plan->notes,
			_("this is the live system: what lies in memory is gone at power-off"));
}

static bool has_first(const struct vm_spec *spec)
{
	return spec->install == VM_SOURCE_NETWORK || spec->install == VM_SOURCE_PXE ||
	       spec->install == VM_SOURCE_ISO;
}

static void plan_files(struct vm_plan *plan, const struct vm_spec *spec)
{
	struct vm_step *step =
		vm_plan_add(plan, VM_STEP_WRITE, xasprintf(_("write %s (0600)"), plan->cfg_path));
	step->path = xstrdup(plan->cfg_path);
	step->text = xstrdup(plan->xlcfg);
	if (plan->first_cfg[0] && spec->start) {
		step = vm_plan_add(plan, VM_STEP_WRITE,
			xasprintf(_("write %s, for the installer alone"), plan->first_path));
		step->path = xstrdup(plan->first_path);
		step->text = xstrdup(plan->first_cfg);
	}
	if (spec->autostart) {
		CLEANUP(mem_free_string) char *link = vm_auto_path(plan->name);
		step = vm_plan_add(
			plan, VM_STEP_LINK, xasprintf(_("start it with the host: %s"), link));
		step->path = xstrdup(link);
		step->text = xasprintf("../%s.cfg", plan->name);
	}
}

int vm_plan_build(const struct vm_spec *spec, const struct profile *profile,
	const struct vm_host *host, struct vm_plan *ret_plan, struct err *err)
{
	struct vm_spec own;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str first = STR_INIT;
	CLEANUP(mem_free_string)
	char *dir = xasprintf("%s/%s", host->has_library ? KEPT_DIR : LIVE_DIR, spec->name);
	int rc = -1;

	*ret_plan = (struct vm_plan){.name = xstrdup(spec->name),
		.uuid = xstrdup(spec->uuid),
		.cfg_path = vm_cfg_path(spec->name),
		.first_path = xasprintf("%s/%s.first.cfg", FIRST_DIR, spec->name)};
	vm_spec_copy(&own, spec);
	plan_sources(ret_plan, &own, profile, dir);
	if (plan_disks(ret_plan, &own, host, err) < 0 ||
		guestcfg_make(&own, profile, GUESTCFG_LASTING, &text, err) < 0 ||
		(has_first(&own) && guestcfg_make(&own, profile, GUESTCFG_FIRST, &first, err) < 0))
		goto out;
	ret_plan->xlcfg = xstrdup(str_text(&text));
	ret_plan->first_cfg = xstrdup(str_text(&first));
	plan_files(ret_plan, &own);
	if (own.start)
		plan_start(ret_plan, &own);
	plan_tidy(ret_plan, &own, dir);
	plan_notes(ret_plan, &own, host);
	rc = 0;
out:
	vm_spec_dispose(&own);
	if (rc < 0)
		vm_plan_dispose(ret_plan);
	return rc;
}

void vm_plan_dispose(struct vm_plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		struct vm_step *step = &plan->steps[i];
		free(step->what);
		strlist_dispose(&step->argv);
		strlist_dispose(&step->undo);
		free(step->path);
		free(step->url);
		free(step->sha256);
		free(step->source);
		mem_wipe_string(step->text);
		free(step->text);
	}
	free(plan->steps);
	free(plan->name);
	free(plan->uuid);
	mem_wipe_string(plan->xlcfg);
	mem_wipe_string(plan->first_cfg);
	free(plan->xlcfg);
	free(plan->first_cfg);
	free(plan->cfg_path);
	free(plan->first_path);
	strlist_dispose(&plan->notes);
	*plan = (struct vm_plan){.name = NULL};
}

void vm_command_text(const struct strlist *argv, struct str *ret_text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_./:=,+@%";
	for (size_t i = 0; i < argv->count; i++) {
		const char *word = argv->items[i];
		str_add(ret_text, "%s", i ? " " : "");
		if (word[0] && word[strspn(word, plain)] == '\0') {
			str_add(ret_text, "%s", word);
			continue;
		}
		/* As a shell would need it, since people copy it. */
		str_add(ret_text, "'");
		for (const char *p = word; *p; p++)
			if (*p == '\'')
				str_add(ret_text, "'\\''");
			else
				str_add_bytes(ret_text, p, 1);
		str_add(ret_text, "'");
	}
}

/* The only secret of an xl.cfg. */
void vm_xlcfg_show(const char *text, struct str *ret_text)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		if (strncmp(line, "vncpasswd", 9) == 0)
			str_add(ret_text, "vncpasswd = (set)");
		else
			str_add_bytes(ret_text, line, len);
		str_add(ret_text, "\n");
		line += len + (line[len] == '\n');
	}
}

void vm_plan_show(const struct vm_plan *plan, struct str *ret_text)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct vm_step *step = &plan->steps[i];
		str_add(ret_text, "%2zu. %s\n", i + 1, step->what);
		if (step->argv.count) {
			str_add(ret_text, "    ");
			vm_command_text(&step->argv, ret_text);
			str_add(ret_text, "\n");
		}
	}
	if (!plan->xlcfg)
		return;
	str_add(ret_text, "\n--- %s\n", plan->cfg_path);
	vm_xlcfg_show(plan->xlcfg, ret_text);
	if (plan->first_cfg[0]) {
		str_add(ret_text, _("\n--- %s (the installer's start only)\n"), plan->first_path);
		vm_xlcfg_show(plan->first_cfg, ret_text);
	}
}
