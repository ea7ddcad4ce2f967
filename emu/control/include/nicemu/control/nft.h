/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nf_tables endpoint: what the kernel's nfnetlink subsystem NFNL_SUBSYS_NFTABLES does, for
 * clients of the emulator.
 *
 * It keeps tables, chains, rules, sets, elements and stateful objects; handles batches all or
 * nothing; answers with the kernel's errno at the kernel's message; dumps what a kernel dumps; and
 * for netdev chains with `flags offload` sends commands through offload/ at commit, with the
 * kernel's order and rollback.
 *
 * Limits, said when met: flowtables and set elements with a timeout answer EOPNOTSUPP. Nothing
 * executes rules outside offload chains, so those that would change a set are only kept.
 *
 * Threading: event loop.
 */
#ifndef NICEMU_CONTROL_NFT_H
#define NICEMU_CONTROL_NFT_H

#include <nicemu/base/clock.h>
#include <nicemu/base/log.h>
#include <nicemu/base/reason.h>
#include <nicemu/config/kernel.h>
#include <nicemu/config/nic.h>
#include <nicemu/control/rt.h>
#include <nicemu/control/server.h>
#include <nicemu/offload/offload.h>

#include <errno.h>

struct nft;
struct nft_expr; /* translate/expr.h */

/* All borrowed; they outlive the endpoint. rt and log may be NULL. */
struct nft_environment {
	struct server *server;
	struct nic *nic; /* ports are added when nic->open_ports and a chain names one */
	const struct kernel_behavior *kernel;
	struct offload *offload;
	struct rt *rt;
	struct log *log;
	const struct clock *clock;
};

/* NULL when memory is out. */
struct nft *nft_create(const struct nft_environment *environment);
void nft_destroy(struct nft *nft);

/* A rule of an offload chain on one of the chain's ports. Strings are borrowed during the visit. */
struct nft_offload_rule {
	const char *family, *table, *chain; /* "netdev" … */
	uint64_t handle;
	const char *comment; /* or NULL */
	uint16_t port;       /* number */
	int32_t priority;
	bool has_counter;
	bool in_hw;       /* programmed: a REPLACE was accepted for this port */
	uint32_t binding; /* with cookie: names its entry */
	uint64_t cookie;
	const struct flow_rule *flow_rule; /* its translation, or NULL */
	/* Of a real kernel, which does not tell all (see emulator_visit_rules); else NULL. */
	const char *text;
	const struct nft_expr *exprs; /* the rule's expressions; NULL of a real kernel */
	size_t num_exprs;
};

/* In order of tables, chains, rules; for each rule its ports in the chain's order. */
void nft_visit_offload_rules(const struct nft *nft,
			     void (*visit)(void *context, const struct nft_offload_rule *rule),
			     void *context);

/* The statement that contains one of the rule's expressions, as it was written (describe.h). */
void nft_describe_rule(const struct nft *nft, const struct nft_offload_rule *rule, size_t index,
		       char *text, size_t size);

/* A device of an offload chain of the netdev family. Strings are borrowed during the visit. */
struct nft_offload_device {
	const char *family, *table, *chain;
	const char *name; /* of the device; of a prefix, its beginning; NULL: the chain has none */
	bool is_prefix;
	bool drops; /* the chain's policy is drop */
	bool bound; /* the NIC has taken the chain on this device's port */
	int port;   /* number, -1: no port has that name */
};

/* In order of tables, chains, devices; a chain that has lost its devices comes once, too. */
void nft_visit_offload_devices(const struct nft *nft,
			       void (*visit)(void *context,
					     const struct nft_offload_device *device),
			       void *context);

/* The ingress port of the first offload chain (creation order), or -1. */
int nft_first_offload_port(const struct nft *nft);

/*
 * Why messages were refused, oldest first; kept until nft_clear_refusals (at most 100,000, the
 * rest is counted in the log). One for each error that the client got, in that order. sequence is
 * the nlmsg_seq of the message that is refused; with at_commit the client was told the batch's
 * first one instead. Without a better reason, reason->id is "nf-tables". A rule whose chain was
 * refused in the same batch follows: there is no such chain for it, which is nothing new.
 */
