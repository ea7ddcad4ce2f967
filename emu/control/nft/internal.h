/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the nf_tables endpoint: store, calls, transactions, answers.
 *
 * How a message goes: batch.c takes datagrams apart as nfnetlink does; messages.c finds the row of
 * its table (struct nft_message_type) and parses the attributes by the row's policy; the row's
 * handler changes the store at once and appends a transaction (struct nft_trans) that can commit or
 * abort the change; at BATCH_END transaction.c commits all, or aborts all backwards.
 *
 * What a message sees. A kernel has two generations. Here a request is handled whole, so nobody
 * looks while a batch is open except the batch's own messages, and these see the next generation:
 *   - the hashes (names, handles, ids) show the next generation: an object that a message deletes
 *     leaves its name hash at once, and comes back on abort;
 *   - the lists show both: `dead` marks what the open batch deletes. It stays in its list until
 *     commit, because commands, notifications and rule positions still need it. Whoever walks a
 *     list inside a batch skips dead objects; outside a batch there are none.
 * So dumps (never inside a batch) need no test, and look-ups by hash neither.
 *
 * Use counts are the kernel's: table->use counts chains, sets, objects (not rules); chain->use
 * counts its rules and the jumps to it; set->use and object->use count what refers to them.
 *
 * To add message types: write a struct nft_message_group and put its name into messages.c.
 *
 * Threading: event loop.
 */
#ifndef NICEMU_CONTROL_NFT_INTERNAL_H
#define NICEMU_CONTROL_NFT_INTERNAL_H

#include "attr.h"
#include "message.h"
#include "uapi.h"

#include <nicemu/base/buffer.h>
#include <nicemu/control/nft.h>
#include <nicemu/flow/rule.h>
#include <nicemu/translate/expr.h>
#include <nicemu/translate/translate.h>

/* Out of memory is an error of the message, never the end of the program. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

struct nft_set;    /* set.h */
struct nft_object; /* object.h */
struct nft_trans;
struct nft_call;

/* ---- store ---- */

enum nft_validate_state { NFT_VALIDATE_SKIP, NFT_VALIDATE_NEED, NFT_VALIDATE_DO };

struct nft_table {
	struct nft_table *prev, *next;
	char *name;
	uint8_t family;
	uint32_t flags; /* NFT_TABLE_F_* */
	uint32_t owner; /* port id, with NFT_TABLE_F_OWNER */
	uint64_t handle;
	uint64_t hgenerator; /* last handle given to a chain, rule, set or object of this table */
	uint32_t use;
	void *userdata;
	uint16_t userdata_size;
	bool dead;
	bool update_pending; /* this batch changes its flags */
	enum nft_validate_state validate_state;
	bool invalid; /* found so by the open batch's last validation of one of its rules */

	struct nft_chain *chains;        /* list, in order of creation */
	struct nft_chain *chain_names;   /* hash by name */
	struct nft_chain *chain_handles; /* hash by handle */
	struct nft_rule *rule_handles;   /* hash by handle, rules of all chains */
	/* Owned by set.c and object.c; freed with the table, empty then. */
	struct nft_set *sets, *set_names;
	struct nft_object *objects, *object_names;
};

/* A device of a base chain, by name: the port may not exist. */
struct nft_hook {
	struct nft_hook *prev, *next;
	char device[NIC_NAME_SIZE];
	bool is_prefix;
	bool dead;        /* this batch takes it off the chain */
	uint32_t binding; /* from offload_bind; 0: not bound */
	int port;         /* of the binding; -1 without */
	uint64_t number;  /* in the order in which hooks are registered */
};

struct nft_chain_type {
	const char *name;   /* "filter" … */
	uint32_t hook_mask; /* bit n: hook number n */
};

struct nft_chain {
	struct nft_chain *prev, *next;
	struct nft_table *table;
	char *name;
	uint64_t handle;
	uint32_t flags; /* NFT_CHAIN_* */
	uint32_t use;
	void *userdata;
	uint16_t userdata_size;
	bool dead;
	bool bound; /* NFT_CHAIN_BINDING and named by a rule */
	bool owned; /* its rule has taken it off the table and frees it */
	struct nft_rule *rules;

