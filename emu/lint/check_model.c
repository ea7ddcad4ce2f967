/* SPDX-License-Identifier: GPL-2.0-or-later */
/* About the match as the model takes it: what its driver leaves out, adds, or compares otherwise.
 */
#include "internal.h"

#include <linux/if_ether.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINT_LIST_SIZE = 256 };

/* A rule's match as it was handed to the driver, and as the NIC has it. */
struct field_walk {
	struct lint *lint;
	size_t rule;
	const struct flow_match *asked;
	struct flow_key value, mask;
};

/* The address type is the kernel's own addition. */
static bool is_asked(const struct flow_match *match, enum flow_field_id id)
{
	return id != FLOW_CONTROL_ADDR_TYPE && match->used_keys >> flow_fields[id].key & 1 &&
	       !flow_field_is_zero(&match->mask, id);
}

enum difference { DIFFERENCE_NONE, DIFFERENCE_LESS, DIFFERENCE_MORE };

/* Does the NIC look at fewer bits of the field, or at more? */
static enum difference difference_of(const struct field_walk *walk, enum flow_field_id id)
{
	enum difference found = DIFFERENCE_NONE;
	uint8_t asked[16], looked[16];

	flow_key_load(&walk->asked->mask, id, asked);
	flow_key_load(&walk->mask, id, looked);
	for (size_t i = 0; i < flow_fields[id].struct_size; i++) {
		if (asked[i] & ~looked[i])
			return DIFFERENCE_LESS;
		if (looked[i] & ~asked[i])
			found = DIFFERENCE_MORE;
	}
	return found;
}

static bool takes_zero_for_any(const struct field_walk *walk, enum flow_field_id id)
{
	const struct model_match *match = &walk->lint->model->match;

	for (size_t i = 0; i < match->num_zero_is_any; i++)
		if (match->zero_is_any[i].id == id)
			return true;
	return false;
}

static bool is_zero(const struct flow_match *match, enum flow_field_id id)
{
	uint8_t value[16], mask[16];

	flow_key_load(&match->key, id, value);
	flow_key_load(&match->mask, id, mask);
	for (size_t i = 0; i < flow_fields[id].struct_size; i++)
		if (value[i] & mask[i])
			return false;
	return true;
}

/* The addresses say it, which are of one version; every port is Ethernet; a chain has its devices.
 */
static bool is_implied(const struct field_walk *walk, enum flow_field_id id)
{
	const uint64_t addresses = FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(IPV6_ADDRS);

	return (id == FLOW_BASIC_N_PROTO && walk->value.word[0] & addresses) ||
	       id == FLOW_META_INGRESS_IFTYPE || id == FLOW_META_INGRESS_IFINDEX;
}

/* One more of a list: "`ether type ip`, `ip saddr 10.0.0.1`". What does not fit is cut. */
static void add_to_list(char *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_to_list(char *list, const char *format, ...)
{
	size_t used = strlen(list);
	va_list args;

	if (used)
		used += (size_t)snprintf(list + used, LINT_LIST_SIZE - used, ", ");
	if (used >= LINT_LIST_SIZE)
		return;
	va_start(args, format);
	vsnprintf(list + used, LINT_LIST_SIZE - used, format, args);
	va_end(args);
}

/* What a rule asks for and the NIC does not look at. */
struct ignored {
	char whole[LINT_LIST_SIZE]; /* fields */
	char part[LINT_LIST_SIZE];  /* of these it looks at some bits */
};

static bool is_looked_at(const struct field_walk *walk, enum flow_field_id id)
{
	uint8_t asked[16], looked[16];

	flow_key_load(&walk->asked->mask, id, asked);
	flow_key_load(&walk->mask, id, looked);
	for (size_t i = 0; i < flow_fields[id].struct_size; i++)
		if (asked[i] & looked[i])
			return true;
	return false;
}

static void add_ignored(const struct field_walk *walk, enum flow_field_id id, const char *field,
			struct ignored *ignored)
{
	char looked[LINT_STATEMENT_SIZE];

	if (!is_looked_at(walk, id)) {
		add_to_list(ignored->whole, "`%s`", field);
		return;
	}
	lint_print_field(looked, sizeof(looked), &walk->value, &walk->mask, id);
	add_to_list(ignored->part, "`%s` of `%s`", looked, field);
}

static void look_at_field(const struct field_walk *walk, enum flow_field_id id,
			  struct ignored *ignored)
{
	struct lint_place place = lint_at_rule(walk->lint, walk->rule);
	enum difference difference = difference_of(walk, id);
	const char *model = walk->lint->model->name;
	char field[LINT_STATEMENT_SIZE];

	if (difference == DIFFERENCE_NONE)
		return;
	lint_print_field(field, sizeof(field), &walk->asked->key, &walk->asked->mask, id);
	if (difference == DIFFERENCE_MORE)
		lint_add(walk->lint, LINT_MASK_IGNORED, place, "write one rule for each value",
			 "the model %s does not look at the mask of `%s`: the rule matches one "
			 "value only",
			 model, field);
	else if (takes_zero_for_any(walk, id) && is_zero(walk->asked, id))
		lint_add(walk->lint, LINT_ZERO_IS_ANY, place, "",
			 "the model %s takes 0 in `%s` for any value: the rule matches all of them",
			 model, field);
	else if (!is_implied(walk, id))
		add_ignored(walk, id, field, ignored);
}

static bool names_ignored(const struct field_walk *walk, const struct model_ignoring *ignoring)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++)
		if (ignoring->keys >> flow_fields[id].key & 1 && is_asked(walk->asked, id) &&
		    difference_of(walk, id) == DIFFERENCE_LESS)
			return true;
	for (size_t i = 0; i < ignoring->num_fields; i++)
		if (ignoring->fields[i].id < FLOW_FIELD_COUNT &&
		    is_asked(walk->asked, ignoring->fields[i].id) &&
		    difference_of(walk, ignoring->fields[i].id) == DIFFERENCE_LESS)
			return true;
	return false;
}

