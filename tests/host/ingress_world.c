/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ingress_world.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

static struct world world;
struct world *const w = &world;
struct host_result result;
struct host_step last;
char walked[256];

void open_world(void)
{
	world_open(w, "6.18");
	batch_begin(w);
	add_table(w, "t");
}

void close_world(void)
{
	world_close(w);
}

/* ---- rule sets ---- */

void table_of(uint16_t family, uint32_t flags)
{
	struct nlmsghdr *nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE,
					     family, NLM_F_CREATE);

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "t");
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(flags));
	batch_add(w, nlh);
}

/* A base chain on eth0, or with hooknum -1 a regular one. */
void chain_of(uint16_t family, const char *name, int hooknum, int priority, uint32_t policy)
{
	struct nlmsghdr *nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN,
					     family, NLM_F_CREATE);
	struct nlattr *hook;

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	if (hooknum >= 0) {
		hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
		mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl((uint32_t)hooknum));
		mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)priority));
		mnl_attr_put_strz(nlh, NFTA_HOOK_DEV, "eth0");
		mnl_attr_nest_end(nlh, hook);
		mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(policy));
	}
	batch_add(w, nlh);
}

void base(const char *name, int priority, uint32_t policy)
{
	chain_of(NFPROTO_NETDEV, name, 0, priority, policy);
}

void regular(const char *name)
{
	chain_of(NFPROTO_NETDEV, name, -1, 0, 0);
}

void begin_rule(const char *chain)
{
	rule_start_in(w, NFPROTO_NETDEV, chain);
}

void put_meta(uint32_t key)
{
	expr_start("meta");
	put_u32(NFTA_META_DREG, NFT_REG_1);
	put_u32(NFTA_META_KEY, key);
	expr_end();
}

/* A rule `chain: verdict`, without a match. */
void always(const char *chain, uint32_t verdict)
{
	begin_rule(chain);
	put_verdict(verdict);
	rule_end(w);
}

void jump(const char *chain, uint32_t verdict, const char *target)
{
	begin_rule(chain);
	put_verdict_to(verdict, target);
	rule_end(w);
}

void load(void)
{
	batch_send(w, true);
	cr_assert_str_empty(errors(w), "the rules are refused: %s", errors(w));
}

/* ---- packets ---- */

static void see(void *context, const struct host_step *step)
{
	size_t used = strlen(walked);

	last = *step;
	if (step->matched && used + 1 < sizeof(walked))
		snprintf(walked + used, sizeof(walked) - used, "%c", step->rule.chain[0]);
}

enum host_verdict play(const struct packet *packet)
{
	walked[0] = '\0';
	memset(&last, 0, sizeof(last));
	host_ingress(w->nft, &w->nic, packet, 0, &result, see, NULL);
	return result.verdict;
}

enum host_verdict play_frame(const struct frame_bytes *f)
{
	struct packet packet = packet_of(f);

	return play(&packet);
}

enum host_verdict play_udp(void)
{
	struct frame_bytes f;

	put_ethernet(&f, IPV4);
	put_ipv4(&f, UDP, 0, 8);
	put_udp(&f, 1000, 53, 0);
	return play_frame(&f);
}