	/* Base chains (NFT_CHAIN_BASE) */
	const struct nft_chain_type *type;
	uint32_t hooknum;
	int32_t priority;
	uint8_t policy; /* NF_ACCEPT or NF_DROP */
	bool has_counters;
	uint64_t packets, bytes;
	struct nft_hook *hooks;

	/* Validation of jumps: the deepest level at which it was found right in this walk. */
	uint32_t validated_walk, validated_level;

	bool order_known; /* while warnings are collected: its rules' before_older */

	UT_hash_handle by_name, by_handle;
};

struct nft_rule {
	struct nft_rule *prev, *next;
	struct nft_chain *chain;
	uint64_t handle;
	struct nft_expr *exprs;
	size_t num_exprs;
	void *userdata;
	uint16_t userdata_size;
	bool dead;
	bool hashed; /* in rule_handles: a replaced rule leaves its handle to its successor */
	/* Offload chains */
	uint64_t cookie;
	struct flow_rule *flow;
	bool refused;                      /* check mode: kept, but the NIC does not have it */
	struct nft_rule_warning *warnings; /* of its translation */
	bool before_older; /* stands before a rule that came earlier; see order_known */
	UT_hash_handle by_handle;
};

/* Numbers that a batch gives to its new objects (NFTA_*_ID), until the batch ends. */
enum nft_id_kind { NFT_ID_CHAIN, NFT_ID_RULE, NFT_ID_SET };

struct nft_id_key {
	uint64_t kind; /* enum nft_id_kind, 64 bits wide so that the key has no padding */
	uint64_t id;
	const void *owner; /* the table; for a rule its chain */
};

struct nft {
	struct nft_environment env;
	struct server_endpoint endpoint;
	uint32_t generation;   /* base_seq */
	uint64_t table_handle; /* last handle given to a table */
	uint64_t chain_number; /* last number of an automatic chain name */
	uint64_t cookie;       /* last offload cookie */
	uint64_t hook_number;  /* last one that was registered */
	uint32_t validate_walk;
	struct nft_table *tables;
	struct nft_trans *transactions; /* of the open batch, in order */
	struct nft_id *ids, *ids_by_object;
	struct nft_pending *notifications;
	struct nft_refusal *refusals; /* array; strings owned */
	size_t num_refusals, room_refusals, lost_refusals;
	size_t last_refused_chain;    /* of the open batch: which refusal, from 1; 0: none */
	struct nft_warning *warnings; /* array; strings owned, but the id */
	size_t num_warnings, room_warnings;
	struct rt_listener listener;  /* device.c */
	bool devices_changed;         /* a port has gone or come since the start */
	bool silent;                  /* nobody is told of this commit */
	bool validate_all;            /* new tables start at NFT_VALIDATE_DO */
	bool judge;                   /* judge mode */
	enum nft_check check;         /* check mode */
	struct nft_verdict *verdicts; /* array; strings and reasons owned */
	size_t num_verdicts, room_verdicts, lost_verdicts;
	struct nft_refused_chain *refused_chains; /* of the open batch and before (check.c) */
	struct nft_writer writer;                 /* scratch: answers and notifications */
	struct nft_writer dump_writer;            /* scratch: messages of a dump */
	struct buffer log_line;                   /* scratch: offload_log.c */
};

/* store.c: by attribute, in the next generation. NULL and *error = 0 or the kernel's errno. */
struct nft_table *nft_table_find(struct nft *nft, const struct nlattr *name, uint8_t family,
				 uint32_t portid, int *error);
struct nft_table *nft_table_find_handle(struct nft *nft, const struct nlattr *handle,
					uint8_t family, uint32_t portid, int *error);
struct nft_chain *nft_chain_find(struct nft_table *table, const struct nlattr *name, int *error);
struct nft_chain *nft_chain_find_handle(struct nft_table *table, uint64_t handle);
struct nft_chain *nft_chain_find_id(struct nft *nft, struct nft_table *table,
				    const struct nlattr *id);
struct nft_rule *nft_rule_find_handle(struct nft_chain *chain, uint64_t handle);

