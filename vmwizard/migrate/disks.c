/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that move with a guest that is off: read at the source, written and compared at the target. */
#define _GNU_SOURCE
#include "vmwizard/migrate/disks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "proc.h"
#include "vmwizard/paths.h"

/* A disk of terabytes is read once more before it is called the same. */
enum { DISK_MS = 60000, VERIFY_MS = 12 * 3600 * 1000, REASON_MS = 5000, LVM_MS = 120000 };

static char *under(const char *root, const char *path)
{
	return xasprintf("%s%s", root[1] ? root : "", path);
}

/* ---- source */

uint64_t disks_data(const char *root, const struct mig_part *part)
{
	CLEANUP(mem_free_string) char *full = under(root, part->path);
	CLEANUP(mem_free_string) char *volume = part->is_block ? vm_volume_of(part->path) : NULL;
	struct stat st;
	uint64_t bytes = part->size_bytes;
	if (!part->is_block && stat(full, &st) == 0)
		bytes = (uint64_t)st.st_blocks * 512;
	if (volume) {
		const char *const argv[] = {
			"lvs", "--noheadings", "-o", "data_percent", volume, NULL};
		const struct proc_spec spec = {.argv = argv, .timeout_ms = LVM_MS};
		CLEANUP(str_dispose) struct str text = STR_INIT;
		double percent;
		/* A volume that is not thin has none. */
		if (proc_run_output(&spec, &text, NULL) == 0 &&
			sscanf(str_text(&text), "%lf", &percent) == 1 && percent >= 0)
			bytes = (uint64_t)((double)part->size_bytes * percent / 100);
	}
	return bytes < part->size_bytes ? bytes : part->size_bytes;
}

/* A qcow2 image that holds only what differs from another: the docs' header, bytes 8 to 15. */
static bool has_base(const char *root, const struct mig_part *part)
{
	CLEANUP(mem_free_string) char *full = under(root, part->path);
	CLEANUP(file_close) int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned char header[16] = "";
	static const unsigned char none[8];
	return fd >= 0 && read(fd, header, sizeof(header)) == (ssize_t)sizeof(header) &&
	       memcmp(header, "QFI\xfb", 4) == 0 && memcmp(header + 8, none, 8) != 0;
}

void disks_check_source(const char *root, const struct mig_offer *offer, struct strlist *findings)
{
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *part = &offer->parts[i];
		CLEANUP(mem_free_string) char *volume = vm_volume_of(part->path);
		if (part->is_copied && part->is_block && !volume)
			strlist_addf(findings,
				_("disk %s is a device and no volume: it is not copied; attach it "
				  "over there, or take it away from the guest"),
				part->path);
		if (part->is_copied && !part->is_block && has_base(root, part))
			strlist_addf(findings,
				_("disk %s is a qcow2 image on top of another one, which would "
				  "not be copied: make it whole first (qemu-img convert)"),
				part->path);
	}
}

/* However they are called; one that is not there is the one of its path. */
static bool is_same_disk(const char *root, const char *a, const char *b)
{
	CLEANUP(mem_free_string) char *first = under(root, a);
	CLEANUP(mem_free_string) char *second = under(root, b);
	struct stat x, y;
	if (strcmp(a, b) == 0)
		return true;
	if (stat(first, &x) < 0 || stat(second, &y) < 0)
		return false;
	return S_ISBLK(x.st_mode) ? S_ISBLK(y.st_mode) && x.st_rdev == y.st_rdev
				  : x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

void disks_check_removal(const char *root, const struct mig_offer *offer,
	const struct vm_host *host, const struct snap_volumes *volumes, struct strlist *findings)
{
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *part = &offer->parts[i];
		CLEANUP(mem_free_string) char *volume = vm_volume_of(part->path);
		CLEANUP(strlist_dispose) struct strlist snapshots = STRLIST_INIT;
		if (!part->is_copied || part->is_readonly)
			continue;
		for (size_t j = 0; j < host->used.count; j++) {
			const char *entry = host->used.items[j];
			CLEANUP(mem_free_string) char *path = xstrndup(entry, strcspn(entry, "\t"));
			const char *guest = entry + strlen(path) + 1;
			if (strcmp(guest, offer->name) != 0 && is_same_disk(root, path, part->path))
				strlist_addf(findings,
					_("disk %s is the guest %s's, too: without --remove it "
					  "stays"),
					part->path, guest);
		}
		if (volume)
			snap_list_of(volumes, volume, &snapshots);
		if (snapshots.count)
			strlist_addf(findings,
				_("disk %s has %zu snapshots, which do not move: remove them, or "
				  "leave out --remove"),
				part->path, snapshots.count);
	}
}

