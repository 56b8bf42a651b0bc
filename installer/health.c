/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domus-install confirm: judges a release that the boot loader tries once. Before it starts such a slot
 * GRUB writes "bad" for it; only a healthy host writes "ok" here. Otherwise the next start is the other
 * slot's: xenstored answers, xl works, state and storage are there, SSH listens.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bootcfg.h"
#include "commands.h"
#include "discover.h"
#include "exec_private.h"
#include "file.h"
#include "hostconf.h"
#include "kernelword.h"
#include "lang.h"
#include "mem.h"
#include "plan.h"
#include "proc.h"

#define ESP_DIR PLAN_DIR "/esp"

enum { TRIAL_S = 120, PROGRAM_LIMIT_MS = 15000 };

static bool runs_ok(const char *const *argv)
{
	const struct proc_spec spec = {.argv = argv, .timeout_ms = PROGRAM_LIMIT_MS};
	return proc_run_ok(&spec, NULL) == 0;
}

static bool xenstore_answers(void)
{
	const char *const argv[] = {"xenstore-read", "/local/domain/0/name", NULL};
	return runs_ok(argv);
}

static bool xl_works(void)
{
	const char *const argv[] = {"xl", "list", NULL};
	return runs_ok(argv);
}

static bool state_is_writable(void)
{
	static const char path[] = "/run/domus/state/.written";
	return file_write("/", path, "", 0, 0600, NULL) == 0 && file_remove("/", path, NULL) == 0;
}

/* rc.late says what of the start has failed. */
static bool storage_is_there(void)
{
	const char *const argv[] = {"mountpoint", "-q", "/srv/domus", NULL};
	return !file_exists("/", "/run/domus/failed/storage") && runs_ok(argv);
}

static bool is_open(uint16_t port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	CLEANUP(file_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool ssh_listens(void)
{
	const struct hostconf_context context = {.zoneinfo_root = NULL};
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	hostconf_init(&config);
	if (hostconf_read_file(
		    "/", HOSTCONF_PATH, &context, SCHEMA_LENIENT, &config, &problems, NULL) < 0)
		return false;
	return !hostconf_has_ssh(&config) || is_open((uint16_t)config.ssh_port);
}

static const struct {
	bool (*holds)(void);
	const char *text;
} conditions[] = {
	{xenstore_answers, N_("xenstored does not answer")},
	{xl_works, N_("xl list does not work")},
	{state_is_writable, N_("the state partition cannot be written")},
	{storage_is_there, N_("the storage is not there")},
	{ssh_listens, N_("SSH does not listen")},
};

/* What is wrong, or NULL. */
static const char *find_fault(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++)
		if (!conditions[i].holds())
			return _(conditions[i].text);
	return NULL;
}

static time_t uptime_s(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

/* Until nothing is wrong, or the time is over. */
static const char *wait_healthy(void)
{
	const struct timespec second = {.tv_sec = 1};
	const char *fault = find_fault();
	/* The clock may be set meanwhile. */
	time_t end = uptime_s() + TRIAL_S;
	while (fault && uptime_s() < end) {
		(void)nanosleep(&second, NULL);
		fault = find_fault();
	}
	return fault;
}

/* ---- the boot environment ---- */

static int open_esp(const char *uuid, struct err *err)
{
	CLEANUP(mem_free_string) char *device = NULL;
	if (discover_uuid(uuid, &device, err) < 0)
		return err_prefix(err, _("EFI system partition: "));
	if (file_make_dirs("/", ESP_DIR, 0700, err) < 0)
		return -1;
	if (mount(device, ESP_DIR, "vfat", MS_NOSUID | MS_NODEV, "quiet") < 0)
		return err_set(err, ERR_IO, errno, _("cannot mount %s"), device);
	return 0;
}

/* The slot that runs, 'a' or 'b', by its UUID in the chooser; 0 when it is neither. */
static char slot_of(const char *chooser, const char *uuid)
{
	CLEANUP(mem_free_string) char *a = xasprintf("set uuid_a=%s\n", uuid);
	CLEANUP(mem_free_string) char *b = xasprintf("set uuid_b=%s\n", uuid);
	return strstr(chooser, a) ? 'a' : strstr(chooser, b) ? 'b' : '\0';
}

/* The block with another word for one slot. */
static int write_word(const char *block, char slot, const char *word, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string) char *name = xasprintf("slot_%c", slot);
	if (bootcfg_env_set(block, name, word, &text, err) < 0)
		return -1;
	struct str sector = STR_INIT;
	str_add_bytes(&sector, text.data, BOOTCFG_SECTOR_BYTES);
	int rc = exec_poke(ESP_DIR BOOTCFG_DIR "/grubenv", &sector, err);
	str_dispose(&sector);
	return rc;
}

/* 1: not on trial; 0: healthy, or made so; -1: sick, or nothing could be read. */
static int judge(const char *slot_uuid, struct err *err)
{
	CLEANUP(str_dispose) struct str chooser = STR_INIT;
	CLEANUP(str_dispose) struct str block = STR_INIT;
	if (file_read(ESP_DIR, BOOTCFG_DIR "/grub.cfg", 65536, &chooser, err) < 0 ||
		file_read(ESP_DIR, BOOTCFG_DIR "/grubenv", 65536, &block, err) < 0)
		return -1;
	char slot = slot_of(str_text(&chooser), slot_uuid);
	CLEANUP(mem_free_string) char *name = xasprintf("slot_%c", slot ? slot : '-');
	CLEANUP(mem_free_string) char *word = bootcfg_env_get(str_text(&block), name);
	if (!slot || !word)
		return err_set(err, ERR_INVALID, 0, _("the boot loader does not know the slot %s"),
			slot_uuid);
	if (strcmp(word, "bad") != 0)
		return 1;
	const char *fault = wait_healthy();
	if (fault)
		return err_set(err, ERR_INVALID, 0, _("this release is not healthy: %s"), fault);
	/* domus-host may have written its own words meanwhile. */
	CLEANUP(str_dispose) struct str now = STR_INIT;
	if (file_read(ESP_DIR, BOOTCFG_DIR "/grubenv", 65536, &now, err) < 0)
		return -1;
	return write_word(str_text(&now), slot, "ok", err);
}

int command_confirm(const struct options *options)
{
	CLEANUP(mem_free_string) char *slot = kernel_word("/", "domus.slot");
	CLEANUP(mem_free_string) char *esp = kernel_word("/", "domus.esp");
	struct err err = ERR_INIT;
	(void)options;
	if (!slot || !esp) {
		(void)fprintf(
			stderr, "%s", _("domus-install: this system is not an installed one\n"));
		return 1;
	}
	if (open_esp(esp, &err) < 0) {
		(void)printf("%s\n", err.text);
		return 1;
	}
	int rc = judge(slot, &err);
	(void)umount2(ESP_DIR, 0);
	if (rc < 0) {
		/* Standard output: the first line is what the start's log shows. */
		(void)printf("%s\n", err.text);
		return 3;
	}
	if (rc == 0)
		(void)printf("%s", _("the new release is healthy and stays\n"));
	return 0;
}