/*
 * What the model says about such a rule; NULL where it always ignores such a field, or does not
 * ignore any.
 */
static const char *reason_to_ignore(const struct field_walk *walk, size_t entry,
				    const struct flow_rule *flow)
{
	const struct lint *lint = walk->lint;
	const struct lint_instance *on_port = &lint->instances[lint->entries[entry].instance];
	const struct nft_offload_rule *rule = &lint->rules[walk->rule].rule;
	const struct offload_command command = {.binding = on_port->binding,
						.cookie = on_port->cookie,
						.prio = (uint32_t)rule->priority,
						.protocol = flow->protocol,
						.rule = flow};
	const struct model_match *match = &lint->model->match;

	for (size_t i = 0; i < match->num_ignoring; i++)
		if (names_ignored(walk, &match->ignoring[i]) &&
		    asic_ignores(lint->emulator->asic, &command, i))
			return match->ignoring[i].text;
	return NULL;
}

/* With this ethertype in the rule the model would look at what it does not look at now. */
static bool lacks_ethertype(const struct field_walk *walk, size_t entry, uint16_t ethertype)
{
	const struct flow_rule *flow = walk->lint->rules[walk->rule].rule.flow_rule;
	const uint8_t type[] = {(uint8_t)(ethertype >> 8), (uint8_t)ethertype};
	const uint8_t ones[] = {0xff, 0xff};
	struct flow_rule *with;
	bool lacks;

	if (is_asked(walk->asked, FLOW_BASIC_N_PROTO) || !reason_to_ignore(walk, entry, flow))
		return false;
	with = flow_rule_copy(flow);
	if (!with)
		return false;
	with->match.used_keys |= FLOW_PRESENT(BASIC);
	flow_key_store(&with->match.key, FLOW_BASIC_N_PROTO, type);
	flow_key_store(&with->match.mask, FLOW_BASIC_N_PROTO, ones);
	with->protocol = ethertype;
	lacks = !reason_to_ignore(walk, entry, with);
	flow_rule_free(with);
	return lacks;
}

/* What to write; a rule without an ethertype is for both versions of IP. */
static const char *advise_ignored(const struct field_walk *walk, size_t entry)
{
	static const char *const hints[2][2] = {
		{"leave the rule to a chain without `flags offload` where it should match no more "
		 "than it says",
		 "say the ethertype before the match: `meta protocol ip6`; leave IPv4 to a chain "
		 "without `flags offload`"},
		{"say the ethertype before the match: `meta protocol ip`; leave IPv6 to a chain "
		 "without `flags offload`",
		 "say the ethertype before the match: `meta protocol ip` or `meta protocol ip6`, "
		 "a rule each"},
	};

	return hints[lacks_ethertype(walk, entry, ETH_P_IP)]
		    [lacks_ethertype(walk, entry, ETH_P_IPV6)];
}

static void say_ignored(const struct field_walk *walk, size_t entry, const struct ignored *ignored)
{
	const struct lint_entry *what = &walk->lint->entries[entry];
	const char *why =
		reason_to_ignore(walk, entry, walk->lint->rules[walk->rule].rule.flow_rule);
	char match[LINT_STATEMENT_SIZE], fate[64];

	lint_print_match(match, sizeof(match), &walk->value, &walk->mask);
	lint_print_fate(fate, sizeof(fate), walk->lint, what);
	lint_add(walk->lint, LINT_FIELD_IGNORED, lint_at_rule(walk->lint, walk->rule),
		 advise_ignored(walk, entry),
		 "the model %s %s%s%s%s%s: in the NIC the rule is %s, %s%s%s%s",
		 walk->lint->model->name, *ignored->whole ? "does not look at " : "",
		 ignored->whole, *ignored->whole && *ignored->part ? ", and " : "",
		 *ignored->part ? "looks only at " : "", ignored->part, match, fate,
		 why ? " (" : "", why ? why : "", why ? ")" : "");
}

