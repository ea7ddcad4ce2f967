/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types of expressions that are a name and a few numbers: one table.
 */
#include "generator.h"
#include "generator_write.h"

#include <linux/netfilter/nf_tables.h>

/* Simple types: a name and numbers. kind: 4, 8, 2, 1 bytes; 's' a string below. */
struct simple_attr {
	uint16_t type;
	char kind; /* '4' '8' '2' '1' number below bound, 'r' register, 'n' any number, 's' text */
	uint16_t present; /* per mille */
	uint64_t bound;
	const char *text;
};

struct simple {
	const char *name;
	struct simple_attr attrs[8];
};

static const struct simple simples[] = {
	{"lookup",
	 {{NFTA_LOOKUP_SET, 's', 1000, 0, GENERATOR_SET},
	  {NFTA_LOOKUP_SREG, 'r', 1000, 0, NULL},
	  {NFTA_LOOKUP_FLAGS, '4', 300, 2, NULL}}},
	{"lookup",
	 {{NFTA_LOOKUP_SET, 's', 1000, 0, GENERATOR_MAP},
	  {NFTA_LOOKUP_SREG, 'r', 1000, 0, NULL},
	  {NFTA_LOOKUP_DREG, 'r', 800, 0, NULL},
	  {NFTA_LOOKUP_FLAGS, '4', 100, 2, NULL}}},
	{"lookup",
	 {{NFTA_LOOKUP_SET, 's', 1000, 0, GENERATOR_VMAP},
	  {NFTA_LOOKUP_SREG, 'r', 1000, 0, NULL},
	  {NFTA_LOOKUP_DREG, '4', 1000, 2, NULL}}},
	{"objref",
	 {{NFTA_OBJREF_IMM_TYPE, '4', 1000, 3, NULL},
	  {NFTA_OBJREF_IMM_NAME, 's', 1000, 0, GENERATOR_COUNTER}}},
	{"byteorder",
	 {{NFTA_BYTEORDER_SREG, 'r', 1000, 0, NULL},
	  {NFTA_BYTEORDER_DREG, 'r', 1000, 0, NULL},
	  {NFTA_BYTEORDER_OP, '4', 1000, 3, NULL},
	  {NFTA_BYTEORDER_LEN, '4', 1000, 9, NULL},
	  {NFTA_BYTEORDER_SIZE, '4', 1000, 9, NULL}}},
	{"limit",
	 {{NFTA_LIMIT_RATE, '8', 1000, 0, NULL},
	  {NFTA_LIMIT_UNIT, '8', 1000, 0, NULL},
	  {NFTA_LIMIT_BURST, 'n', 500, 0, NULL},
	  {NFTA_LIMIT_TYPE, '4', 500, 3, NULL},
	  {NFTA_LIMIT_FLAGS, '4', 500, 3, NULL}}},
	{"quota",
	 {{NFTA_QUOTA_BYTES, '8', 1000, 0, NULL},
	  {NFTA_QUOTA_FLAGS, '4', 500, 4, NULL},
	  {NFTA_QUOTA_CONSUMED, '8', 300, 0, NULL}}},
	{"log",
	 {{NFTA_LOG_PREFIX, 's', 500, 0, "prefix"},
	  {NFTA_LOG_GROUP, '2', 300, 9, NULL},
	  {NFTA_LOG_LEVEL, '4', 300, 10, NULL},
	  {NFTA_LOG_FLAGS, '4', 200, 80, NULL}}},
	{"ct",
	 {{NFTA_CT_KEY, '4', 1000, 26, NULL},
	  {NFTA_CT_DREG, 'r', 800, 0, NULL},
	  {NFTA_CT_SREG, 'r', 200, 0, NULL},
	  {NFTA_CT_DIRECTION, '1', 400, 3, NULL}}},
	{"exthdr",
	 {{NFTA_EXTHDR_DREG, 'r', 800, 0, NULL},
	  {NFTA_EXTHDR_SREG, 'r', 200, 0, NULL},
	  {NFTA_EXTHDR_TYPE, '1', 1000, 256, NULL},
	  {NFTA_EXTHDR_OFFSET, 'n', 900, 0, NULL},
	  {NFTA_EXTHDR_LEN, '4', 900, 17, NULL},
	  {NFTA_EXTHDR_FLAGS, '4', 300, 3, NULL},
	  {NFTA_EXTHDR_OP, '4', 700, 4, NULL}}},
	{"numgen",
	 {{NFTA_NG_DREG, 'r', 1000, 0, NULL},
	  {NFTA_NG_MODULUS, 'n', 1000, 0, NULL},
	  {NFTA_NG_TYPE, '4', 1000, 3, NULL},
	  {NFTA_NG_OFFSET, 'n', 500, 0, NULL}}},
	{"hash",
	 {{NFTA_HASH_SREG, 'r', 900, 0, NULL},
	  {NFTA_HASH_DREG, 'r', 1000, 0, NULL},
	  {NFTA_HASH_LEN, '4', 900, 17, NULL},
	  {NFTA_HASH_MODULUS, 'n', 1000, 0, NULL},
	  {NFTA_HASH_OFFSET, 'n', 500, 0, NULL},
	  {NFTA_HASH_TYPE, '4', 500, 3, NULL},
	  {NFTA_HASH_SEED, 'n', 500, 0, NULL}}},
	{"fib",
	 {{NFTA_FIB_DREG, 'r', 1000, 0, NULL},
	  {NFTA_FIB_RESULT, '4', 1000, 5, NULL},
	  {NFTA_FIB_FLAGS, '4', 1000, 66, NULL}}},
	{"rt", {{NFTA_RT_KEY, '4', 1000, 6, NULL}, {NFTA_RT_DREG, 'r', 1000, 0, NULL}}},
	{"reject",
	 {{NFTA_REJECT_TYPE, '4', 1000, 4, NULL}, {NFTA_REJECT_ICMP_CODE, '1', 700, 6, NULL}}},
	{"notrack", {{0, 0, 0, 0, NULL}}},
	{"last", {{NFTA_LAST_SET, '4', 300, 2, NULL}, {NFTA_LAST_MSECS, '8', 300, 0, NULL}}},
	{"connlimit",
	 {{NFTA_CONNLIMIT_COUNT, 'n', 900, 0, NULL}, {NFTA_CONNLIMIT_FLAGS, '4', 300, 3, NULL}}},
	{"osf",
	 {{NFTA_OSF_DREG, 'r', 1000, 0, NULL},
	  {NFTA_OSF_TTL, '1', 500, 4, NULL},
	  {NFTA_OSF_FLAGS, '4', 300, 3, NULL}}},
	{"socket",
	 {{NFTA_SOCKET_KEY, '4', 1000, 5, NULL},
	  {NFTA_SOCKET_DREG, 'r', 1000, 0, NULL},
	  {NFTA_SOCKET_LEVEL, '4', 300, 300, NULL}}},
	{"tunnel",
	 {{NFTA_TUNNEL_KEY, '4', 1000, 3, NULL},
	  {NFTA_TUNNEL_DREG, 'r', 1000, 0, NULL},
	  {NFTA_TUNNEL_MODE, '4', 300, 4, NULL}}},
	{"xfrm",
	 {{NFTA_XFRM_KEY, '4', 1000, 8, NULL},
	  {NFTA_XFRM_DIR, '1', 1000, 3, NULL},
	  {NFTA_XFRM_DREG, 'r', 1000, 0, NULL},
	  {NFTA_XFRM_SPNUM, '4', 300, 8, NULL}}},
	{"synproxy",
	 {{NFTA_SYNPROXY_MSS, '2', 500, 1500, NULL}, {NFTA_SYNPROXY_FLAGS, '4', 500, 40, NULL}}},
	{"nat",
	 {{NFTA_NAT_TYPE, '4', 1000, 3, NULL},
	  {NFTA_NAT_FAMILY, '4', 1000, 12, NULL},
	  {NFTA_NAT_REG_ADDR_MIN, 'r', 700, 0, NULL},
	  {NFTA_NAT_REG_PROTO_MIN, 'r', 300, 0, NULL},
	  {NFTA_NAT_FLAGS, '4', 300, 130, NULL}}},
	{"masq", {{NFTA_MASQ_FLAGS, '4', 300, 130, NULL}}},
	{"redir", {{NFTA_REDIR_FLAGS, '4', 300, 130, NULL}}},
	{"tproxy",
	 {{NFTA_TPROXY_FAMILY, '4', 1000, 12, NULL}, {NFTA_TPROXY_REG_PORT, 'r', 500, 0, NULL}}},
	{"dynset",
	 {{NFTA_DYNSET_SET_NAME, 's', 1000, 0, GENERATOR_SET},
	  {NFTA_DYNSET_OP, '4', 1000, 4, NULL},
	  {NFTA_DYNSET_SREG_KEY, 'r', 1000, 0, NULL},
	  {NFTA_DYNSET_SREG_DATA, 'r', 100, 0, NULL},
	  {NFTA_DYNSET_TIMEOUT, '8', 100, 0, NULL},
	  {NFTA_DYNSET_FLAGS, '4', 200, 5, NULL}}},
};

