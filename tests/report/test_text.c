/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/random.h>
#include <nicemu/report/report.h>

#include <criterion/criterion.h>
#include <string.h>

static void becomes(const char *text, const char *expected)
{
	json_t *string = report_string(text);

	cr_assert_str_eq(json_string_value(string), expected);
	json_decref(string);
}

Test(text, utf8_stays_as_it_is)
{
	becomes("", "");
	becomes("plain", "plain");
	becomes("größe …", "größe …");
}

Test(text, other_bytes_become_the_replacement_character)
{
	becomes("a\xff"
		"b",
		"a\xef\xbf\xbd"
		"b");
	becomes("\xc3", "\xef\xbf\xbd");
	becomes("\xe2\x80", "\xef\xbf\xbd\xef\xbf\xbd");
	becomes("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

Test(text, any_bytes_make_a_string)
{
	struct random random = {.state = 20260101};
	char bytes[33];

	for (int round = 0; round < 20000; round++) {
		size_t length = random_below(&random, sizeof(bytes));
		json_t *string;

		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)(1 + random_below(&random, 255));
		bytes[length] = '\0';
		string = report_string(bytes);
		cr_assert_not_null(string, "round %d of seed 20260101", round);
		json_decref(string);
	}
}
