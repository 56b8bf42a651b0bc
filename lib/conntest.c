/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection, step by step. */
#define _GNU_SOURCE
#include "conntest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <resolv.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attrs.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "netinv.h"
#include "proc.h"

#define DEFAULT_PORT "443"
#define ROUTES_MAX (256 * 1024)

const char *conntest_step_name(size_t step)
{
	static const char *const names[CONNTEST_STEPS] = {
		N_("Link"), N_("Address"), N_("Gateway"), N_("Name server"), N_("Host")};
	return step < CONNTEST_STEPS ? _(names[step]) : "";
}

const char *conntest_verdict_name(enum conntest_verdict verdict)
{
	switch (verdict) {
	case CONNTEST_OK:
		return _("ok");
	case CONNTEST_WARNING:
		return _("warning");
	case CONNTEST_FAILED:
		return _("FAILED");
	case CONNTEST_SKIPPED:
		return _("skipped");
	}
	return "";
}

static void say(struct conntest_step *step, enum conntest_verdict verdict, const char *fmt, ...)
	ATTR_PRINTF(3, 4);
static void say(struct conntest_step *step, enum conntest_verdict verdict, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(step->detail, sizeof(step->detail), fmt, args);
	va_end(args);
	step->verdict = verdict;
}

/* --- link */

static void test_link(const struct conntest_spec *spec, struct conntest_step *step)
{
	struct net_inventory inventory = NET_INVENTORY_INIT;
	struct err err = ERR_INIT;
	if (netinv_read(spec->root, &inventory, &err) < 0) {
		say(step, CONNTEST_FAILED, "%s", err.text);
		return;
	}
	CLEANUP(str_dispose) struct str linked = STR_INIT;
	size_t cards = 0;
	for (size_t i = 0; i < inventory.count; i++) {
		const struct net_dev *dev = &inventory.devs[i];
		cards += dev->kind == NET_PHYSICAL;
		if (dev->kind == NET_PHYSICAL && dev->has_carrier)
			str_add(&linked, "%s%s", linked.len ? ", " : "", dev->name);
	}
	if (linked.len)
		say(step, CONNTEST_OK, "%s", str_text(&linked));
	else if (cards > 0)
		say(step, CONNTEST_FAILED, "%s", _("no card has a link: is the cable plugged in?"));
	else
		say(step, CONNTEST_FAILED, "%s",
			_("there is no network card, or no driver for it"));
	netinv_dispose(&inventory);
}

/* --- address */

static bool is_useful(const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET) {
		struct in_addr ipv4 = ((const struct sockaddr_in *)(const void *)addr)->sin_addr;
		return (ntohl(ipv4.s_addr) >> 16) !=
		       0xa9fe; /* 169.254/16 is no address from anybody */
	}
	if (addr->sa_family != AF_INET6)
		return false;
	const struct in6_addr *ipv6 = &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr;
	return !IN6_IS_ADDR_LINKLOCAL(ipv6) && !IN6_IS_ADDR_LOOPBACK(ipv6);
}

static void test_address(struct conntest_step *step)
{
	struct ifaddrs *list;
	if (getifaddrs(&list) < 0) {
		say(step, CONNTEST_FAILED, "%s", strerror(errno));
		return;
	}
	CLEANUP(str_dispose) struct str found = STR_INIT;
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		if (!at->ifa_addr || at->ifa_flags & IFF_LOOPBACK || !is_useful(at->ifa_addr))
			continue;
		char text[NI_MAXHOST];
		socklen_t len = at->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
								   : sizeof(struct sockaddr_in6);
		if (getnameinfo(at->ifa_addr, len, text, sizeof(text), NULL, 0, NI_NUMERICHOST) ==
			0)
			str_add(&found, "%s%s %s", found.len ? ", " : "", at->ifa_name, text);
	}
	freeifaddrs(list);
	if (found.len)
		say(step, CONNTEST_OK, "%s", str_text(&found));
	else
		say(step, CONNTEST_FAILED, "%s",
			_("no address: does DHCP answer on this network? Else set a fixed one"));
}

/* --- gateway */

