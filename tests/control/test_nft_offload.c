/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the NIC is told, when, and how a refusal is taken back. */
#include "nft_world.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

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

TestSuite(nft_offload, .init = open_world, .fini = close_world);

#define expect_commands(expected) \
	cr_assert_str_eq(w->commands, expected, "expected:\n%sgot:\n%s", expected, w->commands)
#define expect_errors(expected) \
	cr_assert_str_eq(errors(w), expected, "expected %s, got %s", expected, errors(w))

/* Table t, chain c on these devices, rules with handles 2, 3 … and cookies 1, 2 … */
static void load(const char *device, const char *second, unsigned int num_rules)
{
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", device, second, OFFLOAD, NF_ACCEPT);
	for (unsigned int i = 0; i < num_rules; i++)
		add_rule(w, "c", ADD, 0, i, true);
	batch_send(w, true);
}

Test(nft_offload, commands_go_in_the_order_of_the_messages_to_each_device_the_last_bound_first)
{
	load("eth0", "eth1", 2);
	expect_errors("");
	expect_commands("BIND eth0\nBIND eth1\nREPLACE eth1 1\nREPLACE eth0 1\nREPLACE eth1 2\n"
			"REPLACE eth0 2\n");
}

Test(nft_offload, a_refusal_in_a_new_chain_is_undone_backwards_and_told_at_the_first_message)
{
	w->refuse_verb = OFFLOAD_REPLACE;
	w->refuse_after = 3;
	w->refuse_error = ENOSPC;
	load("eth0", NULL, 5);
	expect_errors("1:ENOSPC");
	expect_commands("BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nREPLACE eth0 3 ENOSPC\n"
			"DESTROY eth0 2\nDESTROY eth0 1\nUNBIND eth0\nDESTROY eth0 1 ENOENT\n"
			"DESTROY eth0 2 ENOENT\nDESTROY eth0 3 ENOENT\nDESTROY eth0 4 ENOENT\n"
			"DESTROY eth0 5 ENOENT\n");
	cr_assert_str_empty(rules(w));
	cr_assert_eq(nft_num_refusals(w->nft), 1);
	cr_assert(nft_refusal(w->nft, 0)->at_commit);
	cr_assert_eq(nft_refusal(w->nft, 0)->sequence, 5, "the third rule's message");
	cr_assert_str_eq(nft_refusal(w->nft, 0)->reason->id, "test");
}

Test(nft_offload, a_refusal_in_an_old_chain_leaves_its_rules)
{
	load("eth0", NULL, 1);
	w->refuse_verb = OFFLOAD_REPLACE;
	w->refuse_after = 2;
	w->refuse_error = EOPNOTSUPP;
	batch_begin(w);
	add_rule(w, "c", ADD, 0, 7, true);
	add_rule(w, "c", ADD, 0, 8, true);
	batch_send(w, true);
	expect_errors("1:EOPNOTSUPP");
	expect_commands("REPLACE eth0 2\nREPLACE eth0 3 EOPNOTSUPP\nDESTROY eth0 2\n");
	cr_assert_str_eq(rules(w), "c:2(0)");
}

Test(nft_offload, deleting_a_chain_destroys_its_rules_twice)
{
	load("eth0", NULL, 2);
	batch_begin(w);
	delete_chain(w, "c");
	batch_send(w, true);
	expect_errors("");
	expect_commands("DESTROY eth0 1\nDESTROY eth0 2\nUNBIND eth0\nDESTROY eth0 1 ENOENT\n"
			"DESTROY eth0 2 ENOENT\n");
}

Test(nft_offload, deletions_come_back_in_reverse_order)
{
	load("eth0", NULL, 3);
	w->refuse_verb = OFFLOAD_REPLACE;
	w->refuse_after = 1;
	w->refuse_error = ENOSPC;
	batch_begin(w);
	delete_rule(w, "c", 2);
	delete_rule(w, "c", 3);
	add_rule(w, "c", ADD, 0, 9, true);
	batch_send(w, true);
	expect_errors("1:ENOSPC");
	expect_commands("DESTROY eth0 1\nDESTROY eth0 2\nREPLACE eth0 4 ENOSPC\nREPLACE eth0 2\n"
			"REPLACE eth0 1\n");
	cr_assert_str_eq(rules(w), "c:2(0) c:3(0) c:4(0)");
}

