/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operations of a new installation. Their order is what a power cut meets: first the disk is
 * made unbootable, then it says "not completed", and one written sector at the end makes it a host.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bootcfg.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "plan_private.h"

#define MEDIUM "/run/domus/medium/domus"
#define ESP PLAN_TARGET "/esp"
#define SLOT PLAN_TARGET "/slot"
#define STATE PLAN_TARGET "/state"

struct building {
	const struct install_spec *spec;
	const struct machine *machine;
	const struct disk_info *disk;
	const struct layout *layout;
	struct plan *plan;
};

/* Adds an operation; its words end with NULL. */
static struct plan_op *add(
	const struct building *b, enum plan_verb verb, unsigned weight, const char *title, ...)
{
	struct plan *plan = b->plan;
	plan->ops = xreallocarray(plan->ops, plan->n_ops + 1, sizeof(*plan->ops));
	struct plan_op *op = &plan->ops[plan->n_ops++];
	*op = (struct plan_op){.verb = verb, .title = xstrdup(title), .weight = weight};
	va_list ap;
	va_start(ap, title);
	const char *word;
	while ((word = va_arg(ap, const char *)) != NULL)
		strlist_add(&op->argv, word);
	va_end(ap);
	return op;
}

/* /dev/sda2, /dev/nvme0n1p2. The caller frees. */
static char *part_path(const struct building *b, size_t part)
{
	const char *path = b->disk->path;
	char last = path[0] ? path[strlen(path) - 1] : '\0';
	return xasprintf("%s%s%zu", path, last >= '0' && last <= '9' ? "p" : "", part + 1);
}

static void add_write(const struct building *b, const char *title, const char *path,
	const char *mode, const struct str *text, bool is_secret)
{
	struct plan_op *op = add(b, PLAN_WRITE, 1, title, path, mode, NULL);
	str_add_bytes(&op->data, str_text(text), text->len);
	op->is_secret = is_secret;
}

static void add_mount(const struct building *b, const char *title, const char *device,
	const char *dir, const char *type)
{
	struct plan_op *op = add(b, PLAN_MOUNT, 2, title, device, dir, type, NULL);
	strlist_add(&op->undo, "umount");
	strlist_add(&op->undo, dir);
}

static void add_hooks(const struct building *b, enum host_hook_at at)
{
	const struct host_config *config = &b->spec->config;
	for (size_t i = 0; i < config->n_hooks; i++) {
		const struct host_hook *hook = &config->hooks[i];
		if (hook->at != at)
			continue;
		CLEANUP(mem_free_string) char *title = xasprintf(_("Your hook %s"), hook->name);
		CLEANUP(mem_free_string)
		char *limit = xasprintf("%" PRId64, hook->time_limit_s);
		struct plan_op *op = add(b, PLAN_HOOK, 10, title, hook->name, limit, NULL);
		str_add(&op->data, "%s\n", hook->command);
	}
}

/* ---- partitions ---- */

static void add_mkpart(const struct building *b, struct strlist *argv, size_t i)
{
	const struct layout_part *part = &b->layout->parts[i];
	uint64_t sectors = NUM_MIB / b->disk->sector_bytes;
	strlist_add(argv, "mkpart");
	strlist_add(argv, part->name);
	strlist_addf(argv, "%" PRIu64 "s", part->first_mib * sectors);
	strlist_addf(argv, "%" PRIu64 "s", (part->first_mib + part->size_mib) * sectors - 1);
}

