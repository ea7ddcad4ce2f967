/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models that load: every member and condition of a file, and the models that are built in. */
#include <nicemu/config/model.h>

#include "model_schema.h"
#include "model_text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct model *load_full(void)
{
	struct config_error error;
	struct model *model;

	cr_assert_eq(model_parse(&model, "m.yaml", model_text, strlen(model_text), &error), 0, "%s",
		     error.text);
	return model;
}

/* The n-th condition of that kind in a clause's require. */
static const struct model_condition *find(const struct model *model, enum model_condition_kind kind,
					  size_t n)
{
	const struct model_conditions *require = &model->clauses[0].require;

	for (size_t i = 0; i < require->count; i++)
		if (require->list[i].kind == kind && !n--)
			return &require->list[i];
	cr_assert(false, "no condition %s", model_condition_name(kind));
	return NULL;
}

Test(model, the_head_and_its_parts_are_read)
{
	struct model *model = load_full();

	cr_assert_str_eq(model->name, "full-1");
	cr_assert_str_eq(model->title, "one of everything");
	cr_assert_eq(model->status, MODEL_READ);
	cr_assert(model->switchdev);
	cr_assert_eq(model->num_sources, 2);
	cr_assert_str_eq(model->sources[0].kernel, "5.13");
	cr_assert_str_eq(model->sources[1].kernel, "");
	cr_assert(model->fronts[MODEL_CHAIN].taken && model->fronts[MODEL_FLOWER].taken);
	cr_assert(model->fronts[MODEL_CHAIN].many_blocks);
	cr_assert_not(model->fronts[MODEL_FLOWER].many_blocks);
	cr_assert_not(model->fronts[MODEL_FLOWTABLE].taken);
	cr_assert_eq(model->fronts[MODEL_FLOWTABLE].error, EOPNOTSUPP);
	cr_assert_str_eq(model->fronts[MODEL_FLOWTABLE].text, "no tables");
	cr_assert_eq(model->num_notes, 2);
	cr_assert_eq(model->notes[0].source, &model->sources[1]);
	cr_assert_null(model->notes[1].source);
	cr_assert_eq(model->off_bind_error, EPERM);
	cr_assert_eq(model->off_replace_error, 0);
	cr_assert_str_eq(model->off_text, "off");
	model_free(model);
	model_free(NULL);
}

Test(model, clauses_keep_their_order_and_say_whose_reason_it_is)
{
	struct model *model = load_full();
	const struct model_clause *c = model->clauses;

	cr_assert_eq(model->num_clauses, 3);
	cr_assert_str_eq(c[0].reason_id, "full-1:all");
	cr_assert_eq(c[0].error, EINVAL);
	cr_assert_str_eq(c[0].text, "says so");
	cr_assert_str_eq(c[0].hint, "`drop`");
	cr_assert_eq(c[0].source, &model->sources[0]);
	cr_assert_eq(c[0].when.count, 3);
	cr_assert_eq(c[0].unless.count, 2);
	cr_assert_eq(c[1].when.count + c[1].unless.count + c[1].require.count, 0);
	cr_assert_str_eq(c[1].text, "");
	cr_assert_not(c[1].binding);
	cr_assert(c[2].binding);
	model_free(model);
}

