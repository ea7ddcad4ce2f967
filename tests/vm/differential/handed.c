/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handed.h"

#include <nicemu/base/cursor.h>

#include <stdarg.h>
#include <string.h>

enum { HW_INDEX = 0, CHAIN_INDEX = 0, SKIP_SW = 0 };

static const struct wire_field {
	const char *name;
	uint8_t number, key, size;
} wire_fields[] = {
#define X(ID, NUMBER, KEY, SIZE, NAME) {NAME, NUMBER, KEY, SIZE},
	KMOD_FIELDS(X)
#undef X
};
enum { WIRE_FIELDS = sizeof(wire_fields) / sizeof(wire_fields[0]) };

static const struct {
	enum flow_action_id flow;
	enum kmod_action_id wire;
} actions[] = {
	{FLOW_ACTION_ACCEPT, KMOD_ACTION_ACCEPT},
	{FLOW_ACTION_DROP, KMOD_ACTION_DROP},
	{FLOW_ACTION_REDIRECT, KMOD_ACTION_REDIRECT},
	{FLOW_ACTION_MIRRED, KMOD_ACTION_MIRRED},
};

static const struct wire_field *find_wire_field(unsigned int number)
{
	for (size_t i = 0; i < WIRE_FIELDS; i++)
		if (wire_fields[i].number == number)
			return &wire_fields[i];
	return NULL;
}

static enum flow_field_id find_flow_field(const struct wire_field *wire)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++)
		if (!strcmp(flow_fields[id].name, wire->name) &&
		    flow_fields[id].struct_size == wire->size &&
		    (unsigned int)flow_fields[id].key == wire->key)
			return (enum flow_field_id)id;
	return FLOW_FIELD_COUNT;
}

enum flow_field_id handed_field(unsigned int number)
{
	const struct wire_field *wire = find_wire_field(number);

	return wire ? find_flow_field(wire) : FLOW_FIELD_COUNT;
}

static bool copy(struct cursor *c, void *to, size_t size)
{
	const uint8_t *bytes = cursor_bytes(c, size);

	if (bytes)
		memcpy(to, bytes, size);
	return bytes;
}

bool handed_read(struct handed *handed, const void *bytes, size_t size, FILE *out)
{
	struct cursor c = cursor_over(bytes, size);
	struct kmod_replace *head = &handed->head;

	memset(handed, 0, sizeof(*handed));
	if (!copy(&c, head, sizeof(*head)) || head->command.header.type != KMOD_REPLACE ||
	    head->command.header.length != size) {
		fprintf(out, "\tno REPLACE: %zu bytes, type %u, length %u\n", size,
			head->command.header.type, head->command.header.length);
		return false;
	}
	if (head->num_fields > KMOD_FIELDS_MAX || head->num_actions > KMOD_ACTIONS_MAX ||
	    !copy(&c, handed->fields, head->num_fields * sizeof(handed->fields[0])) ||
	    !copy(&c, handed->actions, head->num_actions * sizeof(handed->actions[0])) ||
	    cursor_left(&c)) {
		fprintf(out, "\t%zu bytes are not %u fields and %u actions\n", size,
			head->num_fields, head->num_actions);
		return false;
	}
	return true;
}

struct comparison {
	const struct handed *handed;
	const struct handed_expected *expected;
	FILE *out;
	size_t differences;
};

__attribute__((format(printf, 2, 3))) static void differ(struct comparison *c, const char *format,
							 ...)
{
	va_list args;

	c->differences++;
	if (!c->out)
		return;
	fputc('\t', c->out);
	va_start(args, format);
	vfprintf(c->out, format, args);
	va_end(args);
	fputc('\n', c->out);
}

static void compare_number(struct comparison *c, const char *what, uint64_t kernel, uint64_t ours)
{
	if (kernel != ours)
		differ(c, "%s: kernel 0x%llx, nicemu 0x%llx", what, (unsigned long long)kernel,
		       (unsigned long long)ours);
}

