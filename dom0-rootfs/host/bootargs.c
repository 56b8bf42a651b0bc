/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot loader's arguments on the EFI system partition, tried once before they are kept. */
#define _GNU_SOURCE
#include "bootargs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootcfg.h"
#include "file.h"
#include "kernelword.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "proc.h"

#define ESP_DIR "/run/domus/esp"
#define ARGS_PATH ESP_DIR BOOTCFG_DIR "/args.cfg"
#define TRY_PATH ESP_DIR BOOTCFG_DIR "/args-try.cfg"
#define ENV_PATH ESP_DIR BOOTCFG_DIR "/grubenv"
/* Word on dom0's command line of a start that tries new arguments. */
#define TRY_WORD "domus.args=try"

enum { TOOL_TIMEOUT_MS = 20000, TEXT_MAX_BYTES = 65536 };

bool bootargs_are_there(const char *root)
{
	CLEANUP(mem_free_string) char *esp = kernel_word(root, "domus.esp");
	return esp != NULL;
}

static bool is_trying(const char *root)
{
	CLEANUP(mem_free_string) char *word = kernel_word(root, "domus.args");
	return word && strcmp(word, "try") == 0;
}

/* ---- the EFI system partition that this system was started from ---- */

/* ret_line (may be NULL) gets the first line of what it prints; the caller frees. */
static int run_tool(const char *const *argv, char **ret_line, struct err *err)
{
	const struct proc_spec spec = {.argv = argv, .timeout_ms = TOOL_TIMEOUT_MS};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (proc_run_output(&spec, &text, err) < 0)
		return -1;
	if (ret_line)
		*ret_line = xstrndup(str_text(&text), strcspn(str_text(&text), "\n"));
	return 0;
}

static int find_esp(const char *root, char **ret_device, struct err *err)
{
	CLEANUP(mem_free_string) char *esp = kernel_word(root, "domus.esp");
	if (!esp)
		return err_set(err, ERR_MISSING, 0, "%s",
			_("this system was not started from an installation: its boot loader cannot be "
			  "changed"));
	CLEANUP(mem_free_string) char *tag = xasprintf("UUID=%s", esp);
	const char *const argv[] = {"findfs", tag, NULL};
	return run_tool(argv, ret_device, err);
}

static int open_esp(const char *root, struct err *err)
{
	CLEANUP(mem_free_string) char *device = NULL;
	CLEANUP(mem_free_string)
	char *dir = xasprintf("%s" ESP_DIR, strcmp(root, "/") == 0 ? "" : root);
	if (find_esp(root, &device, err) < 0 || file_make_dirs(root, ESP_DIR, 0700, err) < 0)
		return -1;
	const char *const argv[] = {
		"mount", "-t", "vfat", "-o", "nosuid,nodev,noexec", device, dir, NULL};
	if (run_tool(argv, NULL, err) < 0)
		return -1;
	if (file_exists(root, ENV_PATH))
		return 0;
	const char *const undo[] = {"umount", dir, NULL};
	(void)run_tool(undo, NULL, NULL);
	return err_set(err, ERR_MISSING, 0, _("there is no boot loader on %s"), device);
}

static int close_esp(const char *root, int rc, struct err *err)
{
	CLEANUP(mem_free_string)
	char *dir = xasprintf("%s" ESP_DIR, strcmp(root, "/") == 0 ? "" : root);
	const char *const argv[] = {"umount", dir, NULL};
	if (rc < 0) {
		(void)run_tool(argv, NULL, NULL);
		return rc;
	}
	return run_tool(argv, NULL, err);
}

/* ---- texts ---- */

/* MiB of the machine, as the hypervisor says; dom0 sees only its own share. 0: unknown. */
static uint64_t machine_mib(void)
{
	static const char *const argv[] = {"xl", "info", "total_memory", NULL};
	CLEANUP(mem_free_string) char *text = NULL;
	int64_t mib;
	if (run_tool(argv, &text, NULL) < 0 || num_parse_int(text, 1, INT32_MAX, &mib, NULL) < 0)
		return 0;
	return (uint64_t)mib;
}

/* Without knowing the machine's memory, dom0's share stays what the boot loader says. */
static void keep_memory_line(const char *old, struct str *text)
{
	static const char word[] = "set dom0_mem='";
	const char *there = strstr(old, word);
	const char *line = strstr(str_text(text), word);
	if (!there || !line)
		return;
	CLEANUP(str_dispose) struct str out = STR_INIT;
	str_add(&out, "%.*s%.*s%s", (int)(line - str_text(text)), str_text(text),
		(int)strcspn(there, "\n"), there, line + strcspn(line, "\n"));
	str_dispose(text);
	str_add(text, "%s", str_text(&out));
}

