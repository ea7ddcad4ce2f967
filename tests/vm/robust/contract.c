/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "contract.h"
#include "channel.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void violation(struct contract *contract, const struct kmod_header *header,
		      const char *format, ...)
{
	va_list arguments;

	contract->violations++;
	fprintf(contract->log, "VIOLATION %s sequence %llu: ", channel_type_name(header->type),
		(unsigned long long)header->sequence);
	va_start(arguments, format);
	vfprintf(contract->log, format, arguments);
	va_end(arguments);
	fputc('\n', contract->log);
}

void contract_init(struct contract *contract, FILE *log)
{
	memset(contract, 0, sizeof(*contract));
	contract->repeating = 1;
	contract->log = log;
}

#define FREE_ALL(TYPE, list)                        \
	do {                                        \
		struct TYPE *entry, *next;          \
		HASH_ITER (hh, list, entry, next) { \
			HASH_DEL(list, entry);      \
			free(entry);                \
		}                                   \
	} while (0)

static void forget(struct contract *contract)
{
	FREE_ALL(contract_rule, contract->rules);
	FREE_ALL(contract_binding, contract->bindings);
	FREE_ALL(contract_port, contract->ports);
}

void contract_free(struct contract *contract)
{
	forget(contract);
}

struct contract_rule *contract_find(struct contract *contract, uint32_t binding, uint64_t cookie)
{
	struct contract_rule wanted = {.key = {.cookie = cookie, .binding = binding}}, *found;

	HASH_FIND(hh, contract->rules, &wanted.key, sizeof(wanted.key), found);
	return found;
}

static void remove_rule(struct contract *contract, struct contract_rule *rule)
{
	if (!rule)
		return;
	HASH_DEL(contract->rules, rule);
	free(rule);
}

void contract_refused(struct contract *contract, uint32_t binding, uint64_t cookie)
{
	remove_rule(contract, contract_find(contract, binding, cookie));
}

static struct contract_binding *find_binding(struct contract *contract, uint32_t binding)
{
	struct contract_binding *found;

	HASH_FIND(hh, contract->bindings, &binding, sizeof(binding), found);
	return found;
}

static struct contract_port *find_port(struct contract *contract, uint32_t netns, uint32_t ifindex)
{
	struct contract_port wanted = {.key = {netns, ifindex}}, *found;

	HASH_FIND(hh, contract->ports, &wanted.key, sizeof(wanted.key), found);
	return found;
}

/* A string ends inside its array, and nothing follows: what did would be memory of the kernel. */
static void check_string(struct contract *contract, const struct kmod_header *header,
			 const char *name, const char *text, size_t size)
{
	size_t length = strnlen(text, size), i;

	if (length == size)
		violation(contract, header, "%s has no end", name);
	for (i = length; i < size; i++) {
		if (!text[i])
			continue;
		violation(contract, header, "%s: byte 0x%02x after its end", name,
			  (unsigned char)text[i]);
		return;
	}
}

static void check_zero(struct contract *contract, const struct kmod_header *header,
		       const char *name, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	size_t i;

	for (i = 0; i < size; i++)
		if (bytes[i]) {
			violation(contract, header, "%s: byte 0x%02x should be 0", name, bytes[i]);
			return;
		}
}

static void on_hello(struct contract *contract, const void *message)
{
	const struct kmod_hello *hello = message;

	if (hello->version != KMOD_VERSION)
		violation(contract, &hello->header, "version %u", hello->version);
	check_string(contract, &hello->header, "release", hello->release, sizeof(hello->release));
	check_string(contract, &hello->header, "kernel", hello->kernel, sizeof(hello->kernel));
	check_string(contract, &hello->header, "module", hello->module, sizeof(hello->module));
}

static void on_port(struct contract *contract, const void *message)
{
	const struct kmod_port *port = message;
	struct contract_port *entry = find_port(contract, port->netns, port->ifindex);

	check_string(contract, &port->header, "name", port->name, sizeof(port->name));
	check_string(contract, &port->header, "kind", port->kind, sizeof(port->kind));
	if (!port->ifindex || !port->netns || !port->name[0])
		violation(contract, &port->header, "no ifindex, namespace or name");
	if (entry)
		return;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return;
	entry->key.netns = port->netns;
	entry->key.ifindex = port->ifindex;
	HASH_ADD(hh, contract->ports, key, sizeof(entry->key), entry);
}

/* What ended while the repetition was read was not repeated, and its end is told all the same. */
static int may_be_unknown(const struct contract *contract, uint32_t binding)
{
	return !contract->first_new || binding < contract->first_new;
}

static void on_port_gone(struct contract *contract, const void *message)
{
	const struct kmod_port *port = message;
	struct contract_port *entry = find_port(contract, port->netns, port->ifindex);
	struct contract_binding *binding;

	if (!entry)
		return;
	for (binding = contract->bindings; binding; binding = binding->hh.next)
		if (binding->ifindex == port->ifindex && !binding->unbound)
			violation(contract, &port->header, "port %u is still bound (%u)",
				  port->ifindex, binding->binding);
	HASH_DEL(contract->ports, entry);
	free(entry);
}

