/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operations of the tuple tables, their versions and what waits for readers. */
#include "tcam_tuples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <urcu.h>

/* --- life --- */

static void free_old_used(struct tcam *tcam)
{
	while (tcam->old_used) {
		struct tuples_used *used = tcam->old_used;

		tcam->old_used = used->next;
		free(used);
	}
}

static void tuples_destroy(struct tcam *tcam)
{
	if (!tcam)
		return;
	tuples_state_free(tcam->state);
	tuples_state_free(tcam->old);
	free_old_used(tcam);
	free(tcam->used);
	tuples_arena_close(&tcam->record_arena);
	tuples_arena_close(&tcam->entry_arena);
	tuples_arena_close(&tcam->mask_arena);
	tuples_arena_close(&tcam->whole_mask_arena);
	tuples_arena_close(&tcam->cold_arena);
	tuples_arena_close(&tcam->queue_arena);
	tuples_names_close(&tcam->mask_names);
	tuples_names_close(&tcam->groups);
	tuples_index_close(&tcam->group_index);
	tuples_index_close(&tcam->list_index);
	free(tcam);
}

/* Addresses for a number of lines, and memory for line 0, which is none. */
static int open_arenas(struct tcam *tcam, size_t lines)
{
	if (tuples_arena_open(&tcam->record_arena, lines * sizeof(tcam->records[0])) ||
	    tuples_arena_open(&tcam->entry_arena, lines * sizeof(tcam->entries[0])) ||
	    tuples_arena_open(&tcam->mask_arena, lines * sizeof(tcam->masks[0])) ||
	    tuples_arena_open(&tcam->whole_mask_arena, lines * sizeof(tcam->whole_masks[0])) ||
	    tuples_arena_open(&tcam->cold_arena, lines * sizeof(tcam->colds[0])) ||
	    tuples_arena_open(&tcam->queue_arena, lines * sizeof(tcam->queue[0])) ||
	    tuples_names_open(&tcam->mask_names, lines - 1) ||
	    tuples_names_open(&tcam->groups, lines - 1) ||
	    tuples_arena_reach(&tcam->record_arena, sizeof(tcam->records[0])) ||
	    tuples_arena_reach(&tcam->entry_arena, sizeof(tcam->entries[0])) ||
	    tuples_arena_reach(&tcam->mask_arena, sizeof(tcam->masks[0])) ||
	    tuples_arena_reach(&tcam->cold_arena, sizeof(tcam->colds[0])))
		return -ENOMEM;
	tcam->records = (const struct tuples_record *)tcam->record_arena.base;
	tcam->entries = (struct tcam_entry **)tcam->entry_arena.base;
	tcam->masks = (const struct flow_chunk *)tcam->mask_arena.base;
	tcam->whole_masks = (struct flow_key *)tcam->whole_mask_arena.base;
	tcam->colds = (struct tuples_cold *)tcam->cold_arena.base;
	tcam->queue = (uint32_t *)tcam->queue_arena.base;
	tcam->group_index.records = tcam->list_index.records = tcam->records;
	tcam->top_line = 1;
	return 0;
}

static struct tcam *create_kind(unsigned int flags, const struct tuples_kind *kind)
{
	struct tcam *tcam = calloc(1, sizeof(*tcam));

	if (!tcam)
		return NULL;
	tcam->kind = kind;
	tcam->flags = flags;
	tcam->used = calloc(1, sizeof(*tcam->used));
	tcam->state = tuples_state_empty();
	if (!tcam->used || !tcam->state || open_arenas(tcam, (size_t)1 << TUPLES_NUMBER_BITS)) {
		tuples_destroy(tcam);
		return NULL;
	}
	tcam->used->chunks = 1;
	tcam->state->used = tcam->used;
	return tcam;
}

static struct tcam *tuples_create(unsigned int flags)
{
	return create_kind(flags, tuples_avx2_here() ? &tuples_avx2 : &tuples_portable);
}

static struct tcam *tuples_create_portable(unsigned int flags)
{
	return create_kind(flags, &tuples_portable);
}

