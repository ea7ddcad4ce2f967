/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft_script.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADD = NLM_F_CREATE | NLM_F_APPEND, OFFLOAD = NFT_CHAIN_HW_OFFLOAD, WORDS = 5 };

static struct world *w;     /* of the script that runs */
static unsigned int number; /* of the rule that was made last */

static void senseless(const char *what, const char *word)
{
	fprintf(stderr, "script: %s: %s\n", what, word);
	exit(2);
}

/* ---- messages that a world does not have ---- */

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
		senseless("no such word", what);
}

static int errno_of(const char *name)
{
	for (int error = 1; error < 134; error++)
		if (!strcmp(errno_name(error), name))
			return error;
	senseless("no such errno", name);
	return 0;
}

static enum offload_verb verb_of(const char *name)
{
	enum offload_verb verb = OFFLOAD_BIND;

	while (strcmp(offload_verb_name(verb), name)) {
		if (++verb > OFFLOAD_STATS)
			senseless("no such verb", name);
	}
	return verb;
}

/* True: it was an event. */
static bool event(char *const *word)
{
	if (!strcmp(word[0], "refuse")) {
		w->refuse_verb = verb_of(word[1]);
		w->refuse_after = atoi(word[2]);
		w->refuse_error = errno_of(word[3]);
	} else if (!strcmp(word[0], "gone")) {
		world_gone(w, word[1]);
	} else if (!strcmp(word[0], "came")) {
		world_came(w, word[1]);
	} else if (!strcmp(word[0], "rename")) {
		world_renamed(w, word[1], word[2]);
	} else if (!strcmp(word[0], "list")) {
		rules(w);
	} else if (!strcmp(word[0], "packets")) {
		world_totals(w, strtoull(word[1], NULL, 10));
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
		if (count == most - 1)
			senseless("too long", part);
		parts[count++] = part;
	}
	return count;
}

static void run_line(char *line, char last_errors[SCRIPT_ERRORS])
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
	snprintf(last_errors, SCRIPT_ERRORS, "%s", errors(w));
}

void script_run(struct world *world, const char *script, char last_errors[SCRIPT_ERRORS])
{
	char copy[1024], *lines[24];
	size_t count;

	w = world;
	number = 0;
	last_errors[0] = '\0';
	snprintf(copy, sizeof(copy), "%s", script);
	count = split(copy, "\n", lines, 24);
	for (size_t i = 0; i < count; i++)
		run_line(lines[i], last_errors);
}
