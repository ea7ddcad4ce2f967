/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random commands and packets through offload and ASIC, next to a model that keeps rules as fields
 * and looks at them one by one: the same rule decides, and the sums always fit.
 */
#include <nicemu/base/random.h>

#include "board.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

TestSuite(churn, .init = board_setup, .fini = board_teardown);

enum { PORTS = 4, COOKIES = 12, TERMS = 3, ROUNDS = 4000, CAPACITY = 24 };

static const enum flow_field_id fields[] = {FLOW_PORTS_DST, FLOW_IPV4_SRC, FLOW_VLAN_TCI,
					    FLOW_BASIC_IP_PROTO, FLOW_META_INGRESS_IFINDEX};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

struct term {
	enum flow_field_id field;
	uint64_t value, mask;
};

struct model_rule {
	bool live;
	uint32_t prio;
	uint64_t arrival;
	size_t num_terms;
	struct term terms[TERMS];
	enum asic_fate fate;
	struct offload_stats totals;
};

static struct churn {
	uint32_t binding[PORTS]; /* 0: none */
	struct model_rule rules[PORTS][COOKIES];
	uint64_t arrivals, packets, bytes, unmatched, retired;
	size_t live;
} m;

static bool term_matches(const struct term *term, const struct flow_key *key, uint16_t port)
{
	uint64_t field = flow_key_get(key, term->field), present = flow_field_presence(term->field);

	if (!term->mask)
		return true;
	if (term->field == FLOW_META_INGRESS_IFINDEX)
		field = port + 2u;
	else if ((key->word[0] & present) != present)
		return false;
	return !((field ^ term->value) & term->mask);
}

static struct model_rule *decide(uint16_t port, const struct flow_key *key)
{
	struct model_rule *best = NULL;

	for (int c = 0; port < PORTS && c < COOKIES; c++) {
		struct model_rule *rule = &m.rules[port][c];
		bool matches = rule->live;

		for (size_t i = 0; matches && i < rule->num_terms; i++)
			matches = term_matches(&rule->terms[i], key, port);
		if (matches && (!best || rule->prio < best->prio ||
				(rule->prio == best->prio && rule->arrival < best->arrival)))
			best = rule;
	}
	return best;
}

static void random_rule(struct random *r, struct model_rule *rule, struct flow_rule **flow_rule)
{
	bool used[FIELDS] = {0};

	rule->prio = (uint32_t)random_below(r, 3);
	rule->num_terms = 0;
	rule->fate = random_below(r, 2) ? ASIC_DROP : ASIC_HOST;
	*flow_rule = board_rule(1);
	(*flow_rule)->actions[0].id =
		rule->fate == ASIC_DROP ? FLOW_ACTION_DROP : FLOW_ACTION_ACCEPT;
	for (int i = 0; i < TERMS; i++) {
		size_t f = random_below(r, FIELDS);

		if (used[f] || random_below(r, 2))
			continue;
		used[f] = true;
		rule->terms[rule->num_terms] =
			(struct term){fields[f], random_below(r, 4), random_below(r, 4)};
		board_match(*flow_rule, fields[f], rule->terms[rule->num_terms].value,
			    rule->terms[rule->num_terms].mask);
		rule->num_terms++;
	}
}

static void replace(struct random *r, size_t port, uint64_t cookie)
{
	struct model_rule wanted = {0}, *rule = &m.rules[port][cookie];
	struct flow_rule *flow_rule;
	int want = 0, got;

	random_rule(r, &wanted, &flow_rule);
	if (!m.binding[port])
		want = -ENOENT;
	else if (!rule->live && m.live == CAPACITY)
		want = -ENOSPC;
	got = board_replace(m.binding[port], cookie, wanted.prio, flow_rule, NULL);
	cr_assert_eq(got, want, "replace: %d, not %d", got, want);
	if (want)
		return;
	wanted.arrival = rule->live ? rule->arrival : ++m.arrivals;
	if (rule->live)
		wanted.totals = rule->totals;
	m.live += !rule->live;
	wanted.live = true;
	*rule = wanted;
}

static void forget(struct model_rule *rule)
{
	if (!rule->live)
		return;
	m.retired += rule->totals.packets;
	m.live--;
	*rule = (struct model_rule){0};
}

