/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may start a guest from an image that several hosts can reach: a small file beside it. */
#define _GNU_SOURCE
#include "owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "str.h"

enum { OWNER_MAX = 4096, ID_LEN = 32 };

static const char head[] =
	"# Which host may start a guest from the image beside this; see domus-vm(8), SHARED POOLS\n";

void owner_dispose(struct owner *owner)
{
	free(owner->host);
	free(owner->host_name);
	free(owner->guest);
	free(owner->guest_name);
	free(owner->refused);
	*owner = (struct owner){.host = NULL};
}

static void owner_init(struct owner *owner)
{
	*owner = (struct owner){.host = xstrdup(""),
		.host_name = xstrdup(""),
		.guest = xstrdup(""),
		.guest_name = xstrdup(""),
		.refused = xstrdup("")};
}

static void set(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

static bool is_id(const char *text)
{
	return strlen(text) == ID_LEN && strspn(text, "0123456789abcdef") == ID_LEN;
}

/* ---- files in a directory that others write to, too */

/* A file that nobody else has the name of, whole and on disk; the caller frees the name. */
static char *write_aside(int dir, const char *name, const char *text)
{
	uint32_t number;
	/* Two hosts may have processes of one number. */
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return NULL;
	CLEANUP(mem_free_string)
	char *aside = xasprintf("%.200s.%ld.%08x", name, (long)getpid(), (unsigned)number);
	CLEANUP(file_close)
	int fd = openat(dir, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return NULL;
	if (file_write_all(fd, text, strlen(text)) == 0 && fchmod(fd, 0644) == 0 && fsync(fd) == 0)
		return xstrdup(aside);
	int sys = errno;
	(void)unlinkat(dir, aside, 0);
	errno = sys;
	return NULL;
}

/* For file systems without hard links: whoever makes it, has it. */
static int write_first(int dir, const char *name, const char *text)
{
	CLEANUP(file_close)
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	if (file_write_all(fd, text, strlen(text)) == 0 && fsync(fd) == 0)
		return 0;
	int sys = errno;
	(void)unlinkat(dir, name, 0);
	errno = sys;
	return -1;
}

/* 1: somebody has made it meanwhile; a link is made by one alone, on NFS too (open(2), O_EXCL). */
static int write_new(int dir, const char *name, const char *text, struct err *err)
{
	CLEANUP(mem_free_string) char *aside = write_aside(dir, name, text);
	int r = aside ? linkat(dir, aside, dir, name, 0) : -1;
	if (aside && r < 0 && errno != EEXIST)
		r = write_first(dir, name, text);
	int sys = errno;
	if (aside)
		(void)unlinkat(dir, aside, 0);
	(void)fsync(dir);
	if (r == 0)
		return 0;
	return sys == EEXIST ? 1 : err_set(err, ERR_IO, sys, _("cannot write %s"), name);
}

static int write_over(int dir, const char *name, const char *text, struct err *err)
{
	CLEANUP(mem_free_string) char *aside = write_aside(dir, name, text);
	if (!aside || renameat(dir, aside, dir, name) < 0) {
		int sys = errno;
		if (aside)
			(void)unlinkat(dir, aside, 0);
		return err_set(err, ERR_IO, sys, _("cannot write %s"), name);
	}
	(void)fsync(dir);
	return 0;
}

/* ---- this host */

static int draw_id(const char *root, struct err *err)
{
	unsigned char bytes[ID_LEN / 2];
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(file_close) int dir = -1;
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_set(err, ERR_IO, 0, "%s", _("the kernel gives no random numbers"));
	for (size_t i = 0; i < sizeof(bytes); i++)
		str_add(&text, "%02x", bytes[i]);
	str_add(&text, "\n");
	if (file_make_dirs(root, "/var/lib/domus", 0755, err) < 0 ||
		file_open_dir(root, "/var/lib/domus", &dir, err) < 0)
		return -1;
	return write_new(dir, "host-id", str_text(&text), err) < 0 ? -1 : 0;
}

static char *own_name(const char *root)
{
	char name[256] = "";
	char *first = file_first_line(root, "/etc/hostname");
	if (first)
		return first;
	(void)gethostname(name, sizeof(name) - 1);
	return xstrdup(name);
}

int owner_self(const char *root, const char *guest, const char *guest_name, struct owner *ret_self,
	struct err *err)
{
	owner_init(ret_self);
	for (int tries = 0; tries < 2; tries++) {
		CLEANUP(mem_free_string) char *id = file_first_line(root, OWNER_ID_PATH);
		CLEANUP(mem_free_string) char *name = own_name(root);
		if (id && is_id(id)) {
			set(&ret_self->host, id);
			set(&ret_self->host_name, name);
			set(&ret_self->guest, guest);
			set(&ret_self->guest_name, guest_name);
			return 0;
		}
		/* One that is broken must not be taken for another's. */
		if ((id && file_remove(root, OWNER_ID_PATH, err) < 0) || draw_id(root, err) < 0)
			return -1;
	}
	return err_set(err, ERR_INVALID, 0, _("%s holds no host's id"), OWNER_ID_PATH);
}

/* ---- where an owner is wanted */

static bool is_shared_type(const char *type)
{
	static const char *const types[] = {"nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "virtiofs",
		"ocfs2", "gfs2", "lustre", "beegfs", "orangefs", "afs", "fuse.glusterfs",
		"fuse.sshfs", "fuse.cephfs", "fuse.ceph-fuse", NULL};
	for (size_t i = 0; types[i]; i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* How much of path the mount point is, or 0 if path is not below it. */
static size_t covers(const char *mount_point, const char *path)
{
	size_t len = strlen(mount_point);
	if (strcmp(mount_point, "/") == 0)
		return 1;
	return strncmp(mount_point, path, len) == 0 && path[len] == '/' ? len : 0;
}

/* Links resolved, as seen from root; the caller frees. */
static char *real_path(const char *root, const char *path)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s", root[1] ? root : "", path);
	CLEANUP(mem_free_string) char *above = root[1] ? realpath(root, NULL) : NULL;
	CLEANUP(mem_free_string) char *real = realpath(full, NULL);
	size_t skip = above ? strlen(above) : 0;
	if (!real || (above && strncmp(real, above, skip) != 0))
		return xstrdup(path);
	return xstrdup(real + skip);
}

static bool is_shared(const char *root, const char *path)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	CLEANUP(mem_free_string) char *real = real_path(root, path);
	size_t longest = 0;
	bool is_last_shared = false;
	if (file_read(root, "/proc/mounts", NUM_MIB, &text, NULL) < 0)
		return false;
	strlist_add_lines(&lines, str_text(&text));
	for (size_t i = 0; i < lines.count; i++) {
		char mount_point[1024], type[64];
		size_t len = sscanf(lines.items[i], "%*s %1023s %63s", mount_point, type) == 2
				     ? covers(mount_point, real)
				     : 0;
		/* The later of two on one directory is the one that is seen. */
		if (len == 0 || len < longest)
			continue;
		longest = len;
		is_last_shared = is_shared_type(type);
	}
	return is_last_shared;
}

/* ---- the file beside the image */

static int open_place(
	const char *root, const char *path, int *ret_dir, char **ret_name, struct err *err)
{
	CLEANUP(mem_free_string) char *real = real_path(root, path);
	char *slash = strrchr(real, '/');
	if (!slash || !slash[1])
		return err_set(err, ERR_INVALID, 0, _("\"%s\" is no path of a disk"), path);
	CLEANUP(mem_free_string) char *dir = xstrndup(real, (size_t)(slash - real));
	if (file_open_dir(root, dir[0] ? dir : "/", ret_dir, err) < 0)
		return -1;
	*ret_name = xasprintf(".%s.owner", slash + 1);
	return 0;
}

static void take_line(struct owner *owner, const char *line)
{
	const struct {
		const char *key;
		char **text;
	} rows[] = {{"host=", &owner->host}, {"host-name=", &owner->host_name},
		{"guest=", &owner->guest}, {"guest-name=", &owner->guest_name},
		{"refused=", &owner->refused}};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strncmp(line, rows[i].key, strlen(rows[i].key)) == 0)
			set(rows[i].text, line + strlen(rows[i].key));
}

static int read_at(int dir, const char *name, struct owner *owner, struct err *err)
{
	char text[OWNER_MAX + 1];
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	CLEANUP(file_close)
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(err, ERR_IO, errno, _("cannot read %s"), name);
	ssize_t n = read(fd, text, OWNER_MAX);
	if (n < 0)
		return err_set(err, ERR_IO, errno, _("cannot read %s"), name);
	text[n] = '\0';
	strlist_add_lines(&lines, text);
	for (size_t i = 0; i < lines.count; i++)
		take_line(owner, lines.items[i]);
	/* It is there, so somebody has it: what cannot be read is not nobody's. */
	if (!is_id(owner->host))
		set(&owner->host, "?");
	return 0;
}

int owner_read(const char *root, const char *path, struct owner *ret_owner, struct err *err)
{
	CLEANUP(mem_free_string) char *name = NULL;
	CLEANUP(file_close) int dir = -1;
	struct err why = ERR_INIT;
	owner_init(ret_owner);
	if (open_place(root, path, &dir, &name, &why) < 0)
		return why.code == ERR_MISSING ? 0 : err_set(err, why.code, 0, "%s", why.text);
	if (read_at(dir, name, ret_owner, &why) < 0)
		return err_set(err, why.code, 0, "%s: %s", path, why.text);
	return 0;
}

bool owner_concerns(const char *root, const char *path)
{
	struct owner owner;
	/* What cannot be read is not taken for nothing. */
	bool has_owner = owner_read(root, path, &owner, NULL) < 0 || owner.host[0];
	owner_dispose(&owner);
	return has_owner || is_shared(root, path);
}

static char *text_of(const struct owner *self)
{
	return xasprintf("%shost=%s\nhost-name=%s\nguest=%s\nguest-name=%s\n%s%s%s", head,
		self->host, self->host_name, self->guest, self->guest_name,
		self->refused[0] ? "refused=" : "", self->refused, self->refused[0] ? "\n" : "");
}

static int refuse(
	const char *path, const struct owner *owner, const struct owner *self, struct err *err)
{
	bool is_namesake = strcmp(owner->host_name, self->host_name) == 0;
	if (!is_id(owner->host))
		return err_set(err, ERR_INVALID, 0,
			_("disk %s has an owner whose file cannot be understood; if no other host "
			  "uses it: domus-vm start %s --force"),
			path, self->guest_name);
	return err_set(err, ERR_INVALID, 0,
		is_namesake
			? _("disk %s belongs to the guest %s of another host called %s (%.8s; "
			    "this one is %.8s), or of this one before it was installed anew; if "
			    "no other host uses it: domus-vm start %s --force")
			: _("disk %s belongs to the guest %s of host %s (%.8s; this one is "
			    "%.8s) and may be in use there; move it from there, or, if that host "
			    "is gone: domus-vm start %s --force"),
		path, owner->guest_name, owner->host_name, owner->host, self->host,
		self->guest_name);
}

static bool is_own(const struct owner *owner, const struct owner *self)
{
	return strcmp(owner->host, self->host) == 0;
}

int owner_check(const char *root, const char *path, const struct owner *self, struct err *err)
{
	struct owner owner;
	int rc = owner_read(root, path, &owner, err);
	if (rc == 0 && owner.host[0] && !is_own(&owner, self))
		rc = refuse(path, &owner, self, err);
	owner_dispose(&owner);
	return rc;
}

/* 1: it was made by somebody meanwhile. */
static int claim_once(const char *root, const char *path, const struct owner *self, struct err *err)
{
	struct owner owner;
	CLEANUP(mem_free_string) char *name = NULL;
	CLEANUP(mem_free_string) char *text = text_of(self);
	CLEANUP(file_close) int dir = -1;
	int rc = owner_read(root, path, &owner, err);
	bool is_free = rc == 0 && !owner.host[0];
	bool is_ours = rc == 0 && is_own(&owner, self);
	bool is_same = is_ours && strcasecmp(owner.guest, self->guest) == 0 &&
		       strcmp(owner.guest_name, self->guest_name) == 0;
	if (rc == 0 && !is_free && !is_ours)
		rc = refuse(path, &owner, self, err);
	owner_dispose(&owner);
	if (rc < 0 || is_same || (is_free && !is_shared(root, path)))
		return rc;
	if (open_place(root, path, &dir, &name, err) < 0)
		return -1;
	rc = is_free ? write_new(dir, name, text, err) : write_over(dir, name, text, err);
	return rc < 0 ? err_prefix(err, _("disk %s: "), path) : rc;
}

int owner_claim(const char *root, const char *path, const struct owner *self, struct err *err)
{
	int rc = claim_once(root, path, self, err);
	/* Now it says whom it belongs to. */
	return rc == 1 ? owner_check(root, path, self, err) : rc;
}

int owner_take(const char *root, const char *path, const struct owner *self, struct err *err)
{
	struct owner owner;
	CLEANUP(mem_free_string) char *name = NULL;
	CLEANUP(mem_free_string) char *text = text_of(self);
	CLEANUP(file_close) int dir = -1;
	bool is_foreign = owner_read(root, path, &owner, NULL) < 0 ||
			  (owner.host[0] && !is_own(&owner, self));
	owner_dispose(&owner);
	if (!is_foreign && !self->refused[0])
		return owner_claim(root, path, self, err);
	if (open_place(root, path, &dir, &name, err) < 0 || write_over(dir, name, text, err) < 0)
		return err_prefix(err, _("disk %s: "), path);
	/* Two that take it at once: the later one has it. */
	return owner_check(root, path, self, err);
}

int owner_release(const char *root, const char *path, const struct owner *self, struct err *err)
{
	struct owner owner;
	CLEANUP(mem_free_string) char *name = NULL;
	CLEANUP(file_close) int dir = -1;
	int rc = owner_read(root, path, &owner, err);
	bool is_ours = rc == 0 && is_own(&owner, self);
	owner_dispose(&owner);
	if (rc < 0 || !is_ours)
		return rc;
	if (open_place(root, path, &dir, &name, err) < 0)
		return -1;
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return err_set(err, ERR_IO, errno, _("cannot remove %s"), name);
	(void)fsync(dir);
	return 0;
}
