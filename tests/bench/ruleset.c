/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruleset.h"

#include "profile.h"
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WIDENING = 40, DUPLICATES_BEFORE_WIDENING = 64 };

const char *ruleset_kind_name(enum rule_kind kind)
{
	return profiles[kind].name;
}

enum rule_kind ruleset_kind(const char *name)
{
	enum rule_kind kind = 0;

	while (kind < RULE_KINDS && strcmp(profiles[kind].name, name) != 0)
		kind++;
	return kind;
}

/* A row of a table whose rows begin with their weight. */
static const void *draw_row(struct random *random, const void *rows, size_t count, size_t size)
{
	uint64_t sum = 0, drawn;
	uint16_t weight;
	size_t i;

	for (i = 0; i < count; i++) {
		memcpy(&weight, (const char *)rows + i * size, sizeof(weight));
		sum += weight;
	}
	drawn = random_below(random, sum);
	for (i = 0;; i++) {
		memcpy(&weight, (const char *)rows + i * size, sizeof(weight));
		if (drawn < weight)
			return (const char *)rows + i * size;
		drawn -= weight;
	}
}

#define DRAW(RANDOM, TABLE)                                                      \
	((__typeof__((TABLE).rows))draw_row(RANDOM, (TABLE).rows, (TABLE).count, \
					    sizeof(*(TABLE).rows)))

/* The largest block of ports inside a range, the lowest of several. */
static struct port_match largest_block(struct port_match range)
{
	for (uint32_t size = 0x10000; size > 1; size /= 2) {
		uint32_t first = (range.min + size - 1) / size * size;

		if (first + size - 1 <= range.max)
			return (struct port_match){(uint16_t)first, (uint16_t)(first + size - 1)};
	}
	return (struct port_match){range.min, range.min};
}

struct draw {
	const struct profile *profile;
	struct tree source, destination;
	struct random random;
	enum rule_form form;
};

static struct port_match draw_port(struct draw *draw, enum port_class class)
{
	const struct port_row *row;
	struct port_match port = {0, 0xffff};

	switch (class) {
	case PORT_ANY: return port;
	case PORT_HIGH:
		/* One mask can't say "from 1024": what systems take for clients is meant. */
		port.min = draw->form == FORM_MASKED ? 0x8000 : 1024;
		return port;
	case PORT_LOW: port.max = 1023; return port;
	case PORT_RANGE:
		row = DRAW(&draw->random, draw->profile->ranges);
		port = (struct port_match){row->min, row->max};
		return draw->form == FORM_MASKED ? largest_block(port) : port;
	case PORT_EXACT:
		row = DRAW(&draw->random, draw->profile->exact);
		port.min = (uint16_t)(row->min +
				      random_below(&draw->random, row->max - row->min + 1u));
		port.max = port.min;
		return port;
	}
	return port;
}

/* Some lengths differ a little from what the table says, as in ClassBench's smoothing. */
static uint8_t draw_length(struct draw *draw, uint8_t length)
{
	const int moves[] = {-2, -1, 1, 2};
	int moved;

	if (length == 0 || random_below(&draw->random, 100) >= draw->profile->smoothing)
		return length;
	moved = length + moves[random_below(&draw->random, 4)];
	return moved < 1 || moved > (int)draw->profile->bits ? length : (uint8_t)moved;
}

/* Global unicast addresses of IPv6 begin with 001. Prefixes are longer than that, or empty. */
static void make_global(struct address *address, unsigned int length)
{
	if (length)
		address->high = (address->high & ~(UINT64_C(7) << 61)) | UINT64_C(1) << 61;
}

static struct rule draw_rule(struct draw *draw)
{
	const struct profile *profile = draw->profile;
	const struct protocol_row *protocol = DRAW(&draw->random, profile->protocols);
	struct rule rule = {.source_port = {0, 0xffff}, .destination_port = {0, 0xffff}};
	const struct prefixes_row *prefixes;

	rule.ipv6 = profile->bits == 128;
	rule.any_protocol = protocol->protocol < 0;
	rule.protocol = rule.any_protocol ? 0 : (uint8_t)protocol->protocol;
	if (rule.protocol == 6 || rule.protocol == 17) {
		const struct ports_row *ports = DRAW(&draw->random, profile->ports);

		rule.source_port = draw_port(draw, ports->source);
		rule.destination_port = draw_port(draw, ports->destination);
	}
	prefixes = DRAW(&draw->random, profile->prefixes[rule_has_ports(&rule)]);
	rule.source_length = draw_length(draw, prefixes->source);
	rule.destination_length = draw_length(draw, prefixes->destination);
	rule.source = tree_draw(&draw->source, rule.source_length, &draw->random);
	rule.destination = tree_draw(&draw->destination, rule.destination_length, &draw->random);
	if (rule.ipv6) {
		make_global(&rule.source, rule.source_length);
		make_global(&rule.destination, rule.destination_length);
	}
	rule.drop = random_below(&draw->random, 2);
	rule.counter = random_below(&draw->random, 4) > 0;
	return rule;
}

/* Of what a rule matches, for telling two apart. */
static uint64_t rule_hash(const struct rule *rule)
{
	const uint64_t parts[] = {
		rule->source.high,
		rule->source.low,
		rule->destination.high,
		rule->destination.low,
		(uint64_t)rule->source_port.min << 48 | (uint64_t)rule->source_port.max << 32 |
			(uint64_t)rule->destination_port.min << 16 | rule->destination_port.max,
		(uint64_t)rule->source_length << 32 | (uint64_t)rule->destination_length << 16 |
			(uint64_t)rule->protocol << 8 | (uint64_t)rule->ipv6 << 1 |
			rule->any_protocol,
	};

	return seen_hash(parts, sizeof(parts) / sizeof(*parts));
}

