/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile packets through drawn rules. An input: which kernel, a seed of 32 bits for the rules, how
 * many bytes of the packet a capture has kept (16 bits, of the rest), and the packet.
 *
 * What a cut packet is found to come to, the whole one must come to as well: what is not known may
 * decide nothing. And every answer must name things that are there.
 */
#include "../control/nft_world.h"
#include "../translate/generator.h"

#include <nicemu/host/ingress.h>

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RULES = 24, HEAD = 7, SET_KEY_LENGTH = 4 };

static struct world world, *const w = &world;

static void expect(bool what, const char *text)
{
	if (what)
		return;
	fprintf(stderr, "%s\n", text);
	abort();
}

/* ---- rules ---- */

static struct nlmsghdr *message(uint8_t type, uint16_t flags)
{
	return batch_message(w, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NFPROTO_NETDEV,
			     NLM_F_CREATE | flags);
}

static void put_be32(struct nlmsghdr *nlh, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(nlh, type, htonl(value));
}

static void add_regular_chain(void)
{
	struct nlmsghdr *nlh = message(NFT_MSG_NEWCHAIN, 0);

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, GENERATOR_CHAIN);
	batch_add(w, nlh);
}

static void add_counter(void)
{
	struct nlmsghdr *nlh = message(NFT_MSG_NEWOBJ, 0);
	struct nlattr *nest;

	mnl_attr_put_strz(nlh, NFTA_OBJ_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_OBJ_NAME, GENERATOR_COUNTER);
	put_be32(nlh, NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
	nest = mnl_attr_nest_start(nlh, NFTA_OBJ_DATA);
	mnl_attr_nest_end(nlh, nest);
	batch_add(w, nlh);
}

static void add_set(const char *name, uint32_t flags, uint32_t data_type)
{
	struct nlmsghdr *nlh = message(NFT_MSG_NEWSET, 0);

	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, name);
	put_be32(nlh, NFTA_SET_FLAGS, flags);
	put_be32(nlh, NFTA_SET_KEY_LEN, SET_KEY_LENGTH);
	put_be32(nlh, NFTA_SET_ID, 1);
	if (flags & NFT_SET_MAP) {
		put_be32(nlh, NFTA_SET_DATA_TYPE, data_type);
		put_be32(nlh, NFTA_SET_DATA_LEN, SET_KEY_LENGTH);
	}
	batch_add(w, nlh);
}

/* The element 10.0.0.1, with what the map has for it. */
static void add_element(const char *set, uint32_t flags, uint32_t data_type)
{
	struct nlmsghdr *nlh = message(NFT_MSG_NEWSETELEM, 0);
	struct nlattr *list, *element, *nest, *verdict;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
	put_be32(nlh, NFTA_DATA_VALUE, 0x0a000001);
	mnl_attr_nest_end(nlh, nest);
	if (flags & NFT_SET_MAP) {
		nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_DATA);
		if (data_type == NFT_DATA_VERDICT) {
			verdict = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);
			put_be32(nlh, NFTA_VERDICT_CODE, (uint32_t)NFT_JUMP);
			mnl_attr_put_strz(nlh, NFTA_VERDICT_CHAIN, GENERATOR_CHAIN);
			mnl_attr_nest_end(nlh, verdict);
		} else {
			put_be32(nlh, NFTA_DATA_VALUE, 5);
		}
		mnl_attr_nest_end(nlh, nest);
	}
	mnl_attr_nest_end(nlh, element);
	mnl_attr_nest_end(nlh, list);
	batch_add(w, nlh);
}

static void add_names(void)
{
	static const struct {
		const char *name;
		uint32_t flags, data_type;
	} sets[] = {
		{GENERATOR_SET, 0, 0},
		{GENERATOR_MAP, NFT_SET_MAP, 0},
		{GENERATOR_VMAP, NFT_SET_MAP, NFT_DATA_VERDICT},
	};

	batch_begin(w);
	add_table(w, "t");
	add_regular_chain();
	add_chain(w, "c", "eth0", NULL, 0, NF_ACCEPT);
	add_counter();
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		add_set(sets[i].name, sets[i].flags, sets[i].data_type);
		add_element(sets[i].name, sets[i].flags, sets[i].data_type);
	}
	batch_send(w, true);
	expect(!*errors(w), "the world is refused");
}

/* Each in a batch of its own: many are refused. */
static void add_rules(uint32_t seed)
{
	struct random random = {.state = seed};

	for (unsigned int i = 0; i < RULES; i++) {
		struct nlmsghdr *nlh;

		batch_begin(w);
		nlh = message(NFT_MSG_NEWRULE, NLM_F_APPEND);
		mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, "t");
		mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, i % 4 ? "c" : GENERATOR_CHAIN);
		if (i % 2)
			generate_offload_rule(nlh, &random);
		else
			generate_expressions(nlh, &random);
		batch_add(w, nlh);
		batch_send(w, true);
	}
}

/* The last one made is kept: most mutations change the packet only. */
static void make_world(uint8_t kernel, uint32_t seed)
{
	static const char *const kernels[] = {"6.18", "6.12", "5.10", "ideal"};
	static uint64_t made = UINT64_MAX;

	if (made == ((uint64_t)(kernel & 3) << 32 | seed))
		return;
	if (made != UINT64_MAX)
		world_close(w);
	made = (uint64_t)(kernel & 3) << 32 | seed;
	world_open(w, kernels[kernel & 3]);
	add_names();
	add_rules(seed);
}

/* ---- packets ---- */

static void check_step(void *context, const struct host_step *step)
{
	expect(!strcmp(step->rule.table, "t") && step->rule.handle, "a step without its rule");
	expect(step->matched == (step->expression < 0), "a step that is both or neither");
	expect(step->matched || (step->name && *step->text), "a failure without a reason");
	expect(memchr(step->text, '\0', sizeof(step->text)), "a text without an end");
}

/* Of exactly these bytes, so that one more is found out. */
static void play(const uint8_t *data, size_t captured, size_t length, struct host_result *result)
{
	uint8_t *bytes = malloc(captured ? captured : 1);
	struct packet packet = {
		.data = bytes, .captured = (uint32_t)captured, .length = (uint32_t)length};

	if (captured)
		memcpy(bytes, data, captured);
	host_ingress(w->nft, &w->nic, &packet, 0, result, check_step, NULL);
	free(bytes);
	expect(result->verdict <= HOST_NOT_INTERPRETED, "no verdict");
	expect((result->verdict == HOST_NOT_INTERPRETED) == (result->not_interpreted != NULL),
	       "what is not interpreted is not named");
	expect((result->verdict == HOST_FORWARD) == (result->ifindex != 0), "no interface");
}

static bool same(const struct host_result *a, const struct host_result *b)
{
	return a->verdict == b->verdict && a->rule.handle == b->rule.handle &&
	       a->by_policy == b->by_policy && a->ifindex == b->ifindex &&
	       a->num_copies == b->num_copies;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_result whole, cut;
	uint32_t seed;
	size_t kept;

	if (size < HEAD)
		return 0;
	memcpy(&seed, data + 1, sizeof(seed));
	make_world(data[0], seed & 0xff);
	kept = (size_t)(data[5] << 8 | data[6]);
	data += HEAD;
	size -= HEAD;
	kept = size ? kept % (size + 1) : 0;
	play(data, size, size, &whole);
	play(data, kept, size, &cut);
	expect(cut.verdict == HOST_NOT_INTERPRETED || same(&cut, &whole),
	       "bytes that were not captured have decided");
	return 0;
}