static void add_partitions(const struct building *b)
{
	static const char *const flags[][4] = {{"set", "1", "bios_grub", "on"},
		{"set", "2", "esp", "on"}, {"set", "6", "lvm", "on"}};
	struct plan_op *op = add(b, PLAN_RUN, 20, _("Making partitions"), "parted", "--script",
		"--align", "none", b->disk->path, "mklabel", "gpt", NULL);
	for (size_t i = 0; i < LAYOUT_PARTS; i++)
		add_mkpart(b, &op->argv, i);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		for (size_t j = 0; j < 4; j++)
			strlist_add(&op->argv, flags[i][j]);
	/* Some BIOSes start no disk without an active entry in its MBR. */
	strlist_add(&op->argv, "disk_set");
	strlist_add(&op->argv, "pmbr_boot");
	strlist_add(&op->argv, "on");
	(void)add(b, PLAN_WAIT, 5, _("Waiting for the partitions"), NULL);
	struct plan_op *wipe =
		add(b, PLAN_RUN, 5, _("Removing old signatures"), "wipefs", "-a", "-f", "-q", NULL);
	struct plan_op *wait = wipe - 1;
	for (size_t i = 0; i < LAYOUT_PARTS; i++) {
		CLEANUP(mem_free_string) char *path = part_path(b, i);
		strlist_add(&wait->argv, path);
		strlist_add(&wipe->argv, path);
	}
}

/* ---- ESP and boot code ---- */

static void add_esp(const struct building *b)
{
	CLEANUP(mem_free_string) char *device = part_path(b, LAYOUT_ESP);
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	CLEANUP(str_dispose) struct str chooser = STR_INIT;
	CLEANUP(str_dispose) struct str env = STR_INIT;
	const struct install_ids *ids = &b->spec->ids;
	const struct bootcfg_ids uuids = {ids->slot_a, ids->slot_b, ids->state};
	CLEANUP(str_dispose) struct str volume = STR_INIT;
	for (const char *p = ids->esp; *p; p++)
		if (*p != '-')
			str_add(&volume, "%c", *p);
	add(b, PLAN_RUN, 10, _("Formatting the EFI system partition"), "mkfs.fat", "-F", "32", "-n",
		b->layout->parts[LAYOUT_ESP].name, "-i", str_text(&volume), device, NULL);
	add_mount(b, _("Opening the EFI system partition"), device, ESP, "vfat");
	bootcfg_chooser(&uuids, &chooser);
	/* Without "installed" the menu says that the installation was not completed. */
	(void)bootcfg_env(&words, &env, NULL);
	add(b, PLAN_COPY_DIR, 20, _("Copying the boot loader for UEFI"), MEDIUM "/grub/efi",
		ESP "/EFI/BOOT", NULL);
	add(b, PLAN_COPY_DIR, 10, _("Copying the boot loader's modules"), MEDIUM "/grub/x86_64-efi",
		ESP BOOTCFG_DIR "/x86_64-efi", NULL);
	add_write(b, _("Writing the boot loader's environment"), ESP BOOTCFG_DIR "/grubenv", "0644",
		&env, false);
	add_write(b, _("Writing the slot chooser"), ESP BOOTCFG_DIR "/grub.cfg", "0644", &chooser,
		false);
	if (b->disk->sector_bytes == 512) {
		CLEANUP(mem_free_string)
		char *first = xasprintf(
			"%" PRIu64, b->layout->parts[LAYOUT_BIOS_BOOT].first_mib * NUM_MIB / 512);
		add(b, PLAN_BOOT_CODE, 5, _("Writing the boot loader for BIOS"), b->disk->path,
			MEDIUM "/grub/boot.img", MEDIUM "/grub/core.img", first, NULL);
	}
	add(b, PLAN_SYNC, 10, _("Writing to the disk"), NULL);
}

/* ---- slot and state ---- */

