/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing files with the medium's SHA256SUMS. */
#include "sums.h"

#include "console.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX_LEN 64
#define MAX_FILES 256
#define PROGRESS_STEP 5 /* percent: a serial line at 9600 baud is slow */

struct entry {
	char hex[HEX_LEN + 1];
	char name[192]; /* below dir */
	uint64_t size_bytes;
};

struct progress {
	uint64_t done_bytes;
	uint64_t total_bytes;
	unsigned int shown;
};

static bool parse_line(const char *line, struct entry *ret_entry)
{
	if (strspn(line, "0123456789abcdef") != HEX_LEN || line[HEX_LEN] != ' ')
		return false;
	if (line[HEX_LEN + 1] != ' ' && line[HEX_LEN + 1] != '*')
		return false;
	memcpy(ret_entry->hex, line, HEX_LEN);
	ret_entry->hex[HEX_LEN] = '\0';
	line += HEX_LEN + 2;
	if (strncmp(line, "./", 2) == 0)
		line += 2;
	return text_format(ret_entry->name, sizeof(ret_entry->name), "%.*s",
		       (int)strcspn(line, "\n"), line) == 0 &&
	       ret_entry->name[0] != '\0';
}

static int read_list(const char *dir, const char *prefix, struct entry *entries,
	unsigned int *ret_count, struct why *why)
{
	char path[512];
	char line[512];
	unsigned int count = 0;
	bool ok = true;
	FILE *f;

	text_format(path, sizeof(path), "%s/SHA256SUMS", dir);
	f = fopen(path, "re");
	if (f == NULL)
		return why_set(why, errno, "cannot check the medium: %s", path);
	while (ok && fgets(line, sizeof(line), f) != NULL) {
		ok = count < MAX_FILES && parse_line(line, &entries[count]);
		if (ok && strncmp(entries[count].name, prefix, strlen(prefix)) == 0)
			count++;
	}
	ok = ok && !ferror(f);
	fclose(f);
	if (!ok || count == 0)
		return why_set(why, 0, "cannot check the medium: DAMAGED: SHA256SUMS");
	*ret_count = count;
	return 0;
}

static void advance(struct progress *progress, size_t bytes)
{
	unsigned int percent;

	progress->done_bytes += bytes;
	percent = progress->total_bytes == 0
			  ? 0
			  : (unsigned int)(progress->done_bytes * 100 / progress->total_bytes);
	if (percent < progress->shown + PROGRESS_STEP || percent >= 100)
		return;
	progress->shown = percent;
	console_progress("Checking files", percent);
}

/* Give the file to the program's standard input. False if the file cannot be read to its end. */
static bool feed(int file, int to, struct progress *progress)
{
	static char block[1 << 18];
	ssize_t n;

	while ((n = read(file, block, sizeof(block))) > 0) {
		for (ssize_t done = 0; done < n;) {
			ssize_t w = write(to, block + done, (size_t)(n - done));

			if (w < 0)
				return false;
			done += w;
		}
		advance(progress, (size_t)n);
	}
	return n == 0;
}

static bool sum_is(const char *path, const char *hex, struct progress *progress)
{
	static char *const argv[] = {(char *)"/bin/busybox", (char *)"sha256sum", NULL};
	char sum[HEX_LEN + 1] = "";
	int file = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;
	int from, to;
	bool whole;
	pid_t pid;

	if (file < 0)
		return false;
	pid = proc_start_filter(argv, &to, &from);
	if (pid < 0) {
		close(file);
		return false;
	}
	whole = feed(file, to, progress);
	close(file);
	close(to);
	while (used < HEX_LEN && (n = read(from, sum + used, HEX_LEN - used)) > 0)
		used += (size_t)n;
	close(from);
	proc_wait(pid);
	return whole && strcmp(sum, hex) == 0;
}

int sums_check(const char *dir, const char *prefix, unsigned int *ret_bad, struct why *why)
{
	static struct entry entries[MAX_FILES];
	struct progress progress = {0};
	unsigned int count = 0;
	unsigned int bad = 0;
	struct stat st;
	char path[512];

	if (read_list(dir, prefix, entries, &count, why) < 0)
		return -1;
	for (unsigned int i = 0; i < count; i++) {
		text_format(path, sizeof(path), "%s/%s", dir, entries[i].name);
		entries[i].size_bytes = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
		progress.total_bytes += entries[i].size_bytes;
	}
	console_progress("Checking files", 0);
	for (unsigned int i = 0; i < count; i++) {
		text_format(path, sizeof(path), "%s/%s", dir, entries[i].name);
		if (access(path, F_OK) != 0)
			console_say(TONE_BAD, "\rMISSING: %s", entries[i].name);
		else if (!sum_is(path, entries[i].hex, &progress))
			console_say(TONE_BAD, "\rDAMAGED: %s", entries[i].name);
		else
			continue;
		bad++;
	}
	console_progress("Checking files", 100);
	*ret_bad = bad;
	return 0;
}
