/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Criterion test that passes and leaks. See scripts/test. */
#include <criterion/criterion.h>
#include <stdlib.h>

static void *volatile lost;

static void planted_leak(void)
{
	lost = malloc(77);
	lost = NULL;
}

Test(planted, leak)
{
	planted_leak();
}
