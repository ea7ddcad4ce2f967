/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/offload/fault.h>
#include <nicemu/offload/offload.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* uthash reports that memory is out by leaving the element outside the table. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

/* One (binding, cookie) that the driver has accepted. */
struct rule {
	uint64_t cookie;
	struct offload_stats reported;  /* totals at the last STATS */
	struct offload_command command; /* the last REPLACE that was accepted; holds its rule */
	const struct bound *bound;
	UT_hash_handle hh;
	struct rule *prev, *next; /* in offload.arrived */
};

struct bound {
	struct offload_binding binding;
	bool unbound;       /* only DESTROY and release are left to come */
	struct rule *rules; /* by cookie */
	UT_hash_handle hh;
};

struct offload {
	const struct offload_driver *driver;
	void *driver_context;
	struct offload_tap *taps;
	const struct offload_fault *faults;
	size_t num_faults;
	uint64_t offered[OFFLOAD_TC + 1], offered_in_all; /* new rules, since faults were set */
	struct bound *bound;                              /* by binding.id */
	struct rule *arrived; /* all rules, in the order of their first REPLACE */
	uint32_t last_id;
};

struct offload *offload_create(const struct offload_driver *driver, void *context)
{
	struct offload *o = calloc(1, sizeof(*o));

	if (o) {
		o->driver = driver;
		o->driver_context = context;
	}
	return o;
}

/* Names are kept as long as the binding is. */
static void free_names(struct bound *bound)
{
	free((char *)bound->binding.table);
	free((char *)bound->binding.chain);
}

static bool copy_names(struct bound *bound, const struct offload_binding *from)
{
	bound->binding.table = from->table ? strdup(from->table) : NULL;
	bound->binding.chain = from->chain ? strdup(from->chain) : NULL;
	return (bound->binding.table || !from->table) && (bound->binding.chain || !from->chain);
}

static void remove_rule(struct offload *o, struct bound *bound, struct rule *rule)
{
	HASH_DEL(bound->rules, rule);
	DL_DELETE(o->arrived, rule);
	flow_rule_free((struct flow_rule *)rule->command.rule);
	free(rule);
}

static void free_bound(struct offload *o, struct bound *bound)
{
	struct rule *rule, *next;

	HASH_ITER (hh, bound->rules, rule, next) {
		remove_rule(o, bound, rule);
	}
	HASH_DEL(o->bound, bound);
	free_names(bound);
	free(bound);
}

void offload_destroy(struct offload *o)
{
	struct bound *bound, *next;

	if (!o)
		return;
	HASH_ITER (hh, o->bound, bound, next) {
		free_bound(o, bound);
	}
	free(o);
}

void offload_add_tap(struct offload *o, struct offload_tap *tap)
{
	DL_APPEND(o->taps, tap);
}

void offload_remove_tap(struct offload *o, struct offload_tap *tap)
{
	DL_DELETE(o->taps, tap);
}

static void tell(struct offload *o, const struct offload_event *event)
{
	struct offload_tap *tap;

	DL_FOREACH (o->taps, tap)
		tap->see(tap->context, event);
}

static struct bound *find_bound(const struct offload *o, uint32_t id)
{
	struct bound *bound;

	HASH_FIND(hh, o->bound, &id, sizeof(id), bound);
	return bound;
}

static struct rule *find_rule(const struct bound *bound, uint64_t cookie)
{
	struct rule *rule = NULL;

	if (bound)
		HASH_FIND(hh, bound->rules, &cookie, sizeof(cookie), rule);
	return rule;
}

static int no_binding(struct reason *reason, uint32_t id)
{
	return reason_set(reason, "no-such-binding", ENOENT, REASON_MODEL,
			  "no binding has the number %u", id);
}

static int no_rule(const struct offload *o, const struct offload_command *command,
		   enum offload_verb verb, struct reason *reason)
{
	int error = o->driver->unknown
			    ? o->driver->unknown(o->driver_context, command->binding, verb)
			    : -ENOENT;