/*
 * What has been written to a device since the host started, as the kernel counts it (Documentation/block/stat.rst):
 * a guest's writes change no time of the device's name. 0 of a file.
 */
static uint64_t sectors_written(const char *root, const struct stat *st)
{
	CLEANUP(mem_free_string)
	char *path = xasprintf("/sys/dev/block/%u:%u/stat", major(st->st_rdev), minor(st->st_rdev));
	CLEANUP(mem_free_string) char *line = NULL;
	uint64_t sectors = 0;
	if (S_ISBLK(st->st_mode))
		line = file_first_line(root, path);
	return line && sscanf(line, "%*u %*u %*u %*u %*u %*u %" SCNu64, &sectors) == 1 ? sectors
										       : 0;
}

/* O_EXCL: no file system and no volume group has the device. Guests are no such users: what they write is counted. */
static int open_source(
	const char *root, const struct mig_part *part, struct stat *ret_st, struct err *err)
{
	CLEANUP(mem_free_string) char *full = under(root, part->path);
	int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (part->is_block ? O_EXCL : 0));
	if (fd < 0 || fstat(fd, ret_st) < 0) {
		int sys = errno;
		if (fd >= 0)
			(void)close(fd);
		return err_set(err, ERR_IO, sys, _("cannot read disk %s"), part->path);
	}
	return fd;
}

static bool was_written(const char *root, const struct disks_one *disk)
{
	const struct stat *before = &disk->before;
	struct stat now;
	/* Replaced by a new one it has no name left. */
	return fstat(disk->fd, &now) < 0 || now.st_nlink == 0 || now.st_size != before->st_size ||
	       now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec ||
	       sectors_written(root, &now) != disk->sectors;
}

static void show(void *context, uint64_t done, uint64_t total)
{
	const struct disks_progress *p = context;
	p->amount(p->context, p->path, done / 4096, total / 4096);
}

/* What the target says after a disk, or instead of listening to it. */
static int hear(const struct channel *channel, int timeout_ms, const char *sum, struct err *err)
{
	json_t *json = NULL;
	if (channel_receive(channel, timeout_ms, &json, err) < 0)
		return -1;
	const char *word = json_string_value(json_object_get(json, "message"));
	const char *its = json_string_value(json_object_get(json, "sum"));
	const char *why = json_string_value(json_object_get(json, "why"));
	int rc = 0;
	if (!word || strcmp(word, "written") != 0)
		rc = err_set(err, ERR_PROC, 0, "%s",
			why && why[0] ? why : _("the other host gives no reason"));
	else if (!its || strcmp(its, sum) != 0)
		rc = err_set(err, ERR_IO, 0, _("what was written there is not what was sent"));
	json_decref(json);
	return rc;
}

/* Open until the end, when it is looked at once more. */
static const struct disks_one *hold(const char *root, const struct mig_offer *offer, size_t i,
	struct disks_held *held, struct err *err)
{
	struct disks_one one = {.part = i};
	one.fd = open_source(root, &offer->parts[i], &one.before, err);
	if (one.fd < 0)
		return NULL;
	one.sectors = sectors_written(root, &one.before);
	held->disks = xreallocarray(held->disks, held->count + 1, sizeof(*held->disks));
	held->disks[held->count] = one;
	return &held->disks[held->count++];
}

void disks_held_dispose(struct disks_held *held)
{
	for (size_t i = 0; i < held->count; i++)
		(void)close(held->disks[i].fd);
	free(held->disks);
	*held = (struct disks_held){.disks = NULL};
}

int disks_check_held(const char *root, const struct mig_offer *offer, const struct disks_held *held,
	struct err *err)
{
	for (size_t i = 0; i < held->count; i++)
		if (was_written(root, &held->disks[i]))
			return err_set(err, ERR_INVALID, 0,
				_("disk %s: it was written to meanwhile"),
				offer->parts[held->disks[i].part].path);
	return 0;
}

