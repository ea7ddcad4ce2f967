/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields and actions of the wire in flow rules; and messages that break the format. */
#include "fake_module.h"

#include <nicemu/base/random.h>
#include <nicemu/flow/view.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fake_module m;

static void open_bound(void)
{
	fake_open(&m);
	cr_assert_eq(fake_port(&m, 7, 31, "eth0"), 0);
	cr_assert_eq(fake_bind(&m, 1, 31, 0), 0);
}

static void close_module(void)
{
	fake_close(&m);
}

struct message {
	struct kmod_replace replace;
	struct kmod_field fields[KMOD_FIELDS_MAX];
};

static const struct {
	uint16_t id;
	uint8_t key, size;
	const char *name;
} wire_fields[] = {
#define X(ID, NUMBER, KEY, SIZE, NAME) {NUMBER, KEY, SIZE, NAME},
	KMOD_FIELDS(X)
#undef X
};

enum { NUM_FIELDS = sizeof(wire_fields) / sizeof(wire_fields[0]) };

static struct flow_rule *held;

static void take_rule(void *context, const struct offload_binding *binding,
		      const struct offload_command *command)
{
	held = flow_rule_copy(command->rule);
}

/* Value and mask of a field, wherever the rule has it: false where nowhere. */
static bool find(const struct flow_rule *rule, const char *name, uint8_t value[16],
		 uint8_t mask[16], uint8_t *key)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		if (strcmp(flow_fields[id].name, name) != 0)
			continue;
		flow_key_load(&rule->match.key, id, value);
		flow_key_load(&rule->match.mask, id, mask);
		*key = (uint8_t)flow_fields[id].key;
		return true;
	}
	for (size_t i = 0; i < rule->match.num_extras; i++) {
		const struct flow_extra *extra = &rule->match.extras[i];

		if (strcmp(flow_extra_fields[extra->id].name, name) != 0)
			continue;
		memcpy(value, extra->value, 16);
		memcpy(mask, extra->mask, 16);
		*key = (uint8_t)flow_extra_fields[extra->id].key;
		return true;
	}
	return false;
}

static void assert_fields(const struct message *message, int round)
{
	uint8_t value[16], mask[16], key;

	for (int i = 0; i < NUM_FIELDS; i++) {
		const struct kmod_field *field = &message->fields[i];

		memset(value, 0, sizeof(value));
		memset(mask, 0, sizeof(mask));
		cr_assert(find(held, wire_fields[i].name, value, mask, &key), "%s",
			  wire_fields[i].name);
		cr_assert_eq(key, wire_fields[i].key, "%s", wire_fields[i].name);
		cr_assert_eq(memcmp(value, field->key, 16), 0, "seed 30 round %d %s", round,
			     wire_fields[i].name);
		cr_assert_eq(memcmp(mask, field->mask, 16), 0, "seed 30 round %d %s", round,
			     wire_fields[i].name);
	}
}

Test(fields, every_one_of_the_wire_arrives_bit_by_bit, .init = open_bound, .fini = close_module)
{
	struct random random = {30};

	for (int round = 0; round < 100; round++) {
		static struct message message;
		size_t size = sizeof(message.replace) + NUM_FIELDS * sizeof(message.fields[0]);

		memset(&message, 0, sizeof(message));
		message.replace.command.binding = 1;
		message.replace.command.protocol = 0x86dd;
		message.replace.used_keys = random_u64(&random);
		message.replace.unknown_keys = random_u64(&random);
		message.replace.num_fields = NUM_FIELDS;
		for (int i = 0; i < NUM_FIELDS; i++) {
			message.fields[i].id = wire_fields[i].id;
			message.fields[i].size = wire_fields[i].size;
			for (int b = 0; b < wire_fields[i].size; b++) {
				message.fields[i].key[b] = (uint8_t)random_u64(&random);
				message.fields[i].mask[b] = (uint8_t)random_u64(&random);
			}
		}
		cr_assert_eq(fake_event(&m, &message, size, KMOD_REPLACE, 0), 0, "%s",
			     kmod_error(m.kmod));
		offload_visit(m.offload, take_rule, NULL);
		assert_fields(&message, round);
		cr_assert_eq(held->match.used_keys, message.replace.used_keys);
		cr_assert_eq(held->match.unknown_keys, message.replace.unknown_keys);
		cr_assert_eq(held->protocol, 0x86dd);
		flow_rule_free(held);
	}
}

static char line[4096];

