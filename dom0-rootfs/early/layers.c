/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The squashfs layers and the root that is stacked from them. */
#include "layers.h"

#include "console.h"
#include "medium.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define LAYERS_DIR "/run/domus/layers"
#define SOURCE_DIR MEDIUM_DOMUS "/layers"
#define RAM_DIR "/run/domus/ram"
#define WRITE_DIR "/run/domus/rw"
#define LAYER_MAX 12
#define PATH_BYTES 512
#define KEEP_FREE_BYTES (96ULL << 20) /* what dom0 needs besides the copied files */

struct layer {
	const char *name;
	bool must_be;
};

/* The first one lies on top. */
static const struct layer layers[] = {
	{"modules", true},
	{"base", true},
	{"domus", true},
	{"hvm", false},
	{"remote", false},
	{"firmware", false},
};

#define LAYER_COUNT (sizeof(layers) / sizeof(layers[0]))

static bool is_in_list(const char *list, const char *name)
{
	const size_t len = strlen(name);

	while (*list != '\0') {
		size_t n = strcspn(list, ",");

		if (n == len && memcmp(list, name, n) == 0)
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

static bool is_wanted(const struct layer *layer, const char *wanted)
{
	return layer->must_be || wanted[0] == '\0' || is_in_list(wanted, layer->name);
}

static bool find_file(const struct layer *layer, char *ret_path, size_t size, struct stat *ret_stat)
{
	text_format(ret_path, size, SOURCE_DIR "/%s.squashfs", layer->name);
	return stat(ret_path, ret_stat) == 0;
}

static uint64_t available_bytes(void)
{
	char text[2048];
	const char *at;
	struct sysinfo info;
	unsigned long long kib;

	if (text_read_file("/proc/meminfo", text, sizeof(text)) > 0 &&
		(at = strstr(text, "MemAvailable:")) != NULL &&
		sscanf(at, "MemAvailable: %llu", &kib) == 1)
		return kib << 10;
	return sysinfo(&info) == 0 ? (uint64_t)info.freeram * info.mem_unit : 0;
}

static int copy_file(
	const char *from, const char *to, uint64_t *done, uint64_t total, struct why *why)
{
	static char block[1 << 18];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	unsigned int shown = total == 0 ? 0 : (unsigned int)(*done * 100 / total);
	ssize_t n = -1;

	while (in >= 0 && out >= 0 && (n = read(in, block, sizeof(block))) > 0) {
		unsigned int percent;

		if (write(out, block, (size_t)n) != n) {
			n = -1;
			break;
		}
		*done += (uint64_t)n;
		percent = total == 0 ? 100 : (unsigned int)(*done * 100 / total);
		if (percent >= shown + 5 || percent >= 100)
			console_progress("Copying to memory", shown = percent);
	}
	if (n < 0)
		why_set(why, errno, "cannot copy %s to memory", from);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return n < 0 ? -1 : 0;
}

/* The medium's files on their way to memory, or only being counted. */
struct copying {
	const char *wanted;
	uint64_t total;
	uint64_t done;
	bool counts;
};

/* All but layers that nobody wants. */
static bool goes_along(const struct copying *c, const char *name)
{
	for (size_t i = 0; i < LAYER_COUNT; i++) {
		const size_t len = strlen(layers[i].name);

		if (strncmp(name, layers[i].name, len) == 0 && strcmp(name + len, ".squashfs") == 0)
			return is_wanted(&layers[i], c->wanted);
	}
	return true;
}

static int copy_tree(struct copying *c, const char *from, const char *to, struct why *why);

static int copy_dir(struct copying *c, const char *from, const char *to, struct why *why)
{
	DIR *dir = opendir(from);
	const struct dirent *entry;
	char source[PATH_BYTES];
	char target[PATH_BYTES];
	int rc = 0;

	if (dir == NULL)
		return why_set(why, errno, "cannot read %s", from);
	if (!c->counts)
		mkdir(to, 0755);
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || !goes_along(c, entry->d_name))
			continue;
		if (text_format(source, sizeof(source), "%s/%s", from, entry->d_name) < 0 ||
			text_format(target, sizeof(target), "%s/%s", to, entry->d_name) < 0)
			rc = why_set(why, 0, "a path on the medium is too long: %s", source);
		else
			rc = copy_tree(c, source, target, why);
	}
	closedir(dir);
	return rc;
}

