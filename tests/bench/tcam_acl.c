/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acl.h"
#include "commands.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tcam {
	struct tcam_entry **entries; /* in the order of arrival; one priority only */
	struct rule *rules;
	size_t count, room;
	struct rte_acl_ctx *context; /* NULL: not built since the last commit */
	uint64_t version, arrival;
	struct flow_key used;
	size_t bytes;
};

static struct tcam *acl_table_create(unsigned int flags)
{
	struct tcam *tcam = flags & TCAM_SHARED ? NULL : calloc(1, sizeof(*tcam));

	if (tcam)
		tcam->version = 1;
	return tcam;
}

static void forget_context(struct tcam *tcam)
{
	rte_acl_free(tcam->context);
	tcam->context = NULL;
}

static void acl_table_destroy(struct tcam *tcam)
{
	if (!tcam)
		return;
	forget_context(tcam);
	free(tcam->entries);
	free(tcam->rules);
	free(tcam);
}

static int grow(struct tcam *tcam)
{
	size_t room = tcam->room ? 2 * tcam->room : 1024;
	struct tcam_entry **entries = realloc(tcam->entries, room * sizeof(*entries));
	struct rule *rules;

	if (!entries)
		return -ENOMEM;
	tcam->entries = entries;
	rules = realloc(tcam->rules, room * sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	tcam->rules = rules;
	tcam->room = room;
	return 0;
}

static int acl_table_insert(struct tcam *tcam, struct tcam_entry *entry,
			    const struct tcam_rule *asked)
{
	struct rule rule;

	if (!tcam_rule_back(asked, &rule))
		return -ENOSPC;
	if (tcam->count && asked->priority != tcam->entries[0]->priority)
		return -ENOSPC;
	if (tcam->count == tcam->room && grow(tcam))
		return -ENOMEM;
	entry->priority = asked->priority;
	entry->arrival = ++tcam->arrival;
	tcam->rules[tcam->count] = rule;
	tcam->entries[tcam->count++] = entry;
	for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
		tcam->used.word[w] |= asked->mask.word[w];
	return 0;
}

static int acl_table_remove(struct tcam *tcam, struct tcam_entry *entry)
{
	for (size_t i = 0; i < tcam->count; i++) {
		if (tcam->entries[i] != entry)
			continue;
		tcam->count--;
		memmove(&tcam->entries[i], &tcam->entries[i + 1],
			(tcam->count - i) * sizeof(*tcam->entries));
		memmove(&tcam->rules[i], &tcam->rules[i + 1],
			(tcam->count - i) * sizeof(*tcam->rules));
		return 0;
	}
	return -ENOENT;
}

static int acl_table_update(struct tcam *tcam, struct tcam_entry *entry, const struct tcam_rule *to)
{
	return -ENOSPC; /* not needed here */
}

static struct tcam_rule acl_table_rule(const struct tcam *tcam, const struct tcam_entry *entry)
{
	struct tcam_rule rule = {0};

	for (size_t i = 0; i < tcam->count; i++)
		if (tcam->entries[i] == entry)
			rule_tcam(&tcam->rules[i], FORM_MASKED, entry->priority, &rule);
	return rule;
}

static void acl_table_commit(struct tcam *tcam)
{
	forget_context(tcam);
	tcam->version++;
}

static void acl_table_settle(struct tcam *tcam)
{
}

static void acl_table_optimize(struct tcam *tcam)
{
}

static void acl_table_view(const struct tcam *tcam, struct tcam_view *view)
{
	/* What is built late is not part of what the table says. */
	struct tcam *changed = (struct tcam *)(uintptr_t)tcam;

	if (!tcam->context && tcam->count) {
		size_t before = acl_memory();

		changed->context = acl_build(tcam->rules, tcam->count, false, FORM_MASKED);
		changed->bytes = acl_memory() - before;
	}
	*view = (struct tcam_view){.version = tcam->version,
				   .used = &tcam->used,
				   .chunks = flow_key_chunks(&tcam->used) | 1};
}

static void key_of_chunk(const struct flow_chunk *chunk, struct acl_key4 *key)
{
	*key = (struct acl_key4){.protocol = (uint8_t)(chunk->word[1] >> 40),
				 .source = htonl((uint32_t)(chunk->word[2] >> 32)),
				 .destination = htonl((uint32_t)chunk->word[2]),
				 .source_port = htons((uint16_t)(chunk->word[3] >> 48)),
				 .destination_port = htons((uint16_t)(chunk->word[3] >> 32))};
}

static void acl_table_lookup(const struct tcam *tcam, const struct tcam_view *view,
			     const struct flow_batch *batch, struct tcam_entry **results,
			     size_t count)
{
	struct acl_key4 keys[FLOW_BATCH];
	const uint8_t *data[FLOW_BATCH];
	uint32_t numbers[FLOW_BATCH] = {0};

	for (size_t i = 0; i < count; i++) {
		key_of_chunk(&batch->chunk[0][i], &keys[i]);
		data[i] = (const uint8_t *)&keys[i];
	}
	if (tcam->context && count)
		rte_acl_classify_alg(tcam->context, data, numbers, (uint32_t)count, 1,
				     acl_usual_algorithm());
	for (size_t i = 0; i < count; i++)
		results[i] = numbers[i] ? tcam->entries[numbers[i] - 1] : NULL;
}

static size_t acl_table_count(const struct tcam *tcam)
{
	return tcam->count;
}

static void acl_table_measure(const struct tcam *tcam, struct tcam_measure *measure)
{
	*measure = (struct tcam_measure){.entries = tcam->count, .tables = 1, .bytes = tcam->bytes};
}

const struct tcam_ops tcam_acl = {.name = "rte_acl",
				  .create = acl_table_create,
				  .destroy = acl_table_destroy,
				  .insert = acl_table_insert,
				  .remove = acl_table_remove,
				  .update = acl_table_update,
				  .rule = acl_table_rule,
				  .commit = acl_table_commit,
				  .settle = acl_table_settle,
				  .optimize = acl_table_optimize,
				  .view = acl_table_view,
				  .lookup = acl_table_lookup,
				  .count = acl_table_count,
				  .measure = acl_table_measure};
