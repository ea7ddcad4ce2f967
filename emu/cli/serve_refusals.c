/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * {"command": "refusals"}: why messages were refused; {"command": "warnings"}: what was accepted
 * and will surprise. Each is told once.
 */
#include "serve.h"

#include <string.h>

static void set_text(json_t *object, const char *name, const char *text)
{
	json_object_set_new(object, name, text && *text ? json_string_nocheck(text) : json_null());
}

void serve_add_forms(json_t *refusal, const struct reason *reason)
{
	json_t *forms;

	if (!reason->forms[0])
		return;
	forms = json_array();
	for (const char *at = reason->forms, *next; *at; at = next + (*next == '\n')) {
		next = strchrnul(at, '\n');
		json_array_append_new(forms, json_stringn_nocheck(at, (size_t)(next - at)));
	}
	json_object_set_new(refusal, "forms", forms);
	json_object_set_new(refusal, "forms_left_out", json_integer(reason->forms_left_out));
}

static json_t *refusal_json(const struct nft_refusal *refusal)
{
	const struct reason *reason = refusal->reason;
	json_t *object = json_object();

	json_object_set_new(object, "portid", json_integer(refusal->portid));
	json_object_set_new(object, "sequence", json_integer(refusal->sequence));
	json_object_set_new(object, "at_commit", json_boolean(refusal->at_commit));
	json_object_set_new(object, "of_chain", json_boolean(refusal->of_chain));
	json_object_set_new(object, "follows", json_boolean(refusal->follows));
	set_text(object, "id", reason->id);
	set_text(object, "errno", errno_name(reason->error));
	set_text(object, "layer", reason_layer_name(reason->layer));
	set_text(object, "expression", refusal->expression);
	json_object_set_new(object, "expression_index", json_integer(reason->expression));
	json_object_set_new(object, "offset", json_integer(reason->offset));
	set_text(object, "clause", reason->clause);
	set_text(object, "hint", reason->hint);
	serve_add_forms(object, reason);
	set_text(object, "family", refusal->family);
	set_text(object, "table", refusal->table);
	set_text(object, "chain", refusal->chain);
	return object;
}

static json_t *refusals(struct emulator *emulator, const json_t *request, int *fds, size_t num_fds,
			struct serve_job *job)
{
	json_t *list = json_array();

	for (size_t i = 0; i < nft_num_refusals(emulator->nft); i++)
		json_array_append_new(list, refusal_json(nft_refusal(emulator->nft, i)));
	nft_clear_refusals(emulator->nft);
	return json_pack("{s:o}", "refusals", list);
}

static json_t *warning_json(const struct nft_warning *warning)
{
	json_t *object = json_object();

	set_text(object, "family", warning->family);
	set_text(object, "table", warning->table);
	set_text(object, "chain", warning->chain);
	json_object_set_new(object, "handle", json_integer((json_int_t)warning->handle));
	set_text(object, "id", warning->id);
	set_text(object, "text", warning->text);
	return object;
}

static json_t *warnings(struct emulator *emulator, const json_t *request, int *fds, size_t num_fds,
			struct serve_job *job)
{
	json_t *list = json_array();

	for (size_t i = 0; i < nft_num_warnings(emulator->nft); i++)
		json_array_append_new(list, warning_json(nft_warning(emulator->nft, i)));
	nft_clear_warnings(emulator->nft);
	return json_pack("{s:o}", "warnings", list);
}

const struct serve_command serve_refusal_commands[] = {
	{.name = "refusals", .handle = refusals},
	{.name = "warnings", .handle = warnings},
	{.name = NULL},
};
