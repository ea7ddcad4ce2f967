/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static void add(struct offload_stats *to, const struct offload_stats *stats)
{
	to->packets += stats->packets;
	to->bytes += stats->bytes;
	if (stats->last_used_ns > to->last_used_ns)
		to->last_used_ns = stats->last_used_ns;
}

static struct count *count_at(const struct asic_worker *worker, const struct entry *entry)
{
	return &worker->counts[entry_segment(entry)][entry->index % ENTRY_SEGMENT];
}

struct offload_stats entry_totals(const struct asic *asic, const struct entry *entry)
{
	struct offload_stats totals = entry->totals;
	const struct asic_worker *worker;

	DL_FOREACH (asic->workers, worker)
		if (worker->counts)
			add(&totals, &count_at(worker, entry)->stats);
	return totals;
}

void entry_retire(struct asic *asic, const struct entry *entry)
{
	struct offload_stats totals = entry_totals(asic, entry);
	struct asic_worker *worker;

	asic->retired.packets += totals.packets;
	asic->retired.bytes += totals.bytes;
	/* The next entry with this index starts from nothing. */
	DL_FOREACH (asic->workers, worker)
		if (worker->counts)
			*count_at(worker, entry) = (struct count){0};
}

static int grow(struct asic_worker *worker, size_t room)
{
	struct count **counts;

	if (worker->room >= room)
		return 0;
	counts = reallocarray(worker->counts, room, sizeof(counts[0]));
	if (!counts)
		return -ENOMEM;
	memset(&counts[worker->room], 0, (room - worker->room) * sizeof(counts[0]));
	worker->counts = counts;
	worker->room = room;
	return 0;
}

static int add_segment(struct asic_worker *worker, size_t segment)
{
	struct count *count;

	if (worker->counts[segment])
		return 0;
	count = aligned_alloc(64, ENTRY_SEGMENT * sizeof(*count));
	if (!count)
		return -ENOMEM;
	memset(count, 0, ENTRY_SEGMENT * sizeof(*count));
	worker->counts[segment] = count;
	return 0;
}

int counts_add_segment(struct asic *asic, size_t segment)
{
	struct asic_worker *worker;

	DL_FOREACH (asic->workers, worker)
		if (worker->counts &&
		    (grow(worker, asic->pool.room) || add_segment(worker, segment)))
			return -ENOMEM;
	return 0;
}

void counts_drop_segment(struct asic *asic, size_t segment)
{
	struct asic_worker *worker;

	DL_FOREACH (asic->workers, worker) {
		if (!worker->counts || segment >= worker->room)
			continue;
		free(worker->counts[segment]);
		worker->counts[segment] = NULL;
	}
}

static void free_counts(struct asic_worker *worker)
{
	for (size_t i = 0; worker->counts && i < worker->room; i++)
		free(worker->counts[i]);
	free(worker->counts);
	worker->counts = NULL;
	worker->room = 0;
}

/* From now on it counts in memory of its own. */
static int make_counts(struct asic *asic, struct asic_worker *worker)
{
	if (worker->counts)
		return 0;
	if (grow(worker, asic->pool.room ? asic->pool.room : 1))
		return -ENOMEM;
	for (size_t i = 0; i < asic->pool.room; i++)
		if (asic->pool.segments[i] && add_segment(worker, i)) {
			free_counts(worker);
			return -ENOMEM;
		}
	return 0;
}

int counts_add_worker(struct asic *asic, struct asic_worker *worker)
{
	struct asic_worker *first = asic->workers;
	bool alone = first && !first->next;

	if (first && make_counts(asic, worker))
		return -ENOMEM;
	if (alone && make_counts(asic, first)) {
		free_counts(worker);
		return -ENOMEM;
	}
	DL_APPEND(asic->workers, worker);
	return 0;
}

/* What it counted is the entries' own. */
static void fold(struct asic *asic, struct asic_worker *worker)
{
	struct block *block, *next;
	struct entry *entry, *after;

	if (!worker->counts)
		return;
	HASH_ITER (hh, asic->blocks, block, next)
		HASH_ITER (hh, block->entries, entry, after)
			add(&entry->totals, &count_at(worker, entry)->stats);
	free_counts(worker);
}

void counts_remove_worker(struct asic *asic, struct asic_worker *worker)
{
	fold(asic, worker);
	asic->unmatched.packets += worker->nobody.totals.packets;
	asic->unmatched.bytes += worker->nobody.totals.bytes;
	DL_DELETE(asic->workers, worker);
	if (asic->workers && !asic->workers->next)
		fold(asic, asic->workers);
}

size_t counts_bytes(const struct asic *asic)
{
	const struct asic_worker *worker;
	size_t bytes = 0;

	DL_FOREACH (asic->workers, worker)
		if (worker->counts)
			bytes += worker->room * sizeof(worker->counts[0]) +
				 asic->pool.count * ENTRY_SEGMENT * sizeof(struct count);
	return bytes;
}

struct asic_counters asic_retired(const struct asic *asic)
{
	return asic->retired;
}

struct asic_counters asic_unmatched(const struct asic *asic)
{
	struct asic_counters sum = asic->unmatched;
	const struct asic_worker *worker;

	DL_FOREACH (asic->workers, worker) {
		sum.packets += worker->nobody.totals.packets;
		sum.bytes += worker->nobody.totals.bytes;
	}
	return sum;
}
