/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * {"command": "check", "mode": "locate" | "keep"}: see nft_set_check. Everybody's rules are handled
 * so from then on: it is for an emulator that `nicemu check` has for itself.
 * {"command": "verdicts"}: those of the last batch, once, and how many were "lost".
 */
#include "serve.h"

#include "cli.h"

#include <string.h>

static json_t *check(struct emulator *emulator, const json_t *request, int *fds, size_t num_fds,
		     struct serve_job *job)
{
	const char *mode = json_string_value(json_object_get(request, "mode"));

	if (!mode || (strcmp(mode, "locate") != 0 && strcmp(mode, "keep") != 0))
		return serve_error(EXIT_USAGE, "\"mode\" is \"locate\" or \"keep\"");
	nft_set_check(emulator->nft, strcmp(mode, "keep") == 0 ? NFT_CHECK_KEEP : NFT_CHECK_LOCATE);
	return json_object();
}

static void set_text(json_t *object, const char *name, const char *text)
{
	if (text && *text)
		json_object_set_new(object, name, json_string_nocheck(text));
}

static void set_number(json_t *object, const char *name, uint64_t number)
{
	json_object_set_new(object, name, json_integer((json_int_t)number));
}

/* What is not there is left out: there may be very many. */
static json_t *verdict_json(const struct emulator *emulator, const struct nft_verdict *verdict)
{
	static const char *const kinds[NFT_VERDICT_KINDS] = {
		[NFT_VERDICT_RULE] = "rule",
		[NFT_VERDICT_CHAIN] = "chain",
		[NFT_VERDICT_CHAIN_RULE] = "chain-rule",
		[NFT_VERDICT_OTHER_RULE] = "other-rule",
		[NFT_VERDICT_FLOWTABLE] = "flowtable",
		[NFT_VERDICT_FLOW_RULE] = "flow-rule",
		[NFT_VERDICT_MESSAGE] = "message",
		[NFT_VERDICT_PLACE] = "place",
	};
	const struct reason *reason = verdict->reason;
	json_t *object = json_object();

	set_text(object, "kind", kinds[verdict->kind]);
	set_number(object, "message", verdict->message);
	set_number(object, "errors", verdict->errors);
	set_text(object, "family", verdict->family);
	set_text(object, "table", verdict->table);
	set_text(object, "chain", verdict->chain);
	if (verdict->handle)
		set_number(object, "handle", verdict->handle);
	if (verdict->port >= 0)
		set_text(object, "port", emulator->nic.ports[verdict->port].name);
	if (!reason)
		return object;
	set_text(object, "id", reason->id);
	set_text(object, "errno", errno_name(reason->error));
	set_text(object, "layer", reason_layer_name(reason->layer));
	set_text(object, "expression", verdict->expression);
	set_text(object, "clause", reason->clause);
	set_text(object, "hint", reason->hint);
	serve_add_forms(object, reason);
	return object;
}

static json_t *verdicts(struct emulator *emulator, const json_t *request, int *fds, size_t num_fds,
			struct serve_job *job)
{
	json_int_t lost = (json_int_t)nft_lost_verdicts(emulator->nft);
	json_t *list = json_array();

	for (size_t i = 0; i < nft_num_verdicts(emulator->nft); i++)
		json_array_append_new(list, verdict_json(emulator, nft_verdict(emulator->nft, i)));
	nft_clear_verdicts(emulator->nft);
	return json_pack("{s:o, s:I}", "verdicts", list, "lost", lost);
}

const struct serve_command serve_check_commands[] = {
	{.name = "check", .handle = check},
	{.name = "verdicts", .handle = verdicts},
	{.name = NULL},
};
