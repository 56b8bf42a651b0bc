/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-hotplug: what libxl calls as /etc/xen/scripts/block, vif-bridge and the like. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <xenstore.h>

#include "attrs.h"
#include "block.h"
#include "call.h"
#include "mem.h"
#include "store.h"
#include "vif.h"

static void close_store(struct xs_handle **xs)
{
	if (*xs)
		xs_close(*xs);
}

/* libxl shows hotplug-error; the device's status keeps it from waiting for more. */
static int report(struct xs_handle *xs, const struct call *call, const struct err *problem)
{
	CLEANUP(mem_free_string) char *backend = store_read(xs, "%s/frontend", call->xenbus_path);

	syslog(LOG_ERR, "%s: %s", call->xenbus_path, problem->text);
	/* What is being removed must not come into being again. */
	if (!call->is_add || !backend)
		return 1;
	(void)store_write(xs, call->xenbus_path, "hotplug-error", problem->text, NULL);
	(void)store_write(xs, call->xenbus_path, "hotplug-status", "error", NULL);
	return 1;
}

static int fail_early(const struct err *problem)
{
	syslog(LOG_ERR, "%s", problem->text);
	(void)fprintf(stderr, "domus-hotplug: %s\n", problem->text);
	return 1;
}

static int usage(void)
{
	(void)fprintf(stderr, "domus-hotplug is called by xl, as one of the scripts in "
			      "/etc/xen/scripts; see domus-hotplug(8)\n");
	return 2;
}

int main(int argc, char **argv)
{
	CLEANUP(close_store) struct xs_handle *xs = NULL;
	const struct call_env env = {
		.xenbus_path = getenv("XENBUS_PATH"),
		.vif = getenv("vif"),
		.interface = getenv("INTERFACE"),
		.bridge = getenv("bridge"),
	};
	struct err err = ERR_INIT;
	struct call call;
	bool is_needless;

	/* For nft; whoever started the guest may have a bare environment. */
	(void)setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 0);
	openlog("domus-hotplug", LOG_PID, LOG_DAEMON);
	if (argc < 1 || !call_knows_script(argv[0]))
		return usage();
	if (call_read(argv, &env, &call, &is_needless, &err) < 0)
		return fail_early(&err);
	if (is_needless)
		return 0;
	if (store_open(&xs, &err) < 0)
		return fail_early(&err);
	int rc = call.kind == CALL_BLOCK ? block_run(xs, &call, &err) : vif_run(xs, &call, &err);
	if (rc < 0)
		return report(xs, &call, &err);
	syslog(LOG_DEBUG, "%s: %s done", call.xenbus_path, argv[1]);
	return 0;
}
