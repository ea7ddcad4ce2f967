/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/cursor.h>

#include <criterion/criterion.h>

static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07};

Test(cursor, reads_big_endian_in_order)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	cr_assert_eq(cursor_u8(&c), 0x01);
	cr_assert_eq(cursor_be16(&c), 0x0203);
	cr_assert_eq(cursor_be32(&c), 0x04050607);
	cr_assert_eq(cursor_left(&c), 0);
	cr_assert_not(cursor_failed(&c));
}

Test(cursor, failure_is_sticky_and_moves_nothing)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	cursor_skip(&c, 5);
	cr_assert_eq(cursor_be32(&c), 0);
	cr_assert(cursor_failed(&c));
	cr_assert_eq(cursor_u8(&c), 0, "a read after the failure must not deliver what is left");
	cr_assert_null(cursor_bytes(&c, 0));
	cr_assert_eq(cursor_left(&c), 0);
}

Test(cursor, a_size_that_would_overflow_fails)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	cursor_skip(&c, 1);
	cr_assert_null(cursor_bytes(&c, SIZE_MAX));
	cr_assert(cursor_failed(&c));
}

Test(cursor, sub_cursor_ends_where_told)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));
	struct cursor inner = cursor_sub(&c, 3);

	cr_assert_eq(cursor_be16(&inner), 0x0102);
	cr_assert_eq(cursor_be16(&inner), 0);
	cr_assert(cursor_failed(&inner));
	cr_assert_eq(cursor_u8(&c), 0x04);
	inner = cursor_sub(&c, 4);
	cr_assert(cursor_failed(&inner));
	cr_assert(cursor_failed(&c));
}

Test(cursor, no_bytes_of_nothing_are_no_failure)
{
	struct cursor c = cursor_over(NULL, 0);
	struct cursor inner = cursor_sub(&c, 0);

	cr_assert_not(cursor_failed(&inner));
	cr_assert_eq(cursor_left(&inner), 0);
	cursor_skip(&inner, 0);
	cr_assert_not(cursor_failed(&inner));
	cr_assert_not(cursor_failed(&c));
	cr_assert_eq(cursor_u8(&inner), 0);
	cr_assert(cursor_failed(&inner));
}
