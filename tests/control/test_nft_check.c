/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Check mode: what becomes of each rule, whatever becomes of the others. */
#include "nft_world.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

enum { ADD = NLM_F_CREATE | NLM_F_APPEND, OFFLOAD = NFT_CHAIN_HW_OFFLOAD };

static struct world world, *const w = &world;

static void open_world(void)
{
	world_open(w, "6.18");
}

static void close_world(void)
{
	world_close(w);
}

TestSuite(nft_check, .init = open_world, .fini = close_world);

#define expect_commands(expected) \
	cr_assert_str_eq(w->commands, expected, "expected:\n%sgot:\n%s", expected, w->commands)
#define expect_errors(expected) \
	cr_assert_str_eq(errors(w), expected, "expected %s, got %s", expected, errors(w))
#define expect_verdicts(expected) \
	cr_assert_str_eq(verdicts(), expected, "expected %s, got %s", expected, verdicts())

/* "message:kind[port]=id …", rules without a kind; "+": accepted. */
static const char *verdicts(void)
{
	static const char *const kinds[NFT_VERDICT_KINDS] = {
		[NFT_VERDICT_CHAIN] = "chain",      [NFT_VERDICT_CHAIN_RULE] = "unjudged",
		[NFT_VERDICT_OTHER_RULE] = "other", [NFT_VERDICT_FLOWTABLE] = "flowtable",
		[NFT_VERDICT_FLOW_RULE] = "flow",   [NFT_VERDICT_MESSAGE] = "message",
		[NFT_VERDICT_PLACE] = "place",
	};
	static char text[4096];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < nft_num_verdicts(w->nft); i++) {
		const struct nft_verdict *v = nft_verdict(w->nft, i);

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u:%s", i ? " " : "",
					 v->message, kinds[v->kind] ? kinds[v->kind] : "");
		if (v->port >= 0)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%d", v->port);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "=%s",
					 v->reason ? v->reason->id : "+");
	}
	return text;
}

static void send_chain(enum nft_check check, const char *device, const char *second,
		       unsigned int num_rules, unsigned int bad)
{
	nft_set_check(w->nft, check);
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", device, second, OFFLOAD, NF_ACCEPT);
	for (unsigned int i = 1; i <= num_rules; i++)
		add_rule(w, "c", ADD, 0, i, i != bad);
	batch_send(w, true);
}

Test(nft_check, a_kept_batch_is_committed_with_the_refused_rule_in_software_only)
{
	send_chain(NFT_CHECK_KEEP, "eth0", NULL, 3, 2);
	expect_errors("");
	expect_verdicts("1:place=+ 2:0=+ 3:0=payload-offset 4:0=+");
	expect_commands("BIND eth0\nREPLACE eth0 1\nREPLACE eth0 3\n");
	cr_assert_str_eq(rules(w), "c:2(0) c:3(0) c:4(0)");
	cr_assert_eq(nft_verdict(w->nft, 2)->handle, 3);
	cr_assert_not_null(nft_verdict(w->nft, 2)->expression);
}

Test(nft_check, what_the_nic_refuses_on_one_port_is_taken_from_the_others)
{
	w->refuse_verb = OFFLOAD_REPLACE;
	w->refuse_after = 2;
	w->refuse_error = ENOSPC;
	send_chain(NFT_CHECK_KEEP, "eth0", "eth1", 2, 0);
	expect_errors("");
	expect_verdicts("1:place=+ 2:0=+ 2:1=test 3:0=+ 3:1=+");
	/* In between the driver is asked which statement it does not take. */
	cr_assert(strstr(w->commands, "REPLACE eth0 1\nREPLACE eth1 1 ENOSPC\n"), "%s",
		  w->commands);
	cr_assert(strstr(w->commands, "DESTROY eth0 1\nREPLACE eth0 2\nREPLACE eth1 2\n"), "%s",
		  w->commands);
}

Test(nft_check, a_refused_rule_can_be_deleted_and_so_can_its_chain)
{
	send_chain(NFT_CHECK_KEEP, "eth0", NULL, 3, 2);
	batch_begin(w);
	delete_rule(w, "c", 3);
	batch_send(w, true);
	expect_errors("");
	expect_commands("");
	cr_assert_str_eq(rules(w), "c:2(0) c:4(0)");
	batch_begin(w);
	delete_chain(w, "c");
	batch_send(w, true);
	expect_errors("");
	expect_commands("DESTROY eth0 1\nDESTROY eth0 3\nUNBIND eth0\nDESTROY eth0 1 ENOENT\n"
			"DESTROY eth0 3 ENOENT\n");
	cr_assert_str_empty(rules(w));
}

