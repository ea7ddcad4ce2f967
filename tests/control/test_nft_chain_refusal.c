/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every way in which a message about an offload chain is refused tells its reason. */
#include "nft_world.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

enum { OFFLOAD = NFT_CHAIN_HW_OFFLOAD, BASE = NFT_CHAIN_BASE, UNKNOWN_FLAG = 0x40 };

static struct world world, *const w = &world;

static void close_world(void)
{
	world_close(w);
}

TestSuite(nft_chain_refusal, .fini = close_world);

/* One message about table t; members that are 0 or NULL are left out. */
struct attempt {
	const char *name;
	const char *kernel; /* NULL: 6.18 */
	uint16_t message;   /* 0: NEWCHAIN */
	uint16_t flags;     /* NLM_F_* besides CREATE */
	const char *chain;  /* "c" is an offload chain on eth0 with priority 10, "s" is not
			    offloaded,  "r" has no hook */
	const char *type;
	int priority;
	uint32_t hook;
	bool has_hook, lacks_priority;
	uint32_t chain_flags;
	const char *device, *second;
	int num_devices; /* besides: d0, d1 … */
	uint32_t policy;
	bool closed_ports;
	const char *errors, *id;
};

static const struct attempt attempts[] = {
	{.name = "an unknown flag",
	 .chain = "n",
	 .has_hook = true,
	 .priority = 1,
	 .device = "eth1",
	 .chain_flags = OFFLOAD | UNKNOWN_FLAG,
	 .errors = "EOPNOTSUPP",
	 .id = "chain-flags"},
	{.name = "no hook",
	 .chain = "n",
	 .chain_flags = OFFLOAD,
	 .errors = "EOPNOTSUPP",
	 .id = "chain-without-hook"},
	{.name = "no priority",
	 .chain = "n",
	 .has_hook = true,
	 .lacks_priority = true,
	 .device = "eth1",
	 .chain_flags = OFFLOAD,
	 .errors = "ENOENT",
	 .id = "chain-hook-incomplete"},
	{.name = "an unknown type",
	 .chain = "n",
	 .has_hook = true,
	 .priority = 1,
	 .type = "nat",
	 .device = "eth1",
	 .chain_flags = OFFLOAD,
	 .errors = "ENOENT",
	 .id = "chain-type"},
	{.name = "an unknown hook",
	 .chain = "n",
	 .has_hook = true,
	 .hook = 7,
	 .priority = 1,
	 .device = "eth1",
	 .chain_flags = OFFLOAD,
	 .errors = "EOPNOTSUPP",
	 .id = "chain-hook"},
	{.name = "egress",
	 .chain = "n",
	 .has_hook = true,
	 .hook = 1,
	 .priority = 1,
	 .device = "eth1",
	 .chain_flags = OFFLOAD,
	 .errors = "EOPNOTSUPP",
	 .id = "chain-hook"},
	{.name = "no device",
	 .chain = "n",
	 .has_hook = true,
	 .priority = 1,
	 .chain_flags = OFFLOAD,
	 .errors = "EINVAL",
	 .id = "chain-without-device"},
	{.name = "a device twice",
	 .chain = "n",
	 .has_hook = true,
	 .priority = 1,
	 .device = "eth1",
	 .second = "eth1",
	 .chain_flags = OFFLOAD,
	 .errors = "EEXIST",
	 .id = "duplicate-device"},
	{.name = "256 devices",
	 .chain = "n",
	 .has_hook = true,
	 .priority = 1,
	 .num_devices = 256,
	 .chain_flags = OFFLOAD,
	 .errors = "EFBIG",
	 .id = "too-many-devices"},
	{.name = "an absent device",
	 .kernel = "6.12",
	 .closed_ports = true,
	 .chain = "n",
	 .has_hook = true,
	 .priority = 1,
	 .device = "nowhere",
	 .chain_flags = OFFLOAD,
	 .errors = "ENOENT",
	 .id = "no-such-port"},
	{.name = "priority 0",
	 .chain = "n",
	 .has_hook = true,
	 .device = "eth1",
	 .chain_flags = OFFLOAD,
	 .errors = "EOPNOTSUPP",
	 .id = "chain-priority"},
	{.name = "a negative priority",
	 .chain = "n",
	 .has_hook = true,
	 .priority = -1,
	 .device = "eth1",
	 .chain_flags = OFFLOAD,
	 .errors = "EOPNOTSUPP",
	 .id = "chain-priority"},
	{.name = "a large priority",
	 .chain = "n",
	 .has_hook = true,
	 .priority = 65536,
	 .device = "eth1",
	 .chain_flags = OFFLOAD,
	 .errors = "EOPNOTSUPP",
	 .id = "chain-priority"},
	{.name = "a device that can't",
	 .chain = "n",
	 .has_hook = true,
	 .priority = 1,
	 .device = "lo",
	 .chain_flags = OFFLOAD,
	 .errors = "EOPNOTSUPP",
	 .id = "device-without-offload"},
	{.name = "policy drop",
	 .chain = "n",
	 .has_hook = true,
	 .priority = 1,
	 .device = "eth1",
	 .chain_flags = OFFLOAD,
	 .policy = 1,
	 .errors = "EOPNOTSUPP",
	 .id = "policy-drop"},
	{.name = "create what exists",
	 .chain = "c",
	 .flags = NLM_F_EXCL,
	 .has_hook = true,
	 .priority = 10,
	 .device = "eth0",
	 .chain_flags = OFFLOAD,
	 .errors = "EEXIST",
	 .id = "chain-exists"},
	{.name = "replace",
	 .chain = "c",
	 .flags = NLM_F_REPLACE,
	 .has_hook = true,
	 .priority = 10,
	 .device = "eth0",
	 .chain_flags = OFFLOAD,
	 .errors = "EOPNOTSUPP",
	 .id = "chain-replace"},
	{.name = "other flags",
	 .chain = "c",
	 .has_hook = true,
	 .priority = 10,
	 .device = "eth0",
	 .chain_flags = BASE,
	 .errors = "EOPNOTSUPP",
	 .id = "chain-flags-changed"},
	{.name = "another priority",
	 .chain = "c",
	 .has_hook = true,
	 .priority = 20,
	 .device = "eth0",
	 .errors = "EOPNOTSUPP",
	 .id = "chain-priority-changed"},
	{.name = "another hook",
	 .chain = "c",
	 .has_hook = true,
	 .hook = 1,
	 .priority = 10,
	 .device = "eth0",
	 .errors = "EOPNOTSUPP",
	 .id = "chain-hook-changed"},
	{.name = "more devices, an old kernel",
	 .kernel = "5.10",
	 .chain = "c",
	 .has_hook = true,
	 .priority = 10,
	 .device = "eth1",
	 .errors = "EEXIST",
	 .id = "chain-devices-fixed"},
	{.name = "a hook for a chain without",
	 .chain = "r",
	 .has_hook = true,
	 .priority = 10,
	 .device = "eth1",
	 .errors = "EEXIST",
	 .id = "chain-is-regular"},
	{.name = "taking devices off",
	 .chain = "c",
	 .message = NFT_MSG_DELCHAIN,
	 .has_hook = true,
	 .priority = 10,
	 .device = "eth0",
	 .errors = "EOPNOTSUPP",
	 .id = "offload-chain-devices"},
	{.name = "taking off a device that the chain does not have",
	 .chain = "s",
	 .message = NFT_MSG_DELCHAIN,
	 .has_hook = true,
	 .priority = 10,
	 .device = "eth1",
	 .errors = "ENOENT",
	 .id = "device-not-in-chain"},
};

