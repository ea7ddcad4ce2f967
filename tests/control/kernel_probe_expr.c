/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows about expressions: what a plain chain's rule answers. */
#include "kernel_probes.h"
#include "rule_maker.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define NH NFT_PAYLOAD_NETWORK_HEADER

/* A rule of a chain without offload, behind which its expression is put. */
static void start_plain(struct world *w)
{
	start_chain(w, PLAIN);
	rule_start(w, NFPROTO_NETDEV);
}

static const char *end_plain(struct world *w)
{
	rule_end(w);
	return see_errors(w);
}

static void put_bitwise(uint32_t source, uint32_t destination, uint32_t length, uint32_t operation)
{
	expr_start("bitwise");
	put_u32(NFTA_BITWISE_SREG, source);
	put_u32(NFTA_BITWISE_DREG, destination);
	put_u32(NFTA_BITWISE_LEN, length);
	put_u32(NFTA_BITWISE_OP, operation);
}

const char *probe_bitwise_shift(struct world *w)
{
	uint32_t shift = 3;

	start_plain(w);
	put_payload(NH, 12, 4);
	put_bitwise(NFT_REG_1, NFT_REG_1, 4, NFT_BITWISE_LSHIFT);
	put_data(NFTA_BITWISE_DATA, &shift, sizeof(shift));
	expr_end();
	return end_plain(w);
}

const char *probe_bitwise_registers(struct world *w)
{
	enum { OP_AND = 3 };

	start_plain(w);
	put_payload(NH, 12, 4);
	put_bitwise(NFT_REG_1, NFT_REG_1, 4, OP_AND);
	put_data(NFTA_BITWISE_DATA, "1234", 4);
	expr_end();
	return end_plain(w);
}

const char *probe_register_overlap_refused(struct world *w)
{
	static const uint8_t zero[8];

	start_plain(w);
	put_payload(NH, 12, 8);
	put_bitwise(NFT_REG32_00, NFT_REG32_01, 8, NFT_BITWISE_BOOL);
	put_data(NFTA_BITWISE_MASK, zero, sizeof(zero));
	put_data(NFTA_BITWISE_XOR, zero, sizeof(zero));
	expr_end();
	return end_plain(w);
}

const char *probe_payload_inner_header(struct world *w)
{
	start_plain(w);
	put_payload(NFT_PAYLOAD_INNER_HEADER, 0, 4);
	return end_plain(w);
}

const char *probe_inner_expression(struct world *w)
{
	enum { NUM = 1, TYPE = 2, FLAGS = 3, HDRSIZE = 4 };

	start_plain(w);
	expr_start("inner");
	put_u32(NUM, 0);
	put_u32(TYPE, 0);
	put_u32(FLAGS, 0);
	put_u32(HDRSIZE, 8);
	expr_end();
	return end_plain(w);
}

const char *probe_last_expression(struct world *w)
{
	start_plain(w);
	expr_start("last");
	expr_end();
	return end_plain(w);
}

const char *probe_reject_netdev(struct world *w)
{
	start_plain(w);
	expr_start("reject");
	put_u32(NFTA_REJECT_TYPE, NFT_REJECT_TCP_RST);
	expr_end();
	return end_plain(w);
}

/* Of sockets only ip, ip6 and inet know. */
static const char *see_socket(struct world *w, uint32_t key)
{
	struct nlmsghdr *nlh;

	batch_begin(w);
	nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NFPROTO_IPV4,
			    NLM_F_CREATE);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "t");
	batch_add(w, nlh);
	nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN, NFPROTO_IPV4,
			    NLM_F_CREATE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, "c");
	batch_add(w, nlh);
	rule_start(w, NFPROTO_IPV4);
	expr_start("socket");
	put_u32(NFTA_SOCKET_KEY, key);
	put_u32(NFTA_SOCKET_DREG, NFT_REG_1);
	put_u32(NFTA_SOCKET_LEVEL, 1);
	expr_end();
	return end_plain(w);
}

