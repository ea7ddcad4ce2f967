/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/log.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct seen {
	uint64_t first, last, count;
	char last_text[32];
};

static void see(void *context, uint64_t sequence, enum log_level level, uint64_t time_ns,
		const char *text)
{
	struct seen *s = context;

	if (!s->count++)
		s->first = sequence;
	s->last = sequence;
	snprintf(s->last_text, sizeof(s->last_text), "%s", text);
	cr_assert_eq(level, LOG_INFO);
	cr_assert_eq(time_ns, sequence * 10);
}

Test(log, keeps_the_last_lines_and_numbers_them)
{
	struct log *log = log_create();
	struct seen s = {0};

	for (int i = 1; i <= LOG_LINES + 5; i++)
		log_add(log, LOG_INFO, (uint64_t)i * 10, "line %d", i);
	log_visit(log, 0, see, &s);
	cr_assert_eq(s.count, LOG_LINES);
	cr_assert_eq(s.first, 6);
	cr_assert_eq(s.last, LOG_LINES + 5);
	cr_assert_str_eq(s.last_text, "line 4101");
	log_destroy(log);
}

Test(log, visits_only_what_is_newer)
{
	struct log *log = log_create();
	struct seen s = {0};

	for (int i = 1; i <= 10; i++)
		log_add(log, LOG_INFO, (uint64_t)i * 10, "%d", i);
	log_visit(log, 8, see, &s);
	cr_assert_eq(s.count, 2);
	cr_assert_eq(s.first, 9);
	s = (struct seen){0};
	log_visit(log, 10, see, &s);
	cr_assert_eq(s.count, 0);
	log_destroy(log);
}
