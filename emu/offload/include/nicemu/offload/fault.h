/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals on demand: the N-th new rule that is offered to the NIC is refused, whatever the NIC
 * would say.
 *
 * Why here: what a front end (a kernel) does then is the same for every driver. Rules are counted
 * from 1, by kind and all together; an update of a live rule and one that is only repeated do not
 * count. Threading: values.
 */
#ifndef NICEMU_OFFLOAD_FAULT_H
#define NICEMU_OFFLOAD_FAULT_H

#include <nicemu/offload/offload.h>

struct offload_fault {
	bool any; /* of any kind; else of this one: */
	enum offload_binder binder;
	uint64_t first, last; /* numbers of the rules that are refused */
	int error;            /* positive errno */
	char text[128];       /* the reason's clause */
};

/*
 * From "[chain:|flowtable:|flower:]N[+]:ERRNO[:TEXT]": the N-th rule, or with + all from the N-th
 * on. 0, or -EINVAL with message filled.
 */
int offload_fault_parse(struct offload_fault *fault, const char *text, char *message, size_t size);

/* faults are borrowed; the first that fits decides. Counting starts again. */
void offload_set_faults(struct offload *offload, const struct offload_fault *faults, size_t count);

#endif
