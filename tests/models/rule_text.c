/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rule_text.h"

#include "argument_text.h"

#include <nicemu/config/model.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text under way: of a rule, or of a packet, which has no masks and no actions. */
struct reading {
	const struct nic *nic;
	char *rest; /* of the text */
	bool packet;
	struct flow_match match;
	struct flow_extra extras[RULE_TEXT_EXTRAS_MAX];
	struct flow_action_entry actions[RULE_TEXT_ACTIONS_MAX];
	size_t num_actions;
	uint64_t unflagged;
	uint8_t hw_stats;
	bool hw_stats_last; /* no action stands behind it */
	uint32_t prio, chain_index, protocol;
	bool has_protocol;
	int port;
	char *error;
	size_t error_size;
};

static bool __attribute__((format(printf, 2, 3))) fail(struct reading *r, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(r->error, r->error_size, format, arguments);
	va_end(arguments);
	return false;
}

static char *next_word(struct reading *r)
{
	char *word = NULL;

	while (!word || !*word) {
		if (!r->rest)
			return NULL;
		word = strsep(&r->rest, " \t");
	}
	return word;
}

/* --- fields --- */

static struct flow_extra *extra_of(struct reading *r, uint8_t id)
{
	size_t at = 0;

	while (at < r->match.num_extras && r->extras[at].id < id)
		at++;
	if (at < r->match.num_extras && r->extras[at].id == id)
		return &r->extras[at];
	memmove(&r->extras[at + 1], &r->extras[at],
		(r->match.num_extras - at) * sizeof(r->extras[0]));
	r->match.num_extras++;
	r->extras[at] = (struct flow_extra){.id = id};
	return &r->extras[at];
}

/* Only some bits of a field of two bytes (a VLAN's id): the others stay. */
static void put_bits(uint16_t bits, uint8_t *all, const uint8_t *part)
{
	unsigned int number = (unsigned int)(part[0] << 8 | part[1]);
	unsigned int old = (unsigned int)(all[0] << 8 | all[1]);

	number *= bits & (0u - bits); /* the lowest of the bits is where it begins */
	old = (old & (unsigned int)~bits) | (number & bits);
	all[0] = (uint8_t)(old >> 8);
	all[1] = (uint8_t)old;
}

static void put_field(struct flow_key *key, struct model_field field, const uint8_t *bytes)
{
	uint8_t all[16];

	if (!field.bits) {
		flow_key_store(key, field.id, bytes);
		return;
	}
	flow_key_load(key, field.id, all);
	put_bits(field.bits, all, bytes);
	flow_key_store(key, field.id, all);
}

static bool add_field(struct reading *r, struct model_field field, const char *name, char *value)
{
	uint8_t bytes[16], mask_bytes[16];
	bool extra = field.id >= FLOW_FIELD_COUNT;
	const struct flow_extra_field *e =
		&flow_extra_fields[extra ? field.id - FLOW_FIELD_COUNT : 0];
	const struct flow_field *f = &flow_fields[extra ? 0 : field.id];
	enum flow_field_format format = extra ? e->format : f->format;
	size_t size = extra ? e->size : f->struct_size;
	char *mask = strchr(value, '/');

	if (mask)
		*mask++ = '\0';
	memset(mask_bytes, 0xff, sizeof(mask_bytes));
	if (!text_field_value(format, value, bytes, size) ||
	    (mask && !text_field_value(format, mask, mask_bytes, size)))
		return fail(r, "%s can't be %s", name, value);
	r->match.used_keys |= UINT64_C(1) << (extra ? e->key : f->key);
	if (extra) {
		struct flow_extra *to = extra_of(r, (uint8_t)(field.id - FLOW_FIELD_COUNT));

		memcpy(to->value, bytes, size);
		memcpy(to->mask, mask_bytes, size);
		return true;
	}
	put_field(&r->match.key, field, bytes);
	put_field(&r->match.mask, field, mask_bytes);
	return true;
}

