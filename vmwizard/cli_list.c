/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that read: list, info, host, profiles, schema. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/act.h"
#include "vmwizard/cli.h"

/* What its file says of its NICs; without one nothing. */
static void read_spec(const struct cli *cli, const struct vm_domain *d, struct vm_spec *ret_spec)
{
	if (!d->has_cfg || !vm_read_defined(cli->root, d->name, ret_spec, NULL))
		vm_spec_init(ret_spec);
}

static json_t *nics_json(const struct vm_spec *spec)
{
	json_t *nics = json_array();
	for (size_t i = 0; i < spec->n_nics; i++) {
		const struct vm_nic *nic = &spec->nics[i];
		CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
		json_t *addresses = json_array();
		if (nic->is_guarded)
			strlist_add_words(&words, nic->addresses);
		for (size_t j = 0; j < words.count; j++)
			(void)json_array_append_new(addresses, json_string(words.items[j]));
		(void)json_array_append_new(nics,
			json_pack("{s:s, s:s, s:b, s:o}", "mac", nic->mac, "bridge", nic->bridge,
				"guard", (int)nic->is_guarded, "addresses", addresses));
	}
	return nics;
}

static json_t *domain_json(const struct vm_domain *d, const struct vm_spec *spec)
{
	return json_pack(
		"{s:s, s:o, s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:s, s:I, s:I, s:i, s:i, s:f, s:I, s:I, "
		"s:I, s:I, s:s, s:o}",
		"name", d->name, "id",
		d->domid == VM_NO_DOMID ? json_null() : json_integer((json_int_t)d->domid), "state",
		vm_state_words[d->state], "uuid", d->uuid, "method", d->method, "os", d->os,
		"defined", (int)d->has_cfg, "autostart", (int)d->autostart, "start_order",
		(json_int_t)d->turn.order, "start_delay_s", (json_int_t)d->turn.delay_s, "at_stop",
		guestturn_stop_words[d->turn.at_stop], "memory_kib", (json_int_t)d->memory_kib,
		"max_memory_kib", (json_int_t)d->max_memory_kib, "vcpus", (int)d->vcpus,
		"max_vcpus", (int)d->max_vcpus, "cpu_seconds", (double)d->cpu_ns / 1e9, "rx_bytes",
		(json_int_t)d->rx_bytes, "tx_bytes", (json_int_t)d->tx_bytes, "read_bytes",
		(json_int_t)d->read_bytes, "write_bytes", (json_int_t)d->write_bytes, "why_off",
		d->why_off, "nics", nics_json(spec));
}

/* Of all its NICs, or of some. */
static const char *guard_word(const struct vm_spec *spec)
{
	size_t count = 0;
	for (size_t i = 0; i < spec->n_nics; i++)
		count += spec->nics[i].is_guarded;
	if (count == 0)
		return "";
	return count == spec->n_nics ? _("guarded") : _("partly guarded");
}

static void print_domain(const struct vm_domain *d, const struct vm_spec *spec)
{
	char id[16] = "-";
	const char *guard = guard_word(spec);
	if (d->domid != VM_NO_DOMID)
		(void)snprintf(id, sizeof(id), "%u", d->domid);
	(void)printf("%-24s %5s %-8s %-6s %8" PRIu64 "/%-8" PRIu64 " %3u/%-3u %10.1f %s%s%s\n",
		d->name, id, _(vm_state_words[d->state]), d->method, d->memory_kib / 1024,
		d->max_memory_kib / 1024, d->vcpus, d->max_vcpus, (double)d->cpu_ns / 1e9,
		d->autostart ? _("autostart") : "", d->autostart && guard[0] ? ", " : "", guard);
}

int cli_list(struct cli *cli)
{
	struct vm_list list;
	struct err err = ERR_INIT;
	if (session_read_list(&cli->session, NULL, &list, &err) < 0)
		return cli_fail(&err);
	json_t *all = json_array();
	if (!cli->is_json)
		(void)printf("%-24s %5s %-8s %-6s %17s %7s %10s\n", _("Name"), _("ID"), _("State"),
			_("Type"), _("MiB/max"), _("CPUs"), _("Time(s)"));
	for (size_t i = 0; i < list.count; i++) {
		struct vm_spec spec;
		read_spec(cli, &list.items[i], &spec);
		if (cli->is_json)
			(void)json_array_append_new(all, domain_json(&list.items[i], &spec));
		else
			print_domain(&list.items[i], &spec);
		vm_spec_dispose(&spec);
	}
	if (cli->is_json)
		cli_print_json(all);
	else
		json_decref(all);
	vm_list_dispose(&list);
	return CLI_OK;
}

