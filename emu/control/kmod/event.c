/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module's events: each one checked, sent through offload/, logged, answered. */
#include "internal.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kmod_binding *kmod_binding_by_module(const struct kmod *kmod, uint32_t module_id)
{
	struct kmod_binding *binding;

	HASH_FIND(hh, kmod->bindings, &module_id, sizeof(module_id), binding);
	return binding;
}

struct kmod_binding *kmod_binding_by_id(const struct kmod *kmod, uint32_t id)
{
	struct kmod_binding *binding;

	HASH_FIND(by_id, kmod->by_id, &id, sizeof(id), binding);
	return binding;
}

/* ---- answers ---- */

/* As much as fits, not cut inside of a character. */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	if (length >= size)
		for (length = size - 1; length && ((uint8_t)from[length] & 0xc0) == 0x80;)
			length--;
	memcpy(to, from, length);
	to[length] = '\0';
}

/* Nobody waits for an answer to what is only repeated. */
static int reply(struct kmod *kmod, const struct kmod_header *event, int error,
		 const struct reason *reason)
{
	struct kmod_reply answer = {
		.header = {.length = sizeof(answer),
			   .type = KMOD_REPLY,
			   .sequence = event->sequence},
		.error = error,
	};

	if (!(event->flags & KMOD_FLAG_SYNC))
		return 0;
	if (error && reason)
		copy_text(answer.text, sizeof(answer.text), reason->clause);
	return kmod_write(kmod, &answer, sizeof(answer));
}

/* ---- bindings ---- */

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static int read_bind(struct kmod *kmod, struct cursor *message, struct kmod_bind *bind)
{
	memcpy(bind, cursor_bytes(message, sizeof(*bind)), sizeof(*bind));
	if (!is_text(bind->table, sizeof(bind->table)) ||
	    !is_text(bind->chain, sizeof(bind->chain)))
		return kmod_fail(kmod, -EBADMSG, "a name without an end");
	return 0;
}

static bool to_binding(const struct kmod *kmod, const struct kmod_bind *bind,
		       struct offload_binding *binding, struct reason *reason)
{
	static const enum offload_binder binders[] = {
		[KMOD_BINDER_CHAIN] = OFFLOAD_BLOCK,
		[KMOD_BINDER_FLOWTABLE] = OFFLOAD_FLOWTABLE,
		[KMOD_BINDER_TC] = OFFLOAD_TC,
	};
	int port = nic_port_in_netns(kmod->env.nic, bind->netns, bind->ifindex);

	if (port < 0) {
		reason_set(reason, "no-such-port", ENODEV, REASON_MODEL,
			   "interface %u of netns %u is not a port of the NIC", bind->ifindex,
			   bind->netns);
		return false;
	}
	*binding = (struct offload_binding){
		.port = (uint16_t)port,
		.binder = binders[bind->binder],
		.direction = bind->direction == KMOD_EGRESS ? OFFLOAD_EGRESS : OFFLOAD_INGRESS,
		.block = bind->block,
		.indirect = bind->indirect,
		.repeated = bind->header.flags & KMOD_FLAG_REPEATED,
		.table = *bind->table ? bind->table : NULL,
		.chain = *bind->chain ? bind->chain : NULL,
	};
	return true;
}

/* Room first: once the NIC has said yes, nothing can fail any more. */
static int bind_port(struct kmod *kmod, const struct kmod_bind *bind,
		     struct offload_binding *binding, struct reason *reason)
{
	struct kmod_binding *bound = calloc(1, sizeof(*bound));
	int error;

	if (!bound)
		return reason_no_memory(reason);
	bound->module_id = bind->binding;
	HASH_ADD(hh, kmod->bindings, module_id, sizeof(bound->module_id), bound);
	if (!bound->hh.tbl) {
		free(bound);
		return reason_no_memory(reason);
	}
	error = offload_bind(kmod->env.offload, binding, reason);
	if (!error) {
		bound->id = binding->id;
		bound->port = binding->port;
		HASH_ADD(by_id, kmod->by_id, id, sizeof(bound->id), bound);
		if (bound->by_id.tbl)
			return 0;
		offload_unbind(kmod->env.offload, bound->id);
		offload_release(kmod->env.offload, bound->id);
		error = reason_no_memory(reason);
	}
	HASH_DEL(kmod->bindings, bound);
	free(bound);
	return error;
}

static int take_bind(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	struct offload_binding binding = {0};
	struct reason reason = {0};
	struct kmod_bind bind;
	int error = read_bind(kmod, message, &bind);

	if (error)
		return error;
	if (bind.binder < KMOD_BINDER_CHAIN || bind.binder > KMOD_BINDER_TC ||
	    bind.direction > KMOD_EGRESS)
		return kmod_fail(kmod, -EBADMSG, "BIND of an unknown kind (%u, %u)", bind.binder,
				 bind.direction);
	if (kmod_binding_by_module(kmod, bind.binding))
		return kmod_fail(kmod, -EBADMSG, "the binding %u is bound twice", bind.binding);
	if (to_binding(kmod, &bind, &binding, &reason))
		bind_port(kmod, &bind, &binding, &reason);
	error = -reason.error;
	kmod_log(kmod, &(struct kmod_logged){.verb = OFFLOAD_BIND,
					     .bind = &bind,
					     .repeated = header->flags & KMOD_FLAG_REPEATED,
					     .error = error,
					     .reason = &reason});
	return reply(kmod, header, error, &reason);
}

