/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms of single values in a configuration: names, addresses, hashes, keys. Pure. */
#include "value.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "netaddr.h"
#include "num.h"
#include "str.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool consists_of(const char *text, const char *allowed)
{
	return text[strspn(text, allowed)] == '\0';
}

static bool is_alnum(char c)
{
	return c != '\0' && strchr(LOWER UPPER DIGITS, c) != NULL;
}

/* RFC 1123: letters, digits, "-" inside, at most 63. */
static bool is_label(const char *text, size_t len)
{
	if (len == 0 || len > 63 || !is_alnum(text[0]) || !is_alnum(text[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(text[i]) && text[i] != '-')
			return false;
	return true;
}

static bool is_domain(const char *text)
{
	if (strlen(text) > 253)
		return false;
	for (const char *p = text;;) {
		size_t n = strcspn(p, ".");
		if (!is_label(p, n))
			return false;
		if (p[n] == '\0')
			return true;
		p += n + 1;
	}
}

int value_check_hostname(const char *text, struct err *err)
{
	if (is_label(text, strlen(text)))
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("\"%.70s\" is not a host name (letters, digits and \"-\" inside, at most 63, no dot)"),
		text);
}

int value_check_domain(const char *text, struct err *err)
{
	if (is_domain(text))
		return 0;
	return err_set(err, ERR_INVALID, 0, _("\"%.70s\" is not a domain name"), text);
}

/* A name of digits and dots only was meant to be an address. */
static bool is_host(const char *text)
{
	struct netaddr addr;
	if (!strchr(text, '/') && netaddr_parse(text, &addr))
		return true;
	return is_domain(text) && !consists_of(text, DIGITS ".");
}

int value_check_host(const char *text, struct err *err)
{
	if (is_host(text))
		return 0;
	return err_set(
		err, ERR_INVALID, 0, _("\"%.70s\" is neither an IP address nor a host name"), text);
}

int value_check_host_port(const char *text, struct err *err)
{
	struct netaddr addr;
	const char *colon = strrchr(text, ':');
	bool is_bare_ipv6 = colon && text[0] != '[' && netaddr_parse(text, &addr);
	CLEANUP(mem_free_string)
	char *host =
		colon && !is_bare_ipv6 ? xstrndup(text, (size_t)(colon - text)) : xstrdup(text);
	int64_t port;
	if (colon && !is_bare_ipv6 && num_parse_int(colon + 1, 1, 65535, &port, err) < 0)
		return err_prefix(err, _("port "));
	size_t len = strlen(host);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
		return value_check_ipv6(host, err);
	}
	return value_check_host(host, err);
}

static bool is_address(const char *text, bool with_prefix, struct netaddr *ret_addr)
{
	return (strchr(text, '/') != NULL) == with_prefix && netaddr_parse(text, ret_addr);
}

int value_check_ip(const char *text, struct err *err)
{
	struct netaddr addr;
	if (is_address(text, false, &addr))
		return 0;
	return err_set(err, ERR_INVALID, 0, _("\"%.70s\" is not an IP address"), text);
}

int value_check_ipv4(const char *text, struct err *err)
{
	struct netaddr addr;
	if (is_address(text, false, &addr) && !addr.is_ipv6)
		return 0;
	return err_set(err, ERR_INVALID, 0, _("\"%.70s\" is not an IPv4 address"), text);
}

int value_check_ipv6(const char *text, struct err *err)
{
	struct netaddr addr;
	if (is_address(text, false, &addr) && addr.is_ipv6)
		return 0;
	return err_set(err, ERR_INVALID, 0, _("\"%.70s\" is not an IPv6 address"), text);
}

static int check_cidr(const char *text, bool is_ipv6, const char *example, struct err *err)
{
	struct netaddr addr;
	if (!is_address(text, true, &addr) || addr.is_ipv6 != is_ipv6)
		return err_set(err, ERR_INVALID, 0,
			_("\"%.70s\" is not an address with its prefix length; write it like \"%s\""),
			text, example);
	if (!netaddr_is_host(&addr) || addr.prefix == 0)
		return err_set(err, ERR_INVALID, 0,
			_("%.70s is not an address that a machine can have"), text);
	return 0;
}

int value_check_cidr4(const char *text, struct err *err)
{
	return check_cidr(text, false, "192.0.2.10/24", err);
}

int value_check_cidr6(const char *text, struct err *err)
{
	return check_cidr(text, true, "2001:db8::10/64", err);
}

/* 192.0.2.9/24 would allow the whole network where one address is meant. */
static int check_address(const char *text, struct err *err)
{
	struct netaddr addr;
	if (!netaddr_parse(text, &addr))
		return err_set(
			err, ERR_INVALID, 0, _("\"%.70s\" is no IP address or network"), text);
	if (!netaddr_is_network(&addr))
		return err_set(err, ERR_INVALID, 0,
			_("\"%s\" is an address in a network; write \"%.*s\" for the address alone"),
			text, (int)strcspn(text, "/"), text);
	return 0;
}