/* --- versions --- */

/* The stamp of a change that is made now. */
static uint32_t stamp(const struct tcam *tcam)
{
	uint64_t version = tcam->state->version;

	return tuples_next_version(&version);
}

static void changed(struct tcam *tcam)
{
	uint64_t version = tcam->state->version;

	tcam->changes++;
	if (tcam->flags & TCAM_SHARED) {
		tcam->uncommitted = true;
		return;
	}
	tuples_next_version(&version);
	tcam->state->version = version;
}

/* Sets a half of the stamps; the record then waits until all readers know. */
static void stamp_record(struct tcam *tcam, uint32_t number, unsigned int shift)
{
	struct tuples_record *record = tuples_record(tcam, number);
	struct tuples_cold *cold = &tcam->colds[number];

	__atomic_store_n(&cold->stamps, cold->stamps | (uint64_t)stamp(tcam) << shift,
			 __ATOMIC_RELEASE);
	__atomic_store_n(&record->aside, record->aside | TUPLES_STAMPED, __ATOMIC_RELEASE);
	if (cold->flags & TUPLES_QUEUED)
		return;
	cold->flags |= TUPLES_QUEUED;
	tcam->queue[tcam->waiting++] = number;
	tcam->queued++;
}

/* Once a removal can be seen by all readers that come: true where it is to be dropped. */
static bool finish_death(struct tcam *tcam, uint32_t number)
{
	struct tuples_cold *cold = &tcam->colds[number];

	if (cold->flags & TUPLES_UNLINKED)
		return true;
	if (tuples_visible(cold->stamps, (uint32_t)tcam->state->version))
		return false;
	if (cold->flags & TUPLES_LINKED)
		tuples_list_unlink(tcam, number);
	if (cold->group)
		tuples_group_leave(tcam, number);
	cold->flags |= TUPLES_UNLINKED;
	return false;
}

/* All readers have left the views that they had. Does the record wait for something else? */
static bool after_readers(struct tcam *tcam, uint32_t number)
{
	struct tuples_record *record = tuples_record(tcam, number);
	struct tuples_cold *cold = &tcam->colds[number];

	if (cold->flags & TUPLES_DEAD) {
		if (!finish_death(tcam, number))
			return true;
		tuples_store_drop(tcam, number);
		return false;
	}
	if (!tuples_visible(cold->stamps, (uint32_t)tcam->state->version))
		return true;
	__atomic_store_n(&record->aside, record->aside & ~TUPLES_STAMPED, __ATOMIC_RELEASE);
	__atomic_store_n(&cold->stamps, 0, __ATOMIC_RELEASE);
	return false;
}

/* The records that after_readers() comes to, so that their misses overlap: nearest last. */
static void fetch_ahead(const struct tcam *tcam, size_t at, size_t count)
{
	enum { RECORD = 12, LIST = 8, GROUP = 4 };
	uint32_t number = at + RECORD < count ? tcam->queue[at + RECORD] : 0;
	const struct tuples_cold *cold;

	__builtin_prefetch(&tcam->colds[number], 1);
	__builtin_prefetch(&tcam->entries[number], 1);
	__builtin_prefetch(tuples_record(tcam, number), 1);
	number = at + LIST < count ? tcam->queue[at + LIST] : 0;
	cold = &tcam->colds[number];
	if (cold->flags & TUPLES_DEAD && cold->flags & TUPLES_LINKED) {
		__builtin_prefetch(tuples_name(&tcam->groups, cold->group), 1);
		tuples_list_fetch(tcam, cold->table, number);
	}
	number = at + GROUP < count ? tcam->queue[at + GROUP] : 0;
	cold = &tcam->colds[number];
	if (cold->flags & TUPLES_DEAD && cold->group)
		tuples_name_fetch(&tcam->groups, tuples_name(&tcam->groups, cold->group)->hash);
}

