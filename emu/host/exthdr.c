/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exthdr: extension headers of IPv6 and options of TCP, in registers.
 */
#include "run.h"

#include <nicemu/translate/kept_view.h>

enum found {
	FOUND,
	NOT_FOUND,
	NOT_CAPTURED, /* it would be in bytes that are not there */
};

static enum found absent(enum frame_answer answer)
{
	return answer == FRAME_CUT ? NOT_CAPTURED : NOT_FOUND;
}

/* ---- IPv6 ---- */

/* Where the header behind this one is. */
static uint32_t next_header(uint8_t protocol, const uint8_t *header)
{
	switch (protocol) {
	case IPPROTO_FRAGMENT: return 8;
	case IPPROTO_AH: return (header[1] + 2u) * 4;
	default: return (header[1] + 1u) * 8;
	}
}

/* The header's offset from the network header. Behind the first header of a later fragment there is
 * none. */
static enum found find_extension(const struct frame *frame, uint8_t wanted, uint32_t *at)
{
	enum { HEADER = 40, NEXT_HEADER = 6, OFFSET_MASK = 0xf8 };
	enum frame_answer answer;
	uint8_t protocol, header[4] = {0};

	answer = frame_read(frame, NEXT_HEADER, &protocol, 1);
	if (answer != FRAME_OK)
		return absent(answer);
	*at = HEADER;
	while (frame_is_extension(protocol)) {
		bool is_long = protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_ROUTING;

		answer = frame_read(frame, *at, header, is_long ? 4 : 2);
		if (answer != FRAME_OK)
			return absent(answer);
		if (protocol == wanted)
			return FOUND;
		if (protocol == IPPROTO_FRAGMENT && (header[2] || header[3] & OFFSET_MASK))
			return NOT_FOUND;
		*at += next_header(protocol, header);
		protocol = header[0];
	}
	return protocol == wanted ? FOUND : NOT_FOUND;
}

/* ---- TCP ---- */

/* An option without a length, or with none, counts as one byte: so the walk ends. */
static uint32_t option_length(const uint8_t *header, uint32_t at)
{
	enum { NO_OPERATION = 1 };

	return header[at] <= NO_OPERATION || !header[at + 1] ? 1 : header[at + 1];
}

/* The option's offset from the network header, where the field is in it. */
static enum found find_option(const struct run *run, const struct nft_expr_exthdr *wanted,
			      uint32_t *at)
{
	enum { HEADER = 20, HEADER_MAX = 60, DATA_OFFSET = 12 };
	const struct frame *frame = run->frame;
	uint8_t header[HEADER_MAX];
	enum frame_answer answer;
	uint32_t size;

	if (frame->headers.transport_cut)
		return NOT_CAPTURED;
	if (!frame->headers.has_transport || frame->headers.l4proto != IPPROTO_TCP)
		return NOT_FOUND;
	if (frame->headers.fragment && run->kernel->fragment_headers_checked)
		return NOT_FOUND;
	answer = frame_read(frame, frame->headers.transport, header, HEADER);
	if (answer != FRAME_OK)
		return absent(answer);
	size = (header[DATA_OFFSET] >> 4) * 4u;
	if (size < HEADER)
		return NOT_FOUND;
	answer = frame_read(frame, frame->headers.transport, header, size);
	if (answer != FRAME_OK)
		return absent(answer);
	for (uint32_t i = HEADER; i + 1 < size; i += option_length(header, i)) {
		uint32_t length = option_length(header, i);

		if (header[i] != wanted->type)
			continue;
		if (i + length > size || (uint32_t)wanted->length + wanted->offset > length)
			return NOT_FOUND;
		*at = frame->headers.transport + i;
		return FOUND;
	}
	return NOT_FOUND;
}

/* ---- both ---- */

static enum run_outcome load_field(struct run *run, const struct nft_expr_exthdr *wanted,
				   uint32_t at, const char *what)
{
	uint8_t bytes[UINT8_MAX];

	switch (frame_read(run->frame, at + wanted->offset, bytes, wanted->length)) {
	case FRAME_CUT: return run_stuck(run, "%s: the capture does not have its bytes", what);
	case FRAME_PAST_END: return run_break(run, "%s: the packet ends before", what);
	default: break;
	}
	run_store(run, wanted->dreg, bytes, wanted->length,
		  (struct run_source){what, RUN_BYTES, true, wanted->offset});
	return RUN_ON;
}

static enum run_outcome tell(struct run *run, const struct nft_expr_exthdr *wanted,
			     enum found found, uint32_t at, const char *what)
{
	uint8_t is_there = found == FOUND;

	if (found == NOT_CAPTURED)
		return run_stuck(run, "%s %u: the capture does not have its bytes", what,
				 wanted->type);
	if (wanted->asks_presence) {
		run_store(run, wanted->dreg, &is_there, sizeof(is_there),
			  (struct run_source){what, RUN_NUMBER, false, 0});
		return RUN_ON;
	}
	if (found == NOT_FOUND)
		return run_break(run, "%s %u: the packet has none", what, wanted->type);
	return load_field(run, wanted, at, what);
}

enum run_outcome run_exthdr(struct run *run, const struct nft_expr *expr)
{
	enum { TYPE_IPV6 = 0x86dd };
	struct nft_expr_exthdr wanted;
	enum found found;
	uint32_t at = 0;

	if (!nft_expr_exthdr(expr, &wanted))
		return run_stuck(run, "the rule writes into the packet");
	switch (wanted.op) {
	case NFT_EXTHDR_OP_IPV6:
		if (run->frame->protocol != TYPE_IPV6)
			return run_break(run, "extension headers: the packet is not IPv6");
		found = find_extension(run->frame, wanted.type, &at);
		return tell(run, &wanted, found, at, "extension header");
	case NFT_EXTHDR_OP_TCPOPT:
		found = find_option(run, &wanted, &at);
		return tell(run, &wanted, found, at, "TCP option");
	default: return run_stuck(run, "these options are not interpreted");
	}
}
