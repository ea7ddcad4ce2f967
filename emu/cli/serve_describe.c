/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve_describe.h"

#include <nicemu/report/report.h>

#include <stdlib.h>

enum { DESCRIPTION_SIZE = 1000, KEY_SIZE = 64 };

struct descriptions {
	const struct emulator *emulator;
	json_t *listing;
	struct report_texts *texts;
	json_t *tables; /* "binding cookie" -> name of the ASIC's table */
	json_t *rules;  /* "binding cookie" -> text, null: not found when it was asked for */
};

struct descriptions *descriptions_create(const struct emulator *emulator, json_t *listing)
{
	struct descriptions *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->emulator = emulator;
	d->listing = json_incref(listing);
	return d;
}

void descriptions_destroy(struct descriptions *d)
{
	if (!d)
		return;
	report_texts_destroy(d->texts);
	json_decref(d->rules);
	json_decref(d->listing);
	free(d);
}

static void write_key(char key[KEY_SIZE], uint32_t binding, uint64_t cookie)
{
	snprintf(key, KEY_SIZE, "%lu %llu", (unsigned long)binding, (unsigned long long)cookie);
}

static int note_table(void *context, const struct asic_entry *entry)
{
	struct descriptions *d = context;
	char key[KEY_SIZE];

	write_key(key, entry->decision->binding, entry->decision->cookie);
	json_object_set_new(d->tables, key, json_string(entry->table->name));
	return 0;
}

static void describe_rule(void *context, const struct nft_offload_rule *rule)
{
	struct descriptions *d = context;
	const char *text =
		rule->text ? rule->text
			   : report_rule_text(d->texts, rule->family, rule->table, rule->handle);
	char description[DESCRIPTION_SIZE], key[KEY_SIZE];
	const char *table;

	if (!rule->in_hw)
		return;
	write_key(key, rule->binding, rule->cookie);
	table = json_string_value(json_object_get(d->tables, key));
	snprintf(description, sizeof(description),
		 "%s %s %s handle %llu%s%s; table %s, priority %d", rule->family, rule->table,
		 rule->chain, (unsigned long long)rule->handle, text ? ": " : "", text ? text : "",
		 table ? table : "?", rule->priority);
	json_object_set_new(d->rules, key, report_string(description));
}

/* Of the rules that are there now; what is known stays. */
static void describe_rules(struct descriptions *d)
{
	if (!d->rules)
		d->rules = json_object();
	if (!d->texts)
		d->texts = report_texts_create(d->listing);
	d->tables = json_object();
	asic_visit(d->emulator->asic, note_table, d);
	emulator_visit_rules(d->emulator, describe_rule, d);
	json_decref(d->tables);
	d->tables = NULL;
}

const char *descriptions_find(void *context, uint32_t binding, uint64_t cookie)
{
	struct descriptions *d = context;
	char key[KEY_SIZE];

	write_key(key, binding, cookie);
	if (!json_object_get(d->rules, key)) {
		describe_rules(d);
		if (!json_object_get(d->rules, key))
			json_object_set_new(d->rules, key, json_null());
	}
	return json_string_value(json_object_get(d->rules, key));
}
