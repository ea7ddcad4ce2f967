/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an ASIC and its driver can do, as data: a model.
 *
 * Why data: drivers differ in a few dozen facts (keys, masks, values, actions, tables, counters,
 * errnos). Each fact stands once, in a YAML file with the driver's source file behind it; admission
 * (asic/), `nicemu show model`, `check` and the lint all read it from here, and no code knows a
 * driver's name.
 *
 * A model comes from netdevsim-config/models/NAME.yaml, which is built into the program, or from a
 * file of the user's. Schema: netdevsim-config/models/README.md.
 *
 * Clauses are what a driver asks of a rule, in the order in which it asks: the first one that
 * does not hold refuses. A clause applies where all of `when` holds and not all of `unless` (if it
 * has any); then all of `require` must hold (an empty one never does: whatever the clause applies
 * to is refused).
 *
 * Unknown: a number that nobody could read in the driver is MODEL_UNKNOWN, `unknown` in the file;
 * what nicemu does then is said at each member.
 *
 * Invariants: a loaded model is immutable; ids of clauses and names of tables are unique; every
 * clause, table, counter set has a source. Fields are those of flow/key.h and the extra ones of
 * flow/rule.h. Threading: shared for reading.
 */
#ifndef NICEMU_CONFIG_MODEL_H
#define NICEMU_CONFIG_MODEL_H

#include <nicemu/config/nic.h>
#include <nicemu/flow/rule.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_UNKNOWN UINT64_MAX

/* OWN: nicemu's (generic, none). READ: the driver was read. EXPERIMENTAL: coarsely. */
enum model_status { MODEL_OWN, MODEL_READ, MODEL_EXPERIMENTAL };

struct model_source {
	char *name;   /* what `source` members say */
	char *file;   /* "drivers/net/ethernet/…"; for OWN the document that says it */
	char *kernel; /* version read, "5.13", or "" */
};

/* --- conditions --- */

/*
 * A field of a match: of the flow key (id < FLOW_FIELD_COUNT) or an extra one (id -
 * FLOW_FIELD_COUNT), and which of its bits (parts of a VLAN's tci), 0: all.
 */
struct model_field {
	uint16_t id;
	uint16_t bits;
};

struct model_range {
	uint64_t min, max; /* inclusive */
};

enum model_mask {
	MODEL_MASK_NONE,         /* mask is 0: not matched */
	MODEL_MASK_FULL,         /* all bits */
	MODEL_MASK_FULL_OR_NONE, /* all bits or none */
	MODEL_MASK_PREFIX,       /* ones, then zeros (also all, or none) */
};

enum model_front_end { MODEL_CHAIN, MODEL_FLOWTABLE, MODEL_FLOWER, MODEL_FRONT_ENDS };

/*
 * Behind each: its name in a file, and the members of struct model_condition that it uses. Fields
 * count as matched where their key is flagged and their mask is not 0.
 */