Test(model, each_condition_has_what_the_file_says)
{
	struct model *model = load_full();
	const struct model_condition *c;

	c = find(model, MODEL_IF_KEYS_ONLY, 0);
	cr_assert_eq(c->keys, FLOW_PRESENT(CONTROL) | FLOW_PRESENT(BASIC) |
				      FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(PORTS) |
				      FLOW_PRESENT(VLAN) | FLOW_PRESENT(TCP) | FLOW_PRESENT(META));
	c = find(model, MODEL_IF_FIELDS_ONLY, 0);
	cr_assert_eq(c->fields[0].id, FLOW_VLAN_TCI);
	cr_assert_eq(c->fields[0].bits, 0x0fff);
	cr_assert_eq(c->fields[1].id, FLOW_TCP_FLAGS);
	c = find(model, MODEL_IF_FIELDS_ANY, 0);
	cr_assert_eq(c->fields[1].id, FLOW_FIELD_COUNT + FLOW_EXTRA_PORTS_RANGE_MIN_SRC);
	cr_assert_eq(find(model, MODEL_IF_MASK, 0)->mask, MODEL_MASK_PREFIX);
	cr_assert_eq(find(model, MODEL_IF_MASK, 1)->mask, MODEL_MASK_FULL);
	cr_assert_eq(find(model, MODEL_IF_MASK_BITS, 0)->ranges[0].max, 0x2f);
	c = find(model, MODEL_IF_VALUE, 0);
	cr_assert_eq(c->num_ranges, 2);
	cr_assert_eq(c->ranges[0].min, 6);
	cr_assert_eq(c->ranges[0].max, 6);
	cr_assert_eq(c->ranges[1].max, 20);
	cr_assert_eq(find(model, MODEL_IF_ACTIONS_ANY, 0)->actions, UINT64_C(1)
									    << FLOW_ACTION_DROP);
	cr_assert_eq(find(model, MODEL_IF_ACTIONS_LAST, 0)->actions, UINT64_C(1)
									     << FLOW_ACTION_DROP);
	c = find(model, MODEL_IF_ACTIONS_COUNT, 0);
	cr_assert_eq(c->actions, 0);
	cr_assert_eq(c->ranges[0].max, 3);
	cr_assert_eq(find(model, MODEL_IF_ACTIONS_ONCE, 0)->actions, 0);
	c = find(model, MODEL_IF_ACTIONS_ORDER, 0);
	cr_assert_eq(c->num_order, 2);
	cr_assert_eq(c->order[0], FLOW_ACTION_VLAN_PUSH);
	model_free(model);
}

Test(model, conditions_on_arguments_targets_and_the_command_are_read)
{
	struct model *model = load_full();
	const struct model_condition *c = find(model, MODEL_IF_ARGUMENT, 0);

	cr_assert_str_eq(c->argument, "offset");
	cr_assert_str_eq(c->with, "header");
	cr_assert_eq(c->with_ranges[0].min, 2);
	cr_assert_eq(c->ranges[0].max, 8);
	cr_assert_eq(find(model, MODEL_IF_HW_STATS, 0)->set,
		     FLOW_ACTION_HW_STATS_IMMEDIATE | FLOW_ACTION_HW_STATS_DELAYED);
	cr_assert_eq(find(model, MODEL_IF_TARGET_KINDS, 0)->set, 1u << NIC_PORT_REPRESENTOR);
	cr_assert_eq(find(model, MODEL_IF_PRIORITY, 0)->ranges[0].max, 65535);
	cr_assert_eq(find(model, MODEL_IF_CHAIN_INDEX, 0)->ranges[0].max, 0);
	cr_assert_eq(find(model, MODEL_IF_PROTOCOL, 0)->ranges[1].min, 0x86dd);
	find(model, MODEL_IF_IFINDEX_IS_PORT, 0);
	find(model, MODEL_IF_IFINDEX_IS_OF_NIC, 0);
	find(model, MODEL_IF_TARGETS_DIFFER, 0);
	find(model, MODEL_IF_TARGETS_NOT_PORT, 0);
	find(model, MODEL_IF_HW_STATS_SAME, 0);
	cr_assert_eq(model->clauses[0].unless.list[1].set, 1u << MODEL_FLOWER);
	model_free(model);
}

