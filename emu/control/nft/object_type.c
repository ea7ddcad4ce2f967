/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of stateful objects: attributes, checks, dumps. */
#include "object.h"

#include <errno.h>
#include <stdlib.h>

enum { PACKETS_BURST = 5, NSEC_PER_SEC = 1000000000 };
enum { SYNPROXY_FLAGS = 0x1f, HELPER_NAME_MAX = 15, SECMARK_MAX = 256 };

/* ---- numbers that are more than numbers ---- */

enum { QUOTA_BYTES, QUOTA_CONSUMED, QUOTA_FLAGS };

static int check_quota(const struct nft_table *table, const struct nlattr *const *attrs,
		       struct nft_object_state *state)
{
	if (state->values[QUOTA_BYTES] > INT64_MAX)
		return -EOVERFLOW;
	if (state->values[QUOTA_CONSUMED] > state->values[QUOTA_BYTES] &&
	    attrs[NFTA_QUOTA_CONSUMED])
		return -EINVAL;
	return state->values[QUOTA_FLAGS] & ~(uint64_t)NFT_QUOTA_F_INV ? -EINVAL : 0;
}

/* No more is shown as used than there is. */
static void show_quota(uint64_t *values)
{
	if (values[QUOTA_CONSUMED] < values[QUOTA_BYTES])
		return;
	values[QUOTA_CONSUMED] = values[QUOTA_BYTES];
	values[QUOTA_FLAGS] |= NFT_QUOTA_F_DEPLETED;
}

enum { LIMIT_RATE, LIMIT_UNIT, LIMIT_BURST, LIMIT_TYPE, LIMIT_FLAGS };

/* A kernel counts in nanoseconds and refuses what does not fit 64 bits. */
static int check_limit(const struct nft_table *table, const struct nlattr *const *attrs,
		       struct nft_object_state *state)
{
	uint64_t rate = state->values[LIMIT_RATE], nsecs, sum, tokens;
	uint64_t *burst = &state->values[LIMIT_BURST];

	if (state->values[LIMIT_TYPE] > NFT_LIMIT_PKT_BYTES)
		return -EOPNOTSUPP;
	if (!attrs[NFTA_LIMIT_RATE] || !attrs[NFTA_LIMIT_UNIT] || !rate)
		return -EINVAL;
	if (__builtin_mul_overflow(state->values[LIMIT_UNIT], UINT64_C(1) * NSEC_PER_SEC, &nsecs))
		return -EOVERFLOW;
	if (state->values[LIMIT_TYPE] == NFT_LIMIT_PKTS && !*burst)
		*burst = PACKETS_BURST;
	if (__builtin_add_overflow(rate, *burst, &sum))
		return -EOVERFLOW;
	if (state->values[LIMIT_TYPE] == NFT_LIMIT_PKTS) {
		if (__builtin_mul_overflow(nsecs / rate, *burst, &tokens))
			return -EOVERFLOW;
	} else if (__builtin_mul_overflow(nsecs, sum, &tokens)) {
		return -EOVERFLOW;
	}
	return state->values[LIMIT_FLAGS] & ~(uint64_t)NFT_LIMIT_F_INV ? -EOPNOTSUPP : 0;
}

static int check_connlimit(const struct nft_table *table, const struct nlattr *const *attrs,
			   struct nft_object_state *state)
{
	return state->values[1] & ~(uint64_t)NFT_CONNLIMIT_F_INV ? -EOPNOTSUPP : 0;
}

static int check_synproxy(const struct nft_table *table, const struct nlattr *const *attrs,
			  struct nft_object_state *state)
{
	if (state->values[2] & ~(uint64_t)SYNPROXY_FLAGS)
		return -EOPNOTSUPP;
	switch (table->family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_INET: return 0;
	default: return -EOPNOTSUPP;
	}
}

/* The layer 3 protocol, where it is not given, is the table's. */
static void default_family(const struct nft_table *table, const struct nlattr *given,
			   uint64_t *value)
{
	if (!given)
		*value = table->family;
}

/* The last step of the objects of connection tracking, which knows these families only: for bridges
 * it takes a module that the emulated kernel does not have. */
static int check_tracked_family(const struct nft_table *table)
{
	switch (table->family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_INET: return 0;
	default: return -EPROTO;
	}
}

/* The protocol of an expected connection must be one on the wire, and have ports. */
static int check_expected_protocol(const struct nft_table *table, uint64_t l3proto,
				   uint64_t l4proto)
{
	if (l3proto != NFPROTO_IPV4 && l3proto != NFPROTO_IPV6)
		return -EAFNOSUPPORT;
	if (l3proto != table->family && table->family != NFPROTO_INET)
		return -EINVAL;
	switch (l4proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
	case IPPROTO_SCTP: return 0;
	default: return -EOPNOTSUPP;
	}
}

