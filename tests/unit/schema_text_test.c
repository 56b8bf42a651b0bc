/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table as text and as JSON: complete, and in a form that others can read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "lib/attrs.h"
#include "lib/hostconf.h"

static void json_has_every_key(void **state)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	(void)state;
	schema_describe_json(&host_schema, &text);
	json_t *all = json_loads(str_text(&text), 0, NULL);
	assert_non_null(all);
	const json_t *keys = json_object_get(all, "keys");
	assert_int_equal(json_array_size(keys), host_schema.n_keys);
	assert_int_equal(json_array_size(json_object_get(all, "sections")), host_schema.n_sections);
	for (size_t i = 0; i < host_schema.n_keys; i++) {
		const json_t *key = json_array_get(keys, i);
		assert_string_equal(
			json_string_value(json_object_get(key, "key")), host_schema.keys[i].key);
		assert_true(strlen(json_string_value(json_object_get(key, "type"))) > 0);
		assert_true(strlen(json_string_value(json_object_get(key, "when"))) > 0);
	}
	json_decref(all);
}

static void text_says_what_a_user_asks(void **state)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	(void)state;
	schema_describe(&host_schema, &text);
	static const char *const parts[] = {
		"[bridge NAME]  a bridge: where guests and this host are plugged in\n",
		"  mtu\n      largest packet in bytes, set on the ports too\n"
		"      type: number (576 to 9216, or auto); default: auto; takes effect: live\n",
		"      type: word (utc|local); default: utc; takes effect: boot\n",
		"      type: public SSH key (may be repeated); takes effect: live\n",
		"      type: number (1 to 4094); required; takes effect: live\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strstr(str_text(&text), parts[i]))
			fail_msg("missing: %s", parts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_has_every_key), cmocka_unit_test(text_says_what_a_user_asks)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
