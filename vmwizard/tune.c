/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory, CPUs, their scheduling, devices and the start with the host. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "value.h"
#include "vmwizard/act.h"
#include "vmwizard/command.h"
#include "vmwizard/guestcfg.h"

/* A guest that gives or takes nothing for so long will not. */
#define MEMORY_PATIENCE_MS 30000
/* What it has for so long is not passed on the way. */
#define MEMORY_REST_MS 3000
#define MEMORY_LIMIT_S 600

struct target {
	uint64_t value;
	uint64_t asked; /* of the guest, when that is another; else 0 */
	uint64_t is;
	int64_t changed_ms, patience_ms;
	bool is_stuck;
	bool is_late; /* stuck, or not there within the limit */
};

/* There, and not on its way past. */
static bool has_memory(const struct vm_domain *d, void *context)
{
	struct target *t = context;
	uint64_t is = d ? d->memory_kib : 0;
	bool rests = is == t->is;
	if (!rests)
		t->changed_ms = vm_now_ms();
	t->is = is;
	bool has_it = d == NULL || (rests && memplan_is_same(is, t->value));
	int64_t patience_ms = memplan_is_same(is, t->asked) ? MEMORY_REST_MS : t->patience_ms;
	t->is_stuck = !has_it && vm_now_ms() - t->changed_ms >= patience_ms;
	return has_it || t->is_stuck;
}

static int ended(const struct vm_action *a, struct err *err)
{
	return err_set(err, ERR_MISSING, 0, _("guest %s ended meanwhile"), a->name);
}

/* Whether a running guest can have so much: its own limit, and what the machine has left. */
static int judge_memory(
	const struct vm_action *a, const struct act_guest *guest, uint64_t kib, struct err *err)
{
	if (kib > guest->max_memory_kib)
		return err_set(err, ERR_RANGE, 0,
			_("guest %s may have at most %" PRIu64
			  " MiB (its max-memory); that is fixed until it is off"),
			a->name, guest->max_memory_kib / 1024);
	if (guest->is_running && kib > guest->memory_kib + MEMPLAN_SLACK_KIB &&
		memplan_fits(guest->free_kib + MEMPLAN_SLACK_KIB, 0, kib - guest->memory_kib, err) <
			0)
		return err_prefix(err, _("guest %s: "), a->name);
	return 0;
}

/* Says asked_kib and waits for t->value. That it does not come is no error yet, but is_late. */
static int set_target(
	const struct vm_action *a, uint64_t asked_kib, struct target *t, struct err *err)
{
	CLEANUP(mem_free_string) char *amount = xasprintf("%" PRIu64 "m", asked_kib / 1024);
	struct err why = ERR_INIT;
	int64_t timeout_ms = (int64_t)a->timeout_s * 1000;
	t->patience_ms = timeout_ms > MEMORY_PATIENCE_MS ? timeout_ms : MEMORY_PATIENCE_MS;
	t->changed_ms = vm_now_ms();
	if (act_run(a, COMMAND_MS, err, "xl", "mem-set", a->name, amount, NULL) < 0)
		return -1;
	int rc =
		act_wait(a, MEMORY_LIMIT_S, has_memory, t, _("did not reach its new memory"), &why);
	t->is_late = t->is_stuck || (rc < 0 && why.code == ERR_TIMEOUT);
	return rc < 0 && !t->is_late ? err_set(err, why.code, 0, "%s", why.text) : 0;
}

/*
 * libxl takes the memory of an HVM guest's screen off what it is asked for, and the guest's driver does so once
 * more (Linux since 4.13: all that was missing at its start). So it is asked for that much more, as far as the
 * maximum allows.
 */
static uint64_t with_screen(const struct act_guest *guest, uint64_t kib)
{
	uint64_t most_kib = guest->max_memory_kib > kib ? guest->max_memory_kib : kib;
	return kib + guest->video_kib < most_kib ? kib + guest->video_kib : most_kib;
}