static const char *line_of(const struct kmod_action *action)
{
	struct {
		struct kmod_replace replace;
		struct kmod_action action;
	} message = {.replace = {.command = {.binding = 1}, .num_actions = 1}, .action = *action};
	FILE *out = fmemopen(line, sizeof(line), "w");

	cr_assert_eq(fake_event(&m, &message, sizeof(message.replace) + sizeof(message.action),
				KMOD_REPLACE, 0),
		     0, "%s", kmod_error(m.kmod));
	offload_visit(m.offload, take_rule, NULL);
	flow_view_line(out, held, NULL, NULL);
	fclose(out);
	flow_rule_free(held);
	return line;
}

static const struct {
	struct kmod_action action;
	const char *text;
} actions[] = {
	{{KMOD_ACTION_UNKNOWN, 7, 77, 0, {1, 2}}, "UNKNOWN kernel_id 77"},
	{{500, 7, 78, 0, {1, 2}}, "UNKNOWN kernel_id 78"},
	{{KMOD_ACTION_ACCEPT, 7, 0, 0, {0}}, "ACCEPT"},
	{{KMOD_ACTION_DROP, 7, 0, 0, {0}}, "DROP"},
	{{KMOD_ACTION_TRAP, 7, 0, 0, {0}}, "TRAP"},
	{{KMOD_ACTION_GOTO, 7, 0, 0, {9}}, "GOTO chain 9"},
	{{KMOD_ACTION_REDIRECT, 7, 0, 0, {31, 7}}, "REDIRECT ifindex 31"},
	{{KMOD_ACTION_MIRRED, 7, 0, 0, {31, 7}}, "MIRRED ifindex 31"},
	{{KMOD_ACTION_REDIRECT_INGRESS, 7, 0, 0, {31, 7}}, "REDIRECT_INGRESS ifindex 31"},
	{{KMOD_ACTION_MIRRED_INGRESS, 7, 0, 0, {31, 7}}, "MIRRED_INGRESS ifindex 31"},
	{{KMOD_ACTION_VLAN_PUSH, 7, 0, 0, {5, 0x8100, 3}},
	 "VLAN_PUSH vid 5 ethertype 0x8100 priority 3"},
	{{KMOD_ACTION_VLAN_POP, 7, 0, 0, {0}}, "VLAN_POP"},
	{{KMOD_ACTION_VLAN_MANGLE, 7, 0, 0, {5, 0x88a8, 0}},
	 "VLAN_MANGLE vid 5 ethertype 0x88a8 priority 0"},
	{{KMOD_ACTION_TUNNEL_ENCAP, 7, 0, 0, {42, 4, 0x0101000a}},
	 "TUNNEL_ENCAP key_id 42 family 4 remote 10.0.1.1"},
	{{KMOD_ACTION_TUNNEL_ENCAP, 7, 0, 0, {42, 6, 0xb80d0120, 0, 0, 0x01000000}},
	 "TUNNEL_ENCAP key_id 42 family 6 remote 2001:db8::1"},
	{{KMOD_ACTION_TUNNEL_DECAP, 7, 0, 0, {0}}, "TUNNEL_DECAP"},
	{{KMOD_ACTION_MANGLE, 7, 0, 0, {2, 12, 0xff, 0x0a000001}},
	 "MANGLE header IP4 offset 12 mask 0x000000ff value 0x0a000001"},
	{{KMOD_ACTION_ADD, 7, 0, 0, {9, 8, 0, 1}},
	 "ADD header 9 offset 8 mask 0x00000000 value 0x00000001"},
	{{KMOD_ACTION_CSUM, 7, 0, 0, {5}}, "CSUM flags 0x00000005"},
	{{KMOD_ACTION_MARK, 7, 0, 0, {5}}, "MARK mark 0x00000005"},
	{{KMOD_ACTION_PTYPE, 7, 0, 0, {5}}, "PTYPE type 5"},
	{{KMOD_ACTION_PRIORITY, 7, 0, 0, {5}}, "PRIORITY priority 5"},
	{{KMOD_ACTION_RX_QUEUE_MAPPING, 7, 0, 0, {5}}, "RX_QUEUE_MAPPING queue 5"},
	{{KMOD_ACTION_WAKE, 7, 0, 0, {0}}, "WAKE"},
	{{KMOD_ACTION_QUEUE, 7, 0, 0, {1, 2, 3}}, "QUEUE context 1 index 2 vf 3"},
	{{KMOD_ACTION_SAMPLE, 7, 0, 0, {100, 64, 1}}, "SAMPLE rate 100 trunc_size 64 truncate 1"},
	{{KMOD_ACTION_POLICE, 7, 0, 0, {1, 2, 3, 4, 0, 5, 0, 1500, 2, 33}},
	 "POLICE rate_bytes 8589934593 burst_bytes 3 rate_packets 4 burst_packets 5 mtu 1500 "
	 "exceed DROP not_exceed PIPE"},
	{{KMOD_ACTION_CT, 7, 0, 0, {1, 9}}, "CT action 0x0001 zone 9"},
	{{KMOD_ACTION_CT_METADATA, 7, 0, 0, {8, 1, 2, 3, 4, 1}},
	 "CT_METADATA mark 0x00000008 labels 0x00000001000000020000000300000004 "
	 "original_direction 1"},
	{{KMOD_ACTION_MPLS_PUSH, 7, 0, 0, {16, 0x8847, 1, 1, 64}},
	 "MPLS_PUSH label 16 ethertype 0x8847 tc 1 bos 1 ttl 64"},
	{{KMOD_ACTION_MPLS_POP, 7, 0, 0, {0x0800}}, "MPLS_POP ethertype 0x0800"},
	{{KMOD_ACTION_MPLS_MANGLE, 7, 0, 0, {16, 1, 1, 64}},
	 "MPLS_MANGLE label 16 tc 1 bos 1 ttl 64"},
	{{KMOD_ACTION_GATE, 7, 0, 0, {1, 2}}, "GATE priority 1 entries 2"},
	{{KMOD_ACTION_PPPOE_PUSH, 7, 0, 0, {5}}, "PPPOE_PUSH session 5"},
	{{KMOD_ACTION_JUMP, 7, 0, 0, {0}}, "JUMP"},
	{{KMOD_ACTION_PIPE, 7, 0, 0, {0}}, "PIPE"},
	{{KMOD_ACTION_VLAN_PUSH_ETH, 7, 0, 0, {0x02000000, 0x0001, 0x02000000, 0x0a0b}},
	 "VLAN_PUSH_ETH dst 02:00:00:00:00:01 src 02:00:00:00:0a:0b"},
	{{KMOD_ACTION_VLAN_POP_ETH, 7, 0, 0, {0}}, "VLAN_POP_ETH"},
	{{KMOD_ACTION_CONTINUE, 7, 0, 0, {0}}, "CONTINUE"},
};