/* "Iface Destination Gateway Flags ...": numbers in the byte order of the machine. */
static void parse_route4(const char *text, struct strlist *ret_gateways)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		unsigned destination;
		unsigned gateway;
		if (sscanf(line, "%*s %8x %8x", &destination, &gateway) != 2 || destination != 0 ||
			gateway == 0)
			continue;
		char name[INET_ADDRSTRLEN];
		const struct in_addr addr = {.s_addr = gateway};
		if (inet_ntop(AF_INET, &addr, name, sizeof(name)) &&
			!strlist_has(ret_gateways, name))
			strlist_add(ret_gateways, name);
	}
}

/* "DESTINATION(32) PREFIX SOURCE(32) PREFIX GATEWAY(32) ... DEVICE" */
static void parse_route6(const char *text, struct strlist *ret_gateways)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char gateway[33];
		char device[32];
		unsigned prefix;
		if (sscanf(line, "%*32s %x %*32s %*x %32s %*x %*x %*x %*x %31s", &prefix, gateway,
			    device) != 3 ||
			prefix != 0 || strspn(gateway, "0") == 32 || strcmp(device, "lo") == 0)
			continue;
		struct in6_addr addr;
		for (size_t i = 0; i < 16; i++) {
			unsigned byte = 0;
			(void)sscanf(gateway + 2 * i, "%2x", &byte);
			addr.s6_addr[i] = (unsigned char)byte;
		}
		char name[INET6_ADDRSTRLEN];
		if (!inet_ntop(AF_INET6, &addr, name, sizeof(name)))
			continue;
		CLEANUP(mem_free_string)
		char *full = IN6_IS_ADDR_LINKLOCAL(&addr) ? xasprintf("%s%%%s", name, device)
							  : xstrdup(name);
		if (!strlist_has(ret_gateways, full))
			strlist_add(ret_gateways, full);
	}
}

void conntest_parse_routes(const char *route, const char *ipv6_route, struct strlist *ret_gateways)
{
	parse_route4(route, ret_gateways);
	parse_route6(ipv6_route, ret_gateways);
}

static bool answers_ping(const char *address, unsigned timeout_ms)
{
	CLEANUP(mem_free_string) char *seconds = xasprintf("%u", timeout_ms / 1000 + 1);
	const char *argv[] = {"ping", "-c", "1", "-W", seconds, address, NULL};
	struct proc_spec spec = {.argv = argv, .timeout_ms = timeout_ms + 1000};
	return proc_run_ok(&spec, NULL) == 0;
}

static void test_gateway(const struct conntest_spec *spec, struct conntest_step *step)
{
	CLEANUP(str_dispose) struct str route = STR_INIT;
	CLEANUP(str_dispose) struct str route6 = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist gateways = STRLIST_INIT;
	(void)file_read(spec->root, "/proc/net/route", ROUTES_MAX, &route, NULL);
	(void)file_read(spec->root, "/proc/net/ipv6_route", ROUTES_MAX, &route6, NULL);
	conntest_parse_routes(str_text(&route), str_text(&route6), &gateways);
	if (gateways.count == 0) {
		say(step, CONNTEST_FAILED, "%s",
			_("no default gateway: only the local network can be reached"));
		return;
	}
	for (size_t i = 0; i < gateways.count; i++) {
		if (answers_ping(gateways.items[i], spec->timeout_ms)) {
			say(step, CONNTEST_OK, _("%s answers"), gateways.items[i]);
			return;
		}
	}
	say(step, CONNTEST_WARNING, _("%s does not answer to ping; some routers do not"),
		gateways.items[0]);
}

/* --- name server and host */

void conntest_split_host(const char *text, char **ret_host, char **ret_port)
{
	const char *colon = strrchr(text, ':');
	bool is_v6 = colon && strchr(text, ':') != colon;
	if (text[0] == '[' && strchr(text, ']')) {
		const char *end = strchr(text, ']');
		*ret_host = xstrndup(text + 1, (size_t)(end - text - 1));
		*ret_port = xstrdup(end[1] == ':' && end[2] ? end + 2 : DEFAULT_PORT);
	} else if (colon && !is_v6 && colon[1]) {
		*ret_host = xstrndup(text, (size_t)(colon - text));
		*ret_port = xstrdup(colon + 1);
	} else {
		*ret_host = xstrdup(text);
		*ret_port = xstrdup(DEFAULT_PORT);
	}
}

