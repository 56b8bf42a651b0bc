/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine from a file. */
#include "vmwizard/facts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"

struct facts {
	json_t *root;
	size_t next; /* list */
};

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_INVALID, 0, "the facts' \"%s\" is not as it should be", what);
}

int facts_read(const char *path, struct facts **ret_facts, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string) char *full = file_absolute(path);
	json_error_t error;
	json_t *root;

	if (file_read("/", full, FACTS_FILE_MAX, &text, err) != 0)
		return -1;
	root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return err_set(err, ERR_INVALID, 0, "%s:%d: %s", path, error.line, error.text);
	if (!json_is_object(root)) {
		json_decref(root);
		return err_set(err, ERR_INVALID, 0, "%s holds no object", path);
	}
	*ret_facts = xcalloc(1, sizeof(**ret_facts));
	(*ret_facts)->root = root;
	return 0;
}

void facts_free(struct facts *facts)
{
	if (facts)
		json_decref(facts->root);
	free(facts);
}

static const char *get_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A number as it stands times unit; negative ones count as 0. */
static uint64_t get_amount(const json_t *object, const char *key, double unit)
{
	double value = json_number_value(json_object_get(object, key)) * unit;

	return value > 0 && value < 9e18 ? (uint64_t)value : 0;
}

static bool get_bool(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static void get_list(const json_t *object, const char *key, struct strlist *ret_list)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(object, key), i, item)
		strlist_add(ret_list, json_is_string(item) ? json_string_value(item) : "");
}

const char *facts_host_name(const struct facts *facts)
{
	return get_text(json_object_get(facts->root, "host"), "name");
}

static enum vm_pool_kind pool_kind(const char *word)
{
	if (strcmp(word, "thin") == 0)
		return VM_POOL_THIN;
	return strcmp(word, "lvm") == 0 ? VM_POOL_LVM : VM_POOL_DIR;
}

static void get_pools(const json_t *host, struct vm_host *ret_host)
{
	const json_t *pools = json_object_get(host, "pools");
	size_t i;
	json_t *item;

	ret_host->pools = xcalloc(json_array_size(pools) + 1, sizeof(ret_host->pools[0]));
	ret_host->n_pools = json_array_size(pools);
	json_array_foreach(pools, i, item)
	{
		ret_host->pools[i] = (struct vm_pool){.name = xstrdup(get_text(item, "name")),
			.kind = pool_kind(get_text(item, "kind")),
			.path = xstrdup(get_text(item, "path")),
			.size_bytes = get_amount(item, "size_mib", 1048576),
			.free_bytes = get_amount(item, "free_mib", 1048576),
			.promised_bytes = get_amount(item, "promised_mib", 1048576)};
	}
}

static void get_isos(const json_t *host, struct vm_host *ret_host)
{
	const json_t *isos = json_object_get(host, "isos");
	size_t i;
	json_t *item;

	ret_host->isos = xcalloc(json_array_size(isos) + 1, sizeof(ret_host->isos[0]));
	ret_host->n_isos = json_array_size(isos);
	json_array_foreach(isos, i, item)
	{
		ret_host->isos[i] = (struct vm_iso){.path = xstrdup(get_text(item, "path")),
			.label = xstrdup(get_text(item, "label")),
			.pool = xstrdup(get_text(item, "pool")),
			.size_bytes = get_amount(item, "size_mib", 1048576)};
	}
}

/* Pools that are not there now. */
static void get_missing(const json_t *host, struct vm_host *ret_host)
{
	const json_t *missing = json_object_get(host, "missing");
	size_t i;
	json_t *item;

	ret_host->places = xcalloc(json_array_size(missing) + 1, sizeof(ret_host->places[0]));
	ret_host->n_places = json_array_size(missing);
	json_array_foreach(missing, i, item)
	{
		const char *name = json_string_value(item);

		ret_host->places[i] =
			(struct vm_place){.pool = xstrdup(name ? name : ""), .dir = xstrdup("")};
	}
}

/* What is defined or runs in the list that is shown takes its name. */
static void get_names(const struct facts *facts, struct vm_host *ret_host)
{
	const json_t *lists = json_object_get(facts->root, "lists");
	size_t at = facts->next > 0 ? facts->next - 1 : 0, i;
	json_t *item;

	json_array_foreach(json_object_get(json_array_get(lists, at), "guests"), i, item)
		strlist_add(&ret_host->names, get_text(item, "name"));
}

