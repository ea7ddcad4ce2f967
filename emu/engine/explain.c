/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/engine/explain.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the entries, in order --- */

struct walk {
	const struct emulator *emulator;
	const struct explain_options *options;
	struct explanation *explanation;
	size_t room;
	bool contradicts; /* the comparison by fields and the definition of a match */
};

static struct explain_candidate compare(const struct walk *walk, const struct asic_entry *entry)
{
	struct explain_candidate candidate = {
		.place = walk->explanation->entries,
		.port = entry->port,
		.priority = entry->tcam->priority,
		.binding = entry->decision->binding,
		.cookie = entry->decision->cookie,
		.arrival = entry->tcam->arrival,
		.table = entry->table,
		.rule = *entry->rule,
	};

	candidate.missed = explain_misses(entry->rule, &walk->explanation->key,
					  &walk->emulator->nic, NULL, NULL, &candidate.fields);
	candidate.matches = tcam_rule_matches(entry->rule, &walk->explanation->key);
	return candidate;
}

static void keep_first(void *context, const struct explain_miss *miss)
{
	struct explain_candidate *candidate = context;

	if (!*candidate->first.field)
		candidate->first = *miss;
}

/* The words for those that are shown: entries can be a million. */
static void tell_first_misses(const struct walk *walk)
{
	struct explanation *e = walk->explanation;

	for (size_t i = 0; i < e->num_candidates; i++)
		explain_misses(&e->candidates[i].rule, &e->key, &walk->emulator->nic, keep_first,
			       &e->candidates[i], NULL);
}

static int add_candidate(struct walk *walk, const struct explain_candidate *candidate)
{
	struct explanation *e = walk->explanation;

	if (e->num_candidates == walk->room) {
		size_t room = walk->room ? 2 * walk->room : 16;
		void *more = reallocarray(e->candidates, room, sizeof(e->candidates[0]));

		if (!more)
			return -ENOMEM;
		e->candidates = more;
		walk->room = room;
	}
	e->candidates[e->num_candidates++] = *candidate;
	return 0;
}

static void remove_candidate(struct explanation *e, size_t index)
{
	e->num_candidates--;
	memmove(&e->candidates[index], &e->candidates[index + 1],
		(e->num_candidates - index) * sizeof(e->candidates[0]));
}

/* Of those that do not match: the one that failed most; of equals the last. */
static size_t farthest(const struct explanation *e)
{
	size_t found = e->num_candidates;

	for (size_t i = 0; i < e->num_candidates; i++)
		if (!e->candidates[i].matches &&
		    (found == e->num_candidates ||
		     e->candidates[i].missed >= e->candidates[found].missed))
			found = i;
	return found;
}

/* Only the nearest stay. */
static int add_near(struct walk *walk, const struct explain_candidate *candidate)
{
	struct explanation *e = walk->explanation;
	size_t shown = e->num_candidates - (e->winner != 0);
	size_t worst = farthest(e);

	if (shown < walk->options->nearest)
		return add_candidate(walk, candidate);
	if (worst == e->num_candidates || e->candidates[worst].missed <= candidate->missed)
		return 0;
	remove_candidate(e, worst);
	return add_candidate(walk, candidate);
}

static int add_match(struct walk *walk, const struct explain_candidate *candidate)
{
	struct explanation *e = walk->explanation;

	e->matching++;
	if (!e->winner) {
		e->winner = candidate->place;
		return add_candidate(walk, candidate);
	}
	if (e->num_others < EXPLAIN_OTHERS_MAX)
		e->others[e->num_others++] = *candidate;
	return walk->options->all ? add_candidate(walk, candidate) : 0;
}

