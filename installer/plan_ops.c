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

#define ESP OPS_ESP
#define STATE OPS_STATE

struct building {
	const struct install_spec *spec;
	const struct machine *machine;
	const struct disk_info *disk;
	const struct layout *layout;
	struct plan *plan;
};

struct plan_op *ops_add(
	struct plan *plan, enum plan_verb verb, unsigned weight, const char *title, ...)
{
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

void ops_add_mount(
	struct plan *plan, const char *title, const char *device, const char *dir, const char *type)
{
	struct plan_op *op = ops_add(plan, PLAN_MOUNT, 2, title, device, dir, type, NULL);
	strlist_add(&op->undo, "umount");
	strlist_add(&op->undo, dir);
}

void ops_add_write(struct plan *plan, const char *title, const char *path, const char *mode,
	const struct str *text, bool is_secret)
{
	struct plan_op *op = ops_add(plan, PLAN_WRITE, 1, title, path, mode, NULL);
	str_add_bytes(&op->data, str_text(text), text->len);
	op->is_secret = is_secret;
}

void ops_add_slot(struct plan *plan, const struct install_spec *spec, const struct machine *machine,
	const struct ops_slot *slot)
{
	const struct host_config *config = &spec->config;
	uint64_t bytes = machine->required_bytes;
	CLEANUP(mem_free_string) char *format = xasprintf(_("Formatting slot %c"), slot->letter);
	CLEANUP(mem_free_string) char *open = xasprintf(_("Opening slot %c"), slot->letter);
	CLEANUP(mem_free_string)
	char *copy = xasprintf(_("Copying Domus to slot %c"), slot->letter);
	CLEANUP(mem_free_string) char *close = xasprintf(_("Closing slot %c"), slot->letter);
	CLEANUP(mem_free_string) char *label = xasprintf("DOMUS-%c", slot->letter);
	/* No journal: written once, read-only ever after. The other features are too new for GRUB. */
	ops_add(plan, PLAN_RUN, 10, format, "mkfs.ext4", "-q", "-F", "-L", label, "-U", slot->uuid,
		"-m", "0", "-O", "^has_journal,^metadata_csum_seed,^orphan_file", slot->device,
		NULL);
	if (slot->is_empty)
		return;
	ops_add_mount(plan, open, slot->device, OPS_SLOT, "ext4");
	for (size_t i = 0; i < config->components.count; i++) {
		const struct component *c =
			machine_find_component(machine, config->components.items[i]);
		bytes += c ? c->size_bytes : 0;
	}
	struct plan_op *op = ops_add(plan, PLAN_COPY_SLOT, 20 + (unsigned)(bytes / NUM_MIB) * 2,
		copy, OPS_MEDIUM, OPS_SLOT "/domus", NULL);
	for (size_t i = 0; i < config->components.count; i++)
		strlist_add(&op->argv, config->components.items[i]);
	ops_add(plan, PLAN_UMOUNT, 10, close, OPS_SLOT, NULL);
}

void ops_add_loader(struct plan *plan, const struct ops_loader *loader)
{
	CLEANUP(str_dispose) struct str chooser = STR_INIT;
	bootcfg_chooser(&loader->ids, &chooser);
	ops_add_write(plan, _("Writing the slot chooser"), OPS_ESP BOOTCFG_DIR "/grub.cfg", "0644",
		&chooser, false);
	/* What starts by itself comes after what it reads. */
	ops_add_sync(plan, 5, loader->disk);
	ops_add(plan, PLAN_COPY_DIR, 20, _("Copying the boot loader for UEFI"),
		OPS_MEDIUM "/grub/efi", OPS_ESP "/EFI/BOOT", NULL);
	ops_add(plan, PLAN_COPY_DIR, 10, _("Copying the boot loader's modules"),
		OPS_MEDIUM "/grub/x86_64-efi", OPS_ESP BOOTCFG_DIR "/x86_64-efi", NULL);
	if (loader->sector_bytes == 512) {
		CLEANUP(mem_free_string)
		char *first = xasprintf("%" PRIu64, loader->bios_boot_mib * NUM_MIB / 512);
		ops_add(plan, PLAN_BOOT_CODE, 5, _("Writing the boot loader for BIOS"),
			loader->disk, OPS_MEDIUM "/grub/boot.img", OPS_MEDIUM "/grub/core.img",
			first, NULL);
	}
	ops_add_sync(plan, 10, loader->disk);
}

void ops_add_sync(struct plan *plan, unsigned weight, const char *disk)
{
	ops_add(plan, PLAN_SYNC, weight, _("Writing to the disk"), disk, NULL);
}

void ops_add_nvram(struct plan *plan, const struct machine *machine, const char *disk)
{
	CLEANUP(mem_free_string) char *part = xasprintf("%d", LAYOUT_ESP + 1);
	if (machine->firmware != FIRMWARE_UEFI)
		return;
	/* Without it the firmware starts the disk by its default path, if it looks there. */
	ops_add(plan, PLAN_NVRAM, 2, _("Adding Domus to the firmware's boot menu"), disk, part,
		"/sys/firmware/efi/efivars", NULL)
		->is_optional = true;
}

void ops_add_poke(struct plan *plan, const char *title, const struct strlist *words)
{
	CLEANUP(str_dispose) struct str env = STR_INIT;
	/* The words are short: they fit. */
	(void)bootcfg_env(words, &env, NULL);
	struct plan_op *op =
		ops_add(plan, PLAN_POKE, 2, title, OPS_ESP BOOTCFG_DIR "/grubenv", NULL);
	str_add_bytes(&op->data, env.data, BOOTCFG_SECTOR_BYTES);
}

void ops_add_log(struct plan *plan)
{
	/* A state partition that is full keeps no release away. */
	ops_add(plan, PLAN_COPY, 1, _("Keeping the log"), PLAN_LOG,
		STATE "/var/log/domus-install.log", NULL)
		->is_optional = true;
	ops_add(plan, PLAN_UMOUNT, 10, _("Closing the state partition"), STATE, NULL);
}

/* /dev/sda2, /dev/nvme0n1p2. The caller frees. */
static char *part_path(const struct building *b, size_t part)
{
	const char *path = b->disk->path;
	char last = path[0] ? path[strlen(path) - 1] : '\0';
	return xasprintf("%s%s%zu", path, last >= '0' && last <= '9' ? "p" : "", part + 1);
}

void ops_add_hooks(struct plan *plan, const struct host_config *config, enum host_hook_at at)
{
	for (size_t i = 0; i < config->n_hooks; i++) {
		const struct host_hook *hook = &config->hooks[i];
		if (hook->at != at)
			continue;
		CLEANUP(mem_free_string) char *title = xasprintf(_("Your hook %s"), hook->name);
		CLEANUP(mem_free_string)
		char *limit = xasprintf("%" PRId64, hook->time_limit_s);
		struct plan_op *op = ops_add(plan, PLAN_HOOK, 10, title, hook->name, limit, NULL);
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
	struct plan_op *op = ops_add(b->plan, PLAN_RUN, 20, _("Making partitions"), "parted",
		"--script", "--align", "none", b->disk->path, "mklabel", "gpt", NULL);
	for (size_t i = 0; i < LAYOUT_PARTS; i++)
		add_mkpart(b, &op->argv, i);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		for (size_t j = 0; j < 4; j++)
			strlist_add(&op->argv, flags[i][j]);
	/* Some BIOSes start no disk without an active entry in its MBR. */
	strlist_add(&op->argv, "disk_set");
	strlist_add(&op->argv, "pmbr_boot");
	strlist_add(&op->argv, "on");
	(void)ops_add(b->plan, PLAN_WAIT, 5, _("Waiting for the partitions"), NULL);
	struct plan_op *wipe = ops_add(b->plan, PLAN_RUN, 5, _("Removing old signatures"), "wipefs",
		"-a", "-f", "-q", NULL);
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
	CLEANUP(str_dispose) struct str env = STR_INIT;
	const struct install_ids *ids = &b->spec->ids;
	const struct ops_loader loader = {.ids = {ids->esp, ids->slot_a, ids->slot_b, ids->state},
		.disk = b->disk->path,
		.sector_bytes = b->disk->sector_bytes,
		.bios_boot_mib = b->layout->parts[LAYOUT_BIOS_BOOT].first_mib};
	CLEANUP(str_dispose) struct str volume = STR_INIT;
	for (const char *p = ids->esp; *p; p++)
		if (*p != '-')
			str_add(&volume, "%c", *p);
	/* An older Domus had its own here, at the same place: none of its files may come back. */
	ops_add(b->plan, PLAN_WIPE, 5, _("Clearing the EFI system partition"), device, NULL);
	ops_add(b->plan, PLAN_RUN, 10, _("Formatting the EFI system partition"), "mkfs.fat", "-F",
		"32", "-n", b->layout->parts[LAYOUT_ESP].name, "-i", str_text(&volume), device,
		NULL);
	ops_add_mount(b->plan, _("Opening the EFI system partition"), device, ESP, "vfat");
	/* Without "installed" the menu says that the installation was not completed. */
	(void)bootcfg_env(&words, &env, NULL);
	ops_add_write(b->plan, _("Writing the boot loader's environment"),
		ESP BOOTCFG_DIR "/grubenv", "0644", &env, false);
	ops_add_loader(b->plan, &loader);
}

/* ---- slot and state ---- */

static void add_slots(const struct building *b)
{
	CLEANUP(mem_free_string) char *device_a = part_path(b, LAYOUT_SLOT_A);
	CLEANUP(mem_free_string) char *device_b = part_path(b, LAYOUT_SLOT_B);
	const struct ops_slot a = {.letter = 'A', .device = device_a, .uuid = b->spec->ids.slot_a};
	const struct ops_slot other = {
		.letter = 'B', .device = device_b, .uuid = b->spec->ids.slot_b, .is_empty = true};
	ops_add_slot(b->plan, b->spec, b->machine, &a);
	ops_add_slot(b->plan, b->spec, b->machine, &other);
}

static void add_first_boot_hooks(struct plan *plan, const struct host_config *config)
{
	for (size_t i = 0; i < config->n_hooks; i++) {
		const struct host_hook *hook = &config->hooks[i];
		if (hook->at != HOST_HOOK_FIRST_BOOT)
			continue;
		CLEANUP(str_dispose) struct str text = STR_INIT;
		CLEANUP(mem_free_string)
		char *path = xasprintf(STATE "/var/lib/domus/first-boot/%03zu-%" PRId64 "-%s",
			i + 1, hook->time_limit_s, hook->name);
		str_add(&text, "%s\n", hook->command);
		ops_add_write(
			plan, _("Writing a hook for the first boot"), path, "0700", &text, false);
	}
}

void ops_add_settings(struct plan *plan, const struct install_spec *spec,
	const struct machine *machine, const char *disk)
{
	CLEANUP(str_dispose) struct str conf = STR_INIT;
	CLEANUP(str_dispose) struct str installed = STR_INIT;
	const struct host_config *config = &spec->config;
	str_add(&conf, "# This host, see domus-host(8); `domus-host schema` explains every key.\n");
	schema_write(&host_schema, config, &conf);
	str_add(&installed, "VERSION=%s\nREINSTALL=%s\nDISK=%s\n", machine->version,
		config->reinstall, disk);
	ops_add(plan, PLAN_MKDIR, 1, _("Making directories"), STATE "/etc/domus", NULL);
	ops_add(plan, PLAN_MKDIR, 1, _("Making directories"), STATE "/var/lib/domus/first-boot",
		NULL);
	ops_add(plan, PLAN_MKDIR, 1, _("Making directories"), STATE "/var/log", NULL);
	ops_add_write(plan, _("Writing the host's configuration"), STATE HOSTCONF_PATH, "0600",
		&conf, true);
	ops_add_write(plan, _("Writing what was installed"), STATE "/var/lib/domus/installed",
		"0644", &installed, false);
	add_first_boot_hooks(plan, config);
}

void ops_add_args(struct plan *plan, const struct install_spec *spec, const struct machine *machine)
{
	CLEANUP(str_dispose) struct str args = STR_INIT;
	bootcfg_args(&spec->config, machine->memory_bytes / NUM_MIB, &args);
	ops_add_write(plan, _("Writing the boot loader's arguments"), ESP BOOTCFG_DIR "/args.cfg",
		"0644", &args, false);
}

static void add_state(const struct building *b)
{
	CLEANUP(mem_free_string) char *device = part_path(b, LAYOUT_STATE);
	ops_add(b->plan, PLAN_RUN, 10, _("Formatting the state partition"), "mkfs.ext4", "-q", "-F",
		"-L", b->layout->parts[LAYOUT_STATE].name, "-U", b->spec->ids.state, "-m", "1",
		device, NULL);
	ops_add_mount(b->plan, _("Opening the state partition"), device, STATE, "ext4");
	ops_add_settings(b->plan, b->spec, b->machine, b->disk->path);
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
	ops_add(b->plan, PLAN_RUN, 15, _("Preparing the storage"), "lvm", "pvcreate", "--yes",
		"-ff", "--zero", "y", device, NULL);
	struct plan_op *op = ops_add(b->plan, PLAN_RUN, 15, _("Making the volume group"), "lvm",
		"vgcreate", "--yes", "--physicalextentsize", "4m", group, device, NULL);
	const char *const undo[] = {"lvm", "vgchange", "--yes", "-an", group};
	for (size_t i = 0; i < ARRAY_SIZE(undo); i++)
		strlist_add(&op->undo, undo[i]);
	ops_add(b->plan, PLAN_RUN, 30, _("Making the thin pool"), "lvm", "lvcreate", "--yes",
		"--type", "thin-pool", "--name", "pool", "--size", pool, "--poolmetadatasize",
		metadata, "--poolmetadataspare", "y", "--chunksize", chunk, group, NULL);
	ops_add(b->plan, PLAN_RUN, 20, _("Making the library"), "lvm", "lvcreate", "--yes",
		"--type", "thin", "--virtualsize", library, "--thinpool", "pool", "--name",
		"library", group, NULL);
	ops_add(b->plan, PLAN_RUN, 20, _("Formatting the library"), "mkfs.ext4", "-q", "-F", "-L",
		"domus-library", "-U", b->spec->ids.library, "-m", "0", volume, NULL);
	ops_add(b->plan, PLAN_RUN, 10, _("Closing the storage"), "lvm", "vgchange", "--yes", "-an",
		group, NULL);
}

/* ---- the end ---- */

static void add_end(const struct building *b)
{
	const struct host_config *config = &b->spec->config;
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	strlist_add(&words, "installed=yes");
	strlist_add(&words, "slot=a");
	strlist_add(&words, "slot_a=ok");
	strlist_add(&words, "slot_b=empty");
	strlist_addf(&words, "reinstall=%s", config->reinstall);
	ops_add_args(b->plan, b->spec, b->machine);
	ops_add_hooks(b->plan, config, HOST_HOOK_AFTER_INSTALLATION);
	ops_add_log(b->plan);
	ops_add_sync(b->plan, 10, b->disk->path);
	ops_add_poke(b->plan, _("Making the disk bootable"), &words);
	ops_add(b->plan, PLAN_UMOUNT, 5, _("Closing the EFI system partition"), ESP, NULL);
	ops_add_sync(b->plan, 2, b->disk->path);
	ops_add_nvram(b->plan, b->machine, b->disk->path);
}

void ops_add_new(const struct install_spec *spec, const struct machine *machine,
	const struct disk_info *disk, const struct layout *layout, struct plan *plan)
{
	const struct building b = {spec, machine, disk, layout, plan};
	ops_add_hooks(plan, &spec->config, HOST_HOOK_BEFORE_PARTITIONING);
	ops_add(b.plan, PLAN_WIPE, 5, _("Clearing the disk's boot code and tables"), disk->path,
		NULL);
	ops_add(b.plan, PLAN_RUN, 5, _("Removing old signatures"), "wipefs", "-a", "-f", "-q",
		disk->path, NULL);
	add_partitions(&b);
	add_esp(&b);
	add_slots(&b);
	add_state(&b);
	add_storage(&b);
	add_end(&b);
}
