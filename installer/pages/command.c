/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-install without a command: the pages on this terminal, and what follows them. */
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "pages.h"
#include "plan.h"
#include "proc.h"
#include "schema.h"
#include "show.h"

static int leave(enum pages_end end)
{
	const char *argv[] = {end == PAGES_REBOOT ? "reboot" : "poweroff", NULL};
	struct proc_spec spec = {.argv = argv, .timeout_ms = 10000};
	struct err err = ERR_INIT;
	switch (end) {
	case PAGES_ABORTED:
		(void)printf("%s", _("The installation was left. Nothing has been written.\n"));
		return 1;
	case PAGES_FAILED:
		(void)printf(_("The installation has failed; its log is %s.\n"), PLAN_LOG);
		return 1;
	case PAGES_SHELL:
		return 0;
	case PAGES_REBOOT:
	case PAGES_POWEROFF:
		break;
	}
	if (proc_run_ok(&spec, &err) == 0)
		return 0;
	(void)fprintf(stderr, "domus-install: %s\n", err.text);
	return 1;
}

/* The answers as a file that "domus-install apply" takes. */
static int write_answers(const struct install_spec *spec, const char *file, struct err *err)
{
	CLEANUP(mem_free_string) char *path = file_absolute(file);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	schema_write(&host_schema, &spec->config, &text);
	return file_write("/", path, text.data, text.len, 0600, err);
}

int command_pages(const struct options *options)
{
	CLEANUP(spec_dispose) struct install_spec spec;
	CLEANUP(machine_dispose) struct machine machine = {.firmware = FIRMWARE_BIOS};
	struct err err = ERR_INIT;
	/* Another machine's inventory can only be played through. */
	const struct pages_options pages = {.root = options->root ? options->root : "/",
		.is_dry_run = options->is_dry_run || options->inventory};
	enum pages_end end;
	spec_init(&spec);
	if (!pages.is_dry_run && geteuid() != 0) {
		(void)fprintf(stderr, "%s",
			_("domus-install: installing needs root; --dry-run asks without it\n"));
		return 1;
	}
	int rc = show_read_machine(options, &machine, &err);
	if (rc == 0 && pages.is_dry_run)
		spec_name_ids(&spec);
	else if (rc == 0)
		rc = spec_draw_ids(&spec, &err);
	if (rc == 0)
		rc = installer_run_pages(&spec, &machine, &pages, &end, &err);
	if (rc == 0 && end != PAGES_ABORTED && end != PAGES_FAILED && options->output)
		rc = write_answers(&spec, options->output, &err);
	if (rc < 0) {
		(void)fprintf(stderr, "domus-install: %s\n", err.text);
		return 1;
	}
	return leave(end);
}
