/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The default entry of a boot menu: GRUB's grub.cfg, a BLS entry, or extlinux.conf. Pure. */
#include "vmwizard/taker/menu.h"

#include <string.h>

#include "attrs.h"

/* A word of a line: its begin and length; quotes are taken off by add_word(). */
static size_t next_word(const char **p, const char *end, const char **ret_begin)
{
	const char *c = *p;
	char quote = '\0';
	while (c < end && (*c == ' ' || *c == '\t'))
		c++;
	*ret_begin = c;
	for (; c < end && (quote || (*c != ' ' && *c != '\t')); c++) {
		if (quote && *c == quote)
			quote = '\0';
		else if (!quote && (*c == '"' || *c == '\''))
			quote = *c;
	}
	*p = c;
	return (size_t)(c - *ret_begin);
}

static bool is_word(const char *begin, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == len && memcmp(*words, begin, len) == 0)
			return true;
	return false;
}

/* Without quotes and control characters; false when it does not fit. */
static bool add_word(char *to, size_t room, const char *begin, size_t len)
{
	size_t n = strlen(to);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)begin[i];
		if (c == '"' || c == '\'')
			continue;
		if (c < ' ' || c == 127 || n + 1 >= room)
			return false;
		to[n++] = begin[i];
		to[n] = '\0';
	}
	return true;
}

/* A path on the same file system; what GRUB would have to compute is not for us. */
static bool take_path(char *to, const char *begin, size_t len)
{
	char path[MENU_PATH_MAX] = "";
	if (!add_word(path, sizeof(path), begin, len) || path[0] != '/' || strpbrk(path, "$()\\*"))
		return false;
	memcpy(to, path, sizeof(path));
	return true;
}

static void take_args(struct menu_entry *entry, const char *p, const char *end)
{
	const char *begin;
	size_t len;
	while ((len = next_word(&p, end, &begin)) > 0) {
		size_t old = strlen(entry->args);
		/* "$vt_handoff" and the like are empty outside of GRUB. */
		if (memchr(begin, '$', len))
			continue;
		bool fits = (old == 0 || add_word(entry->args, MENU_ARGS_MAX, " ", 1)) &&
			    add_word(entry->args, MENU_ARGS_MAX, begin, len);
		if (!fits)
			entry->args[old] = '\0';
	}
}

/* True when the entry is complete and another one begins. */
static bool take_line(struct menu_entry *entry, const char *p, const char *end)
{
	static const char *const kernel_words[] = {
		"linux", "linux16", "linuxefi", "kernel", "KERNEL", "LINUX", NULL};
	static const char *const initrd_words[] = {
		"initrd", "initrd16", "initrdefi", "INITRD", NULL};
	static const char *const args_words[] = {"options", "append", "APPEND", NULL};
	static const char *const end_words[] = {
		"menuentry", "submenu", "}", "label", "LABEL", NULL};
	const char *begin;
	size_t len = next_word(&p, end, &begin);
	bool has_kernel = entry->kernel[0] != '\0';
	if (is_word(begin, len, end_words))
		return has_kernel;
	if (is_word(begin, len, kernel_words)) {
		if (has_kernel)
			return true;
		len = next_word(&p, end, &begin);
		if (take_path(entry->kernel, begin, len))
			take_args(entry, p, end);
	} else if (is_word(begin, len, initrd_words) && !entry->initrd[0]) {
		len = next_word(&p, end, &begin);
		(void)take_path(entry->initrd, begin, len);
	} else if (is_word(begin, len, args_words)) {
		take_args(entry, p, end);
	}
	return false;
}

bool menu_parse(const char *text, size_t len, struct menu_entry *ret_entry)
{
	const char *end = text + len;
	*ret_entry = (struct menu_entry){.kernel = ""};
	for (const char *line = text; line < end;) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		const char *stop = eol ? eol : end;
		if (stop > line && stop[-1] == '\r')
			stop--;
		if (take_line(ret_entry, line, stop))
			break;
		line = eol ? eol + 1 : end;
	}
	return ret_entry->kernel[0] != '\0';
}