int value_check_addresses(const char *text, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	strlist_add_words(&words, text);
	if (words.count == 0)
		return err_set(err, ERR_INVALID, 0, _("no IP address is given"));
	if (words.count > VALUE_ADDRESSES_MAX)
		return err_set(
			err, ERR_RANGE, 0, _("more than %d; write networks"), VALUE_ADDRESSES_MAX);
	for (size_t i = 0; i < words.count; i++)
		if (check_address(words.items[i], err) < 0)
			return -1;
	return 0;
}

int value_check_mac(const char *text, struct err *err)
{
	static const char hex[] = DIGITS "abcdefABCDEF";
	bool is_mac = strlen(text) == 17;
	for (size_t i = 0; is_mac && i < 17; i++)
		is_mac = i % 3 == 2 ? text[i] == ':' : strchr(hex, text[i]) != NULL;
	if (!is_mac)
		return err_set(err, ERR_INVALID, 0,
			_("\"%.40s\" is not a MAC address; write it like \"52:54:00:12:34:56\""),
			text);
	/* The lowest bit of the first byte marks a group address (IEEE 802). */
	if (strchr("13579bdfBDF", text[1]))
		return err_set(err, ERR_INVALID, 0,
			_("%s is a group address, no network card has it"), text);
	return 0;
}

int value_check_ifname(const char *text, struct err *err)
{
	size_t len = strlen(text);
	/* IFNAMSIZ is 16 with the NUL. */
	bool has_form = len >= 1 && len <= 15 && strchr(LOWER UPPER, text[0]) &&
			consists_of(text, LOWER UPPER DIGITS "._-");
	if (!has_form)
		return err_set(err, ERR_INVALID, 0,
			_("\"%.40s\" is not an interface name (a letter, then letters, digits, \".\", \"-\", "
			  "\"_\", at most 15)"),
			text);
	if (strcmp(text, "lo") == 0 || strcmp(text, "all") == 0 || strcmp(text, "default") == 0 ||
		strcmp(text, "auto") == 0 || strncmp(text, "vif", 3) == 0)
		return err_set(err, ERR_INVALID, 0,
			_("the interface name \"%s\" is taken by the system"), text);
	return 0;
}

int value_check_user(const char *text, struct err *err)
{
	static const char *const taken[] = {
		"root", "daemon", "nobody", "wheel", "tty", "disk", "users", "utmp", "nogroup"};
	size_t len = strlen(text);
	if (len < 1 || len > 32 || !strchr(LOWER "_", text[0]) ||
		!consists_of(text, LOWER DIGITS "_-"))
		return err_set(err, ERR_INVALID, 0,
			_("\"%.40s\" is not a user name (small letters, digits, \"-\", \"_\", at most 32)"),
			text);
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (strcmp(text, taken[i]) == 0)
			return err_set(err, ERR_INVALID, 0,
				_("the user name \"%s\" is taken by the system"), text);
	return 0;
}

int value_check_zone(const char *text, struct err *err)
{
	bool has_form = strlen(text) <= 64 && text[0] != '/' && text[0] != '\0' &&
			text[strlen(text) - 1] != '/' && !strstr(text, "..") &&
			!strstr(text, "//") && consists_of(text, LOWER UPPER DIGITS "/_+-");
	if (has_form)
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("\"%.70s\" is not a time zone; write it like \"Europe/Berlin\""), text);
}

int value_check_word(const char *text, struct err *err)
{
	if (strlen(text) <= 63 && is_alnum(text[0]) && consists_of(text, LOWER UPPER DIGITS "._-"))
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("\"%.70s\" is not a name (letters, digits, \".\", \"-\", \"_\")"), text);
}

/* $6$[rounds=N$]SALT$HASH, see crypt(5). The value is never shown: it may be a plain password. */
int value_check_hash(const char *text, struct err *err)
{
	static const char alphabet[] = "./" LOWER UPPER DIGITS;
	if (strcmp(text, "*") == 0)
		return 0;
	const char *p = text;
	bool is_hash = strncmp(p, "$6$", 3) == 0;
	if (is_hash) {
		p += 3;
		if (strncmp(p, "rounds=", 7) == 0) {
			size_t digits = strspn(p + 7, DIGITS);
			is_hash = digits >= 4 && digits <= 9 && p[7 + digits] == '$';
			p += 7 + digits + (is_hash ? 1 : 0);
		}
	}
	if (is_hash) {
		size_t salt = strspn(p, alphabet);
		is_hash = salt >= 1 && salt <= 16 && p[salt] == '$' && strlen(p + salt + 1) == 86 &&
			  consists_of(p + salt + 1, alphabet);
	}
	if (is_hash)
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("not a SHA-512 password hash ($6$...) and not \"*\" (locked); make one with: mkpasswd -m "
		  "sha512"));
}