static void print_nics(const struct vm_spec *spec)
{
	for (size_t i = 0; i < spec->n_nics; i++) {
		CLEANUP(str_dispose) struct str guard = STR_INIT;
		vm_nic_add_guard(&spec->nics[i], &guard);
		(void)printf(_("network adapter %zu: %s, bridge %s%s\n"), i, spec->nics[i].mac,
			spec->nics[i].bridge, str_text(&guard));
	}
}

static void print_info(const struct vm_domain *d, const struct vm_spec *spec, const char *cfg_text)
{
	CLEANUP(str_dispose) struct str shown = STR_INIT;
	print_domain(d, spec);
	if (d->turn.order > 0)
		(void)printf(_("start-order: %" PRId64 "\n"), d->turn.order);
	if (d->turn.delay_s > 0)
		(void)printf(_("start-delay: %" PRId64 " s\n"), d->turn.delay_s);
	if (d->turn.at_stop != GUESTTURN_AS_HOST)
		(void)printf(_("at-stop: %s\n"), guestturn_stop_words[d->turn.at_stop]);
	(void)printf(_("uuid: %s\nnetwork: %" PRIu64 " bytes received, %" PRIu64
		       " sent\ndisks: %" PRIu64 " bytes read, %" PRIu64 " written\n"),
		d->uuid, d->rx_bytes, d->tx_bytes, d->read_bytes, d->write_bytes);
	print_nics(spec);
	if (d->why_off[0])
		(void)printf(_("why it is off: %s\n"), d->why_off);
	if (!cfg_text[0])
		return;
	vm_xlcfg_show(cfg_text, &shown);
	(void)printf("\n%s", str_text(&shown));
}

int cli_info(struct cli *cli)
{
	struct vm_list list;
	struct err err = ERR_INIT;
	if (session_read_list(&cli->session, NULL, &list, &err) < 0)
		return cli_fail(&err);
	const struct vm_domain *d = vm_list_find(&list, cli->args[0]);
	if (!d) {
		vm_list_dispose(&list);
		(void)err_set(&err, ERR_MISSING, 0, _("there is no guest \"%s\""), cli->args[0]);
		return cli_fail(&err);
	}
	struct vm_spec spec;
	read_spec(cli, d, &spec);
	if (cli->is_json) {
		cli_print_json(domain_json(d, &spec));
	} else {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		CLEANUP(mem_free_string) char *path = vm_cfg_path(d->name);
		(void)file_read(cli->root, path, XLCFG_FILE_MAX, &text, NULL);
		print_info(d, &spec, str_text(&text));
	}
	vm_spec_dispose(&spec);
	vm_list_dispose(&list);
	return CLI_OK;
}

static json_t *host_json(const struct vm_host *h)
{
	json_t *methods = json_object();
	json_t *bridges = json_array();
	json_t *pools = json_array();
	json_t *isos = json_array();
	static const char *const kinds[] = {"thin", "lvm", "dir"};
	for (unsigned i = VM_PV; i < VM_METHODS; i++)
		(void)json_object_set_new(
			methods, vm_method_words[i], json_string(h->cannot[i] ? h->cannot[i] : ""));
	for (size_t i = 0; i < h->bridges.count; i++)
		(void)json_array_append_new(bridges, json_string(h->bridges.items[i]));
	for (size_t i = 0; i < h->n_pools; i++)
		(void)json_array_append_new(
			pools, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "name", h->pools[i].name,
				       "kind", kinds[h->pools[i].kind], "path", h->pools[i].path,
				       "size_bytes", (json_int_t)h->pools[i].size_bytes,
				       "free_bytes", (json_int_t)h->pools[i].free_bytes,
				       "promised_bytes", (json_int_t)h->pools[i].promised_bytes));
	for (size_t i = 0; i < h->n_isos; i++)
		(void)json_array_append_new(
			isos, json_pack("{s:s, s:s, s:s, s:I}", "path", h->isos[i].path, "pool",
				      h->isos[i].pool, "label", h->isos[i].label, "size_bytes",
				      (json_int_t)h->isos[i].size_bytes));
	return json_pack("{s:b, s:o, s:I, s:I, s:I, s:I, s:i, s:o, s:o, s:o, s:b}", "xen",
		(int)h->is_xen, "cannot", methods, "total_kib", (json_int_t)h->total_kib,
		"free_kib", (json_int_t)h->free_kib, "dom0_kib", (json_int_t)h->dom0_kib,
		"dom0_available_kib", (json_int_t)h->dom0_available_kib, "cpus", (int)h->cpus,
		"bridges", bridges, "pools", pools, "isos", isos, "live", (int)h->is_live);
}

