/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /init of the initramfs: find the medium, check it if asked, stack the layers, go there. */
#include "cmdline.h"
#include "console.h"
#include "layers.h"
#include "medium.h"
#include "root.h"
#include "sums.h"
#include "text.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

/* Kernel and initramfs take their share before MemTotal is counted. */
#define MEMORY_LOST_MIB 64
#define MEMORY_LEAST_MIB 512
#define MEMORY_GOOD_MIB 768

static _Noreturn void restart(void)
{
	sync();
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

/* The end of every failure: nothing further happens without the person at the console. */
static _Noreturn void stop(const struct why *why)
{
	console_say(TONE_BAD, "Domus cannot start: %s", why->text);
	for (;;) {
		console_say(
			TONE_PLAIN, "Type s and Enter for a rescue shell, r and Enter to restart.");
		switch (console_ask()) {
		case 's':
			console_say(TONE_PLAIN,
				"`exit` comes back here; `dmesg | tail` often tells more.");
			console_shells();
			break;
		case 'r':
			restart();
		default:
			break;
		}
	}
}

/*
 * Without Xen, MemTotal is the machine's memory. Under Xen it is dom0's share only: there /etc/rc.boot
 * asks the hypervisor, which cannot be asked before its modules are loaded.
 */
static int check_memory(struct why *why)
{
	char text[2048];
	unsigned long long kib = 0;
	unsigned long long mib;

	if (text_read_file("/sys/hypervisor/type", text, sizeof(text)) > 0 &&
		strcmp(text, "xen") == 0)
		return 0;
	if (text_read_file("/proc/meminfo", text, sizeof(text)) < 0 ||
		sscanf(text, "MemTotal: %llu", &kib) != 1)
		return 0;
	mib = kib / 1024 + MEMORY_LOST_MIB;
	if (mib < MEMORY_LEAST_MIB)
		return why_set(why, 0, "%llu MiB of memory, at least %d MiB are needed", mib,
			MEMORY_LEAST_MIB);
	if (mib < MEMORY_GOOD_MIB)
		console_say(TONE_WARN, "Only about %llu MiB of memory: %d MiB are recommended.",
			mib, MEMORY_GOOD_MIB);
	return 0;
}

/* Boot entry "check this medium": a verdict, then a restart. */
static int check_medium(struct why *why)
{
	unsigned int bad;

	if (sums_check(MEDIUM_DOMUS, "", &bad, why) < 0)
		return -1;
	if (bad == 0)
		console_say(TONE_GOOD, "This medium is good.");
	else
		console_say(TONE_BAD,
			"This medium is NOT good: %u damaged or missing. Write it again.", bad);
	console_say(TONE_PLAIN, "Press Enter to restart.");
	console_ask();
	restart();
}

static int verify_layers(struct why *why)
{
	unsigned int bad;

	if (sums_check(MEDIUM_DOMUS, "layers/", &bad, why) < 0)
		return -1;
	if (bad != 0)
		return why_set(why, 0,
			"%u of its layers damaged or missing (named above): write the medium again",
			bad);
	return 0;
}

static int start(struct why *why)
{
	struct cmdline cmdline;

	cmdline_read(&cmdline);
	if (check_memory(why) < 0 || medium_mount(&cmdline, why) < 0)
		return -1;
	if (cmdline.check)
		return check_medium(why);
	if (cmdline.verify && verify_layers(why) < 0)
		return -1;
	if (cmdline.toram && !medium_is_netboot() && layers_copy_to_ram(cmdline.layers, why) < 0)
		return -1;
	if (layers_mount_root(cmdline.layers, why) < 0)
		return -1;
	if (cmdline.shell) {
		console_say(
			TONE_PLAIN, "domus.shell: the new root is " NEW_ROOT "; `exit` goes on.");
		console_shells();
	}
	return root_switch(NEW_ROOT, medium_is_netboot() ? "domus" : NULL, "/sbin/init", why);
}

int main(void)
{
	struct why why = {""};
	int rc;

	umask(022);
	/* A sums program that dies must not take us along. */
	signal(SIGPIPE, SIG_IGN);
	rc = root_mount_basics(&why);
	console_open();
	if (rc == 0)
		start(&why);
	stop(&why);
}