static int base64_digit(char c)
{
	static const char alphabet[] = UPPER LOWER DIGITS "+/";
	const char *p = c ? strchr(alphabet, c) : NULL;
	return p ? (int)(p - alphabet) : -1;
}

/*
 * Decodes the first bytes of base64 text of len characters into out; returns how many, or -1 when
 * the text is not base64 through and through.
 */
static int base64_begin(const char *text, size_t len, unsigned char *out, size_t room)
{
	size_t n = 0;
	unsigned value = 0;
	if (len == 0 || len % 4 != 0)
		return -1;
	size_t padding = text[len - 1] == '=' ? (text[len - 2] == '=' ? 2 : 1) : 0;
	for (size_t i = 0; i < len - padding; i++) {
		int digit = base64_digit(text[i]);
		if (digit < 0)
			return -1;
		value = (value << 6 | (unsigned)digit) & 0xFFFFFF;
		unsigned have = (unsigned)(i % 4);
		if (have > 0 && n < room)
			out[n++] = (unsigned char)(value >> (6 - 2 * have));
	}
	return (int)n;
}

int value_check_ssh_key(const char *text, struct err *err)
{
	static const char *const kinds[] = {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256",
		"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com",
		"sk-ecdsa-sha2-nistp256@openssh.com"};
	size_t kind_len = strcspn(text, " \t");
	size_t i = 0;
	while (i < ARRAY_SIZE(kinds) &&
		(strlen(kinds[i]) != kind_len || strncmp(text, kinds[i], kind_len) != 0))
		i++;
	if (i == ARRAY_SIZE(kinds))
		return err_set(err, ERR_INVALID, 0,
			_("not a public SSH key; it begins with ssh-ed25519, ssh-rsa or ecdsa-sha2-..."));
	const char *blob = text + kind_len + strspn(text + kind_len, " \t");
	/* RFC 4253, 6.6: the blob begins with the length and the name of its kind. */
	unsigned char begin[64];
	int n = base64_begin(blob, strcspn(blob, " \t"), begin, sizeof(begin));
	bool is_whole = n >= (int)(4 + kind_len) && strcspn(blob, " \t") >= 64 && begin[0] == 0 &&
			begin[1] == 0 && begin[2] == 0 && begin[3] == kind_len &&
			memcmp(begin + 4, kinds[i], kind_len) == 0;
	if (!is_whole)
		return err_set(
			err, ERR_INVALID, 0, _("the %s key is damaged or cut off"), kinds[i]);
	return 0;
}

int value_check_fullname(const char *text, struct err *err)
{
	if (!strchr(text, ':') && strlen(text) <= 100)
		return 0;
	return err_set(err, ERR_INVALID, 0, _("at most 100 bytes, and no \":\""));
}

/* The reader has refused control characters and broken UTF-8 already. */
int value_check_text(const char *text, struct err *err)
{
	if (strlen(text) <= 1000)
		return 0;
	return err_set(err, ERR_RANGE, 0, _("longer than 1000 bytes"));
}

int value_check_args(const char *text, struct err *err)
{
	if (value_check_text(text, err) < 0)
		return -1;
	if (!strpbrk(text, "'\"\\$;#{}|&<>"))
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("\"%.70s\" has a quote, \"\\\", \"$\", \";\" or \"#\", which the boot loader would take for its own"),
		text);
}

int value_check_path(const char *text, struct err *err)
{
	CLEANUP(mem_free_string) char *closed = xasprintf("%s/", text);
	if (text[0] == '/' && !strstr(closed, "/../") && strlen(text) <= 1000)
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("\"%.70s\" is not a path that begins with \"/\" and has no \"..\""), text);
}

int value_check_https(const char *text, struct err *err)
{
	static const char scheme[] = "https://";
	bool is_good = strncmp(text, scheme, sizeof(scheme) - 1) == 0 && strlen(text) <= 1000 &&
		       !strpbrk(text, " \t\"'\\");
	if (is_good) {
		const char *begin = text + sizeof(scheme) - 1;
		CLEANUP(mem_free_string) char *host = xstrndup(begin, strcspn(begin, "/?"));
		is_good = value_check_host_port(host, NULL) == 0;
	}
	if (is_good)
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("\"%.70s\" is not an address like \"https://host.example.org/path\""), text);
}

int value_check_line(const char *text, struct err *err)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return err_set(err, ERR_INVALID, 0, _("a control character"));
	return 0;
}
