/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One packet in one chain: its registers, and what an expression does with them. Each kind of
 * expression is a row of the table in expressions.c.
 *
 * Threading: none; lives on the caller's stack.
 */
#ifndef NICEMU_HOST_RUN_H
#define NICEMU_HOST_RUN_H

#include "frame.h"

#include <nicemu/host/ingress.h>
#include <nicemu/translate/expr.h>

/* Before the kernel's headers, which then leave out what it defines. */
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

enum { RUN_WORDS = 20, RUN_WORD = 4 }; /* registers, numbered as in struct nft_expr */

/* What an expression comes to. */
enum run_outcome {
	RUN_ON,      /* the next one */
	RUN_BREAK,   /* the rule does not match */
	RUN_VERDICT, /* run->verdict and what belongs to it is set */
	RUN_STUCK,   /* can't be interpreted */
};

/* How the bytes of a register read best. */
enum run_form {
	RUN_BYTES,  /* hexadecimal, or the address that they are */
	RUN_NUMBER, /* of the CPU's byte order */
	RUN_NAME,
};

/* What a register holds, for texts. */
struct run_source {
	const char *what; /* static: "network header", "meta mark"; NULL: nothing is known */
	enum run_form form;
	bool has_offset;
	uint32_t offset; /* of the header's bytes that the word starts with */
};

struct run {
	const struct kernel_behavior *kernel;
	const struct nic *nic;
	uint8_t nfproto; /* of the hook that the chain believes in: NFPROTO_NETDEV, or an IP
			    version's */
	uint16_t port;
	struct frame *frame;
	struct host_result *result; /* copies are noted here */

	union {
		uint32_t words[RUN_WORDS];
		uint8_t bytes[RUN_WORDS * RUN_WORD];
	} registers;
	uint32_t written; /* bit n: word n has been */
	struct run_source sources[RUN_WORDS];

	int32_t verdict;                /* RUN_VERDICT: NF_ACCEPT … NFT_RETURN … */
	const struct nft_chain *target; /* of jump and goto */
	uint32_t ifindex;               /* of NF_STOLEN: where the packet has gone, 0: nowhere */

	char text[sizeof(((struct host_step *)0)->text)]; /* why BREAK or STUCK */
};

/* Runs one expression of the rule. */
enum run_outcome run_expression(struct run *run, const struct nft_expr *expr);

/* ---- for the rows ---- */

/* Both set the text and return their outcome, so that `return run_break(…)` reads. */
enum run_outcome run_break(struct run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
enum run_outcome run_stuck(struct run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* size bytes of a register, NULL (and the text is set) where nothing has been written there. */
const uint8_t *run_load(struct run *run, uint8_t word, size_t size);

/* Write size bytes; the last word is filled up with zeroes, as the kernel does. */
void run_store(struct run *run, uint8_t word, const void *bytes, size_t size,
	       struct run_source source);

/* size bytes as text: hexadecimal, or an address where it is one. At most 16 of them. */
void run_print(char *text, size_t size, const struct run_source *source, const uint8_t *bytes,
	       size_t length);
/* "network header + 12", "meta mark", "register". */
void run_print_source(char *text, size_t size, const struct run_source *source);

/* A verdict, whichever way it came; target: of one that jumps. */
enum run_outcome run_verdict(struct run *run, int32_t verdict, const struct nft_chain *target);

/* The rows, by the file that has them. */
enum run_outcome run_payload(struct run *run, const struct nft_expr *expr);
enum run_outcome run_meta(struct run *run, const struct nft_expr *expr);
enum run_outcome run_exthdr(struct run *run, const struct nft_expr *expr);
enum run_outcome run_cmp(struct run *run, const struct nft_expr *expr);
enum run_outcome run_range(struct run *run, const struct nft_expr *expr);
enum run_outcome run_bitwise(struct run *run, const struct nft_expr *expr);
enum run_outcome run_byteorder(struct run *run, const struct nft_expr *expr);
enum run_outcome run_lookup(struct run *run, const struct nft_expr *expr);
enum run_outcome run_object(struct run *run, const struct nft_expr *expr);
enum run_outcome run_immediate(struct run *run, const struct nft_expr *expr);
enum run_outcome run_forward(struct run *run, const struct nft_expr *expr);
enum run_outcome run_copy(struct run *run, const struct nft_expr *expr);

#endif
