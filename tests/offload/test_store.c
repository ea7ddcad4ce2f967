/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plain store, the router in front of it, and refusals on demand. */
#include "fail_alloc.h"
#include "fake_driver.h"

#include <nicemu/offload/fault.h>
#include <nicemu/offload/router.h>
#include <nicemu/offload/store.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fake_driver *asic;
static struct nic nic;
static struct store *store;
static struct router *router;
static struct offload *offload;

static void setup(void)
{
	asic = calloc(1, sizeof(*asic));
	store = store_create(&nic);
	router = router_create(&fake_driver, asic, &store_driver, store);
	offload = offload_create(&router_driver, router);
}

static void teardown(void)
{
	offload_destroy(offload);
	router_destroy(router);
	store_destroy(store);
	free(asic);
}

static uint32_t bind_as(enum offload_binder binder, enum offload_direction direction, uint16_t port)
{
	struct offload_binding binding = {.binder = binder, .direction = direction, .port = port};

	cr_assert_eq(offload_bind(offload, &binding, NULL), 0);
	return binding.id;
}

static int replace(uint32_t binding, uint64_t cookie)
{
	return offload_replace(
		offload, &(struct offload_command){.binding = binding, .cookie = cookie}, NULL);
}

Test(router, sends_chains_on_ingress_to_the_nic_and_the_rest_to_the_store, .init = setup,
     .fini = teardown)
{
	uint32_t chain = bind_as(OFFLOAD_BLOCK, OFFLOAD_INGRESS, 1);
	uint32_t flows = bind_as(OFFLOAD_FLOWTABLE, OFFLOAD_INGRESS, 1);
	uint32_t out = bind_as(OFFLOAD_TC, OFFLOAD_EGRESS, 1);

	cr_assert_eq(asic->calls, 1);
	cr_assert_eq(replace(chain, 1), 0);
	cr_assert_eq(replace(flows, 2), 0);
	cr_assert_eq(replace(out, 3), 0);
	cr_assert_eq(replace(out, 3), 0, "an update");
	cr_assert_eq(asic->calls, 2);
	cr_assert(asic->live[chain][1]);
	cr_assert_eq(store_rules(store, OFFLOAD_FLOWTABLE), 1);
	cr_assert_eq(store_rules(store, OFFLOAD_TC), 1);
	cr_assert_eq(offload_unbind(offload, out), 0);
	offload_release(offload, out);
	cr_assert_eq(store_rules(store, OFFLOAD_TC), 0);
	cr_assert_eq(asic->calls, 2);
	offload_port_gone(offload, 1);
	cr_assert_eq(store_rules(store, OFFLOAD_FLOWTABLE), 0);
	cr_assert_eq(asic->gone, 1);
}

Test(store, counts_nothing_until_it_is_told_a_rate, .init = setup, .fini = teardown)
{
	uint32_t flows = bind_as(OFFLOAD_FLOWTABLE, OFFLOAD_INGRESS, 0);
	const struct offload_command command = {.binding = flows, .cookie = 7};
	struct offload_stats stats;

	cr_assert_eq(replace(flows, 7), 0);
	store_tick(store, 1000);
	cr_assert_eq(offload_totals(offload, flows, 7, &stats), 0);
	cr_assert_eq(stats.packets, 0);
	cr_assert_eq(stats.last_used_ns, 0);
	cr_assert(!store_counts(store));
	offload_destroy_rule(offload, &command, NULL);
	cr_assert_eq(offload_totals(offload, flows, 7, &stats), -ENOENT);
}

Test(store, every_rule_counts_the_same_each_second_since_it_came, .init = setup, .fini = teardown)
{
	uint32_t flows = bind_as(OFFLOAD_FLOWTABLE, OFFLOAD_INGRESS, 0);
	struct offload_stats stats;

	store_set_rate(store, 10, 600);
	cr_assert(store_counts(store));
	store_tick(store, 1000);
	replace(flows, 1);
	store_tick(store, 2000);
	replace(flows, 2);
	replace(flows, 1); /* an update keeps the totals */
	store_tick(store, 3000);
	cr_assert_eq(offload_totals(offload, flows, 1, &stats), 0);
	cr_assert_eq(stats.packets, 20);
	cr_assert_eq(stats.bytes, 1200);
	cr_assert_eq(stats.last_used_ns, 3000);
	cr_assert_eq(offload_totals(offload, flows, 2, &stats), 0);
	cr_assert_eq(stats.packets, 10);
}

