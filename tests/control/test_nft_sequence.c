/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts of nft messages and events on one side, what the driver is told on the other: one row a
 * statement about chains, commits, rollbacks and devices, so that a reader can compare them.
 *
 * A script is words with ';' between commands. One line (up to '\n') is one batch, but for the
 * words of events, which stand alone:
 *   table | chain NAME DEVICE[,DEVICE] | drop NAME (policy drop, new) | policy NAME (update)
 *   device NAME DEVICE (update) | rule NAME | after NAME HANDLE (add rule position) | insert NAME
 *   delete NAME HANDLE | replace NAME HANDLE | flush NAME | remove NAME (the chain)
 *   refuse VERB N ERRNO | gone DEVICE | came DEVICE | rename DEVICE NAME | list | packets N
 * Handles: the table's objects are numbered from 1 in the order of creation. Cookies: c1, c2 …
 */
#include "nft_world.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>

enum { ADD = NLM_F_CREATE | NLM_F_APPEND, OFFLOAD = NFT_CHAIN_HW_OFFLOAD, WORDS = 5 };

static struct world world, *const w = &world;

static const struct sequence {
	const char *says, *kernel, *script;
	const char *commands; /* since the script's beginning */
	const char *rules;    /* then listed: chain:handle(packets) */
	const char *errors;   /* of the last batch */
	const char *warnings; /* ids, in order */
} rows[] = {
#include "nft_sequences.h"
};

/* ---- messages that nft_world does not have ---- */

static struct nlmsghdr *chain_message(uint8_t type, const char *chain)
{
	struct nlmsghdr *nlh =
		batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | type, NFPROTO_NETDEV, NLM_F_CREATE);

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, chain);
	return nlh;
}

static void update_policy(const char *chain)
{
	struct nlmsghdr *nlh = chain_message(NFT_MSG_NEWCHAIN, chain);

	mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(NF_DROP));
	batch_add(w, nlh);
}

static void flush_chain(const char *chain)
{
	struct nlmsghdr *nlh =
		batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELRULE, NFPROTO_NETDEV, 0);

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
	batch_add(w, nlh);
}

static void put_after(const char *chain, uint64_t handle)
{
	struct nlmsghdr *nlh;

	add_rule(w, chain, ADD, 0, 99, true);
	/* The last message gets one attribute more. */
	nlh = (struct nlmsghdr *)(w->batch + w->last);
	w->batch_size = w->last;
	mnl_attr_put_u64(nlh, NFTA_RULE_POSITION, htobe64(handle));
	batch_add(w, nlh);
}

/* ---- running a script ---- */

static unsigned int number;

static void in_batch(char *const *word)
{
	const char *what = word[0], *chain = word[1];
	uint64_t handle = word[1] && word[2] ? strtoull(word[2], NULL, 10) : 0;
	char *second = word[1] && word[2] ? strchr(word[2], ',') : NULL;

	if (second)
		*second++ = '\0';
	if (!strcmp(what, "table"))
		add_table(w, "t");
	else if (!strcmp(what, "chain"))
		add_chain(w, chain, word[2], second, OFFLOAD, NF_ACCEPT);
	else if (!strcmp(what, "drop"))
		add_chain(w, chain, word[2], second, OFFLOAD, NF_DROP);
	else if (!strcmp(what, "device"))
		add_chain(w, chain, word[2], second, OFFLOAD, NF_ACCEPT);
	else if (!strcmp(what, "policy"))
		update_policy(chain);
	else if (!strcmp(what, "rule"))
		add_rule(w, chain, ADD, 0, ++number, true);
	else if (!strcmp(what, "after"))
		put_after(chain, handle);
	else if (!strcmp(what, "insert"))
		add_rule(w, chain, NLM_F_CREATE, 0, ++number, true);
	else if (!strcmp(what, "replace"))
		add_rule(w, chain, NLM_F_REPLACE, handle, ++number, true);
	else if (!strcmp(what, "delete"))
		delete_rule(w, chain, handle);
	else if (!strcmp(what, "flush"))
		flush_chain(chain);
	else if (!strcmp(what, "remove"))
		delete_chain(w, chain);
	else
		cr_assert_fail("no such word: %s", what);
}

