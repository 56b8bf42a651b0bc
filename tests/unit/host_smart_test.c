/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What disks say of their health, from the bytes that they answer. */
/* sources: dom0-rootfs/host/smart.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "dom0-rootfs/host/smart.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "tests/unit/scratch.h"

static void expect(const struct smart *smart, const char *expected)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	smart_describe(smart, &text);
	assert_string_equal(str_text(&text), expected);
}

static void put_attribute(uint8_t *block, size_t place, uint8_t id, uint64_t raw)
{
	uint8_t *entry = block + 2 + 12 * place;
	entry[0] = id;
	for (size_t i = 0; i < 6; i++)
		entry[5 + i] = (uint8_t)(raw >> (8 * i));
}

static void put_sum(uint8_t *block)
{
	uint8_t sum = 0;
	block[511] = 0;
	for (size_t i = 0; i < 511; i++)
		sum = (uint8_t)(sum + block[i]);
	block[511] = (uint8_t)-sum;
}

static void ata(void **state)
{
	uint8_t block[SMART_BLOCK] = {16};
	struct smart smart = {.is_failing = false};
	(void)state;
	put_attribute(block, 0, 1, 12345); /* makers differ in what it counts */
	put_attribute(block, 1, 5, 3);
	put_attribute(block, 2, 9, 0x123400007ab7); /* minutes above */
	put_attribute(block, 3, 194, 0x002f00120022);
	put_attribute(block, 28, 197, 2);
	put_attribute(block, 29, 198, 1);
	put_sum(block);
	assert_true(smart_parse_ata(block, &smart));
	expect(&smart, "healthy, 34 degrees, 31415 hours, 6 bad sectors");
	block[300] ^= 1;
	assert_false(smart_parse_ata(block, &smart));
	/* Without any of these attributes. */
	uint8_t none[SMART_BLOCK] = {0};
	smart = (struct smart){.is_failing = true};
	assert_true(smart_parse_ata(none, &smart));
	expect(&smart, "FAILING");
}

static void is_on(void **state)
{
	uint8_t block[SMART_BLOCK] = {0};
	(void)state;
	assert_false(smart_is_on(block));
	block[164] = 1;
	assert_false(smart_is_on(block));
	block[170] = 1;
	assert_true(smart_is_on(block));
}

static void verdict(void **state)
{
	uint8_t good[22] = {0x72, 1, 0, 0x1d, 0, 0, 0, 14, 0x09, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0x4f, 0,
		0xc2, 0, 0x50};
	uint8_t bad[22], other[22], fixed[22];
	(void)state;
	memcpy(bad, good, sizeof(bad));
	memcpy(other, good, sizeof(other));
	memcpy(fixed, good, sizeof(fixed));
	bad[17] = 0xf4, bad[19] = 0x2c;
	other[17] = 0xf4;
	fixed[0] = 0x70;
	assert_int_equal(smart_parse_verdict(good, sizeof(good)), 0);
	assert_int_equal(smart_parse_verdict(bad, sizeof(bad)), 1);
	assert_int_equal(smart_parse_verdict(other, sizeof(other)), -1);
	assert_int_equal(smart_parse_verdict(fixed, sizeof(fixed)), -1);
	assert_int_equal(smart_parse_verdict(good, 21), -1);
}

static void nvme(void **state)
{
	uint8_t block[SMART_BLOCK] = {0};
	struct smart smart;
	(void)state;
	block[1] = 0x34, block[2] = 0x01; /* 308 K */
	block[5] = 104;
	block[128] = 0x10, block[129] = 0x27;
	block[160] = 7;
	smart_parse_nvme(block, &smart);
	expect(&smart, "healthy, 35 degrees, 10000 hours, 7 bad sectors, 104 % worn");
	for (unsigned bit = 0; bit < 5; bit++) {
		block[0] = (uint8_t)(1u << bit);
		smart_parse_nvme(block, &smart);
		assert_int_equal(smart.is_failing, bit != 1); /* it is only warm */
	}
}

/* What is no disk: said, not taken for a healthy one. */
static void no_disk(void **state)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/file", (const char *)*state);
	struct smart smart;
	struct err err = ERR_INIT;
	assert_int_equal(smart_read(path, &smart, &err), -1);
	assert_non_null(strstr(err.text, "cannot open "));
	assert_int_equal(file_write("/", path, "", 0, 0600, NULL), 0);
	assert_int_equal(smart_read(path, &smart, &err), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ata), cmocka_unit_test(is_on),
		cmocka_unit_test(verdict), cmocka_unit_test(nvme), SCRATCH_TEST(no_disk)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
