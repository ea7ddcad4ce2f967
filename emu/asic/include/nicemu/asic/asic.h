/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ASIC: admission by model, entries, the tables they live in, and what they counted.
 *
 * It implements struct offload_driver (asic_driver); commands change its tables only through
 * offload/. The packet path has workers, and asks asic_process for a batch.
 *
 * Model `generic`: takes every key and action that nf_tables can hand over; one TCAM for all ports,
 * `entries` entries, order (priority, arrival); a full TCAM refuses REPLACE with ENOSPC; a second
 * block bound to the same port is EBUSY; ACCEPT ends the look-up and passes to the host; a mirror
 * without a verdict, and a rule without any action, pass to the host; the order of actions inside a
 * rule does not matter (DROP before REDIRECT before pass). Of several REDIRECTs the first one of
 * the rule decides, as the first `fwd` takes the packet away in software. Every mirror makes a
 * copy, also when the packet is then dropped. A redirect or mirror target must be a port of this
 * NIC; where it goes away later, what would have been redirected there is dropped, and no copy is
 * made. Flowtables, egress blocks and chain indexes other than 0 are refused.
 *
 * An entry asks for the fields whose key is flagged in used_keys and whose mask is not zero, for
 * the presence of those keys (CONTROL and META are there in every packet), and for its binding's
 * port. PORTS_RANGE bounds the ports of a direction that has both ends (flow/rule.h, extra fields);
 * a packet without ports is in no range, and ends that make none are refused.
 *
 * Other models refuse what their clauses forbid, look at matches in their own way and have tables
 * of their own (admission.h, place.h); the look-up is the same for all.
 *
 * REPLACE of a live cookie changes the entry in place, unless the model refuses it: totals and
 * place in the order stay, and it needs room only where it takes more of the model's table than
 * before.
 *
 * Totals are the only truth: each entry counts packets, bytes (wire length) and the time it was
 * last used; they only grow. Entries that are gone are summed up as `retired`, so that the fates'
 * sums always equal what went in: packets = matched by live entries + retired + unmatched.
 *
 * Workers: packets are processed by workers, each with counters and a flow cache of its own, so
 * that several can run at the same time without sharing a line they write. What the ASIC reports is
 * the sum over them; a worker that is destroyed leaves what it counted.
 *
 * Threading: one owner; commands, reports and the making of workers while no worker is between
 * asic_begin and asic_process, and so their end. Workers run side by side, each in one thread at a
 * time.
 */
#ifndef NICEMU_ASIC_ASIC_H
#define NICEMU_ASIC_ASIC_H

#include <nicemu/asic/tcam.h>
#include <nicemu/config/model.h>
#include <nicemu/config/nic.h>
#include <nicemu/flow/batch.h>
#include <nicemu/offload/offload.h>
#include <nicemu/packet/packet.h>

enum asic_fate { ASIC_DROP, ASIC_REDIRECT, ASIC_HOST, ASIC_FATES };

enum { ASIC_MIRRORS_MAX = 16 };

/*
 * What became of one packet: the decision of an entry, shared by all its packets. Valid until the
 * next command, and while the worker is there.
 */
struct asic_decision {
	enum asic_fate fate;
	uint16_t port;       /* ASIC_REDIRECT: leaves by this port */
	uint8_t num_mirrors; /* copies, each to mirrors[i] */
	bool matched;        /* an entry decided; binding and cookie name it; else fate ASIC_HOST */
	uint32_t binding;
	uint64_t cookie;
	uint16_t mirrors[ASIC_MIRRORS_MAX];
};

struct asic_counters {
	uint64_t packets, bytes;
};

struct asic;

extern const struct offload_driver asic_driver;

/*
 * nic is borrowed and outlives the ASIC; its ports may grow. engine: of the TCAM, NULL for the
 * usual one. NULL when memory is out. The result is the driver context of asic_driver. asic_destroy
 * accepts NULL; workers are gone by then.
 */
struct asic *asic_create(const struct nic *nic, const struct tcam_ops *engine);
void asic_destroy(struct asic *asic);

/*
 * A second ASIC with the same entries in the same order, which have counted nothing, in a table of
 * another engine (NULL: of the same). For measurements: it takes no commands. In two steps, so that
 * the second, which puts the entries into the table, can be timed. NULL, or -ENOMEM and such; then
 * only asic_destroy is left.
 */
struct asic *asic_copy(const struct asic *asic, const struct tcam_ops *engine);
int asic_build(struct asic *copy);

/*
 * asic_build, so many entries at a time, for who has something else to do meanwhile. NULL when
 * memory is out; 1: there are more entries, 0: built, or -ENOMEM and such. It is ended before the
 * copy is destroyed, also half-way; NULL is fine. Until it is built, a copy may only be destroyed.
 */
struct asic_building;
struct asic_building *asic_build_begin(struct asic *copy);
int asic_build_some(struct asic_building *building, size_t entries);
void asic_build_end(struct asic_building *building);

/*
 * Many packets follow: the table may take some time now to get faster at them (tcam_ops.optimize).
 */
void asic_prepare(struct asic *asic);

struct asic_worker;

enum { ASIC_NO_CACHE = 0, ASIC_CACHE_DEFAULT = 4 << 20 };

