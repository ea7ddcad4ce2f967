/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For measurements: a second ASIC with the same entries, the entries and their numbers, memory. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

static int by_arrival(const void *a, const void *b)
{
	const struct tcam_entry *x = &(*(struct entry *const *)a)->tcam;
	const struct tcam_entry *y = &(*(struct entry *const *)b)->tcam;

	return (x->arrival > y->arrival) - (x->arrival < y->arrival);
}

static int by_order(const void *a, const void *b)
{
	const struct tcam_entry *x = &(*(struct entry *const *)a)->tcam;
	const struct tcam_entry *y = &(*(struct entry *const *)b)->tcam;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return by_arrival(a, b);
}

static size_t count_entries(const struct asic *asic)
{
	size_t count = 0;

	for (const struct block *block = asic->blocks; block; block = block->hh.next)
		count += HASH_COUNT(block->entries);
	return count;
}

/* All entries in that order; NULL when memory is out. The caller frees the array. */
static struct entry **sorted(const struct asic *asic, int (*compare)(const void *a, const void *b),
			     size_t *count)
{
	struct entry **all = calloc(count_entries(asic) + 1, sizeof(all[0]));

	*count = 0;
	if (!all)
		return NULL;
	for (const struct block *block = asic->blocks; block; block = block->hh.next)
		for (struct entry *e = block->entries; e; e = e->hh.next)
			all[(*count)++] = e;
	qsort(all, *count, sizeof(all[0]), compare);
	return all;
}

/* Their rules wait in copy->copied for the table. */
static int copy_block(struct asic *copy, const struct asic *asic, const struct block *from,
		      size_t *count)
{
	struct block *block = asic_add_block(copy, &from->binding);

	if (!block)
		return -ENOMEM;
	for (const struct entry *e = from->entries; e; e = e->hh.next) {
		struct entry *entry = asic_add_entry(copy, block, &e->decision);

		if (!entry)
			return -ENOMEM;
		entry->tcam.priority = e->tcam.priority;
		entry->tcam.arrival = e->tcam.arrival;
		entry->number = (uint32_t)*count;
		copy->copied[(*count)++] = asic->ops->rule(asic->tcam, &e->tcam);
	}
	return 0;
}

static int copy_blocks(struct asic *copy, const struct asic *asic)
{
	size_t count = 0;
	int error = 0;

	copy->copied = calloc(count_entries(asic) + 1, sizeof(copy->copied[0]));
	if (!copy->copied)
		return -ENOMEM;
	for (const struct block *b = asic->blocks; !error && b; b = b->hh.next)
		error = copy_block(copy, asic, b, &count);
	return error;
}

struct asic *asic_copy(const struct asic *asic, const struct tcam_ops *engine)
{
	struct asic *copy = asic_create(asic->nic, engine ? engine : asic->ops);

	if (copy && copy_blocks(copy, asic)) {
		asic_destroy(copy);
		return NULL;
	}
	return copy;
}

struct asic_building {
	struct asic *copy;
	struct entry **all;
	size_t count, next;
};

struct asic_building *asic_build_begin(struct asic *copy)
{
	struct asic_building *building = calloc(1, sizeof(*building));

	if (!building)
		return NULL;
	building->copy = copy;
	building->all = sorted(copy, by_arrival, &building->count);
	if (building->all)
		return building;
	free(building);
	return NULL;
}

int asic_build_some(struct asic_building *building, size_t entries)
{
	struct asic *copy = building->copy;
	int error = 0;

	for (; !error && entries && building->next < building->count; entries--) {
		struct entry *entry = building->all[building->next++];

		error = copy->ops->insert(copy->tcam, &entry->tcam, &copy->copied[entry->number]);
	}
	if (!error && building->next < building->count)
		return 1;
	if (!error)
		copy->ops->commit(copy->tcam);
	asic_prepare(copy);
	return error;
}

void asic_build_end(struct asic_building *building)
{
	if (!building)
		return;
	free(building->copy->copied);
	building->copy->copied = NULL;
	free(building->all);
	free(building);
}

int asic_build(struct asic *copy)
{
	struct asic_building *building = asic_build_begin(copy);
	int error = building ? asic_build_some(building, SIZE_MAX) : -ENOMEM;

	asic_build_end(building);
	return error;
}

/* Without memory: how many come before it. */
static size_t count_before(const struct asic *asic, const struct entry *entry)
{
	size_t count = 0;

	for (const struct block *block = asic->blocks; block; block = block->hh.next)
		for (const struct entry *e = block->entries; e; e = e->hh.next)
			count += by_order(&e, &entry) < 0;
	return count;
}

/* Who asks for one number asks for many: all get theirs at once. */
static bool number_entries(struct asic *asic, uint64_t version)
{
	size_t count;
	struct entry **all = sorted(asic, by_order, &count);

	for (size_t i = 0; all && i < count; i++)
		all[i]->number = (uint32_t)i + 1;
	if (all)
		asic->numbered = version;
	free(all);
	return all != NULL;
}

struct entry **asic_in_order(const struct asic *asic, size_t *count)
{
	return sorted(asic, by_order, count);
}

size_t asic_entry_number(const struct asic *asic, const struct asic_decision *decision)
{
	struct tcam_view view;

	if (!decision->matched)
		return 0;
	asic->ops->view(asic->tcam, &view);
	/* The numbers are only remembered: nobody sees the ASIC change. */
	if (asic->numbered != view.version && !number_entries((struct asic *)asic, view.version))
		return count_before(asic, entry_of_decision(decision)) + 1;
	return entry_of_decision(decision)->number;
}

struct tcam_measure asic_measure(const struct asic *asic)
{
	struct tcam_measure measure;

	asic->ops->measure(asic->tcam, &measure);
	return measure;
}

struct asic_memory asic_memory(const struct asic *asic)
{
	struct tcam_measure measure;
	struct asic_memory memory = {0};

	asic->ops->measure(asic->tcam, &measure);
	memory.tcam_bytes = measure.bytes;
	memory.entry_bytes = entry_pool_bytes(&asic->pool) + counts_bytes(asic);
	for (const struct block *block = asic->blocks; block; block = block->hh.next)
		if (block->entries) /* the handles are in the entries */
			memory.entry_bytes +=
				sizeof(UT_hash_table) +
				block->entries->hh.tbl->num_buckets * sizeof(UT_hash_bucket);
	return memory;
}