/* Looks a host up with a bounded wait; NULL and a reason when it fails. */
static struct addrinfo *look_up(
	const char *host, const char *port, unsigned timeout_ms, const char **ret_reason)
{
	(void)res_init(); /* resolv.conf may be a new one */
	_res.retrans = (int)(timeout_ms / 1000) + 1;
	_res.retry = 1;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(host, port, &hints, &list);
	*ret_reason = rc == 0 ? NULL : gai_strerror(rc);
	/* By AI_ADDRCONFIG: this machine has no address of the kind that the host's is. */
	if (rc == EAI_ADDRFAMILY)
		*ret_reason = strchr(host, ':') ? _("this machine has no IPv6 address")
						: _("this machine has no IPv4 address");
	return rc == 0 ? list : NULL;
}

static void address_text(const struct addrinfo *addr, char *text, size_t room)
{
	if (getnameinfo(addr->ai_addr, addr->ai_addrlen, text, (socklen_t)room, NULL, 0,
		    NI_NUMERICHOST) != 0)
		text[0] = '\0';
}

static void test_dns(const struct conntest_spec *spec, struct conntest_step *step)
{
	CLEANUP(mem_free_string) char *host = NULL;
	CLEANUP(mem_free_string) char *port = NULL;
	conntest_split_host(spec->host, &host, &port);
	struct in6_addr scratch;
	if (!*host || inet_pton(AF_INET, host, &scratch) == 1 ||
		inet_pton(AF_INET6, host, &scratch) == 1) {
		say(step, CONNTEST_SKIPPED, "%s", _("the host is an address, no name"));
		return;
	}
	const char *reason;
	struct addrinfo *list = look_up(host, port, spec->timeout_ms, &reason);
	if (!list) {
		say(step, CONNTEST_FAILED, _("%s: %s; is a name server set?"), host, reason);
		return;
	}
	char text[NI_MAXHOST];
	address_text(list, text, sizeof(text));
	say(step, CONNTEST_OK, _("%s is %s"), host, text);
	freeaddrinfo(list);
}

/* 0 or an errno. */
static int try_connect(const struct addrinfo *addr, unsigned timeout_ms)
{
	CLEANUP(file_close)
	int fd = socket(addr->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, addr->ai_addr, addr->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	if (poll(&wait, 1, (int)timeout_ms) != 1)
		return ETIMEDOUT;
	int error = 0;
	socklen_t len = sizeof(error);
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno : error;
}

static void test_host(const struct conntest_spec *spec, struct conntest_step *step)
{
	CLEANUP(mem_free_string) char *host = NULL;
	CLEANUP(mem_free_string) char *port = NULL;
	conntest_split_host(spec->host, &host, &port);
	if (!*host) {
		say(step, CONNTEST_SKIPPED, "%s", _("no host was named"));
		return;
	}
	const char *reason;
	struct addrinfo *list = look_up(host, port, spec->timeout_ms, &reason);
	if (!list) {
		say(step, CONNTEST_FAILED, "%s: %s", host, reason);
		return;
	}
	int error = ETIMEDOUT;
	char text[NI_MAXHOST];
	for (const struct addrinfo *at = list; at && error != 0; at = at->ai_next) {
		address_text(at, text, sizeof(text));
		error = try_connect(at, spec->timeout_ms);
	}
	if (error == 0)
		say(step, CONNTEST_OK, _("%s answers on port %s"), text, port);
	else
		say(step, CONNTEST_FAILED, _("%s, port %s: %s"), host, port, strerror(error));
	freeaddrinfo(list);
}

void conntest_run_step(
	const struct conntest_spec *spec, size_t step, struct conntest_step *ret_step)
{
	*ret_step = (struct conntest_step){.verdict = CONNTEST_SKIPPED};
	if (step == CONNTEST_LINK)
		test_link(spec, ret_step);
	else if (step == CONNTEST_ADDRESS)
		test_address(ret_step);
	else if (step == CONNTEST_GATEWAY)
		test_gateway(spec, ret_step);
	else if (step == CONNTEST_DNS)
		test_dns(spec, ret_step);
	else if (step == CONNTEST_HOST)
		test_host(spec, ret_step);
}