/* cache_bytes: of its flow cache at most; ASIC_NO_CACHE for none. NULL when memory is out. */
struct asic_worker *asic_worker_create(struct asic *asic, size_t cache_bytes);
/* What it counted stays. NULL is fine. */
void asic_worker_destroy(struct asic_worker *worker);
/* Memory that its flow cache has. */
size_t asic_worker_cache_bytes(const struct asic_worker *worker);
/* Packets so far that it answered, that the table had to, and that went straight to the table. */
struct asic_cache_use {
	uint64_t hits, misses, bypassed;
};
struct asic_cache_use asic_worker_cache_use(const struct asic_worker *worker);

/*
 * Begin a batch: the chunks that the packets' flow keys must have now (flow/batch.h).
 */
unsigned int asic_begin(struct asic_worker *worker);

/*
 * Look up and count a batch: results[i] for packets[i] with its dissected key in the batch, which
 * has the chunks that asic_begin wanted; count <= FLOW_BATCH. Writes the ports and META (the port's
 * interface index, type Ethernet) into the batch. Allocates nothing, takes no lock, makes no system
 * call.
 */
void asic_process(struct asic_worker *worker, const struct packet *packets,
		  struct flow_batch *batch, const struct asic_decision **results, size_t count);

/*
 * What asic_process would decide for one packet, whose key is the first of the batch, with all
 * chunks: the same key (the port and META are written into the batch), the same look-up, but for
 * the flow cache, which no decision depends on. Counts nothing and needs no worker.
 */
const struct asic_decision *asic_look(const struct asic *asic, const struct packet *packet,
				      struct flow_batch *batch);

/*
 * The number of the entry that took that decision: its place in (priority, arrival) order, from 1;
 * 0 where none matched. Slow.
 */
size_t asic_entry_number(const struct asic *asic, const struct asic_decision *decision);

/* Memory of the TCAM, and of what the ASIC keeps a rule besides. */
struct asic_memory {
	size_t tcam_bytes, entry_bytes;
};
struct asic_memory asic_memory(const struct asic *asic);

/* How large its table is. */
struct tcam_measure asic_measure(const struct asic *asic);

/*
 * Every entry with its rule, in (priority, arrival) order: for measurements of tables. Stops at the
 * first visit that returns other than 0, and returns that; 0, or -ENOMEM before any visit.
 */
int asic_visit_entries(const struct asic *asic,
		       int (*visit)(void *context, const struct tcam_entry *entry,
				    const struct tcam_rule *rule),
		       void *context);

/*
 * The entries in (priority, arrival) order with what is known of each: for explain, lint, `show
 * tcam`. Stops at the first visit that returns other than 0, and returns that; 0 or -ENOMEM.
 */
struct asic_entry {
	const struct tcam_entry *tcam;        /* its order */
	const struct tcam_rule *rule;         /* while it is visited */
	const struct asic_decision *decision; /* binding, cookie, fate */
	uint16_t port;                        /* of its binding */
	const struct model_table *table;
	const struct model_cost *cost;
	uint64_t entries, slices; /* that it takes; 0: it shares that of another port */
	uint64_t moves;           /* of other entries, when it was put in */
};
int asic_visit(const struct asic *asic, int (*visit)(void *context, const struct asic_entry *entry),
	       void *context);

/* A table of the model, one for each port where there is one a port. */
struct asic_table_use {
	const struct model_table *table;
	int32_t port; /* -1: of all ports */
	uint64_t entries, used, reserved;
	uint64_t slices_used; /* of entries * table->slices */
	uint64_t rules;       /* (binding, cookie) pairs that are in it */
	uint64_t moves;       /* of entries, since the start */
};
void asic_visit_tables(const struct asic *asic,
		       void (*visit)(void *context, const struct asic_table_use *use),
		       void *context);

/*
 * How many more rules of that cost (NULL: one entry) fit into such a table, as visited; at most so
 * many where which one it is decides, too (a bucket, entries side by side): then *at_most.
 */
uint64_t asic_table_room(const struct asic *asic, const struct asic_table_use *use,
			 const struct model_cost *cost, bool *at_most);

/*
 * Whether the model ignores that part (of its match.ignoring, by number) of such a rule, which the
 * NIC has: for those who say why an entry looks at less than the rule asks for.
 */
bool asic_ignores(const struct asic *asic, const struct offload_command *command, size_t number);

/*
 * What STATS, and so nft, is told of the rule by its counter: nothing of what is false. A rule that
 * the NIC does not have tells nothing.
 */
struct asic_told {
	bool packets, bytes;
};
struct asic_told asic_told(const struct asic *asic, uint32_t binding, uint64_t cookie);

/* Rules: (binding, cookie) pairs. */
size_t asic_entries(const struct asic *asic);
/*
 * Entries of the table that offload chains go to, of all ports together where each has one: how
 * many there are, and how many are taken, by rules and by the driver itself.
 */
uint64_t asic_capacity(const struct asic *asic);
uint64_t asic_taken(const struct asic *asic);

/* What entries that are gone had counted, and what no entry matched. */
struct asic_counters asic_retired(const struct asic *asic);
struct asic_counters asic_unmatched(const struct asic *asic);

#endif
