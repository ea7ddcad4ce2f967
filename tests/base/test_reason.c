/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/reason.h>

#include <criterion/criterion.h>
#include <errno.h>

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

	reason_set(&r, "x", EINVAL, REASON_KERNEL, "%0500d", 1);
	cr_assert_eq(r.clause[sizeof(r.clause) - 1], '\0');
}

Test(reason, errno_names)
{
	cr_assert_str_eq(errno_name(EOPNOTSUPP), "EOPNOTSUPP");
	cr_assert_str_eq(errno_name(ENOENT), "ENOENT");
	cr_assert_str_eq(errno_name(99999), "E?");
}
