/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nf_tables endpoint alone: a server that only remembers what was sent, and a NIC driver that
 * refuses what it is told to refuse and writes down its commands.
 *
 * It defines the functions of the server and of rt that the endpoint calls, so a program with it
 * must not pull these in from the library. One world at a time.
 *
 * The functions with world_ in their names have a second form (tests/vm/corpus/kernel_world.c),
 * whose other end is a real kernel with nsim_nft_offload.ko; the messages and the scripts of
 * nft_script.h work on both.
 */
#ifndef NICEMU_TESTS_NFT_WORLD_H
#define NICEMU_TESTS_NFT_WORLD_H

#include <nicemu/base/buffer.h>
#include <nicemu/control/nft.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>

struct world {
	struct nic nic;
	struct kernel_behavior kernel;
	struct clock clock;
	struct log *log;
	struct offload *offload;
	struct offload_tap tap;
	struct nft *nft;
	const struct server_endpoint *endpoint;
	const struct rt_listener *listener; /* tells the endpoint that ports come and go */

	/* What the driver was told: "BIND eth0", "REPLACE eth0 1" … one line each, cookie last. */
	char commands[8192];
	/* The driver refuses the n-th (from 1) command of this verb with this errno. */
	enum offload_verb refuse_verb;
	int refuse_after, refuse_error;
	/* What the driver tells as totals of every entry. */
	uint64_t packets, bytes;

	/* What the client got, message by message without padding between. */
	struct buffer received;
	bool ext_ack, cap_ack, listening;
	/* A batch under construction. */
	_Alignas(8) uint8_t batch[1 << 18];
	size_t batch_size, last; /* last: where its last message starts */
	uint32_t sequence;
};

void world_open(struct world *w, const char *kernel);
void world_close(struct world *w);

/* Hand bytes to the endpoint as one datagram; received is emptied before. */
void world_send(struct world *w, const void *data, size_t size);

/* A device is deleted, made, renamed. */
void world_gone(struct world *w, const char *device);
void world_came(struct world *w, const char *device);
void world_renamed(struct world *w, const char *device, const char *name);
/* From now on the driver tells these totals of every entry. */
void world_totals(struct world *w, uint64_t packets);

/* nft_messages.c: */
void batch_begin(struct world *w);
struct nlmsghdr *batch_message(struct world *w, uint16_t type, uint16_t family, uint16_t flags);
/* After attributes have been put. */
void batch_add(struct world *w, const struct nlmsghdr *nlh);
/* Without end it is a check. */
void batch_send(struct world *w, bool end);

void add_table(struct world *w, const char *name);
/* devices: one or two names, the second may be NULL. flags: NFT_CHAIN_HW_OFFLOAD or 0. */
void add_chain(struct world *w, const char *name, const char *device, const char *second,
	       uint32_t flags, uint32_t policy);
/* `ip saddr 10.0.0.N counter drop`; good false: an expression that cannot be offloaded. */
void add_rule(struct world *w, const char *chain, uint16_t flags, uint64_t handle, unsigned int n,
	      bool good);
void delete_rule(struct world *w, const char *chain, uint64_t handle);
void delete_chain(struct world *w, const char *chain);

/* Errors received: "sequence:ERRNO[@offset] …". */
const char *errors(const struct world *w);

/* All rules' handles as a dump tells them, "chain:handle(packets) …". */
const char *rules(struct world *w);

#endif
