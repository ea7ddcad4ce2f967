/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload and meta: from the packet into registers.
 */
#include "run.h"

#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

/* ---- payload ---- */

static const char *const bases[] = {
	[NFT_PAYLOAD_LL_HEADER] = "link-layer header",
	[NFT_PAYLOAD_NETWORK_HEADER] = "network header",
	[NFT_PAYLOAD_TRANSPORT_HEADER] = "transport header",
	[NFT_PAYLOAD_INNER_HEADER] = "inner header",
};

static enum run_outcome not_captured(struct run *run, const char *base, uint32_t offset)
{
	return run_stuck(run, "%s + %u: the packet has these bytes, the capture does not", base,
			 offset);
}

/*
 * The kernel reads one, two or four aligned bytes of the transport header another way, and there
 * all but the newest do not ask whether the packet is a later fragment. Old ones never do.
 */
static bool ignores_fragments(const struct run *run, const struct nft_expr *expr)
{
	uint32_t length = expr->payload.length;

	if (!run->kernel->fragment_headers_checked)
		return true;
	if (run->kernel->fragment_loads_fail || expr->payload.base == NFT_PAYLOAD_INNER_HEADER)
		return false;
	return (length == 1 || length == 2 || length == 4) && expr->payload.offset % length == 0;
}

/* The first bytes of the transport header, for what follows it. */
static enum run_outcome read_transport(struct run *run, uint8_t *bytes, size_t size)
{
	switch (frame_read(run->frame, run->frame->headers.transport, bytes, size)) {
	case FRAME_CUT: return not_captured(run, bases[NFT_PAYLOAD_TRANSPORT_HEADER], 0);
	case FRAME_PAST_END: return run_break(run, "the packet ends inside its transport header");
	default: return RUN_ON;
	}
}

static enum run_outcome find_inside_tcp(struct run *run, uint32_t *size)
{
	enum { HEADER = 20, DATA_OFFSET = 12 };
	uint8_t header[HEADER];
	enum run_outcome outcome = read_transport(run, header, sizeof(header));

	if (outcome == RUN_ON)
		*size = (header[DATA_OFFSET] >> 4) * 4u;
	return outcome;
}

static enum run_outcome find_inside_gre(struct run *run, uint32_t *size)
{
	enum { CHECKSUM = 0x80, ROUTING = 0x40, KEY = 0x20, SEQUENCE = 0x10, VERSION = 0x07 };
	uint8_t header[4];
	enum run_outcome outcome = read_transport(run, header, sizeof(header));

	if (outcome != RUN_ON)
		return outcome;
	if (header[1] & VERSION || header[0] & ROUTING)
		return run_break(run, "the kernel does not look into this kind of GRE");
	*size = sizeof(header);
	for (unsigned int bit = SEQUENCE; bit <= CHECKSUM; bit <<= 1)
		*size += header[0] & bit & (CHECKSUM | KEY | SEQUENCE) ? 4 : 0;
	return RUN_ON;
}

/* Where the bytes behind the transport header are. */
static enum run_outcome find_inner(struct run *run, uint32_t *inner)
{
	enum { UDP_HEADER = 8 };
	enum run_outcome outcome = RUN_ON;
	uint32_t size = 0;

	switch (run->frame->headers.l4proto) {
	case IPPROTO_UDP: size = UDP_HEADER; break;
	case IPPROTO_TCP: outcome = find_inside_tcp(run, &size); break;
	case IPPROTO_GRE:
	case IPPROTO_IPIP:
		/* Both came with the expression `inner`. */
		if (!run->kernel->inner_expression)
			return run_break(run, "this kernel does not look into tunnels");
		if (run->frame->headers.l4proto == IPPROTO_GRE)
			outcome = find_inside_gre(run, &size);
		break;
	default: return run_break(run, "there is no inner header");
	}
	*inner = run->frame->headers.transport + size;
	return outcome;
}

/* The base's offset from the network header. */
static enum run_outcome find_base(struct run *run, const struct nft_expr *expr, uint32_t *base)
{
	const struct frame *frame = run->frame;
	bool inner = expr->payload.base == NFT_PAYLOAD_INNER_HEADER;