static void hex(char *text, const uint8_t *bytes, size_t size)
{
	*text = '\0';
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

enum { HEX_SIZE = 2 * KMOD_FIELD_VALUE_SIZE + 1 };

static void compare_bytes(struct comparison *c, const char *name, const char *part,
			  const uint8_t *kernel, const uint8_t *ours)
{
	char text[2][HEX_SIZE];

	if (memcmp(kernel, ours, KMOD_FIELD_VALUE_SIZE) == 0)
		return;
	hex(text[0], kernel, KMOD_FIELD_VALUE_SIZE);
	hex(text[1], ours, KMOD_FIELD_VALUE_SIZE);
	differ(c, "%s %s: kernel %s, nicemu %s", name, part, text[0], text[1]);
}

static void compare_field(struct comparison *c, const struct kmod_field *field)
{
	const struct flow_match *match = &c->expected->rule->match;
	const struct wire_field *wire = find_wire_field(field->id);
	uint8_t key[KMOD_FIELD_VALUE_SIZE] = {0}, mask[KMOD_FIELD_VALUE_SIZE] = {0};
	enum flow_field_id id;

	if (!wire) {
		differ(c, "unknown field %u", field->id);
		return;
	}
	id = find_flow_field(wire);
	if (id != FLOW_FIELD_COUNT) {
		flow_key_load(&match->key, id, key);
		flow_key_load(&match->mask, id, mask);
	}
	if (field->size != wire->size)
		differ(c, "%s: %u bytes, not %u", wire->name, field->size, wire->size);
	compare_number(c, wire->name, field->flags,
		       match->used_keys >> wire->key & 1 ? KMOD_FIELD_FLAGGED : 0);
	compare_bytes(c, wire->name, "key", field->key, key);
	compare_bytes(c, wire->name, "mask", field->mask, mask);
}

/*
 * A field that did not come: nothing may be there, and its key must not be flagged. Of the fields
 * that the flow key has no place for, kernels lack some.
 */
static void compare_absent(struct comparison *c, const struct wire_field *wire)
{
	const struct flow_match *match = &c->expected->rule->match;
	enum flow_field_id id = find_flow_field(wire);

	if (id == FLOW_FIELD_COUNT)
		return;
	if (c->handed->head.used_keys >> wire->key & 1)
		differ(c, "%s is missing though its key is flagged", wire->name);
	if (!(flow_field_is_zero(&match->key, id) && flow_field_is_zero(&match->mask, id)))
		differ(c, "%s: only nicemu has it", wire->name);
}

static void compare_match(struct comparison *c)
{
	const struct kmod_replace *head = &c->handed->head;
	size_t seen[WIRE_FIELDS] = {0};

	compare_number(c, "used_keys", head->used_keys, c->expected->rule->match.used_keys);
	compare_number(c, "unknown_keys", head->unknown_keys, 0);
	for (size_t i = 0; i < head->num_fields; i++) {
		const struct wire_field *wire = find_wire_field(c->handed->fields[i].id);

		compare_field(c, &c->handed->fields[i]);
		if (wire && seen[wire - wire_fields]++)
			differ(c, "%s twice", wire->name);
	}
	for (size_t i = 0; i < WIRE_FIELDS; i++)
		if (!seen[i])
			compare_absent(c, &wire_fields[i]);
}

static unsigned int wire_action(enum flow_action_id id)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (actions[i].flow == id)
			return actions[i].wire;
	return KMOD_ACTION_UNKNOWN;
}

static void compare_action(struct comparison *c, size_t index)
{
	const struct kmod_action *action = &c->handed->actions[index];
	const struct flow_action_entry *ours = &c->expected->rule->actions[index];
	uint32_t argument[KMOD_ARGUMENTS] = {ours->ifindex, ours->ifindex ? c->expected->netns : 0};
	char what[64];

	snprintf(what, sizeof(what), "action %zu", index);
	compare_number(c, what, action->id, wire_action(ours->id));
	snprintf(what, sizeof(what), "action %zu hw_stats", index);
	compare_number(c, what, action->hw_stats, ours->hw_stats);
	snprintf(what, sizeof(what), "action %zu hw_index", index);
	compare_number(c, what, action->hw_index, HW_INDEX);
	for (size_t i = 0; i < KMOD_ARGUMENTS; i++) {
		snprintf(what, sizeof(what), "action %zu argument %zu", index, i);
		compare_number(c, what, action->argument[i], argument[i]);
	}
}

static void compare_actions(struct comparison *c)
{
	size_t theirs = c->handed->head.num_actions, ours = c->expected->rule->num_actions;
	size_t lost = ours > KMOD_ACTIONS_MAX ? ours - KMOD_ACTIONS_MAX : 0;

	/* A message has room for so many; of the others only the number is told. */
	compare_number(c, "number of actions", theirs, ours - lost);
	compare_number(c, "actions lost", c->handed->head.lost_actions, lost);
	for (size_t i = 0; i < theirs && i < ours; i++)
		compare_action(c, i);
}

void handed_look(const struct handed *handed, struct handed_seen *seen)
{
	for (size_t i = 0; i < WIRE_FIELDS; i++) {
		size_t number = wire_fields[i].number;
		bool there = false;

		for (size_t j = 0; j < handed->head.num_fields; j++)
			there = there || handed->fields[j].id == number;
		if (!(handed->head.used_keys >> wire_fields[i].key & 1))
			seen->unflagged[number] += there;
		else if (there)
			seen->flagged[number]++;
		else
			seen->missing[number]++;
	}
}

size_t handed_inconsistent(const struct handed_seen *seen, FILE *out)
{
	size_t found = 0;

	for (size_t i = 0; i < WIRE_FIELDS; i++) {
		size_t number = wire_fields[i].number;

		if (!seen->flagged[number] || !seen->missing[number])
			continue;
		fprintf(out, "\t%s came %zu times with its key, and %zu times it did not\n",
			wire_fields[i].name, seen->flagged[number], seen->missing[number]);
		found++;
	}
	return found;
}

