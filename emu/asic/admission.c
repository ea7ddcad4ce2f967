/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "admission.h"

#include <errno.h>
#include <string.h>

/*
 * Present in every packet, so no entry needs to ask for their presence: the dissector always says
 * what it knows of the frame (CONTROL), and META is made up from the port.
 */
static const uint64_t always_present = FLOW_PRESENT(CONTROL) | FLOW_PRESENT(META);

/* --- port ranges: min and max of a direction are two of the extra fields --- */

struct port_ends {
	bool given[2]; /* min, max */
	uint16_t value[2];
};

static const struct {
	uint8_t direction, end; /* 0: source, min; 1: destination, max */
} range_fields[FLOW_EXTRA_COUNT] = {
	[FLOW_EXTRA_PORTS_RANGE_MIN_SRC] = {0, 0},
	[FLOW_EXTRA_PORTS_RANGE_MAX_SRC] = {0, 1},
	[FLOW_EXTRA_PORTS_RANGE_MIN_DST] = {1, 0},
	[FLOW_EXTRA_PORTS_RANGE_MAX_DST] = {1, 1},
};

static bool is_range(const struct flow_extra *extra)
{
	return flow_extra_fields[extra->id].key == FLOW_DISSECTOR_KEY_PORTS_RANGE;
}

static uint16_t number(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static int refuse_range(struct reason *reason, const char *id, const char *what)
{
	return reason_set(reason, id, EOPNOTSUPP, REASON_MODEL, "%s", what);
}

static int read_ends(const struct flow_match *match, struct port_ends ends[2],
		     struct reason *reason)
{
	for (size_t i = 0; i < match->num_extras; i++) {
		const struct flow_extra *extra = &match->extras[i];
		uint8_t end = range_fields[extra->id].end;
		struct port_ends *at = &ends[range_fields[extra->id].direction];

		if (!is_range(extra) || !number(extra->mask))
			continue;
		if (number(extra->mask) != UINT16_MAX)
			return refuse_range(reason, "masked-port-range",
					    "the NIC can't match some bits of a port range");
		at->given[end] = true;
		at->value[end] = number(extra->value);
	}
	return 0;
}

static int admit_direction(const struct port_ends *ends, uint16_t *min, uint16_t *max,
			   struct reason *reason)
{
	*min = 0;
	*max = UINT16_MAX;
	if (!ends->given[0] && !ends->given[1])
		return 0;
	if (!ends->given[0] || !ends->given[1])
		return refuse_range(reason, "half-port-range",
				    "the NIC needs both ends of a port range");
	if (ends->value[0] > ends->value[1])
		return reason_set(reason, "empty-port-range", EOPNOTSUPP, REASON_MODEL,
				  "no port is in the range %u-%u", ends->value[0], ends->value[1]);
	*min = ends->value[0];
	*max = ends->value[1];
	return 0;
}

/* Packets without ports are in no range. */
static int admit_ranges(const struct flow_match *match, struct tcam_entry *entry,
			struct reason *reason)
{
	struct tcam_ranges *ranges = &entry->ranges;
	struct port_ends ends[2] = {0};
	int error;

	if (!(match->used_keys & FLOW_PRESENT(PORTS_RANGE)))
		return 0;
	error = read_ends(match, ends, reason);
	if (!error)
		error = admit_direction(&ends[0], &ranges->src_min, &ranges->src_max, reason);
	if (!error)
		error = admit_direction(&ends[1], &ranges->dst_min, &ranges->dst_max, reason);
	if (error)
		return error;
	if (ends[0].given[0] || ends[1].given[0]) {
		entry->has_ranges = true;
		entry->mask.word[0] |= FLOW_PRESENT(PORTS);
		entry->value.word[0] |= FLOW_PRESENT(PORTS);
	}
	return 0;
}

/* --- the other keys --- */

static int admit_extras(const struct flow_match *match, struct reason *reason)
{
	static const uint8_t zero[16];

	for (size_t i = 0; i < match->num_extras; i++) {
		const struct flow_extra_field *field = &flow_extra_fields[match->extras[i].id];

		if (!is_range(&match->extras[i]) && match->used_keys >> field->key & 1 &&
		    memcmp(match->extras[i].mask, zero, sizeof(zero)) != 0)
			return reason_set(reason, "unsupported-field", EOPNOTSUPP, REASON_MODEL,
					  "the NIC can't match %s", field->name);
	}
	return 0;
}

static bool has_key(int id)
{
	return flow_dissector_key_has_fields((enum flow_dissector_key_id)id) ||
	       id == FLOW_DISSECTOR_KEY_PORTS_RANGE;
}

static int admit_keys(const struct flow_match *match, struct reason *reason)
{
	if (match->unknown_keys)
		return reason_set(reason, "unknown-key", EOPNOTSUPP, REASON_MODEL,
				  "the NIC can't match the kernel's dissector keys 0x%llx",
				  (unsigned long long)match->unknown_keys);
	for (int id = 0; id < 64; id++) {
		const char *name = flow_dissector_key_name(id);

		if (!(match->used_keys >> id & 1) || has_key(id))
			continue;
		return reason_set(reason, "unsupported-key", EOPNOTSUPP, REASON_MODEL,
				  name ? "the NIC can't match dissector key number %d (%s)"
				       : "the NIC can't match dissector key number %d",
				  id, name);
	}
	return admit_extras(match, reason);
}

/* All bits of a field, in place. */
static struct flow_key field_bits(enum flow_field_id id)
{
	static const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct flow_key bits = {0};

	flow_key_store(&bits, id, ones);
	return bits;
}

/* The rule's bits of flagged keys; the rest of what was written is not looked at. */
static void match_fields(const struct flow_match *match, struct tcam_entry *entry)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		uint64_t present = flow_field_presence(id) & ~always_present;
		struct flow_key bits;

		if (!(match->used_keys >> flow_fields[id].key & 1) ||
		    flow_field_is_zero(&match->mask, id))
			continue;
		bits = field_bits(id);
		for (int w = 0; w < FLOW_KEY_WORDS; w++) {
			uint64_t mask = match->mask.word[w] & bits.word[w];

			entry->mask.word[w] |= mask;
			entry->value.word[w] |= match->key.word[w] & mask;
		}
		entry->mask.word[0] |= present;
		entry->value.word[0] |= present;
	}
}

