/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of guests as data: words, look-up, rates. No Xen here, so that everything may use it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lang.h"
#include "vmwizard/list.h"

const char *const vm_state_words[] = {
	[VM_STATE_OFF] = N_("off"),
	[VM_STATE_RUNNING] = N_("running"),
	[VM_STATE_PAUSED] = N_("paused"),
	[VM_STATE_ENDING] = N_("ending"),
	[VM_STATE_CRASHED] = N_("crashed"),
	[VM_STATE_SAVED] = N_("saved"),
	[VM_STATE_UNDECIDED] = N_("undecided"),
};

int64_t vm_now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void vm_list_dispose(struct vm_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].uuid);
		free(list->items[i].method);
		free(list->items[i].os);
		free(list->items[i].why_off);
	}
	free(list->items);
	*list = (struct vm_list)VM_LIST_INIT;
}

static const struct vm_domain *find_name(const struct vm_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	}
	return NULL;
}

const struct vm_domain *vm_list_find(const struct vm_list *list, const char *name)
{
	const struct vm_domain *found = find_name(list, name);
	char *end;
	unsigned long domid;

	if (found || name[0] < '0' || name[0] > '9')
		return found;
	domid = strtoul(name, &end, 10);
	for (size_t i = 0; *end == '\0' && i < list->count; i++) {
		if (list->items[i].domid != VM_NO_DOMID && list->items[i].domid == domid)
			return &list->items[i];
	}
	return NULL;
}

/* A counter that went back was started anew: unknown. */
static double rate(uint64_t old, uint64_t now, double seconds)
{
	return now < old ? -1 : (double)(now - old) / seconds;
}

void vm_list_rates(struct vm_list *list, const struct vm_list *before)
{
	double seconds = before ? (double)(list->taken_ms - before->taken_ms) / 1000 : 0;

	for (size_t i = 0; i < list->count; i++) {
		struct vm_domain *now = &list->items[i];
		const struct vm_domain *old = seconds > 0 ? find_name(before, now->name) : NULL;

		now->cpu_percent = -1;
		now->rx_rate = now->tx_rate = now->read_rate = now->write_rate = -1;
		/* The same name under another number is another start: its counters began at 0. */
		if (!old || now->domid == VM_NO_DOMID || old->domid != now->domid)
			continue;
		if (now->cpu_ns >= old->cpu_ns)
			now->cpu_percent = (double)(now->cpu_ns - old->cpu_ns) / seconds / 1e7;
		now->rx_rate = rate(old->rx_bytes, now->rx_bytes, seconds);
		now->tx_rate = rate(old->tx_bytes, now->tx_bytes, seconds);
		now->read_rate = rate(old->read_bytes, now->read_bytes, seconds);
		now->write_rate = rate(old->write_bytes, now->write_bytes, seconds);
	}
}