static int send_one(const char *root, const struct mig_offer *offer, size_t i,
	const struct channel *channel, struct disks_held *held, struct disks_progress *progress,
	struct err *err)
{
	const struct mig_part *part = &offer->parts[i];
	char sum[COPY_SUM_TEXT] = "";
	const struct disks_one *disk = hold(root, offer, i, held, err);
	progress->path = part->path;
	if (!disk)
		return -1;
	if (channel_send_word(channel, "disk", json_pack("{s:i}", "part", (int)i), err) < 0 ||
		copy_send(disk->fd, part->size_bytes, channel->out_fd,
			progress->amount ? show : NULL, progress, sum, err) < 0) {
		struct err reason = ERR_INIT;
		/* It may have said why it hung up: no room, for one. */
		if (hear(channel, REASON_MS, "", &reason) < 0 && reason.code == ERR_PROC)
			(void)err_set(err, ERR_PROC, 0, "%s", reason.text);
		return -1;
	}
	if (was_written(root, disk))
		return err_set(err, ERR_INVALID, 0, "%s", _("it was written to meanwhile"));
	if (channel_send_word(channel, "sum", json_pack("{s:s}", "sum", sum), err) < 0)
		return -1;
	return hear(channel, VERIFY_MS, sum, err);
}

int disks_send(const char *root, const struct mig_offer *offer, const struct channel *channel,
	struct disks_held *held, struct disks_progress *progress, struct err *err)
{
	for (size_t i = 0; i < offer->n_parts; i++) {
		struct err why = ERR_INIT;
		if (!offer->parts[i].is_copied ||
			send_one(root, offer, i, channel, held, progress, &why) == 0)
			continue;
		(void)err_set(err, why.code, 0, "%s", why.text);
		/* The target's own words name the disk. */
		return why.code == ERR_PROC ? -1
					    : err_prefix(err, _("disk %s: "), offer->parts[i].path);
	}
	return 0;
}

static int run_lvm(const char *const *argv, struct err *err)
{
	const struct proc_spec spec = {.argv = argv, .timeout_ms = LVM_MS};
	return proc_run_ok(&spec, err);
}

static int remove_volume(const char *volume, struct err *err)
{
	const char *const argv[] = {"lvremove", "-q", "-f", volume, NULL};
	return run_lvm(argv, err);
}

int disks_remove(const char *root, const struct mig_part *part, struct err *err)
{
	CLEANUP(mem_free_string) char *volume = part->is_block ? vm_volume_of(part->path) : NULL;
	return volume ? remove_volume(volume, err) : file_remove(root, part->path, err);
}

/* ---- target */

static char *dir_of(const char *path)
{
	size_t len = (size_t)(strrchr(path, '/') - path);
	return len ? xstrndup(path, len) : xstrdup("/");
}

/* Beside its real name, or in the same volume group; the caller frees. */
static char *aside_of(const struct mig_offer *offer, const struct mig_part *part)
{
	const char *base = strrchr(part->path, '/') + 1;
	CLEANUP(mem_free_string) char *dir = dir_of(part->path);
	return part->is_block ? xasprintf("%s/%s.coming-%.8s", dir, base, offer->id)
			      : xasprintf("%s/.%s.coming-%.8s", dir, base, offer->id);
}

static const struct vm_pool *pool_of(const struct vm_host *host, const char *volume)
{
	size_t len = strcspn(volume, "/");
	for (size_t i = 0; i < host->n_pools; i++) {
		const struct vm_pool *pool = &host->pools[i];
		if (pool->kind != VM_POOL_DIR && strncmp(pool->path, volume, len) == 0 &&
			(pool->path[len] == '\0' || pool->path[len] == '/'))
			return pool;
	}
	return NULL;
}

/* Where a part goes: what has to have room for it. */
struct place {
	const struct vm_pool *pool;
	dev_t device;
	uint64_t free_bytes;
};

static bool is_same_place(const struct place *a, const struct place *b)
{
	return a->pool || b->pool ? a->pool == b->pool : a->device == b->device;
}

/* False, with a finding, when there is none. */
static bool find_place(const char *root, const struct vm_host *host, const struct mig_part *part,
	struct place *ret_place, struct strlist *findings)
{
	CLEANUP(mem_free_string) char *volume = part->is_block ? vm_volume_of(part->path) : NULL;
	CLEANUP(mem_free_string) char *dir = dir_of(part->path);
	CLEANUP(file_close) int fd = -1;
	struct statvfs room;
	struct stat st;
	*ret_place = (struct place){.pool = NULL};
	if (part->is_block) {
		ret_place->pool = volume ? pool_of(host, volume) : NULL;
		if (!ret_place->pool)
			strlist_addf(findings, _("there is no pool there for disk %s"), part->path);
		else
			ret_place->free_bytes = ret_place->pool->free_bytes;
		return ret_place->pool != NULL;
	}
	if (file_open_dir(root, dir, &fd, NULL) < 0 || fstat(fd, &st) < 0 ||
		fstatvfs(fd, &room) < 0) {
		strlist_addf(findings, _("there is no directory %s there"), dir);
		return false;
	}
	ret_place->device = st.st_dev;
	ret_place->free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
	return true;
}

