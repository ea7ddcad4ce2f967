/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu show reasons: every id that a refusal or a finding of the lint can have. */
#include "show_reasons.h"

#include "print.h"

#include <nicemu/base/reason_list.h>
#include <nicemu/config/model.h>
#include <nicemu/lint/lint.h>

#include <stdio.h>

static void add(json_t *reasons, const char *id, const char *layer, const char *model,
		const char *text)
{
	json_array_append_new(reasons, json_pack("{s:s, s:s, s:s?, s:s}", "id", id, "layer", layer,
						 "model", model, "text", text));
}

static void add_own(json_t *reasons)
{
	const struct reason_id *reason;

	for (size_t i = 0; (reason = reason_id_at(i)); i++)
		add(reasons, reason->id, reason_layer_name(reason->layer), NULL, reason->text);
}

static void add_model(json_t *reasons, const struct model *model)
{
	const char *layer = reason_layer_name(REASON_MODEL);

	for (size_t i = 0; i < model->num_clauses; i++)
		add(reasons, model->clauses[i].reason_id, layer, model->name,
		    model->clauses[i].clause);
	for (size_t i = 0; i < model->num_conflicts; i++)
		add(reasons, model->conflicts[i].reason_id, layer, model->name,
		    model->conflicts[i].clause);
}

static int add_models(json_t *reasons)
{
	struct config_error error = {""};
	struct model *model;
	const char *name;

	for (size_t i = 0; (name = model_builtin_name(i)); i++) {
		if (model_load(&model, name, &error))
			return complain(EXIT_ENVIRONMENT, "model %s: %s", name, error.text);
		add_model(reasons, model);
		model_free(model);
	}
	return EXIT_DONE;
}

static void add_findings(json_t *reasons)
{
	const struct lint_id *finding;

	for (size_t i = 0; (finding = lint_id(i)); i++)
		add(reasons, finding->id, "lint", NULL, finding->about);
}

static void print_reasons(FILE *out, const json_t *document, const struct report_style *style)
{
	const json_t *reason;
	size_t i;

	fprintf(out, "%-44s %-9s %s\n", "id", "layer", "what it says");
	json_array_foreach (json_object_get(document, "reasons"), i, reason)
		fprintf(out, "%-44s %-9s %s\n", json_string_value(json_object_get(reason, "id")),
			json_string_value(json_object_get(reason, "layer")),
			json_string_value(json_object_get(reason, "text")));
}

int show_reasons(const struct common_options *options)
{
	json_t *reasons = json_array();
	json_t *document = json_pack("{s:i, s:o}", "schema_version", REPORT_SCHEMA_VERSION,
				     "reasons", reasons);
	int status;

	add_own(reasons);
	status = add_models(reasons);
	add_findings(reasons);
	if (!status)
		status = print_document(stdout, document, print_reasons, options);
	json_decref(document);
	return status;
}