	*base = frame->headers.network;
	/* Of an IP packet inside that is cut off it is not even known whether it is one. */
	if (frame->headers.transport_cut && frame->headers.protocol != frame->protocol)
		return not_captured(run, bases[NFT_PAYLOAD_NETWORK_HEADER], 0);
	if (expr->payload.base == NFT_PAYLOAD_NETWORK_HEADER)
		return RUN_ON;
	if (frame->headers.transport_cut)
		return not_captured(run, bases[NFT_PAYLOAD_TRANSPORT_HEADER], 0);
	if (!frame->headers.has_transport)
		return run_break(run, "the packet has no transport header: it is neither IPv4 nor "
				      "IPv6, or its lengths are wrong");
	if (frame->headers.fragment && !ignores_fragments(run, expr))
		return run_break(run, "a later fragment has no transport header");
	if (inner)
		return find_inner(run, base);
	*base = frame->headers.transport;
	return RUN_ON;
}

static enum frame_answer read_payload(struct run *run, const struct nft_expr *expr, uint32_t base,
				      uint8_t *bytes)
{
	if (expr->payload.base == NFT_PAYLOAD_LL_HEADER)
		return frame_read_link(run->frame, expr->payload.offset, bytes,
				       expr->payload.length);
	return frame_read(run->frame, base + expr->payload.offset, bytes, expr->payload.length);
}

enum run_outcome run_payload(struct run *run, const struct nft_expr *expr)
{
	uint8_t bytes[RUN_WORDS * RUN_WORD];
	enum run_outcome outcome = RUN_ON;
	const char *name;
	uint32_t base = 0;

	if (expr->payload.is_set)
		return run_stuck(run, "the rule writes into the packet");
	if (expr->payload.base >= sizeof(bases) / sizeof(bases[0]) ||
	    expr->payload.length > sizeof(bytes))
		return run_stuck(run, "base %u is not interpreted", expr->payload.base);
	name = bases[expr->payload.base];
	if (expr->payload.base != NFT_PAYLOAD_LL_HEADER)
		outcome = find_base(run, expr, &base);
	if (outcome != RUN_ON)
		return outcome;
	switch (read_payload(run, expr, base, bytes)) {
	case FRAME_CUT: return not_captured(run, name, expr->payload.offset);
	case FRAME_PAST_END:
		return run_break(run, "%s + %u: the packet ends before", name,
				 expr->payload.offset);
	case FRAME_OK: break;
	}
	run_store(run, expr->payload.reg, bytes, expr->payload.length,
		  (struct run_source){name, RUN_BYTES, true, expr->payload.offset});
	return RUN_ON;
}

/* ---- meta ---- */

static enum run_outcome store(struct run *run, const struct nft_expr *expr, const void *bytes,
			      size_t size, enum run_form form, const char *what)
{
	run_store(run, expr->meta.reg, bytes, size, (struct run_source){what, form, false, 0});
	return RUN_ON;
}

static enum run_outcome store_word(struct run *run, const struct nft_expr *expr, uint32_t value,
				   const char *what)
{
	return store(run, expr, &value, sizeof(value), RUN_NUMBER, what);
}

static enum run_outcome store_byte(struct run *run, const struct nft_expr *expr, uint8_t value,
				   const char *what)
{
	return store(run, expr, &value, sizeof(value), RUN_NUMBER, what);
}

/* A name fills its registers, with zeroes behind it. */
static enum run_outcome store_name(struct run *run, const struct nft_expr *expr, const char *name,
				   const char *what)
{
	char bytes[NIC_NAME_SIZE] = "";

	snprintf(bytes, sizeof(bytes), "%.15s", name);
	return store(run, expr, bytes, sizeof(bytes), RUN_NAME, what);
}

static bool is_ip(uint16_t protocol)
{
	enum { TYPE_IP = 0x0800, TYPE_IPV6 = 0x86dd };

	return protocol == TYPE_IP || protocol == TYPE_IPV6;
}

/* False: the capture does not have the bytes. */
static bool look_inside(struct run *run)
{
	return !run->kernel->inner_ip_found || frame_look_inside(run->frame);
}

static enum run_outcome load_protocol(struct run *run, const struct nft_expr *expr)
{
	uint16_t protocol;

	if (!look_inside(run) && run->frame->headers.protocol == run->frame->protocol &&
	    !is_ip(run->frame->protocol))
		return not_captured(run, "meta protocol: network header", 0);
	protocol = htons(run->frame->headers.protocol);
	return store(run, expr, &protocol, sizeof(protocol), RUN_BYTES, "meta protocol");
}

