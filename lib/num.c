/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and sizes from outside: bounded, overflow-checked, one parser. */
#include "num.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lang.h"

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{"TiB", NUM_TIB},
	{"GiB", NUM_GIB},
	{"MiB", NUM_MIB},
	{"KiB", NUM_KIB},
	{"B", 1},
};

/* Digits at *p into *ret; moves *p past them. False when there are none or too many. */
static bool read_digits(const char **p, uint64_t *ret)
{
	const char *s = *p;
	uint64_t value = 0;
	if (*s < '0' || *s > '9')
		return false;
	if (s[0] == '0' && s[1] >= '0' && s[1] <= '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return false;
	}
	*p = s;
	*ret = value;
	return true;
}

int num_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value, struct err *err)
{
	const char *p = text;
	bool is_negative = *p == '-';
	uint64_t magnitude;
	if (is_negative)
		p++;
	if (!read_digits(&p, &magnitude) || *p != '\0')
		return err_set(err, ERR_INVALID, 0, _("\"%.40s\" is not a number"), text);
	int64_t value = 0;
	bool fits = magnitude <= INT64_MAX;
	if (fits)
		value = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
	if (!fits || value < min || value > max)
		return err_set(err, ERR_RANGE, 0,
			_("%.40s is out of range (%" PRId64 " to %" PRId64 ")"), text, min, max);
	*ret_value = value;
	return 0;
}

static bool find_unit(const char *name, uint64_t *ret_bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(units[i].name, name) == 0) {
			*ret_bytes = units[i].bytes;
			return true;
		}
	}
	return false;
}

int num_parse_size(const char *text, uint64_t bare_unit_bytes, uint64_t min_bytes,
	uint64_t max_bytes, uint64_t *ret_bytes, struct err *err)
{
	const char *p = text;
	uint64_t count;
	uint64_t unit = bare_unit_bytes;
	if (!read_digits(&p, &count))
		return err_set(err, ERR_INVALID, 0,
			_("\"%.40s\" is not a size; write it like \"4 GiB\""), text);
	p += strspn(p, " \t");
	if (*p != '\0' && !find_unit(p, &unit))
		return err_set(err, ERR_INVALID, 0,
			_("unknown unit \"%.20s\"; use B, KiB, MiB, GiB or TiB"), p);
	uint64_t bytes;
	if (__builtin_mul_overflow(count, unit, &bytes) || bytes < min_bytes || bytes > max_bytes) {
		char low[NUM_SIZE_TEXT];
		char high[NUM_SIZE_TEXT];
		return err_set(err, ERR_RANGE, 0, _("%.40s is out of range (%s to %s)"), text,
			num_size_text(min_bytes, low), num_size_text(max_bytes, high));
	}
	*ret_bytes = bytes;
	return 0;
}

int num_add(uint64_t a, uint64_t b, uint64_t *ret_sum, struct err *err)
{
	uint64_t sum;
	if (__builtin_add_overflow(a, b, &sum))
		return err_set(err, ERR_RANGE, 0, _("sum of sizes is too large"));
	*ret_sum = sum;
	return 0;
}

int num_mul(uint64_t a, uint64_t b, uint64_t *ret_product, struct err *err)
{
	uint64_t product;
	if (__builtin_mul_overflow(a, b, &product))
		return err_set(err, ERR_RANGE, 0, _("product of sizes is too large"));
	*ret_product = product;
	return 0;
}

const char *num_size_text(uint64_t bytes, char buf[NUM_SIZE_TEXT])
{
	size_t i = 0;
	while (i + 1 < ARRAY_SIZE(units) && (bytes == 0 || bytes % units[i].bytes != 0))
		i++;
	(void)snprintf(buf, NUM_SIZE_TEXT, "%" PRIu64 " %s", bytes / units[i].bytes, units[i].name);
	return buf;
}

uint64_t num_little_endian(const unsigned char *bytes, size_t count)
{
	uint64_t value = 0;
	while (count-- > 0)
		value = value << 8 | bytes[count];
	return value;
}