int facts_host(const struct facts *facts, struct vm_host *ret_host, struct err *err)
{
	const json_t *host = json_object_get(facts->root, "host");
	const json_t *cannot = json_object_get(host, "cannot");

	if (!json_is_object(host))
		return bad(err, "host");
	vm_host_init(ret_host);
	ret_host->is_xen = true;
	ret_host->cpus = (unsigned)get_amount(host, "cpus", 1);
	ret_host->total_kib = get_amount(host, "total_mib", 1024);
	ret_host->free_kib = get_amount(host, "free_mib", 1024);
	ret_host->dom0_kib = get_amount(host, "dom0_mib", 1024);
	ret_host->dom0_available_kib = get_amount(host, "dom0_available_mib", 1024);
	vm_spec_set(&ret_host->mirror, get_text(host, "mirror"));
	ret_host->has_library = get_bool(host, "library");
	ret_host->has_grub_pv = ret_host->has_grub_pvh = true;
	ret_host->is_live = get_bool(host, "live");
	for (int method = VM_PV; method < VM_METHODS; method++)
		vm_spec_set(&ret_host->cannot[method], get_text(cannot, vm_method_words[method]));
	get_list(host, "bridges", &ret_host->bridges);
	get_pools(host, ret_host);
	get_isos(host, ret_host);
	get_missing(host, ret_host);
	get_names(facts, ret_host);
	return 0;
}

static enum vm_state state_of(const char *word)
{
	for (int state = VM_STATE_OFF; state <= VM_STATE_UNDECIDED; state++) {
		if (strcmp(vm_state_words[state], word) == 0)
			return (enum vm_state)state;
	}
	return VM_STATE_OFF;
}

static void get_domain(const json_t *item, struct vm_domain *ret_domain)
{
	const json_t *id = json_object_get(item, "id");

	*ret_domain = (struct vm_domain){.name = xstrdup(get_text(item, "name")),
		.uuid = xstrdup(get_text(item, "uuid")),
		.domid = json_is_integer(id) ? (uint32_t)json_integer_value(id) : VM_NO_DOMID,
		.state = state_of(get_text(item, "state")),
		.method = xstrdup(get_text(item, "method")),
		.os = xstrdup(get_text(item, "os")),
		.has_cfg = !json_is_false(json_object_get(item, "cfg")),
		.autostart = get_bool(item, "autostart"),
		.turn = {.order = (int64_t)get_amount(item, "start_order", 1),
			.delay_s = (int64_t)get_amount(item, "start_delay_s", 1)},
		.memory_kib = get_amount(item, "memory_mib", 1024),
		.max_memory_kib = get_amount(item, "max_memory_mib", 1024),
		.vcpus = (unsigned)get_amount(item, "vcpus", 1),
		.max_vcpus = (unsigned)get_amount(item, "max_vcpus", 1),
		.cpu_ns = get_amount(item, "cpu_s", 1e9),
		.rx_bytes = get_amount(item, "rx_kib", 1024),
		.tx_bytes = get_amount(item, "tx_kib", 1024),
		.read_bytes = get_amount(item, "read_kib", 1024),
		.write_bytes = get_amount(item, "write_kib", 1024),
		.why_off = xstrdup(get_text(item, "why_off"))};
}

static void get_domains(const json_t *list, struct vm_list *ret_list)
{
	const json_t *guests = json_object_get(list, "guests");
	size_t i;
	json_t *item;

	ret_list->items = xcalloc(json_array_size(guests) + 1, sizeof(ret_list->items[0]));
	ret_list->count = json_array_size(guests);
	ret_list->taken_ms = (int64_t)get_amount(list, "time_s", 1000);
	json_array_foreach(guests, i, item) get_domain(item, &ret_list->items[i]);
}

int facts_next_list(struct facts *facts, struct vm_list *ret_list, struct err *err)
{
	const json_t *lists = json_object_get(facts->root, "lists");
	const json_t *host = json_object_get(facts->root, "host");
	struct vm_list before = VM_LIST_INIT;

	if (json_array_size(lists) == 0)
		return bad(err, "lists");
	if (facts->next < json_array_size(lists))
		facts->next++;
	if (facts->next > 1)
		get_domains(json_array_get(lists, facts->next - 2), &before);
	get_domains(json_array_get(lists, facts->next - 1), ret_list);
	ret_list->cpus = (unsigned)get_amount(host, "cpus", 1);
	ret_list->total_kib = get_amount(host, "total_mib", 1024);
	ret_list->free_kib = get_amount(host, "free_mib", 1024);
	vm_list_rates(ret_list, &before);
	vm_list_dispose(&before);
	return 0;
}