Test(nft_offload, a_device_that_refuses_to_bind_unbinds_the_ones_before)
{
	w->refuse_verb = OFFLOAD_BIND;
	w->refuse_after = 2;
	w->refuse_error = EBUSY;
	load("eth0", "eth1", 1);
	expect_errors("1:EBUSY");
	expect_commands("BIND eth0\nBIND eth1 EBUSY\nUNBIND eth0\nDESTROY eth0 1 ENOENT\n");
}

Test(nft_offload, policy_drop_is_refused_at_commit)
{
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "eth0", NULL, OFFLOAD, NF_DROP);
	batch_send(w, true);
	expect_errors("1:EOPNOTSUPP");
	expect_commands("");
	cr_assert_str_eq(nft_refusal(w->nft, 0)->reason->id, "policy-drop");
}

Test(nft_offload, insert_and_replace_are_refused_at_commit)
{
	load("eth0", NULL, 1);
	batch_begin(w);
	add_rule(w, "c", NLM_F_CREATE, 0, 1, true);
	batch_send(w, true);
	expect_errors("1:EOPNOTSUPP");
	batch_begin(w);
	add_rule(w, "c", NLM_F_REPLACE, 2, 1, true);
	batch_send(w, true);
	expect_errors("1:EOPNOTSUPP");
	expect_commands("DESTROY eth0 1\nREPLACE eth0 1\n");
	cr_assert_str_eq(rules(w), "c:2(0)");
}

Test(nft_offload, an_untranslatable_rule_is_refused_at_its_own_message)
{
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "eth0", NULL, OFFLOAD, NF_ACCEPT);
	add_rule(w, "c", ADD, 0, 1, true);
	add_rule(w, "c", ADD, 0, 1, false);
	add_rule(w, "c", ADD, 0, 2, true);
	batch_send(w, true);
	expect_errors("4:EOPNOTSUPP");
	expect_commands("");
	cr_assert_str_eq(nft_refusal(w->nft, 0)->expression, "ip length 2560 ip id 1");
}

Test(nft_offload, each_listing_adds_what_came_since_the_last)
{
	load("eth0", "eth1", 1);
	w->packets = 100;
	cr_assert_str_eq(rules(w), "c:2(200)", "both devices count: %s", rules(w));
	cr_assert_str_eq(rules(w), "c:2(200)");
	w->packets = 150;
	cr_assert_str_eq(rules(w), "c:2(300)");
}

Test(nft_offload, a_check_tells_errors_and_touches_nothing)
{
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "eth0", NULL, OFFLOAD, NF_ACCEPT);
	add_rule(w, "c", ADD, 0, 1, true);
	add_rule(w, "none", ADD, 0, 1, true);
	batch_send(w, false);
	expect_errors("4:ENOENT@28");
	expect_commands("");
	cr_assert_str_empty(rules(w));
}

Test(nft_offload, a_judge_refuses_each_rule_on_its_own_and_points_at_the_expression)
{
	nft_set_judge(w->nft, true);
	w->refuse_verb = OFFLOAD_REPLACE;
	w->refuse_after = 2;
	w->refuse_error = ENOSPC;
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "eth0", NULL, OFFLOAD, NF_ACCEPT);
	add_rule(w, "c", ADD, 0, 1, true);
	add_rule(w, "c", ADD, 0, 2, false);
	add_rule(w, "c", ADD, 0, 3, true);
	add_rule(w, "c", NLM_F_CREATE, 0, 4, true);
	add_rule(w, "c", ADD, 0, 5, true);
	batch_send(w, true);
	cr_assert(strstr(errors(w), "4:EOPNOTSUPP@"), "no offset: %s", errors(w));
	cr_assert(strstr(errors(w), " 5:ENOSPC 6:EOPNOTSUPP"), "%s", errors(w));
	cr_assert_eq(nft_num_refusals(w->nft), 3);
	/* Rules 2 and 4 fail before they get a cookie's turn; of 3 the driver is asked again, which
	 * takes it then; 1 and 5 are taken back, then the chain. */
	expect_commands("BIND eth0\nREPLACE eth0 1\nREPLACE eth0 3 ENOSPC\n"
			"REPLACE eth0 4294967295\nDESTROY eth0 4294967295\nREPLACE eth0 5\n"
			"DESTROY eth0 5\nDESTROY eth0 1\nUNBIND eth0\nDESTROY eth0 1 ENOENT\n"
			"DESTROY eth0 5 ENOENT\n");
	cr_assert_str_empty(rules(w));
}