	if (!error)
		return 0;
	return reason_set(reason, "no-such-cookie", -error, REASON_MODEL,
			  "binding %u has no rule with the cookie 0x%llx", command->binding,
			  (unsigned long long)command->cookie);
}

/* Bookkeeping first: once the driver has said yes, nothing can fail any more. */
static int bind_driver(struct offload *o, struct offload_binding *binding, struct reason *reason)
{
	struct bound *bound;
	int error;

	if (o->last_id == UINT32_MAX)
		return reason_set(reason, "binding-numbers-used-up", ENOSPC, REASON_CAPACITY,
				  "every binding number has been used");
	bound = calloc(1, sizeof(*bound));
	if (!bound)
		return reason_no_memory(reason);
	bound->binding = *binding;
	bound->binding.id = o->last_id + 1;
	if (copy_names(bound, binding))
		HASH_ADD(hh, o->bound, binding.id, sizeof(bound->binding.id), bound);
	if (!bound->hh.tbl) {
		free_names(bound);
		free(bound);
		return reason_no_memory(reason);
	}
	error = o->driver->bind(o->driver_context, &bound->binding, reason);
	if (error) {
		free_bound(o, bound);
		return error;
	}
	binding->id = ++o->last_id;
	return 0;
}

int offload_bind(struct offload *o, struct offload_binding *binding, struct reason *reason)
{
	struct reason own = {0};
	int error;

	if (!reason)
		reason = &own; /* the tap wants to know, even where the caller does not */
	error = bind_driver(o, binding, reason);
	tell(o, &(struct offload_event){.verb = OFFLOAD_BIND,
					.binding = binding,
					.error = error,
					.reason = error ? reason : NULL});
	return error;
}

int offload_unbind(struct offload *o, uint32_t id)
{
	struct bound *bound = find_bound(o, id);
	struct offload_event event = {.verb = OFFLOAD_UNBIND};
	struct reason reason = {0};

	if (!bound || bound->unbound) {
		event.error = no_binding(&reason, id);
		event.reason = &reason;
		tell(o, &event);
		return event.error;
	}
	o->driver->unbind(o->driver_context, &bound->binding);
	bound->unbound = true;
	event.binding = &bound->binding;
	tell(o, &event);
	return 0;
}

static void tell_release(struct offload *o, const struct bound *bound)
{
	tell(o, &(struct offload_event){.verb = OFFLOAD_RELEASE, .binding = &bound->binding});
}

void offload_release(struct offload *o, uint32_t id)
{
	struct bound *bound = find_bound(o, id);

	if (!bound || !bound->unbound)
		return;
	o->driver->release(o->driver_context, &bound->binding);
	tell_release(o, bound);
	free_bound(o, bound);
}

void offload_port_gone(struct offload *o, uint16_t port)
{
	struct bound *bound, *next;

	o->driver->port_gone(o->driver_context, port);
	HASH_ITER (hh, o->bound, bound, next) {
		if (bound->binding.port != port)
			continue;
		tell_release(o, bound);
		free_bound(o, bound);
	}
	tell(o, &(struct offload_event){.verb = OFFLOAD_PORT_GONE, .port = port});
}

void offload_lost(struct offload *o)
{
	struct bound *bound, *next;

	HASH_ITER (hh, o->bound, bound, next) {
		if (!bound->unbound)
			o->driver->unbind(o->driver_context, &bound->binding);
		bound->unbound = true;
		offload_release(o, bound->binding.id);
	}
	tell(o, &(struct offload_event){.verb = OFFLOAD_LOST});
}

static struct rule *add_rule(struct offload *o, struct bound *bound, uint64_t cookie)
{
	struct rule *rule = calloc(1, sizeof(*rule));