static int set_targets(
	const struct vm_action *a, const struct act_guest *guest, struct target *t, struct err *err)
{
	if (guest->video_kib == 0)
		return set_target(a, t->value, t, err);
	/* Asked for its maximum anew it would shrink. */
	t->is = guest->memory_kib;
	if (memplan_is_same(t->is, t->value))
		return 0;
	uint64_t asked_kib = with_screen(guest, t->value);
	t->asked = memplan_is_same(t->is, asked_kib) ? 0 : asked_kib;
	int rc = set_target(a, asked_kib, t, err);
	/* An older driver gave it all that was asked for. */
	if (t->is_stuck && asked_kib != t->value && memplan_is_same(t->is, asked_kib))
		rc = set_target(a, t->value, t, err);
	return rc;
}

static int ask_memory(const struct vm_action *a, const struct act_guest *guest, int64_t mib,
	int64_t *ret_mib, struct err *err)
{
	struct target t = {.value = (uint64_t)mib * 1024};
	*ret_mib = mib;
	if (set_targets(a, guest, &t, err) < 0)
		return -1;
	if (!a->is_dry)
		*ret_mib = (int64_t)(t.is / 1024);
	if (t.is_late && guest->video_kib && memplan_is_same(t.is + guest->video_kib, t.value))
		return err_set(err, ERR_TIMEOUT, 0,
			_("guest %s was asked for %" PRId64 " MiB and has %" PRId64
			  " MiB: the %" PRIu64
			  " MiB of its screen it has again after its next start"),
			a->name, mib, *ret_mib, guest->video_kib / 1024);
	if (t.is_late)
		return err_set(err, ERR_TIMEOUT, 0,
			_("guest %s was asked for %" PRId64 " MiB and has %" PRId64
			  " MiB: it has no balloon driver, or no memory to give"),
			a->name, mib, *ret_mib);
	return !a->is_dry && t.is == 0 ? ended(a, err) : 0;
}

int vm_ask_memory(const struct vm_action *a, int64_t mib, int64_t *ret_mib, struct err *err)
{
	struct act_guest guest = {.domid = VM_NO_DOMID};
	*ret_mib = 0;
	if (act_want_settled(a, err) < 0 || (!a->is_dry && act_look(a, &guest, err) < 0))
		return -1;
	if (!a->is_dry && !guest.is_running)
		return ended(a, err);
	*ret_mib = (int64_t)(guest.memory_kib / 1024);
	if (!a->is_dry && judge_memory(a, &guest, (uint64_t)mib * 1024, err) < 0)
		return -1;
	return ask_memory(a, &guest, mib, ret_mib, err);
}

/*
 * Less memory than the maximum at the start needs a balloon driver from the first moment on: a guest
 * whose system has none would not come up again. PV guests need none.
 */
static int judge_start(
	const struct vm_action *a, const struct xlcfg *cfg, int64_t mib, struct err *err)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(mem_free_string) char *os = xlcfg_note(cfg, "os");
	const char *type = xlcfg_get(cfg, "type");
	const char *max = xlcfg_get(cfg, "maxmem");
	struct profiles profiles = {.count = 0};
	if (!max)
		max = xlcfg_get(cfg, "memory");
	if (!os || !type || strcmp(type, "pv") == 0 || !max || strtoll(max, NULL, 10) <= mib ||
		profiles_load(a->root, PROFILE_DIR, &profiles, &problems, NULL) < 0)
		return 0;
	const struct profile *profile = profiles_find(&profiles, os);
	int rc = 0;
	if (profile && !profile->has_balloon)
		rc = err_set(err, ERR_INVALID, 0,
			_("guest %s: not kept for later starts: with less memory than its maximum of %s MiB "
			  "it would not start, for its system has no balloon driver from the first "
			  "moment on; lower the maximum, too, while it is off"),
			a->name, max);
	profiles_dispose(&profiles);
	return rc;
}

static int write_number(const struct vm_action *a, struct xlcfg *cfg, const char *key,
	int64_t value, struct err *err)
{
	CLEANUP(mem_free_string) char *number = xasprintf("%" PRId64, value);
	return xlcfg_set(cfg, key, number, NULL, err) < 0 ? -1 : act_write_cfg(a, cfg, err);
}