static void build_args(const struct host_config *config, const char *present, struct str *ret_text)
{
	uint64_t mib = config->dom0_memory_mib ? 0 : machine_mib();
	bootcfg_args(config, mib, ret_text);
	if (!config->dom0_memory_mib && mib == 0)
		keep_memory_line(present, ret_text);
}

static int write_env(const char *root, const char *value, struct err *err)
{
	CLEANUP(str_dispose) struct str old = STR_INIT;
	CLEANUP(str_dispose) struct str new = STR_INIT;
	CLEANUP(mem_free_string)
	char *path = xasprintf("%s" ENV_PATH, strcmp(root, "/") == 0 ? "" : root);
	if (file_read(root, ENV_PATH, TEXT_MAX_BYTES, &old, err) < 0 ||
		bootcfg_env_set(str_text(&old), "args", value, &new, err) < 0)
		return -1;
	/* In place, one sector: GRUB finds the block where it was, and no half of it is ever seen. */
	CLEANUP(file_close) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || pwrite(fd, new.data, BOOTCFG_SECTOR_BYTES, 0) != BOOTCFG_SECTOR_BYTES ||
		fsync(fd) < 0)
		return err_set(err, ERR_IO, errno, "%s", _("cannot write GRUB's environment"));
	return 0;
}

static char *read_env(const char *root)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, ENV_PATH, TEXT_MAX_BYTES, &text, NULL) < 0)
		return xstrdup("");
	char *value = bootcfg_env_get(str_text(&text), "args");
	return value ? value : xstrdup("");
}

/* ---- trying, keeping ---- */

static int try_mounted(const char *root, const struct host_config *config, struct err *err)
{
	CLEANUP(str_dispose) struct str present = STR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, ARGS_PATH, TEXT_MAX_BYTES, &present, err) < 0)
		return -1;
	build_args(config, str_text(&present), &text);
	if (strcmp(str_text(&present), str_text(&text)) == 0)
		return write_env(root, "ok", err);
	str_add(&text, "set dom0_args=\"$dom0_args " TRY_WORD "\"\n");
	if (file_write(root, TRY_PATH, text.data, text.len, 0644, err) < 0)
		return -1;
	return write_env(root, "try", err);
}

int bootargs_try(const char *root, const struct host_config *config, struct err *err)
{
	if (open_esp(root, err) < 0 || close_esp(root, try_mounted(root, config, err), err) < 0)
		return err_prefix(err, "%s", _("boot loader: "));
	return 0;
}

static int state_mounted(const char *root, const struct host_config *config,
	enum bootargs_state *ret_state, struct err *err)
{
	CLEANUP(str_dispose) struct str present = STR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string) char *word = read_env(root);
	if (file_read(root, ARGS_PATH, TEXT_MAX_BYTES, &present, err) < 0)
		return -1;
	build_args(config, str_text(&present), &text);
	if (strcmp(word, "try") == 0)
		*ret_state = BOOTARGS_TRY;
	else if (strcmp(word, "bad") == 0)
		*ret_state = is_trying(root) ? BOOTARGS_RUNNING : BOOTARGS_BAD;
	else
		*ret_state = strcmp(str_text(&present), str_text(&text)) == 0 ? BOOTARGS_SAME
									      : BOOTARGS_DIFFER;
	return 0;
}

int bootargs_read_state(const char *root, const struct host_config *config,
	enum bootargs_state *ret_state, struct err *err)
{
	if (open_esp(root, err) < 0 ||
		close_esp(root, state_mounted(root, config, ret_state, err), err) < 0)
		return err_prefix(err, "%s", _("boot loader: "));
	return 0;
}

/* The text that was tried, without the word that said so. */
static int keep_tried(const char *root, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, TRY_PATH, TEXT_MAX_BYTES, &text, err) < 0)
		return -1;
	const char *mark = strstr(str_text(&text), "set dom0_args=\"$dom0_args " TRY_WORD "\"\n");
	size_t len = mark ? (size_t)(mark - str_text(&text)) : text.len;
	if (file_write(root, ARGS_PATH, text.data, len, 0644, err) < 0 ||
		write_env(root, "ok", err) < 0)
		return -1;
	return file_remove(root, TRY_PATH, err);
}

static int settle_mounted(const char *root, bool *ret_was_bad, struct err *err)
{
	CLEANUP(mem_free_string) char *word = read_env(root);
	*ret_was_bad = false;
	if (strcmp(word, "bad") != 0)
		return 0;
	if (is_trying(root))
		return keep_tried(root, err);
	*ret_was_bad = true;
	return 0;
}

int bootargs_settle(const char *root, bool *ret_was_bad, struct err *err)
{
	if (open_esp(root, err) < 0 ||
		close_esp(root, settle_mounted(root, ret_was_bad, err), err) < 0)
		return err_prefix(err, "%s", _("boot loader: "));
	return 0;
}
