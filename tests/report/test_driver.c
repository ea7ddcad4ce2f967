/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's view is exact: from its JSON, read with nothing but the field table, comes the very
 * flow rule that was sent; for rules as translate_nft_rule makes them, and for any bits.
 */
#include <nicemu/report/report.h>

#include <nicemu/base/random.h>
#include <nicemu/translate/translate.h>

#include "../translate/generator.h"
#include "../translate/world.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a driver that takes everything ---- */

static int take_binding(void *driver, const struct offload_binding *binding, struct reason *reason)
{
	return 0;
}

static void take_unbinding(void *driver, const struct offload_binding *binding)
{
}

static int take(void *driver, const struct offload_command *command, struct reason *reason)
{
	return 0;
}

static const struct offload_driver taker = {
	.bind = take_binding,
	.unbind = take_unbinding,
	.replace = take,
	.destroy = take,
};

static struct emulator *emulator;
static struct offload *offload;
static struct offload_binding binding;
static char folder[] = "/tmp/nicemu-test-XXXXXX";

static void setup(void)
{
	struct kernel_behavior kernel;
	struct nic nic;
	char message[256], path[64];

	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	cr_assert_eq(kernel_behavior_find(&kernel, "6.12", message, sizeof(message)), 0);
	cr_assert_eq(nic_default(&nic), 0);
	cr_assert_eq(emulator_create(&emulator, &nic, &kernel, path), 0);
	offload = offload_create(&taker, NULL);
	cr_assert_eq(offload_bind(offload, &binding, NULL), 0);
}

static void teardown(void)
{
	offload_destroy(offload);
	emulator_destroy(emulator);
	cr_expect_eq(rmdir(folder), 0, "%s is not empty", folder);
}

TestSuite(driver, .init = setup, .fini = teardown);

/* The record that the report has of this rule. */
static json_t *shown(const struct flow_rule *rule)
{
	const struct offload_command command = {
		.binding = binding.id, .cookie = 1, .protocol = rule->protocol, .rule = rule};
	struct emulator view = *emulator;
	json_t *document, *record;

	view.offload = offload;
	cr_assert_eq(offload_replace(offload, &command, NULL), 0);
	document = report_driver(&view, NULL);
	cr_assert_eq(json_array_size(json_object_get(document, "rules")), 1);
	record = json_incref(json_array_get(json_object_get(document, "rules"), 0));
	json_decref(document);
	return record;
}

/* ---- back from JSON ---- */

static void read_number(struct flow_key *key, enum flow_field_id id, int shift, const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 0);

	cr_assert(*text && !*end, "no number: %s", text);
	flow_key_set(key, id, number << shift);
}

static void read_text(struct flow_key *key, enum flow_field_id id, const char *text)
{
	unsigned int mac[6];
	uint8_t bytes[16];

	switch (flow_fields[id].format) {
	case FLOW_FORMAT_DECIMAL:
	case FLOW_FORMAT_HEX: read_number(key, id, 0, text); return;
	case FLOW_FORMAT_MAC:
		cr_assert_eq(sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &mac[0], &mac[1], &mac[2],
				    &mac[3], &mac[4], &mac[5]),
			     6, "no address: %s", text);
		for (int i = 0; i < 6; i++)
			bytes[i] = (uint8_t)mac[i];
		break;
	case FLOW_FORMAT_IPV4: cr_assert_eq(inet_pton(AF_INET, text, bytes), 1); break;
	case FLOW_FORMAT_IPV6: cr_assert_eq(inet_pton(AF_INET6, text, bytes), 1); break;
	}
	flow_key_store(key, id, bytes);
}

static void read_field(struct flow_key *key, const char *dissector_key, const char *name,
		       const char *text)
{
	static const struct {
		const char *name;
		int shift;
	} tag[] = {{"vlan_id", 0}, {"vlan_dei", 12}, {"vlan_priority", 13}};

	for (size_t i = 0; i < sizeof(tag) / sizeof(tag[0]); i++) {
		if (strcmp(name, tag[i].name) == 0) {
			read_number(key,
				    strcmp(dissector_key, "VLAN") == 0 ? FLOW_VLAN_TCI
								       : FLOW_CVLAN_TCI,
				    tag[i].shift, text);
			return;
		}
	}
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		if (strcmp(flow_dissector_key_name(flow_fields[id].key), dissector_key) == 0 &&
		    strcmp(strchr(flow_fields[id].name, '.') + 1, name) == 0) {
			read_text(key, id, text);
			return;
		}
	}
	cr_assert_fail("no field %s of %s", name, dissector_key);
}

static uint64_t key_bit(const char *name)
{
	for (int id = 0; id < FLOW_DISSECTOR_KEY_COUNT; id++)
		if (flow_dissector_key_name(id) && strcmp(flow_dissector_key_name(id), name) == 0)
			return UINT64_C(1) << id;
	return UINT64_C(1) << atoi(name);
}

/* flagged: all of them must be in used_keys, or none. */
static void read_keys(struct flow_match *match, json_t *keys, bool flagged)
{
	json_t *fields, *field;
	const char *key, *name;

	cr_assert(json_is_object(keys));
	json_object_foreach (keys, key, fields) {
		cr_assert_eq((match->used_keys & key_bit(key)) != 0, flagged, "%s", key);
		json_object_foreach (fields, name, field) {
			read_field(&match->key, key, name,
				   json_string_value(json_object_get(field, "value")));
			read_field(&match->mask, key, name,
				   json_string_value(json_object_get(field, "mask")));
		}
	}
}

