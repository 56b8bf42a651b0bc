/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-install add: a component of the medium, put into the release that runs. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "apply.h"
#include "bootcfg.h"
#include "commands.h"
#include "discover.h"
#include "file.h"
#include "hostconf.h"
#include "kernelword.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "plan_private.h"

#define SLOT_DIR "/run/domus/medium"
#define SLOT_LIST SLOT_DIR "/domus/SHA256SUMS"
#define MEDIUM_DIR PLAN_DIR "/medium"
#define MEDIUM_LIST MEDIUM_DIR "/domus/SHA256SUMS"
#define ADDED_LIST PLAN_DIR "/added.sums"
#define APPLIED_CONF "/run/domus/applied.conf"

enum { LIST_MAX_BYTES = 1 << 20, SUM_LEN = 64, SPARE_BYTES = 4 << 20 };

struct adding {
	const char *name; /* "hvm" */
	const char *esp;  /* device */
	uint64_t memory_mib;
	struct str list; /* of the slot */
	char *line;      /* of the medium's list for the layer; NULL: the slot has it */
	uint64_t size_bytes;
};

/* The line that ends in this file, with its newline, or NULL. The caller frees. */
static char *find_line(const char *list, const char *file)
{
	for (const char *p = list; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t len = strcspn(p, "\n");
		if (len > SUM_LEN + 2 && strlen(file) == len - SUM_LEN - 2 &&
			strncmp(p + SUM_LEN + 2, file, len - SUM_LEN - 2) == 0)
			return xasprintf("%.*s\n", (int)len, p);
	}
	return NULL;
}

/* Every file of the slot is on the medium, the same: they fit together. */
static bool is_same_release(const char *slot, const char *medium)
{
	for (const char *p = slot; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		CLEANUP(mem_free_string) char *line = xasprintf("%.*s\n", (int)strcspn(p, "\n"), p);
		if (!strstr(medium, line))
			return false;
	}
	return true;
}

static int open_medium(struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist devices = STRLIST_INIT;
	if (discover_volumes("DOMUS_", true, &devices, err) < 0)
		return -1;
	if (devices.count == 0)
		return err_set(err, ERR_MISSING, 0,
			_("there is no medium of Domus: put the CD or stick in that this host was "
			  "installed from"));
	if (devices.count > 1) {
		CLEANUP(mem_free_string) char *names = strlist_join(&devices);
		return err_set(err, ERR_INVALID, 0,
			_("there are several media of Domus, take all but one out: %s"), names);
	}
	if (file_make_dirs("/", MEDIUM_DIR, 0700, err) < 0)
		return -1;
	if (mount(devices.items[0], MEDIUM_DIR, "iso9660", MS_RDONLY | MS_NOSUID | MS_NODEV, "") <
		0)
		return err_set(err, ERR_IO, errno, _("cannot mount %s"), devices.items[0]);
	return 0;
}

/* Fills line and size from the medium, which is open. */
static int look_on_medium(struct adding *a, const char *file, struct err *err)
{
	CLEANUP(str_dispose) struct str list = STR_INIT;
	CLEANUP(mem_free_string) char *path = xasprintf(MEDIUM_DIR "/domus/%s", file);
	struct stat st;
	struct statvfs room;
	if (file_read("/", MEDIUM_LIST, LIST_MAX_BYTES, &list, err) < 0)
		return -1;
	if (!is_same_release(str_text(&a->list), str_text(&list)))
		return err_set(err, ERR_INVALID, 0,
			_("the medium holds another release than this host runs: start the machine from it "
			  "and upgrade, with %s among the components"),
			a->name);
	a->line = find_line(str_text(&list), file);
	if (!a->line || stat(path, &st) < 0)
		return err_set(err, ERR_MISSING, 0, _("this medium has no %s"), a->name);
	a->size_bytes = (uint64_t)st.st_size;
	if (statvfs(SLOT_DIR, &room) < 0)
		return err_set(err, ERR_IO, errno, _("cannot look at %s"), SLOT_DIR);
	uint64_t free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
	if (free_bytes < a->size_bytes + SPARE_BYTES)
		return err_set(err, ERR_RANGE, 0,
			_("the slot has %" PRIu64 " MiB left, and %" PRIu64 " MiB are needed"),
			(uint64_t)(free_bytes / NUM_MIB),
			(uint64_t)((a->size_bytes + SPARE_BYTES) / NUM_MIB));
	return 0;
}