enum { EXPECT_L3PROTO, EXPECT_L4PROTO };

static int check_expectation(const struct nft_table *table, const struct nlattr *const *attrs,
			     struct nft_object_state *state)
{
	int error;

	default_family(table, attrs[NFTA_CT_EXPECT_L3PROTO], &state->values[EXPECT_L3PROTO]);
	error = check_expected_protocol(table, state->values[EXPECT_L3PROTO],
					state->values[EXPECT_L4PROTO]);
	return error ? error : check_tracked_family(table);
}

/* ---- types with attributes that are no numbers ---- */

/* Helpers that kernels have. */
static const struct {
	const char *name;
	uint8_t protocol;
} helpers[] = {
	{"amanda", IPPROTO_UDP},     {"ftp", IPPROTO_TCP},   {"RAS", IPPROTO_UDP},
	{"Q.931", IPPROTO_TCP},      {"H.245", IPPROTO_TCP}, {"irc", IPPROTO_TCP},
	{"netbios-ns", IPPROTO_UDP}, {"pptp", IPPROTO_TCP},  {"sane", IPPROTO_TCP},
	{"sip", IPPROTO_TCP},        {"sip", IPPROTO_UDP},   {"snmp", IPPROTO_UDP},
	{"tftp", IPPROTO_UDP},
};

enum { HELPER_NAME, HELPER_L4PROTO, HELPER_L3PROTO };

/* 0 where a helper for this family can serve a table of that family. */
static int check_helper_family(const struct nft_table *table, uint64_t family)
{
	switch (family) {
	case NFPROTO_IPV4: return table->family == NFPROTO_IPV6 ? -EINVAL : 0;
	case NFPROTO_IPV6: return table->family == NFPROTO_IPV4 ? -EINVAL : 0;
	case NFPROTO_NETDEV:
	case NFPROTO_BRIDGE:
	case NFPROTO_INET: return 0;
	default: return -EAFNOSUPPORT;
	}
}

static int check_helper(const struct nft_table *table, const struct nlattr *const *attrs,
			struct nft_object_state *state)
{
	int error;

	if (!state->values[HELPER_L4PROTO])
		return -ENOENT;
	default_family(table, attrs[NFTA_CT_HELPER_L3PROTO], &state->values[HELPER_L3PROTO]);
	error = check_helper_family(table, state->values[HELPER_L3PROTO]);
	if (error)
		return error;
	for (size_t i = 0; i < sizeof(helpers) / sizeof(*helpers); i++) {
		if (nft_attr_equals(attrs[NFTA_CT_HELPER_NAME], helpers[i].name) &&
		    state->values[HELPER_L4PROTO] == helpers[i].protocol)
			return check_tracked_family(table);
	}
	return -ENOENT;
}

enum { TIMEOUT_L4PROTO, TIMEOUT_L3PROTO };

static int check_timeout(const struct nft_table *table, const struct nlattr *const *attrs,
			 struct nft_object_state *state)
{
	default_family(table, attrs[NFTA_CT_TIMEOUT_L3PROTO], &state->values[TIMEOUT_L3PROTO]);
	return check_tracked_family(table);
}

/* Without a security module that knows labels a kernel answers so. */
static int check_secmark(const struct nft_table *table, const struct nlattr *const *attrs,
			 struct nft_object_state *state)
{
	return -ENOENT;
}

/* ---- policies ---- */

#define U8                          \
	{                           \
		.kind = NFT_ATTR_U8 \
	}
#define U16                          \
	{                            \
		.kind = NFT_ATTR_U16 \
	}
#define U32                          \
	{                            \
		.kind = NFT_ATTR_U32 \
	}
#define U64                          \
	{                            \
		.kind = NFT_ATTR_U64 \
	}
#define NESTED                          \
	{                               \
		.kind = NFT_ATTR_NESTED \
	}

static const struct nft_policy counter_policy[] = {
	[NFTA_COUNTER_BYTES] = U64, [NFTA_COUNTER_PACKETS] = U64};
static const struct nft_policy quota_policy[] = {
	[NFTA_QUOTA_BYTES] = U64, [NFTA_QUOTA_FLAGS] = U32, [NFTA_QUOTA_CONSUMED] = U64};
static const struct nft_policy helper_policy[] = {
	[NFTA_CT_HELPER_NAME] = {.kind = NFT_ATTR_STRING, .length = HELPER_NAME_MAX},
	[NFTA_CT_HELPER_L3PROTO] = U16,
	[NFTA_CT_HELPER_L4PROTO] = U8};
static const struct nft_policy limit_policy[] = {[NFTA_LIMIT_RATE] = U64,
						 [NFTA_LIMIT_UNIT] = U64,
						 [NFTA_LIMIT_BURST] = U32,
						 [NFTA_LIMIT_TYPE] = U32,
						 [NFTA_LIMIT_FLAGS] = U32};