Test(model, what_becomes_of_a_match_is_read)
{
	struct model *model = load_full();
	const struct model_match *m = &model->match;
	const struct model_conflict *c = &model->conflicts[0];

	cr_assert_eq(m->ignored_keys, FLOW_PRESENT(IPV6_ADDRS));
	cr_assert_eq(m->ignored[0].id, FLOW_IP_TOS);
	cr_assert_eq(m->exact[0].id, FLOW_IPV4_SRC);
	cr_assert_eq(m->zero_is_any[0].id, FLOW_PORTS_SRC);
	cr_assert_eq(m->ignored_actions, UINT64_C(1) << FLOW_ACTION_CSUM);
	cr_assert_eq(m->num_ignoring, 2);
	cr_assert_eq(m->ignoring[0].keys, FLOW_PRESENT(TCP));
	cr_assert_eq(m->ignoring[0].fields[0].id, FLOW_PORTS_DST);
	cr_assert(!m->ignoring[0].actions && !m->ignoring[0].mirror_takes);
	cr_assert_eq(m->ignoring[1].actions,
		     UINT64_C(1) << FLOW_ACTION_CSUM | UINT64_C(1) << FLOW_ACTION_REDIRECT);
	cr_assert(m->ignoring[1].mirror_takes);
	cr_assert_eq(m->ignoring[1].unless.count, 1);
	cr_assert_eq(m->num_implicits, 1);
	cr_assert_eq(m->implicits[0].absent_keys, FLOW_PRESENT(VLAN));
	cr_assert(m->implicits[0].has_field);
	cr_assert_eq(m->implicits[0].field.id, FLOW_IP_TTL);
	cr_assert_eq(m->implicits[0].value, 64);
	cr_assert_eq(model->num_conflicts, 1);
	cr_assert_str_eq(c->reason_id, "full-1:twins");
	cr_assert_eq(c->relations, MODEL_SAME_PORT | MODEL_OTHER_TARGET | MODEL_EARLIER_PRIORITY);
	cr_assert_eq(c->when.count + c->unless.count + c->others.count + c->others_unless.count, 4);
	model_free(model);
}

Test(model, tables_and_counters_are_read)
{
	struct model *model = load_full();
	const struct model_table *t = model->tables;
	const struct model_counters *c = &model->counters;

	cr_assert_eq(model->num_tables, 2);
	cr_assert_eq(t[0].kind, MODEL_TERNARY);
	cr_assert_eq(t[0].scope, MODEL_PER_NIC);
	cr_assert_eq(t[0].front_ends, 1u << MODEL_CHAIN);
	cr_assert_eq(t[0].entries, 1024);
	cr_assert_eq(t[0].reserved, 1);
	cr_assert_eq(t[0].slices, 4);
	cr_assert_eq(t[0].key_width, 376);
	cr_assert_eq(t[0].ways, MODEL_UNKNOWN);
	cr_assert(t[0].port_mask);
	cr_assert_eq(t[0].order, MODEL_ORDER_INDEX);
	cr_assert_eq(t[0].insertion, MODEL_INSERTION_SHIFTS);
	cr_assert_eq(t[0].priority.min, 1);
	cr_assert_eq(t[0].priority.max, 65535);
	cr_assert_eq(t[0].num_costs, 2);
	cr_assert_eq(t[0].costs[0].entries, 2);
	cr_assert_eq(t[0].costs[1].slices, 2);
	cr_assert_eq(t[0].costs[1].when.count, 0);
	cr_assert_eq(t[0].full_error, ENOSPC);
	cr_assert_eq(t[1].kind, MODEL_EXACT);
	cr_assert_eq(t[1].scope, MODEL_PER_PORT);
	cr_assert_eq(t[1].ways, 4);
	cr_assert_eq(t[1].key_width, MODEL_UNKNOWN);
	cr_assert_eq(t[1].order, MODEL_ORDER_UNKNOWN);
	cr_assert_eq(t[1].insertion, MODEL_INSERTION_UNKNOWN);
	cr_assert_eq(t[1].priority.max, UINT32_MAX);
	cr_assert(c->packets && !c->last_used && c->if_asked);
	cr_assert_eq(c->bytes, MODEL_BYTES_L2_FCS);
	cr_assert_eq(c->width, 32);
	cr_assert_eq(c->reading, MODEL_READ_POLLED);
	cr_assert_eq(c->interval_ms, 1000);
	cr_assert_eq(c->pool, 5);
	cr_assert_eq(c->pool_error, ENOMEM);
	cr_assert_eq(c->unsupported_error, 0);
	cr_assert_eq(model->cookies.duplicate, 0);
	cr_assert_eq(model->cookies.unknown_stats, ENOENT);
	model_free(model);
}

