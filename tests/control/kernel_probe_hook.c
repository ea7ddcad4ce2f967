/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows about hooks at which an expression may stand: found when the table is validated. */
#include "kernel_probes.h"
#include "rule_maker.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

static struct nlmsghdr *start(struct world *w, uint16_t message, uint16_t family)
{
	return batch_message(w, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message), family,
			     NLM_F_CREATE);
}

/* Table t with its base chain c at the hook, and a rule begun. */
static void start_at_hook(struct world *w, uint16_t family, uint32_t hooknum)
{
	struct nlmsghdr *nlh;
	struct nlattr *hook;

	batch_begin(w);
	nlh = start(w, NFT_MSG_NEWTABLE, family);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "t");
	batch_add(w, nlh);
	nlh = start(w, NFT_MSG_NEWCHAIN, family);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, "c");
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(hooknum));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl(10));
	if (family == NFPROTO_NETDEV)
		mnl_attr_put_strz(nlh, NFTA_HOOK_DEV, "eth0");
	mnl_attr_nest_end(nlh, hook);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	batch_add(w, nlh);
}

static const char *end(struct world *w)
{
	rule_end(w);
	return see_errors(w);
}

static const char *see_fib(struct world *w, uint16_t family, uint32_t hooknum)
{
	start_at_hook(w, family, hooknum);
	rule_start(w, family);
	expr_start("fib");
	put_u32(NFTA_FIB_DREG, NFT_REG_1);
	put_u32(NFTA_FIB_RESULT, NFT_FIB_RESULT_OIF);
	put_u32(NFTA_FIB_FLAGS, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF);
	expr_end();
	return end(w);
}

/* On kernels without egress for netdev the chain is what they refuse. */
const char *probe_fib_netdev_hooks(struct world *w)
{
	return see_fib(w, NFPROTO_NETDEV, NF_NETDEV_EGRESS);
}

const char *probe_fib_input_forward(struct world *w)
{
	return see_fib(w, NFPROTO_IPV4, NF_INET_LOCAL_IN);
}

const char *probe_queue_hooks(struct world *w)
{
	start_at_hook(w, NFPROTO_NETDEV, NF_NETDEV_INGRESS);
	rule_start(w, NFPROTO_NETDEV);
	expr_start("queue");
	put_u16(NFTA_QUEUE_NUM, 3);
	expr_end();
	return end(w);
}

const char *probe_synproxy_object_hooks(struct world *w)
{
	enum { SYNPROXY = 10 };
	struct nlmsghdr *nlh;
	struct nlattr *data;

	start_at_hook(w, NFPROTO_IPV4, NF_INET_PRE_ROUTING);
	nlh = start(w, NFT_MSG_NEWOBJ, NFPROTO_IPV4);
	mnl_attr_put_strz(nlh, NFTA_OBJ_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_OBJ_NAME, "s");
	mnl_attr_put_u32(nlh, NFTA_OBJ_TYPE, htonl(SYNPROXY));
	data = mnl_attr_nest_start(nlh, NFTA_OBJ_DATA);
	mnl_attr_put_u16(nlh, NFTA_SYNPROXY_MSS, htons(1460));
	mnl_attr_put_u8(nlh, NFTA_SYNPROXY_WSCALE, 7);
	mnl_attr_put_u32(nlh, NFTA_SYNPROXY_FLAGS, htonl(0));
	mnl_attr_nest_end(nlh, data);
	batch_add(w, nlh);
	rule_start(w, NFPROTO_IPV4);
	expr_start("objref");
	put_u32(NFTA_OBJREF_IMM_TYPE, SYNPROXY);
	put_text(NFTA_OBJREF_IMM_NAME, "s");
	expr_end();
	return end(w);
}