static void reclaim(struct tcam *tcam)
{
	size_t count = tcam->waiting;

	synchronize_rcu();
	tuples_state_free(tcam->old);
	tcam->old = NULL;
	free_old_used(tcam);
	tcam->waiting = 0;
	tcam->queued = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t number = tcam->queue[i];

		fetch_ahead(tcam, i, count);
		if (!after_readers(tcam, number)) {
			tcam->colds[number].flags &= (uint8_t)~TUPLES_QUEUED;
			continue;
		}
		tcam->queue[tcam->waiting++] = number;
		tcam->queued += !(tcam->colds[number].flags & TUPLES_UNLINKED);
	}
}

static void tuples_commit(struct tcam *tcam)
{
	uint64_t version = tcam->state->version;

	if (!tcam->uncommitted)
		return;
	tcam->uncommitted = false;
	tuples_next_version(&version);
	__atomic_store_n(&tcam->state->version, version, __ATOMIC_RELEASE);
	if (tcam->queued >= TUPLES_RECLAIM)
		reclaim(tcam);
}

static void tuples_settle(struct tcam *tcam)
{
	if (tcam->waiting || tcam->old || tcam->old_used)
		reclaim(tcam);
}

/* --- changes --- */

/* The bits that rules look at, with those of one more. */
static int grow_used(struct tcam *tcam, const struct tcam_rule *rule)
{
	struct flow_key bits = tcam_rule_bits(rule);
	struct tuples_used *used = tcam->used;
	uint64_t more = 0;

	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
		more |= bits.word[w] & ~used->bits.word[w];
	if (!more)
		return 0;
	if (tcam->flags & TCAM_SHARED) {
		used = malloc(sizeof(*used));
		if (!used)
			return -ENOMEM;
		*used = *tcam->used;
	}
	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
		used->bits.word[w] |= bits.word[w];
	used->chunks = flow_key_chunks(&used->bits) | 1;
	if (used == tcam->used)
		return 0;
	tcam->used->next = tcam->old_used;
	tcam->old_used = tcam->used;
	tcam->used = used;
	__atomic_store_n(&tcam->state->used, used, __ATOMIC_RELEASE);
	return 0;
}

/* A record for what the rule asks for; entry is what a look-up gives. */
static int enter(struct tcam *tcam, const struct tcam_rule *rule, uint64_t arrival,
		 struct tcam_entry *entry, uint32_t *number)
{
	int error = tuples_store_add(tcam, rule, arrival, entry, number);

	if (error)
		return error;
	error = tuples_group_reserve(tcam);
	if (!error)
		error = grow_used(tcam, rule);
	if (error) {
		tuples_store_drop(tcam, *number);
		return error;
	}
	if (tcam->flags & TCAM_SHARED)
		stamp_record(tcam, *number, 0);
	tuples_group_enter(tcam, *number);
	return 0;
}

/* Not in the table any more, for views that come. */
static void leave(struct tcam *tcam, uint32_t number)
{
	struct tuples_cold *cold = &tcam->colds[number];

	cold->flags |= TUPLES_DEAD;
	if (tcam->flags & TCAM_SHARED)
		stamp_record(tcam, number, 32);
	tuples_group_die(tcam, number);
	if (tcam->flags & TCAM_SHARED)
		return;
	if (cold->flags & TUPLES_LINKED)
		tuples_list_unlink(tcam, number);
	if (cold->group)
		tuples_group_leave(tcam, number);
	tuples_store_drop(tcam, number);
}

static int tuples_insert(struct tcam *tcam, struct tcam_entry *entry, const struct tcam_rule *rule)
{
	uint32_t number;
	int error = enter(tcam, rule, tcam->arrivals, entry, &number);

	if (error)
		return error;
	entry->priority = rule->priority;
	entry->arrival = tcam->arrivals++;
	entry->location = number;
	tcam->count++;
	changed(tcam);
	tuples_build_when_due(tcam);
	return 0;
}

static int tuples_remove(struct tcam *tcam, struct tcam_entry *entry)
{
	uint32_t number = tuples_store_find(tcam, entry);

	if (!number)
		return -ENOENT;
	leave(tcam, number);
	entry->location = 0;
	tcam->count--;
	changed(tcam);
	tuples_build_when_due(tcam);
	return 0;
}

