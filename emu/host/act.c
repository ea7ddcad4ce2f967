/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Constants and verdicts, and what sends packets elsewhere.
 */
#include "run.h"

#include <string.h>

enum run_outcome run_immediate(struct run *run, const struct nft_expr *expr)
{
	if (!expr->immediate.is_verdict) {
		run_store(run, expr->immediate.dreg, expr->immediate.data, expr->immediate.length,
			  (struct run_source){.what = "constant"});
		return RUN_ON;
	}
	return run_verdict(run, expr->immediate.verdict, nft_jump_target(expr));
}

enum run_outcome run_verdict(struct run *run, int32_t verdict, const struct nft_chain *target)
{
	run->verdict = verdict;
	run->target = target;
	switch (verdict) {
	case NFT_CONTINUE: return RUN_ON;
	case NFT_BREAK: return run_break(run, "the verdict is `break`");
	case NFT_RETURN: return RUN_VERDICT;
	case NFT_JUMP:
	case NFT_GOTO:
		return target ? RUN_VERDICT : run_stuck(run, "the chain to jump to is unknown");
	default: break;
	}
	switch (verdict & NF_VERDICT_MASK) {
	case NF_ACCEPT:
	case NF_DROP: run->verdict = verdict & NF_VERDICT_MASK; return RUN_VERDICT;
	default: return run_stuck(run, "verdict %d is not interpreted", verdict);
	}
}

/* The interface in the register; false where there is none. */
static bool device(struct run *run, const struct nft_expr *expr, uint32_t *ifindex)
{
	const uint8_t *bytes = run_load(run, expr->fwd_dup.sreg_dev, sizeof(*ifindex));

	if (bytes)
		memcpy(ifindex, bytes, sizeof(*ifindex));
	return bytes;
}

static bool device_exists(const struct run *run, uint32_t ifindex)
{
	return ifindex == 1 || nic_port_by_ifindex(run->nic, ifindex) >= 0;
}

/* The packet is gone in any case; without a device it is gone for good. */
enum run_outcome run_forward(struct run *run, const struct nft_expr *expr)
{
	if (expr->fwd_dup.to_neighbour)
		return run_stuck(run, "forwarding to a neighbour is not interpreted");
	if (!device(run, expr, &run->ifindex))
		return RUN_STUCK;
	run->verdict = NF_STOLEN;
	if (!device_exists(run, run->ifindex))
		run->ifindex = 0;
	return RUN_VERDICT;
}

enum run_outcome run_copy(struct run *run, const struct nft_expr *expr)
{
	struct host_result *result = run->result;
	uint32_t ifindex;

	if (!device(run, expr, &ifindex))
		return RUN_STUCK;
	if (!device_exists(run, ifindex))
		return RUN_ON;
	if (result->num_copies == HOST_COPIES_MAX)
		return run_stuck(run, "more than %d copies of one packet", HOST_COPIES_MAX);
	result->copies[result->num_copies++] = ifindex;
	return RUN_ON;
}
