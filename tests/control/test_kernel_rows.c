/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every row of the table of kernel behaviour does something that can be seen from outside: an
 * errno, a mask, a key, a dump, the commands a driver gets. Each row has a probe here (a row
 * without one does not compile), which is run for every branch and for the releases around each
 * change.
 */
#include "kernel_probes.h"
#include "rule_maker.h"

#include "kernel_table.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#define LL      NFT_PAYLOAD_LL_HEADER
#define NH      NFT_PAYLOAD_NETWORK_HEADER
#define OFFLOAD NFT_CHAIN_HW_OFFLOAD

static char seen[4096];

/* ---- what is looked at ---- */

void start_chain(struct world *w, uint32_t flags)
{
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "eth0", NULL, flags, NF_ACCEPT);
}

const char *see_errors(struct world *w)
{
	batch_send(w, true);
	return errors(w);
}

static const char *see_commands(struct world *w)
{
	batch_send(w, true);
	return w->commands;
}

static void print_flow(void *context, const struct nft_offload_rule *rule)
{
	if (rule->flow_rule)
		flow_rule_print(context, rule->flow_rule, "");
}

/* The line of the flow rule that starts with the word, or an error. */
static const char *see_flow(struct world *w, const char *word)
{
	FILE *out = fmemopen(seen, sizeof(seen) - 1, "w");
	const char *error, *line;

	error = see_errors(w);
	nft_visit_offload_rules(w->nft, print_flow, out);
	fclose(out);
	if (*error)
		return error;
	line = strstr(seen, word);
	if (!line)
		return "none";
	seen[line - seen + (ptrdiff_t)strcspn(line, "\n")] = '\0';
	return line;
}

/* ---- one probe a row ---- */

static void put_v6_prefix(struct world *w)
{
	static const uint8_t db8[8] = {0x20, 0x01, 0x0d, 0xb8};

	start_chain(w, OFFLOAD);
	rule_start(w, NFPROTO_NETDEV);
	put_protocol(0x86dd);
	put_match(NH, 8, db8, sizeof(db8));
	put_verdict(NF_DROP);
	rule_end(w);
}

const char *probe_short_load_masks_fixed(struct world *w)
{
	put_v6_prefix(w);
	return see_flow(w, "ipv6_src") ? strrchr(seen, '/') : "";
}

const char *probe_short_loads(struct world *w)
{
	put_v6_prefix(w);
	return see_errors(w);
}

/* `vlan id 10` */
static void put_vlan(struct world *w)
{
	uint16_t id = htons(10);

	start_chain(w, OFFLOAD);
	rule_start(w, NFPROTO_NETDEV);
	put_protocol(0x8100);
	put_match(LL, 14, &id, sizeof(id));
	put_verdict(NF_DROP);
	rule_end(w);
}

const char *probe_vlan_offload(struct world *w)
{
	put_vlan(w);
	return see_errors(w);
}

const char *probe_vlan_key_fixup(struct world *w)
{
	put_vlan(w);
	return see_flow(w, "n_proto");
}

const char *probe_vlan_tci_host_order(struct world *w)
{
	put_vlan(w);
	return see_flow(w, "vlan_tci");
}

const char *probe_control_addr_type(struct world *w)
{
	start_chain(w, OFFLOAD);
	rule_start(w, NFPROTO_NETDEV);
	put_protocol(0x0800);
	put_match(NH, 12, "1234", 4);
	put_verdict(NF_DROP);
	rule_end(w);
	return see_flow(w, "addr_type");
}

const char *probe_actions_counted(struct world *w)
{
	start_chain(w, OFFLOAD);
	rule_start(w, NFPROTO_NETDEV);
	put_immediate(NFT_REG_2, "1234", 4);
	put_verdict(NF_DROP);
	rule_end(w);
	see_flow(w, "protocol");
	return seen + strlen(seen) + 1; /* the lines behind the first */
}

const char *probe_commit_rollback(struct world *w)
{
	start_chain(w, OFFLOAD);
	batch_send(w, true);
	w->refuse_verb = OFFLOAD_REPLACE;
	w->refuse_after = 2;
	w->refuse_error = ENOSPC;
	batch_begin(w);
	add_rule(w, "c", NLM_F_CREATE | NLM_F_APPEND, 0, 1, true);
	add_rule(w, "c", NLM_F_CREATE | NLM_F_APPEND, 0, 2, true);
	return see_commands(w);
}

const char *probe_unbind_destroys(struct world *w)
{
	start_chain(w, OFFLOAD);
	add_rule(w, "c", NLM_F_CREATE | NLM_F_APPEND, 0, 1, true);
	batch_send(w, true);
	batch_begin(w);
	delete_chain(w, "c");
	return see_commands(w);
}

static void load_rule(struct world *w)
{
	start_chain(w, OFFLOAD);
	add_rule(w, "c", NLM_F_CREATE | NLM_F_APPEND, 0, 1, true);
	batch_send(w, true);
	w->commands[0] = '\0';
}