static const struct nft_policy connlimit_policy[] = {
	[NFTA_CONNLIMIT_COUNT] = U32, [NFTA_CONNLIMIT_FLAGS] = U32};
static const struct nft_policy tunnel_policy[] = {
	[NFTA_TUNNEL_KEY_ID] = U32,     [NFTA_TUNNEL_KEY_IP] = NESTED,
	[NFTA_TUNNEL_KEY_IP6] = NESTED, [NFTA_TUNNEL_KEY_FLAGS] = U32,
	[NFTA_TUNNEL_KEY_TOS] = U8,     [NFTA_TUNNEL_KEY_TTL] = U8,
	[NFTA_TUNNEL_KEY_SPORT] = U16,  [NFTA_TUNNEL_KEY_DPORT] = U16,
	[NFTA_TUNNEL_KEY_OPTS] = NESTED};
static const struct nft_policy timeout_policy[] = {[NFTA_CT_TIMEOUT_L3PROTO] = U16,
						   [NFTA_CT_TIMEOUT_L4PROTO] = U8,
						   [NFTA_CT_TIMEOUT_DATA] = NESTED};
static const struct nft_policy secmark_policy[] = {
	[NFTA_SECMARK_CTX] = {.kind = NFT_ATTR_STRING, .length = SECMARK_MAX}};
static const struct nft_policy expectation_policy[] = {[NFTA_CT_EXPECT_L3PROTO] = U16,
						       [NFTA_CT_EXPECT_L4PROTO] = U8,
						       [NFTA_CT_EXPECT_DPORT] = U16,
						       [NFTA_CT_EXPECT_TIMEOUT] = U32,
						       [NFTA_CT_EXPECT_SIZE] = U8};
static const struct nft_policy synproxy_policy[] = {
	[NFTA_SYNPROXY_MSS] = U16, [NFTA_SYNPROXY_WSCALE] = U8, [NFTA_SYNPROXY_FLAGS] = U32};

#define POLICY(p) .max_attribute = sizeof(p) / sizeof(*(p)) - 1, .policy = (p)

/* {attribute, bytes, required, reset} in the order of a dump. */
static const struct nft_object_type types[] = {
	{.type = NFT_OBJECT_COUNTER,
	 POLICY(counter_policy),
	 .fields = {{NFTA_COUNTER_BYTES, 8, false, true}, {NFTA_COUNTER_PACKETS, 8, false, true}}},
	{.type = NFT_OBJECT_QUOTA,
	 POLICY(quota_policy),
	 .can_update = true,
	 .fields = {{NFTA_QUOTA_BYTES, 8, true, false},
		    {NFTA_QUOTA_CONSUMED, 8, false, true},
		    {NFTA_QUOTA_FLAGS, 4, false, false}},
	 .check = check_quota,
	 .show = show_quota},
	{.type = NFT_OBJECT_CT_HELPER,
	 POLICY(helper_policy),
	 .fields = {{NFTA_CT_HELPER_NAME, NFT_FIELD_STRING, true, false},
		    {NFTA_CT_HELPER_L4PROTO, 1, true, false},
		    {NFTA_CT_HELPER_L3PROTO, 2, false, false}},
	 .check = check_helper},
	{.type = NFT_OBJECT_LIMIT,
	 POLICY(limit_policy),
	 .fields = {{NFTA_LIMIT_RATE, 8, false, false},
		    {NFTA_LIMIT_UNIT, 8, false, false},
		    {NFTA_LIMIT_BURST, 4, false, false},
		    {NFTA_LIMIT_TYPE, 4, false, false},
		    {NFTA_LIMIT_FLAGS, 4, false, false}},
	 .check = check_limit},
	{.type = NFT_OBJECT_CONNLIMIT,
	 POLICY(connlimit_policy),
	 .fields = {{NFTA_CONNLIMIT_COUNT, 4, true, false},
		    {NFTA_CONNLIMIT_FLAGS, 4, false, false}},
	 .check = check_connlimit},
	{.type = NFT_OBJECT_TUNNEL,
	 .family = NFPROTO_NETDEV,
	 POLICY(tunnel_policy),
	 .fields = {{NFTA_TUNNEL_KEY_ID, NFT_FIELD_WHOLE, true, false}}},
	{.type = NFT_OBJECT_CT_TIMEOUT,
	 POLICY(timeout_policy),
	 .fields = {{NFTA_CT_TIMEOUT_L4PROTO, 1, true, false},
		    {NFTA_CT_TIMEOUT_L3PROTO, 2, false, false},
		    {NFTA_CT_TIMEOUT_DATA, NFT_FIELD_KEPT, true, false}},
	 .check = check_timeout},
	{.type = NFT_OBJECT_SECMARK,
	 POLICY(secmark_policy),
	 .fields = {{NFTA_SECMARK_CTX, NFT_FIELD_STRING, true, false}},
	 .check = check_secmark},
	{.type = NFT_OBJECT_CT_EXPECT,
	 POLICY(expectation_policy),
	 .fields = {{NFTA_CT_EXPECT_L3PROTO, 2, false, false},
		    {NFTA_CT_EXPECT_L4PROTO, 1, true, false},
		    {NFTA_CT_EXPECT_DPORT, 2, true, false},
		    {NFTA_CT_EXPECT_TIMEOUT, 4, true, false},
		    {NFTA_CT_EXPECT_SIZE, 1, true, false}},
	 .check = check_expectation},
	{.type = NFT_OBJECT_SYNPROXY,
	 POLICY(synproxy_policy),
	 .can_update = true,
	 .fields = {{NFTA_SYNPROXY_MSS, 2, false, false},
		    {NFTA_SYNPROXY_WSCALE, 1, false, false},
		    {NFTA_SYNPROXY_FLAGS, 4, false, false}},
	 .check = check_synproxy},
};

