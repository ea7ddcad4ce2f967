/* SPDX-License-Identifier: GPL-2.0-or-later */
/* About counters: what the model counts, and what is counted or copied once more by software. */
#include "internal.h"

/* Of a real kernel it is not known which rules have a counter. */
static bool has_counter(const struct lint_rule *rule)
{
	return rule->in_hw && rule->rule.has_counter;
}

/* On one port at least nft is told its packets. */
static bool is_told(const struct lint *lint, const struct lint_rule *rule)
{
	for (size_t i = 0; i < rule->num_instances; i++) {
		const struct lint_instance *on_port = &lint->instances[rule->first_instance + i];

		if (on_port->in_hw &&
		    asic_told(lint->emulator->asic, on_port->binding, on_port->cookie).packets)
			return true;
	}
	return false;
}

/* Where the counters are used up, COUNTERS_EXHAUSTED tells it once. */
static bool is_never_counted(const struct lint *lint, const struct lint_rule *rule)
{
	const struct model_counters *counters = &lint->model->counters;

	return (!counters->packets || counters->if_asked) && !is_told(lint, rule);
}

static void say_not_counted(struct lint *lint, const struct lint_tally *tally)
{
	const char *why = lint->model->counters.packets ? " for rules that do not ask it to, as "
							  "nft's do not"
							: "";

	lint_add_tally(lint, LINT_NOT_COUNTED, tally, "",
		       "the rule has a counter, and the model %s counts nothing%s",
		       lint->model->name, why);
}

static void say_no_bytes(struct lint *lint, const struct lint_tally *tally)
{
	if (lint->model->counters.bytes == MODEL_BYTES_NONE)
		lint_add_tally(lint, LINT_BYTES_NOT_COUNTED, tally, "",
			       "the model %s counts packets, no bytes: the counter's bytes stand "
			       "still",
			       lint->model->name);
}

/* Rules in the order in which they came are about the order in which counters were given out. */
static void look_at_pool(struct lint *lint, size_t counted)
{
	const struct model_counters *counters = &lint->model->counters;

	if (!counters->packets || counters->pool == MODEL_UNKNOWN || counters->pool_error ||
	    counted <= counters->pool)
		return;
	lint_add(lint, LINT_COUNTERS_EXHAUSTED, lint_at_chain(SIZE_MAX),
		 "take `counter` out of rules that need none",
		 "%zu rules have a counter, and the model %s has %llu: the rest is not counted",
		 counted, lint->model->name, (unsigned long long)counters->pool);
}

void check_counters(struct lint *lint)
{
	size_t counted = 0;

	if (!lint->model)
		return;
	for (size_t i = 0; i < lint->num_rules;) {
		size_t chain = lint->rules[i].chain;
		struct lint_tally tally = {0}, never = {0};

		for (; i < lint->num_rules && lint->rules[i].chain == chain; i++)
			if (has_counter(&lint->rules[i]))
				lint_count(is_never_counted(lint, &lint->rules[i]) ? &never
										   : &tally,
					   i);
		say_not_counted(lint, &never);
		say_no_bytes(lint, &tally);
		counted += tally.count;
	}
	look_at_pool(lint, counted);
}

/* --- once in the NIC, once in software --- */

static void look_at_mirrors(struct lint *lint, size_t rule, const struct lint_entry *entry)
{
	if (entry->num_mirrors == 0)
		return;
	lint_add(lint, LINT_MIRRORED_TWICE, lint_at_rule(lint, rule),
		 "end the rule with `drop` or `fwd to`, so that software does not see the packet",
		 "the NIC copies the packet to %s and passes it on to the host, where the rule "
		 "stands, too, and copies it once more",
		 lint_port_name(lint, entry->mirrors[0]));
}

void check_seen_twice(struct lint *lint)
{
	for (size_t i = 0; i < lint->num_rules;) {
		size_t chain = lint->rules[i].chain;
		struct lint_tally tally = {0};

		for (; i < lint->num_rules && lint->rules[i].chain == chain; i++) {
			size_t entry = lint_entry_of(lint, i);

			if (entry == SIZE_MAX || lint->entries[entry].fate != ASIC_HOST)
				continue;
			look_at_mirrors(lint, i, &lint->entries[entry]);
			if (has_counter(&lint->rules[i]) && is_told(lint, &lint->rules[i]))
				lint_count(&tally, i);
		}
		lint_add_tally(lint, LINT_COUNTED_TWICE, &tally,
			       "take the counter for twice the packets",
			       "the NIC counts the packet and passes it on to the host, where the "
			       "rule stands, too, and counts it once more");
	}
}
