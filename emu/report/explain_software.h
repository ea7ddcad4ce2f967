/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's software path for the packet that is explained, and why it parts from the NIC.
 * Threading: none.
 */
#ifndef NICEMU_REPORT_EXPLAIN_SOFTWARE_H
#define NICEMU_REPORT_EXPLAIN_SOFTWARE_H

#include "explain_internal.h"

/* What software did. Names of rules are the endpoint's. */
struct explain_software {
	bool known; /* false: the rules of a real kernel are not known here */
	struct host_result result;
	/* The first ones and the last ones; what is left out stands behind `gap` of them. */
	struct host_step *steps;
	size_t num_steps, all_steps, gap;
	bool met;             /* the rule that decided in the NIC was met, too: */
	struct host_step own; /* what became of it */
};

/* The decision of the NIC as software would name it; rule.handle 0: no rule. */
struct explain_hardware {
	struct host_rule rule;
	uint32_t binding;
	uint64_t cookie;
};

/* 0 or -ENOMEM; clear in any case. */
int explain_software_run(struct explain_software *software, const struct emulator *emulator,
			 const struct packet *packet, const struct explain_hardware *hardware,
			 size_t max_steps);
void explain_software_clear(struct explain_software *software);

json_t *explain_software_json(const struct explain_software *software,
			      const struct emulator *emulator);

/*
 * {"fate", "rule", "copies": do they differ; "outcome": does the packet end elsewhere than without
 * the NIC; "reasons": [{"id", "text"}], none where it is not known why}; null where nothing
 * differs, or software can't be told.
 */
json_t *explain_difference_json(const struct emulator *emulator, const struct explanation *e,
				const struct explain_hardware *hardware,
				const struct explain_software *software);

#endif