/* A file, or a directory with all that is in it. What is not there is left out. */
static int copy_tree(struct copying *c, const char *from, const char *to, struct why *why)
{
	struct stat st;

	if (stat(from, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return copy_dir(c, from, to, why);
	if (!c->counts)
		return copy_file(from, to, &c->done, c->total, why);
	c->total += (uint64_t)st.st_size;
	return 0;
}

/* A release, from which Domus can be installed too, and the file that an unattended installation looks for. */
static int copy_medium(struct copying *c, struct why *why)
{
	if (copy_tree(c, MEDIUM_DOMUS, RAM_DIR "/domus", why) < 0)
		return -1;
	return copy_tree(c, MEDIUM_DIR "/domus.conf", RAM_DIR "/domus.conf", why);
}

int layers_copy_to_ram(const char *wanted, struct why *why)
{
	struct copying c = {.wanted = wanted, .counts = true};
	char options[64];
	char need[24];
	char have[24];

	if (copy_medium(&c, why) < 0)
		return -1;
	if (available_bytes() < c.total + KEEP_FREE_BYTES) {
		console_say(TONE_WARN,
			"toram: %s needed, %s free: the medium stays in use (give dom0 more memory: dom0_mem=)",
			text_size(c.total + KEEP_FREE_BYTES, need, sizeof(need)),
			text_size(available_bytes(), have, sizeof(have)));
		return 0;
	}
	mkdir(RAM_DIR, 0755);
	/* A file takes whole pages. */
	text_format(options, sizeof(options), "mode=0755,size=%llu",
		(unsigned long long)c.total + (8 << 20));
	if (mount("medium", RAM_DIR, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return why_set(why, errno, "cannot mount a tmpfs for the medium's files");
	c.counts = false;
	if (copy_medium(&c, why) < 0)
		return -1;
	if (umount(MEDIUM_DIR) == 0)
		console_say(TONE_GOOD, "Everything is in memory, the medium can be taken out.");
	if (mount(RAM_DIR, MEDIUM_DIR, NULL, MS_MOVE, NULL) < 0)
		return why_set(why, errno, "cannot put the copy in the medium's place");
	return 0;
}

/* Bind a file to a free loop device; it goes away with the mount. Returns the open device or -1. */
static int attach_loop(const char *file, char *ret_device, size_t size)
{
	struct loop_config config = {.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int backing = open(file, O_RDONLY | O_CLOEXEC);
	int device = -1;
	int saved;

	if (control < 0 || backing < 0)
		goto out;
	config.fd = (uint32_t)backing;
	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%.63s", file);
	for (int tries = 0; tries < 20 && device < 0; tries++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);

		if (number < 0)
			break;
		text_format(ret_device, size, "/dev/loop%d", number);
		device = open(ret_device, O_RDONLY | O_CLOEXEC);
		if (device >= 0 && ioctl(device, LOOP_CONFIGURE, &config) < 0) {
			saved = errno;
			close(device);
			device = -1;
			errno = saved;
			if (saved != EBUSY)
				break;
		}
	}
out:
	saved = errno;
	if (control >= 0)
		close(control);
	if (backing >= 0)
		close(backing);
	errno = saved;
	return device;
}

static int mount_layer(
	const struct layer *layer, const char *wanted, bool *ret_mounted, struct why *why)
{
	char file[160];
	char device[40];
	char dir[160];
	struct stat st;
	int fd;
	int r;

	*ret_mounted = false;
	if (!is_wanted(layer, wanted))
		return 0;
	if (!find_file(layer, file, sizeof(file), &st)) {
		if (!layer->must_be && !is_in_list(wanted, layer->name))
			return 0;
		return why_set(
			why, 0, "MISSING: layers/%s.squashfs: write the medium again", layer->name);
	}
	fd = attach_loop(file, device, sizeof(device));
	if (fd < 0)
		return why_set(why, errno, "cannot attach layers/%s.squashfs to a loop device",
			layer->name);
	text_format(dir, sizeof(dir), LAYERS_DIR "/%s", layer->name);
	mkdir(dir, 0755);
	r = mount(device, dir, "squashfs", MS_RDONLY, NULL);
	if (r < 0)
		why_set(why, errno,
			"DAMAGED: layers/%s.squashfs cannot be mounted: check the medium (domus.check)",
			layer->name);
	close(fd); /* only now: the device would clear itself */
	*ret_mounted = r == 0;
	return r;
}

int layers_mount_root(const char *wanted, struct why *why)
{
	char options[LAYER_MAX * 40 + 160] = "lowerdir=";
	size_t used;
	bool mounted;

	mkdir(LAYERS_DIR, 0755);
	for (size_t i = 0; i < LAYER_COUNT; i++) {
		if (mount_layer(&layers[i], wanted, &mounted, why) < 0)
			return -1;
		used = strlen(options);
		if (mounted)
			text_format(options + used, sizeof(options) - used, "%s" LAYERS_DIR "/%s",
				i == 0 ? "" : ":", layers[i].name);
	}
	mkdir(WRITE_DIR, 0755);
	if (mount("rw", WRITE_DIR, "tmpfs", 0, "mode=0755") < 0)
		return why_set(why, errno, "cannot mount the writable layer");
	mkdir(WRITE_DIR "/upper", 0755);
	mkdir(WRITE_DIR "/work", 0755);
	mkdir(NEW_ROOT, 0755);
	used = strlen(options);
	text_format(options + used, sizeof(options) - used,
		",upperdir=" WRITE_DIR "/upper,workdir=" WRITE_DIR "/work");
	if (mount("root", NEW_ROOT, "overlay", 0, options) < 0)
		return why_set(why, errno, "cannot stack the layers (overlay)");
	return 0;
}
