/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page for what can be changed while a guest runs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"
#include "request.h"
#include "state.h"

enum { MEMORY, VCPUS, PIN, SOFT_PIN, WEIGHT, CAP, FIELDS };

#define WEIGHT_DEFAULT 256
#define WEIGHT_MAX 65535
#define CAP_MAX 51200

/* What the fields say first; pin, weight and cap are those of NAME.cfg. */
struct before {
	int64_t memory_mib, max_memory_mib, vcpus, max_vcpus, weight, cap;
	char *pin, *soft_pin;
};

static void read_before(struct manager *m, const struct vm_domain *guest, struct before *before)
{
	struct problems problems = PROBLEMS_INIT;
	struct vm_spec spec;

	*before = (struct before){.memory_mib = (int64_t)(guest->memory_kib / 1024),
		.max_memory_mib = (int64_t)(guest->max_memory_kib / 1024),
		.vcpus = guest->vcpus,
		.max_vcpus = guest->max_vcpus,
		.weight = WEIGHT_DEFAULT};
	if (details_read_spec(m, guest, &spec, &problems)) {
		before->pin = xstrdup(spec.pin);
		before->soft_pin = xstrdup(spec.soft_pin);
		before->weight = spec.weight > 0 ? spec.weight : WEIGHT_DEFAULT;
		before->cap = spec.cap;
		vm_spec_dispose(&spec);
	}
	problems_dispose(&problems);
}

static void set_number(struct ui_field *field, int64_t value)
{
	CLEANUP(mem_free_string) char *text = xasprintf("%" PRId64, value);

	ui_field_set(field, text);
}

static bool take_number(struct manager *m, const struct ui_field *field, int64_t least,
	int64_t most, int64_t *ret_value)
{
	struct err err = ERR_INIT;

	if (num_parse_int(field->value, least, most, ret_value, &err) == 0)
		return true;
	ui_say(m->ui, field->label, "%s: %s", field->label, err.text);
	return false;
}

static bool take_pin(struct manager *m, const struct ui_field *field)
{
	const struct schema_key *key = schema_find_key(&vm_schema, "vm", "pin");
	struct err err = ERR_INIT;

	if (field->value[0] == '\0' || key->check(field->value, &err) == 0)
		return true;
	ui_say(m->ui, field->label, "%s", err.text);
	return false;
}

/* Only what differs becomes part of the request. */
static bool take(struct manager *m, const struct ui_field *fields, const struct before *before,
	bool is_kept, struct request *request)
{
	int64_t memory, vcpus, weight = before->weight, cap = before->cap;

	if (!take_number(m, &fields[MEMORY], 1, before->max_memory_mib, &memory) ||
		!take_number(m, &fields[VCPUS], 1, before->max_vcpus, &vcpus))
		return false;
	if (before->pin && (!take_pin(m, &fields[PIN]) || !take_pin(m, &fields[SOFT_PIN]) ||
				   !take_number(m, &fields[WEIGHT], 1, WEIGHT_MAX, &weight) ||
				   !take_number(m, &fields[CAP], 0, CAP_MAX, &cap)))
		return false;
	request->memory_mib = memory == before->memory_mib ? 0 : memory;
	request->vcpus = vcpus == before->vcpus ? 0 : vcpus;
	if (before->pin && (strcmp(before->pin, fields[PIN].value) != 0 ||
				   strcmp(before->soft_pin, fields[SOFT_PIN].value) != 0)) {
		request->pin = xstrdup(fields[PIN].value);
		request->soft_pin = xstrdup(fields[SOFT_PIN].value);
	}
	if (is_kept) {
		request->kept_memory_mib = memory;
		request->kept_vcpus = vcpus;
	}
	if (weight != before->weight || cap != before->cap) {
		request->weight = weight;
		request->cap = cap;
	}
	return true;
}

bool resources_ask(struct manager *m, struct request *request)
{
	struct ui_field fields[FIELDS] = {
		[MEMORY] = {.id = "memory", .label = _("Memory (MiB)"), .max = 8},
		[VCPUS] = {.id = "vcpus", .label = _("vCPUs"), .max = 4},
		[PIN] = {.id = "pin", .label = _("Real CPUs"), .max = 60},
		[SOFT_PIN] = {.id = "soft-pin", .label = _("Preferred CPUs"), .max = 60},
		[WEIGHT] = {.id = "weight", .label = _("CPU weight"), .max = 5},
		[CAP] = {.id = "cap", .label = _("CPU cap (%)"), .max = 5},
	};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {.id = "resources",
		.title = _("Memory and CPUs"),
		.help = _("Memory is asked of the guest's balloon driver, CPUs of its kernel; what "
			  "the guest really has is shown when the change has ended. With Now both "
			  "last until it stops, with Keep they are for later starts, too. Real "
			  "CPUs (0-1,3; empty: all), those of them that it prefers while they are "
			  "free, weight and cap always count at once and for later starts: of two "
			  "guests that want more than there is, one with weight 512 gets twice as "
			  "much as one with 256; a cap of 150 is one CPU and a half, 0 is none."),
		.ok = _("Now"),
		.extra = _("Keep")};
	struct before before;
	enum ui_result result = UI_OK;
	bool is_taken = false;

	read_before(m, request->guest, &before);
	str_add(&text,
		_("\"%s\" runs. The maxima are fixed until its next start (Edit changes them):\n"
		  "%" PRId64 " MiB and %" PRId64 " vCPUs."),
		request->guest->name, before.max_memory_mib, before.max_vcpus);
	q.text = str_text(&text);
	set_number(&fields[MEMORY], before.memory_mib);
	set_number(&fields[VCPUS], before.vcpus);
	ui_field_set(&fields[PIN], before.pin ? before.pin : "");
	ui_field_set(&fields[SOFT_PIN], before.soft_pin ? before.soft_pin : "");
	set_number(&fields[WEIGHT], before.weight);
	set_number(&fields[CAP], before.cap);
	/* A guest without a file has nowhere to keep the others, nor anything for later. */
	if (!before.pin)
		q.extra = NULL;
	while (!is_taken) {
		result = ui_form(m->ui, &q, fields, before.pin ? FIELDS : PIN);
		if (result != UI_OK && result != UI_EXTRA)
			break;
		is_taken = take(m, fields, &before, result == UI_EXTRA, request);
	}
	free(before.pin);
	free(before.soft_pin);
	return is_taken && (request->memory_mib > 0 || request->vcpus > 0 || request->pin ||
				   request->weight > 0 || request->kept_memory_mib > 0);
}
