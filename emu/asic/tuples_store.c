/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records: making, finding, giving back. */
#include "tcam_tuples.h"

#include <errno.h>
#include <string.h>

uint32_t tuples_hash_words(const uint64_t *words, size_t count, uint32_t seed)
{
	uint64_t hash = seed;

	for (size_t w = 0; w < count; w++) {
		hash = (hash ^ words[w]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return (uint32_t)(hash * UINT64_C(0xd6e8feb86659fd93) >> 32);
}

/* --- masks --- */

static uint32_t find_mask(const struct tcam *tcam, const struct flow_key *mask, uint32_t hash)
{
	uint32_t number = tuples_name_first(&tcam->mask_names, hash);

	while (number && memcmp(&tcam->whole_masks[number], mask, sizeof(*mask)))
		number = tuples_name_next(&tcam->mask_names, number);
	return number;
}

static int add_mask(struct tcam *tcam, const struct flow_key *mask, uint32_t hash, uint32_t *number)
{
	size_t top = tcam->mask_names.top + 1;
	int error = tuples_names_reserve(&tcam->mask_names);

	if (!error)
		error = tuples_arena_reach(&tcam->mask_arena, top * sizeof(tcam->masks[0]));
	if (!error)
		error = tuples_arena_reach(&tcam->whole_mask_arena,
					   top * sizeof(tcam->whole_masks[0]));
	if (error)
		return error;
	*number = tuples_name_add(&tcam->mask_names, hash);
	tcam->whole_masks[*number] = *mask;
	memcpy(tcam->mask_arena.base + *number * sizeof(tcam->masks[0]), mask->word,
	       sizeof(tcam->masks[0]));
	return 0;
}

static int use_mask(struct tcam *tcam, const struct flow_key *mask, uint32_t *number)
{
	uint32_t hash = tuples_hash_words(mask->word, FLOW_KEY_WORDS, 1);
	int error;

	*number = find_mask(tcam, mask, hash);
	if (!*number) {
		error = add_mask(tcam, mask, hash, number);
		if (error)
			return error;
	}
	tuples_name(&tcam->mask_names, *number)->uses++;
	return 0;
}

static void unuse_mask(struct tcam *tcam, uint32_t number)
{
	if (!--tuples_name(&tcam->mask_names, number)->uses)
		tuples_name_drop(&tcam->mask_names, number);
}

/* --- lines --- */

/* The next one that is taken. */
static void fetch_free(const struct tcam *tcam, uint32_t number)
{
	__builtin_prefetch(tuples_record(tcam, number), 1);
	__builtin_prefetch(&tcam->entries[number], 1);
	__builtin_prefetch(&tcam->colds[number], 1);
}

static int take_lines(struct tcam *tcam, unsigned int lines, uint32_t *number)
{
	size_t top = tcam->top_line + lines;
	int error;

	*number = tcam->free_lines[lines];
	if (*number) {
		tcam->free_lines[lines] = tuples_record(tcam, *number)->next[0];
		fetch_free(tcam, tcam->free_lines[lines]);
		return 0;
	}
	error = tuples_arena_reach(&tcam->record_arena, top * sizeof(tcam->records[0]));
	if (!error)
		error = tuples_arena_reach(&tcam->entry_arena, top * sizeof(tcam->entries[0]));
	if (!error)
		error = tuples_arena_reach(&tcam->cold_arena, top * sizeof(tcam->colds[0]));
	if (!error)
		error = tuples_arena_reach(&tcam->queue_arena, top * sizeof(tcam->queue[0]));
	if (error)
		return error;
	*number = tcam->top_line;
	tcam->top_line += lines;
	return 0;
}

/* The ranges and the further chunks, in the lines behind the first. */
static void write_more(struct tcam *tcam, uint32_t number, const struct tcam_rule *rule)
{
	const struct tuples_record *record = tuples_record(tcam, number);
	struct tuples_more *more = tuples_more(tcam, number);

	if (record->mask & TUPLES_RANGED) {
		memset(more, 0, sizeof(*more));
		(more++)->ranges = rule->ranges;
	}
	for (unsigned int c = 1; c < FLOW_CHUNKS; c++) {
		if (!(tuples_further(record) >> c & 1))
			continue;
		for (unsigned int w = 0; w < FLOW_CHUNK_WORDS; w++) {
			more->mask[w] = rule->mask.word[c * FLOW_CHUNK_WORDS + w];
			more->value[w] = rule->value.word[c * FLOW_CHUNK_WORDS + w] & more->mask[w];
		}
		more++;
	}
}

int tuples_store_add(struct tcam *tcam, const struct tcam_rule *rule, uint64_t arrival,
		     struct tcam_entry *entry, uint32_t *number)
{
	uint32_t shape = (uint32_t)(flow_key_chunks(&rule->mask) & 14) << (TUPLES_NUMBER_BITS - 1);
	struct tuples_record record = {0};
	uint32_t mask;
	int error;

	if (tcam_rule_bounds_ports(rule))
		shape |= TUPLES_RANGED;
	error = use_mask(tcam, &rule->mask, &mask);
	if (error)
		return error;
	record.mask = mask | shape;
	error = take_lines(tcam, 1 + tuples_more_lines(&record), number);
	if (error) {
		unuse_mask(tcam, mask);
		return error;
	}
	for (unsigned int w = 0; w < FLOW_CHUNK_WORDS; w++)
		record.value[w] = rule->value.word[w] & rule->mask.word[w];
	record.order_high = (uint64_t)rule->priority << 32 | arrival >> 32;
	record.order_low = arrival << 32 | *number;
	record.aside = tuples_more_lines(&record) ? TUPLES_MORE : 0;
	*tuples_record(tcam, *number) = record;
	write_more(tcam, *number, rule);
	tcam->entries[*number] = entry;
	tcam->colds[*number] = (struct tuples_cold){.flags = TUPLES_TAKEN};
	return 0;
}

void tuples_store_drop(struct tcam *tcam, uint32_t number)
{
	struct tuples_record *record = tuples_record(tcam, number);
	unsigned int lines = 1 + tuples_more_lines(record);

	unuse_mask(tcam, record->mask & TUPLES_NUMBER);
	tcam->entries[number] = NULL;
	tcam->colds[number].flags = 0;
	record->next[0] = tcam->free_lines[lines];
	tcam->free_lines[lines] = number;
}

uint32_t tuples_store_find(const struct tcam *tcam, const struct tcam_entry *entry)
{
	uint64_t number = entry->location;

	if (!number || number >= tcam->top_line || tcam->entries[number] != entry)
		return 0;
	if ((tcam->colds[number].flags & (TUPLES_TAKEN | TUPLES_DEAD)) != TUPLES_TAKEN)
		return 0;
	return (uint32_t)number;
}

struct flow_key tuples_store_value(const struct tcam *tcam, uint32_t number)
{
	const struct tuples_record *record = tuples_record(tcam, number);
	const struct tuples_more *more = tuples_more(tcam, number);
	struct flow_key value = {0};

	memcpy(value.word, record->value, sizeof(record->value));
	more += !!(record->mask & TUPLES_RANGED);
	for (unsigned int c = 1; c < FLOW_CHUNKS; c++)
		if (tuples_further(record) >> c & 1)
			memcpy(&value.word[c * FLOW_CHUNK_WORDS], (more++)->value,
			       sizeof(more->value));
	return value;
}

struct tcam_rule tuples_store_rule(const struct tcam *tcam, uint32_t number)
{
	const struct tuples_record *record = tuples_record(tcam, number);
	struct tcam_rule rule = {
		.value = tuples_store_value(tcam, number),
		.mask = tcam->whole_masks[record->mask & TUPLES_NUMBER],
		.has_ranges = record->mask & TUPLES_RANGED,
		.priority = (uint32_t)(record->order_high >> 32),
	};

	if (rule.has_ranges)
		rule.ranges = tuples_more(tcam, number)->ranges;
	return rule;
}

uint32_t tuples_store_from(const struct tcam *tcam, uint32_t line)
{
	while (line < tcam->top_line && !(tcam->colds[line].flags & TUPLES_TAKEN))
		line++;
	return line < tcam->top_line ? line : 0;
}