struct nft_refusal {
	uint32_t portid, sequence;
	bool at_commit;                     /* the error was sent for the batch's first message */
	bool of_chain, follows;             /* NEWCHAIN; a NEWRULE for such a chain */
	const char *family, *table, *chain; /* NULL where not known */
	const char *expression; /* the statement or match that was refused, as written, or NULL */
	const struct reason *reason; /* only as much of it as its forms need */
	size_t chain_before; /* refusal.c: of_chain and of the same batch, from 1; 0: none */
};
size_t nft_num_refusals(const struct nft *nft);
const struct nft_refusal *nft_refusal(const struct nft *nft, size_t index);
void nft_clear_refusals(struct nft *nft);

/*
 * What was accepted and will surprise: a bug of the chosen kernel that bites ("short-load-mask"),
 * a match that hardware reads differently ("field-matched-twice"), a device that is no port
 * ("device-not-a-port"), is not bound ("device-not-bound") or has gone ("device-gone", with its
 * chain "chain-gone"), an order that hardware has otherwise ("order-differs"), a refused rule that
 * stays in hardware ("stale-rule"), a policy that it is not told ("policy-software-only"). handle
 * is that of the rule, 0 where it is about the chain.
 */
struct nft_warning {
	const char *family, *table, *chain;
	uint64_t handle;
	const char *id, *text;
};

/* Of the rules that are there now, in the order of nft_visit_offload_rules. */
void nft_visit_rule_warnings(const struct nft *nft,
			     void (*visit)(void *context, const struct nft_warning *warning),
			     void *context);

/*
 * Of every batch that was committed, or checked and found right, oldest first; kept until
 * nft_clear_warnings (at most 100,000, the rest is only logged). A rule of a batch that was only
 * checked has the handle that it would have got.
 */
size_t nft_num_warnings(const struct nft *nft);
const struct nft_warning *nft_warning(const struct nft *nft, size_t index);
void nft_clear_warnings(struct nft *nft);

/*
 * What is kept, chain by chain and rule by rule, for who examines rules or runs them. All pointers
 * and strings are the endpoint's and hold until its next message.
 */
struct nft_chain;
struct nft_rule;

struct nft_chain_view {
	const char *family, *table, *name;
	uint8_t nfproto; /* NFPROTO_* of the table */
	bool is_base;    /* only base chains have what follows */
	bool is_offload;
	bool is_dormant; /* its table is: no packet meets it */
	bool drops;      /* policy */
	uint32_t hooknum;
	int32_t priority;
};

struct nft_rule_view {
	uint64_t handle;
	const char *comment; /* or NULL */
	const struct nft_expr *exprs;
	size_t num_exprs;
};

/* As which kernel the endpoint behaves. */
const struct kernel_behavior *nft_kernel(const struct nft *nft);

void nft_chain_look(const struct nft_chain *chain, struct nft_chain_view *view);
void nft_rule_look(const struct nft_rule *rule, struct nft_rule_view *view);

/* In order of tables, chains and rules; the first where the argument is NULL; NULL at the end. */
const struct nft_chain *nft_next_chain(const struct nft *nft, const struct nft_chain *chain);
const struct nft_rule *nft_next_rule(const struct nft_chain *chain, const struct nft_rule *rule);

/* The base chain's devices: calls visit with each port's number. */
void nft_visit_chain_ports(const struct nft *nft, const struct nft_chain *chain,
			   void (*visit)(void *context, uint16_t port), void *context);

/*
 * The base chains that a packet meets at ingress of the port (families netdev and inet), in the
 * kernel's order: by priority, and of equals the one that was hooked in last comes first. The first
 * where chain is NULL; NULL at the end.
 */
const struct nft_chain *nft_next_ingress_chain(const struct nft *nft, uint16_t port,
					       const struct nft_chain *chain);

/* Where the expression (immediate) jumps or goes to; NULL for one that does neither. */
const struct nft_chain *nft_jump_target(const struct nft_expr *expr);

/*
 * What a packet's look-up in a set or map comes to: for expressions that name a set (lookup, objref
 * by map). Elements, their data and expressions are the endpoint's.
 */
