/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts that say the same of the same place, put together. */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

static const char *const lists[] = {"errors", "chains", "rules", "lint"};

enum { NUM_LISTS = sizeof(lists) / sizeof(*lists) };

struct node {
	struct check_group group; /* first: what the list points at */
	char *key;
	UT_hash_handle hh;
};

struct file_order {
	const char *name; /* borrowed */
	size_t number;
	UT_hash_handle hh;
};

struct maker {
	struct node *nodes;
	struct file_order *files;
};

/* Of a finding its text, of a refusal its id and what it is about. */
static char *key_of(const char *list, const json_t *record)
{
	char *key;

	if (asprintf(&key, "%s\n%s\n%llu\n%llu\n%s\n%s\n%s\n%s", list, member_text(record, "file"),
		     member_number(record, "line"), member_number(record, "column"),
		     member_text(record, "id"), member_text(record, "expression"),
		     member_text(record, "reason"), member_text(record, "text")) < 0)
		return NULL;
	return key;
}

/* 0 or -ENOMEM. */
static int order_of(struct maker *maker, const json_t *record, size_t *number)
{
	const char *name = member_text(record, "file");
	struct file_order *file;

	HASH_FIND_STR(maker->files, name, file);
	if (!file) {
		file = calloc(1, sizeof(*file));
		if (!file)
			return -ENOMEM;
		file->name = name;
		file->number = HASH_COUNT(maker->files);
		HASH_ADD_KEYPTR(hh, maker->files, file->name, strlen(file->name), file);
		if (!file->hh.tbl) {
			free(file);
			return -ENOMEM;
		}
	}
	*number = file->number;
	return 0;
}

static void free_node(struct node *node)
{
	free(node->group.runs);
	free(node->group.same);
	free(node->key);
	free(node);
}

static struct node *find_node(struct maker *maker, const char *list, const json_t *record)
{
	char *key = key_of(list, record);
	struct node *node = NULL;

	if (!key)
		return NULL;
	HASH_FIND_STR(maker->nodes, key, node);
	if (node) {
		free(key);
		return node;
	}
	node = calloc(1, sizeof(*node));
	if (!node || order_of(maker, record, &node->group.file)) {
		free(node);
		free(key);
		return NULL;
	}
	node->key = key;
	node->group.list = list;
	node->group.record = record;
	node->group.number = HASH_COUNT(maker->nodes);
	HASH_ADD_KEYPTR(hh, maker->nodes, node->key, strlen(node->key), node);
	if (!node->hh.tbl) {
		free_node(node);
		return NULL;
	}
	return node;
}

/* Doubled whenever the count is a power of two. */
static int append(struct check_group *group, const json_t *run, const json_t *record)
{
	size_t room = group->count ? 2 * group->count : 1;
	const json_t **more;

	if ((group->count & (group->count - 1)) == 0) {
		more = reallocarray(group->runs, room, sizeof(json_t *));
		if (!more)
			return -ENOMEM;
		group->runs = more;
		more = reallocarray(group->same, room, sizeof(json_t *));
		if (!more)
			return -ENOMEM;
		group->same = more;
	}
	group->runs[group->count] = run;
	group->same[group->count++] = record;
	return 0;
}

static int add_run(struct maker *maker, const json_t *run)
{
	for (size_t list = 0; list < NUM_LISTS; list++) {
		const json_t *records = json_object_get(run, lists[list]);
		json_t *record;
		size_t i;

		json_array_foreach (records, i, record) {
			struct node *node;

			if (check_verdict_is(record, "offloaded"))
				continue;
			node = find_node(maker, lists[list], record);
			if (!node || append(&node->group, run, record))
				return -ENOMEM;
		}
	}
	return 0;
}

static int compare(const void *one, const void *other)
{
	const struct check_group *a = *(struct check_group *const *)one;
	const struct check_group *b = *(struct check_group *const *)other;
	unsigned long long lines[2] = {member_number(a->record, "line"),
				       member_number(b->record, "line")};
	unsigned long long columns[2] = {member_number(a->record, "column"),
					 member_number(b->record, "column")};

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (lines[0] != lines[1])
		return lines[0] < lines[1] ? -1 : 1;
	if (columns[0] != columns[1])
		return columns[0] < columns[1] ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

int check_groups_make(struct check_groups *groups, const json_t *document)
{
	struct maker maker = {0};
	struct file_order *file, *next_file;
	struct node *node, *next;
	json_t *run;
	int error = 0;
	size_t i;

	*groups = (struct check_groups){0};
	json_array_foreach (json_object_get(document, "runs"), i, run) {
		error = add_run(&maker, run);
		if (error)
			break;
	}
	if (!error) {
		groups->group = calloc(HASH_COUNT(maker.nodes) + 1, sizeof(*groups->group));
		error = groups->group ? 0 : -ENOMEM;
	}
	HASH_ITER (hh, maker.nodes, node, next) {
		HASH_DEL(maker.nodes, node);
		if (error)
			free_node(node);
		else
			groups->group[groups->length++] = &node->group;
	}
	HASH_ITER (hh, maker.files, file, next_file) {
		HASH_DEL(maker.files, file);
		free(file);
	}
	if (groups->length)
		qsort(groups->group, groups->length, sizeof(*groups->group), compare);
	return error;
}

void check_groups_free(struct check_groups *groups)
{
	for (size_t i = 0; i < groups->length; i++)
		free_node((struct node *)groups->group[i]);
	free(groups->group);
	*groups = (struct check_groups){0};
}

/* A file that two others include has a place once for each: the same port again. */
static bool told_before(const struct check_group *group, size_t number)
{
	const char *port = member_text(group->same[number], "port");

	for (size_t i = number; i-- > 0 && group->runs[i] == group->runs[number];)
		if (strcmp(member_text(group->same[i], "port"), port) == 0)
			return true;
	return false;
}

char *check_group_ports(const struct check_group *group)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool any = false;

	if (!out)
		return NULL;
	for (size_t i = 0; i < group->count; i++) {
		const char *port = member_text(group->same[i], "port");

		if (group->runs[i] != group->runs[0] || !*port || told_before(group, i))
			continue;
		fprintf(out, "%s%s", any ? ", " : "", port);
		any = true;
	}
	fclose(out);
	return text;
}

char *check_group_runs(const struct check_group *group)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < group->count; i++) {
		const char *port = member_text(group->same[i], "port");
		bool again = i && group->runs[i] == group->runs[i - 1];

		if (!again)
			fprintf(out, "%s%s %s", i ? "; " : "", member_text(group->runs[i], "model"),
				member_text(group->runs[i], "kernel"));
		if (*port && !told_before(group, i))
			fprintf(out, "%s%s", again ? ", " : " on ", port);
	}
	fclose(out);
	return text;
}