static void put_devices(struct nlmsghdr *nlh, const struct attempt *a)
{
	struct nlattr *devices = mnl_attr_nest_start(nlh, NFTA_HOOK_DEVS);
	char name[16];

	if (a->device)
		mnl_attr_put_strz(nlh, NFTA_DEVICE_NAME, a->device);
	if (a->second)
		mnl_attr_put_strz(nlh, NFTA_DEVICE_NAME, a->second);
	for (int i = 0; i < a->num_devices; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		mnl_attr_put_strz(nlh, NFTA_DEVICE_NAME, name);
	}
	mnl_attr_nest_end(nlh, devices);
}

static void put_hook(struct nlmsghdr *nlh, const struct attempt *a)
{
	struct nlattr *hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);

	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(a->hook));
	if (!a->lacks_priority)
		mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)a->priority));
	if (a->device || a->num_devices)
		put_devices(nlh, a);
	mnl_attr_nest_end(nlh, hook);
}

static void attempt(const struct attempt *a)
{
	uint16_t message = a->message ? a->message : NFT_MSG_NEWCHAIN;
	uint16_t create = a->message ? 0 : NLM_F_CREATE;
	struct nlmsghdr *nlh = batch_message(w, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message),
					     NFPROTO_NETDEV, (uint16_t)(a->flags | create));

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, a->chain);
	if (a->has_hook)
		put_hook(nlh, a);
	if (a->type)
		mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, a->type);
	if (a->policy)
		mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(NF_DROP));
	if (a->chain_flags)
		mnl_attr_put_u32(nlh, NFTA_CHAIN_FLAGS, htonl(a->chain_flags));
	batch_add(w, nlh);
}

