/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes of what kernels do to packets in software. */
#include "kernel_probes.h"
#include "rule_maker.h"

#include <nicemu/host/ingress.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

/* The rule is whole: what becomes of that frame, or why the rule was refused. */
static const char *end_and_play(struct world *w, const uint8_t *frame, uint32_t size)
{
	struct packet packet = {.data = frame, .captured = size, .length = size};
	struct host_result result;
	const char *refused;

	rule_end(w);
	refused = see_errors(w);
	if (*refused)
		return refused;
	host_ingress(w->nft, &w->nic, &packet, 0, &result, NULL, NULL);
	return host_verdict_name(result.verdict);
}

/* What becomes of a later fragment of UDP that begins with these bytes and a rule for some. */
static const char *play_fragment(struct world *w, uint32_t offset, const char *bytes)
{
	static const uint8_t frame[] = {
		0x02, 0, 0,  0,  0, 0, 0x02, 0,   0,  0,  0, 0x99, 0x08, 0x00, /* */
		0x45, 0, 0,  24, 0, 1, 0,    100, 64, 17, 0, 0,    10,   0,
		0,    1, 10, 0,  0, 2, 0,    53, /* */
		0,    0,
	};

	start_chain(w, PLAIN);
	rule_start(w, NFPROTO_NETDEV);
	put_match(NFT_PAYLOAD_TRANSPORT_HEADER, offset, bytes, 2);
	put_verdict(NF_DROP);
	return end_and_play(w, frame, sizeof(frame));
}

const char *probe_fragment_loads_fail(struct world *w)
{
	return play_fragment(w, 0, "\0\x35");
}

/* A load that is not aligned is made in another place of the kernel. */
const char *probe_fragment_headers_checked(struct world *w)
{
	return play_fragment(w, 1, "\x35\0");
}

/* A rule `meta protocol ip ip saddr 10.0.0.1 drop` and IPv4 behind two tags. */
const char *probe_inner_ip_found(struct world *w)
{
	static const uint8_t frame[] = {
		0x02, 0,    0, 0,  0,    0,    0x02, 0,  0,    0,    0, 0x99, /* */
		0x81, 0x00, 0, 10, 0x81, 0x00, 0,    20, 0x08, 0x00,          /* */
		0x45, 0,    0, 20, 0,    1,    0,    0,  64,   17,   0, 0,
		10,   0,    0, 1,  10,   0,    0,    2,
	};

	start_chain(w, PLAIN);
	rule_start(w, NFPROTO_NETDEV);
	expr_start("meta");
	put_u32(NFTA_META_DREG, NFT_REG_1);
	put_u32(NFTA_META_KEY, NFT_META_PROTOCOL);
	expr_end();
	put_cmp("\x08\0", 2);
	put_match(NFT_PAYLOAD_NETWORK_HEADER, 12, "\x0a\0\0\1", 4);
	put_verdict(NF_DROP);
	return end_and_play(w, frame, sizeof(frame));
}