static int take_unbind(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	struct kmod_binding *bound;
	struct kmod_bind bind;
	int error = read_bind(kmod, message, &bind);

	if (error)
		return error;
	bound = kmod_binding_by_module(kmod, bind.binding);
	error = bound ? offload_unbind(kmod->env.offload, bound->id) : -ENOENT;
	if (bound)
		bound->unbound = true;
	kmod_log(kmod, &(struct kmod_logged){.verb = OFFLOAD_UNBIND,
					     .bind = &bind,
					     .device_gone = header->flags & KMOD_FLAG_DEVICE_GONE,
					     .error = error});
	return reply(kmod, header, error, NULL);
}

static void drop_binding(struct kmod *kmod, struct kmod_binding *bound)
{
	kmod_forget_rules(kmod, bound->module_id);
	HASH_DEL(kmod->bindings, bound);
	HASH_DELETE(by_id, kmod->by_id, bound);
	free(bound);
}

static int take_release(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	struct kmod_binding *bound;
	struct kmod_bind bind;
	int error = read_bind(kmod, message, &bind);

	if (error)
		return error;
	bound = kmod_binding_by_module(kmod, bind.binding);
	if (bound) {
		if (!bound->unbound)
			offload_unbind(kmod->env.offload, bound->id);
		offload_release(kmod->env.offload, bound->id);
		drop_binding(kmod, bound);
	}
	return reply(kmod, header, 0, NULL);
}

/* ---- rules ---- */

/* A binding that is unknown here (it was refused) has the number 0, which is nobody's. */
static struct offload_command to_command(const struct kmod_binding *bound,
					 const struct kmod_command *command)
{
	return (struct offload_command){
		.binding = bound ? bound->id : 0,
		.cookie = command->cookie,
		.prio = command->prio,
		.chain_index = command->chain_index,
		.protocol = command->protocol,
		.skip_sw = command->skip_sw,
		.repeated = command->header.flags & KMOD_FLAG_REPEATED,
	};
}

static int take_replace(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	const uint8_t *fixed = cursor_bytes(message, sizeof(struct kmod_replace));
	struct reason reason = {0};
	struct offload_command command;
	struct kmod_replace replace;
	struct flow_rule *rule;
	const char *what;
	int error;

	memcpy(&replace, fixed, sizeof(replace));
	error = kmod_read_rule(&rule, &replace, message, &what);
	if (error == -EBADMSG)
		return kmod_fail(kmod, error, "REPLACE: %s", what);
	command =
		to_command(kmod_binding_by_module(kmod, replace.command.binding), &replace.command);
	command.handle = replace.handle;
	command.previous = replace.previous;
	command.rule = rule;
	if (error)
		reason_no_memory(&reason);
	else
		error = offload_replace(kmod->env.offload, &command, &reason);
	kmod_log(kmod, &(struct kmod_logged){.verb = OFFLOAD_REPLACE,
					     .command = &command,
					     .repeated = command.repeated,
					     .error = error,
					     .reason = &reason});
	flow_rule_free(rule);
	return reply(kmod, header, error, &reason);
}

static int take_destroy(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	struct reason reason = {0};
	struct offload_command command;
	struct kmod_command from;
	int error;

	memcpy(&from, cursor_bytes(message, sizeof(from)), sizeof(from));
	command = to_command(kmod_binding_by_module(kmod, from.binding), &from);
	error = offload_destroy_rule(kmod->env.offload, &command, &reason);
	kmod_forget_rule(kmod, from.binding, from.cookie);
	kmod_log(kmod, &(struct kmod_logged){.verb = OFFLOAD_DESTROY,
					     .command = &command,
					     .error = error,
					     .reason = &reason});
	return reply(kmod, header, error, &reason);
}

enum { ERRNO_MAX = 4095 };

static int take_stats(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	struct offload_stats delta = {0};
	struct offload_command command;
	struct kmod_command from;

	memcpy(&from, cursor_bytes(message, sizeof(from)), sizeof(from));
	command = to_command(kmod_binding_by_module(kmod, from.binding), &from);
	delta.packets = from.packets;
	delta.bytes = from.bytes;
	delta.last_used_ns = kmod_last_used_ns(from.idle_ms);
	if (from.error > 0 || from.error < -ERRNO_MAX)
		return kmod_fail(kmod, -EBADMSG, "STATS with %d, which is no negative errno",
				 from.error);
	offload_told_stats(kmod->env.offload, &command, &delta, from.error);
	kmod_log(kmod, &(struct kmod_logged){.verb = OFFLOAD_STATS,
					     .command = &command,
					     .stats = &delta,
					     .error = from.error});
	return reply(kmod, header, 0, NULL);
}