static void print_host(const struct vm_host *h)
{
	char a[NUM_SIZE_TEXT];
	char b[NUM_SIZE_TEXT];
	CLEANUP(mem_free_string) char *bridges = strlist_join(&h->bridges);
	if (!h->is_xen)
		(void)printf("%s", _("This machine does not run under Xen.\n"));
	for (unsigned i = VM_PV; h->is_xen && i < VM_METHODS; i++)
		(void)printf("%-4s %s\n", vm_method_words[i],
			h->cannot[i] && h->cannot[i][0] ? h->cannot[i] : _("can be used"));
	(void)printf(_("memory: %" PRIu64 " MiB, %" PRIu64 " MiB free for guests; dom0: %" PRIu64
		       " MiB, %" PRIu64 " MiB available\nCPUs: %u\nbridges: %s\n"),
		h->total_kib / 1024, h->free_kib / 1024, h->dom0_kib / 1024,
		h->dom0_available_kib / 1024, h->cpus, bridges);
	for (size_t i = 0; i < h->n_pools; i++)
		(void)printf(_("pool %s (%s): %s, %s free\n"), h->pools[i].name, h->pools[i].path,
			num_size_text(h->pools[i].size_bytes / NUM_MIB * NUM_MIB, a),
			num_size_text(h->pools[i].free_bytes / NUM_MIB * NUM_MIB, b));
	for (size_t i = 0; i < h->n_isos; i++)
		(void)printf(_("CD image %s \"%s\"\n"), h->isos[i].path, h->isos[i].label);
}

int cli_host(struct cli *cli)
{
	struct vm_host host;
	struct err err = ERR_INIT;
	if (session_read_host(&cli->session, VM_HOST_WHOLE, &host, &err) < 0)
		return cli_fail(&err);
	if (cli->is_json)
		cli_print_json(host_json(&host));
	else
		print_host(&host);
	vm_host_dispose(&host);
	return CLI_OK;
}

static json_t *profile_json(const struct profile *p)
{
	json_t *methods = json_array();
	for (size_t i = 0; i < p->methods.count; i++)
		for (unsigned m = VM_PV; m < VM_METHODS; m++)
			if (strcmp(vm_method_words[m], p->methods.items[i]) == 0)
				(void)json_array_append_new(methods,
					json_pack("{s:s, s:s, s:s, s:s, s:s}", "method",
						vm_method_words[m], "boot",
						vm_boot_words[p->method[m].boot], "tested",
						profile_tested_words[p->method[m].tested], "why",
						p->method[m].why, "missing", p->method[m].missing));
	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:s, s:s}", "id", p->id, "name", p->name,
		"methods", methods, "memory_mib", (json_int_t)p->memory_mib, "memory_min_mib",
		(json_int_t)p->memory_min_mib, "disk_mib", (json_int_t)p->disk_mib, "note", p->note,
		"missing", p->missing);
}

static void print_profile(const struct profile *p)
{
	(void)printf("%-14s %-42s", p->id, p->name);
	for (size_t i = 0; i < p->methods.count; i++)
		for (unsigned m = VM_PV; m < VM_METHODS; m++)
			if (strcmp(vm_method_words[m], p->methods.items[i]) == 0)
				(void)printf(" %s(%s)", vm_method_words[m],
					profile_tested_words[p->method[m].tested]);
	(void)printf("\n");
	if (p->missing[0])
		(void)printf(_("%14s cannot be used: %s\n"), "", p->missing);
}

int cli_profiles(struct cli *cli)
{
	json_t *all = json_array();
	for (size_t i = 0; i < cli->session.profiles.count; i++)
		if (cli->is_json)
			(void)json_array_append_new(
				all, profile_json(&cli->session.profiles.items[i]));
		else
			print_profile(&cli->session.profiles.items[i]);
	if (cli->is_json)
		cli_print_json(all);
	else
		json_decref(all);
	return CLI_OK;
}

int cli_schema(struct cli *cli)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (cli->is_json)
		schema_describe_json(&vm_schema, &text);
	else
		schema_describe(&vm_schema, &text);
	(void)printf("%s", str_text(&text));
	return CLI_OK;
}
