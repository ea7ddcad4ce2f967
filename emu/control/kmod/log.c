/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <nicemu/flow/view.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *binder_word(uint8_t binder)
{
	return offload_binder_name(binder == KMOD_BINDER_CHAIN       ? OFFLOAD_BLOCK
				   : binder == KMOD_BINDER_FLOWTABLE ? OFFLOAD_FLOWTABLE
								     : OFFLOAD_TC);
}

static void write_bind(FILE *out, const struct kmod *kmod, const struct kmod_bind *bind)
{
	int port = nic_port_in_netns(kmod->env.nic, bind->netns, bind->ifindex);

	if (port >= 0)
		fprintf(out, " %s:", kmod->env.nic->ports[port].name);
	else
		fprintf(out, " ifindex-%u:", bind->ifindex);
	fprintf(out, " %s %s block %llu", binder_word(bind->binder),
		bind->direction == KMOD_EGRESS ? "egress" : "ingress",
		(unsigned long long)bind->block);
	if (*bind->table)
		fprintf(out, " netdev %s %s", bind->table, bind->chain);
}

static void write_command(FILE *out, const struct kmod *kmod, const struct kmod_logged *logged)
{
	const struct offload_command *c = logged->command;
	const struct kmod_binding *bound = kmod_binding_by_id(kmod, c->binding);

	fprintf(out, " %s:", bound ? kmod->env.nic->ports[bound->port].name : "?");
	if (c->handle)
		fprintf(out, " handle %llu", (unsigned long long)c->handle);
	fprintf(out, " cookie 0x%llx", (unsigned long long)c->cookie);
	if (c->rule) {
		fprintf(out, " prio %u protocol 0x%04x ", c->prio, c->protocol);
		flow_view_line(out, c->rule, nic_print_target, kmod->env.nic);
	}
	if (logged->stats && !logged->error)
		fprintf(out, " packets %llu bytes %llu", (unsigned long long)logged->stats->packets,
			(unsigned long long)logged->stats->bytes);
}

/* A kernel takes out what was never accepted, too: no cause for alarm. */
static enum log_level level_of(const struct kmod_logged *logged)
{
	bool twice = logged->verb == OFFLOAD_DESTROY && logged->error == -ENOENT;

	return logged->error && !twice ? LOG_WARNING : LOG_INFO;
}

void kmod_log(struct kmod *kmod, const struct kmod_logged *logged)
{
	bool nothing_new = logged->stats && !logged->error && !logged->stats->packets;
	char *text = NULL;
	size_t size = 0;
	FILE *out = nothing_new || !kmod->env.log ? NULL : open_memstream(&text, &size);

	if (!out)
		return;
	fputs(offload_verb_name(logged->verb), out);
	if (logged->bind)
		write_bind(out, kmod, logged->bind);
	else
		write_command(out, kmod, logged);
	if (logged->repeated)
		fputs(" (was there before)", out);
	if (logged->device_gone)
		fputs(" (the device is going away)", out);
	if (logged->error)
		fprintf(out, " refused: %s", errno_name(-logged->error));
	if (logged->error && logged->reason && logged->reason->id)
		fprintf(out, ": %s", logged->reason->clause);
	if (fclose(out) == 0)
		log_add(kmod->env.log, level_of(logged), kmod->env.clock->now_ns, "%s", text);
	free(text);
}

uint64_t kmod_last_used_ns(uint32_t idle_ms)
{
	struct timespec now;
	uint64_t ns;

	if (idle_ms == UINT32_MAX || clock_gettime(CLOCK_REALTIME, &now) < 0)
		return 0;
	ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return ns > idle_ms * UINT64_C(1000000) ? ns - idle_ms * UINT64_C(1000000) : 0;
}
