/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/reason.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(reason, set_returns_the_negative_errno_and_formats)
{
	struct reason r;

	cr_assert_eq(reason_set(&r, "tcam-full", ENOSPC, REASON_CAPACITY, "%d of %d", 4, 4),
		     -ENOSPC);
	cr_assert_str_eq(r.id, "tcam-full");
	cr_assert_str_eq(r.clause, "4 of 4");
	cr_assert_str_eq(r.hint, "");
	cr_assert_eq(r.expression, -1);
	reason_hint(&r, "make %s", "room");
	cr_assert_str_eq(r.hint, "make room");
	cr_assert_str_eq(reason_layer_name(r.layer), "capacity");
}

Test(reason, that_memory_is_out_is_said_in_one_way)
{
	struct reason r;

	cr_assert_eq(reason_no_memory(&r), -ENOMEM);
	cr_assert_str_eq(r.id, "no-memory");
	cr_assert_eq(r.error, ENOMEM);
	cr_assert_eq(reason_no_memory(NULL), -ENOMEM);
}

Test(reason, may_be_unwanted)
{
	cr_assert_eq(reason_set(NULL, "x", EBUSY, REASON_MODEL, "y"), -EBUSY);
	reason_hint(NULL, "z");
}

Test(reason, long_clauses_are_cut_not_overrun)
{
	struct reason r;

	reason_set(&r, "x", EINVAL, REASON_KERNEL, "%0999d", 1);
	cr_assert_eq(strlen(r.clause), sizeof(r.clause) - 1);
	reason_hint(&r, "%0999d", 1);
	cr_assert_eq(strlen(r.hint), sizeof(r.hint) - 1);
}

Test(reason, no_character_is_cut_in_half)
{
	static const char *const characters[] = {"\u00b5", "\u2026", "\U0001f4a1"};
	const int end = sizeof(((struct reason *)NULL)->clause) - 1;
	struct reason r;

	for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
		const int bytes = (int)strlen(characters[i]);

		for (int room = 0; room <= bytes; room++) {
			int kept = room == bytes ? end : end - room;

			reason_set(&r, "x", EINVAL, REASON_MODEL, "%0*d%s%0*d", end - room, 0,
				   characters[i], 99, 0);
			cr_assert_eq((int)strlen(r.clause), kept, "%d of %d bytes: %d", room, bytes,
				     (int)strlen(r.clause));
		}
	}
}

Test(reason, errno_names)
{
	cr_assert_str_eq(errno_name(EOPNOTSUPP), "EOPNOTSUPP");
	cr_assert_str_eq(errno_name(ENOENT), "ENOENT");
	cr_assert_str_eq(errno_name(99999), "E?");
}

Test(reason, forms_are_lines_and_those_without_room_are_counted)
{
	struct reason reason;
	size_t lines = 1;

	reason_set(&reason, "id", EINVAL, REASON_KERNEL, "clause");
	reason_form(&reason, "tcp dport 1");
	reason_form(&reason, "tcp dport 2");
	cr_expect_str_eq(reason.forms, "tcp dport 1\ntcp dport 2");
	for (size_t i = 2; i < 500; i++)
		reason_form(&reason, "tcp dport 3");
	for (const char *at = reason.forms; *at; at++)
		lines += *at == '\n';
	cr_expect_eq(lines + reason.forms_left_out, 500, "%zu and %u", lines,
		     reason.forms_left_out);
	cr_expect_lt(strlen(reason.forms), sizeof(reason.forms));
	cr_expect_eq(strlen(reason.forms), lines * strlen("tcp dport 3\n") - 1);
	reason_form(&reason, "a");
	cr_expect_eq(lines + reason.forms_left_out, 501, "none comes after one that was left out");
	reason_form(NULL, "a");
}