/* Link into list and hashes; unlink from the hashes only; unlink from both. */
void nft_chain_link(struct nft_chain *chain);
void nft_chain_unhash(struct nft_chain *chain);
void nft_chain_rehash(struct nft_chain *chain);
void nft_chain_unlink(struct nft_chain *chain);
void nft_rule_hash(struct nft_rule *rule);
void nft_rule_unhash(struct nft_rule *rule);
void nft_rule_unlink(struct nft_rule *rule);

void nft_table_free(struct nft_table *table);
void nft_chain_free(struct nft_chain *chain);
/* Expressions must have dropped their references (reference.c). */
void nft_rule_free(struct nft_rule *rule);
void nft_hooks_free(struct nft_hook *hooks);
/* A table that wakes up hooks its chains in again, behind all others. */
void nft_hooks_register(struct nft *nft, struct nft_table *table);
struct nft_hook *nft_hook_find(struct nft_hook *hooks, const struct nft_hook *like);

static inline uint64_t nft_handle_alloc(struct nft_table *table)
{
	return ++table->hgenerator;
}

static inline bool nft_chain_is_base(const struct nft_chain *chain)
{
	return chain->flags & NFT_CHAIN_BASE;
}

static inline bool nft_chain_is_offload(const struct nft_chain *chain)
{
	return chain->flags & NFT_CHAIN_HW_OFFLOAD;
}

/* The chain's packets come from devices that it names: netdev, and ingress of inet. */
static inline bool nft_chain_has_devices(uint8_t family, uint32_t hooknum)
{
	return family == NFPROTO_NETDEV || (family == NFPROTO_INET && hooknum == NF_INET_INGRESS);
}

/*
 * ids.c: the batch's numbers. nft_id_add: 0 or -ENOMEM; of several equal ones the first is found,
 * or with replace the last. nft_id_forget: object is going away.
 */
int nft_id_add(struct nft *nft, enum nft_id_kind kind, const void *owner, uint32_t id, void *object,
	       bool replace);
void *nft_id_find(const struct nft *nft, enum nft_id_kind kind, const void *owner, uint32_t id);
void nft_id_forget(struct nft *nft, const void *object);
void nft_ids_clear(struct nft *nft);

/* ---- calls: one message being handled ---- */

struct nft_call {
	struct nft *nft;
	struct client *client;
	const struct nlmsghdr *nlh;
	uint32_t portid, sequence;
	uint16_t flags;                    /* NLM_F_* */
	uint8_t message;                   /* NFT_MSG_* */
	uint8_t family;                    /* NFPROTO_* as the message says */
	const struct nlattr *const *attrs; /* [max_attribute + 1], NULL where absent */
	struct nft_extack extack;
	/* For the refusal record: filled as far as the handler comes. Borrowed during the call. */
	const struct nft_table *table;
	const struct nft_chain *chain;
	char expression[240]; /* as it was written */
	struct reason reason;
	bool refused; /* recorded already */
	/* Check mode */
	uint32_t number;       /* of the message in its batch */
	unsigned int verdicts; /* that it has got, and whose place is asked for */
	bool excused;          /* refused, and the batch goes on without it */
	int translation;       /* errno of the translation that a rule is kept without */
};

/* Point the extended ack at attr (may be NULL) and return error, so that `return nft_bad(…)` reads.
 */
static inline int nft_bad(struct nft_call *call, const struct nlattr *attr, int error)
{
	call->extack.attr = attr;
	return error;
}

/*
 * Not done by nicemu though a kernel would: -EOPNOTSUPP, and why in the refusal record.
 */
