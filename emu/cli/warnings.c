/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "warnings.h"

#include "print.h"

#include <nicemu/report/report.h>

#include <stdio.h>

enum { WARNINGS_SHOWN = 100 };

static const char *text_of(const json_t *warning, const char *key)
{
	const char *text = json_string_value(json_object_get(warning, key));

	return text ? text : "?";
}

/* Names the rule as nft prints it, or by its handle where nft does not list it (any more). */
static void print_warning(const json_t *warning, const struct report_texts *texts)
{
	json_int_t handle = json_integer_value(json_object_get(warning, "handle"));
	const char *rule = NULL;

	fprintf(stderr, "nicemu: warning: %s %s %s", text_of(warning, "family"),
		text_of(warning, "table"), text_of(warning, "chain"));
	if (handle)
		rule = report_rule_text(texts, text_of(warning, "family"),
					text_of(warning, "table"), (uint64_t)handle);
	if (rule)
		fprintf(stderr, ": %s", rule);
	else if (handle)
		fprintf(stderr, " handle %lld", (long long)handle);
	fprintf(stderr, ": %s\n", text_of(warning, "text"));
}

/* Is there one about a rule? Only then is nft asked how it prints it. */
static bool names_rules(const json_t *list)
{
	const json_t *warning;
	size_t i;

	json_array_foreach (list, i, warning) {
		if (json_integer_value(json_object_get(warning, "handle")))
			return true;
	}
	return false;
}

void tell_warnings(struct session *session)
{
	json_t *request = json_pack("{s:s}", "command", "warnings");
	json_t *answer = session_request(session, request, NULL, 0, NULL, NULL);
	const json_t *list = json_object_get(answer, "warnings");
	size_t count = session->quiet ? 0 : json_array_size(list);
	struct report_texts *texts = NULL;
	json_t *listing = NULL;

	if (count && names_rules(list)) {
		fetch_listing(session, &listing);
		texts = report_texts_create(listing);
	}
	for (size_t i = 0; i < count && i < WARNINGS_SHOWN; i++)
		print_warning(json_array_get(list, i), texts);
	if (count > WARNINGS_SHOWN)
		fprintf(stderr, "nicemu: … and %zu more warnings\n", count - WARNINGS_SHOWN);
	report_texts_destroy(texts);
	json_decref(listing);
	json_decref(answer);
	json_decref(request);
}
