/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repair, upgrade, reinstallation: a Domus that is on a disk already keeps its guests and their disks. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"
#include "plan_private.h"

/* The BIOS boot partition of every Domus begins here, see plan_disk.c. */
enum { BIOS_BOOT_MIB = 1 };

struct keeping {
	const struct install_spec *spec;
	const struct machine *machine;
	const struct installed_host *host;
	const struct disk_info *disk;
	struct plan *plan;
	bool is_b; /* the slot that starts now is B */
};

static const struct disk_info *find_disk(const struct machine *machine, const char *path)
{
	for (size_t i = 0; i < machine->disks.count; i++)
		if (strcmp(machine->disks.disks[i].path, path) == 0)
			return &machine->disks.disks[i];
	return NULL;
}

static unsigned mode_line(const struct install_spec *spec)
{
	return cfg_line_of(&spec->cfg, "install", NULL, "mode", 0);
}

/* The one installed host whose disk [disk] fits; or NULL and why. */
static const struct installed_host *choose(
	const struct install_spec *spec, const struct machine *machine, struct problems *problems)
{
	const struct installed_host *chosen = NULL;
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	for (size_t i = 0; i < machine->n_hosts; i++) {
		const struct disk_info *disk = find_disk(machine, machine->hosts[i].disk);
		if (!disk || !disk_fits(&spec->config, disk))
			continue;
		strlist_add(&names, disk->path);
		chosen = &machine->hosts[i];
	}
	if (names.count == 0)
		problems_add(problems, PROBLEM_ERROR, mode_line(spec),
			_("mode: no disk that [disk] fits has a Domus on it; mode = new installs one"));
	if (names.count <= 1)
		return chosen;
	CLEANUP(mem_free_string) char *all = strlist_join(&names);
	problems_add(problems, PROBLEM_ERROR, mode_line(spec),
		_("mode: there is a Domus on several disks (%s); name one in [disk]"), all);
	return NULL;
}

static bool has_word(const struct installed_host *host, const char *name, const char *value)
{
	CLEANUP(mem_free_string) char *word = bootcfg_env_get(host->environment, name);
	return word && strcmp(word, value) == 0;
}

/* As the boot loader decides: the named slot if it is good, else the other one. */
static bool starts_b(const struct installed_host *host)
{
	bool b_is_ok = has_word(host, "slot_b", "ok");
	return b_is_ok && (has_word(host, "slot", "b") || !has_word(host, "slot_a", "ok"));
}

static bool is_usable(const struct keeping *k, struct problems *problems)
{
	const struct installed_host *h = k->host;
	size_t errors = problems->errors;
	unsigned line = mode_line(k->spec);
	const char *const parts[][2] = {{h->slot_a_uuid, "DOMUS-A"}, {h->slot_b_uuid, "DOMUS-B"},
		{h->state_uuid, "DOMUS-STATE"}};
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!parts[i][0][0])
			problems_add(problems, PROBLEM_ERROR, line,
				_("mode: %s has no partition %s; only mode = new can help"),
				h->disk, parts[i][1]);
	/* An environment that cannot be read is one of the things that are repaired. */
	if (h->environment[0] && !has_word(h, "installed", "yes"))
		problems_add(problems, PROBLEM_ERROR, line,
			_("mode: the installation on %s was never completed; only mode = new can help"),
			h->disk);
	if (k->disk->is_medium || disk_is_in_use(k->disk))
		problems_add(problems, PROBLEM_ERROR, line,
			_("mode: %s is in use; start the medium and do it from there"), h->disk);
	const char *group = k->spec->config.group;
	if (k->spec->config.mode == HOST_MODE_REINSTALL && !strlist_has(&k->disk->groups, group))
		problems_add(problems, PROBLEM_ERROR,
			cfg_line_of(&k->spec->cfg, "storage", NULL, "group", 0),
			_("group: the guests of %s are not in a volume group \"%s\""), h->disk,
			group);
	return problems->errors == errors;
}