/* Of a volume that is not thin all is taken. */
static uint64_t need_of(const struct mig_part *part, const struct place *place)
{
	bool is_full = place->pool && place->pool->kind == VM_POOL_LVM;
	return is_full ? part->size_bytes : part->data_bytes;
}

void disks_check_target(const char *root, const struct mig_offer *offer, const struct vm_host *host,
	struct strlist *findings)
{
	struct place *places = xcalloc(offer->n_parts + 1, sizeof(*places));
	bool *is_known = xcalloc(offer->n_parts + 1, sizeof(*is_known));
	for (size_t i = 0; i < offer->n_parts; i++) {
		uint64_t need = 0, last = 0;
		const struct mig_part *part = &offer->parts[i];
		if (part->is_copied && file_exists(root, part->path))
			strlist_addf(findings,
				_("disk %s is there already, and not the same one: remove or rename "
				  "it there, if nobody needs it"),
				part->path);
		is_known[i] = part->is_copied && find_place(root, host, part, &places[i], findings);
		for (size_t j = 0; is_known[i] && j <= i; j++)
			if (is_known[j] && is_same_place(&places[i], &places[j]))
				need += last = need_of(&offer->parts[j], &places[j]);
		/* Said once for a place: with the disk that is too much. */
		if (is_known[i] && need > places[i].free_bytes &&
			need - last <= places[i].free_bytes)
			strlist_addf(findings,
				_("no room there for disk %s: %" PRIu64 " MiB are wanted up to it, "
				  "%" PRIu64 " MiB are free"),
				part->path, (need + NUM_MIB - 1) / NUM_MIB,
				places[i].free_bytes / NUM_MIB);
	}
	free(places);
	free(is_known);
}

static int make_volume(const struct vm_host *host, const char *aside, uint64_t size_bytes,
	bool *ret_has_old, struct err *err)
{
	CLEANUP(mem_free_string) char *volume = vm_volume_of(aside);
	CLEANUP(mem_free_string) char *size = xasprintf("%" PRIu64 "b", size_bytes);
	const struct vm_pool *pool = volume ? pool_of(host, volume) : NULL;
	if (!pool)
		return err_set(err, ERR_MISSING, 0, "%s", _("its pool is gone"));
	CLEANUP(mem_free_string) char *group = xstrndup(volume, strcspn(volume, "/"));
	const char *name = strchr(volume, '/') + 1;
	const char *const thin[] = {
		"lvcreate", "-q", "-y", "-W", "n", "-V", size, "-T", pool->path, "-n", name, NULL};
	const char *const full[] = {
		"lvcreate", "-q", "-y", "-W", "y", "-L", size, "-n", name, group, NULL};
	*ret_has_old = pool->kind == VM_POOL_LVM;
	return run_lvm(pool->kind == VM_POOL_THIN ? thin : full, err);
}

/* The descriptor of a new disk, or -1. */
static int make(const char *root, const struct mig_offer *offer, const struct mig_part *part,
	const struct vm_host *host, bool *ret_has_old, struct err *err)
{
	CLEANUP(mem_free_string) char *aside = aside_of(offer, part);
	CLEANUP(mem_free_string) char *full = under(root, aside);
	uint64_t bytes = 0;
	*ret_has_old = false;
	if (part->is_block && make_volume(host, aside, part->size_bytes, ret_has_old, err) < 0)
		return -1;
	int fd = open(full, O_RDWR | O_CLOEXEC | O_EXCL | (part->is_block ? 0 : O_CREAT), 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, errno, _("cannot make it"));
	bool is_large = part->is_block
				? ioctl(fd, BLKGETSIZE64, &bytes) == 0 && bytes >= part->size_bytes
				: part->size_bytes <= INT64_MAX &&
					  ftruncate(fd, (off_t)part->size_bytes) == 0;
	if (is_large)
		return fd;
	(void)close(fd);
	return err_set(err, ERR_IO, 0, "%s", _("cannot make it as large as it was"));
}

static int receive_sum(const struct channel *channel, const char *own, struct err *err)
{
	json_t *json = NULL;
	if (channel_receive(channel, DISK_MS, &json, err) < 0)
		return -1;
	const char *sum = json_string_value(json_object_get(json, "sum"));
	bool is_same = sum && strcmp(sum, own) == 0;
	json_decref(json);
	if (!is_same)
		return err_set(err, ERR_IO, 0, "%s",
			_("what was written, read back, is not what was sent"));
	return channel_send_word(channel, "written", json_pack("{s:s}", "sum", own), err);
}

