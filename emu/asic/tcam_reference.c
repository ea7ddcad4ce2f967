/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slow, obvious table: every faster one must give the same answers. */
#include <nicemu/asic/tcam.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tcam {
	struct tcam_entry **entries; /* in (priority, arrival) order */
	size_t count, capacity;
	uint64_t arrivals;
};

static struct tcam *reference_create(void)
{
	return calloc(1, sizeof(struct tcam));
}

static void reference_destroy(struct tcam *tcam)
{
	if (tcam)
		free(tcam->entries);
	free(tcam);
}

static bool before(const struct tcam_entry *a, const struct tcam_entry *b)
{
	return a->priority != b->priority ? a->priority < b->priority : a->arrival < b->arrival;
}

/* Where entry is, or would have to be: how many entries come before it. */
static size_t position(const struct tcam *tcam, const struct tcam_entry *entry)
{
	size_t low = 0, high = tcam->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (before(tcam->entries[middle], entry))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool holds(const struct tcam *tcam, size_t at, const struct tcam_entry *entry)
{
	return at < tcam->count && tcam->entries[at] == entry;
}

static void put(struct tcam *tcam, struct tcam_entry *entry)
{
	size_t at = position(tcam, entry);

	memmove(&tcam->entries[at + 1], &tcam->entries[at],
		(tcam->count - at) * sizeof(tcam->entries[0]));
	tcam->entries[at] = entry;
	tcam->count++;
}

static void take(struct tcam *tcam, size_t at)
{
	tcam->count--;
	memmove(&tcam->entries[at], &tcam->entries[at + 1],
		(tcam->count - at) * sizeof(tcam->entries[0]));
}

static int reference_insert(struct tcam *tcam, struct tcam_entry *entry)
{
	if (tcam->count == tcam->capacity) {
		size_t capacity = tcam->capacity ? 2 * tcam->capacity : 64;
		struct tcam_entry **entries =
			reallocarray(tcam->entries, capacity, sizeof(entries[0]));

		if (!entries)
			return -ENOMEM;
		tcam->entries = entries;
		tcam->capacity = capacity;
	}
	entry->arrival = tcam->arrivals++;
	put(tcam, entry);
	return 0;
}

static int reference_remove(struct tcam *tcam, struct tcam_entry *entry)
{
	size_t at = position(tcam, entry);

	if (!holds(tcam, at, entry))
		return -ENOENT;
	take(tcam, at);
	return 0;
}

static int reference_update(struct tcam *tcam, struct tcam_entry *entry,
			    const struct tcam_entry *to)
{
	size_t at = position(tcam, entry);

	if (!holds(tcam, at, entry))
		return -ENOENT;
	take(tcam, at);
	entry->value = to->value;
	entry->mask = to->mask;
	entry->priority = to->priority;
	put(tcam, entry);
	return 0;
}

static bool matches(const struct tcam_entry *entry, const struct flow_key *key)
{
	for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
		if ((key->word[w] ^ entry->value.word[w]) & entry->mask.word[w])
			return false;
	return true;
}

static struct tcam_entry *first_match(const struct tcam *tcam, const struct flow_key *key)
{
	for (size_t i = 0; i < tcam->count; i++)
		if (matches(tcam->entries[i], key))
			return tcam->entries[i];
	return NULL;
}

static void reference_lookup(const struct tcam *tcam, const struct flow_key *keys,
			     struct tcam_entry **results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		results[i] = first_match(tcam, &keys[i]);
}

static size_t reference_count(const struct tcam *tcam)
{
	return tcam->count;
}

const struct tcam_ops tcam_reference = {
	.name = "reference",
	.create = reference_create,
	.destroy = reference_destroy,
	.insert = reference_insert,
	.remove = reference_remove,
	.update = reference_update,
	.lookup = reference_lookup,
	.count = reference_count,
};