struct nft_lookup {
	bool matches;     /* the expression is passed: inversion and catch-all are in it */
	bool has_element; /* what follows is of it */
	bool is_verdict;
	int32_t verdict;
	const struct nft_chain *target; /* of a verdict that jumps */
	const uint8_t *data;            /* of a map of values, data_length bytes; else NULL */
	size_t data_length;
	const struct nft_expr *exprs; /* that the element has of its own */
	size_t num_exprs;
	uint32_t object_type; /* NFT_OBJECT_*, of a map of objects */
};

/* Bytes of the set's keys; 0 where the expression names none. */
size_t nft_lookup_key_length(const struct nft_expr *expr);
/* Its name; "" where there is none. */
const char *nft_lookup_set_name(const struct nft_expr *expr);
/* Elements come and go with packets, so what is kept here says little. */
bool nft_lookup_is_dynamic(const struct nft_expr *expr);
/* key has as many bytes as above; inverted: the look-up passes where there is no element. */
void nft_look_up(const struct nft_expr *expr, const uint8_t *key, bool inverted,
		 struct nft_lookup *lookup);

/*
 * Judge mode: instead of one commit at the end, each message of a batch is carried out and offered
 * to the NIC at once and on its own; every refusal is the message's own error and carries the
 * offset of the refused expression in the extended ack (of one that the driver refuses, found by
 * asking it about the rule with fewer matches); at the end the whole batch is rolled back.
 * For finding every refused rule of a file in one run. A chain that the NIC refuses stays until
 * then, so that its rules are judged too; a device that is no port is refused (ENOENT).
 */
void nft_set_judge(struct nft *nft, bool on);

/*
 * Check mode: what becomes of each rule of a file, whatever becomes of the others. As in judge mode
 * each message is carried out and offered to the NIC at once, a rule on each port of its chain by
 * itself; but what translation, model or capacity refuse is no error of the message, it is a
 * verdict.
 *
 * KEEP: the batch is committed. A refused rule is in the store and not in the NIC; a refused chain
 * is left out, with its rules. LOCATE: nothing is kept, and each message with a verdict is refused
 * so that the client shows where it stands: with NFT_PLACE_WHOLE and no offset, and where a part is
 * to blame a second time, with NFT_PLACE_PART and its offset. What both can't take (an unknown
 * object, a set that is wrong) is an error of its message as ever: in LOCATE the second one.
 */
enum nft_check { NFT_CHECK_OFF, NFT_CHECK_LOCATE, NFT_CHECK_KEEP };

enum { NFT_PLACE_WHOLE = EBADR, NFT_PLACE_PART = EBADRQC };

enum nft_verdict_kind {
	NFT_VERDICT_RULE,       /* of an offload chain: one for each of its ports */
	NFT_VERDICT_CHAIN,      /* an offload chain that is refused */
	NFT_VERDICT_CHAIN_RULE, /* a rule of such a chain: nobody was asked about it */
	NFT_VERDICT_OTHER_RULE, /* a rule that is not for the NIC */
	NFT_VERDICT_FLOWTABLE,  /* not emulated, left out */
	NFT_VERDICT_FLOW_RULE,  /* a rule that adds to a flowtable, left out */
	NFT_VERDICT_MESSAGE,    /* something else that is refused */
	NFT_VERDICT_PLACE,      /* an offload chain that is accepted: where it stands */
	NFT_VERDICT_KINDS
};

struct nft_verdict {
	enum nft_verdict_kind kind;
	uint32_t message;    /* its number in the batch, from 0 */
	unsigned int errors; /* that the client was sent (LOCATE): on a message's first verdict */
	const char *family, *table,
		*chain;              /* NULL where not known; of a flowtable chain is its name */
	uint64_t handle;             /* 0: none */
	int port;                    /* RULE: number; -1: no port was asked */
	const char *expression;      /* the statement or match that was refused, or NULL */
	const struct reason *reason; /* NULL: accepted, or nothing to say */
};

void nft_set_check(struct nft *nft, enum nft_check check);
/* Of the last batch, in order; until the next one or nft_clear_verdicts. */
size_t nft_num_verdicts(const struct nft *nft);
/* How many more there were: only 1,048,576 are kept. */
size_t nft_lost_verdicts(const struct nft *nft);
const struct nft_verdict *nft_verdict(const struct nft *nft, size_t index);
void nft_clear_verdicts(struct nft *nft);

#endif