static void check_bind(struct contract *contract, const struct kmod_bind *bind)
{
	check_string(contract, &bind->header, "table", bind->table, sizeof(bind->table));
	check_string(contract, &bind->header, "chain", bind->chain, sizeof(bind->chain));
	check_zero(contract, &bind->header, "reserved", &bind->reserved, sizeof(bind->reserved));
	if (bind->binder < KMOD_BINDER_CHAIN || bind->binder > KMOD_BINDER_TC ||
	    bind->direction > 1 || bind->indirect > 1 || !bind->binding || !bind->block)
		violation(contract, &bind->header, "binder %u direction %u binding %u block %llu",
			  bind->binder, bind->direction, bind->binding,
			  (unsigned long long)bind->block);
}

static void on_bind(struct contract *contract, const void *message)
{
	const struct kmod_bind *bind = message;
	struct contract_binding *entry = find_binding(contract, bind->binding);

	check_bind(contract, bind);
	if (!find_port(contract, bind->netns, bind->ifindex))
		violation(contract, &bind->header, "port %u was not told", bind->ifindex);
	if (entry || (!contract->repeating && bind->binding <= contract->max_binding)) {
		violation(contract, &bind->header, "binding %u is used again", bind->binding);
		return;
	}
	if (!(bind->header.flags & KMOD_FLAG_REPEATED) && !contract->first_new)
		contract->first_new = bind->binding;
	if (bind->binding > contract->max_binding)
		contract->max_binding = bind->binding;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return;
	entry->binding = bind->binding;
	entry->ifindex = bind->ifindex;
	HASH_ADD(hh, contract->bindings, binding, sizeof(entry->binding), entry);
}

static void on_unbind(struct contract *contract, const void *message)
{
	const struct kmod_bind *bind = message;
	struct contract_binding *entry = find_binding(contract, bind->binding);

	check_bind(contract, bind);
	if (!entry && may_be_unknown(contract, bind->binding))
		return;
	if (!entry || entry->unbound)
		violation(contract, &bind->header, "binding %u is not bound", bind->binding);
	else
		entry->unbound = 1;
}

static void on_release(struct contract *contract, const void *message)
{
	const struct kmod_bind *bind = message;
	struct contract_binding *entry = find_binding(contract, bind->binding);
	struct contract_rule *rule, *next;

	check_bind(contract, bind);
	if (!entry) {
		if (!may_be_unknown(contract, bind->binding))
			violation(contract, &bind->header, "binding %u was never there",
				  bind->binding);
		return;
	}
	/* a BIND that was refused, or not answered in time, ends with RELEASE alone */
	if (!entry->unbound && entry->used)
		violation(contract, &bind->header, "binding %u had no UNBIND", bind->binding);
	HASH_ITER (hh, contract->rules, rule, next)
		if (rule->key.binding == bind->binding)
			remove_rule(contract, rule);
	HASH_DEL(contract->bindings, entry);
	free(entry);
}

static void check_fields(struct contract *contract, const struct kmod_replace *replace)
{
	const struct kmod_field *fields = (const void *)(replace + 1);
	const struct kmod_header *header = &replace->command.header;
	unsigned i, last = 0;

	for (i = 0; i < replace->num_fields; i++) {
		const struct kmod_field *field = &fields[i];

		if (!field->id || field->size < 1 || field->size > KMOD_FIELD_VALUE_SIZE ||
		    field->flags & ~KMOD_FIELD_FLAGGED) {
			violation(contract, header, "field %u size %u flags 0x%x", field->id,
				  field->size, field->flags);
			continue;
		}
		if (field->id <= last)
			violation(contract, header, "field %u after %u", field->id, last);
		last = field->id;
		check_zero(contract, header, "rest of a key", field->key + field->size,
			   sizeof(field->key) - field->size);
		check_zero(contract, header, "rest of a mask", field->mask + field->size,
			   sizeof(field->mask) - field->size);
	}
}

static void check_actions(struct contract *contract, const struct kmod_replace *replace)
{
	const struct kmod_field *fields = (const void *)(replace + 1);
	const struct kmod_action *actions = (const void *)(fields + replace->num_fields);
	const struct kmod_header *header = &replace->command.header;
	unsigned i;

	for (i = 0; i < replace->num_actions; i++) {
		const struct kmod_action *action = &actions[i];

		if (action->id > KMOD_ACTION_CONTINUE)
			violation(contract, header, "action %u", action->id);
		if (action->id == KMOD_ACTION_REDIRECT && action->argument[0] &&
		    !find_port(contract, action->argument[1], action->argument[0]))
			violation(contract, header, "port %u of an action was not told",
				  action->argument[0]);
	}
}

