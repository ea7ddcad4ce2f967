/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ids that --allow can name: a mistyped one would allow nothing, and nobody would notice. */
#include "check_arguments.h"

#include <nicemu/base/reason_list.h>
#include <nicemu/config/model.h>
#include <nicemu/config/suggest.h>
#include <nicemu/lint/lint.h>

#include <string.h>

/* What is looked for, and whether it was among what was offered so far. */
struct search {
	struct suggestion suggestion;
	char near[96]; /* a copy of what the suggestion says: a model's ids go with the model */
	bool found;
};

static void offer(struct search *search, const char *id)
{
	const char *before = search->suggestion.best;

	if (strcmp(id, search->suggestion.text) == 0)
		search->found = true;
	suggest(&search->suggestion, id);
	if (search->suggestion.best == before)
		return;
	snprintf(search->near, sizeof(search->near), "%s", id);
	search->suggestion.best = search->near;
}

static void offer_model(struct search *search, const char *name)
{
	struct config_error error;
	struct model *model;

	/* One that can't be loaded is told when it is used. */
	if (model_load(&model, name, &error) != 0)
		return;
	for (size_t i = 0; i < model->num_clauses; i++)
		offer(search, model->clauses[i].reason_id);
	for (size_t i = 0; i < model->num_conflicts; i++)
		offer(search, model->conflicts[i].reason_id);
	model_free(model);
}

static void offer_all(struct search *search, const struct check_arguments *a)
{
	const struct reason_id *reason;
	const struct lint_id *lint;
	const char *name;

	for (size_t i = 0; (reason = reason_id_at(i)); i++)
		offer(search, reason->id);
	for (size_t i = 0; (lint = lint_id(i)); i++)
		offer(search, lint->id);
	for (size_t i = 0; (name = model_builtin_name(i)); i++)
		offer_model(search, name);
	for (size_t i = 0; i < a->models.count; i++)
		offer_model(search, a->models.list[i]);
}

int check_allowed_ids(const struct check_arguments *a)
{
	for (size_t i = 0; i < a->allowed.count; i++) {
		struct search search = {.suggestion = {.text = a->allowed.list[i]}};

		offer_all(&search, a);
		if (!search.found)
			return complain_usage("--allow: nothing has the id '%s'%s%s%s%s",
					      a->allowed.list[i],
					      search.suggestion.best ? "; did you mean '" : "",
					      search.suggestion.best ? search.near : "",
					      search.suggestion.best ? "'?" : "",
					      strchr(a->allowed.list[i], ',')
						      ? "; each id has an --allow of its own"
						      : "");
	}
	return EXIT_DONE;
}