#define MODEL_CONDITIONS(X)                                                                        \
	X(KEYS_ONLY, "keys-only")       /* keys: no other key is flagged */                        \
	X(KEYS_ALL, "keys-all")         /* keys: all are flagged */                                \
	X(KEYS_ANY, "keys-any")         /* keys: at least one is flagged */                        \
	X(FIELDS_ONLY, "fields-only")   /* fields: of their keys no other field is matched */      \
	X(FIELDS_ANY, "fields-any")     /* fields: at least one is matched */                      \
	X(FIELDS_ALL, "fields-all")     /* fields: all are matched */                              \
	X(MASK, "mask")                 /* fields, mask: each field's mask is of that form */      \
	X(MASK_BITS, "mask-bits")       /* fields, ranges[0].max: no other mask bits are set */    \
	X(VALUE, "value")               /* fields, ranges: each is matched, its masked value in */ \
	X(ACTIONS_ONLY, "actions-only") /* actions: no other action */                             \
	X(ACTIONS_ANY, "actions-any")   /* actions: at least one of them */                        \
	X(ACTIONS_LAST, "actions-last") /* actions: the last action is one of them */              \
	X(ACTIONS_COUNT, "actions-count") /* actions (none: all), ranges: how many of them */      \
	X(ACTIONS_ONCE, "actions-once")   /* actions (none: all): each at most once */             \
	X(ACTIONS_ORDER, "actions-order") /* order: those there are stand in this order */         \
	X(ARGUMENT, "argument")         /* actions, argument, ranges: in each of these actions */  \
	X(HW_STATS, "hw-stats")         /* set: each action's hw_stats has one of these bits */    \
	X(TARGET_KINDS, "target-kinds") /* set of 1 << enum nic_port_kind: of every target */      \
	X(FRONT_ENDS, "front-ends")     /* set of 1 << enum model_front_end */                     \
	X(PORT_KINDS, "port-kinds")   /* set of 1 << enum nic_port_kind: of the binding's port */  \
	X(PRIORITY, "priority")       /* ranges: of the command */                                 \
	X(CHAIN_INDEX, "chain-index") /* ranges */                                                 \
	X(PROTOCOL, "protocol")       /* ranges: ethertype the command carries */                  \
	X(IFINDEX_IS_PORT,                                                                         \
	  "ifindex-is-port") /* meta.ingress_ifindex, if matched, is the port's */                 \
	X(IFINDEX_IS_OF_NIC, "ifindex-is-of-nic") /* … is one of the NIC's ports */              \
	X(TARGETS_DIFFER, "targets-differ")       /* no two targets are one port */                \
	X(TARGETS_NOT_PORT, "targets-not-port")   /* no target is the binding's port */            \
	X(HW_STATS_SAME, "hw-stats-same")         /* all actions' hw_stats are the same */

enum model_condition_kind {
#define X(ID, NAME) MODEL_IF_##ID,
	MODEL_CONDITIONS(X)
#undef X
		MODEL_IF_COUNT
};

struct model_condition {
	enum model_condition_kind kind;
	uint64_t keys;    /* bit set as used_keys */
	uint64_t actions; /* bit set of 1 << enum flow_action_id */
	uint64_t set;
	enum model_mask mask;
	struct model_field *fields;
	size_t num_fields;
	struct model_range *ranges;
	size_t num_ranges;
	uint8_t *order; /* enum flow_action_id */
	size_t num_order;
	char *argument; /* as in FLOW_ACTIONS: "vid" */
	/* ARGUMENT: of those actions only whose argument of that name is in there (NULL: of all).
	 */
	char *with;
	struct model_range *with_ranges;
	size_t num_with_ranges;
};

struct model_conditions {
	struct model_condition *list;
	size_t count;
};

/* --- clauses --- */

struct model_clause {
	char *id; /* kebab-case; a reason's id is "MODEL:ID", except for nicemu's own models: "ID"
		   */
	char *reason_id; /* that */
	struct model_conditions when, unless, require;
	int error;    /* positive errno */
	char *text;   /* what the driver says (extack), or "" where it says nothing */
	char *clause; /* the sentence for people: which rule of the driver forbids it */
	char *hint;   /* a form that works, or "" */
	const struct model_source *source;
	bool binding; /* asked at BIND (conditions: front-ends, port-kinds only), not of a rule */
};

/* --- what becomes of an accepted match --- */

struct model_implicit {
	struct model_conditions when;
	uint64_t absent_keys; /* packets that have one of these do not match */
	bool has_field;       /* this field must have this value, too */
	struct model_field field;
	uint64_t value;
	char *text;
	const struct model_source *source;
};

/*
 * A rule that cannot stand beside another: refused where `when` holds for it (and not all of
 * `unless`) and the NIC has another rule for which `others` holds (and not all of `others_unless`)
 * and all of `relations` are true of the two. Asked after the clauses, before a place is looked
 * for.
 */
#define MODEL_RELATIONS(X)                                                                \
	X(SAME_PORT, "same-port")                                                         \
	X(SAME_PRIORITY, "same-priority")                                                 \
	X(SAME_MATCH, "same-match")             /* flagged keys, values and masks */      \
	X(OTHER_TARGET, "other-target")         /* a mirror or redirect goes elsewhere */ \
	X(EARLIER_PRIORITY, "earlier-priority") /* the rule's is before the other's */    \
	X(SAME_RULE, "same-rule")               /* one rule of a chain, on another port */