static int tuples_update(struct tcam *tcam, struct tcam_entry *entry, const struct tcam_rule *to)
{
	uint32_t old = tuples_store_find(tcam, entry), number;
	int error;

	if (!old)
		return -ENOENT;
	error = enter(tcam, to, entry->arrival, entry, &number);
	if (error)
		return error;
	leave(tcam, old);
	entry->location = number;
	entry->priority = to->priority;
	changed(tcam);
	tuples_build_when_due(tcam);
	return 0;
}

static struct tcam_rule tuples_rule(const struct tcam *tcam, const struct tcam_entry *entry)
{
	return tuples_store_rule(tcam, (uint32_t)entry->location);
}

/* --- looking --- */

static void tuples_view(const struct tcam *tcam, struct tcam_view *view)
{
	const struct tuples_state *state = __atomic_load_n(&tcam->state, __ATOMIC_ACQUIRE);
	const struct tuples_used *used;

	/* First the version: what is used grows before a version that needs it. */
	view->version = __atomic_load_n(&state->version, __ATOMIC_ACQUIRE);
	used = __atomic_load_n(&state->used, __ATOMIC_ACQUIRE);
	view->used = &used->bits;
	view->chunks = used->chunks;
	view->state = state;
}

static void tuples_lookup(const struct tcam *tcam, const struct tcam_view *view,
			  const struct flow_batch *batch, struct tcam_entry **results, size_t count)
{
	/* Without TCAM_SHARED a view may be older than the tables, which then are gone. */
	const struct tuples_state *state = tcam->flags & TCAM_SHARED ? view->state : tcam->state;

	tcam->kind->lookup(tcam, state, (uint32_t)view->version, batch, results, count);
}

static size_t tuples_count(const struct tcam *tcam)
{
	return tcam->count;
}

static size_t longest_list(const struct tcam *tcam, uint32_t table)
{
	const struct tuples_state *state = tcam->state;
	size_t longest = 0;

	for (size_t slot = 0; slot <= state->table[table].slot_mask; slot++) {
		uint32_t at = state->table[table].slots[slot] & TUPLES_NUMBER;
		size_t length = 0;

		for (; at; at = tuples_record(tcam, at)->next[state->which])
			length++;
		longest = length > longest ? length : longest;
	}
	return longest;
}

static void tuples_measure(const struct tcam *tcam, struct tcam_measure *measure)
{
	*measure = (struct tcam_measure){
		.entries = tcam->count,
		.tables = tcam->state->num_tables,
		.bytes = sizeof(*tcam) + sizeof(*tcam->state) + tcam->state->block_bytes +
			 tcam->record_arena.used + tcam->entry_arena.used + tcam->mask_arena.used +
			 tcam->cold_arena.used + tcam->queue_arena.used +
			 tcam->whole_mask_arena.used + tuples_names_bytes(&tcam->mask_names) +
			 tuples_names_bytes(&tcam->groups) +
			 (tcam->group_index.capacity + tcam->list_index.capacity) *
				 sizeof(struct tuples_index_node),
	};
	for (uint32_t t = 0; t < tcam->state->num_tables; t++)
		measure->longest += longest_list(tcam, t);
}

/* Only the kind of code that looks up differs, and that is chosen when a table is made. */
#define TUPLES_OPS(NAME, CREATE)                                                                \
	{                                                                                       \
		.name = NAME, .create = CREATE, .destroy = tuples_destroy,                      \
		.insert = tuples_insert, .remove = tuples_remove, .update = tuples_update,      \
		.rule = tuples_rule, .commit = tuples_commit, .settle = tuples_settle,          \
		.optimize = tuples_build_for_use, .view = tuples_view, .lookup = tuples_lookup, \
		.count = tuples_count, .measure = tuples_measure,                               \
	}

const struct tcam_ops tcam_tuples = TUPLES_OPS("tuples", tuples_create);
const struct tcam_ops tcam_tuples_portable = TUPLES_OPS("tuples-portable", tuples_create_portable);