/* A layer counts as soon as it has its name: it gets it when it is whole. */
static void add_layer(const struct adding *a, struct plan *plan)
{
	CLEANUP(mem_free_string)
	char *from = xasprintf(MEDIUM_DIR "/domus/layers/%s.squashfs", a->name);
	CLEANUP(mem_free_string)
	char *to = xasprintf(SLOT_DIR "/domus/layers/%s.squashfs", a->name);
	CLEANUP(mem_free_string) char *new = xasprintf("%s.new", to);
	CLEANUP(str_dispose) struct str check = STR_INIT;
	CLEANUP(str_dispose) struct str list = STR_INIT;
	str_add(&check, "%.*s  %s\n", SUM_LEN, a->line, new);
	str_add(&list, "%s%s", str_text(&a->list), a->line);
	struct plan_op *op = ops_add(plan, PLAN_RUN, 5, _("Opening the slot for writing"), "mount",
		"-o", "remount,rw", SLOT_DIR, NULL);
	strlist_add_words(&op->undo, "mount -o remount,ro " SLOT_DIR);
	op = ops_add(plan, PLAN_COPY, 10 + (unsigned)(a->size_bytes / NUM_MIB),
		_("Copying the component"), from, new, NULL);
	strlist_add_words(&op->undo, "rm -f");
	strlist_add(&op->undo, new);
	ops_add_write(plan, _("Writing the component's sum"), ADDED_LIST, "0600", &check, false);
	ops_add(plan, PLAN_RUN, 10, _("Comparing the component with its sum"), "sha256sum", "-c",
		ADDED_LIST, NULL);
	ops_add(plan, PLAN_RUN, 1, _("Adding the component"), "mv", new, to, NULL);
	ops_add_write(plan, _("Writing the slot's sums"), SLOT_LIST, "0644", &list, false);
	ops_add(plan, PLAN_RUN, 5, _("Closing the slot"), "mount", "-o", "remount,ro", SLOT_DIR,
		NULL);
}

/* dom0's memory depends on the components. */
static void add_conf(const struct adding *a, struct plan *plan)
{
	CLEANUP(mem_free_string) char *memory = xasprintf("%" PRIu64, a->memory_mib);
	ops_add_mount(plan, _("Opening the EFI system partition"), a->esp, OPS_ESP, "vfat");
	struct plan_op *op = ops_add(plan, PLAN_HOST_CONF, 2,
		_("Adding the component to the host's file"), HOSTCONF_PATH,
		OPS_ESP BOOTCFG_DIR "/args.cfg", memory, a->name, APPLIED_CONF, NULL);
	op->is_secret = true;
	ops_add(plan, PLAN_UMOUNT, 5, _("Closing the EFI system partition"), OPS_ESP, NULL);
}

static int add(struct adding *a, struct err *err)
{
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	CLEANUP(mem_free_string) char *file = xasprintf("layers/%s.squashfs", a->name);
	CLEANUP(mem_free_string) char *present = NULL;
	if (!machine_component_of(file))
		return err_set(err, ERR_INVALID, 0, _("there is no component \"%s\""), a->name);
	if (file_read("/", SLOT_LIST, LIST_MAX_BYTES, &a->list, err) < 0)
		return -1;
	present = find_line(str_text(&a->list), file);
	if (!present && (open_medium(err) < 0 || look_on_medium(a, file, err) < 0))
		return -1;
	if (a->line)
		add_layer(a, &plan);
	add_conf(a, &plan);
	return apply_plan(&plan, err);
}

int command_add(const struct options *options)
{
	CLEANUP(mem_free_string) char *slot = kernel_word("/", "domus.slot");
	CLEANUP(mem_free_string) char *esp = kernel_word("/", "domus.esp");
	CLEANUP(mem_free_string) char *device = NULL;
	CLEANUP(machine_dispose) struct machine machine = {.firmware = FIRMWARE_BIOS};
	struct err err = ERR_INIT;
	struct adding a = {.name = options->file};
	int rc = -1;
	if (!slot || !esp)
		(void)err_set(&err, ERR_INVALID, 0, _("this system is not an installed one"));
	else if (geteuid() != 0)
		(void)err_set(&err, ERR_INVALID, 0, _("add needs root"));
	else if (discover_uuid(esp, &device, &err) == 0 && machine_read(&machine, &err) == 0) {
		a.esp = device;
		a.memory_mib = machine.memory_bytes / NUM_MIB;
		rc = add(&a, &err);
		(void)umount2(MEDIUM_DIR, MNT_DETACH);
	}
	str_dispose(&a.list);
	mem_free_string(&a.line);
	if (rc < 0) {
		(void)fprintf(stderr, _("domus-install: %s was not added: %s\n"), a.name, err.text);
		return 1;
	}
	(void)printf(_("%s is added. It is there when the machine has been restarted.\n"), a.name);
	return 0;
}