Test(actions, each_keeps_its_arguments, .init = open_bound, .fini = close_module)
{
	bool met[FLOW_ACTION_COUNT] = {false};
	char expected[512];

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		snprintf(expected, sizeof(expected), "any %s", actions[i].text);
		cr_assert_str_eq(line_of(&actions[i].action), expected);
		for (int id = 0; id < FLOW_ACTION_COUNT; id++) {
			size_t length = strlen(flow_action_name(id));

			if (strncmp(actions[i].text, flow_action_name(id), length) == 0 &&
			    strchr(" ", actions[i].text[length]))
				met[id] = true;
		}
	}
	for (int id = 0; id < FLOW_ACTION_COUNT; id++)
		cr_assert(met[id], "%s has no row", flow_action_name(id));
}

/* ---- messages that break the format ---- */

static void put_bind(char *b, size_t *size)
{
	struct kmod_bind bind = {.binding = 9, .ifindex = 31, .netns = 7, .binder = 1};

	memcpy(b, &bind, sizeof(bind));
	*size = sizeof(bind);
}

struct message_with_action {
	struct kmod_replace replace;
	struct kmod_field field[2];
	struct kmod_action action;
};

static void put_replace(char *b, size_t *size)
{
	struct message_with_action message = {
		.replace = {.command = {.binding = 1}, .num_fields = 2, .num_actions = 1},
		.field = {{.id = KMOD_FIELD_PORTS_SRC, .size = 2},
			  {.id = KMOD_FIELD_PORTS_DST, .size = 2}},
		.action = {.id = KMOD_ACTION_DROP},
	};

	*size = offsetof(struct message_with_action, action) + sizeof(message.action);
	memcpy(b, &message, *size);
}

static void put_port(char *b, size_t *size)
{
	struct kmod_port port = {.ifindex = 9, .netns = 7, .name = "x"};

	memcpy(b, &port, sizeof(port));
	*size = sizeof(port);
}

#define FIELD_AT (sizeof(struct kmod_replace) + offsetof(struct kmod_field, size))

