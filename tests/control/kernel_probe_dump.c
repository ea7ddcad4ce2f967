/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows about what a kernel tells of its objects, and which flags and names it takes for them. */
#include "kernel_probes.h"
#include "rule_maker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

static struct nlmsghdr *start(struct world *w, uint16_t message, uint16_t flags)
{
	return batch_message(w, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message), NFPROTO_NETDEV,
			     flags);
}

/* The types of the attributes of the first message of this kind that came. */
static const char *see_types(struct world *w, uint16_t message)
{
	static char seen[256];
	int left = (int)w->received.size;
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)w->received.data;
	const struct nlattr *attr;
	size_t used = 0;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | message))
			continue;
		mnl_attr_for_each (attr, nlh, sizeof(struct nfgenmsg))
			used += (size_t)snprintf(seen + used, sizeof(seen) - used, "%u ",
						 mnl_attr_get_type(attr));
		return seen;
	}
	return "nothing";
}

const char *probe_dump_names_first(struct world *w)
{
	const struct nlmsghdr *nlh;

	batch_begin(w);
	add_table(w, "t");
	batch_send(w, true);
	batch_begin(w);
	nlh = start(w, NFT_MSG_GETTABLE, NLM_F_DUMP);
	world_send(w, nlh, nlh->nlmsg_len);
	return see_types(w, NFT_MSG_NEWTABLE);
}

const char *probe_short_delete_events(struct world *w)
{
	struct nlmsghdr *nlh;

	batch_begin(w);
	add_table(w, "t");
	batch_send(w, true);
	w->listening = true;
	batch_begin(w);
	nlh = start(w, NFT_MSG_DELTABLE, 0);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "t");
	batch_add(w, nlh);
	batch_send(w, true);
	return see_types(w, NFT_MSG_DELTABLE);
}

const char *probe_device_prefixes(struct world *w)
{
	enum { DEVICE_PREFIX = 2 };
	struct nlattr *hook, *devices;
	struct nlmsghdr *nlh;

	batch_begin(w);
	add_table(w, "t");
	nlh = start(w, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, "c");
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, 0);
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl(10));
	devices = mnl_attr_nest_start(nlh, NFTA_HOOK_DEVS);
	mnl_attr_put_strz(nlh, DEVICE_PREFIX, "eth");
	mnl_attr_nest_end(nlh, devices);
	mnl_attr_nest_end(nlh, hook);
	batch_add(w, nlh);
	return see_errors(w);
}

static const char *see_table_flags(struct world *w, uint32_t flags)
{
	struct nlmsghdr *nlh;

	batch_begin(w);
	nlh = start(w, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "t");
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(flags));
	batch_add(w, nlh);
	return see_errors(w);
}

const char *probe_table_owner(struct world *w)
{
	return see_table_flags(w, NFT_TABLE_F_OWNER);
}

const char *probe_table_persist(struct world *w)
{
	enum { PERSIST = 4 };

	return see_table_flags(w, PERSIST);
}

const char *probe_event_flags(struct world *w)
{
	static char seen[32];

	w->listening = true;
	batch_begin(w);
	add_table(w, "t");
	batch_send(w, true);
	snprintf(seen, sizeof(seen), "%#x",
		 ((const struct nlmsghdr *)w->received.data)->nlmsg_flags);
	return seen;
}

static const char *see_chain(struct world *w, uint32_t hooknum, const char *type)
{
	struct nlattr *hook;
	struct nlmsghdr *nlh;

	batch_begin(w);
	add_table(w, "t");
	nlh = start(w, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, "c");
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(hooknum));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl(10));
	mnl_attr_put_strz(nlh, NFTA_HOOK_DEV, "eth0");
	mnl_attr_nest_end(nlh, hook);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, type);
	batch_add(w, nlh);
	return see_errors(w);
}

const char *probe_netdev_egress(struct world *w)
{
	return see_chain(w, NF_NETDEV_EGRESS, "filter");
}

const char *probe_chain_type_named(struct world *w)
{
	return see_chain(w, 0, "nat");
}

static void put_jump(struct world *w, const char *from, const char *to)
{
	struct nlattr *list, *elem, *data, *value, *verdict;
	struct nlmsghdr *nlh = start(w, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, from);
	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "immediate");
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_u32(nlh, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	value = mnl_attr_nest_start(nlh, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_JUMP));
	mnl_attr_put_strz(nlh, NFTA_VERDICT_CHAIN, to);
	mnl_attr_nest_end(nlh, verdict);
	mnl_attr_nest_end(nlh, value);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	batch_add(w, nlh);
}

static void put_chain(struct world *w, const char *name)
{
	struct nlmsghdr *nlh = start(w, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	batch_add(w, nlh);
}

const char *probe_jumps_checked_in_tables(struct world *w)
{
	start_chain(w, PLAIN);
	put_chain(w, "a");
	put_chain(w, "b");
	put_jump(w, "a", "b");
	put_jump(w, "b", "a");
	put_jump(w, "c", "a");
	return see_errors(w);
}