/* --- words that stand for fields --- */

static const struct {
	const char *word;
	struct {
		const char *field, *value;
	} fields[2];
} shorthands[] = {
	{"ipv4", {{"basic.n_proto", "0x0800"}, {"control.addr_type", "2"}}},
	{"ipv6", {{"basic.n_proto", "0x86dd"}, {"control.addr_type", "3"}}},
	{"tcp", {{"basic.ip_proto", "6"}}},
	{"udp", {{"basic.ip_proto", "17"}}},
};

static bool add_named(struct reading *r, const char *name, const char *value)
{
	struct model_field field;
	char copy[128];

	if (!model_field_find(&field, name))
		return fail(r, "there is no field %s", name);
	if (!value)
		return fail(r, "%s has no value", name);
	snprintf(copy, sizeof(copy), "%s", value);
	return add_field(r, field, name, copy);
}

static bool add_shorthand(struct reading *r, const char *word, bool *known)
{
	*known = false;
	for (size_t i = 0; i < sizeof(shorthands) / sizeof(shorthands[0]); i++) {
		if (strcmp(word, shorthands[i].word) != 0)
			continue;
		*known = true;
		for (size_t k = 0; k < 2 && shorthands[i].fields[k].field; k++)
			if (!add_named(r, shorthands[i].fields[k].field,
				       shorthands[i].fields[k].value))
				return false;
	}
	return true;
}

/* --- words with an argument --- */

static bool read_number(struct reading *r, const char *text, uint32_t *number)
{
	uint64_t value;

	if (!text || !text_number(text, UINT32_MAX, &value))
		return fail(r, "%s is no number", text ? text : "nothing");
	*number = (uint32_t)value;
	return true;
}

static bool read_prio(struct reading *r, const char *text)
{
	return read_number(r, text, &r->prio);
}

static bool read_chain(struct reading *r, const char *text)
{
	return read_number(r, text, &r->chain_index);
}

static bool read_protocol(struct reading *r, const char *text)
{
	r->has_protocol = true;
	return read_number(r, text, &r->protocol);
}

static bool find_key(struct reading *r, const char *text, uint64_t *bit)
{
	for (int id = 0; id < FLOW_DISSECTOR_KEY_COUNT; id++) {
		const char *name = flow_dissector_key_name((enum flow_dissector_key_id)id);

		if (text && name && strcmp(name, text) == 0) {
			*bit = UINT64_C(1) << id;
			return true;
		}
	}
	return fail(r, "there is no key %s", text ? text : "");
}

static bool read_key(struct reading *r, const char *text)
{
	uint64_t bit = 0;

	if (!find_key(r, text, &bit))
		return false;
	r->match.used_keys |= bit;
	return true;
}

static bool read_no_key(struct reading *r, const char *text)
{
	uint64_t bit = 0;

	if (!find_key(r, text, &bit))
		return false;
	r->unflagged |= bit;
	return true;
}

static bool read_hw_stats(struct reading *r, const char *text)
{
	for (uint8_t set = 0; text && set <= FLOW_ACTION_HW_STATS_DONT_CARE; set++)
		if (strcmp(text, flow_hw_stats_name(set)) == 0) {
			r->hw_stats = set;
			r->hw_stats_last = true;
			return true;
		}
	return fail(r, "hw-stats can't be %s", text ? text : "nothing");
}

static bool read_port_kind(struct reading *r, const char *text)
{
	for (size_t i = 0; text && i < r->nic->num_ports; i++)
		if (strcmp(nic_port_kind_name(r->nic->ports[i].kind), text) == 0) {
			r->port = (int)i;
			return true;
		}
	return fail(r, "the NIC has no port of kind %s", text ? text : "");
}

static bool read_port(struct reading *r, const char *text)
{
	r->port = text ? nic_port_by_name(r->nic, text) : -1;
	return r->port >= 0 || fail(r, "the NIC has no port %s", text ? text : "");
}