/* Without the second key the first is the maximum, too: a smaller one must not take it along. */
static int keep(const struct vm_action *a, const char *key, const char *max_key, int64_t value,
	struct err *err)
{
	CLEANUP(mem_free_string) char *path = vm_cfg_path(a->name);
	struct xlcfg cfg;
	if (a->is_dry || !file_exists(a->root, path))
		return 0;
	int rc = act_read_cfg(a, &cfg, err);
	if (rc == 0 && strcmp(key, "memory") == 0)
		rc = judge_start(a, &cfg, value, err);
	const char *was = rc == 0 ? xlcfg_get(&cfg, key) : NULL;
	CLEANUP(mem_free_string) char *old = was ? xstrdup(was) : NULL;
	if (rc == 0 && old && !xlcfg_get(&cfg, max_key) && strtoll(old, NULL, 10) > value)
		rc = xlcfg_set(&cfg, max_key, old, NULL, err);
	if (rc == 0)
		rc = write_number(a, &cfg, key, value, err);
	xlcfg_dispose(&cfg);
	return rc;
}

/* Of a guest that is off. A maximum of its own stays above it; without one the value is the maximum, too. */
static int set_later(const struct vm_action *a, const char *key, const char *max_key, int64_t value,
	struct err *err)
{
	CLEANUP(mem_free_string) char *number = xasprintf("%" PRId64, value);
	struct xlcfg cfg;
	int rc = act_read_cfg(a, &cfg, err);
	const char *max = rc == 0 ? xlcfg_get(&cfg, max_key) : NULL;
	if (max && strtoll(max, NULL, 10) < value)
		rc = xlcfg_set(&cfg, max_key, number, NULL, err);
	else if (max && strcmp(key, "memory") == 0)
		rc = judge_start(a, &cfg, value, err);
	if (rc == 0)
		rc = write_number(a, &cfg, key, value, err);
	xlcfg_dispose(&cfg);
	return rc;
}

/* What a plan for several judges before it begins (vmwizard/memplan.h). */
static int judge_alone(
	const struct vm_action *a, const struct act_guest *guest, uint64_t kib, struct err *err)
{
	if (guest->state == VM_STATE_PAUSED)
		return err_set(err, ERR_INVALID, 0,
			_("guest %s is paused: it could neither give nor take"), a->name);
	if (kib < MEMPLAN_LEAST_KIB && kib < guest->memory_kib)
		return err_set(err, ERR_RANGE, 0,
			_("guest %s must keep %" PRIu64
			  " MiB: with less its kernel would end its programs, or itself"),
			a->name, MEMPLAN_LEAST_KIB / 1024);
	return judge_memory(a, guest, kib, err);
}

int vm_set_memory(const struct vm_action *a, int64_t mib, int64_t *ret_mib, struct err *err)
{
	struct act_guest guest = {.domid = VM_NO_DOMID};
	*ret_mib = mib;
	if (a->is_dry)
		return ask_memory(a, &guest, mib, ret_mib, err);
	if (act_want_settled(a, err) < 0 || act_look(a, &guest, err) < 0)
		return -1;
	if (!guest.is_running)
		return set_later(a, "memory", "maxmem", mib, err);
	if (judge_alone(a, &guest, (uint64_t)mib * 1024, err) < 0)
		return -1;
	return ask_memory(a, &guest, mib, ret_mib, err);
}

int vm_keep_memory(const struct vm_action *a, int64_t mib, struct err *err)
{
	return keep(a, "memory", "maxmem", mib, err);
}

int vm_keep_vcpus(const struct vm_action *a, int64_t count, struct err *err)
{
	return keep(a, "vcpus", "maxvcpus", count, err);
}

static bool has_vcpus(const struct vm_domain *d, void *context)
{
	struct target *t = context;
	t->is = d ? d->vcpus : 0;
	return d == NULL || t->is == t->value;
}

