/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "printed.h"

#include <criterion/criterion.h>

char *printed(print_fn print, const json_t *document, bool color)
{
	const struct report_style style = {.columns = 100, .color = color};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	cr_assert_not_null(out);
	print(out, document, &style);
	cr_assert_eq(fclose(out), 0);
	return text;
}