static const struct {
	const char *what;
	uint16_t type;
	void (*put)(char *b, size_t *size);
	size_t at; /* the byte here … */
	char byte; /* … is this one; 0 and 0: none */
	int longer;
} broken[] = {
	{"a BIND that is too short", KMOD_BIND, put_bind, 0, 0, -1},
	{"a BIND that is too long", KMOD_BIND, put_bind, 0, 0, 1},
	{"a binder of 0", KMOD_BIND, put_bind, offsetof(struct kmod_bind, binder), 0, 0},
	{"a binder of 4", KMOD_BIND, put_bind, offsetof(struct kmod_bind, binder), 4, 0},
	{"a direction of 2", KMOD_BIND, put_bind, offsetof(struct kmod_bind, direction), 2, 0},
	{"a binding that is there", KMOD_BIND, put_bind, offsetof(struct kmod_bind, binding), 1, 0},
	{"a PORT without a name", KMOD_PORT, put_port, offsetof(struct kmod_port, name), 0, 0},
	{"a PORT that is too short", KMOD_PORT, put_port, 0, 0, -4},
	{"a REPLACE with an action cut", KMOD_REPLACE, put_replace, 0, 0, -1},
	{"a REPLACE with more behind it", KMOD_REPLACE, put_replace, 0, 0, 1},
	{"a field of another size", KMOD_REPLACE, put_replace, FIELD_AT, 4, 0},
	{"a field that is none", KMOD_REPLACE, put_replace, FIELD_AT - 2, 99, 0},
	{"a field twice", KMOD_REPLACE, put_replace, FIELD_AT - 2, KMOD_FIELD_PORTS_DST, 0},
	{"more fields than fit", KMOD_REPLACE, put_replace,
	 offsetof(struct kmod_replace, num_fields) + 1, 1, 0},
	{"more actions than fit", KMOD_REPLACE, put_replace,
	 offsetof(struct kmod_replace, num_actions), 2, 0},
	{"a number of actions above the limit", KMOD_REPLACE, put_replace,
	 offsetof(struct kmod_replace, num_actions) + 1, 1, 0},
	{"a REPLACE without its fixed part", KMOD_REPLACE, put_port, 0, 0, 0},
	{"a HELLO", KMOD_HELLO, put_port, 0, 0, 0},
	{"a FLUSH with something behind it", KMOD_FLUSH, put_port, 0, 0, 0},
};

Test(broken, each_ends_the_conversation_with_a_reason)
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		static _Alignas(8) char message[KMOD_MESSAGE_MAX];
		size_t size;

		open_bound();
		memset(message, 0, sizeof(message));
		broken[i].put(message, &size);
		if (broken[i].at)
			message[broken[i].at] = broken[i].byte;
		size = (size_t)((int)size + broken[i].longer);
		cr_assert_eq(fake_event(&m, message, size, broken[i].type, KMOD_FLAG_SYNC),
			     -EBADMSG, "%s", broken[i].what);
		cr_assert(*kmod_error(m.kmod), "%s", broken[i].what);
		cr_assert(fake_logged(&m, "the conversation with the module ends"));
		close_module();
	}
}

Test(broken, a_name_without_an_end_is_not_read_past)
{
	struct kmod_bind bind;
	struct kmod_port port;

	open_bound();
	memset(&bind, 'x', sizeof(bind));
	cr_assert_eq(fake_event(&m, &bind, sizeof(bind), KMOD_BIND, 0), -EBADMSG);
	close_module();
	open_bound();
	memset(&port, 'x', sizeof(port));
	cr_assert_eq(fake_event(&m, &port, sizeof(port), KMOD_PORT, 0), -EBADMSG);
	close_module();
}

Test(broken, an_error_of_stats_that_is_no_negative_errno)
{
	static const int errors[] = {1, -4096, INT32_MIN};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct kmod_command command = {.binding = 1, .cookie = 9, .error = errors[i]};

		open_bound();
		cr_assert_eq(fake_event(&m, &command, sizeof(command), KMOD_STATS, 0), -EBADMSG,
			     "%d", errors[i]);
		close_module();
	}
}

Test(broken, a_header_that_lies_about_the_length)
{
	struct kmod_header header = {.length = 5, .type = KMOD_REPEAT_END};

	open_bound();
	cr_assert_eq(fake_bytes(&m, &header, sizeof(header)), -EBADMSG);
	close_module();
	open_bound();
	cr_assert_eq(fake_bytes(&m, &header, 3), -EBADMSG);
	close_module();
}
