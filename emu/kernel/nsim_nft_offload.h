/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nsim_nft_offload: what its parts know of each other.
 *
 * Locks, outermost first. The first two lines are the kernel's, taken before our callbacks are called:
 *   rtnl, nf_tables' commit mutex, a flowtable's flow_block_lock, tc's block->cb_lock; within them,
 *   for devices of the indirect block, flow_indr_block_lock
 *   ports_lock     (mutex)        ports.c: the list of devices that the program knows
 *   bindings_lock  (mutex)        binding.c: the list of bindings; never held while waiting
 *   rules_lock     (spinlock, bh) rules.c: hash and counters; STATS come under rcu_read_lock()
 *   channel.lock   (spinlock, bh) channel.c: queue, records, the program
 * Nobody waits for the program with any of our locks held.
 */
#ifndef NSIM_NFT_OFFLOAD_H
#define NSIM_NFT_OFFLOAD_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/refcount.h>
#include <net/flow_offload.h>

#include "include/nicemu/kernel/wire.h"

#define MODULE_TEXT KMOD_DEVICE
#define MODULE_VERSION_TEXT "0.1.0"

/* ---- channel.c ---- */

/**
 * struct message - one message of the wire, shared and never changed once it was posted
 * @refs: the queue, a record and a reader each hold one
 * @data: its bytes, which begin with struct kmod_header; sequence and flags are filled in a copy of
 *	that when it is read
 */
struct message {
	refcount_t refs;
	u8 data[] __aligned(8);
};

/**
 * struct record - something that a program which comes later has to be told of
 * @list: in channel.records, in the order in which things came
 * @message: what is told, NULL: not linked
 * @born: its number in that order
 * @closed: it may not be linked any more
 * @repeated: a program was told @message in a repetition; to be read when it was forgotten
 */
struct record {
	struct list_head list;
	struct message *message;
	u64 born;
	bool closed;
	bool repeated;
};

/* The program's answer; text is empty or says why. */
struct answer {
	int error;
	char text[KMOD_TEXT_SIZE];
};

struct message *message_new(u16 type, size_t length, gfp_t gfp);
void message_put(struct message *message);

/* The message as struct type, which begins with struct kmod_header. */
#define message_body(message, type) ((type *)(message)->data)
#define message_header(message) message_body(message, struct kmod_header)

bool channel_has_program(void);
u64 channel_totals_number(void);
bool channel_wants_stats(void);
void channel_post(struct message *message, struct record *keep);
void channel_post_stats(struct message *message);
int channel_ask(struct message *message, struct record *keep, struct answer *answer, bool undo);
int channel_flush(void);
void channel_forget(struct record *record);
const char *channel_keep_text(const char *text);

/* What is counted, shown in the device's sysfs folder. */
enum counter {
	COUNT_SENT,
	COUNT_REPEATED,
	COUNT_REPETITIONS,
	COUNT_LOST,
	COUNT_TIMEOUTS,
	COUNT_REFUSED,
	COUNT_REFUSED_LATE,
	COUNT_REPLIES_LATE,
	COUNT_BAD_MESSAGES,
	COUNT_TOTALS_SHRUNK,
	COUNT_STATS_DROPPED,
	COUNT_ORPHANS,
	NUM_COUNTERS,
};

void count(enum counter which);

/* ---- device.c, status.c ---- */
int device_init(void);
void device_ready(void);
void device_exit(void);
extern const struct attribute_group *status_groups[];

struct channel_status {
	pid_t pid; /* 0: no program */
	unsigned int queued;
	u64 counters[NUM_COUNTERS];
};

void channel_status(struct channel_status *status);

/* ---- ports.c ---- */
int port_announce(struct net_device *dev);
void port_renamed(struct net_device *dev);
void port_gone(struct net_device *dev);
void ports_exit(void);

/* ---- binding.c ---- */

/**
 * struct binding - one device bound to one block
 * @list: in the list of bindings
 * @rules: its rules, under rules_lock
 * @record: its BIND
 * @dev: the device; NULL when it has gone away
 * @block: identity of the block; read only while the kernel calls us for it
 * @cb: our entry in the block's list of callbacks
 * @number: on the wire
 * @block_number: on the wire
 * @binder: enum kmod_binder
 * @direction: enum kmod_direction
 * @indirect: bound through the indirect block, @data and @cleanup are what it was bound with
 * @leaves: the device is going away, and we unbind it ourselves
 * @dead: the device has gone away without an UNBIND
 * @rcu: nf_tables' dump of rules holds no lock when it calls us
 */
struct binding {
	struct list_head list;
	struct list_head rules;
	struct record record;
	struct net_device *dev;
	struct flow_block *block;
	struct flow_block_cb *cb;
	u32 number;
	u64 block_number;
	u8 binder;
	u8 direction;
	bool indirect;
	void *data;
	void (*cleanup)(struct flow_block_cb *block_cb);
	bool leaves;
	bool dead;
	struct rcu_head rcu;
};

/* How an indirect block is set up; NULL for a device with an offload of its own. */
struct indirect {
	struct Qdisc *sch;
	void *data;
	void *cb_priv;
	void (*cleanup)(struct flow_block_cb *block_cb);
};

int binding_setup(struct net_device *dev, bool flowtable, struct flow_block_offload *offload,
		  const struct indirect *indirect);
bool binding_is_listed(const struct binding *binding);
void binding_release(void *priv);
void bindings_device_leaves(struct net_device *dev);
void bindings_device_gone(struct net_device *dev);
void bindings_tables_gone(void);
unsigned int bindings_count(void);

/* ---- rules.c ---- */
int rules_callback(enum tc_setup_type type, void *type_data, void *priv);
void rules_drop_all(struct binding *binding);
unsigned int rules_totals(const struct kmod_total *totals, u32 n);
unsigned int rules_count(void);

/* ---- match.c, action.c ---- */
unsigned int match_encode(const struct flow_rule *rule, u8 binder, struct kmod_replace *replace,
			  struct kmod_field *fields);
unsigned int action_encode(const struct flow_rule *rule, struct kmod_replace *replace,
			   struct kmod_action *actions);

/* ---- nftables.c ---- */
void nftables_names(const struct flow_block *block, struct kmod_bind *bind);
bool nftables_brings_back_chain(const struct binding *binding);
bool nftables_position(const struct binding *binding, unsigned long cookie,
		       struct kmod_replace *replace);

/* What became of a block whose device goes away. */
enum block_fate {
	BLOCK_FREED,	/* with its chain or flowtable: the callback is ours to free */
	BLOCK_LEFT,	/* it lives on; our callback was taken from its list */
	BLOCK_UNKNOWN,	/* can't be told here: the callback must stay */
};

enum block_fate nftables_detach(struct net *net, struct binding *binding);
void nftables_unbind_indirect(struct net *net, struct binding *binding);

/* ---- nsim.c, indirect.c, main.c ---- */
int nsim_init(bool needed);
void nsim_exit(void);
int indirect_init(const char *kinds);
void indirect_exit(void);
unsigned int timeout_ms(void);
unsigned int queue_limit(void);
bool refuse_without_program(void);

#endif