const char *probe_unregister_only(struct world *w)
{
	load_rule(w);
	w->listener->renamed(w->listener->context, 0);
	return w->commands;
}

const char *probe_unregister_unbinds(struct world *w)
{
	load_rule(w);
	w->listener->leaves(w->listener->context, 0);
	return w->commands;
}

const char *probe_chains_outlive_devices(struct world *w)
{
	/* where chains keep names, they have no last device */
	w->kernel.absent_devices = false;
	load_rule(w);
	w->listener->leaves(w->listener->context, 0);
	return rules(w);
}

/* ---- the table ---- */

static const struct {
	const char *name;
	size_t flag;
	const char *(*probe)(struct world *w);
} probes[] = {
#define X(name, text) {#name, offsetof(struct kernel_behavior, name), probe_##name},
	KERNEL_BEHAVIORS(X)
#undef X
};

enum { PROBES = sizeof(probes) / sizeof(probes[0]) };

/* What an ideal kernel does, but for this row. */
static void probe(size_t row, bool on, char *answer, size_t size)
{
	static struct world w;

	world_open(&w, "ideal");
	*(bool *)((char *)&w.kernel + probes[row].flag) = on;
	snprintf(answer, size, "%s", probes[row].probe(&w));
	world_close(&w);
}

static bool has(size_t row, const char *version)
{
	struct kernel_behavior kernel;
	char message[512];

	cr_assert_eq(kernel_behavior_find(&kernel, version, message, sizeof(message)), 0, "%s",
		     message);
	return *(const bool *)((const char *)&kernel + probes[row].flag);
}

static void check(size_t row, const struct kernel_version *version, bool wanted,
		  const char *const answers[2])
{
	char name[24], answer[512];
	bool on;

	snprintf(name, sizeof(name), "%u.%u.%u", version->major, version->minor, version->release);
	on = has(row, name);
	cr_expect_eq(on, wanted, "%s on %s", probes[row].name, name);
	probe(row, on, answer, sizeof(answer));
	cr_expect_str_eq(answer, answers[wanted], "%s on %s: %s, not %s", probes[row].name, name,
			 answer, answers[wanted]);
}

/* The last release of the branch before. */
static struct kernel_version before(const struct kernel_version *version)
{
	struct kernel_version v = *version;

	if (v.release > 0)
		v.release--;
	else if (v.minor > 0)
		v.minor--;
	else
		v = (struct kernel_version){(uint16_t)(v.major - 1), 19, 0};
	return v;
}

static bool is_backport(size_t row, const struct kernel_version *version)
{
	for (size_t i = 0; i < KERNEL_BACKPORTS_MAX && kernel_table[row].backports[i].major; i++)
		if (kernel_table[row].backports[i].major == version->major &&
		    kernel_table[row].backports[i].minor == version->minor)
			return true;
	return false;
}

Test(kernel_rows, every_row_is_seen_from_outside_around_each_release_that_changed_it)
{
	size_t points = 0;

	cr_assert_eq((size_t)PROBES, kernel_table_length);
	for (size_t row = 0; row < PROBES; row++) {
		const struct kernel_table_row *from = &kernel_table[row];
		static char off[512], on[512];
		const char *const answers[2] = {off, on};
		struct kernel_version v = before(&from->mainline);

		probe(row, false, off, sizeof(off));
		probe(row, true, on, sizeof(on));
		cr_expect_str_neq(off, on, "%s can't be seen: %s", probes[row].name, on);
		for (size_t i = 0; i < KERNEL_BACKPORTS_MAX && from->backports[i].major; i++) {
			struct kernel_version older = before(&from->backports[i]);

			check(row, &older, false, answers);
			check(row, &from->backports[i], true, answers);
			points += 2;
		}
		if (from->mainline.major == KERNEL_NEVER)
			continue;
		if (!is_backport(row, &v))
			check(row, &v, false, answers);
		check(row, &from->mainline, true, answers);
		points += 2;
	}
	cr_expect_gt(points, 2 * PROBES);
}

Test(kernel_rows, every_branch_answers_as_its_row_says)
{
	static const char *const branches[] = {"5.4",  "5.10", "5.15", "6.1", "6.6", "6.12",
					       "6.18", "7.0",  "7.1",  "7.2", "7.3", "ideal"};

	for (size_t row = 0; row < PROBES; row++) {
		char answers[2][512], answer[512];

		probe(row, false, answers[0], sizeof(answers[0]));
		probe(row, true, answers[1], sizeof(answers[1]));
		for (size_t i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
			bool on = has(row, branches[i]);

			probe(row, on, answer, sizeof(answer));
			cr_expect_str_eq(answer, answers[on], "%s on %s", probes[row].name,
					 branches[i]);
		}
	}
}