enum model_relation_number {
#define X(ID, NAME) MODEL_RELATION_##ID,
	MODEL_RELATIONS(X)
#undef X
		MODEL_RELATION_COUNT
};

enum model_relation {
#define X(ID, NAME) MODEL_##ID = 1u << MODEL_RELATION_##ID,
	MODEL_RELATIONS(X)
#undef X
};

struct model_conflict {
	char *id, *reason_id; /* as of a clause; no clause has it */
	struct model_conditions when, unless, others, others_unless;
	unsigned int relations;
	int error;
	char *text, *clause, *hint;
	const struct model_source *source;
};

/*
 * What the driver does not look at, or not carry out, in rules for which `when` holds and not all
 * of `unless`.
 */
struct model_ignoring {
	struct model_conditions when, unless;
	uint64_t keys, actions;
	bool mirror_takes; /* no way on from a mirror: the packet goes to its port only */
	struct model_field *fields;
	size_t num_fields;
	char *text;
	const struct model_source *source;
};

struct model_match {
	uint64_t ignored_keys; /* accepted and not looked at: the entry matches more */
	struct model_field *ignored;
	size_t num_ignored;
	struct model_field
		*exact; /* the mask is not looked at: all bits of value & mask must fit */
	size_t num_exact;
	struct model_field *zero_is_any; /* a value of 0 is taken for "any" */
	size_t num_zero_is_any;
	uint64_t ignored_actions;        /* accepted and not carried out */
	struct model_ignoring *ignoring; /* all that apply */
	size_t num_ignoring;
	struct model_implicit *implicits;
	size_t num_implicits;
};

/* --- tables --- */

enum model_table_kind { MODEL_TERNARY, MODEL_EXACT };
enum model_scope { MODEL_PER_NIC, MODEL_PER_PORT };

enum model_order {
	MODEL_ORDER_PRIORITY_ARRIVAL,
	MODEL_ORDER_ARRIVAL,            /* the priority is not looked at */
	MODEL_ORDER_PRIORITY_UNDEFINED, /* among equals anything; nicemu: arrival, and lint says so
					 */
	MODEL_ORDER_INDEX, /* the priority, if it fits, is the entry's place; else the first free */
	MODEL_ORDER_UNKNOWN, /* nicemu: priority, arrival */
};

/* What inserting costs: entries behind the new one move, those in front of it do, or none do. */
enum model_insertion {
	MODEL_INSERTION_SHIFTS,
	MODEL_INSERTION_SHIFTS_BEFORE,
	MODEL_INSERTION_IN_PLACE,
	MODEL_INSERTION_UNKNOWN,
};

/* The first one whose `when` holds says what a rule takes. */
struct model_cost {
	struct model_conditions when;
	uint64_t entries;
	uint64_t slices; /* of one entry's width; 0: the table has none */
	char *text;      /* why */
	const struct model_source *source;
};

struct model_table {
	char *name;
	enum model_table_kind kind;
	enum model_scope scope;
	unsigned int front_ends; /* bit set: whose rules go here; the first table that takes them */
	uint64_t entries;        /* unknown: as many as the NIC has `entries` */
	uint64_t reserved;       /* of them taken by the driver itself */
	uint64_t slices;         /* an entry is cut into; 0: it is not */
	uint64_t key_width;      /* bits, of an entry; unknown: not shown */
	uint64_t ways;           /* of a bucket (exact); unknown: any entry fits anywhere */
	bool port_mask;          /* a rule on N ports is one entry, else N */
	enum model_order order;
	enum model_insertion insertion;
	struct model_range priority; /* what it tells apart; else clauses refuse */
	struct model_cost *costs;
	size_t num_costs; /* none: one entry a rule */
	int full_error;   /* positive errno */
	char *full_text;
	const struct model_source *source;
};

/* --- counters --- */

enum model_bytes { MODEL_BYTES_NONE, MODEL_BYTES_L2, MODEL_BYTES_L2_FCS, MODEL_BYTES_UNKNOWN };
enum model_reading { MODEL_READ_NOW, MODEL_READ_POLLED, MODEL_READ_PUSHED, MODEL_READ_UNKNOWN };