static void add_slot(const struct building *b)
{
	const struct host_config *config = &b->spec->config;
	CLEANUP(mem_free_string) char *device = part_path(b, LAYOUT_SLOT_A);
	uint64_t bytes = b->machine->required_bytes;
	/* No journal: written once, read-only ever after. The other features are too new for GRUB. */
	add(b, PLAN_RUN, 10, _("Formatting slot A"), "mkfs.ext4", "-q", "-F", "-L",
		b->layout->parts[LAYOUT_SLOT_A].name, "-U", b->spec->ids.slot_a, "-m", "0", "-O",
		"^has_journal,^metadata_csum_seed,^orphan_file", device, NULL);
	add_mount(b, _("Opening slot A"), device, SLOT, "ext4");
	for (size_t i = 0; i < config->components.count; i++) {
		const struct component *c =
			machine_find_component(b->machine, config->components.items[i]);
		bytes += c ? c->size_bytes : 0;
	}
	struct plan_op *op = add(b, PLAN_COPY_SLOT, 20 + (unsigned)(bytes / NUM_MIB) * 2,
		_("Copying Domus to slot A"), MEDIUM, SLOT "/domus", NULL);
	for (size_t i = 0; i < config->components.count; i++)
		strlist_add(&op->argv, config->components.items[i]);
	add(b, PLAN_UMOUNT, 10, _("Closing slot A"), SLOT, NULL);
}

static void add_first_boot_hooks(const struct building *b)
{
	const struct host_config *config = &b->spec->config;
	for (size_t i = 0; i < config->n_hooks; i++) {
		const struct host_hook *hook = &config->hooks[i];
		if (hook->at != HOST_HOOK_FIRST_BOOT)
			continue;
		CLEANUP(str_dispose) struct str text = STR_INIT;
		CLEANUP(mem_free_string)
		char *path = xasprintf(STATE "/var/lib/domus/first-boot/%03zu-%" PRId64 "-%s",
			i + 1, hook->time_limit_s, hook->name);
		str_add(&text, "%s\n", hook->command);
		add_write(b, _("Writing a hook for the first boot"), path, "0700", &text, false);
	}
}

static void add_state(const struct building *b)
{
	CLEANUP(mem_free_string) char *device = part_path(b, LAYOUT_STATE);
	CLEANUP(str_dispose) struct str conf = STR_INIT;
	CLEANUP(str_dispose) struct str installed = STR_INIT;
	const struct host_config *config = &b->spec->config;
	add(b, PLAN_RUN, 10, _("Formatting the state partition"), "mkfs.ext4", "-q", "-F", "-L",
		b->layout->parts[LAYOUT_STATE].name, "-U", b->spec->ids.state, "-m", "1", device,
		NULL);
	add_mount(b, _("Opening the state partition"), device, STATE, "ext4");
	str_add(&conf, "# This host, see domus-host(8); `domus-host schema` explains every key.\n");
	schema_write(&host_schema, config, &conf);
	str_add(&installed, "VERSION=%s\nREINSTALL=%s\nDISK=%s\n", b->machine->version,
		config->reinstall, b->disk->path);
	add(b, PLAN_MKDIR, 1, _("Making directories"), STATE "/etc/domus", NULL);
	add(b, PLAN_MKDIR, 1, _("Making directories"), STATE "/var/lib/domus/first-boot", NULL);
	add(b, PLAN_MKDIR, 1, _("Making directories"), STATE "/var/log", NULL);
	add_write(
		b, _("Writing the host's configuration"), STATE HOSTCONF_PATH, "0600", &conf, true);
	add_write(b, _("Writing what was installed"), STATE "/var/lib/domus/installed", "0644",
		&installed, false);
	add_first_boot_hooks(b);
}

/* ---- storage ---- */

static char *mib_word(uint64_t mib)
{
	return xasprintf("%" PRIu64 "m", mib);
}