Test(model, every_model_that_is_built_in_loads_and_is_called_like_its_file)
{
	size_t i = 0;

	for (const char *name; (name = model_builtin_name(i)) != NULL; i++) {
		struct config_error error = {""};
		struct model *model;

		cr_assert_eq(model_load(&model, name, &error), 0, "%s", error.text);
		cr_assert_str_eq(model->name, name);
		cr_assert_eq(model->status == MODEL_OWN, i < 2, "%s", name);
		cr_assert(model->status != MODEL_EXPERIMENTAL ||
				  strstr(model->title, "experimental"),
			  "the title of %s does not say that it is experimental", name);
		model_free(model);
	}
	cr_assert_str_eq(model_builtin_name(0), "generic");
	cr_assert_str_eq(model_builtin_name(1), "none");
	cr_assert_null(model_builtin_name(i + 1));
}

Test(model, well_read_models_come_before_experimental_ones)
{
	bool coarse = false;
	const char *name;

	for (size_t i = 0; (name = model_builtin_name(i)) != NULL; i++) {
		struct config_error error;
		struct model *model;

		cr_assert_eq(model_load(&model, name, &error), 0, "%s", error.text);
		cr_assert(model->status == MODEL_EXPERIMENTAL || !coarse, "%s comes too late",
			  name);
		coarse = model->status == MODEL_EXPERIMENTAL;
		model_free(model);
	}
}

Test(model, a_name_that_nobody_has_lists_those_that_there_are)
{
	struct config_error error;
	struct model *model;

	cr_assert_eq(model_load(&model, "genric", &error), -ENOENT);
	cr_assert_null(model);
	cr_assert(strstr(error.text, "no model 'genric'; did you mean 'generic'?"), "%s",
		  error.text);
	cr_assert(strstr(error.text, "generic, none"), "%s", error.text);
}

Test(model, every_field_is_found_by_its_name)
{
	struct model_field field;

	for (uint16_t id = 0; id < FLOW_FIELD_COUNT + FLOW_EXTRA_COUNT; id++) {
		const char *name = model_field_name((struct model_field){.id = id});

		cr_assert(model_field_find(&field, name), "%s", name);
		cr_assert_eq(field.id, id, "%s", name);
		cr_assert_eq(field.bits, 0);
	}
	cr_assert(model_field_find(&field, "vlan.vlan_priority"));
	cr_assert_eq(field.bits, 0xe000);
	cr_assert_eq(model_field_width(field), 3);
	cr_assert_str_eq(model_field_name(field), "vlan.vlan_priority");
	cr_assert_eq(model_field_key(field), FLOW_DISSECTOR_KEY_VLAN);
	cr_assert_not(model_field_find(&field, "ipv4_addrs.scr"));
}

/* "`name`" stands in the text, or the name as a part of "`a`, `b`" or in an example. */
static void check_described(const char *text, const char *name)
{
	char quoted[64];

	snprintf(quoted, sizeof(quoted), "`%s`", name);
	cr_expect(strstr(text, quoted), "%s is not described in the README", quoted);
}

Test(model, the_readme_describes_every_field_condition_and_relation)
{
	FILE *file = fopen(NICEMU_SOURCE_DIR "/netdevsim-config/models/README.md", "r");
	const cyaml_schema_field_t *fields = model_document.schema->mapping.fields;
	char *text = calloc(1, 1 << 16);

	cr_assert(file);
	cr_assert_gt(fread(text, 1, (1 << 16) - 1, file), 0);
	fclose(file);
	for (; fields->key; fields++)
		check_described(text, fields->key);
	for (int i = 0; i < MODEL_IF_COUNT; i++)
		check_described(text, model_condition_name(i));
	for (int i = 0; i < MODEL_RELATION_COUNT; i++)
		check_described(text, model_relation_name(i));
	free(text);
}

Test(model, the_example_of_the_readme_loads)
{
	FILE *file = fopen(NICEMU_SOURCE_DIR "/netdevsim-config/models/README.md", "r");
	char *text = calloc(1, 1 << 16), *start, *end;
	struct config_error error;
	struct model *model;

	cr_assert(file);
	cr_assert_gt(fread(text, 1, (1 << 16) - 1, file), 0);
	fclose(file);
	start = strstr(text, "```yaml\n");
	cr_assert(start);
	start += strlen("```yaml\n");
	end = strstr(start, "```");
	cr_assert_eq(model_parse(&model, "README.md", start, (size_t)(end - start), &error), 0,
		     "%s", error.text);
	model_free(model);
	free(text);
}