static enum run_outcome load_l4proto(struct run *run, const struct nft_expr *expr)
{
	if (!look_inside(run) || run->frame->headers.transport_cut)
		return not_captured(run, "meta l4proto: network header", 0);
	if (!run->frame->headers.has_transport)
		return run_break(run, "meta l4proto: the packet is neither IPv4 nor IPv6, or its "
				      "lengths are wrong");
	return store_byte(run, expr, run->frame->headers.l4proto, "meta l4proto");
}

static enum run_outcome load_iiftype(struct run *run, const struct nft_expr *expr)
{
	uint16_t type = ARPHRD_ETHER;

	return store(run, expr, &type, sizeof(type), RUN_NUMBER, "meta iiftype");
}

static enum run_outcome meta_load(struct run *run, const struct nft_expr *expr)
{
	const struct nic_port *port = &run->nic->ports[run->port];
	const struct frame *frame = run->frame;

	switch (expr->meta.key) {
	case NFT_META_LEN: return store_word(run, expr, frame->length, "meta length");
	case NFT_META_PROTOCOL: return load_protocol(run, expr);
	case NFT_META_L4PROTO: return load_l4proto(run, expr);
	case NFT_META_NFPROTO: return store_byte(run, expr, run->nfproto, "meta nfproto");
	case NFT_META_PRIORITY: return store_word(run, expr, frame->priority, "meta priority");
	case NFT_META_MARK: return store_word(run, expr, frame->mark, "meta mark");
	case NFT_META_SECMARK: return store_word(run, expr, frame->secmark, "meta secmark");
	case NFT_META_IIF: return store_word(run, expr, port->ifindex, "meta iif");
	case NFT_META_IIFNAME: return store_name(run, expr, port->name, "meta iifname");
	case NFT_META_IIFTYPE: return load_iiftype(run, expr);
	case NFT_META_IIFGROUP: return store_word(run, expr, 0, "meta iifgroup");
	case NFT_META_PKTTYPE: return store_byte(run, expr, (uint8_t)frame->kind, "meta pkttype");
	case NFT_META_SECPATH: return store_byte(run, expr, 0, "meta ipsec");
	/* There is no way out yet. */
	case NFT_META_OIF: return store_word(run, expr, 0, "meta oif");
	case NFT_META_OIFNAME: return store_name(run, expr, "", "meta oifname");
	case NFT_META_OIFTYPE:
	case NFT_META_OIFGROUP:
	case NFT_META_OIFKIND:
		return run_break(run, "a packet that has just come in has no way out yet");
	/* Nor a socket or a route. */
	case NFT_META_SKUID:
	case NFT_META_SKGID:
	case NFT_META_CGROUP:
		return run_break(run, "a packet that has just come in belongs to no socket yet");
	case NFT_META_RTCLASSID:
		return run_break(run, "a packet that has just come in has no route yet");
	case NFT_META_IIFKIND: return run_break(run, "meta iifkind: a NIC's port has none");
	default: return run_stuck(run, "this meta key is not interpreted");
	}
}

static enum run_outcome meta_write(struct run *run, const struct nft_expr *expr)
{
	const uint8_t *bytes = run_load(run, expr->meta.reg, expr->meta.length);
	uint32_t word = 0;

	if (!bytes)
		return RUN_STUCK;
	memcpy(&word, bytes, expr->meta.length < sizeof(word) ? expr->meta.length : sizeof(word));
	switch (expr->meta.key) {
	case NFT_META_MARK: run->frame->mark = word; return RUN_ON;
	case NFT_META_PRIORITY: run->frame->priority = word; return RUN_ON;
	case NFT_META_SECMARK: run->frame->secmark = word; return RUN_ON;
	case NFT_META_NFTRACE: return RUN_ON;
	case NFT_META_PKTTYPE:
		if (*bytes <= FRAME_OTHERHOST)
			run->frame->kind = *bytes;
		return RUN_ON;
	default: return run_stuck(run, "this meta key is not interpreted");
	}
}

enum run_outcome run_meta(struct run *run, const struct nft_expr *expr)
{
	return expr->meta.is_set ? meta_write(run, expr) : meta_load(run, expr);
}