static void add_storage(const struct building *b)
{
	const char *group = b->spec->config.group;
	const struct layout *l = b->layout;
	CLEANUP(mem_free_string) char *device = part_path(b, LAYOUT_STORAGE);
	CLEANUP(mem_free_string) char *pool = mib_word(l->pool_mib);
	CLEANUP(mem_free_string) char *metadata = mib_word(l->metadata_mib);
	CLEANUP(mem_free_string) char *chunk = xasprintf("%" PRIu64 "k", l->chunk_kib);
	CLEANUP(mem_free_string) char *library = mib_word(l->library_mib);
	CLEANUP(mem_free_string) char *volume = xasprintf("/dev/%s/library", group);
	add(b, PLAN_RUN, 15, _("Preparing the storage"), "lvm", "pvcreate", "--yes", "-ff",
		"--zero", "y", device, NULL);
	struct plan_op *op = add(b, PLAN_RUN, 15, _("Making the volume group"), "lvm", "vgcreate",
		"--yes", "--physicalextentsize", "4m", group, device, NULL);
	const char *const undo[] = {"lvm", "vgchange", "--yes", "-an", group};
	for (size_t i = 0; i < ARRAY_SIZE(undo); i++)
		strlist_add(&op->undo, undo[i]);
	add(b, PLAN_RUN, 30, _("Making the thin pool"), "lvm", "lvcreate", "--yes", "--type",
		"thin-pool", "--name", "pool", "--size", pool, "--poolmetadatasize", metadata,
		"--poolmetadataspare", "y", "--chunksize", chunk, group, NULL);
	add(b, PLAN_RUN, 20, _("Making the library"), "lvm", "lvcreate", "--yes", "--type", "thin",
		"--virtualsize", library, "--thinpool", "pool", "--name", "library", group, NULL);
	add(b, PLAN_RUN, 20, _("Formatting the library"), "mkfs.ext4", "-q", "-F", "-L",
		"domus-library", "-U", b->spec->ids.library, "-m", "0", volume, NULL);
	add(b, PLAN_RUN, 10, _("Closing the storage"), "lvm", "vgchange", "--yes", "-an", group,
		NULL);
}

/* ---- the end ---- */

static void add_end(const struct building *b)
{
	const struct host_config *config = &b->spec->config;
	CLEANUP(str_dispose) struct str args = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	CLEANUP(str_dispose) struct str env = STR_INIT;
	bootcfg_args(config, b->machine->memory_bytes / NUM_MIB, &args);
	strlist_add(&words, "installed=yes");
	strlist_add(&words, "slot=a");
	strlist_add(&words, "slot_a=ok");
	strlist_add(&words, "slot_b=empty");
	strlist_addf(&words, "reinstall=%s", config->reinstall);
	(void)bootcfg_env(&words, &env, NULL);
	add_write(b, _("Writing the boot loader's arguments"), ESP BOOTCFG_DIR "/args.cfg", "0644",
		&args, false);
	add_hooks(b, HOST_HOOK_AFTER_INSTALLATION);
	add(b, PLAN_COPY, 1, _("Keeping the log"), PLAN_LOG, STATE "/var/log/domus-install.log",
		NULL);
	add(b, PLAN_UMOUNT, 10, _("Closing the state partition"), STATE, NULL);
	add(b, PLAN_SYNC, 10, _("Writing to the disk"), NULL);
	struct plan_op *op = add(
		b, PLAN_POKE, 2, _("Making the disk bootable"), ESP BOOTCFG_DIR "/grubenv", NULL);
	str_add_bytes(&op->data, env.data, BOOTCFG_SECTOR_BYTES);
	add(b, PLAN_UMOUNT, 5, _("Closing the EFI system partition"), ESP, NULL);
	add(b, PLAN_SYNC, 2, _("Writing to the disk"), NULL);
}

void ops_add_new(const struct install_spec *spec, const struct machine *machine,
	const struct disk_info *disk, const struct layout *layout, struct plan *plan)
{
	const struct building b = {spec, machine, disk, layout, plan};
	add_hooks(&b, HOST_HOOK_BEFORE_PARTITIONING);
	add(&b, PLAN_WIPE, 5, _("Clearing the disk's boot code and tables"), disk->path, NULL);
	add(&b, PLAN_RUN, 5, _("Removing old signatures"), "wipefs", "-a", "-f", "-q", disk->path,
		NULL);
	add_partitions(&b);
	add_esp(&b);
	add_slot(&b);
	add_state(&b);
	add_storage(&b);
	add_end(&b);
}
