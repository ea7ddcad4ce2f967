/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one entry point to the NIC for every front end: BIND, UNBIND, REPLACE, DESTROY, STATS.
 *
 * Why: nf_tables chains, flowtables, flower, the kernel module and recordings all end here, so
 * faults, logging, recording and differential tests have one place (the tap), and what a driver
 * must do is declared once (struct offload_driver).
 *
 * A binding is one BIND: one port, for one block (an offload chain) or flowtable. A chain on three
 * ports has three bindings, and its front end sends every command to each of them, to the one that
 * was bound last first, as kernels do. Commands are keyed on (binding, cookie).
 *
 * Statistics: the driver reports totals, which only grow. offload alone turns totals into deltas:
 * each STATS returns what came since the STATS before it, per (binding, cookie), as far as the
 * NIC's counters tell (offload_driver.counted); offload_totals tells all. An entry starts with no
 * delta at REPLACE.
 *
 * Invariants: a binding or rule is known here if and only if the driver has accepted it; what is
 * refused leaves no trace. A copy of what was accepted last is kept, for those who ask what a
 * driver was told. Taps see every command after the driver's answer, in order.
 *
 * Errors are negative errnos with a reason. Cookies and prio are the front end's.
 *
 * Threading: one owner (the emulator's event loop), between packet batches.
 */
#ifndef NICEMU_OFFLOAD_OFFLOAD_H
#define NICEMU_OFFLOAD_OFFLOAD_H

#include <nicemu/base/reason.h>
#include <nicemu/flow/rule.h>

#include <stdbool.h>
#include <stdint.h>

/* OFFLOAD_BLOCK: an nf_tables chain; OFFLOAD_TC: tc filters (flower). */
enum offload_binder { OFFLOAD_BLOCK, OFFLOAD_FLOWTABLE, OFFLOAD_TC };
enum offload_direction { OFFLOAD_INGRESS, OFFLOAD_EGRESS };

struct offload_binding {
	uint32_t id;   /* unique, never reused, from 1; set by offload_bind */
	uint16_t port; /* number of the port */
	enum offload_binder binder;
	enum offload_direction direction;
	uint64_t block; /* identity of the chain or flowtable: the same for all its ports */
	bool indirect;  /* the device has no offload of its own (indirect block) */
	bool repeated;  /* not new: the front end tells what was there before it came */
	const char *table, *chain; /* of an nf_tables chain, else NULL; borrowed, copied */
};

enum offload_verb {
	OFFLOAD_BIND,
	OFFLOAD_UNBIND,
	OFFLOAD_REPLACE,
	OFFLOAD_DESTROY,
	OFFLOAD_STATS,
	/* No commands, but taps see them. */
	OFFLOAD_RELEASE,   /* the binding is gone, with the rules that were left */
	OFFLOAD_PORT_GONE, /* after the RELEASE of its bindings */
	OFFLOAD_LOST,      /* the front end lost events; everything has been released */
};

struct offload_stats {
	uint64_t packets, bytes;
	uint64_t last_used_ns; /* 0: never; also in a delta this is the time itself */
};

/* struct flow_cls_offload, as far as a driver looks at it. */
struct offload_command {
	uint32_t binding;
	uint64_t cookie;
	uint32_t prio;
	uint32_t chain_index;
	uint16_t protocol; /* ethertype, host order */
	bool skip_sw;
	bool repeated; /* as in a binding */
	uint64_t handle,
		previous; /* of the nf_tables rule and the one before it; 0: none, not told */
	const struct flow_rule
		*rule; /* REPLACE only; immutable; held (flow_rule_hold) when accepted */
};

/*
 * What a driver implements; asic/ does. Called in command order. A callback that refuses fills the
 * reason. Unknown (binding, cookie): destroy, totals and counted return -ENOENT.
 */
struct offload_driver {
	int (*bind)(void *driver, const struct offload_binding *binding, struct reason *reason);
	/* The port is free for another block; entries of the binding stay until DESTROY or release.
	 */
	void (*unbind)(void *driver, const struct offload_binding *binding);
	/* After unbind: removes every entry of the binding that is left. */
	void (*release)(void *driver, const struct offload_binding *binding);
	/* The port is taken out: its bindings and their entries go, and nothing leaves by it. */
	void (*port_gone)(void *driver, uint16_t port);
	int (*replace)(void *driver, const struct offload_command *command, struct reason *reason);
	int (*destroy)(void *driver, const struct offload_command *command, struct reason *reason);
	/* Totals since the entry was made: the truth, for reports. */
	int (*totals)(void *driver, const struct offload_command *command,
		      struct offload_stats *totals);
	/*
	 * What the NIC's counters make of these totals (no bytes, nothing at all …), for STATS;
	 * reported: what they said last. 0 or a negative errno. NULL: they are the totals.
	 */
	int (*counted)(void *driver, const struct offload_command *command,
		       const struct offload_stats *reported, struct offload_stats *totals);
	/*
	 * DESTROY or STATS of a cookie that is not known does not reach the driver's tables: 0
	 * where it says nothing then (STATS are zeros), or a negative errno. NULL: -ENOENT.
	 */
	int (*unknown)(void *driver, uint32_t binding, enum offload_verb verb);
};

/* What passed, after the driver answered. All pointers are borrowed during the call. */
struct offload_event {
	enum offload_verb verb;
	const struct offload_binding *binding; /* NULL: no binding has that number; id 0: refused */
	const struct offload_command *command; /* NULL but for REPLACE, DESTROY, STATS */
	const struct offload_stats *stats;     /* STATS: the delta returned; else NULL */
	uint16_t port;                         /* PORT_GONE */
	int error;                             /* 0 or negative errno */
	const struct reason *reason;           /* when error; may be NULL for told STATS */
};

/* A tap looks on: it must not call offload. It is its owner's, who takes it away before it goes. */
struct offload_tap {
	void (*see)(void *context, const struct offload_event *event);
	void *context;
	struct offload_tap *prev, *next; /* offload's */
};

struct offload;

/*
 * driver and context are borrowed and outlive the offload. NULL when memory is out.
 * offload_destroy forgets what is bound; it sends nothing to the driver and accepts NULL.
 */
struct offload *offload_create(const struct offload_driver *driver, void *context);
void offload_destroy(struct offload *offload);

/* Taps see an event in the order in which they were added. */
void offload_add_tap(struct offload *offload, struct offload_tap *tap);
void offload_remove_tap(struct offload *offload, struct offload_tap *tap);

/*
 * 0 and binding->id set, or what the driver said (id is left alone). All other members are the
 * caller's. reason may be NULL here and below.
 */
int offload_bind(struct offload *offload, struct offload_binding *binding, struct reason *reason);

/*
 * UNBIND: 0 or -ENOENT. Then, as a kernel does, the front end may send DESTROY for rules that are
 * left, and ends with offload_release. Between the two the binding takes nothing but DESTROY.
 */
int offload_unbind(struct offload *offload, uint32_t binding);

/* Frees a binding that is unbound, with every rule that is left. Others are left alone. */
void offload_release(struct offload *offload, uint32_t binding);

/*
 * A port is being taken out of the NIC: its bindings end without a command, as far as the front end
 * has not unbound them, and other rules don't forward there any more.
 */
void offload_port_gone(struct offload *offload, uint16_t port);

/*
 * REPLACE of a live cookie updates it and keeps its totals, its deltas and its place in the order
 * of arrival (flowtables repeat REPLACE for live flows). When it is refused, the old rule stays.
 * DESTROY of an unknown cookie is what the driver says (mostly -ENOENT), and no cause for
 * alarm: nf_tables sends it twice.
 */
int offload_replace(struct offload *offload, const struct offload_command *command,
		    struct reason *reason);
int offload_destroy_rule(struct offload *offload, const struct offload_command *command,
			 struct reason *reason);

/* *delta = what came since the last call for this (binding, cookie); zero on error. */
int offload_stats(struct offload *offload, const struct offload_command *command,
		  struct offload_stats *delta);

/*
 * For a front end whose kernel makes the deltas itself: the kernel asked for statistics and was
 * answered this. Only taps see it.
 */
void offload_told_stats(struct offload *offload, const struct offload_command *command,
			const struct offload_stats *delta, int error);

/* The front end lost events: every binding is unbound and released. */
void offload_lost(struct offload *offload);

/* Totals of a live rule, without touching the deltas: for reports. 0 or -ENOENT. */
int offload_totals(struct offload *offload, uint32_t binding, uint64_t cookie,
		   struct offload_stats *totals);

/*
 * What the driver holds: for each live (binding, cookie) the last REPLACE that it accepted, in the
 * order in which their first ones came. Pointers are borrowed during the visit.
 */
void offload_visit(const struct offload *offload,
		   void (*visit)(void *context, const struct offload_binding *binding,
				 const struct offload_command *command),
		   void *context);

const char *offload_verb_name(enum offload_verb verb);       /* "BIND", … */
const char *offload_binder_name(enum offload_binder binder); /* "chain", "flowtable", "flower" */

#endif