	if (!rule)
		return NULL;
	rule->cookie = cookie;
	rule->bound = bound;
	HASH_ADD(hh, bound->rules, cookie, sizeof(rule->cookie), rule);
	if (rule->hh.tbl) {
		DL_APPEND(o->arrived, rule);
		return rule;
	}
	free(rule);
	return NULL;
}

void offload_set_faults(struct offload *o, const struct offload_fault *faults, size_t count)
{
	o->faults = faults;
	o->num_faults = count;
	memset(o->offered, 0, sizeof(o->offered));
	o->offered_in_all = 0;
}

/* A new rule is offered: 0, or the errno with which somebody wants it refused. */
static int find_fault(struct offload *o, enum offload_binder binder, struct reason *reason)
{
	uint64_t number = ++o->offered[binder], in_all = ++o->offered_in_all;

	for (size_t i = 0; i < o->num_faults; i++) {
		const struct offload_fault *fault = &o->faults[i];
		uint64_t n = fault->any ? in_all : number;

		if ((fault->any || fault->binder == binder) && n >= fault->first &&
		    n <= fault->last)
			return reason_set(reason, "on-demand", fault->error, REASON_FAULT, "%s",
					  fault->text);
	}
	return 0;
}

static int ask_driver(struct offload *o, const struct bound *bound, bool is_new,
		      const struct offload_command *command, struct reason *reason)
{
	int error = 0;

	if (is_new && !command->repeated)
		error = find_fault(o, bound->binding.binder, reason);
	return error ? error : o->driver->replace(o->driver_context, command, reason);
}

/* What is remembered is made first: once the driver has said yes, nothing can fail any more. */
static int replace_in_driver(struct offload *o, struct bound *bound,
			     const struct offload_command *command, struct reason *reason)
{
	struct rule *rule = find_rule(bound, command->cookie), *fresh = NULL;
	struct flow_rule *kept = NULL;
	int error;

	if (!bound || bound->unbound)
		return no_binding(reason, command->binding);
	if (command->rule) {
		kept = flow_rule_hold(command->rule);
		if (!kept)
			return reason_no_memory(reason);
	}
	if (!rule)
		rule = fresh = add_rule(o, bound, command->cookie);
	error = rule ? ask_driver(o, bound, fresh != NULL, command, reason)
		     : reason_no_memory(reason);
	if (error) {
		flow_rule_free(kept);
		if (fresh)
			remove_rule(o, bound, fresh);
		return error;
	}
	flow_rule_free((struct flow_rule *)rule->command.rule);
	rule->command = *command;
	rule->command.rule = kept;
	return 0;
}

static int destroy_in_driver(struct offload *o, struct bound *bound,
			     const struct offload_command *command, struct reason *reason)
{
	struct rule *rule = find_rule(bound, command->cookie);
	int error;

	if (!bound)
		return no_binding(reason, command->binding);
	if (!rule)
		return no_rule(o, command, OFFLOAD_DESTROY, reason);
	error = o->driver->destroy(o->driver_context, command, reason);
	if (!error)
		remove_rule(o, bound, rule);
	return error;
}

/* What the driver reads in the NIC's counters. */
static int read_counters(struct offload *o, const struct rule *rule,
			 const struct offload_command *command, struct offload_stats *totals)
{
	int error = o->driver->totals(o->driver_context, command, totals);

	if (error || !o->driver->counted)
		return error;
	return o->driver->counted(o->driver_context, command, &rule->reported, totals);
}

static int stats_from_driver(struct offload *o, struct bound *bound,
			     const struct offload_command *command, struct offload_stats *delta,
			     struct reason *reason)
{
	struct rule *rule = find_rule(bound, command->cookie);
	struct offload_stats totals = {0};
	int error;