Test(nft_check, a_refused_chain_is_left_out_with_its_rules_also_those_of_later_batches)
{
	nft_set_check(w->nft, NFT_CHECK_KEEP);
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "eth0", NULL, OFFLOAD, NF_DROP);
	add_rule(w, "c", ADD, 0, 1, true);
	add_rule(w, "c", ADD, 0, 2, false);
	batch_send(w, true);
	expect_errors("");
	expect_verdicts("1:chain=policy-drop 2:unjudged=nf-tables 3:unjudged=nf-tables");
	expect_commands("");
	batch_begin(w);
	add_rule(w, "c", ADD, 0, 3, true);
	add_rule(w, "d", ADD, 0, 3, true);
	batch_send(w, true);
	cr_assert(strstr(errors(w), "2:ENOENT@") == errors(w), "%s", errors(w));
	expect_verdicts("0:unjudged=nf-tables 1:message=nf-tables");
}

Test(nft_check, locating_refuses_every_rule_once_and_an_expression_that_is_to_blame_twice)
{
	const struct nft_verdict *verdict;

	send_chain(NFT_CHECK_LOCATE, "eth0", "eth1", 2, 2);
	cr_assert(strstr(errors(w), "2:EBADR 3:EBADR 4:EBADR 4:EBADRQC@") == errors(w), "%s",
		  errors(w));
	expect_verdicts("1:place=+ 2:0=+ 2:1=+ 3:0=payload-offset 3:1=payload-offset");
	verdict = nft_verdict(w->nft, 0);
	/* The chain as a whole. */
	cr_assert_eq(verdict[0].errors, 1);
	cr_assert_str_eq(verdict[0].chain, "c");
	verdict++;
	cr_assert_eq(verdict[0].errors, 1);
	cr_assert_eq(verdict[1].errors, 0);
	cr_assert_eq(verdict[2].errors, 2);
	cr_assert_eq(verdict[3].errors, 0);
	/* Nothing of it is there. */
	cr_assert_str_empty(rules(w));
	cr_assert(strstr(w->commands, "UNBIND eth0\n") && strstr(w->commands, "UNBIND eth1\n"),
		  "%s", w->commands);
}

Test(nft_check, locating_and_keeping_give_the_same_verdicts)
{
	char located[1024];

	send_chain(NFT_CHECK_LOCATE, "eth0", "eth1", 5, 3);
	snprintf(located, sizeof(located), "%s", verdicts());
	send_chain(NFT_CHECK_KEEP, "eth0", "eth1", 5, 3);
	expect_verdicts(located);
	cr_assert_str_eq(rules(w), "c:2(0) c:3(0) c:4(0) c:5(0) c:6(0)");
}

Test(nft_check, an_inserted_rule_is_refused_and_stays_and_a_replacing_one_does_not)
{
	send_chain(NFT_CHECK_KEEP, "eth0", NULL, 1, 0);
	batch_begin(w);
	add_rule(w, "c", NLM_F_CREATE, 0, 4, true);
	add_rule(w, "c", NLM_F_REPLACE, 2, 5, true);
	batch_send(w, true);
	expect_errors("");
	expect_verdicts("0:0=insert-rule 1:0=replace-rule");
	cr_assert_str_eq(rules(w), "c:3(0) c:2(0)");
	cr_assert_eq(nft_verdict(w->nft, 0)->handle, 3);
	cr_assert_eq(nft_verdict(w->nft, 1)->handle, 0);
	/* The NIC hears nothing of it: the rule that was to be replaced keeps its place there. */
	expect_commands("");
}

Test(nft_check, an_error_that_is_not_about_the_nic_ends_it_and_leaves_everything_as_it_was)
{
	send_chain(NFT_CHECK_KEEP, "eth0", NULL, 2, 0);
	for (unsigned int bad = 0; bad <= 4; bad++) {
		batch_begin(w);
		for (unsigned int i = 0; i < 5; i++) {
			if (i == bad)
				add_rule(w, "none", ADD, 0, 1, true);
			else if (i == 1)
				delete_rule(w, "c", 3);
			else if (i == 2)
				add_chain(w, "d", "eth2", NULL, OFFLOAD, NF_ACCEPT);
			else
				add_rule(w, "c", i == 3 ? NLM_F_CREATE : ADD, 0, i, i != 4);
		}
		batch_send(w, true);
		cr_assert(strstr(errors(w), "ENOENT"), "message %u: %s", bad, errors(w));
		cr_assert_str_eq(rules(w), "c:2(0) c:3(0)", "message %u: %s", bad, rules(w));
	}
}

Test(nft_check, a_refused_rule_has_no_statistics)
{
	send_chain(NFT_CHECK_KEEP, "eth0", NULL, 2, 2);
	world_totals(w, 7);
	cr_assert_str_eq(rules(w), "c:2(7) c:3(0)");
}

Test(nft_check, off_again_everything_is_as_ever)
{
	send_chain(NFT_CHECK_KEEP, "eth0", NULL, 1, 0);
	nft_set_check(w->nft, NFT_CHECK_OFF);
	cr_assert_eq(nft_num_verdicts(w->nft), 0);
	batch_begin(w);
	add_rule(w, "c", ADD, 0, 2, false);
	batch_send(w, true);
	cr_assert_neq(strstr(errors(w), "EOPNOTSUPP"), NULL, "%s", errors(w));
	cr_assert_str_eq(rules(w), "c:2(0)");
}