int nft_unsupported(struct nft_call *call, const char *id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct nft_message_type {
	uint8_t message; /* NFT_MSG_* */
	bool batch;      /* true: only inside a batch; false: only outside */
	uint16_t max_attribute;
	const struct nft_policy *policy; /* [max_attribute + 1] */
	/*
	 * 0 or a negative errno, with call->extack set. A batch handler that fails may leave
	 * transactions behind: they are aborted. A handler outside a batch answers with nft_reply,
	 * or starts a dump (nft_dump_begin) and returns nft_dump_end's value.
	 */
	int (*handle)(struct nft_call *call);
};

struct nft_message_group {
	const struct nft_message_type *types;
	size_t num_types;
};

extern const struct nft_message_group nft_table_messages, nft_chain_messages, nft_rule_messages,
	nft_generation_messages, nft_flowtable_messages, nft_set_messages, nft_setelem_messages,
	nft_object_messages;

/* messages.c: the row for NFT_MSG_message, or NULL: there is no such message. */
const struct nft_message_type *nft_message_find(uint8_t message);

/* ---- transactions ---- */

struct nft_trans_type {
	const char *name; /* in the log */
	/* Before anything is committed: 0, or an errno that refuses the batch. May be NULL. */
	int (*check)(struct nft *nft, struct nft_trans *trans);
	/* Make the change final; queue notifications. In order. */
	void (*commit)(struct nft *nft, struct nft_trans *trans);
	/* Undo the change. In reverse order. */
	void (*abort)(struct nft *nft, struct nft_trans *trans);
	/*
	 * After all commits (in order) or all aborts (in reverse): free what nobody needs any more.
	 * May be NULL. The transaction itself is freed by transaction.c.
	 */
	void (*release)(struct nft *nft, struct nft_trans *trans, bool committed);
	/* Bytes of the transaction: its own struct, which starts with struct nft_trans. */
	size_t size;
};

struct nft_trans {
	struct nft_trans *prev, *next;
	const struct nft_trans_type *type;
	struct nft_table *table;
	/* From the message, for notifications. */
	struct client *client;
	uint32_t portid, sequence;
	uint16_t flags;
	uint8_t family;
};

/* A zeroed transaction of the type at the end of the batch's; NULL: memory is out. */
void *nft_trans_add(struct nft_call *call, const struct nft_trans_type *type,
		    struct nft_table *table);

/*
 * transaction.c. Validate: 0, or -EAGAIN: some table's jumps are wrong. The batch is then aborted
 * and handled once more; with validate_all each rule is validated at its own message and gets the
 * error.
 */
int nft_validate(struct nft *nft);
/* For deletions that nobody asked for: no notification, no new generation. */
void nft_commit_silently(struct nft_call *call);
/* Commit: 0, or the errno and *reason (the batch must then be aborted). */
int nft_commit(struct nft_call *call);
/* Abort everything after mark (NULL: everything). */
void nft_abort(struct nft *nft, struct nft_trans *mark);
/* The last transaction so far, for nft_abort; NULL at the start of a batch. */
struct nft_trans *nft_trans_mark(const struct nft *nft);

/* ---- answers ---- */

/*
 * reply.c: NLMSG_ERROR for the call's message: error 0 or a negative errno, extended ack as the
 * client's socket options say. 0 or -ENOBUFS.
 */
int nft_acknowledge(struct nft_call *call, int error);

/* policy_dump.c: append what the policy asks for as a nest of this type. */
void nft_policy_append(struct buffer *b, uint16_t type, const struct nft_policy *policy);

/* Start the answer (a message NFT_MSG_event with nfgenmsg) in nft->writer. */
struct nft_writer *nft_reply_begin(struct nft_call *call, uint8_t event, uint16_t flags,
				   uint8_t family);
/* Send it to the client. 0, -EMSGSIZE or -ENOBUFS. */
int nft_reply_send(struct nft_call *call);

/*
 * dump.c: many messages to one client, cut into datagrams of at most NLMSG_DATAGRAM_SIZE (a larger
 * message travels alone), ended by NLMSG_DONE.
 */
struct nft_dump {
	struct nft_call *call;
	struct buffer datagram;
	int error; /* sticky */
};

void nft_dump_begin(struct nft_dump *dump, struct nft_call *call);
/* Start a message (NLM_F_MULTI is added to flags); then put attributes, then nft_dump_add. */
struct nft_writer *nft_dump_message(struct nft_dump *dump, uint8_t event, uint16_t flags,
				    uint8_t family);
void nft_dump_add(struct nft_dump *dump);
/* Sends what is left and NLMSG_DONE. What the handler returns: -EINTR (no ack follows) or an errno.
 */
int nft_dump_end(struct nft_dump *dump);

/*
 * notify.c: a notification NFT_MSG_event for a committed transaction, to NFNLGRP_NFTABLES and, with
 * NLM_F_ECHO, to the sender. Begin returns NULL when nobody would get it: build nothing then.
 * extra: NLM_F_* besides those of the message (NLM_F_CREATE and NLM_F_EXCL are added).
 */
struct nft_writer *nft_notify_begin(struct nft *nft, const struct nft_trans *trans, uint8_t event,
				    uint16_t extra);
void nft_notify_end(struct nft *nft, const struct nft_trans *trans);
/* Sends what is queued, several messages a datagram as a kernel does. */
void nft_notify_flush(struct nft *nft, struct client *sender);
/* The NEWGEN at the end of a commit. */
void nft_notify_generation(struct nft_call *call);

/* generation.c: a NEWGEN message for the call, in nft->writer. */
void nft_generation_fill(struct nft_call *call);

/* ---- what refers to what (reference.c) ---- */

/*
 * Parsing expressions: a context whose look-ups find sets, objects and chains of the table in the
 * next generation and count their use (chain may be NULL: no rule, a set element's data).
 */
struct nft_reference_context {
	struct nft_call *call;
	struct nft_table *table;
	struct nft_chain *chain; /* that holds the rule, or NULL */
};

struct nft_expr_context nft_reference_context(struct nft_reference_context *references);

/*
 * The phases of what a rule refers to, as the kernel's activate and deactivate:
 * prepare: a message deletes the rule (uses go down, an anonymous set or bound chain goes with it);
 * restore: that is aborted; commit: that is committed (what went with it is unlinked and
 * announced); abort: the rule itself was new and is undone. After commit and abort, free with
 * nft_references_free before the rule.
 */
void nft_references_prepare(struct nft *nft, struct nft_table *table, struct nft_rule *rule);
void nft_references_restore(struct nft *nft, struct nft_table *table, struct nft_rule *rule);
void nft_references_commit(struct nft *nft, const struct nft_trans *trans, struct nft_rule *rule);
void nft_references_abort(struct nft *nft, struct nft_table *table, struct nft_rule *rule);
void nft_references_free(struct nft *nft, struct nft_rule *rule);
/* A later check refuses the new rule: what its look-ups counted is taken back. */
void nft_references_undo(struct nft *nft, struct nft_rule *rule);

/*
 * A chain named by a verdict (NFTA_VERDICT_CHAIN or …_ID): 0 and *chain with its use counted, or
 * -ENOENT, -EOPNOTSUPP (base chain), -EINVAL. user: chain that holds the jump, NULL for an element.
 */
int nft_chain_use(struct nft *nft, struct nft_table *table, struct nft_chain *user,
		  const struct nlattr *attr, struct nft_chain **chain);
void nft_chain_unuse(struct nft_chain *chain);

/* ---- made by set.c, setelem.c, object.c ---- */

/*
 * set.c, for expressions of a rule in chain. attach: a look-up found it (counts the use, binds an
 * anonymous set; -EBUSY where it is bound already; fills *info). detach: undoes attach. The others
 * are the phases above, by the kernel's nf_tables_deactivate_set and friends: prepare marks an
 * anonymous set dead, commit unlinks and announces it (DELSET), free frees it when nobody uses it.
 */
int nft_set_attach(struct nft_call *call, struct nft_table *table, const struct nlattr *name,
		   const struct nlattr *id, struct nft_chain *chain, struct nft_expr_set *info);
void nft_set_limit(struct nft_set *set); /* a rule that updates it has been checked */
void nft_set_detach(struct nft *nft, struct nft_set *set);
void nft_set_prepare(struct nft *nft, struct nft_set *set);
void nft_set_restore(struct nft *nft, struct nft_set *set);
void nft_set_commit(struct nft *nft, const struct nft_trans *trans, struct nft_set *set);
void nft_set_abort(struct nft *nft, struct nft_set *set);
void nft_set_free(struct nft *nft, struct nft_set *set);

/* Deleting a table: one transaction for each live, named set. 0 or a negative errno. */
int nft_sets_delete(struct nft_call *call, struct nft_table *table);
/* Those of the open batch that are anonymous and that no rule has. 0 or a negative errno. */
int nft_sets_delete_unbound(struct nft_call *call);
/* The endpoint is going away: free what is left in a table. */
void nft_sets_free(struct nft *nft, struct nft_table *table);
/* Walks the verdicts of a map for chain validation: calls visit for each chain it can jump to. */
int nft_set_visit_chains(struct nft_set *set, int (*visit)(void *context, struct nft_chain *chain),
			 void *context);

/* object.c */
int nft_object_attach(struct nft_call *call, struct nft_table *table, const struct nlattr *name,
		      uint32_t type, struct nft_object **object);
void nft_object_use(struct nft_object *object, int change); /* +1 or -1 */
int nft_objects_delete(struct nft_call *call, struct nft_table *table);
void nft_objects_free(struct nft *nft, struct nft_table *table);

/* ---- table.c, chain.c, rule.c ---- */

/* The client is going away: tables that it owns go with it, or stay without an owner. */
void nft_tables_orphan(struct nft *nft, struct client *client);

/* GETCHAIN (chain_dump.c), GETRULE (rule_dump.c) */
int nft_handle_getchain(struct nft_call *call);
int nft_handle_getrule(struct nft_call *call);

int nft_rule_delete(struct nft_call *call, struct nft_chain *chain, struct nft_rule *rule);
int nft_rules_delete(struct nft_call *call, struct nft_chain *chain);
int nft_chain_delete(struct nft_call *call, struct nft_chain *chain);
/* As nft_sets_delete_unbound, of chains that a rule is to bring along. */
int nft_chains_delete_unbound(struct nft_call *call);

/* chain_hook.c: what NFTA_CHAIN_HOOK says. hooks are owned by the caller. */
struct nft_chain_hook {
	uint32_t hooknum;
	int32_t priority;
	const struct nft_chain_type *type;
	struct nft_hook *hooks;
};

/* chain_type.c: by name, or with NULL the family's "filter". NULL: there is none. */
const struct nft_chain_type *nft_chain_type_find(uint8_t family, const struct nlattr *name);

/* Does the open batch change a base chain of the table, or delete one? */
bool nft_chain_update_pending(const struct nft *nft, const struct nft_table *table);

/* chain: the base chain that is updated, or NULL for a new one. */
int nft_chain_hook_parse(struct nft_call *call, const struct nft_chain *chain, uint32_t flags,
			 struct nft_chain_hook *hook);

/* describe.c: names of ports and elements of sets, for texts. Valid as long as nft is. */
struct describe_names nft_describe_names(const struct nft *nft);

/* validate.c: jumps and where expressions may stand. 0, -EMLINK, -ELOOP, -EOPNOTSUPP … */
int nft_table_validate(struct nft *nft, struct nft_table *table);
/* Older kernels follow each jump when it is made; *failed is the expression with the error. */
int nft_jumps_validate(struct nft *nft, const struct nft_rule *rule, size_t *failed);
/* The same after a rule has been added, with what is known from before. */
int nft_rule_validate(struct nft *nft, struct nft_table *table, const struct nft_rule *rule);

/* rule_dump.c: fills a NEWRULE or DELRULE message; position 0: none. Counters are brought up to
 * date. */
void nft_rule_fill(struct nft *nft, struct nft_writer *w, const struct nft_chain *chain,
		   struct nft_rule *rule, uint8_t event, uint64_t position);
/*
 * chain_dump.c. update: NULL for the chain as it is; else the message is about a change of devices
 * (DELCHAIN: those that are dead now) or another update (NEWCHAIN: those that came, may be none).
 */
struct nft_chain_update {
	const struct nft_hook *added;
};

void nft_chain_fill(const struct nft *nft, struct nft_writer *w, const struct nft_chain *chain,
		    uint8_t event, const struct nft_chain_update *update);

/* ---- offload.c ---- */

/* At NEWCHAIN: may a chain with these hooks have `flags offload`? 0 or -EOPNOTSUPP with a reason.
 */
int nft_offload_chain_check(struct nft_call *call, const struct nft_chain *chain);
/* At NEWRULE and DELRULE: translate. 0 or the errno with call->reason. */
int nft_offload_translate(struct nft_call *call, struct nft_rule *rule);
/* The walk over the open batch at commit. 0, or the errno after rolling back, with call->reason. */
int nft_offload_commit(struct nft_call *call);
/* Is it about a chain that the NIC is told of? */
bool nft_offload_concerns(struct nft_trans *trans);
/* Adds what came since the last call to the rule's counters. */
void nft_offload_update_counters(struct nft *nft, const struct nft_chain *chain,
				 struct nft_rule *rule);
/* UNBIND of one device, with the DESTROYs that a kernel sends then. */
void nft_offload_unbind(struct nft *nft, struct nft_chain *chain, struct nft_hook *hook);
/* Kernels without unregister_only: DESTROY for all rules, UNBIND for all devices. */
void nft_offload_clean(struct nft *nft, struct nft_chain *chain);
/* A chain, or the whole endpoint, is going away: unbind what is still bound, without a word. */
void nft_offload_let_go(struct nft *nft, struct nft_chain *chain);
void nft_offload_unbind_all(struct nft *nft);

/* device.c: hears of ports that come and go from now on. */
void nft_listen_to_devices(struct nft *nft);

/* Whether a chain's hook is for the device of this name. */
bool nft_hook_names(const struct nft_hook *hook, const char *device);

/* What offload.c reads of chain and rule transactions. */
struct nft_trans_chain {
	struct nft_trans trans;
	struct nft_chain *chain;
	bool skip;       /* abort: the rule that jumps to the bound chain frees it */
	bool has_policy; /* the message gave one */
	uint8_t policy;
	char *name;             /* update: the new name, or NULL */
	struct nft_hook *hooks; /* update: devices to add, or those that went */
	bool has_counters;
	uint64_t packets, bytes;
};

struct nft_trans_rule {
	struct nft_trans trans;
	struct nft_chain *chain;
	struct nft_rule *rule;
	bool skip; /* as above */
};

extern const struct nft_trans_type nft_trans_newchain, nft_trans_updchain, nft_trans_delchain,
	nft_trans_delhooks, nft_trans_newrule, nft_trans_delrule;

/* ---- warnings (warning.c) ---- */

struct nft_rule_warning {
	struct nft_rule_warning *next;
	const char *id; /* static */
	char text[];
};

/* Keep a warning with the rule; where memory is out it is lost. */
void nft_rule_warn(struct nft_rule *rule, const char *id, const char *text);
void nft_rule_forget_warnings(struct nft_rule *rule);
/* The open batch is right: what it warns of is kept for whoever asks, and logged. */
void nft_collect_warnings(struct nft *nft);
/* The commit has failed at this transaction and was rolled back: what the NIC keeps of it. */
void nft_warn_of_rollback(struct nft *nft, const struct nft_trans *failed);
/* About a chain, outside a batch. */
void nft_warn_chain(struct nft *nft, const struct nft_chain *chain, const char *id,
		    const char *text);

/* chain_hook.c */
bool nft_device_exists(const struct nft *nft, const struct nft_hook *hook);
/* "eth0, eth1, …" for a message. */
void nft_list_ports(const struct nic *nic, char *text, size_t size);

/* ---- refusals (refusal.c) ---- */

/* "netdev" … for NFPROTO_*; "?" for an unknown number. */
const char *nft_family_name(uint8_t family);

/* The attribute with the name of the chain that a message is about; NULL: there is none. */
const struct nlattr *nft_chain_attr(const struct nft_call *call);

/*
 * A copy to keep, for free(): without a better reason that of the negative errno. Only as much of
 * it is there as its forms need; NULL: no memory.
 */
struct reason *nft_reason_copy(const struct reason *reason, int error);

/* A batch begins, or begins anew. */
void nft_refusals_begin(struct nft *nft);
/* Record and log why the call was refused; error is the negative errno that the client gets. */
void nft_refuse(struct nft_call *call, int error, bool at_commit);

#endif
