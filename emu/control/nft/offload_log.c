/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "offload_log.h"

#include <errno.h>

/*
 * A line is put together by hand: one a command, and there can be a million commands a second.
 */
static void add(struct buffer *line, const char *text)
{
	buffer_append(line, text, strlen(text));
}

static void add_number(struct buffer *line, const char *before, uint64_t number, unsigned int base)
{
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = "0123456789abcdef"[number % base];
	while (number /= base);
	add(line, before);
	buffer_append(line, digits + at, sizeof(digits) - at);
}

static void add_target(struct buffer *line, const struct nic *nic,
		       const struct flow_action_entry *action)
{
	int port = nic_port_in_netns(nic, action->netns, action->ifindex);

	if (port >= 0)
		add(line, nic->ports[port].name);
	else
		add_number(line, "ifindex-", action->ifindex, 10);
}

static void add_action(struct buffer *line, const struct nic *nic,
		       const struct flow_action_entry *action)
{
	add(line, flow_action_name(action->id));
	if (action->id != FLOW_ACTION_REDIRECT && action->id != FLOW_ACTION_MIRRED)
		return;
	add(line, ":");
	add_target(line, nic, action);
}

static void add_flow_rule(struct buffer *line, const struct nic *nic, const struct flow_rule *rule)
{
	const char *separator = " keys ";

	for (int id = 0; id < FLOW_DISSECTOR_KEY_COUNT; id++) {
		const char *name;

		if (!(rule->match.used_keys >> id & 1))
			continue;
		name = flow_dissector_key_name(id);
		if (name) {
			add(line, separator);
			add(line, name);
		} else {
			add_number(line, separator, (uint64_t)id, 10);
		}
		separator = "|";
	}
	separator = " actions ";
	for (size_t i = 0; i < rule->num_actions; i++) {
		add(line, separator);
		add_action(line, nic, &rule->actions[i]);
		separator = ",";
	}
}

static void add_protocol(struct buffer *line, uint16_t protocol)
{
	static const char *const padding[] = {"", "0", "00", "000"};
	int digits = protocol > 0xfff ? 4 : protocol > 0xff ? 3 : protocol > 0xf ? 2 : 1;

	add(line, " protocol 0x");
	add_number(line, padding[4 - digits], protocol, 16);
}

/* As in `nicemu show rules --driver`, in one line. */
static void add_command(struct buffer *line, const struct nic *nic,
			const struct nft_logged_command *logged)
{
	const struct offload_command *c = logged->command;

	if (logged->rule)
		add_number(line, " handle ", logged->rule->handle, 10);
	if (c)
		add_number(line, " cookie 0x", c->cookie, 16);
	if (c && c->rule) {
		add_number(line, " prio ", c->prio, 10);
		add_protocol(line, c->protocol);
		add_flow_rule(line, nic, c->rule);
	}
	if (logged->stats && !logged->error) {
		add_number(line, " packets ", logged->stats->packets, 10);
		add_number(line, " bytes ", logged->stats->bytes, 10);
	}
}

static void add_error(struct buffer *line, const struct nft_logged_command *logged)
{
	if (!logged->error)
		return;
	add(line, " refused: ");
	add(line, errno_name(-logged->error));
	if (logged->reason && logged->reason->id) {
		add(line, ": ");
		add(line, logged->reason->clause);
	}
}

static void add_place(struct buffer *line, const struct nft_logged_command *logged)
{
	const struct nft_table *table = logged->chain->table;
	const char *const words[] = {
		offload_verb_name(logged->verb),
		" ",
		logged->hook->device,
		": ",
		nft_family_name(table->family),
		" ",
		table->name,
		" ",
		logged->chain->name,
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		add(line, words[i]);
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
	struct buffer *line = &nft->log_line;

	if (nothing_new || !nft->env.log)
		return;
	line->size = 0;
	add_place(line, logged);
	add_command(line, nft->env.nic, logged);
	add_error(line, logged);
	if (!buffer_failed(line))
		log_add_text(nft->env.log, level_of(logged), nft->env.clock->now_ns,
			     (const char *)line->data, line->size);
	else
		buffer_clear(line);
}
