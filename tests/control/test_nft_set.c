/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets, elements and objects: a batch that fails at any of its messages leaves no trace. */
#include "nft_world.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nicemu/base/random.h>
#include <stdlib.h>

static struct world world, *const w = &world;

static void open_world(void)
{
	world_open(w, "6.18");
}

static void close_world(void)
{
	world_close(w);
}

TestSuite(nft_set, .init = open_world, .fini = close_world);

/* ---- messages ---- */

static struct nlmsghdr *begin(uint16_t type)
{
	struct nlmsghdr *nlh =
		batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | type, NFPROTO_IPV4, NLM_F_CREATE);

	mnl_attr_put_strz(nlh, 1, "t"); /* NFTA_*_TABLE of all of them */
	return nlh;
}

static void put_be32(struct nlmsghdr *nlh, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(nlh, type, htonl(value));
}

static void table(void)
{
	batch_add(w, begin(NFT_MSG_NEWTABLE));
}

static void chain(const char *name)
{
	struct nlmsghdr *nlh = begin(NFT_MSG_NEWCHAIN);

	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	batch_add(w, nlh);
}

static void object(uint16_t type, const char *name)
{
	struct nlmsghdr *nlh = begin(type);
	struct nlattr *nest;

	mnl_attr_put_strz(nlh, NFTA_OBJ_NAME, name);
	put_be32(nlh, NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
	nest = mnl_attr_nest_start(nlh, NFTA_OBJ_DATA);
	mnl_attr_nest_end(nlh, nest);
	batch_add(w, nlh);
}

static void set(const char *name, uint32_t flags, uint32_t data_type, uint32_t object_type)
{
	struct nlmsghdr *nlh = begin(NFT_MSG_NEWSET);

	mnl_attr_put_strz(nlh, NFTA_SET_NAME, name);
	put_be32(nlh, NFTA_SET_FLAGS, flags);
	put_be32(nlh, NFTA_SET_KEY_LEN, 4);
	put_be32(nlh, NFTA_SET_ID, 1);
	if (data_type)
		put_be32(nlh, NFTA_SET_DATA_TYPE, data_type);
	if (object_type)
		put_be32(nlh, NFTA_SET_OBJ_TYPE, object_type);
	batch_add(w, nlh);
}

static void delete_set(const char *name)
{
	struct nlmsghdr *nlh = begin(NFT_MSG_DELSET);

	mnl_attr_put_strz(nlh, NFTA_SET_NAME, name);
	batch_add(w, nlh);
}

/* jump: a chain, or NULL; counter: an object, or NULL */
static void element(uint16_t type, const char *name, uint32_t key, uint32_t flags, const char *jump,
		    const char *counter)
{
	struct nlmsghdr *nlh = begin(type);
	struct nlattr *list, *elem, *nest, *verdict;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, name);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	if (!(flags & NFT_SET_ELEM_CATCHALL)) {
		nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
		put_be32(nlh, NFTA_DATA_VALUE, key);
		mnl_attr_nest_end(nlh, nest);
	}
	if (flags)
		put_be32(nlh, NFTA_SET_ELEM_FLAGS, flags);
	if (jump) {
		nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_DATA);
		verdict = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);
		put_be32(nlh, NFTA_VERDICT_CODE, (uint32_t)NFT_JUMP);
		mnl_attr_put_strz(nlh, NFTA_VERDICT_CHAIN, jump);
		mnl_attr_nest_end(nlh, verdict);
		mnl_attr_nest_end(nlh, nest);
	}
	if (counter)
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_OBJREF, counter);
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	batch_add(w, nlh);
}

static void flush(const char *name)
{
	struct nlmsghdr *nlh = begin(NFT_MSG_DELSETELEM);

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, name);
	batch_add(w, nlh);
}

static void lookup_rule(const char *name)
{
	struct nlmsghdr *nlh = begin(NFT_MSG_NEWRULE);
	struct nlattr *list, *elem, *data;

	nlh->nlmsg_flags |= NLM_F_APPEND;
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, "x");
	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "payload");
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	put_be32(nlh, NFTA_PAYLOAD_DREG, NFT_REG32_00);
	put_be32(nlh, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	put_be32(nlh, NFTA_PAYLOAD_OFFSET, 12);
	put_be32(nlh, NFTA_PAYLOAD_LEN, 4);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, elem);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "lookup");
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_strz(nlh, NFTA_LOOKUP_SET, name);
	put_be32(nlh, NFTA_LOOKUP_SREG, NFT_REG32_00);
	put_be32(nlh, NFTA_LOOKUP_SET_ID, 1);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	batch_add(w, nlh);
}

static void flush_chain(void)
{
	struct nlmsghdr *nlh = begin(NFT_MSG_DELRULE);

	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, "x");
	batch_add(w, nlh);
}

/* ---- a world with one of each, and a batch that changes all of it ---- */

enum { NEW = NFT_MSG_NEWSETELEM, DEL = NFT_MSG_DELSETELEM, END = NFT_SET_ELEM_INTERVAL_END };

static void prepare(void)
{
	batch_begin(w);
	table();
	chain("a");
	chain("x");
	object(NFT_MSG_NEWOBJ, "o");
	set("s", 0, 0, 0);
	element(NEW, "s", 1, 0, NULL, NULL);
	element(NEW, "s", 0, NFT_SET_ELEM_CATCHALL, NULL, NULL);
	set("i", NFT_SET_INTERVAL, 0, 0);
	element(NEW, "i", 10, 0, NULL, NULL);
	element(NEW, "i", 20, END, NULL, NULL);
	set("m", NFT_SET_MAP, NFT_DATA_VERDICT, 0);
	element(NEW, "m", 1, 0, "a", NULL);
	set("c", NFT_SET_OBJECT, 0, NFT_OBJECT_COUNTER);
	element(NEW, "c", 1, 0, NULL, "o");
	lookup_rule("s");
	batch_send(w, true);
	cr_assert_str_empty(errors(w));
}