int vm_set_vcpus(const struct vm_action *a, int64_t count, int64_t *ret_count, struct err *err)
{
	struct act_guest guest = {.domid = VM_NO_DOMID};
	CLEANUP(mem_free_string) char *number = xasprintf("%" PRId64, count);
	struct target t = {.value = (uint64_t)count};
	*ret_count = count;
	if (act_want_settled(a, err) < 0 || (!a->is_dry && act_look(a, &guest, err) < 0))
		return -1;
	if (!a->is_dry && !guest.is_running)
		return set_later(a, "vcpus", "maxvcpus", count, err);
	if (!a->is_dry && count > guest.max_vcpus)
		return err_set(err, ERR_RANGE, 0,
			_("guest %s may have at most %u virtual CPUs (its max-vcpus); that is fixed until it is off"),
			a->name, guest.max_vcpus);
	if (!a->is_dry && guest.is_hvm && count < guest.vcpus)
		return err_set(err, ERR_INVALID, 0,
			_("guest %s is HVM: CPUs can be added while it runs, not taken; it has %u"),
			a->name, guest.vcpus);
	/* -i: more than the machine has are as good now as they were at the guest's start. */
	if (act_run(a, COMMAND_MS, err, "xl", "vcpu-set", "-i", a->name, number, NULL) < 0)
		return -1;
	int rc = act_wait(a, 60, has_vcpus, &t, _("did not reach its new number of CPUs"), err);
	if (!a->is_dry)
		*ret_count = (int64_t)t.is;
	/* smpboot: CPU 1 has invalid APIC ID ffff */
	if (rc < 0 && err && err->code == ERR_TIMEOUT && guest.is_pvh)
		return err_set(err, ERR_TIMEOUT, 0,
			_("guest %s was asked for %" PRId64 " CPUs and has %" PRId64
			  " online: as PVH, Linux since 6.9 takes only CPUs that it had at its start; shut it down, say set-vcpus again, start it"),
			a->name, count, *ret_count);
	if (rc < 0 && err && err->code == ERR_TIMEOUT)
		return err_set(err, ERR_TIMEOUT, 0,
			_("guest %s was asked for %" PRId64 " CPUs and has %" PRId64
			  " online: the guest must bring a new one online itself"),
			a->name, count, *ret_count);
	return rc == 0 && !a->is_dry && t.is == 0 ? ended(a, err) : rc;
}

static bool is_all_cpus(const char *cpus)
{
	return cpus[0] == '\0' || strcmp(cpus, "all") == 0;
}

int vm_pin(const struct vm_action *a, const char *cpus, const char *soft, struct err *err)
{
	struct act_guest guest = {.is_running = true};
	const struct schema_key *key = schema_find_key(&vm_schema, "vm", "pin");
	const char *hard_word = is_all_cpus(cpus) ? "all" : cpus;
	const char *soft_word = soft && is_all_cpus(soft) ? "all" : soft;
	if ((!is_all_cpus(cpus) && key->check(cpus, err) < 0) ||
		(soft && !is_all_cpus(soft) && key->check(soft, err) < 0))
		return -1;
	if (act_want_settled(a, err) < 0 || (!a->is_dry && act_look(a, &guest, err) < 0))
		return -1;
	/* NULL ends the words. */
	if (guest.is_running && act_run(a, COMMAND_MS, err, "xl", "vcpu-pin", a->name, "all",
					hard_word, soft_word, NULL) < 0)
		return -1;
	if (act_set_key(a, "cpus", is_all_cpus(cpus) ? NULL : cpus, true, err) < 0)
		return -1;
	return soft ? act_set_key(a, "cpus_soft", is_all_cpus(soft) ? NULL : soft, true, err) : 0;
}

int vm_weight(const struct vm_action *a, int64_t weight, int64_t cap, struct err *err)
{
	struct act_guest guest = {.is_running = true};
	CLEANUP(mem_free_string) char *w = xasprintf("%" PRId64, weight > 0 ? weight : 256);
	CLEANUP(mem_free_string) char *c = xasprintf("%" PRId64, cap > 0 ? cap : 0);
	bool has_cap = cap >= 0;
	if (act_want_settled(a, err) < 0 || (!a->is_dry && act_look(a, &guest, err) < 0))
		return -1;
	/* NULL ends the words. */
	if (guest.is_running && act_run(a, COMMAND_MS, err, "xl", "sched-credit2", "-d", a->name,
					"-w", w, has_cap ? "-c" : NULL, c, NULL) < 0)
		return -1;
	if (act_set_key(a, "cpu_weight", weight > 0 ? w : NULL, false, err) < 0)
		return -1;
	return has_cap ? act_set_key(a, "cap", cap > 0 ? c : NULL, false, err) : 0;
}

