/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traffic for a rule set.
 *
 * What: headers that are drawn from the rules (a rule at random, then a header at random among
 * those that it matches, as ClassBench's trace generator does), and one of 16 at random from all.
 *   cold  every header once, as far as the rules have so many
 *   Zipf  flows, the k-th of which sends 1/k as many packets as the first (exponent 1)
 *
 * Invariants: same rule set, traffic, packets and seed: same headers. Headers can be sent as they
 * are: ports only with TCP and UDP.
 *
 * Threading: values only.
 */
#ifndef NICEMU_TESTS_BENCH_TRACE_H
#define NICEMU_TESTS_BENCH_TRACE_H

#include "ruleset.h"

enum traffic { TRAFFIC_COLD, TRAFFIC_ZIPF };

enum { ZIPF_FLOWS = 262144, FRAME_MAX = 74 };

struct trace {
	size_t count;
	size_t distinct; /* different headers; of Zipf: flows, also those without a packet */
	struct header *headers;
};

/* 0 or -ENOMEM. */
int trace_make(struct trace *trace, const struct ruleset *set, enum traffic traffic, size_t count,
	       uint64_t seed);
void trace_clear(struct trace *trace);

/*
 * A frame with that header, without FCS: 60 bytes of IPv4, 74 of IPv6. Checksums are right for
 * IPv4's header and left out elsewhere. Its length; frame has FRAME_MAX bytes.
 */
size_t header_frame(const struct header *header, uint8_t *frame);

/*
 * A classic pcap file of the frames, a microsecond apart. 0 or a negative errno.
 */
int trace_write(const struct trace *trace, const char *file);

#endif
