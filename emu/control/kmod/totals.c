/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Totals on their way to the module: those that have changed, many in a message. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	TOTALS_A_MESSAGE =
		(KMOD_MESSAGE_MAX - sizeof(struct kmod_totals)) / sizeof(struct kmod_total),
};

struct push {
	struct kmod *kmod;
	struct kmod_totals header;
	struct kmod_total totals[TOTALS_A_MESSAGE];
	int error;
};

static struct kmod_written *find_written(const struct kmod *kmod, uint32_t module_id,
					 uint64_t cookie)
{
	const struct kmod_written_key key = {module_id, cookie};
	struct kmod_written *written;

	HASH_FIND(hh, kmod->written, &key, sizeof(key), written);
	return written;
}

static struct kmod_written *get_written(struct kmod *kmod, uint32_t module_id, uint64_t cookie)
{
	struct kmod_written *written = find_written(kmod, module_id, cookie);

	if (written)
		return written;
	written = calloc(1, sizeof(*written));
	if (!written)
		return NULL;
	written->key = (struct kmod_written_key){module_id, cookie};
	HASH_ADD(hh, kmod->written, key, sizeof(written->key), written);
	if (written->hh.tbl)
		return written;
	free(written);
	return NULL;
}

static void send_push(struct push *push)
{
	size_t size = sizeof(push->header) + push->header.count * sizeof(push->totals[0]);

	if (!push->header.count || push->error)
		return;
	push->header.header = (struct kmod_header){.length = (__u32)size, .type = KMOD_TOTALS};
	memcpy(push->kmod->message, &push->header, sizeof(push->header));
	memcpy(push->kmod->message + sizeof(push->header), push->totals,
	       push->header.count * sizeof(push->totals[0]));
	push->error = kmod_write(push->kmod, push->kmod->message, size);
	push->header.count = 0;
}

/* Memory that is out means later, not never: the rule is then met again as changed. */
static void push_rule(void *context, const struct offload_binding *binding,
		      const struct offload_command *command)
{
	struct push *push = context;
	struct kmod *kmod = push->kmod;
	const struct kmod_binding *bound = kmod_binding_by_id(kmod, binding->id);
	struct offload_stats totals;
	struct kmod_written *written;

	if (!bound || offload_totals(kmod->env.offload, binding->id, command->cookie, &totals) != 0)
		return;
	written = find_written(kmod, bound->module_id, command->cookie);
	if (written ? written->packets == totals.packets && written->bytes == totals.bytes
		    : !totals.packets && !totals.bytes)
		return;
	written = get_written(kmod, bound->module_id, command->cookie);
	if (!written)
		return;
	written->packets = totals.packets;
	written->bytes = totals.bytes;
	push->totals[push->header.count++] = (struct kmod_total){
		.binding = bound->module_id,
		.cookie = command->cookie,
		.packets = totals.packets,
		.bytes = totals.bytes,
	};
	if (push->header.count == TOTALS_A_MESSAGE)
		send_push(push);
}

int kmod_push(struct kmod *kmod)
{
	struct push push = {.kmod = kmod};

	if (*kmod->error)
		return -ECONNRESET; /* what ended the conversation is not to be written over */
	offload_visit(kmod->env.offload, push_rule, &push);
	send_push(&push);
	return push.error;
}

static void forget(struct kmod *kmod, struct kmod_written *written)
{
	HASH_DEL(kmod->written, written);
	free(written);
}

void kmod_forget_rule(struct kmod *kmod, uint32_t module_id, uint64_t cookie)
{
	struct kmod_written *written = find_written(kmod, module_id, cookie);

	if (written)
		forget(kmod, written);
}

void kmod_forget_rules(struct kmod *kmod, uint32_t module_id)
{
	struct kmod_written *written, *next;

	HASH_ITER (hh, kmod->written, written, next) {
		if (written->key.binding == module_id)
			forget(kmod, written);
	}
}

void kmod_forget_all_rules(struct kmod *kmod)
{
	struct kmod_written *written, *next;

	HASH_ITER (hh, kmod->written, written, next)
		forget(kmod, written);
}