static void draw_begin(struct draw *draw, enum rule_kind kind, enum rule_form form, uint64_t seed)
{
	const struct profile *profile = &profiles[kind];
	struct random seeds = {seed * RULE_KINDS + kind};

	*draw = (struct draw){.profile = profile,
			      .source = {profile->source.rows, profile->source.count,
					 random_u64(&seeds), profile->bits, 0},
			      .destination = {profile->destination.rows, profile->destination.count,
					      random_u64(&seeds), profile->bits, 0},
			      .form = form};
	draw->random.state = random_u64(&seeds);
}

/* A rule that is not there yet: when that takes long, the trees get wider. */
static int draw_new_rule(struct draw *draw, struct seen *seen, struct rule *rule)
{
	for (;;) {
		for (int tries = 0; tries < DUPLICATES_BEFORE_WIDENING; tries++) {
			*rule = draw_rule(draw);
			if (seen_add(seen, rule_hash(rule)))
				return 0;
		}
		if (draw->source.widening == MAX_WIDENING)
			return -ERANGE;
		draw->source.widening++;
		draw->destination.widening++;
	}
}

/* How much a rule asks for, and where it stands among those that ask for as much. */
struct place {
	uint32_t specific;
	uint32_t index;
};

static uint32_t port_bits(struct port_match port)
{
	uint32_t bits = 16;

	for (uint32_t size = port.max - port.min + 1u; size > 1; size /= 2)
		bits--;
	return bits;
}

static int compare_places(const void *first, const void *second)
{
	const struct place *a = first, *b = second;

	if (a->specific != b->specific)
		return a->specific > b->specific ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

/*
 * The more specific rules first, with some disorder: real lists are grouped by what they are for,
 * but a rule that never matches because of one before it is rare.
 */
static int sort_rules(struct ruleset *set, struct random *random)
{
	struct place *places = malloc(set->count * sizeof(*places));
	struct rule *sorted = malloc(set->count * sizeof(*sorted));
	int error = places && sorted ? 0 : -ENOMEM;

	if (error)
		goto out;
	for (uint32_t i = 0; i < set->count; i++) {
		const struct rule *rule = &set->rules[i];
		uint32_t noise = rule->ipv6 ? 32 : 12;

		places[i].index = i;
		places[i].specific = rule->source_length + rule->destination_length +
				     (rule->any_protocol ? 0u : 4u) + port_bits(rule->source_port) +
				     port_bits(rule->destination_port) +
				     (uint32_t)random_below(random, noise);
	}
	qsort(places, set->count, sizeof(*places), compare_places);
	for (size_t i = 0; i < set->count; i++)
		sorted[i] = set->rules[places[i].index];
	memcpy(set->rules, sorted, set->count * sizeof(*sorted));
out:
	free(sorted);
	free(places);
	return error;
}

/* Rules of acl and ipv6 as they come, every third of IPv6. */
static enum rule_kind kind_of_rule(enum rule_kind kind, size_t i)
{
	if (kind != KIND_MIXED)
		return kind;
	return i % 3 == 2 ? KIND_IPV6 : KIND_ACL;
}

int ruleset_make(struct ruleset *set, enum rule_kind kind, enum rule_form form, size_t count,
		 uint64_t seed)
{
	struct draw draws[RULE_KINDS];
	struct seen seen;
	int error;

	*set = (struct ruleset){kind, form, seed, count,
				calloc(count ? count : 1, sizeof(*set->rules))};
	error = seen_create(&seen, count);
	if (!set->rules)
		error = -ENOMEM;
	for (enum rule_kind k = 0; k < RULE_KINDS; k++)
		draw_begin(&draws[k], k, form, seed);
	for (size_t i = 0; !error && i < count; i++)
		error = draw_new_rule(&draws[kind_of_rule(kind, i)], &seen, &set->rules[i]);
	if (!error && (kind == KIND_MIXED || profiles[kind].sorted))
		error = sort_rules(set, &draws[kind_of_rule(kind, 0)].random);
	seen_destroy(&seen);
	if (error)
		ruleset_clear(set);
	return error;
}

void ruleset_clear(struct ruleset *set)
{
	free(set->rules);
	*set = (struct ruleset){0};
}

static bool address_matches(struct address address, struct address prefix, unsigned int bits,
			    unsigned int length)
{
	struct address mask = prefix_mask(bits, length);

	return (((address.high ^ prefix.high) & mask.high) |
		((address.low ^ prefix.low) & mask.low)) == 0;
}

static bool port_matches(uint16_t port, struct port_match match)
{
	return port >= match.min && port <= match.max;
}

bool rule_matches(const struct rule *rule, const struct header *header)
{
	unsigned int bits = rule->ipv6 ? 128 : 32;

	return rule->ipv6 == header->ipv6 &&
	       (rule->any_protocol || rule->protocol == header->protocol) &&
	       port_matches(header->source_port, rule->source_port) &&
	       port_matches(header->destination_port, rule->destination_port) &&
	       address_matches(header->source, rule->source, bits, rule->source_length) &&
	       address_matches(header->destination, rule->destination, bits,
			       rule->destination_length);
}

size_t ruleset_lookup(const struct ruleset *set, const struct header *header)
{
	size_t i = 0;

	while (i < set->count && !rule_matches(&set->rules[i], header))
		i++;
	return i;
}
