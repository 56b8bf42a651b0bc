/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces by ioctl: no program is run for them. */
#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attrs.h"
#include "file.h"
#include "netinv.h"
#include "str.h"

/* The interface's name is put into the request; -1 with errno. */
static int ask_kernel(const char *name, unsigned long request, struct ifreq *ifreq)
{
	CLEANUP(file_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	(void)snprintf(ifreq->ifr_name, sizeof(ifreq->ifr_name), "%s", name);
	return fd < 0 ? -1 : ioctl(fd, request, ifreq);
}

bool link_exists(const char *name)
{
	return if_nametoindex(name) != 0;
}

static bool exists_in_sys(const char *name, const char *entry)
{
	char path[PATH_MAX];
	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, entry);
	return access(path, F_OK) == 0;
}

bool link_is_bridge(const char *name)
{
	return exists_in_sys(name, "bridge");
}

int link_find_bridge(char ret_name[IFNAMSIZ], struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	if (file_list_dir("/", "/sys/class/net", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (link_is_bridge(names.items[i])) {
			(void)snprintf(ret_name, IFNAMSIZ, "%s", names.items[i]);
			return 0;
		}
	return err_set(
		err, ERR_MISSING, 0, "this host has no bridge; make one in `domus-host network`");
}

int link_set_up(const char *name, bool is_up, struct err *err)
{
	struct ifreq ifreq = {.ifr_flags = 0};
	if (ask_kernel(name, SIOCGIFFLAGS, &ifreq) == 0) {
		short wanted =
			(short)(is_up ? ifreq.ifr_flags | IFF_UP : ifreq.ifr_flags & ~IFF_UP);
		if (wanted == ifreq.ifr_flags)
			return 0;
		ifreq.ifr_flags = wanted;
		if (ask_kernel(name, SIOCSIFFLAGS, &ifreq) == 0)
			return 0;
	}
	return err_set(err, ERR_IO, errno, "cannot take %s %s", name, is_up ? "up" : "down");
}

int link_rename(const char *name, const char *new_name, struct err *err)
{
	struct ifreq ifreq = {.ifr_flags = 0};
	if (strlen(new_name) >= IFNAMSIZ)
		return err_set(err, ERR_RANGE, 0,
			"vifname makes an interface %s, which is longer than %d characters; shorten it",
			new_name, IFNAMSIZ - 1);
	if (link_exists(new_name))
		return err_set(err, ERR_INVALID, 0,
			"there is an interface %s already; give the guest's NIC another vifname",
			new_name);
	if (link_set_up(name, false, err) < 0)
		return -1;
	(void)snprintf(ifreq.ifr_newname, sizeof(ifreq.ifr_newname), "%s", new_name);
	if (ask_kernel(name, SIOCSIFNAME, &ifreq) < 0)
		return err_set(err, ERR_IO, errno, "cannot rename %s to %s", name, new_name);
	return 0;
}

int link_get_mtu(const char *name, int *ret_mtu, struct err *err)
{
	struct ifreq ifreq = {.ifr_flags = 0};
	if (ask_kernel(name, SIOCGIFMTU, &ifreq) < 0)
		return err_set(err, ERR_IO, errno, "cannot read the MTU of %s", name);
	*ret_mtu = ifreq.ifr_mtu;
	return 0;
}

int link_set_mtu(const char *name, int mtu, struct err *err)
{
	struct ifreq ifreq = {.ifr_mtu = mtu};
	if (ask_kernel(name, SIOCSIFMTU, &ifreq) < 0)
		return err_set(err, ERR_IO, errno, "cannot set the MTU of %s to %d", name, mtu);
	return 0;
}

/* -1 with errno. */
static int set_entry(const char *dir, const char *name, const char *entry, const char *value)
{
	char path[PATH_MAX];
	(void)snprintf(path, sizeof(path), "%s/%s/%s", dir, name, entry);
	CLEANUP(file_close) int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 ? file_write_all(fd, value, strlen(value)) : -1;
}

int link_prepare_port(const char *name, struct err *err)
{
	static const unsigned char highest[] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct ifreq ifreq = {.ifr_hwaddr = {.sa_family = ARPHRD_ETHER}};

	if (link_set_up(name, false, err) < 0)
		return -1;
	memcpy(ifreq.ifr_hwaddr.sa_data, highest, sizeof(highest));
	if (ask_kernel(name, SIOCSIFHWADDR, &ifreq) < 0)
		return err_set(err, ERR_IO, errno, "cannot set the address of %s", name);
	/* A kernel without IPv6 needs none of it. */
	(void)set_entry("/proc/sys/net/ipv6/conf", name, "disable_ipv6", "1");
	if (set_entry("/sys/class/net", name, "netdev_group", NETINV_GUEST_GROUP) < 0)
		return err_set(err, ERR_IO, errno, "cannot mark %s as a guest's", name);
	return 0;
}

/* SIOCBRADDIF or SIOCBRDELIF; -1 with errno. */
static int change_port(const char *bridge, unsigned long request, const char *name)
{
	struct ifreq ifreq = {.ifr_ifindex = (int)if_nametoindex(name)};
	return ifreq.ifr_ifindex ? ask_kernel(bridge, request, &ifreq) : -1;
}

/* The bridge that an interface is a port of; false: none. */
static bool find_master(const char *name, char ret_bridge[IFNAMSIZ])
{
	char path[PATH_MAX], target[PATH_MAX];
	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/master", name);
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return false;
	target[len] = '\0';
	(void)snprintf(ret_bridge, IFNAMSIZ, "%s", basename(target));
	return true;
}

int link_join_bridge(const char *name, const char *bridge, struct err *err)
{
	char master[IFNAMSIZ];
	if (find_master(name, master) && strcmp(master, bridge) == 0)
		return 0;
	if (change_port(bridge, SIOCBRADDIF, name) < 0)
		return err_set(
			err, ERR_IO, errno, "cannot make %s a port of the bridge %s", name, bridge);
	return 0;
}

void link_leave_bridge(const char *name)
{
	char master[IFNAMSIZ];
	(void)link_set_up(name, false, NULL);
	if (find_master(name, master))
		(void)change_port(master, SIOCBRDELIF, name);
}
