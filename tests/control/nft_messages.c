/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of a world: batches that are built, answers that are read. */
#include "nft_world.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- batches ---- */

struct nlmsghdr *batch_message(struct world *w, uint16_t type, uint16_t family, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(w->batch + w->batch_size);
	struct nfgenmsg *genmsg = mnl_nlmsg_put_extra_header(nlh, sizeof(*genmsg));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = w->sequence++;
	genmsg->nfgen_family = (uint8_t)family;
	genmsg->res_id = htons(NFNL_SUBSYS_NFTABLES);
	return nlh;
}

void batch_add(struct world *w, const struct nlmsghdr *nlh)
{
	w->last = w->batch_size;
	w->batch_size += NLMSG_ALIGN(nlh->nlmsg_len);
	if (w->batch_size > sizeof(w->batch) - 8192)
		abort();
}

void batch_begin(struct world *w)
{
	w->batch_size = 0;
	w->sequence = 0;
	w->commands[0] = '\0';
	batch_add(w, batch_message(w, NFNL_MSG_BATCH_BEGIN, 0, 0));
}

void batch_send(struct world *w, bool end)
{
	if (end)
		batch_add(w, batch_message(w, NFNL_MSG_BATCH_END, 0, 0));
	world_send(w, w->batch, w->batch_size);
}

static struct nlmsghdr *nft_message(struct world *w, uint8_t message, uint16_t flags)
{
	return batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | message, NFPROTO_NETDEV, flags);
}

void add_table(struct world *w, const char *name)
{
	struct nlmsghdr *nlh = nft_message(w, NFT_MSG_NEWTABLE, NLM_F_CREATE);

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, name);
	batch_add(w, nlh);
}

void add_chain(struct world *w, const char *name, const char *device, const char *second,
	       uint32_t flags, uint32_t policy)
{
	struct nlmsghdr *nlh = nft_message(w, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nlattr *hook, *devices;

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, 0);
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl(10));
	devices = mnl_attr_nest_start(nlh, NFTA_HOOK_DEVS);
	mnl_attr_put_strz(nlh, NFTA_DEVICE_NAME, device);
	if (second)
		mnl_attr_put_strz(nlh, NFTA_DEVICE_NAME, second);
	mnl_attr_nest_end(nlh, devices);
	mnl_attr_nest_end(nlh, hook);
	mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(policy));
	mnl_attr_put_u32(nlh, NFTA_CHAIN_FLAGS, htonl(flags));
	batch_add(w, nlh);
}

static void load(struct nftnl_rule *rule, uint32_t base, uint32_t offset, const void *data,
		 uint32_t size)
{
	struct nftnl_expr *payload = nftnl_expr_alloc("payload"), *cmp = nftnl_expr_alloc("cmp");

	nftnl_expr_set_u32(payload, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(payload, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(payload, NFTNL_EXPR_PAYLOAD_LEN, size);
	nftnl_expr_set_u32(payload, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftnl_rule_add_expr(rule, payload);
	nftnl_expr_set_u32(cmp, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(cmp, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(cmp, NFTNL_EXPR_CMP_DATA, data, size);
	nftnl_rule_add_expr(rule, cmp);
}

void add_rule(struct world *w, const char *chain, uint16_t flags, uint64_t handle, unsigned int n,
	      bool good)
{
	struct nlmsghdr *nlh = nft_message(w, NFT_MSG_NEWRULE, flags);
	struct nftnl_expr *verdict = nftnl_expr_alloc("immediate");
	struct nftnl_rule *rule = nftnl_rule_alloc();

	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, "t");
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	if (handle)
		nftnl_rule_set_u64(rule, NFTNL_RULE_HANDLE, handle);
	load(rule, NFT_PAYLOAD_LL_HEADER, 12, &(uint16_t){htons(0x0800)}, 2);
	load(rule, NFT_PAYLOAD_NETWORK_HEADER, good ? 12 : 2, &(uint32_t){htonl(0x0a000000 + n)},
	     4);
	nftnl_rule_add_expr(rule, nftnl_expr_alloc("counter"));
	nftnl_expr_set_u32(verdict, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(verdict, NFTNL_EXPR_IMM_VERDICT, NF_DROP);
	nftnl_rule_add_expr(rule, verdict);
	nftnl_rule_nlmsg_build_payload(nlh, rule);
	nftnl_rule_free(rule);
	batch_add(w, nlh);
}

void delete_rule(struct world *w, const char *chain, uint64_t handle)
{
	struct nlmsghdr *nlh = nft_message(w, NFT_MSG_DELRULE, 0);

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
	mnl_attr_put_u64(nlh, NFTA_RULE_HANDLE, htobe64(handle));
	batch_add(w, nlh);
}

void delete_chain(struct world *w, const char *chain)
{
	struct nlmsghdr *nlh = nft_message(w, NFT_MSG_DELCHAIN, 0);

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, chain);
	batch_add(w, nlh);
}

/* ---- answers ---- */

static char text[1 << 16];

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, sizeof(text) - used, format, arguments);
	va_end(arguments);
}

static void note_error(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*error);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
	note("%s%u:%s", text[0] ? " " : "", nlh->nlmsg_seq,
	     error->error ? errno_name(-error->error) : "0");
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each (attr, nlh, (unsigned int)skip) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS)
			note("@%u", mnl_attr_get_u32(attr));
	}
}

const char *errors(const struct world *w)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)w->received.data;
	int left = (int)w->received.size;

	text[0] = '\0';
	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type == NLMSG_ERROR)
			note_error(nlh);
	}
	return text;
}

static int note_counter(struct nftnl_expr *expr, void *context)
{
	if (!strcmp(nftnl_expr_get_str(expr, NFTNL_EXPR_NAME), "counter"))
		note("(%llu)",
		     (unsigned long long)nftnl_expr_get_u64(expr, NFTNL_EXPR_CTR_PACKETS));
	return 0;
}

static void note_rule(const struct nlmsghdr *nlh)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (nftnl_rule_nlmsg_parse(nlh, rule) < 0)
		abort();
	note("%s%s:%llu", text[0] ? " " : "", nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN),
	     (unsigned long long)nftnl_rule_get_u64(rule, NFTNL_RULE_HANDLE));
	nftnl_expr_foreach(rule, note_counter, NULL);
	nftnl_rule_free(rule);
}

const char *rules(struct world *w)
{
	const struct nlmsghdr *nlh;
	int left;

	w->batch_size = 0;
	nlh = nft_message(w, NFT_MSG_GETRULE, NLM_F_DUMP);
	world_send(w, nlh, nlh->nlmsg_len);
	text[0] = '\0';
	nlh = (const struct nlmsghdr *)w->received.data;
	left = (int)w->received.size;
	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
			note_rule(nlh);
	}
	return text;
}