const struct nft_object_type *nft_object_type_find(uint32_t type, uint8_t family)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (types[i].type == type && (!types[i].family || types[i].family == family))
			return &types[i];
	}
	return NULL;
}

/* ---- states ---- */

static uint64_t read_number(const struct nlattr *attr, uint8_t size)
{
	const uint8_t *bytes = nft_attr_data(attr);
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static int keep(const struct nft_object_field *field, const struct nlattr *data,
		const struct nlattr *attr, struct nft_object_state *state)
{
	const void *from = attr;

	state->size = attr->nla_len;
	if (field->size == NFT_FIELD_STRING) {
		state->bytes = (uint8_t *)nft_attr_strdup(attr);
		return state->bytes ? 0 : -ENOMEM;
	}
	if (field->size == NFT_FIELD_WHOLE) {
		from = nft_attr_data(data);
		state->size = nft_attr_size(data);
	}
	state->bytes = malloc(state->size);
	if (!state->bytes)
		return -ENOMEM;
	memcpy(state->bytes, from, state->size);
	return 0;
}

int nft_object_state_parse(const struct nft_table *table, const struct nft_object_type *type,
			   const struct nlattr *data, struct nft_object_state *state)
{
	const struct nlattr *attrs[NICEMU_OBJECT_ATTRS], *attr;
	const struct nft_object_field *field;
	int error;

	*state = (struct nft_object_state){0};
	error = nft_attrs_parse_nested(attrs, type->max_attribute, data, type->policy, NULL, NULL);
	for (field = type->fields; !error && field->attr; field++) {
		attr = attrs[field->attr];
		if (!attr)
			error = field->required ? -EINVAL : 0;
		else if (field->size > NFT_FIELD_NUMBER_MAX)
			error = keep(field, data, attr, state);
		else
			state->values[field - type->fields] = read_number(attr, field->size);
	}
	if (!error && type->check)
		error = type->check(table, attrs, state);
	if (error)
		nft_object_state_clear(state);
	return error;
}

void nft_object_state_clear(struct nft_object_state *state)
{
	free(state->bytes);
	*state = (struct nft_object_state){0};
}

static void put_field(struct nft_writer *w, const struct nft_object_field *field, uint64_t value,
		      const struct nft_object_state *state)
{
	if (field->size == NFT_FIELD_STRING) {
		nft_put_string(w, field->attr, (const char *)state->bytes);
	} else if (field->size > NFT_FIELD_NUMBER_MAX) {
		nft_put_raw(w, state->bytes, state->size);
	} else {
		value = htobe64(value << (64 - 8 * field->size));
		nft_put(w, field->attr, &value, field->size);
	}
}

void nft_object_state_fill(struct nft_writer *w, const struct nft_object_type *type,
			   const struct nft_object_state *state)
{
	uint64_t values[NICEMU_OBJECT_FIELDS];

	memcpy(values, state->values, sizeof(values));
	if (type->show)
		type->show(values);
	for (size_t i = 0; i < NICEMU_OBJECT_FIELDS && type->fields[i].attr; i++)
		put_field(w, &type->fields[i], values[i], state);
}

void nft_object_state_update(const struct nft_object_type *type, struct nft_object_state *state,
			     const struct nft_object_state *update)
{
	for (size_t i = 0; i < NICEMU_OBJECT_FIELDS && type->fields[i].attr; i++) {
		if (!type->fields[i].reset)
			state->values[i] = update->values[i];
	}
}

void nft_object_state_reset(const struct nft_object_type *type, struct nft_object_state *state)
{
	for (size_t i = 0; i < NICEMU_OBJECT_FIELDS && type->fields[i].attr; i++) {
		if (type->fields[i].reset)
			state->values[i] = 0;
	}
}