static char letter(bool is_b)
{
	return is_b ? 'B' : 'A';
}

/* Words of the environment with slot a or b first, and a word for each. */
static void make_words(const struct keeping *k, bool starts_b, const char *word_a,
	const char *word_b, struct strlist *words)
{
	CLEANUP(mem_free_string)
	char *reinstall = k->spec->config.mode == HOST_MODE_REINSTALL
				  ? xstrdup(k->spec->config.reinstall)
				  : bootcfg_env_get(k->host->environment, "reinstall");
	strlist_add(words, "installed=yes");
	strlist_addf(words, "slot=%s", starts_b ? "b" : "a");
	strlist_addf(words, "slot_a=%s", word_a);
	strlist_addf(words, "slot_b=%s", word_b);
	strlist_addf(words, "reinstall=%s", reinstall ? reinstall : "");
}

static void add_environment(const struct keeping *k, const char *title, bool starts_b,
	const char *word_a, const char *word_b)
{
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	make_words(k, starts_b, word_a, word_b, &words);
	ops_add_poke(k->plan, title, &words);
}

static void add_slot(const struct keeping *k, bool is_b)
{
	const struct ops_slot slot = {.letter = letter(is_b),
		.device = is_b ? k->host->slot_b : k->host->slot_a,
		.uuid = is_b ? k->host->slot_b_uuid : k->host->slot_a_uuid};
	ops_add_slot(k->plan, k->spec, k->machine, &slot);
}

static void add_end(const struct keeping *k)
{
	ops_add(k->plan, PLAN_UMOUNT, 5, _("Closing the EFI system partition"), OPS_ESP, NULL);
	ops_add_sync(k->plan, 5, k->host->disk);
}

/* The slot that does not start now gets the release; the boot loader tries it once. */
static void add_upgrade(const struct keeping *k)
{
	bool target_is_b = !k->is_b;
	ops_add_mount(
		k->plan, _("Opening the EFI system partition"), k->host->esp, OPS_ESP, "vfat");
	add_environment(k, _("Marking the other slot as empty"), k->is_b, k->is_b ? "empty" : "ok",
		k->is_b ? "ok" : "empty");
	ops_add_sync(k->plan, 2, k->host->disk);
	add_slot(k, target_is_b);
	ops_add_mount(k->plan, _("Opening the state partition"), k->host->state, OPS_STATE, "ext4");
	ops_add_log(k->plan);
	ops_add_sync(k->plan, 5, k->host->disk);
	add_environment(k, _("Letting the boot loader try the new release"), target_is_b,
		target_is_b ? "ok" : "try", target_is_b ? "try" : "ok");
	add_end(k);
}

/* What hangs on the host's own file, and a password of root if there is a new one. */
static void add_host_conf(const struct keeping *k)
{
	CLEANUP(mem_free_string)
	char *memory = xasprintf("%" PRIu64, k->machine->memory_bytes / NUM_MIB);
	struct plan_op *op = ops_add(k->plan, PLAN_HOST_CONF, 2,
		_("Making the boot loader's arguments from the host's file"),
		OPS_STATE HOSTCONF_PATH, OPS_ESP BOOTCFG_DIR "/args.cfg", memory, NULL);
	op->is_secret = true;
	if (hostconf_has_hash(k->spec->config.root_password))
		str_add(&op->data, "%s", k->spec->config.root_password);
}

/* The file of this installation takes the place of the host's. */
static void add_settings(const struct keeping *k)
{
	ops_add_settings(k->plan, k->spec, k->machine, k->host->disk);
	ops_add_args(k->plan, k->spec, k->machine);
	ops_add_hooks(k->plan, &k->spec->config, HOST_HOOK_AFTER_INSTALLATION);
}

