/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workload.h"

#include <errno.h>
#include <nicemu/packet/dissect.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096 };

static void dissect_trace(struct workload *workload, unsigned int chunks)
{
	static uint8_t frames[FLOW_BATCH][FRAME_MAX];
	uint32_t flags[FLOW_BATCH];

	for (size_t first = 0, n; first < workload->trace.count; first += n) {
		struct packet *packets = &workload->packets[first];

		n = workload_batch(workload, first);
		for (size_t i = 0; i < n; i++) {
			size_t length =
				header_frame(&workload->trace.headers[first + i], frames[i]);

			packets[i] = (struct packet){.data = frames[i],
						     .captured = (uint32_t)length,
						     .length = (uint32_t)length,
						     .time_ns = UINT64_C(1700000000000000000) +
								1000 * (first + i)};
		}
		dissect_batch(packets, n, chunks, &workload->batches[first / FLOW_BATCH], flags);
		for (size_t i = 0; i < n; i++) {
			packets[i].data = NULL;
			packets[i].captured = 0;
		}
	}
}

int workload_make(struct workload *workload, const struct workload_plan *plan)
{
	size_t batches = (plan->packets + FLOW_BATCH - 1) / FLOW_BATCH;
	bool only_ipv4 = plan->kind != KIND_IPV6 && plan->kind != KIND_MIXED;
	int error;

	memset(workload, 0, sizeof(*workload));
	error = ruleset_make(&workload->set, plan->kind, plan->form, plan->rules, plan->seed);
	if (error)
		return error;
	error = trace_make(&workload->trace, &workload->set, plan->traffic, plan->packets,
			   plan->seed);
	/* A page a chunk: chunks that nobody looks at take no memory. */
	workload->batches = aligned_alloc(PAGE, (batches + !batches) * sizeof(*workload->batches));
	workload->packets = calloc(plan->packets + 1, sizeof(*workload->packets));
	if (!error && (!workload->batches || !workload->packets))
		error = -ENOMEM;
	if (error)
		workload_clear(workload);
	else
		dissect_trace(workload, only_ipv4 ? 1 : 3);
	return error;
}

void workload_clear(struct workload *workload)
{
	free(workload->packets);
	free(workload->batches);
	trace_clear(&workload->trace);
	ruleset_clear(&workload->set);
	memset(workload, 0, sizeof(*workload));
}