Test(nft_offload, a_judged_chain_that_is_refused_stays_so_that_its_rules_are_judged)
{
	nft_set_judge(w->nft, true);
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "eth0", NULL, OFFLOAD, NF_DROP);
	add_rule(w, "c", ADD, 0, 1, true);
	add_rule(w, "c", ADD, 0, 2, false);
	batch_send(w, true);
	cr_assert(strstr(errors(w), "2:EOPNOTSUPP 4:EOPNOTSUPP@") == errors(w), "%s", errors(w));
}

/* Whatever message fails, the store and the NIC are as before. */
Test(nft_offload, a_failure_at_any_message_leaves_everything_as_it_was)
{
	load("eth0", NULL, 3);
	for (unsigned int bad = 0; bad <= 6; bad++) {
		batch_begin(w);
		for (unsigned int i = 0; i < 7; i++) {
			if (i == bad)
				add_rule(w, "none", ADD, 0, 1, true);
			else if (i % 3 == 0)
				add_rule(w, "c", i % 2 ? ADD : NLM_F_CREATE, 0, i, true);
			else if (i == 1)
				delete_rule(w, "c", 3);
			else if (i == 2)
				add_rule(w, "c", NLM_F_REPLACE, 2, 9, true);
			else
				add_chain(w, "d", "eth2", NULL, OFFLOAD, NF_ACCEPT);
		}
		batch_send(w, true);
		cr_assert(strstr(errors(w), "ENOENT"), "message %u: %s", bad, errors(w));
		expect_commands("");
		cr_assert_str_eq(rules(w), "c:2(0) c:3(0) c:4(0)", "message %u: %s", bad, rules(w));
	}
}

struct seen {
	unsigned int number, in_hw;
};

static void see(void *context, const struct nft_offload_rule *rule)
{
	struct seen *seen = context;

	seen->number++;
	seen->in_hw += rule->in_hw;
	cr_assert_str_eq(rule->family, "netdev");
	cr_assert(rule->has_counter);
	cr_assert_not_null(rule->flow_rule);
}

Test(nft_offload, a_visit_shows_each_rule_on_each_port)
{
	struct seen seen = {0};

	cr_assert_eq(nft_first_offload_port(w->nft), -1);
	load("eth3", "eth1", 2);
	nft_visit_offload_rules(w->nft, see, &seen);
	cr_assert_eq(seen.number, 4);
	cr_assert_eq(seen.in_hw, 4);
	cr_assert_eq(nft_first_offload_port(w->nft), 3);
}

Test(nft_offload, a_device_that_is_no_port_depends_on_the_kernel)
{
	w->nic.open_ports = false;
	load("nowhere", NULL, 1);
	expect_errors("");
	expect_commands("");
	world_close(w);
	world_open(w, "6.12");
	w->nic.open_ports = false;
	load("nowhere", NULL, 1);
	cr_assert(strstr(errors(w), "2:ENOENT@"), "%s", errors(w));
	cr_assert_str_eq(nft_refusal(w->nft, 0)->reason->id, "no-such-port");
	w->nic.open_ports = true;
	load("nowhere", NULL, 1);
	expect_errors("");
	expect_commands("BIND nowhere\nREPLACE nowhere 1\n");
}

Test(nft_offload, a_kernel_without_rollback_leaves_the_rules_of_old_chains_programmed)
{
	world_close(w);
	world_open(w, "5.4");
	w->kernel.device_lists = true;
	w->kernel.short_loads = true;
	w->kernel.counter_offload = true;
	w->refuse_verb = OFFLOAD_REPLACE;
	w->refuse_after = 3;
	w->refuse_error = ENOSPC;
	load("eth0", NULL, 1);
	expect_errors("");
	batch_begin(w);
	add_rule(w, "c", ADD, 0, 7, true);
	add_rule(w, "c", ADD, 0, 8, true);
	batch_send(w, true);
	expect_errors("1:ENOSPC");
	expect_commands("REPLACE eth0 2\nREPLACE eth0 3 ENOSPC\n");
	/* A new chain's port is not left bound. */
	w->refuse_after = 1;
	batch_begin(w);
	add_chain(w, "d", "eth1", NULL, OFFLOAD, NF_ACCEPT);
	add_rule(w, "d", ADD, 0, 9, true);
	batch_send(w, true);
	expect_errors("1:ENOSPC");
	expect_commands("BIND eth1\nREPLACE eth1 4 ENOSPC\nUNBIND eth1\n");
}