void handed_print_seen(FILE *out, const struct handed_seen *seen)
{
	for (size_t i = 0; i < WIRE_FIELDS; i++) {
		size_t number = wire_fields[i].number;

		if (seen->flagged[number] || seen->unflagged[number] || seen->missing[number])
			fprintf(out, "field %s: %zu flagged, %zu not flagged%s\n",
				wire_fields[i].name, seen->flagged[number], seen->unflagged[number],
				seen->missing[number] ? ", not in this kernel" : "");
	}
}

size_t handed_compare(const struct handed *handed, const struct handed_expected *expected,
		      FILE *out)
{
	struct comparison c = {.handed = handed, .expected = expected, .out = out};
	const struct kmod_command *command = &handed->head.command;

	compare_number(&c, "protocol", command->protocol, expected->rule->protocol);
	compare_number(&c, "prio", command->prio, expected->prio);
	compare_number(&c, "chain_index", command->chain_index, CHAIN_INDEX);
	compare_number(&c, "skip_sw", command->skip_sw, SKIP_SW);
	compare_match(&c);
	compare_actions(&c);
	return c.differences;
}

void handed_print(FILE *out, const struct handed *handed, const char *indent)
{
	const struct kmod_replace *head = &handed->head;
	char key[HEX_SIZE], mask[HEX_SIZE];

	fprintf(out, "%sprotocol 0x%04x prio %u chain_index %u used_keys 0x%llx\n", indent,
		head->command.protocol, head->command.prio, head->command.chain_index,
		(unsigned long long)head->used_keys);
	for (size_t i = 0; i < head->num_fields; i++) {
		const struct kmod_field *field = &handed->fields[i];
		const struct wire_field *wire = find_wire_field(field->id);

		hex(key, field->key, wire ? wire->size : KMOD_FIELD_VALUE_SIZE);
		hex(mask, field->mask, wire ? wire->size : KMOD_FIELD_VALUE_SIZE);
		fprintf(out, "%s%s %s/%s%s\n", indent, wire ? wire->name : "unknown", key, mask,
			field->flags & KMOD_FIELD_FLAGGED ? "" : " (key not flagged)");
	}
	for (size_t i = 0; i < head->num_actions; i++)
		fprintf(out, "%saction %u (kernel's %u) hw_stats %u arguments %u %u\n", indent,
			handed->actions[i].id, handed->actions[i].kernel_id,
			handed->actions[i].hw_stats, handed->actions[i].argument[0],
			handed->actions[i].argument[1]);
}

enum { USED_KEYS_BITS = 64, PROTOCOL_BITS = 16, ID_BITS = 2, HW_STATS_BITS = 3, IFINDEX_BITS = 32 };
enum { ACTION_BITS = ID_BITS + HW_STATS_BITS + IFINDEX_BITS };

size_t handed_bits(const struct flow_rule *rule)
{
	size_t bits = USED_KEYS_BITS + PROTOCOL_BITS + rule->num_actions * ACTION_BITS;

	for (int id = 0; id < FLOW_FIELD_COUNT; id++)
		bits += 2u * 8u * flow_fields[id].struct_size;
	return bits;
}

static void flip_field(struct flow_key *key, enum flow_field_id id, size_t bit)
{
	uint8_t bytes[KMOD_FIELD_VALUE_SIZE];

	flow_key_load(key, id, bytes);
	bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	flow_key_store(key, id, bytes);
}

static void flip_action(struct flow_action_entry *action, size_t bit)
{
	if (bit < ID_BITS)
		action->id = (enum flow_action_id)(action->id ^ 1u << bit);
	else if (bit < ID_BITS + HW_STATS_BITS)
		action->hw_stats ^= (uint8_t)(1 << (bit - ID_BITS));
	else
		action->ifindex ^= 1u << (bit - ID_BITS - HW_STATS_BITS);
}

void handed_flip(struct flow_rule *rule, size_t bit)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		size_t bits = 8u * flow_fields[id].struct_size;

		if (bit < 2 * bits) {
			flip_field(bit < bits ? &rule->match.key : &rule->match.mask, id,
				   bit % bits);
			return;
		}
		bit -= 2 * bits;
	}
	if (bit < USED_KEYS_BITS)
		rule->match.used_keys ^= UINT64_C(1) << bit;
	else if (bit < USED_KEYS_BITS + PROTOCOL_BITS)
		rule->protocol ^= (uint16_t)(1 << (bit - USED_KEYS_BITS));
	else
		flip_action(&rule->actions[(bit - USED_KEYS_BITS - PROTOCOL_BITS) / ACTION_BITS],
			    (bit - USED_KEYS_BITS - PROTOCOL_BITS) % ACTION_BITS);
}
