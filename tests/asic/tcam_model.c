/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcam_model.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

void world_open(struct world *world, const struct tcam_ops *ops, unsigned int flags,
		unsigned int families, size_t num_rules, uint64_t seed)
{
	*world = (struct world){
		.ops = ops,
		.tcam = ops->create(flags),
		.random = {seed},
		.seed = seed,
		.families = families,
		.flags = flags,
		.rules = calloc(num_rules, sizeof(world->rules[0])),
		.num_rules = num_rules,
	};
	cr_assert(world->tcam && world->rules);
}

void world_close(struct world *world)
{
	world->ops->destroy(world->tcam);
	free(world->rules);
}

/* --- drawing --- */

static uint64_t below(struct world *world, uint64_t bound)
{
	return random_below(&world->random, bound);
}

/* The first bits of a value of that many bits; half of the time all or none. */
static uint64_t draw_prefix(struct world *world, unsigned int width)
{
	uint64_t all = width == 64 ? ~UINT64_C(0) : (UINT64_C(1) << width) - 1;
	uint64_t which = below(world, 4);
	unsigned int length = (unsigned int)below(world, width + 1);

	if (which < 2)
		return which ? all : 0;
	return length ? all & ~((all >> (length - 1)) >> 1) : 0;
}

/* A field of at most 64 bits gets one of a few values, a prefix of it or nothing. */
static void draw_field(struct world *world, struct tcam_rule *rule, enum flow_field_id id,
		       uint64_t values)
{
	struct flow_position p = flow_positions[id];
	uint64_t mask = draw_prefix(world, p.width);
	uint64_t value = below(world, values) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - p.width);

	rule->mask.word[p.word] |= mask << p.shift;
	rule->value.word[p.word] |= value << p.shift; /* also outside of the mask */
	if (mask) {
		rule->mask.word[0] |= flow_field_presence(id);
		rule->value.word[0] |= flow_field_presence(id);
	}
}

static void draw_ipv4(struct world *world, struct tcam_rule *rule)
{
	draw_field(world, rule, FLOW_IPV4_SRC, 40);
	draw_field(world, rule, FLOW_IPV4_DST, 40);
	draw_field(world, rule, FLOW_PORTS_SRC, 5);
	draw_field(world, rule, FLOW_PORTS_DST, 5);
	draw_field(world, rule, FLOW_BASIC_IP_PROTO, 3);
}

static void draw_ipv6(struct world *world, struct tcam_rule *rule)
{
	for (unsigned int w = 0; w < 4; w++) {
		uint64_t mask = draw_prefix(world, 64);

		rule->mask.word[4 + w] = mask;
		rule->value.word[4 + w] = below(world, 6) * UINT64_C(0x9e3779b97f4a7c15);
	}
	draw_field(world, rule, FLOW_PORTS_DST, 5);
}

static void draw_link(struct world *world, struct tcam_rule *rule)
{
	draw_field(world, rule, FLOW_ETH_DST, 20);
	draw_field(world, rule, FLOW_VLAN_TCI, 9);
	draw_field(world, rule, FLOW_ARP_TIP, 9);
	rule->mask.word[0] |= FLOW_PORT_MASK;
	rule->value.word[0] |= below(world, 3) << FLOW_PORT_SHIFT;
}

static void draw_bits(struct world *world, struct tcam_rule *rule)
{
	for (uint64_t n = below(world, 6); n; n--) {
		uint64_t bit = below(world, 1024);

		rule->mask.word[bit / 64] |= UINT64_C(1) << bit % 64;
		rule->value.word[bit / 64] |= below(world, 2) << bit % 64;
	}
}

static void draw_ranges(struct world *world, struct tcam_rule *rule)
{
	uint16_t a = (uint16_t)below(world, 65536), b = (uint16_t)below(world, 65536);

	rule->has_ranges = true;
	rule->ranges = (struct tcam_ranges){0, UINT16_MAX, 0, UINT16_MAX};
	if (below(world, 2)) {
		rule->ranges.src_min = a < b ? a : b;
		rule->ranges.src_max = a < b ? b : a;
	} else {
		rule->ranges.dst_max = a;
	}
}

void model_draw(struct world *world, struct tcam_rule *rule)
{
	unsigned int family;

	*rule = (struct tcam_rule){.priority = (uint32_t)below(world, 3) * 0x7fffffff};
	do
		family = 1u << below(world, 6);
	while (!(family & world->families) || family == MODEL_RANGES);
	if (family == MODEL_IPV4)
		draw_ipv4(world, rule);
	if (family == MODEL_IPV6)
		draw_ipv6(world, rule);
	if (family == MODEL_LINK)
		draw_link(world, rule);
	if (family == MODEL_BITS)
		draw_bits(world, rule);
	if (family == MODEL_EQUAL) {
		rule->mask.word[2] = below(world, 2) ? ~UINT64_C(0) : 0;
		rule->value.word[2] = below(world, 3);
	}
	if (world->families & MODEL_RANGES && !below(world, 6))
		draw_ranges(world, rule);
}