int vm_autostart(const struct vm_action *a, bool is_on, struct err *err)
{
	CLEANUP(mem_free_string) char *cfg = vm_cfg_path(a->name);
	CLEANUP(mem_free_string) char *path = vm_auto_path(a->name);
	CLEANUP(mem_free_string) char *target = xasprintf("../%s.cfg", a->name);
	CLEANUP(mem_free_string)
	char *text = is_on ? xasprintf("ln -s %s %s", target, path) : xasprintf("rm %s", path);
	if (a->show)
		a->show(a->context, text);
	if (a->is_dry)
		return 0;
	if (act_want_settled(a, err) < 0)
		return -1;
	if (!file_exists(a->root, cfg))
		return err_set(
			err, ERR_MISSING, 0, _("there is no guest \"%s\" (%s)"), a->name, cfg);
	if (!is_on)
		return file_remove(a->root, path, err);
	if (file_make_dirs(a->root, VM_AUTO_DIR, 0755, err) < 0)
		return -1;
	return file_symlink(a->root, path, target, err);
}

int vm_note_turn(const struct vm_action *a, const char *key, const char *value, struct err *err)
{
	const struct schema_key *row = schema_find_key(&vm_schema, "vm", key);
	CLEANUP(mem_free_string) char *path = vm_cfg_path(a->name);
	CLEANUP(vm_spec_dispose) struct vm_spec spec;
	struct xlcfg cfg = XLCFG_INIT;
	vm_spec_init(&spec);
	if (schema_set(row, &spec, value, err) < 0)
		return err_prefix(err, "%s: ", key);
	if (a->is_dry)
		return 0;
	if (!file_exists(a->root, path))
		return err_set(
			err, ERR_MISSING, 0, _("there is no guest \"%s\" (%s)"), a->name, path);
	/* What a file need not say is not noted. */
	bool is_initial = strcmp(value, row->initial) == 0;
	int rc = act_read_cfg(a, &cfg, err);
	if (rc == 0)
		rc = xlcfg_set_note(&cfg, key, is_initial ? NULL : value, err);
	if (rc == 0)
		rc = act_write_cfg(a, &cfg, err);
	xlcfg_dispose(&cfg);
	return rc;
}

int vm_console_argv(const struct vm_action *a, struct strlist *ret_argv, struct err *err)
{
	if (act_want_running(a, err) < 0)
		return -1;
	strlist_add(ret_argv, "xl");
	strlist_add(ret_argv, "console");
	strlist_add(ret_argv, a->name);
	return 0;
}

/* The port that its QEMU listens on, or 0. */
static unsigned vnc_port(uint32_t domid)
{
	CLEANUP(mem_free_string) char *path = xasprintf("/local/domain/%u/console/vnc-port", domid);
	struct xs_handle *xs = xs_open(0);
	unsigned len;
	char *text = xs ? xs_read(xs, XBT_NULL, path, &len) : NULL;
	unsigned port = text ? (unsigned)strtoul(text, NULL, 10) : 0;
	free(text);
	if (xs)
		xs_close(xs);
	return port;
}

int vm_vnc_help(const struct vm_action *a, struct str *ret_text, struct err *err)
{
	struct act_guest guest = {.domid = VM_NO_DOMID};
	struct xlcfg cfg = XLCFG_INIT;
	char host[256] = "HOST";
	if (act_look(a, &guest, err) < 0)
		return -1;
	unsigned port = guest.is_running ? vnc_port(guest.domid) : 0;
	if (port == 0)
		return err_set(err, ERR_MISSING, 0,
			_("guest %s has no screen: only a running HVM guest with vnc = yes has one"),
			a->name);
	(void)gethostname(host, sizeof(host) - 1);
	str_add(ret_text,
		_("On another computer (OpenSSH), then a VNC viewer at localhost:5900:\n"
		  "  ssh -L 5900:127.0.0.1:%u root@%s\n"
		  "With PuTTY:\n"
		  "  putty -L 5900:127.0.0.1:%u root@%s\n"),
		port, host, port, host);
	const char *password =
		act_read_cfg(a, &cfg, NULL) == 0 ? xlcfg_get(&cfg, "vncpasswd") : NULL;
	if (password)
		str_add(ret_text, _("Password of the screen: %s\n"), password);
	xlcfg_dispose(&cfg);
	return 0;
}