static const struct {
	const char *word;
	bool (*read)(struct reading *r, const char *text);
	bool packet; /* also of packets */
} words[] = {
	{"prio", read_prio, false},          {"chain", read_chain, false},
	{"protocol", read_protocol, false},  {"key", read_key, true},
	{"no-key", read_no_key, false},      {"hw-stats", read_hw_stats, false},
	{"port-kind", read_port_kind, true}, {"port", read_port, true},
};

static bool read_word(struct reading *r, char *word)
{
	bool known;

	if (!add_shorthand(r, word, &known) || known)
		return known && !*r->error;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i].word) == 0 && (words[i].packet || !r->packet))
			return words[i].read(r, next_word(r));
	if (r->packet || *word < 'A' || *word > 'Z')
		return add_named(r, word, next_word(r));
	if (r->num_actions == RULE_TEXT_ACTIONS_MAX)
		return fail(r, "more than %d actions", RULE_TEXT_ACTIONS_MAX);
	if (!text_action(&r->actions[r->num_actions], r->nic, word, r->error, r->error_size))
		return false;
	r->actions[r->num_actions++].hw_stats = r->hw_stats;
	r->hw_stats_last = false;
	return true;
}

static bool read_words(struct reading *r, const char *text)
{
	char *copy = strdup(text), *word;
	bool good = copy != NULL;

	r->rest = copy;
	*r->error = '\0';
	while (good && (word = next_word(r)))
		good = read_word(r, word);
	free(copy);
	return good;
}

bool rule_text_read(struct rule_text *out, const struct nic *nic, const char *text)
{
	struct reading r = {.nic = nic,
			    .prio = 10,
			    .hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE,
			    .error = out->error,
			    .error_size = sizeof(out->error)};
	struct flow_rule *rule;
	struct flow_extra *extras;

	out->rule = NULL;
	if (!read_words(&r, text))
		return false;
	rule = flow_rule_alloc_extras(r.num_actions, r.match.num_extras);
	if (!rule)
		return fail(&r, "no memory");
	extras = rule->match.extras;
	rule->match = r.match;
	rule->match.extras = extras;
	rule->match.used_keys &= ~r.unflagged;
	if (r.match.num_extras)
		memcpy(extras, r.extras, r.match.num_extras * sizeof(*extras));
	for (size_t i = 0; r.hw_stats_last && i < r.num_actions; i++)
		r.actions[i].hw_stats = r.hw_stats;
	if (r.num_actions)
		memcpy(rule->actions, r.actions, r.num_actions * sizeof(r.actions[0]));
	if (!r.has_protocol)
		r.protocol = (uint32_t)flow_key_get(&r.match.key, FLOW_BASIC_N_PROTO);
	rule->protocol = (uint16_t)r.protocol;
	out->rule = rule;
	out->prio = r.prio;
	out->chain_index = r.chain_index;
	out->protocol = (uint16_t)r.protocol;
	out->port = (uint16_t)r.port;
	return true;
}

void rule_text_clear(struct rule_text *text)
{
	flow_rule_free(text->rule);
	text->rule = NULL;
}

bool packet_text_read(struct packet_text *out, const struct nic *nic, const char *text)
{
	struct reading r = {
		.nic = nic, .packet = true, .error = out->error, .error_size = sizeof(out->error)};

	if (!read_words(&r, text))
		return false;
	out->key = r.match.key;
	out->key.word[0] = r.match.used_keys | FLOW_PRESENT(CONTROL) | FLOW_PRESENT(BASIC) |
			   FLOW_PRESENT(ETH_ADDRS);
	if (!flow_field_is_zero(&r.match.mask, FLOW_BASIC_IP_PROTO))
		out->key.word[0] |= FLOW_PRESENT_IP_PROTO;
	out->port = (uint16_t)r.port;
	return true;
}