	*delta = (struct offload_stats){0};
	if (!bound || bound->unbound)
		return no_binding(reason, command->binding);
	if (!rule)
		return no_rule(o, command, OFFLOAD_STATS, reason);
	error = read_counters(o, rule, command, &totals);
	if (error)
		return reason_set(reason, "stats-refused", -error, REASON_MODEL,
				  "the NIC gave no statistics: %s", errno_name(-error));
	delta->packets = totals.packets - rule->reported.packets;
	delta->bytes = totals.bytes - rule->reported.bytes;
	delta->last_used_ns = totals.last_used_ns;
	rule->reported = totals;
	return 0;
}

static void tell_command(struct offload *o, enum offload_verb verb, const struct bound *bound,
			 const struct offload_command *command, const struct offload_stats *stats,
			 int error, const struct reason *reason)
{
	tell(o, &(struct offload_event){.verb = verb,
					.binding = bound ? &bound->binding : NULL,
					.command = command,
					.stats = stats,
					.error = error,
					.reason = error ? reason : NULL});
}

typedef int command_in_driver(struct offload *o, struct bound *bound,
			      const struct offload_command *command, struct reason *reason);

/* The commands without an answer but yes and no. */
static int run_command(struct offload *o, enum offload_verb verb, command_in_driver *run,
		       const struct offload_command *command, struct reason *reason)
{
	struct bound *bound = find_bound(o, command->binding);
	struct reason own = {0};
	int error;

	if (!reason)
		reason = &own; /* the tap wants to know, even where the caller does not */
	error = run(o, bound, command, reason);
	tell_command(o, verb, bound, command, NULL, error, reason);
	return error;
}

int offload_replace(struct offload *o, const struct offload_command *command, struct reason *reason)
{
	return run_command(o, OFFLOAD_REPLACE, replace_in_driver, command, reason);
}

int offload_destroy_rule(struct offload *o, const struct offload_command *command,
			 struct reason *reason)
{
	return run_command(o, OFFLOAD_DESTROY, destroy_in_driver, command, reason);
}

int offload_stats(struct offload *o, const struct offload_command *command,
		  struct offload_stats *delta)
{
	struct bound *bound = find_bound(o, command->binding);
	struct reason reason = {0};
	int error;

	error = stats_from_driver(o, bound, command, delta, &reason);
	tell_command(o, OFFLOAD_STATS, bound, command, delta, error, &reason);
	return error;
}

void offload_told_stats(struct offload *o, const struct offload_command *command,
			const struct offload_stats *delta, int error)
{
	tell_command(o, OFFLOAD_STATS, find_bound(o, command->binding), command, delta, error,
		     NULL);
}

int offload_totals(struct offload *o, uint32_t id, uint64_t cookie, struct offload_stats *totals)
{
	const struct offload_command command = {.binding = id, .cookie = cookie};

	*totals = (struct offload_stats){0};
	if (!find_rule(find_bound(o, id), cookie))
		return -ENOENT;
	return o->driver->totals(o->driver_context, &command, totals);
}

void offload_visit(const struct offload *o,
		   void (*visit)(void *context, const struct offload_binding *binding,
				 const struct offload_command *command),
		   void *context)
{
	const struct rule *rule;

	DL_FOREACH (o->arrived, rule)
		visit(context, &rule->bound->binding, &rule->command);
}

const char *offload_verb_name(enum offload_verb verb)
{
	static const char *const names[] = {
		[OFFLOAD_BIND] = "BIND",           [OFFLOAD_UNBIND] = "UNBIND",
		[OFFLOAD_REPLACE] = "REPLACE",     [OFFLOAD_DESTROY] = "DESTROY",
		[OFFLOAD_STATS] = "STATS",         [OFFLOAD_RELEASE] = "RELEASE",
		[OFFLOAD_PORT_GONE] = "PORT_GONE", [OFFLOAD_LOST] = "LOST",
	};

	return names[verb];
}

const char *offload_binder_name(enum offload_binder binder)
{
	static const char *const names[] = {
		[OFFLOAD_BLOCK] = "chain",
		[OFFLOAD_FLOWTABLE] = "flowtable",
		[OFFLOAD_TC] = "flower",
	};

	return names[binder];
}
