/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slow, obvious table: every faster one must give the same answers. */
#include <nicemu/asic/tcam.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The entry is the caller's, its rule is kept here. */
struct kept {
	struct tcam_entry *entry;
	struct tcam_rule rule;
};

struct tcam {
	struct kept **kept; /* in (priority, arrival) order of the entries */
	size_t count, capacity;
	uint64_t arrivals, version;
	struct flow_key used; /* grows only */
};

/* TCAM_SHARED is not for this one: a reader and a change would need a lock. */
static struct tcam *reference_create(unsigned int flags)
{
	return flags & TCAM_SHARED ? NULL : calloc(1, sizeof(struct tcam));
}

static void reference_destroy(struct tcam *tcam)
{
	if (!tcam)
		return;
	for (size_t i = 0; i < tcam->count; i++)
		free(tcam->kept[i]);
	free(tcam->kept);
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

		if (before(tcam->kept[middle]->entry, entry))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool holds(const struct tcam *tcam, size_t at, const struct tcam_entry *entry)
{
	return at < tcam->count && tcam->kept[at]->entry == entry;
}

/* Where the order of its entry says; the room is there. */
static void put(struct tcam *tcam, struct kept *kept)
{
	struct flow_key bits = tcam_rule_bits(&kept->rule);
	size_t at = position(tcam, kept->entry);

	memmove(&tcam->kept[at + 1], &tcam->kept[at], (tcam->count - at) * sizeof(tcam->kept[0]));
	tcam->kept[at] = kept;
	tcam->count++;
	tcam->version++;
	for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
		tcam->used.word[w] |= bits.word[w];
}

static struct kept *take(struct tcam *tcam, size_t at)
{
	struct kept *kept = tcam->kept[at];

	tcam->count--;
	tcam->version++;
	memmove(&tcam->kept[at], &tcam->kept[at + 1], (tcam->count - at) * sizeof(tcam->kept[0]));
	return kept;
}

static int grow(struct tcam *tcam)
{
	size_t capacity = tcam->capacity ? 2 * tcam->capacity : 64;
	struct kept **kept = reallocarray(tcam->kept, capacity, sizeof(kept[0]));

	if (!kept)
		return -ENOMEM;
	tcam->kept = kept;
	tcam->capacity = capacity;
	return 0;
}

static int reference_insert(struct tcam *tcam, struct tcam_entry *entry,
			    const struct tcam_rule *rule)
{
	struct kept *kept;

	if (tcam->count == tcam->capacity && grow(tcam))
		return -ENOMEM;
	kept = malloc(sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = (struct kept){.entry = entry, .rule = tcam_rule_plain(rule)};
	entry->priority = rule->priority;
	entry->arrival = tcam->arrivals++;
	put(tcam, kept);
	return 0;
}

static int reference_remove(struct tcam *tcam, struct tcam_entry *entry)
{
	size_t at = position(tcam, entry);

	if (!holds(tcam, at, entry))
		return -ENOENT;
	free(take(tcam, at));
	return 0;
}

static int reference_update(struct tcam *tcam, struct tcam_entry *entry, const struct tcam_rule *to)
{
	size_t at = position(tcam, entry);
	struct kept *kept;

	if (!holds(tcam, at, entry))
		return -ENOENT;
	kept = take(tcam, at);
	kept->rule = tcam_rule_plain(to);
	entry->priority = to->priority;
	put(tcam, kept);
	return 0;
}

static struct tcam_rule reference_rule(const struct tcam *tcam, const struct tcam_entry *entry)
{
	return tcam->kept[position(tcam, entry)]->rule;
}

static struct tcam_entry *first_match(const struct tcam *tcam, const struct flow_key *key)
{
	for (size_t i = 0; i < tcam->count; i++)
		if (tcam_rule_matches(&tcam->kept[i]->rule, key))
			return tcam->kept[i]->entry;
	return NULL;
}

static void reference_commit(struct tcam *tcam)
{
}

static void reference_settle(struct tcam *tcam)
{
}

static void reference_optimize(struct tcam *tcam)
{
}

static void reference_view(const struct tcam *tcam, struct tcam_view *view)
{
	*view = (struct tcam_view){
		.version = tcam->version + 1,
		.used = &tcam->used,
		.chunks = flow_key_chunks(&tcam->used) | 1,
	};
}

static void reference_lookup(const struct tcam *tcam, const struct tcam_view *view,
			     const struct flow_batch *batch, struct tcam_entry **results,
			     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct flow_key key;

		flow_batch_get(batch, i, &key, view->chunks);
		results[i] = first_match(tcam, &key);
	}
}

static size_t reference_count(const struct tcam *tcam)
{
	return tcam->count;
}

static void reference_measure(const struct tcam *tcam, struct tcam_measure *measure)
{
	*measure = (struct tcam_measure){
		.entries = tcam->count,
		.tables = 1,
		.longest = tcam->count,
		.bytes = sizeof(*tcam) + tcam->capacity * sizeof(tcam->kept[0]) +
			 tcam->count * sizeof(*tcam->kept[0]),
	};
}

const struct tcam_ops tcam_reference = {
	.name = "reference",
	.create = reference_create,
	.destroy = reference_destroy,
	.insert = reference_insert,
	.remove = reference_remove,
	.update = reference_update,
	.rule = reference_rule,
	.commit = reference_commit,
	.settle = reference_settle,
	.optimize = reference_optimize,
	.view = reference_view,
	.lookup = reference_lookup,
	.count = reference_count,
	.measure = reference_measure,
};
