/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What show and a replay's report tell of an emulator that serves a real kernel. */
#include <nicemu/report/explain.h>

#include <nicemu/kernel/wire.h>

#include "printed.h"
#include "untold.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct emulator *emulator;
static int module;
static char folder[] = "/tmp/nicemu-test-XXXXXX";

static void attach(void)
{
	const struct kmod_hello hello = {
		.header = {.length = sizeof(hello), .type = KMOD_HELLO},
		.version = KMOD_VERSION,
	};
	char message[256];
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	module = pair[0];
	cr_assert_gt(send(module, &hello, sizeof(hello), 0), 0);
	cr_assert_eq(emulator_attach(emulator, pair[1], message, sizeof(message)), 0, "%s",
		     message);
}

static void setup(void)
{
	struct kernel_behavior kernel;
	struct nic nic;
	char message[256], path[64];

	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	cr_assert_eq(kernel_behavior_find(&kernel, "6.1", message, sizeof(message)), 0);
	cr_assert_eq(nic_default(&nic), 0);
	nic.num_ports = 0;
	cr_assert_eq(emulator_create(&emulator, &nic, &kernel, path), 0);
	attach();
}

static void teardown(void)
{
	emulator_destroy(emulator);
	close(module);
	rmdir(folder);
}

static void say(void *message, size_t size, uint16_t type)
{
	*(struct kmod_header *)message =
		(struct kmod_header){.length = (uint32_t)size, .type = type};
	cr_assert_gt(send(module, message, size, 0), 0);
	cr_assert_eq(kmod_dispatch(emulator->kmod), 0, "%s", kmod_error(emulator->kmod));
}

static void bind_and_replace(uint8_t binder, uint8_t direction, uint32_t binding)
{
	struct kmod_bind bind = {.binding = binding,
				 .ifindex = 41,
				 .netns = 7,
				 .binder = binder,
				 .direction = direction,
				 .block = binding};
	struct {
		struct kmod_replace replace;
		struct kmod_field field;
		struct kmod_action action;
	} rule = {
		.replace = {.command = {.binding = binding,
					.cookie = 0xffff888000000000 + binding,
					.prio = 10,
					.protocol = 0x0800},
			    .used_keys = 1 << 4,
			    .handle = binder == KMOD_BINDER_CHAIN ? 6 : 0,
			    .num_fields = 1,
			    .num_actions = 1},
		.field = {KMOD_FIELD_PORTS_DST, 2, 1, {0, 53}, {0xff, 0xff}},
		.action = {.id = KMOD_ACTION_REDIRECT, .hw_stats = 7, .argument = {42, 7}},
	};

	if (binder == KMOD_BINDER_CHAIN) {
		strcpy(bind.table, "t");
		strcpy(bind.chain, "c");
	}
	say(&bind, sizeof(bind), KMOD_BIND);
	say(&rule, sizeof(rule.replace) + sizeof(rule.field) + sizeof(rule.action), KMOD_REPLACE);
}

static void add_all(void)
{
	struct kmod_port a = {.ifindex = 41, .netns = 7, .name = "wan"};
	struct kmod_port b = {.ifindex = 42, .netns = 7, .name = "lan"};

	say(&a, sizeof(a), KMOD_PORT);
	say(&b, sizeof(b), KMOD_PORT);
	bind_and_replace(KMOD_BINDER_CHAIN, KMOD_INGRESS, 1);
	bind_and_replace(KMOD_BINDER_FLOWTABLE, KMOD_INGRESS, 2);
	bind_and_replace(KMOD_BINDER_TC, KMOD_EGRESS, 3);
}

static char *printed_once(print_fn print, json_t *document)
{
	char *text = printed(print, document, false);

	json_decref(document);
	return text;
}

static void assert_has(char *text, const char *part)
{
	cr_assert_not_null(strstr(text, part), "'%s' is not in:\n%s", part, text);
}

Test(attached, rules_of_chains_are_told_by_what_the_kernel_told, .init = setup, .fini = teardown)
{
	json_t *document, *rules, *rule;
	char *text;

	add_all();
	document = report_rules(emulator, NULL, true);
	rules = json_object_get(document, "rules");
	cr_assert_eq(json_array_size(rules), 1, "the others are recorded only");
	rule = json_array_get(rules, 0);
	cr_assert_str_eq(json_string_value(json_object_get(rule, "rule")),
			 "ports.dst 53 REDIRECT lan");
	cr_assert_str_eq(json_string_value(json_object_get(rule, "table")), "t");
	cr_assert_eq(json_integer_value(json_object_get(rule, "handle")), 6);
	cr_assert(json_is_null(json_object_get(rule, "has_counter")));
	text = printed_once(report_print_rules, document);
	assert_has(text, "netdev t c, port wan, priority 10\n");
	cr_assert_null(strstr(text, "has no 'counter'"), "nobody knows");
	free(text);
}