static int receive_one(const char *root, const struct mig_offer *offer, const struct mig_part *part,
	const struct vm_host *host, const struct channel *channel, struct err *err)
{
	char sum[COPY_SUM_TEXT] = "";
	bool has_old;
	CLEANUP(file_close) int fd = make(root, offer, part, host, &has_old, err);
	if (fd < 0 || copy_receive(channel->in_fd, fd, part->size_bytes, has_old, err) < 0 ||
		copy_sum(fd, part->size_bytes, sum, err) < 0)
		return -1;
	return receive_sum(channel, sum, err);
}

int disks_receive(const char *root, const struct mig_offer *offer, const struct vm_host *host,
	const struct channel *channel, struct err *err)
{
	for (size_t i = 0; i < offer->n_parts; i++) {
		json_t *json = NULL;
		if (!offer->parts[i].is_copied)
			continue;
		if (channel_receive(channel, DISK_MS, &json, err) < 0)
			return -1;
		const json_t *number = json_object_get(json, "part");
		bool is_it = json_is_integer(number) && json_integer_value(number) == (json_int_t)i;
		json_decref(json);
		if (!is_it)
			return err_set(err, ERR_INVALID, 0, "%s", _("another disk comes"));
		if (receive_one(root, offer, &offer->parts[i], host, channel, err) < 0)
			return err_prefix(err, _("disk %s: "), offer->parts[i].path);
	}
	return 0;
}

int disks_are_free(const char *root, const struct mig_offer *offer, struct err *err)
{
	for (size_t i = 0; i < offer->n_parts; i++)
		if (offer->parts[i].is_copied && file_exists(root, offer->parts[i].path))
			return err_set(err, ERR_INVALID, 0, _("disk %s was made there meanwhile"),
				offer->parts[i].path);
	return 0;
}

static int place_file(const char *root, const char *aside, const char *path, struct err *err)
{
	CLEANUP(mem_free_string) char *from = under(root, aside);
	CLEANUP(mem_free_string) char *to = under(root, path);
	CLEANUP(mem_free_string) char *dir = dir_of(path);
	CLEANUP(file_close) int fd = -1;
	/* A link and not a rename: what lies there by now is not replaced. */
	int r = link(from, to);
	/* Cut short between the two names. */
	if (r < 0 && errno == EEXIST && is_same_disk(root, aside, path))
		r = 0;
	else if (r < 0 && errno != EEXIST)
		r = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
	if (r < 0)
		return err_set(err, ERR_IO, errno, "%s", _("cannot give it its name"));
	(void)unlink(from);
	if (file_open_dir(root, dir, &fd, err) < 0)
		return -1;
	return fsync(fd) < 0 && errno != EINVAL
		       ? err_set(err, ERR_IO, errno, _("cannot write %s"), dir)
		       : 0;
}

static int place_volume(const char *aside, const char *path, struct err *err)
{
	CLEANUP(mem_free_string) char *from = vm_volume_of(aside);
	CLEANUP(mem_free_string) char *group = xstrndup(from, strcspn(from, "/"));
	const char *const argv[] = {
		"lvrename", "-q", group, strchr(from, '/') + 1, strrchr(path, '/') + 1, NULL};
	return run_lvm(argv, err);
}

int disks_place(const char *root, const struct mig_offer *offer, struct err *err)
{
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *part = &offer->parts[i];
		CLEANUP(mem_free_string)
		char *aside = part->is_copied ? aside_of(offer, part) : NULL;
		/* Done before a crash. */
		if (!aside || !file_exists(root, aside))
			continue;
		int rc = part->is_block ? place_volume(aside, part->path, err)
					: place_file(root, aside, part->path, err);
		if (rc < 0)
			return err_prefix(err, _("disk %s: "), part->path);
	}
	return 0;
}

int disks_undo(const char *root, const struct mig_offer *offer, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *part = &offer->parts[i];
		CLEANUP(mem_free_string)
		char *aside = part->is_copied ? aside_of(offer, part) : NULL;
		CLEANUP(mem_free_string)
		char *volume = aside && part->is_block ? vm_volume_of(aside) : NULL;
		if (!aside || !file_exists(root, aside))
			continue;
		if ((volume ? remove_volume(volume, err) : file_remove(root, aside, err)) < 0)
			rc = -1;
	}
	return rc;
}
