/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows about tables, chains, sets and what can be offloaded: errors and dumps. */
#include "kernel_probes.h"
#include "rule_maker.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#define OFFLOAD NFT_CHAIN_HW_OFFLOAD

static char seen[4096];

const char *probe_early_hook_check(struct world *w)
{
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "lo", NULL, OFFLOAD, NF_ACCEPT);
	return see_errors(w);
}

const char *probe_absent_devices(struct world *w)
{
	w->nic.open_ports = false;
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "nowhere", NULL, OFFLOAD, NF_ACCEPT);
	return see_errors(w);
}

const char *probe_register_tracking(struct world *w)
{
	start_chain(w, OFFLOAD);
	rule_start(w, NFPROTO_NETDEV);
	put_cmp("1234", 4);
	put_verdict(NF_DROP);
	rule_end(w);
	return see_errors(w);
}

const char *probe_counter_offload(struct world *w)
{
	start_chain(w, OFFLOAD);
	add_rule(w, "c", NLM_F_CREATE | NLM_F_APPEND, 0, 1, true);
	return see_errors(w);
}

static void put_fwd(void)
{
	uint32_t ifindex = NIC_FIRST_IFINDEX;

	put_immediate(NFT_REG_1, &ifindex, sizeof(ifindex));
	expr_start("fwd");
	put_u32(NFTA_FWD_SREG_DEV, NFT_REG_1);
	expr_end();
}

const char *probe_fwd_dup_offload(struct world *w)
{
	start_chain(w, OFFLOAD);
	rule_start(w, NFPROTO_NETDEV);
	put_fwd();
	rule_end(w);
	return see_errors(w);
}

const char *probe_no_action_refused(struct world *w)
{
	start_chain(w, OFFLOAD);
	rule_start(w, NFPROTO_NETDEV);
	put_protocol(0x0800);
	rule_end(w);
	return see_errors(w);
}

const char *probe_chain_device_updates(struct world *w)
{
	start_chain(w, PLAIN);
	batch_send(w, true);
	batch_begin(w);
	add_chain(w, "c", "eth1", NULL, PLAIN, NF_ACCEPT);
	return see_errors(w);
}

const char *probe_empty_netdev_chains(struct world *w)
{
	struct nlmsghdr *nlh;
	struct nlattr *hook;

	batch_begin(w);
	add_table(w, "t");
	nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN, NFPROTO_NETDEV,
			    NLM_F_CREATE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, "c");
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, 0);
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl(10));
	mnl_attr_nest_end(nlh, hook);
	batch_add(w, nlh);
	return see_errors(w);
}

const char *probe_destroy_messages(struct world *w)
{
	enum { DESTROYCHAIN = 27 };
	struct nlmsghdr *nlh;

	batch_begin(w);
	add_table(w, "t");
	nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | DESTROYCHAIN, NFPROTO_NETDEV, 0);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, "none");
	batch_add(w, nlh);
	return see_errors(w);
}

const char *probe_rule_reset(struct world *w)
{
	enum { GETRULE_RESET = 25 };
	const struct nlmsghdr *nlh;

	start_chain(w, PLAIN);
	add_rule(w, "c", NLM_F_CREATE | NLM_F_APPEND, 0, 1, true);
	batch_send(w, true);
	batch_begin(w);
	nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | GETRULE_RESET, NFPROTO_NETDEV,
			    NLM_F_DUMP);
	world_send(w, nlh, nlh->nlmsg_len);
	nlh = (const struct nlmsghdr *)w->received.data;
	return nlh->nlmsg_type == NLMSG_ERROR ? errors(w) : "a dump";
}

static void put_set(struct world *w, uint64_t timeout_ms)
{
	struct nlmsghdr *nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET,
					     NFPROTO_NETDEV, NLM_F_CREATE);

	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, "s");
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(1));
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS, htonl(NFT_SET_TIMEOUT));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_TYPE, 0);
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl(4));
	mnl_attr_put_u64(nlh, NFTA_SET_TIMEOUT, htobe64(timeout_ms));
	batch_add(w, nlh);
}

/* The types of the attributes of the first set that is dumped, and its time-out. */
static const char *see_set(struct world *w)
{
	const struct nlmsghdr *nlh;
	const struct nlattr *attr;
	size_t used = 0;

	batch_send(w, true);
	batch_begin(w);
	nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSET, NFPROTO_NETDEV,
			    NLM_F_DUMP);
	world_send(w, nlh, nlh->nlmsg_len);
	nlh = (const struct nlmsghdr *)w->received.data;
	mnl_attr_for_each (attr, nlh, sizeof(struct nfgenmsg)) {
		used += (size_t)snprintf(seen + used, sizeof(seen) - used, "%u ",
					 mnl_attr_get_type(attr));
		if (mnl_attr_get_type(attr) == NFTA_SET_TIMEOUT)
			used += (size_t)snprintf(
				seen + used, sizeof(seen) - used, "(%llu ms) ",
				(unsigned long long)be64toh(mnl_attr_get_u64(attr)));
	}
	return seen;
}

const char *probe_set_backend_dump(struct world *w)
{
	batch_begin(w);
	add_table(w, "t");
	put_set(w, 4000);
	return see_set(w);
}

const char *probe_device_lists(struct world *w)
{
	start_chain(w, OFFLOAD);
	return see_errors(w);
}

const char *probe_set_timeout_updates(struct world *w)
{
	batch_begin(w);
	add_table(w, "t");
	put_set(w, 4000);
	batch_send(w, true);
	batch_begin(w);
	put_set(w, 8000);
	see_set(w);
	return strchr(seen, '(');
}