static void add_repair(const struct keeping *k)
{
	const struct installed_host *h = k->host;
	const struct ops_loader loader = {
		.ids = {h->esp_uuid, h->slot_a_uuid, h->slot_b_uuid, h->state_uuid},
		.disk = h->disk,
		.sector_bytes = k->disk->sector_bytes,
		.bios_boot_mib = BIOS_BOOT_MIB};
	if (k->spec->config.mode == HOST_MODE_REINSTALL)
		ops_add_hooks(k->plan, &k->spec->config, HOST_HOOK_BEFORE_PARTITIONING);
	bool other_is_ok = has_word(h, k->is_b ? "slot_a" : "slot_b", "ok");
	const char *other = other_is_ok ? "ok" : "empty";
	CLEANUP(str_dispose) struct str env = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	/* Anew, whatever is left of the old one; until the end the other slot can still be started. */
	make_words(k, !k->is_b, k->is_b ? other : "empty", k->is_b ? "empty" : other, &words);
	(void)bootcfg_env(&words, &env, NULL);
	ops_add_mount(k->plan, _("Opening the EFI system partition"), h->esp, OPS_ESP, "vfat");
	ops_add_write(k->plan, _("Writing the boot loader's environment"),
		OPS_ESP BOOTCFG_DIR "/grubenv", "0644", &env, false);
	ops_add_loader(k->plan, &loader);
	add_slot(k, k->is_b);
	ops_add_mount(k->plan, _("Opening the state partition"), h->state, OPS_STATE, "ext4");
	if (k->spec->config.mode == HOST_MODE_REINSTALL)
		add_settings(k);
	else
		add_host_conf(k);
	ops_add_log(k->plan);
	ops_add_sync(k->plan, 5, k->host->disk);
	add_environment(k, _("Making the slot the one that starts"), k->is_b,
		k->is_b ? other : "ok", k->is_b ? "ok" : other);
	add_end(k);
	ops_add_nvram(k->plan, k->machine, h->disk);
}

static void add_summary(const struct keeping *k)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string)
	char *components = strlist_join(&k->spec->config.components);
	struct strlist *summary = &k->plan->summary;
	const char *version = k->machine->version;
	bool has_password = hostconf_has_hash(k->spec->config.root_password);
	disk_describe(k->disk, &text);
	strlist_addf(summary, _("Disk: %s"), str_text(&text));
	switch (k->spec->config.mode) {
	case HOST_MODE_UPGRADE:
		strlist_addf(summary,
			_("Upgrade: Domus %s goes to slot %c and is tried once; slot %c stays, and "
			  "starts again if the new one does not come up healthy"),
			version, letter(!k->is_b), letter(k->is_b));
		break;
	case HOST_MODE_NEW:
	case HOST_MODE_REPAIR:
		strlist_addf(summary,
			_("Repair: boot loader and slot %c are written anew with Domus %s"),
			letter(k->is_b), version);
		break;
	case HOST_MODE_REINSTALL:
		strlist_addf(summary,
			_("Reinstallation: boot loader, slot %c and settings are written anew with "
			  "Domus %s"),
			letter(k->is_b), version);
		plan_add_host_lines(k->spec, k->machine, k->plan);
		strlist_add(summary,
			_("Guests and their disks, home directories, logs and SSH host keys stay as "
			  "they are."));
		return;
	}
	strlist_addf(summary, _("Components: %s"), components[0] ? components : _("none"));
	if (k->spec->config.mode == HOST_MODE_REPAIR && has_password)
		strlist_add(summary, _("Root's password: set anew"));
	strlist_add(summary, _("Settings, guests and their disks stay as they are."));
}

int ops_add_keep(const struct install_spec *spec, const struct machine *machine, struct plan *plan,
	struct problems *problems)
{
	const struct installed_host *host = choose(spec, machine, problems);
	if (!host)
		return -1;
	const struct keeping k = {.spec = spec,
		.machine = machine,
		.host = host,
		.disk = find_disk(machine, host->disk),
		.plan = plan,
		.is_b = starts_b(host)};
	if (!is_usable(&k, problems))
		return -1;
	plan->disk = k.disk;
	add_summary(&k);
	if (spec->config.mode == HOST_MODE_UPGRADE)
		add_upgrade(&k);
	else
		add_repair(&k);
	return 0;
}
