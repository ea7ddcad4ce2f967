/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include <stdio.h>
#include <string.h>

struct search {
	const struct model *model;
	const struct rows *rows;
	void (*complain)(void *context, const char *what);
	void *context;
};

/* A row that begins with these words; a NULL one is any word. The first one, or NULL. */
static const struct row *find(const struct search *search, const char *verb, const char *first)
{
	for (size_t i = 0; i < search->rows->count; i++) {
		const struct row *row = &search->rows->list[i];

		if (strcmp(row->words[0], verb) == 0 &&
		    (!first || (row->num_words > 1 && strcmp(row->words[1], first) == 0)))
			return row;
	}
	return NULL;
}

static void want(const struct search *search, const char *verb, const char *first)
{
	char text[128];

	if (find(search, verb, first))
		return;
	snprintf(text, sizeof(text), "no row %s%s%s", verb, first ? " " : "", first ? first : "");
	search->complain(search->context, text);
}

/* All rows of a clause are under the source that the clause names. */
static void want_source(const struct search *search, const struct model_clause *clause)
{
	char text[512];

	for (size_t i = 0; i < search->rows->count; i++) {
		const struct row *row = &search->rows->list[i];

		if ((strcmp(row->words[0], "refused") != 0 &&
		     strcmp(row->words[0], "accepted") != 0) ||
		    row->num_words < 2 || strcmp(row->words[1], clause->id) != 0 ||
		    strcmp(row->source, clause->source->file) == 0)
			continue;
		snprintf(text, sizeof(text), "line %d: source %s, but clause %s is from %s",
			 row->line, row->source, clause->id, clause->source->file);
		search->complain(search->context, text);
	}
}

/* A row for a clause that the model does not have would say nothing. */
static void want_clause(const struct search *search, const struct row *row)
{
	char text[128];

	if (strcmp(row->words[0], "refused") != 0 && strcmp(row->words[0], "accepted") != 0)
		return;
	for (size_t i = 0; i < search->model->num_clauses; i++)
		if (row->num_words > 1 && strcmp(row->words[1], search->model->clauses[i].id) == 0)
			return;
	snprintf(text, sizeof(text), "line %d: the model has no clause %s", row->line,
		 row->num_words > 1 ? row->words[1] : "");
	search->complain(search->context, text);
}

static void want_topic(const struct search *search, const char *topic, bool needed)
{
	char text[64];

	if (!needed || find(search, "matches", topic) || find(search, "misses", topic))
		return;
	snprintf(text, sizeof(text), "no row matches or misses %s", topic);
	search->complain(search->context, text);
}

static void want_of_conflicts(const struct search *search)
{
	for (size_t i = 0; i < search->model->num_conflicts; i++) {
		want(search, "conflicts", search->model->conflicts[i].id);
		want(search, "agrees", search->model->conflicts[i].id);
	}
}

/* A driver that takes no rule: one clause refuses whatever it is asked. */
static bool takes_nothing(const struct model *model)
{
	for (size_t i = 0; i < model->num_clauses; i++) {
		const struct model_clause *clause = &model->clauses[i];

		if (!clause->binding && !clause->when.count && !clause->unless.count &&
		    !clause->require.count)
			return true;
	}
	return false;
}

/* An action that is taken and not carried out, or not in all rules. */
static bool leaves_actions_out(const struct model_match *match)
{
	bool leaves = match->ignored_actions != 0;

	for (size_t i = 0; i < match->num_ignoring; i++)
		leaves |= match->ignoring[i].actions || match->ignoring[i].mirror_takes;
	return leaves;
}

static void want_of_a_nic_that_offloads(const struct search *search)
{
	static const char *const verbs[] = {
		"wins", "counts", "duplicate", "unknown-destroy", "unknown-stats", "off"};
	const struct model_match *match = &search->model->match;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		want(search, verbs[i], NULL);
	want_topic(search, "implicit", match->num_implicits > 0);
	want_topic(search, "ignored",
		   match->ignored_keys || match->num_ignored || match->num_ignoring);
	want_topic(search, "exact", match->num_exact > 0);
	want_topic(search, "zero-is-any", match->num_zero_is_any > 0);
	if (leaves_actions_out(match))
		want(search, "decides", NULL);
	for (size_t i = 0; i < search->model->num_tables; i++)
		if (search->model->tables[i].entries != MODEL_UNKNOWN)
			want(search, "full", NULL);
		else if (search->model->status != MODEL_EXPERIMENTAL)
			want(search, "full-of", NULL);
}

void rows_needed(const struct model *model, const struct rows *rows,
		 void (*complain)(void *context, const char *what), void *context)
{
	const struct search search = {model, rows, complain, context};
	bool taken = false, nothing = takes_nothing(model);

	for (size_t i = 0; i < model->num_clauses; i++) {
		want(&search, "refused", model->clauses[i].id);
		if (!nothing)
			want(&search, "accepted", model->clauses[i].id);
		want_source(&search, &model->clauses[i]);
	}
	for (size_t i = 0; i < rows->count; i++)
		want_clause(&search, &rows->list[i]);
	for (int i = 0; i < MODEL_FRONT_ENDS; i++) {
		want(&search, "bind", model_front_end_name((enum model_front_end)i));
		taken |= model->fronts[i].taken;
	}
	want_of_conflicts(&search);
	if (taken && !nothing && !find(&search, "nothing-carried-out", NULL))
		want_of_a_nic_that_offloads(&search);
}
