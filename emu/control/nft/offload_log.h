/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of `nicemu show log` about commands to the NIC: who, what, and what came of it.
 *
 * Threading: event loop.
 */
#ifndef NICEMU_CONTROL_NFT_OFFLOAD_LOG_H
#define NICEMU_CONTROL_NFT_OFFLOAD_LOG_H

#include "internal.h"

struct nft_logged_command {
	enum offload_verb verb;
	const struct nft_chain *chain;
	const struct nft_hook *hook;
	const struct nft_rule *rule; /* these two: NULL for BIND and UNBIND */
	const struct offload_command *command;
	const struct offload_stats *stats; /* STATS: what came since the last */
	int error;
	const struct reason *reason; /* or NULL */
};

/* STATS that brought nothing new is not worth a line, and gets none. */
void nft_log_command(struct nft *nft, const struct nft_logged_command *logged);

#endif