static int errno_of(const char *name)
{
	for (int error = 1; error < 134; error++)
		if (!strcmp(errno_name(error), name))
			return error;
	cr_assert_fail("no such errno: %s", name);
	return 0;
}

static enum offload_verb verb_of(const char *name)
{
	enum offload_verb verb = OFFLOAD_BIND;

	while (strcmp(offload_verb_name(verb), name))
		cr_assert(++verb <= OFFLOAD_STATS, "no such verb: %s", name);
	return verb;
}

/* As rt does: the listener first. True: it was an event. */
static bool event(char *const *word)
{
	if (!strcmp(word[0], "refuse")) {
		w->refuse_verb = verb_of(word[1]);
		w->refuse_after = atoi(word[2]);
		w->refuse_error = errno_of(word[3]);
	} else if (!strcmp(word[0], "gone")) {
		int port = nic_port_by_name(&w->nic, word[1]);

		w->listener->leaves(w->listener->context, port);
		nic_remove_port(&w->nic, port);
	} else if (!strcmp(word[0], "came")) {
		w->listener->came(w->listener->context, nic_add_port(&w->nic, word[1]));
	} else if (!strcmp(word[0], "rename")) {
		int port = nic_port_by_name(&w->nic, word[1]);

		cr_assert_eq(nic_rename_port(&w->nic, port, word[2]), 0);
		w->listener->renamed(w->listener->context, port);
	} else if (!strcmp(word[0], "list")) {
		rules(w);
	} else if (!strcmp(word[0], "packets")) {
		w->packets = strtoull(word[1], NULL, 10);
	} else {
		return false;
	}
	return true;
}

static size_t split(char *text, const char *by, char **parts, size_t most)
{
	size_t count = 0;
	char *rest = NULL;

	memset(parts, 0, most * sizeof(*parts));
	for (char *part = strtok_r(text, by, &rest); part; part = strtok_r(NULL, by, &rest)) {
		cr_assert(count < most - 1);
		parts[count++] = part;
	}
	return count;
}

static char last_errors[512];

static void run_line(char *line)
{
	char *statements[32], *word[WORDS], kept[sizeof(w->commands)];
	size_t count = split(line, ";", statements, 32);
	bool sent = false;

	snprintf(kept, sizeof(kept), "%s", w->commands);
	batch_begin(w);
	snprintf(w->commands, sizeof(w->commands), "%s", kept);
	for (size_t i = 0; i < count; i++) {
		split(statements[i], " ", word, WORDS);
		if (event(word))
			continue;
		in_batch(word);
		sent = true;
	}
	if (!sent)
		return;
	batch_send(w, true);
	snprintf(last_errors, sizeof(last_errors), "%s", errors(w));
}

static void run(const char *script)
{
	char copy[1024], *lines[24];
	size_t count;

	snprintf(copy, sizeof(copy), "%s", script);
	count = split(copy, "\n", lines, 24);
	for (size_t i = 0; i < count; i++)
		run_line(lines[i]);
}

static void list_warnings(char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < nft_num_warnings(w->nft) && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "",
					 nft_warning(w->nft, i)->id);
}

Test(nft_sequence, the_driver_is_told_what_a_kernel_tells)
{
	char warnings[512], commands[sizeof(w->commands)];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct sequence *row = &rows[i];

		world_open(w, row->kernel ? row->kernel : "6.18");
		w->kernel.short_loads = w->kernel.counter_offload = w->kernel.device_lists = true;
		number = 0;
		last_errors[0] = '\0';
		run(row->script);
		snprintf(commands, sizeof(commands), "%s", w->commands);
		list_warnings(warnings, sizeof(warnings));
		cr_expect_str_eq(commands, row->commands, "%s\nexpected:\n%sgot:\n%s", row->says,
				 row->commands, commands);
		cr_expect_str_eq(rules(w), row->rules ? row->rules : "",
				 "%s: rules: expected %s, got %s", row->says,
				 row->rules ? row->rules : "", rules(w));
		cr_expect_str_eq(last_errors, row->errors ? row->errors : "",
				 "%s: errors: expected %s, got %s", row->says,
				 row->errors ? row->errors : "", last_errors);
		cr_expect_str_eq(warnings, row->warnings ? row->warnings : "",
				 "%s: warnings: expected %s, got %s", row->says,
				 row->warnings ? row->warnings : "", warnings);
		world_close(w);
	}
}