static void match_port(uint16_t port, struct tcam_entry *entry)
{
	entry->mask.word[0] |= FLOW_PORT_MASK;
	entry->value.word[0] |= (uint64_t)port << FLOW_PORT_SHIFT;
}

static int target_port(const struct nic *nic, const struct flow_action_entry *action,
		       struct reason *reason)
{
	int port = nic_port_in_netns(nic, action->netns, action->ifindex);

	if (port >= 0)
		return port;
	if (action->id == FLOW_ACTION_REDIRECT)
		reason_set(reason, "redirect-target-not-a-port", EOPNOTSUPP, REASON_MODEL,
			   "interface %u, to which the rule forwards, is not a port of this NIC",
			   action->ifindex);
	else
		reason_set(reason, "mirror-target-not-a-port", EOPNOTSUPP, REASON_MODEL,
			   "interface %u, to which the rule copies, is not a port of this NIC",
			   action->ifindex);
	return -EOPNOTSUPP;
}

static int add_accept(const struct nic *nic, const struct flow_action_entry *action,
		      struct asic_decision *decision, struct reason *reason)
{
	return 0; /* where a packet goes when nothing else takes it */
}

static int add_drop(const struct nic *nic, const struct flow_action_entry *action,
		    struct asic_decision *decision, struct reason *reason)
{
	decision->fate = ASIC_DROP;
	return 0;
}

static int add_redirect(const struct nic *nic, const struct flow_action_entry *action,
			struct asic_decision *decision, struct reason *reason)
{
	int port = target_port(nic, action, reason);

	if (port < 0)
		return port;
	if (decision->fate == ASIC_HOST) { /* neither dropped nor redirected before */
		decision->fate = ASIC_REDIRECT;
		decision->port = (uint16_t)port;
	}
	return 0;
}

static int add_mirror(const struct nic *nic, const struct flow_action_entry *action,
		      struct asic_decision *decision, struct reason *reason)
{
	int port = target_port(nic, action, reason);

	if (port < 0)
		return port;
	if (decision->num_mirrors == ASIC_MIRRORS_MAX)
		return reason_set(reason, "too-many-mirrors", EOPNOTSUPP, REASON_MODEL,
				  "a rule can copy to at most %d ports", ASIC_MIRRORS_MAX);
	decision->mirrors[decision->num_mirrors++] = (uint16_t)port;
	return 0;
}

static int (*const add_action[])(const struct nic *nic, const struct flow_action_entry *action,
				 struct asic_decision *decision, struct reason *reason) = {
	[FLOW_ACTION_ACCEPT] = add_accept,
	[FLOW_ACTION_DROP] = add_drop,
	[FLOW_ACTION_REDIRECT] = add_redirect,
	[FLOW_ACTION_MIRRED] = add_mirror,
};

static int admit_actions(const struct nic *nic, const struct flow_rule *rule,
			 struct asic_decision *decision, struct reason *reason)
{
	for (size_t i = 0; i < rule->num_actions; i++) {
		const struct flow_action_entry *action = &rule->actions[i];
		size_t id = action->id;
		int error;

		if (id >= FLOW_ACTION_COUNT)
			return reason_set(reason, "unsupported-action", EOPNOTSUPP, REASON_MODEL,
					  "the NIC does not know action number %zu", id);
		if (id >= sizeof(add_action) / sizeof(add_action[0]))
			return reason_set(reason, "unsupported-action", EOPNOTSUPP, REASON_MODEL,
					  "the NIC can't carry out the action %s",
					  flow_action_name(action->id));
		error = add_action[id](nic, action, decision, reason);
		if (error)
			return error;
	}
	return 0;
}

int admit(const struct nic *nic, uint16_t port, const struct offload_command *command,
	  struct tcam_entry *entry, struct asic_decision *decision, struct reason *reason)
{
	const struct flow_rule *rule = command->rule;
	int error;

	*entry = (struct tcam_entry){.priority = command->prio};
	*decision = (struct asic_decision){.fate = ASIC_HOST};
	if (command->chain_index)
		return reason_set(reason, "chain-index-not-zero", EOPNOTSUPP, REASON_MODEL,
				  "the NIC has no chain %u, only chain 0", command->chain_index);
	if (rule->lost_actions)
		return reason_set(reason, "too-many-actions", EOPNOTSUPP, REASON_MODEL,
				  "the rule has %u actions more than the NIC was told",
				  rule->lost_actions);
	error = admit_keys(&rule->match, reason);
	if (error)
		return error;
	match_fields(&rule->match, entry);
	match_port(port, entry);
	error = admit_ranges(&rule->match, entry, reason);
	if (error)
		return error;
	return admit_actions(nic, rule, decision, reason);
}

int asic_admit(const struct nic *nic, const struct offload_binding *binding,
	       const struct offload_command *command, struct asic_admitted *admitted,
	       struct reason *reason)
{
	int error =
		admit(nic, binding->port, command, &admitted->tcam, &admitted->decision, reason);

	admitted->table =
		nic->profile && nic->profile->num_tables ? &nic->profile->tables[0] : NULL;
	admitted->cost = NULL;
	admitted->entries = 1;
	admitted->slices = 0;
	return error;
}
