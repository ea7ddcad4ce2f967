/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel asked for and was answered, a line in the log for each. Threading: event loop. */
#ifndef NICEMU_CONTROL_KMOD_LOG_H
#define NICEMU_CONTROL_KMOD_LOG_H

#include "internal.h"

struct kmod_logged {
	enum offload_verb verb;
	const struct kmod_bind *bind;          /* BIND, UNBIND; else NULL */
	const struct offload_command *command; /* the others */
	const struct offload_stats *stats;     /* STATS */
	bool repeated, device_gone;
	int error;
	const struct reason *reason; /* may be NULL */
};

void kmod_log(struct kmod *kmod, const struct kmod_logged *logged);

/* The system's time, idle_ms ago; 0 for ~0, never. */
uint64_t kmod_last_used_ns(uint32_t idle_ms);

#endif