static struct flow_rule *flow_from(uint32_t ifindex)
{
	struct flow_rule *rule = flow_rule_alloc(0);

	rule->match.used_keys = UINT64_C(1) << FLOW_DISSECTOR_KEY_META;
	flow_key_set(&rule->match.key, FLOW_META_INGRESS_IFINDEX, ifindex);
	flow_key_set(&rule->match.mask, FLOW_META_INGRESS_IFINDEX, UINT32_MAX);
	return rule;
}

/* The kernel adds up what all ports of the flowtable report. */
Test(store, counts_a_flow_on_the_port_by_which_it_comes_in_only, .init = setup, .fini = teardown)
{
	struct nic_port ports[] = {{.ifindex = 7}, {.ifindex = 9}};
	uint32_t bindings[2][2]; /* by kind, port */
	const uint64_t expected[2][2] = {{0, 10}, {10, 10}};
	struct flow_rule *rule = flow_from(9);

	nic = (struct nic){.ports = ports, .num_ports = 2};
	store_set_rate(store, 10, 600);
	for (size_t i = 0; i < 4; i++) {
		uint32_t id =
			bind_as(i / 2 ? OFFLOAD_TC : OFFLOAD_FLOWTABLE, OFFLOAD_INGRESS, i % 2);
		const struct offload_command command = {.binding = id, .cookie = 1, .rule = rule};

		bindings[i / 2][i % 2] = id;
		cr_assert_eq(offload_replace(offload, &command, NULL), 0);
		cr_assert_eq(offload_replace(offload, &command, NULL), 0, "told again");
	}
	store_tick(store, 1000);
	for (size_t i = 0; i < 4; i++) {
		struct offload_stats stats;

		cr_assert_eq(offload_totals(offload, bindings[i / 2][i % 2], 1, &stats), 0);
		cr_assert_eq(stats.packets, expected[i / 2][i % 2], "kind %zu, port %zu", i / 2,
			     i % 2);
		cr_assert_eq(stats.bytes, expected[i / 2][i % 2] * 60);
		cr_assert_eq(stats.last_used_ns, stats.packets ? 1000 : 0);
	}
	flow_rule_free(rule);
	nic = (struct nic){0};
}

/* Bind and program until one allocation fails; then everything else still works. */
Test(store, survives_each_allocation_failing)
{
	size_t failures = 0;

	for (size_t nth = 1; nth < 1000; nth++) {
		struct offload_binding binding = {.binder = OFFLOAD_TC};
		int error;

		setup();
		fail_alloc_at(nth);
		error = offload_bind(offload, &binding, NULL);
		for (uint64_t cookie = 1; cookie < 30 && !error; cookie++)
			error = replace(binding.id, cookie);
		fail_alloc_at(0);
		cr_assert(error == 0 || error == -ENOMEM, "allocation %zu", nth);
		failures += error != 0;
		if (!binding.id)
			cr_assert_eq(offload_bind(offload, &binding, NULL), 0);
		cr_assert_eq(replace(binding.id, 99), 0, "allocation %zu", nth);
		teardown();
		if (!error)
			break;
	}
	cr_assert_gt(failures, 30);
}

/* ---- refusals on demand ---- */