struct model_counters {
	bool packets, last_used;
	enum model_bytes bytes;     /* unknown: as L2 */
	uint64_t width;             /* bits; unknown: never overflows */
	enum model_reading reading; /* nicemu always answers as if just polled */
	uint64_t interval_ms;       /* POLLED, PUSHED */
	uint64_t pool;              /* rules that can have one; unknown: all */
	int pool_error;             /* of the rule that finds none; 0: it goes without */
	bool if_asked;              /* only rules whose actions ask (hw_stats) have one */
	int unsupported_error;      /* STATS where nothing is counted; 0: answers zeros */
	const struct model_source *source;
};

/* --- the model --- */

/* Where none is taken the device has no ndo_setup_tc, which kernels since 5.19 notice at NEWCHAIN.
 */
struct model_front {
	bool taken;
	bool many_blocks; /* of a port; otherwise BIND of a second one is EBUSY */
	int error;        /* of BIND when not taken */
	char *text;
};

/* A cookie that is known already (0: the rule is updated), or is not known (0: no error). */
struct model_cookies {
	int duplicate, unknown_destroy, unknown_stats;
	const struct model_source *source;
};

/* What is known and has no effect in nicemu, or is not known and what that means. */
struct model_note {
	char *about, *text;
	const struct model_source *source; /* NULL: none */
};

struct model {
	char *name, *title;
	enum model_status status;
	bool switchdev; /* representors and VFs have a meaning */
	struct model_source *sources;
	size_t num_sources;
	struct model_front fronts[MODEL_FRONT_ENDS];
	struct model_clause *clauses;
	size_t num_clauses;
	struct model_conflict *conflicts;
	size_t num_conflicts;
	struct model_match match;
	struct model_table *tables; /* stages, in order */
	size_t num_tables;
	struct model_counters counters;
	struct model_cookies cookies;
	/* With hw-tc-offload off on a port: errno of BIND and of REPLACE, 0: none. */
	int off_bind_error, off_replace_error;
	char *off_text;
	struct model_note *notes; /* ageing and such */
	size_t num_notes;
};

/*
 * A model by its name, or from a file where text ends in ".yaml" or ".yml" or has a '/'. 0 and a
 * model that model_free ends; -ENOENT (no such name; error lists them), -ENOMEM, -EINVAL or what
 * open and read said, with error filled. A file whose model has the name of one that is built in,
 * or status own, is refused unless it is a copy of that one.
 */
int model_load(struct model **model, const char *text, struct config_error *error);
/* From memory, whatever its name and status; path is for messages. What libFuzzer calls. */
int model_parse(struct model **model, const char *path, const char *text, size_t size,
		struct config_error *error);
/* Is it the name of a file (as above), not of a model? */
bool model_is_file(const char *text);
void model_free(struct model *model); /* NULL is fine */

/* The names of the models that are built in, in the order in which they are shown; NULL past it. */
const char *model_builtin_name(size_t index);

const char *model_status_name(enum model_status status);          /* "own", "read", … */
const char *model_front_end_name(enum model_front_end front_end); /* "chain", … */
const char *model_order_name(enum model_order order);             /* as in a file, all of them */
const char *model_table_kind_name(enum model_table_kind kind);
const char *model_scope_name(enum model_scope scope);
const char *model_insertion_name(enum model_insertion insertion);
const char *model_bytes_name(enum model_bytes bytes);
const char *model_reading_name(enum model_reading reading);
const char *model_relation_name(enum model_relation_number number);
const char *model_mask_name(enum model_mask mask);
const char *model_condition_name(enum model_condition_kind kind); /* "keys-only", … */
enum flow_dissector_key_id model_field_key(struct model_field field);
unsigned int model_field_width(struct model_field field); /* bits */
/* "ipv4_addrs.src", "vlan.vlan_id", "ports_range.min.src". */
const char *model_field_name(struct model_field field);
/* False: no field has that name. */
bool model_field_find(struct model_field *field, const char *name);

#endif