static void prepare(const struct attempt *a)
{
	struct attempt regular = {.chain = "r"};

	world_open(w, a->kernel ? a->kernel : "6.18");
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "eth0", NULL, OFFLOAD, NF_ACCEPT);
	add_chain(w, "s", "eth0", NULL, 0, NF_ACCEPT);
	attempt(&regular);
	batch_send(w, true);
	cr_assert_str_eq(errors(w), "", "%s: the ruleset before it: %s", a->name, errors(w));
	w->nic.open_ports = !a->closed_ports;
}

Test(nft_chain_refusal, each_clause_has_its_errno_id_and_words)
{
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		const struct attempt *a = &attempts[i];
		const struct nft_refusal *refusal;

		if (i)
			world_close(w);
		prepare(a);
		batch_begin(w);
		attempt(a);
		batch_send(w, true);
		cr_expect(strstr(errors(w), a->errors), "%s: %s, not %s", a->name, errors(w),
			  a->errors);
		refusal = nft_refusal(w->nft, 0);
		cr_expect(refusal, "%s: no refusal is kept", a->name);
		if (!refusal)
			continue;
		cr_expect_str_eq(refusal->reason->id, a->id, "%s: id %s", a->name,
				 refusal->reason->id);
		cr_expect(refusal->reason->clause[0], "%s: no words", a->name);
		cr_expect_lt(malloc_usable_size((void *)refusal->reason), sizeof(struct reason),
			     "%s: room for forms that it does not have is kept", a->name);
		cr_expect_str_eq(refusal->table, "t", "%s: table %s", a->name, refusal->table);
	}
}

/* "c" for each refusal of a chain, "f" for a rule that follows, "." for others. */
static const char *kinds_of_refusals(void)
{
	static char text[64];
	size_t i;

	for (i = 0; i < nft_num_refusals(w->nft) && i + 1 < sizeof(text); i++) {
		const struct nft_refusal *refusal = nft_refusal(w->nft, i);

		text[i] = refusal->of_chain ? 'c' : refusal->follows ? 'f' : '.';
	}
	text[i] = '\0';
	return text;
}

Test(nft_chain_refusal, a_rule_of_a_chain_that_was_refused_in_the_same_batch_follows_and_no_other)
{
	enum { ADD = NLM_F_CREATE | NLM_F_APPEND };

	world_open(w, "6.18");
	for (int judged = 0; judged < 2; judged++) {
		nft_set_judge(w->nft, judged);
		nft_clear_refusals(w->nft);
		batch_begin(w);
		add_table(w, "t");
		add_chain(w, "c", "eth0", NULL, OFFLOAD | UNKNOWN_FLAG, NF_ACCEPT);
		add_chain(w, "d", "eth1", NULL, OFFLOAD | UNKNOWN_FLAG, NF_ACCEPT);
		add_rule(w, "c", ADD, 0, 1, true);
		add_rule(w, "nowhere", ADD, 0, 1, true);
		add_rule(w, "d", ADD, 0, 1, true);
		add_rule(w, "c", ADD, 0, 2, false);
		batch_send(w, true);
		cr_assert_str_eq(kinds_of_refusals(), "ccf.ff", "judged %d: %s", judged,
				 kinds_of_refusals());
		/* Another batch knows nothing of it. */
		batch_begin(w);
		add_table(w, "t");
		add_rule(w, "c", ADD, 0, 1, true);
		batch_send(w, true);
		cr_assert_str_eq(kinds_of_refusals(), "ccf.ff.", "judged %d: %s", judged,
				 kinds_of_refusals());
	}
}