static const struct {
	const char *text;
	bool any;
	enum offload_binder binder;
	uint64_t first, last;
	int error; /* 0: it is wrong */
	const char *clause;
} texts[] = {
	{"3:ENOSPC", true, 0, 3, 3, ENOSPC, "refused on demand"},
	{"1+:EOPNOTSUPP", true, 0, 1, UINT64_MAX, EOPNOTSUPP, "refused on demand"},
	{"chain:2:EBUSY:so: it is", false, OFFLOAD_BLOCK, 2, 2, EBUSY, "so: it is"},
	{"flowtable:7:ENOMEM", false, OFFLOAD_FLOWTABLE, 7, 7, ENOMEM, "refused on demand"},
	{"flower:7+:EIO:x", false, OFFLOAD_TC, 7, UINT64_MAX, EIO, "x"},
	{"", false, 0, 0, 0, 0, "is not"},
	{"0:ENOSPC", false, 0, 0, 0, 0, "is not"},
	{"-1:ENOSPC", false, 0, 0, 0, 0, "is not"},
	{"3", false, 0, 0, 0, 0, "is not"},
	{"3:", false, 0, 0, 0, 0, "no errno"},
	{"3:EWHAT", false, 0, 0, 0, 0, "no errno"},
	{"3:E?", false, 0, 0, 0, 0, "no errno"},
	{"99999999999999999999:EIO", false, 0, 0, 0, 0, "is not"},
	{"rule:3:EIO", false, 0, 0, 0, 0, "is not"},
};

Test(fault, is_written_as_documented)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct offload_fault fault;
		char message[256] = "";
		int error = offload_fault_parse(&fault, texts[i].text, message, sizeof(message));

		cr_assert_eq(error, texts[i].error ? 0 : -EINVAL, "%s", texts[i].text);
		if (error) {
			cr_assert_not_null(strstr(message, texts[i].clause), "%s: %s",
					   texts[i].text, message);
			continue;
		}
		cr_assert_eq(fault.any, texts[i].any, "%s", texts[i].text);
		cr_assert(fault.any || fault.binder == texts[i].binder, "%s", texts[i].text);
		cr_assert_eq(fault.first, texts[i].first, "%s", texts[i].text);
		cr_assert_eq(fault.last, texts[i].last, "%s", texts[i].text);
		cr_assert_eq(fault.error, texts[i].error, "%s", texts[i].text);
		cr_assert_str_eq(fault.text, texts[i].clause);
	}
}

Test(fault, counts_new_rules_of_its_kind_only, .init = setup, .fini = teardown)
{
	const struct offload_fault faults[] = {
		{.binder = OFFLOAD_FLOWTABLE, .first = 2, .last = 2, .error = ENOSPC, .text = "no"},
		{.any = true, .first = 6, .last = UINT64_MAX, .error = EBUSY, .text = "any"},
	};
	uint32_t chain = bind_as(OFFLOAD_BLOCK, OFFLOAD_INGRESS, 0);
	uint32_t flows = bind_as(OFFLOAD_FLOWTABLE, OFFLOAD_INGRESS, 0);
	struct offload_command again = {.binding = flows, .cookie = 20, .repeated = true};
	struct offload_command command = {.binding = flows, .cookie = 2};
	struct reason reason = {0};

	offload_set_faults(offload, faults, 2);
	cr_assert_eq(replace(chain, 1), 0);
	cr_assert_eq(replace(chain, 2), 0);
	cr_assert_eq(replace(flows, 1), 0);
	cr_assert_eq(replace(flows, 1), 0, "an update does not count");
	cr_assert_eq(offload_replace(offload, &again, NULL), 0, "nor does a repetition");
	cr_assert_eq(offload_replace(offload, &command, &reason), -ENOSPC);
	cr_assert_str_eq(reason.clause, "no");
	cr_assert_eq(reason.layer, REASON_FAULT);
	cr_assert_str_eq(reason.id, "on-demand");
	cr_assert_eq(store_rules(store, OFFLOAD_FLOWTABLE), 2, "it was not asked");
	cr_assert_eq(replace(flows, 2), 0, "the next try is the third");
	cr_assert_eq(replace(flows, 3), -EBUSY);
	cr_assert_eq(replace(chain, 3), -EBUSY);
	cr_assert_eq(replace(chain, 1), 0, "an update is not refused");
}