/* ---- the rest ---- */

static int read_port(struct kmod *kmod, struct cursor *message, struct kmod_port *port)
{
	memcpy(port, cursor_bytes(message, sizeof(*port)), sizeof(*port));
	if (!is_text(port->name, sizeof(port->name)) || !is_text(port->kind, sizeof(port->kind)))
		return kmod_fail(kmod, -EBADMSG, "a name without an end");
	return 0;
}

static int take_port(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	struct kmod_port port;
	int error = read_port(kmod, message, &port);

	if (!error)
		error = kmod_take_port(kmod, &port);
	return error ? error : reply(kmod, header, 0, NULL);
}

static int take_port_gone(struct kmod *kmod, const struct kmod_header *header,
			  struct cursor *message)
{
	struct kmod_port port;
	int error = read_port(kmod, message, &port);

	if (error)
		return error;
	kmod_take_port_gone(kmod, &port);
	return reply(kmod, header, 0, NULL);
}

static int take_flush(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	struct kmod_header event = *header; /* the buffer that it is in is used for the totals */
	int error = kmod_push(kmod);

	return error ? error : reply(kmod, &event, 0, NULL);
}

static int take_lost(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	struct kmod_binding *bound, *next;

	log_add(kmod->env.log, LOG_WARNING, kmod->env.clock->now_ns,
		"the module has lost events: what the NIC holds is forgotten and told again");
	offload_lost(kmod->env.offload);
	HASH_ITER (hh, kmod->bindings, bound, next)
		drop_binding(kmod, bound);
	kmod_forget_all_rules(kmod);
	memset(kmod->told, 0, sizeof(kmod->told));
	kmod->lost = true;
	return reply(kmod, header, 0, NULL);
}

static int take_repeat_end(struct kmod *kmod, const struct kmod_header *header,
			   struct cursor *message)
{
	if (kmod->lost)
		kmod_ports_repeated(kmod);
	kmod->lost = false;
	return reply(kmod, header, 0, NULL);
}

static int take_hello(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	return kmod_fail(kmod, -EBADMSG, "the module says HELLO once more");
}

static const struct event {
	const char *name;
	size_t size;
	bool open_end; /* size is the least */
	int (*take)(struct kmod *kmod, const struct kmod_header *header, struct cursor *message);
} events[] = {
	[KMOD_HELLO] = {"HELLO", sizeof(struct kmod_hello), false, take_hello},
	[KMOD_PORT] = {"PORT", sizeof(struct kmod_port), false, take_port},
	[KMOD_PORT_GONE] = {"PORT_GONE", sizeof(struct kmod_port), false, take_port_gone},
	[KMOD_BIND] = {"BIND", sizeof(struct kmod_bind), false, take_bind},
	[KMOD_UNBIND] = {"UNBIND", sizeof(struct kmod_bind), false, take_unbind},
	[KMOD_REPLACE] = {"REPLACE", sizeof(struct kmod_replace), true, take_replace},
	[KMOD_DESTROY] = {"DESTROY", sizeof(struct kmod_command), false, take_destroy},
	[KMOD_STATS] = {"STATS", sizeof(struct kmod_command), false, take_stats},
	[KMOD_FLUSH] = {"FLUSH", sizeof(struct kmod_header), false, take_flush},
	[KMOD_REPEAT_END] = {"REPEAT_END", sizeof(struct kmod_header), false, take_repeat_end},
	[KMOD_LOST] = {"LOST", sizeof(struct kmod_header), false, take_lost},
	[KMOD_RELEASE] = {"RELEASE", sizeof(struct kmod_bind), false, take_release},
};

static int refuse_unknown(struct kmod *kmod, const struct kmod_header *header)
{
	struct reason reason = {0};

	reason_set(&reason, "unknown-event", EOPNOTSUPP, REASON_MODEL,
		   "nicemu does not know the module's event %u", header->type);
	log_add(kmod->env.log, LOG_WARNING, kmod->env.clock->now_ns, "%s", reason.clause);
	return reply(kmod, header, -EOPNOTSUPP, &reason);
}

int kmod_take(struct kmod *kmod, const struct kmod_header *header, struct cursor *message)
{
	const struct event *event;
	size_t size = cursor_left(message);

	if (header->type >= sizeof(events) / sizeof(events[0]) || !events[header->type].take)
		return refuse_unknown(kmod, header);
	event = &events[header->type];
	if (event->open_end ? size < event->size : size != event->size)
		return kmod_fail(kmod, -EBADMSG, "%s has %zu bytes, not %zu", event->name, size,
				 event->size);
	return event->take(kmod, header, message);
}
