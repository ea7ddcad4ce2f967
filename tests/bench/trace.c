/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace.h"

#include "seen.h"

#include <errno.h>
#include <stdlib.h>

enum { STRAY = 16, TRIES = 256, TCP = 6, UDP = 17, ICMP = 1, ICMPV6 = 58 };

static struct address fill_address(struct random *random, struct address prefix, unsigned int bits,
				   unsigned int length)
{
	struct address mask = prefix_mask(bits, length);
	struct address all = prefix_mask(bits, bits);

	prefix.high |= random_u64(random) & ~mask.high & all.high;
	prefix.low |= random_u64(random) & ~mask.low & all.low;
	return prefix;
}

static uint16_t fill_port(struct random *random, struct port_match port)
{
	return (uint16_t)(port.min + random_below(random, port.max - port.min + 1u));
}

static uint8_t draw_protocol(struct random *random, bool ipv6)
{
	uint64_t drawn = random_below(random, 10);

	if (drawn == 0)
		return ipv6 ? ICMPV6 : ICMP;
	return drawn < 8 ? TCP : UDP;
}

/* A header that the rule matches. */
static struct header header_of_rule(struct random *random, const struct rule *rule)
{
	unsigned int bits = rule->ipv6 ? 128 : 32;
	struct header header = {.ipv6 = rule->ipv6, .protocol = rule->protocol};

	header.source = fill_address(random, rule->source, bits, rule->source_length);
	header.destination =
		fill_address(random, rule->destination, bits, rule->destination_length);
	if (rule->any_protocol)
		header.protocol = draw_protocol(random, rule->ipv6);
	if (header.protocol == TCP || header.protocol == UDP) {
		header.source_port = fill_port(random, rule->source_port);
		header.destination_port = fill_port(random, rule->destination_port);
	}
	return header;
}

static struct header draw_header(struct random *random, const struct ruleset *set)
{
	const struct rule *rule = &set->rules[random_below(random, set->count)];
	const struct rule any = {.ipv6 = rule->ipv6,
				 .any_protocol = true,
				 .source_port = {0, 0xffff},
				 .destination_port = {0, 0xffff}};

	return header_of_rule(random, random_below(random, STRAY) ? rule : &any);
}

static uint64_t header_hash(const struct header *header)
{
	const uint64_t parts[] = {
		header->source.high,
		header->source.low,
		header->destination.high,
		header->destination.low,
		(uint64_t)header->source_port << 32 | (uint64_t)header->destination_port << 16 |
			(uint64_t)header->protocol << 8 | header->ipv6,
	};

	return seen_hash(parts, sizeof(parts) / sizeof(*parts));
}

/* Headers that are different, as far as they can be found. */
static int draw_distinct(struct trace *trace, const struct ruleset *set, struct random *random,
			 struct header *headers, size_t count)
{
	struct seen seen;

	if (seen_create(&seen, count))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		bool is_new = false;

		for (int tries = 0; tries < TRIES && !is_new; tries++) {
			headers[i] = draw_header(random, set);
			is_new = seen_add(&seen, header_hash(&headers[i]));
		}
		trace->distinct += is_new;
	}
	seen_destroy(&seen);
	return 0;
}

/* The k-th flow's share is 1/k of the first one's: sums of whole numbers, the same everywhere. */
static size_t draw_flow(struct random *random, const uint64_t *sums, size_t flows)
{
	uint64_t drawn = random_below(random, sums[flows - 1]);
	size_t low = 0, high = flows - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (drawn < sums[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int draw_zipf(struct trace *trace, const struct ruleset *set, struct random *random)
{
	const size_t flows = ZIPF_FLOWS;
	uint64_t *sums = malloc(flows * sizeof(*sums)), sum = 0;
	struct header *headers = malloc(flows * sizeof(*headers));
	int error = sums && headers ? draw_distinct(trace, set, random, headers, flows) : -ENOMEM;

	if (error)
		goto out;
	for (size_t k = 0; k < flows; k++) {
		sum += (UINT64_C(1) << 40) / (k + 1);
		sums[k] = sum;
	}
	for (size_t i = 0; i < trace->count; i++)
		trace->headers[i] = headers[draw_flow(random, sums, flows)];
out:
	free(headers);
	free(sums);
	return error;
}

int trace_make(struct trace *trace, const struct ruleset *set, enum traffic traffic, size_t count,
	       uint64_t seed)
{
	struct random random = {seed ^ UINT64_C(0x7ac3)};
	int error;

	*trace = (struct trace){count, 0, calloc(count ? count : 1, sizeof(*trace->headers))};
	if (!trace->headers)
		return -ENOMEM;
	error = traffic == TRAFFIC_ZIPF ? draw_zipf(trace, set, &random)
					: draw_distinct(trace, set, &random, trace->headers, count);
	if (error)
		trace_clear(trace);
	return error;
}

void trace_clear(struct trace *trace)
{
	free(trace->headers);
	*trace = (struct trace){0};
}