static void change_1(void)
{
	element(NEW, "s", 2, 0, NULL, NULL);
}
static void change_2(void)
{
	element(DEL, "s", 1, 0, NULL, NULL);
}
static void change_3(void)
{
	element(NEW, "s", 1, 0, NULL, NULL);
}
static void change_4(void)
{
	element(DEL, "s", 0, NFT_SET_ELEM_CATCHALL, NULL, NULL);
}
static void change_5(void)
{
	element(DEL, "i", 10, 0, NULL, NULL);
}
static void change_6(void)
{
	element(DEL, "i", 20, END, NULL, NULL);
}
static void change_7(void)
{
	element(NEW, "i", 12, 0, NULL, NULL);
}
static void change_8(void)
{
	element(NEW, "m", 2, 0, "a", NULL);
}
static void change_9(void)
{
	flush("m");
}
static void change_10(void)
{
	delete_set("m");
}
static void change_11(void)
{
	set("m", 0, 0, 0);
}
static void change_12(void)
{
	element(NEW, "c", 2, 0, NULL, "o");
}
static void change_13(void)
{
	delete_set("c");
}
static void change_14(void)
{
	object(NFT_MSG_DELOBJ, "o");
}
static void change_15(void)
{
	object(NFT_MSG_NEWOBJ, "o");
}
static void change_16(void)
{
	set("__set%d", NFT_SET_ANONYMOUS | NFT_SET_CONSTANT, 0, 0);
}
static void change_17(void)
{
	element(NEW, "__set0", 7, 0, NULL, NULL);
}
static void change_18(void)
{
	lookup_rule("__set%d");
}
static void change_19(void)
{
	flush_chain();
}
static void change_20(void)
{
	delete_set("s");
}
static void change_21(void)
{
	flush("i");
}
static void change_22(void)
{
	delete_set("i");
}

static void (*const changes[])(void) = {
	change_1,  change_2,  change_3,  change_4,  change_5,  change_6,  change_7,  change_8,
	change_9,  change_10, change_11, change_12, change_13, change_14, change_15, change_16,
	change_17, change_18, change_19, change_20, change_21, change_22,
};
enum { CHANGES = sizeof(changes) / sizeof(*changes) };

/* ---- what is there, as bytes ---- */

static void ask(struct buffer *all, uint16_t type, const char *name)
{
	struct nlmsghdr *nlh;

	w->batch_size = 0;
	nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | type, NFPROTO_IPV4, NLM_F_DUMP);
	if (name) {
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, "t");
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, name);
	}
	nlh->nlmsg_seq = 1;
	world_send(w, nlh, nlh->nlmsg_len);
	buffer_append(all, w->received.data, w->received.size);
}

static struct buffer everything(void)
{
	static const uint16_t types[] = {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE,
					 NFT_MSG_GETSET, NFT_MSG_GETOBJ};
	static const char *const sets[] = {"s", "i", "m", "c"};
	struct buffer all = {0};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		ask(&all, types[i], NULL);
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		ask(&all, NFT_MSG_GETSETELEM, sets[i]);
	return all;
}

static bool same(const struct buffer *a, const struct buffer *b)
{
	return a->size == b->size && !memcmp(a->data, b->data, a->size);
}

Test(nft_set, all_changes_together_are_accepted)
{
	struct buffer before, after;

	prepare();
	before = everything();
	batch_begin(w);
	for (int i = 0; i < CHANGES; i++)
		changes[i]();
	batch_send(w, true);
	cr_assert_str_empty(errors(w), "%s", errors(w));
	after = everything();
	cr_assert(!same(&before, &after));
	buffer_clear(&before);
	buffer_clear(&after);
}

/* The failing message names a chain that does not exist; or the batch has no end. */
Test(nft_set, a_batch_that_fails_after_any_message_changes_nothing)
{
	struct buffer before, after;

	prepare();
	before = everything();
	for (int failing = 0; failing < 2; failing++) {
		for (int num = 1; num <= CHANGES; num++) {
			batch_begin(w);
			for (int i = 0; i < num; i++)
				changes[i]();
			if (failing)
				delete_chain(w, "nowhere");
			batch_send(w, failing);
			cr_assert_eq(errors(w)[0] != '\0', failing, "%d: %s", num, errors(w));
			after = everything();
			cr_assert(same(&before, &after), "after %d changes", num);
			buffer_clear(&after);
		}
	}
	buffer_clear(&before);
}

/* Bytes of the batch turned over: whatever is answered, nothing is kept without its end. */
Test(nft_set, a_hostile_check_changes_nothing)
{
	enum { SEED = 20261121, ROUNDS = 4000 };
	struct random random = {.state = SEED};
	struct buffer before, after;

	prepare();
	before = everything();
	for (int round = 0; round < ROUNDS; round++) {
		batch_begin(w);
		for (int i = 0; i < CHANGES; i++)
			changes[i]();
		for (int flips = 1 + (int)random_below(&random, 4); flips; flips--) {
			size_t at = 20 + random_below(&random, w->batch_size - 20);

			w->batch[at] = (uint8_t)random_below(&random, 256);
		}
		batch_send(w, false);
		if (round % 16)
			continue;
		after = everything();
		cr_assert(same(&before, &after), "seed %d, round %d", SEED, round);
		buffer_clear(&after);
	}
	buffer_clear(&before);
}
