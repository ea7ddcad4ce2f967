/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nft says on stderr, taken apart. */
#include "nft_errors.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Test(nft_errors, heads_are_taken_apart)
{
	static const struct {
		const char *line, *file;
		int number, column;
	} cases[] = {
		{"a.nft:3:5-9: Error: no", "a.nft", 3, 5},
		{"a:b:1:2: Error: no", "a:b", 1, 2},
		{"/x 7:10:200-201: Error: no", "/x 7", 10, 200},
		{"a.nft::5-9: Error: no", "a.nft::5-9", 0, 0},
		{"a.nft:3:-: Error: no", "a.nft:3:-", 0, 0},
		{"a.nft:99999999999:5: Error: no", "a.nft:99999999999:5", 0, 0},
		{"a.nft: Error: no", "a.nft", 0, 0},
		{"Error: no", "", 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nft_errors errors;

		cr_assert_eq(nft_errors_parse(&errors, cases[i].line), 0);
		cr_assert_eq(errors.length, 1, "%s", cases[i].line);
		cr_assert_str_eq(errors.error[0].file, cases[i].file, "%s", cases[i].line);
		cr_assert_eq(errors.error[0].line, cases[i].number, "%s", cases[i].line);
		cr_assert_eq(errors.error[0].column, cases[i].column, "%s", cases[i].line);
		cr_assert_str_eq(errors.error[0].text, "no");
		nft_errors_free(&errors);
	}
}

Test(nft_errors, quotes_go_with_their_error_and_places_of_includes_with_none)
{
	struct nft_errors errors;

	cr_assert_eq(nft_errors_parse(&errors, "a warning\n"
					       "In file included from m.nft:1:1-19:\n"
					       "a.nft:1:1-3: Error: one\nadd x\n^^^\n"
					       "a.nft:2:1-3: Error: two\nadd y\n"),
		     0);
	cr_assert_eq(errors.length, 2);
	cr_assert_str_eq(errors.rest, "a warning\n");
	cr_assert_str_eq(errors.error[0].quote, "add x\n^^^\n");
	cr_assert_str_eq(errors.error[1].quote, "add y\n");
	nft_errors_free(&errors);
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of this thread, so that it does not matter what else the machine does. The best of three. */
static double time_of(size_t count)
{
	static const char line[] = "rules.nft:12345:1-70: Error: Could not process rule: not here\n"
				   "add rule netdev t c ip saddr 10.0.0.1 tcp dport 80 drop\n";
	size_t size = sizeof(line) - 1;
	char *text = malloc(count * size + 1);
	double best = 1e9;

	cr_assert_not_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * size, line, size);
	text[count * size] = '\0';
	for (int round = 0; round < 3; round++) {
		double start = seconds(CLOCK_THREAD_CPUTIME_ID);
		struct nft_errors errors;

		cr_assert_eq(nft_errors_parse(&errors, text), 0);
		cr_assert_eq(errors.length, count);
		nft_errors_free(&errors);
		start = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
		if (start < best)
			best = start;
	}
	free(text);
	return best;
}

/* `check` has one for each rule. Sixteen times as many took 200 times as long, and more. */
Test(nft_errors, many_take_time_by_their_number_and_not_by_its_square)
{
	double few = time_of(2000), many = time_of(32000);

	cr_log_info("%.2f ms, %.2f ms", few * 1e3, many * 1e3);
	cr_assert_lt(many, 80 * few, "%.2f ms for 2000, %.2f ms for 32000", few * 1e3, many * 1e3);
}