static const char *warning_of(const struct untold *untold, json_t *warnings)
{
	json_array_clear(warnings);
	untold_warn(untold, &emulator->nic, warnings);
	cr_assert_eq(json_array_size(warnings), 1);
	return json_string_value(json_object_get(json_array_get(warnings, 0), "text"));
}

Test(attached, rules_that_the_nic_does_not_count_have_a_counter_only_where_that_is_known,
     .init = setup, .fini = teardown)
{
	const struct nft_offload_rule known = {.in_hw = true, .has_counter = true};
	const struct nft_offload_rule other = {.in_hw = true, .text = "ports.dst 53 DROP"};
	const struct asic_told nothing = {0}, packets = {.packets = true};
	json_t *warnings = json_array();

	for (int bytes = 0; bytes < 2; bytes++) {
		struct untold untold = {0}, kernels = {0};

		untold_add(&untold, &known, bytes ? packets : nothing);
		untold_add(&kernels, &other, bytes ? packets : nothing);
		untold_add(&kernels, &other, bytes ? packets : nothing);
		cr_assert_not_null(strstr(warning_of(&untold, warnings),
					  " for 1 rule with a counter, of which nft shows 0"));
		cr_assert_not_null(strstr(warning_of(&kernels, warnings),
					  " for 2 rules, of whose counters, if any, nft shows 0"));
		cr_assert_null(strstr(warning_of(&kernels, warnings), "with a counter"));
	}
	json_decref(warnings);
}

Test(attached, the_drivers_view_marks_what_is_recorded_only, .init = setup, .fini = teardown)
{
	char *text;

	add_all();
	text = printed_once(report_print_driver, report_driver(emulator, NULL));
	assert_has(text, "REPLACE wan: netdev t c handle 6: ports.dst 53 REDIRECT lan\n");
	assert_has(text, "REPLACE wan: flowtable ingress, recorded only\n");
	assert_has(text, "REPLACE wan: flower egress, recorded only\n");
	assert_has(text, "  action     REDIRECT        lan ifindex 42 hw_stats DONT_CARE\n");
	free(text);
}

Test(attached, nic_and_counters_tell_how_many_are_recorded_only, .init = setup, .fini = teardown)
{
	char *text;

	text = printed_once(report_print_nic, report_nic(emulator));
	cr_assert_null(strstr(text, "recorded only"), "there is none");
	free(text);
	add_all();
	text = printed_once(report_print_nic, report_nic(emulator));
	assert_has(text, "1 of 1048576 entries in use");
	assert_has(text, "recorded only: 1 rule of flowtables, 1 of flower\n");
	free(text);
	text = printed_once(report_print_counters, report_counters(emulator));
	assert_has(text, "recorded only: 1 rule of flowtables, 1 of flower\n");
	free(text);
}

Test(attached, a_packet_is_explained_as_far_as_rules_are_known, .init = setup, .fini = teardown)
{
	static const uint8_t udp[] = {
		2, 0, 0,  0, 0, 1,  2, 0, 0, 0,  0, 2, 8, 0,    0x45, 0, 0,  28, 0, 0, 0,
		0, 0, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x03, 0xe8, 0, 53, 0,  8, 0, 0,
	};
	const struct report_explain_source source = {"nicemu", "file", 1, false};
	const struct explain_options options = {10, false};
	struct packet packet = {.data = udp, .captured = sizeof(udp), .length = sizeof(udp)};
	struct explanation e;
	char message[256], *text;

	add_all();
	packet.port = (uint16_t)nic_port_by_name(&emulator->nic, "wan");
	cr_assert_eq(explain_packet(emulator, &packet, &options, &e, message, sizeof(message)), 0,
		     "%s", message);
	text = printed_once(report_print_explain, report_explain(emulator, &packet, &e, &source));
	explanation_clear(&e);
	assert_has(text,
		   "  redirected to lan\n  by netdev t c handle 6: ports.dst 53 REDIRECT lan\n");
	assert_has(text,
		   "  not interpreted: the rules of a real kernel, which are not known here\n");
	free(text);
}