/* By which port leaves what the action sends; -1 where there is none. */
static int exit_of(const struct nic *nic, const struct flow_action_entry *action)
{
	int port = flow_action_has_target(action->id)
			   ? nic_port_in_netns(nic, action->netns, action->ifindex)
			   : -1;

	return port < 0 ? -1 : nic_exit_port(nic, (uint16_t)port);
}

/* What the actions mean, in the form of what the NIC does. */
static struct lint_entry meaning_of(const struct lint *lint, const struct flow_rule *flow)
{
	struct lint_entry meant = {.fate = ASIC_HOST};

	for (size_t i = 0; i < flow->num_actions; i++) {
		const struct flow_action_entry *action = &flow->actions[i];
		int port = exit_of(&lint->emulator->nic, action);

		if (action->id == FLOW_ACTION_DROP)
			meant.fate = ASIC_DROP;
		if (action->id == FLOW_ACTION_REDIRECT && meant.fate == ASIC_HOST) {
			meant.fate = ASIC_REDIRECT;
			meant.port = (uint16_t)port;
		}
		if (action->id == FLOW_ACTION_MIRRED && port >= 0 &&
		    meant.num_mirrors < ASIC_MIRRORS_MAX)
			meant.mirrors[meant.num_mirrors++] = (uint16_t)port;
	}
	return meant;
}

static void look_at_actions(struct lint *lint, size_t index, const struct lint_entry *entry)
{
	const struct lint_rule *rule = &lint->rules[index];
	struct lint_entry meant = meaning_of(lint, rule->rule.flow_rule);
	char says[64], does[64];

	/* Where a target went away the rule is not to blame. */
	if (lint_same_fate(&meant, entry) ||
	    (meant.fate == ASIC_REDIRECT && meant.port == UINT16_MAX))
		return;
	lint_print_fate(says, sizeof(says), lint, &meant);
	lint_print_fate(does, sizeof(does), lint, entry);
	lint_add(lint, LINT_ACTION_DIFFERS, lint_at_rule(lint, index), "",
		 "the rule says `%s`; the model %s takes that and does `%s`", says,
		 lint->model->name, does);
}

/* Why, where one of the driver's additions does it. */
static void say_nothing_matches(struct lint *lint, size_t index, const struct lint_entry *entry)
{
	const struct model_match *match = &lint->model->match;
	const char *why = "";

	for (size_t i = 0; i < match->num_implicits && i < 32 && !*why; i++)
		if (entry->implicits >> i & 1)
			why = match->implicits[i].text;
	lint_add(lint, LINT_MATCHES_NOTHING, lint_at_rule(lint, index), "",
		 "the model %s takes the rule and does nothing with it: %s", lint->model->name,
		 *why ? why : "no packet meets it");
}

static void look_at_rule(struct lint *lint, size_t index, size_t entry)
{
	const struct flow_rule *flow = lint->rules[index].rule.flow_rule;
	struct field_walk walk = {.lint = lint, .rule = index, .asked = &flow->match};
	struct ignored ignored = {0};

	if (lint->entries[entry].matches_nothing) {
		say_nothing_matches(lint, index, &lint->entries[entry]);
		return;
	}
	lint_unpack(lint, entry, &walk.value, &walk.mask);
	for (int id = 0; id < FLOW_FIELD_COUNT; id++)
		if (is_asked(walk.asked, id))
			look_at_field(&walk, id, &ignored);
	if (*ignored.whole || *ignored.part)
		say_ignored(&walk, entry, &ignored);
	look_at_actions(lint, index, &lint->entries[entry]);
}

void check_model_match(struct lint *lint)
{
	if (!lint->model)
		return;
	for (size_t i = 0; i < lint->num_rules; i++) {
		size_t entry = lint_entry_of(lint, i);

		if (entry != SIZE_MAX && lint->rules[i].rule.flow_rule)
			look_at_rule(lint, i, entry);
	}
}

/* --- what the driver adds --- */

static void look_at_implicit(struct lint *lint, size_t chain, size_t number)
{
	const struct model_implicit *implicit = &lint->model->match.implicits[number];
	const struct lint_chain *c = &lint->chains[chain];
	struct lint_tally tally = {0};
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < c->num_entries; i++) {
		const struct lint_entry *entry = &lint->entries[c->first_entry + i];
		size_t rule = lint->instances[entry->instance].rule;

		if (entry->implicits >> number & 1 && !entry->matches_nothing && rule != last)
			lint_count(&tally, rule);
		last = rule;
	}
	/* Each port has its own entry of the rule. */
	if (c->ports > 1)
		tally.count = (tally.count + c->ports - 1) / c->ports;
	lint_add_tally(lint, LINT_IMPLICIT_MATCH, &tally, "",
		       "the driver of %s adds a match that the rule does not have: %s",
		       lint->model->name, implicit->text);
}

void check_implicits(struct lint *lint)
{
	if (!lint->model)
		return;
	for (size_t chain = 0; chain < lint->num_chains; chain++)
		for (size_t i = 0; i < lint->model->match.num_implicits && i < 32; i++)
			look_at_implicit(lint, chain, i);
}