static void rebind(size_t port)
{
	if (!m.binding[port]) {
		m.binding[port] = board_bind((uint16_t)port);
		return;
	}
	cr_assert_eq(offload_unbind(board.offload, m.binding[port]), 0);
	offload_release(board.offload, m.binding[port]);
	m.binding[port] = 0;
	for (int c = 0; c < COOKIES; c++)
		forget(&m.rules[port][c]);
}

static struct flow_key random_key(struct random *r)
{
	struct flow_key key = {.word = {FLOW_PRESENT(CONTROL) | FLOW_PRESENT(BASIC)}};

	for (size_t f = 0; f + 1 < FIELDS; f++) { /* META, the last one, is not the packet's */
		if (random_below(r, 4) == 0)
			continue;
		key.word[0] |= flow_field_presence(fields[f]);
		flow_key_set(&key, fields[f], random_below(r, 4));
	}
	return key;
}

static void send(struct random *r, uint64_t seed, int round)
{
	const struct packet packet = {.length = (uint32_t)random_below(r, 1500),
				      .port = (uint16_t)random_below(r, PORTS + 1),
				      .time_ns = (uint64_t)round};
	struct flow_key key = random_key(r);
	struct model_rule *want = decide(packet.port, &key);
	struct asic_decision got;

	board_process(&packet, &key, &got, 1);
	m.packets++;
	m.bytes += packet.length;
	cr_assert_eq(got.matched, want != NULL, "seed %lu round %d: matched %d", seed, round,
		     got.matched);
	if (!want) {
		m.unmatched++;
		return;
	}
	cr_assert_eq(got.binding, m.binding[packet.port]);
	cr_assert_eq(&m.rules[packet.port][got.cookie], want, "seed %lu round %d: cookie %lu", seed,
		     round, (unsigned long)got.cookie);
	cr_assert_eq(got.fate, want->fate);
	want->totals.packets++;
	want->totals.bytes += packet.length;
	want->totals.last_used_ns = (uint64_t)round;
}

/* packets = matched by live entries + retired + unmatched, and so the bytes. */
static void check_sums(uint64_t seed, int round)
{
	uint64_t packets = 0, bytes = 0;

	for (int p = 0; p < PORTS; p++)
		for (int c = 0; c < COOKIES; c++) {
			struct model_rule *rule = &m.rules[p][c];
			struct offload_stats totals;

			if (!rule->live)
				continue;
			totals = board_totals(m.binding[p], (uint64_t)c);
			cr_assert_eq(totals.packets, rule->totals.packets);
			cr_assert_eq(totals.bytes, rule->totals.bytes);
			cr_assert_eq(totals.last_used_ns, rule->totals.last_used_ns);
			packets += totals.packets;
			bytes += totals.bytes;
		}
	cr_assert_eq(asic_entries(board.asic), m.live);
	cr_assert_eq(asic_retired(board.asic).packets, m.retired, "seed %lu round %d", seed, round);
	cr_assert_eq(asic_unmatched(board.asic).packets, m.unmatched);
	cr_assert_eq(packets + asic_retired(board.asic).packets +
			     asic_unmatched(board.asic).packets,
		     m.packets, "seed %lu round %d", seed, round);
	cr_assert_eq(bytes + asic_retired(board.asic).bytes + asic_unmatched(board.asic).bytes,
		     m.bytes, "seed %lu round %d", seed, round);
}

static void step(struct random *r, uint64_t seed, int round)
{
	size_t port = random_below(r, PORTS);
	uint64_t cookie = random_below(r, COOKIES);
	struct model_rule *rule = &m.rules[port][cookie];

	switch (random_below(r, 20)) {
	case 0: rebind(port); break;
	case 1:
	case 2:
	case 3: replace(r, port, cookie); break;
	case 4:
		cr_assert_eq(board_destroy(m.binding[port], cookie), rule->live ? 0 : -ENOENT);
		forget(rule);
		break;
	default: send(r, seed, round); break;
	}
	check_sums(seed, round);
}

Test(churn, the_right_rule_decides_and_the_sums_always_fit)
{
	uint64_t matched = 0;

	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct random r = {seed};

		board_teardown();
		board_setup();
		board.nic.entries = CAPACITY;
		memset(&m, 0, sizeof(m));
		for (int round = 0; round < ROUNDS; round++)
			step(&r, seed, round);
		matched += m.packets - m.unmatched;
	}
	cr_assert_gt(matched, 5000, "the rules hit only %lu packets", (unsigned long)matched);
}