static void on_replace(struct contract *contract, const void *message)
{
	const struct kmod_replace *replace = message;
	const struct kmod_command *command = &replace->command;
	struct contract_binding *binding = find_binding(contract, command->binding);
	struct contract_rule *rule;

	check_zero(contract, &command->header, "reserved", &command->reserved, 1);
	check_fields(contract, replace);
	check_actions(contract, replace);
	if (!binding || binding->unbound)
		violation(contract, &command->header, "binding %u is not bound", command->binding);
	else
		binding->used = 1;
	rule = contract_find(contract, command->binding, command->cookie);
	if (rule && command->header.flags & KMOD_FLAG_REPEATED)
		violation(contract, &command->header, "a rule is repeated twice");
	if (rule)
		return;
	rule = calloc(1, sizeof(*rule));
	if (!rule)
		return;
	rule->key.binding = command->binding;
	rule->key.cookie = command->cookie;
	HASH_ADD(hh, contract->rules, key, sizeof(rule->key), rule);
}

static void on_destroy(struct contract *contract, const void *message)
{
	const struct kmod_command *command = message;

	check_zero(contract, &command->header, "reserved", &command->reserved, 1);
	if (!find_binding(contract, command->binding) &&
	    !may_be_unknown(contract, command->binding))
		violation(contract, &command->header, "binding %u is not there", command->binding);
	remove_rule(contract, contract_find(contract, command->binding, command->cookie));
}

static void on_stats(struct contract *contract, const void *message)
{
	const struct kmod_command *command = message;

	check_zero(contract, &command->header, "reserved", &command->reserved, 1);
}

static void on_repeat_end(struct contract *contract, const void *message)
{
	const struct kmod_header *header = message;

	if (!contract->repeating)
		violation(contract, header, "there was no repetition");
	contract->repeating = 0;
}

static void on_lost(struct contract *contract, const void *message)
{
	(void)message;
	forget(contract);
	contract->repeating = 1;
	contract->first_new = 0;
}

static void on_nothing(struct contract *contract, const void *message)
{
	(void)contract;
	(void)message;
}

enum { FLAGGED_ALWAYS = KMOD_FLAG_SYNC | KMOD_FLAG_REPEATED };

static const struct kind {
	size_t size;
	unsigned flags; /* that may be set */
	void (*follow)(struct contract *contract, const void *message);
} kinds[] = {
	[KMOD_HELLO] = {sizeof(struct kmod_hello), 0, on_hello},
	[KMOD_PORT] = {sizeof(struct kmod_port), KMOD_FLAG_REPEATED, on_port},
	[KMOD_PORT_GONE] = {sizeof(struct kmod_port), 0, on_port_gone},
	[KMOD_BIND] = {sizeof(struct kmod_bind), FLAGGED_ALWAYS, on_bind},
	[KMOD_UNBIND] = {sizeof(struct kmod_bind), KMOD_FLAG_DEVICE_GONE, on_unbind},
	[KMOD_REPLACE] = {sizeof(struct kmod_replace), FLAGGED_ALWAYS, on_replace},
	[KMOD_DESTROY] = {sizeof(struct kmod_command), 0, on_destroy},
	[KMOD_STATS] = {sizeof(struct kmod_command), 0, on_stats},
	[KMOD_FLUSH] = {sizeof(struct kmod_header), KMOD_FLAG_SYNC, on_nothing},
	[KMOD_REPEAT_END] = {sizeof(struct kmod_header), 0, on_repeat_end},
	[KMOD_LOST] = {sizeof(struct kmod_header), 0, on_lost},
	[KMOD_RELEASE] = {sizeof(struct kmod_bind), KMOD_FLAG_DEVICE_GONE, on_release},
};

static size_t expected_size(const struct kmod_header *header, size_t size)
{
	const struct kmod_replace *replace = (const void *)header;

	if (header->type != KMOD_REPLACE || size < sizeof(*replace))
		return kinds[header->type].size;
	return sizeof(*replace) + replace->num_fields * sizeof(struct kmod_field) +
	       replace->num_actions * sizeof(struct kmod_action);
}

unsigned contract_message(struct contract *contract, const void *message, size_t size)
{
	const struct kmod_header *header = message;
	unsigned before = contract->violations;

	if (size < sizeof(*header) || header->length != size) {
		contract->violations++;
		fprintf(contract->log, "VIOLATION a message of %zu bytes says otherwise\n", size);
		return 1;
	}
	if (header->type >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[header->type].follow) {
		violation(contract, header, "type %u", header->type);
		return 1;
	}
	if (expected_size(header, size) != size) {
		violation(contract, header, "%zu bytes", size);
		return 1;
	}
	if (header->flags & ~kinds[header->type].flags)
		violation(contract, header, "flags 0x%x", header->flags);
	if (header->flags & KMOD_FLAG_REPEATED && !contract->repeating)
		violation(contract, header, "repeated after the repetition");
	if (header->sequence && header->sequence <= contract->sequence)
		violation(contract, header, "after %llu", (unsigned long long)contract->sequence);
	if (header->sequence)
		contract->sequence = header->sequence;
	kinds[header->type].follow(contract, message);
	return contract->violations - before;
}