void model_key(struct world *world, struct flow_key *key)
{
	const struct tcam_rule *in = &world->rules[below(world, world->num_rules)].as;
	const struct tcam_rule *near = &world->rules[below(world, world->num_rules)].as;
	uint64_t flips = below(world, 4) ? 0 : 1;

	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
		key->word[w] = (in->value.word[w] & in->mask.word[w]) |
			       (near->value.word[w] & ~in->mask.word[w]);
	if (!below(world, 3))
		key->word[3] ^= (random_u64(&world->random) & ~in->mask.word[3]);
	for (; flips; flips--) {
		uint64_t bit = below(world, 1024);

		key->word[bit / 64] ^= UINT64_C(1) << bit % 64;
	}
}

/* --- the list --- */

static bool model_before(const struct model_rule *a, const struct model_rule *b)
{
	return a->as.priority != b->as.priority ? a->as.priority < b->as.priority
						: a->arrival < b->arrival;
}

struct tcam_entry *model_search(const struct model_rule *rules, size_t count,
				const struct flow_key *key)
{
	const struct model_rule *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (rules[i].in && (!best || model_before(&rules[i], best)) &&
		    tcam_rule_matches(&rules[i].as, key))
			best = &rules[i];
	return best ? (struct tcam_entry *)best->entry.owner : NULL;
}

void world_put(struct world *world, size_t rule)
{
	struct model_rule *r = &world->rules[rule];

	cr_assert_not(r->in);
	r->entry = (struct tcam_entry){.owner = &r->entry};
	cr_assert_eq(world->ops->insert(world->tcam, &r->entry, &r->as), 0, "%s seed %lu",
		     world->ops->name, (unsigned long)world->seed);
	r->arrival = world->arrivals++;
	r->in = true;
	world->num_in++;
}

void world_take(struct world *world, size_t rule)
{
	struct model_rule *r = &world->rules[rule];

	cr_assert_eq(world->ops->remove(world->tcam, &r->entry), 0, "%s seed %lu", world->ops->name,
		     (unsigned long)world->seed);
	r->in = false;
	world->num_in--;
}

static void renew(struct world *world, size_t rule)
{
	struct model_rule *r = &world->rules[rule];
	struct tcam_rule to;

	model_draw(world, &to);
	cr_assert_eq(world->ops->update(world->tcam, &r->entry, &to), 0, "%s seed %lu",
		     world->ops->name, (unsigned long)world->seed);
	r->as = to;
}

void world_change(struct world *world, unsigned int in)
{
	size_t rule = below(world, world->num_rules);
	bool bring = below(world, 8) < in;

	if (!world->rules[rule].in) {
		if (!bring)
			return;
		model_draw(world, &world->rules[rule].as);
		world_put(world, rule);
	} else if (bring || !below(world, 4)) {
		renew(world, rule);
	} else {
		world_take(world, rule);
	}
}

void world_check_view(struct world *world, const struct tcam_view *view,
		      const struct model_rule *rules, size_t count)
{
	static struct flow_batch batch;
	struct tcam_entry *found[FLOW_BATCH];
	struct flow_key keys[FLOW_BATCH];

	for (size_t i = 0; i < count; i++) {
		struct flow_key used;

		model_key(world, &keys[i]);
		/* What no rule looks at may be missing in the batch. */
		for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
			used.word[w] = keys[i].word[w] & view->used->word[w];
		flow_batch_set(&batch, i, &used, view->chunks);
	}
	world->ops->lookup(world->tcam, view, &batch, found, count);
	for (size_t i = 0; i < count; i++) {
		struct tcam_entry *want = model_search(rules, world->num_rules, &keys[i]);

		cr_assert_eq(found[i], want,
			     "%s seed %lu flags %u families %x: %zu rules, %lu arrivals, key %zu: "
			     "rule %zd, not %zd",
			     world->ops->name, (unsigned long)world->seed, world->flags,
			     world->families, world->num_in, (unsigned long)world->arrivals, i,
			     found[i] ? (struct model_rule *)found[i] - world->rules : -1,
			     want ? (struct model_rule *)want - world->rules : -1);
	}
}

static void check_rule(const struct world *world, size_t rule)
{
	const struct model_rule *r = &world->rules[rule];
	struct tcam_rule want = tcam_rule_plain(&r->as), got;

	if (!r->in)
		return;
	got = world->ops->rule(world->tcam, &r->entry);
	cr_assert(!memcmp(&got.value, &want.value, sizeof(want.value)) &&
			  !memcmp(&got.mask, &want.mask, sizeof(want.mask)) &&
			  got.has_ranges == want.has_ranges && got.priority == want.priority &&
			  (!want.has_ranges ||
			   !memcmp(&got.ranges, &want.ranges, sizeof(want.ranges))),
		  "%s seed %lu: rule %zu is given back as another", world->ops->name,
		  (unsigned long)world->seed, rule);
	cr_assert_eq(r->entry.priority, want.priority);
}

void world_check(struct world *world, size_t count)
{
	struct tcam_view view;

	world->ops->commit(world->tcam);
	world->ops->view(world->tcam, &view);
	world_check_view(world, &view, world->rules, count);
	cr_assert_eq(world->ops->count(world->tcam), world->num_in);
	for (size_t i = 0; i < count / 8 + 1; i++)
		check_rule(world, below(world, world->num_rules));
}
