/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and sizes from outside: bounded, overflow-checked, one parser. */
#ifndef DOMUS_NUM_H
#define DOMUS_NUM_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define NUM_KIB ((uint64_t)1 << 10)
#define NUM_MIB ((uint64_t)1 << 20)
#define NUM_GIB ((uint64_t)1 << 30)
#define NUM_TIB ((uint64_t)1 << 40)

/*
 * Decimal number from min to max, inclusive. No blanks, no "+", no leading zeros, no other base.
 * ERR_INVALID or ERR_RANGE.
 */
int num_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value, struct err *err);

/*
 * Size as "4 GiB", "512MiB", "1024 B"; units B, KiB, MiB, GiB, TiB. A bare number counts in
 * bare_unit_bytes. Bounds are in bytes, inclusive. ERR_INVALID or ERR_RANGE.
 */
int num_parse_size(const char *text, uint64_t bare_unit_bytes, uint64_t min_bytes,
	uint64_t max_bytes, uint64_t *ret_bytes, struct err *err);

/* Sum and product of sizes; ERR_RANGE on overflow. */
int num_add(uint64_t a, uint64_t b, uint64_t *ret_sum, struct err *err);
int num_mul(uint64_t a, uint64_t b, uint64_t *ret_product, struct err *err);

/* A number of so many bytes, at most eight, the lowest first, as on disks. */
uint64_t num_little_endian(const unsigned char *bytes, size_t count);

#define NUM_SIZE_TEXT 32
/* Writes the size exactly, in the largest unit that divides it: "4 GiB", "1500 MiB". */
const char *num_size_text(uint64_t bytes, char buf[NUM_SIZE_TEXT]);

#endif
