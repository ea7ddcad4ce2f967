/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chain_key.h"

#include <stdio.h>

char *chain_key(const json_t *object)
{
	const char *family = json_string_value(json_object_get(object, "family"));
	const char *table = json_string_value(json_object_get(object, "table"));
	const char *chain = json_string_value(json_object_get(object, "chain"));
	char *key;

	if (!family || !table || !chain || asprintf(&key, "%s %s %s", family, table, chain) < 0)
		return NULL;
	return key;
}