static uint64_t rate_like(struct gen *g)
{
	switch (below(g, 4)) {
	case 0: return below(g, 100);
	case 1: return below(g, 1000000);
	case 2: return random_u64(g->random) >> below(g, 64);
	default: return random_u64(g->random);
	}
}

static void put_simple(struct gen *g, const struct simple_attr *a)
{
	switch (a->kind) {
	case '4': put_u32(g, a->type, (uint32_t)below(g, a->bound)); break;
	case '2': put_u16(g, a->type, (uint16_t)below(g, a->bound)); break;
	case '1': put_u8(g, a->type, (uint8_t)below(g, a->bound)); break;
	case '8': put_u64(g, a->type, rate_like(g)); break;
	case 'r': put_u32(g, a->type, any_register(g)); break;
	case 'n': put_u32(g, a->type, any_number(g)); break;
	case 's': put_string(g, a->type, a->text); break;
	}
}

static void gen_simple(struct gen *g, const struct simple *simple)
{
	struct nests n = open_expr(g, simple->name);

	for (size_t i = 0; i < sizeof(simple->attrs) / sizeof(simple->attrs[0]); i++)
		if (simple->attrs[i].kind && chance(g, simple->attrs[i].present))
			put_simple(g, &simple->attrs[i]);
	close_expr(g, n);
}

void gen_any_simple(struct gen *g)
{
	gen_simple(g, &simples[below(g, sizeof(simples) / sizeof(simples[0]))]);
}