const char *probe_socket_wildcard(struct world *w)
{
	return see_socket(w, NFT_SOCKET_WILDCARD);
}

const char *probe_socket_cgroup(struct world *w)
{
	return see_socket(w, NFT_SOCKET_CGROUPV2);
}

static const char *see_exthdr(struct world *w, uint32_t op, uint32_t length)
{
	start_plain(w);
	expr_start("exthdr");
	put_u32(NFTA_EXTHDR_DREG, NFT_REG_1);
	put_u8(NFTA_EXTHDR_TYPE, 1);
	put_u32(NFTA_EXTHDR_OFFSET, 0);
	put_u32(NFTA_EXTHDR_LEN, length);
	put_u32(NFTA_EXTHDR_FLAGS, NFT_EXTHDR_F_PRESENT);
	put_u32(NFTA_EXTHDR_OP, op);
	expr_end();
	return end_plain(w);
}

const char *probe_exthdr_sctp(struct world *w)
{
	return see_exthdr(w, NFT_EXTHDR_OP_SCTP, 1);
}

const char *probe_exthdr_dccp(struct world *w)
{
	return see_exthdr(w, NFT_EXTHDR_OP_DCCP, 1);
}

const char *probe_exthdr_present_one_byte(struct world *w)
{
	return see_exthdr(w, NFT_EXTHDR_OP_TCPOPT, 4);
}

const char *probe_exthdr_reset(struct world *w)
{
	start_plain(w);
	expr_start("exthdr");
	put_u8(NFTA_EXTHDR_TYPE, 1);
	put_u32(NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT);
	expr_end();
	return end_plain(w);
}

const char *probe_fib_present_checked(struct world *w)
{
	start_plain(w);
	expr_start("fib");
	put_u32(NFTA_FIB_DREG, NFT_REG_1);
	put_u32(NFTA_FIB_RESULT, NFT_FIB_RESULT_OIFNAME);
	put_u32(NFTA_FIB_FLAGS, NFTA_FIB_F_SADDR | NFTA_FIB_F_PRESENT);
	expr_end();
	return end_plain(w);
}

const char *probe_byteorder_one_value(struct world *w)
{
	start_plain(w);
	put_payload(NH, 12, 8);
	expr_start("byteorder");
	put_u32(NFTA_BYTEORDER_SREG, NFT_REG_1);
	put_u32(NFTA_BYTEORDER_DREG, NFT_REG_1);
	put_u32(NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON);
	put_u32(NFTA_BYTEORDER_LEN, 8);
	put_u32(NFTA_BYTEORDER_SIZE, 4);
	expr_end();
	return end_plain(w);
}

const char *probe_queue_verdict_refused(struct world *w)
{
	start_plain(w);
	put_verdict(NF_QUEUE);
	return end_plain(w);
}

const char *probe_verdict_parameters_refused(struct world *w)
{
	start_plain(w);
	put_verdict(NF_DROP | 1u << 16);
	return end_plain(w);
}

const char *probe_flag_masks(struct world *w)
{
	start_plain(w);
	put_payload(NH, 12, 4);
	expr_start("nat");
	put_u32(NFTA_NAT_TYPE, NFT_NAT_SNAT);
	put_u32(NFTA_NAT_FAMILY, NFPROTO_NETDEV);
	put_u32(NFTA_NAT_REG_PROTO_MIN, NFT_REG_1);
	put_u32(NFTA_NAT_FLAGS, 1u << 15); /* of 16 bits that older kernels keep */
	expr_end();
	return end_plain(w);
}

const char *probe_reserved_flags_refused(struct world *w)
{
	start_plain(w);
	expr_start("limit");
	put_u64(NFTA_LIMIT_RATE, 1);
	put_u64(NFTA_LIMIT_UNIT, 1);
	put_u32(NFTA_LIMIT_FLAGS, 1u << 30);
	expr_end();
	return end_plain(w);
}
