/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "offload_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void write_action(FILE *out, const struct nic *nic, const struct flow_action_entry *action)
{
	fputs(flow_action_name(action->id), out);
	if (action->id != FLOW_ACTION_REDIRECT && action->id != FLOW_ACTION_MIRRED)
		return;
	fputc(':', out);
	nic_print_target(out, (struct nic *)nic, action);
}

static void write_flow_rule(FILE *out, const struct nic *nic, const struct flow_rule *rule)
{
	const char *separator = " keys ";

	for (int id = 0; id < FLOW_DISSECTOR_KEY_COUNT; id++) {
		const char *name = flow_dissector_key_name(id);

		if (!(rule->match.used_keys >> id & 1))
			continue;
		if (name)
			fprintf(out, "%s%s", separator, name);
		else
			fprintf(out, "%s%d", separator, id);
		separator = "|";
	}
	separator = " actions ";
	for (size_t i = 0; i < rule->num_actions; i++) {
		fputs(separator, out);
		write_action(out, nic, &rule->actions[i]);
		separator = ",";
	}
}

/* As in `nicemu show rules --driver`, in one line. */
static void write_command(FILE *out, const struct nic *nic, const struct nft_logged_command *logged)
{
	const struct offload_command *c = logged->command;

	if (logged->rule)
		fprintf(out, " handle %llu", (unsigned long long)logged->rule->handle);
	if (c)
		fprintf(out, " cookie 0x%llx", (unsigned long long)c->cookie);
	if (c && c->rule) {
		fprintf(out, " prio %u protocol 0x%04x", c->prio, c->protocol);
		write_flow_rule(out, nic, c->rule);
	}
	if (logged->stats && !logged->error)
		fprintf(out, " packets %llu bytes %llu", (unsigned long long)logged->stats->packets,
			(unsigned long long)logged->stats->bytes);
}

static void write_error(FILE *out, const struct nft_logged_command *logged)
{
	if (!logged->error)
		return;
	fprintf(out, " refused: %s", errno_name(-logged->error));
	if (logged->reason && logged->reason->id)
		fprintf(out, ": %s", logged->reason->clause);
}

/* A kernel takes rules out twice where a chain goes with them: no cause for alarm. */
static enum log_level level_of(const struct nft_logged_command *logged)
{
	bool twice = logged->verb == OFFLOAD_DESTROY && logged->error == -ENOENT;

	return logged->error && !twice ? LOG_WARNING : LOG_INFO;
}

void nft_log_command(struct nft *nft, const struct nft_logged_command *logged)
{
	bool nothing_new = logged->stats && !logged->error && !logged->stats->packets;
	char *text = NULL;
	size_t size = 0;
	FILE *out = nothing_new || !nft->env.log ? NULL : open_memstream(&text, &size);

	if (!out)
		return;
	fprintf(out, "%s %s: %s %s %s", offload_verb_name(logged->verb), logged->hook->device,
		nft_family_name(logged->chain->table->family), logged->chain->table->name,
		logged->chain->name);
	write_command(out, nft->env.nic, logged);
	write_error(out, logged);
	if (fclose(out) == 0)
		log_add(nft->env.log, level_of(logged), nft->env.clock->now_ns, "%s", text);
	free(text);
}