static int ask(void *context, const struct asic_entry *entry)
{
	struct walk *walk = context;
	struct explanation *e = walk->explanation;
	struct explain_candidate candidate;
	bool elsewhere = entry->port != (e->key.word[0] >> FLOW_PORT_SHIFT);

	e->entries++;
	e->of_other_ports += elsewhere;
	candidate = compare(walk, entry);
	walk->contradicts |= candidate.matches != (candidate.missed == 0);
	if (candidate.matches)
		return add_match(walk, &candidate);
	e->before += !e->winner && !elsewhere;
	if (walk->options->all)
		return add_candidate(walk, &candidate);
	/* Behind the winner nobody asks, and those of other ports are near to nothing. */
	return e->winner || elsewhere ? 0 : add_near(walk, &candidate);
}

const struct explain_candidate *explanation_winner(const struct explanation *e)
{
	for (size_t i = 0; e->winner && i < e->num_candidates; i++)
		if (e->candidates[i].place == e->winner)
			return &e->candidates[i];
	return NULL;
}

static bool same_winner(const struct explanation *e)
{
	const struct explain_candidate *winner = explanation_winner(e);

	if (!winner || !e->decision.matched)
		return !winner && !e->decision.matched;
	return winner->binding == e->decision.binding && winner->cookie == e->decision.cookie;
}

/* --- the whole --- */

static int contradiction(char *message, size_t size, const char *what)
{
	snprintf(message, size, "internal difference, a bug of nicemu: %s", what);
	return -EILSEQ;
}

/* The key as the packet path makes it, and as it is after the look-up has put the port in. */
static int look_up(const struct emulator *emulator, const struct packet *packet,
		   struct explanation *e, char *message, size_t size)
{
	struct flow_batch *batch = aligned_alloc(_Alignof(struct flow_batch), sizeof(*batch));
	struct flow_key dissected;
	uint32_t flags;

	if (!batch)
		return -ENOMEM;
	dissect_batch(packet, 1, FLOW_ALL_CHUNKS, batch, &flags);
	flow_batch_get(batch, 0, &dissected, FLOW_ALL_CHUNKS);
	e->decision = *asic_look(emulator->asic, packet, batch);
	flow_batch_get(batch, 0, &e->key, FLOW_ALL_CHUNKS);
	free(batch);
	dissect_trace(packet, &e->trace);
	if (memcmp(&dissected, &e->trace.key, sizeof(dissected)) || flags != e->trace.result.flags)
		return contradiction(message, size, "two dissectors give different keys");
	return 0;
}

int explain_packet(const struct emulator *emulator, const struct packet *packet,
		   const struct explain_options *options, struct explanation *e, char *message,
		   size_t size)
{
	struct walk walk = {emulator, options, e, 0, false};
	int error;

	*e = (struct explanation){.leaves = *packet};
	snprintf(message, size, "out of memory");
	error = look_up(emulator, packet, e, message, size);
	if (!error)
		error = asic_visit(emulator->asic, ask, &walk);
	if (error)
		return error;
	if (walk.contradicts)
		return contradiction(message, size,
				     "an entry and the comparison of its fields disagree");
	if (!same_winner(e))
		return contradiction(message, size,
				     "the table's answer is not the first entry that matches");
	tell_first_misses(&walk);
	*message = '\0';
	return 0;
}

void explanation_clear(struct explanation *e)
{
	free(e->candidates);
	e->candidates = NULL;
	e->num_candidates = 0;
}

size_t explain_changes(const struct packet *before, const struct packet *after,
		       struct explain_change *changes, size_t max)
{
	uint32_t both = before->captured < after->captured ? before->captured : after->captured;
	size_t count = 0;
	uint32_t at = 0;

	while (at < both) {
		uint32_t from = at;

		while (at < both && before->data[at] != after->data[at])
			at++;
		if (at > from && count++ < max)
			changes[count - 1] = (struct explain_change){from, at - from, at - from};
		at += at == from;
	}
	if (before->captured != after->captured && count++ < max)
		changes[count - 1] = (struct explain_change){both, before->captured - both,
							     after->captured - both};
	return count;
}
