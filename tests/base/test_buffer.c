/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/buffer.h>

#include <criterion/criterion.h>

Test(buffer, keeps_every_byte_while_it_grows)
{
	struct buffer b = {0};

	for (int i = 0; i < 100000; i++)
		buffer_append(&b, &(uint8_t){(uint8_t)(i * 7)}, 1);
	cr_assert_eq(b.size, 100000);
	for (int i = 0; i < 100000; i++)
		cr_assert_eq(b.data[i], (uint8_t)(i * 7), "byte %d", i);
	buffer_clear(&b);
	cr_assert_eq(b.size, 0);
}

Test(buffer, reserved_bytes_are_zero)
{
	struct buffer b = {0};
	uint8_t *at;

	buffer_append(&b, "xxxxxxxx", 8);
	b.size = 0;
	at = buffer_reserve(&b, 8);
	for (int i = 0; i < 8; i++)
		cr_assert_eq(at[i], 0);
	buffer_clear(&b);
}

Test(buffer, out_of_memory_is_sticky_and_keeps_what_was_there)
{
	struct buffer b = {0};

	buffer_append(&b, "abc", 3);
	cr_assert_null(buffer_reserve(&b, SIZE_MAX - 2));
	cr_assert(buffer_failed(&b));
	buffer_append(&b, "d", 1);
	cr_assert_eq(b.size, 3);
	cr_assert_eq(b.data[2], 'c');
	buffer_clear(&b);
}