static void assert_actions(const struct flow_rule *rule, const json_t *actions, const char *what)
{
	cr_assert_eq(json_array_size(actions), rule->num_actions, "%s", what);
	for (size_t i = 0; i < rule->num_actions; i++) {
		const struct flow_action_entry *a = &rule->actions[i];
		const json_t *action = json_array_get(actions, i);

		cr_assert_str_eq(json_string_value(json_object_get(action, "id")),
				 flow_action_name(a->id), "%s", what);
		cr_assert_eq(json_integer_value(json_object_get(action, "ifindex")), a->ifindex,
			     "%s", what);
		cr_assert_str_eq(json_string_value(json_object_get(action, "hw_stats")),
				 flow_hw_stats_name(a->hw_stats), "%s", what);
	}
}

static void assert_shown_whole(const struct flow_rule *rule, const char *what)
{
	json_t *record = shown(rule);
	struct flow_match match = {0};
	json_t *name;
	char *text = json_dumps(record, JSON_COMPACT);
	size_t i;

	json_array_foreach (json_object_get(record, "used_keys"), i, name)
		match.used_keys |= key_bit(json_string_value(name));
	read_keys(&match, json_object_get(record, "keys"), true);
	read_keys(&match, json_object_get(record, "keys_not_flagged"), false);
	cr_assert_eq(match.used_keys, rule->match.used_keys, "%s: %s", what, text);
	cr_assert_arr_eq(&match.key, &rule->match.key, sizeof(match.key), "%s: %s", what, text);
	cr_assert_arr_eq(&match.mask, &rule->match.mask, sizeof(match.mask), "%s: %s", what, text);
	cr_assert_eq(strtoul(json_string_value(json_object_get(record, "protocol")), NULL, 16),
		     rule->protocol, "%s: %s", what, text);
	assert_actions(rule, json_object_get(record, "actions"), what);
	free(text);
	json_decref(record);
}

/* ---- what is shown ---- */

static struct flow_rule *translate(const struct nlmsghdr *nlh, const struct kernel_behavior *kernel)
{
	const struct translate_context context = {.kernel = kernel,
						  .ifindex_exists = world_ifindex_exists};
	struct nft_expr_context parsing;
	const struct nlattr *bad;
	struct nft_expr *exprs;
	struct flow_rule *rule = NULL;
	size_t count;

	world_context(&parsing, kernel);
	parsing.message = nlh;
	if (nft_exprs_parse(&exprs, &count, mnl_nlmsg_get_payload(nlh), &parsing, &bad, NULL) == 0)
		translate_nft_rule(&rule, exprs, count, &context, NULL);
	nft_exprs_free(exprs, count);
	return rule;
}

Test(driver, the_json_of_a_translated_rule_gives_back_the_flow_rule)
{
	static const char *const kernels[] = {"5.10.30", "6.12.95", "6.18", "ideal"};
	static _Alignas(8) char buffer[1 << 18];
	struct random random = {20};
	int accepted = 0;

	for (int round = 0; round < 20000; round++) {
		const char *version = kernels[round % 4];
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
		struct kernel_behavior kernel;
		struct flow_rule *rule;
		char message[256], what[1024];

		cr_assert_eq(kernel_behavior_find(&kernel, version, message, sizeof(message)), 0);
		generate_expressions(nlh, &random);
		rule = translate(nlh, &kernel);
		if (!rule)
			continue;
		accepted++;
		snprintf(what, sizeof(what), "seed 20 round %d kernel %s: %s", round, version,
			 describe_expressions(mnl_nlmsg_get_payload(nlh)));
		assert_shown_whole(rule, what);
		flow_rule_free(rule);
	}
	cr_assert_gt(accepted, 500, "the generator makes too few rules: %d", accepted);
}

Test(driver, no_bit_of_any_field_is_lost)
{
	struct random random = {21};

	for (int round = 0; round < 2000; round++) {
		struct flow_rule *rule = flow_rule_alloc(1);
		uint8_t bytes[2][16];
		char what[64];

		snprintf(what, sizeof(what), "seed 21 round %d", round);
		for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
			bool sparse = random_below(&random, 2);

			for (int i = 0; i < 32; i++)
				bytes[i / 16][i % 16] = sparse && random_below(&random, 4)
								? 0
								: (uint8_t)random_u64(&random);
			flow_key_store(&rule->match.key, id, bytes[0]);
			flow_key_store(&rule->match.mask, id, bytes[1]);
		}
		rule->match.used_keys = random_u64(&random);
		rule->protocol = (uint16_t)random_u64(&random);
		rule->actions[0].id = random_below(&random, FLOW_ACTION_MIRRED + 1);
		if (rule->actions[0].id >= FLOW_ACTION_REDIRECT)
			rule->actions[0].ifindex = (uint32_t)random_u64(&random);
		rule->actions[0].hw_stats = (uint8_t)random_below(&random, 8);
		assert_shown_whole(rule, what);
		flow_rule_free(rule);
	}
}

Test(driver, a_rule_that_nobody_knows_any_more_is_shown_without_a_place)
{
	struct flow_rule *rule = flow_rule_alloc(0);
	json_t *record = shown(rule);
	static const char *const unknown[] = {"family", "table", "chain",
					      "handle", "rule",  "comment"};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		cr_assert(json_is_null(json_object_get(record, unknown[i])), "%s", unknown[i]);
	cr_assert_str_eq(json_string_value(json_object_get(record, "port")), "eth0");
	cr_assert_str_eq(json_string_value(json_object_get(record, "cookie")), "0x1");
	json_decref(record);
	flow_rule_free(rule);
}
