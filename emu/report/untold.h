/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of which the NIC counts less than the report says, and nft shows: one warning a NIC.
 *
 * Why: a report tells what the ASIC has matched, so that sums match fates, also where the model has
 * no counter that a driver could read.
 */
#ifndef NICEMU_REPORT_UNTOLD_H
#define NICEMU_REPORT_UNTOLD_H

#include <nicemu/report/report.h>

struct untold {
	size_t packets;     /* rules with a counter of which nothing is told */
	size_t bytes;       /* packets are, no bytes */
	bool any_may_count; /* a real kernel's rules: which have a counter is not known */
};

void untold_add(struct untold *untold, const struct nft_offload_rule *rule, struct asic_told told);
/* Adds `not-counted` and `bytes-not-counted` to an array of warnings, which are about no rule. */
void untold_warn(const struct untold *untold, const struct nic *nic, json_t *warnings);

#endif
