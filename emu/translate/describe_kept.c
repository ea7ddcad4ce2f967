/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words for the types whose attributes are kept as they came. Only what a person needs to find the
 * statement again is printed: options without a match in these tables are left out.
 */
#include "describe.h"
#include "kept.h"

#include <string.h>

enum { CT_SUBJECT_MAX = NFT_CT_ID };

static const struct {
	const char *word;
	enum value_kind kind;
	bool network_order;
} ct_keys[CT_SUBJECT_MAX + 1] = {
	[NFT_CT_STATE] = {"state", VALUE_CT_STATE, false},
	[NFT_CT_DIRECTION] = {"direction", VALUE_CT_DIRECTION, false},
	[NFT_CT_STATUS] = {"status", VALUE_CT_STATUS, false},
	[NFT_CT_MARK] = {"mark", VALUE_MARK, false},
	[NFT_CT_SECMARK] = {"secmark", VALUE_HEX, false},
	[NFT_CT_EXPIRATION] = {"expiration", VALUE_NUMBER, false},
	[NFT_CT_HELPER] = {"helper", VALUE_STRING, true},
	[NFT_CT_L3PROTOCOL] = {"l3proto", VALUE_NFPROTO, true},
	[NFT_CT_SRC] = {"saddr", VALUE_HEX, true},
	[NFT_CT_DST] = {"daddr", VALUE_HEX, true},
	[NFT_CT_PROTOCOL] = {"protocol", VALUE_L4PROTO, true},
	[NFT_CT_PROTO_SRC] = {"proto-src", VALUE_NUMBER, true},
	[NFT_CT_PROTO_DST] = {"proto-dst", VALUE_NUMBER, true},
	[NFT_CT_LABELS] = {"label", VALUE_HEX, false},
	[NFT_CT_PKTS] = {"packets", VALUE_NUMBER, false},
	[NFT_CT_BYTES] = {"bytes", VALUE_NUMBER, false},
	[NFT_CT_AVGPKT] = {"avgpkt", VALUE_NUMBER, false},
	[NFT_CT_ZONE] = {"zone", VALUE_NUMBER, false},
	[NFT_CT_EVENTMASK] = {"event", VALUE_HEX, false},
	[NFT_CT_SRC_IP] = {"ip saddr", VALUE_IPV4, true},
	[NFT_CT_DST_IP] = {"ip daddr", VALUE_IPV4, true},
	[NFT_CT_SRC_IP6] = {"ip6 saddr", VALUE_IPV6, true},
	[NFT_CT_DST_IP6] = {"ip6 daddr", VALUE_IPV6, true},
	[NFT_CT_ID] = {"id", VALUE_NUMBER, false},
};

static bool has(const struct nft_expr *expr, uint16_t type)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	attr_parse(tb, type, expr->attributes, expr->size, NULL, NULL);
	return tb[type] != NULL;
}

static uint64_t kept_be64(const struct nft_expr *expr, uint16_t type)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	attr_parse(tb, type, expr->attributes, expr->size, NULL, NULL);
	return tb[type] && mnl_attr_get_payload_len(tb[type]) >= sizeof(uint64_t)
		       ? attr_be64(tb[type])
		       : 0;
}

static void kept_string(char *string, size_t size, const struct nft_expr *expr, uint16_t type)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	attr_parse(tb, type, expr->attributes, expr->size, NULL, NULL);
	attr_copy_string(string, size, tb[type]);
	/* For a terminal. */
	for (char *c = string; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f || *c == '"')
			*c = '?';
}

bool kept_has_register(const struct nft_expr *expr)
{
	return has(expr, expr_is(expr, "ct") ? (uint16_t)NFTA_CT_DREG : (uint16_t)NFTA_EXTHDR_DREG);
}

size_t kept_range(const struct nft_expr *expr, uint8_t from[16], uint8_t to[16])
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];
	size_t length = 0;

	memset(from, 0, 16);
	memset(to, 0, 16);
	attr_parse(tb, NFTA_RANGE_MAX, expr->attributes, expr->size, NULL, NULL);
	if (!tb[NFTA_RANGE_FROM_DATA] || !tb[NFTA_RANGE_TO_DATA] ||
	    data_value(tb[NFTA_RANGE_FROM_DATA], from, &length) ||
	    data_value(tb[NFTA_RANGE_TO_DATA], to, &length))
		return 0;
	return length;
}

bool kept_range_is_inverted(const struct nft_expr *expr)
{
	return kept_be32(expr, NFTA_RANGE_OP) == NFT_RANGE_NEQ;
}

static bool ct_key_print(struct text *text, const struct nft_expr *expr, uint32_t key)
{
	static const char *const directions[] = {"original ", "reply "};
	uint8_t direction = kept_u8(expr, NFTA_CT_DIRECTION);

	if (key > CT_SUBJECT_MAX || !ct_keys[key].word)
		return false;
	text_add(text, "ct %s%s",
		 has(expr, NFTA_CT_DIRECTION) && direction < 2 ? directions[direction] : "",
		 ct_keys[key].word);
	return true;
}

static bool ct_load(struct text *text, const struct nft_expr *expr, struct operand *operand)
{
	uint32_t key = kept_be32(expr, NFTA_CT_KEY);

	if (!ct_key_print(text, expr, key))
		return false;
	operand->kind = ct_keys[key].kind;
	operand->host_order = !ct_keys[key].network_order;
	return true;
}

struct option_word {
	uint8_t type;
	const char *word;
};

static const struct option_word ip6_headers[] = {{0, "hbh"},  {43, "rt"},  {44, "frag"},
						 {60, "dst"}, {135, "mh"}, {0, NULL}};
static const struct option_word tcp_options[] = {{0, "eol"},       {1, "nop"},       {2, "maxseg"},
						 {3, "window"},    {4, "sack-perm"}, {5, "sack"},
						 {8, "timestamp"}, {30, "mptcp"},    {0, NULL}};
static const struct option_word ip_options[] = {
	{7, "rr"}, {131, "lsrr"}, {137, "ssrr"}, {148, "ra"}, {0, NULL}};
static const struct option_word sctp_chunks[] = {
	{0, "data"},          {1, "init"},  {2, "init-ack"}, {3, "sack"}, {4, "heartbeat"},
	{5, "heartbeat-ack"}, {6, "abort"}, {7, "shutdown"}, {0, NULL}};

static const struct {
	const char *prefix;
	const struct option_word *words;
} exthdr_ops[] = {
	[NFT_EXTHDR_OP_IPV6] = {"", ip6_headers},
	[NFT_EXTHDR_OP_TCPOPT] = {"tcp option ", tcp_options},
	[NFT_EXTHDR_OP_IPV4] = {"ip option ", ip_options},
	[3] = {"sctp chunk ", sctp_chunks},
};

/* Fields inside an option or extension header that have a name. */
static const struct {
	uint8_t op, type;
	uint16_t offset, length; /* bytes */
	const char *word;
} exthdr_fields[] = {
	{NFT_EXTHDR_OP_TCPOPT, 2, 2, 2, "size"},    {NFT_EXTHDR_OP_TCPOPT, 3, 2, 1, "count"},
	{NFT_EXTHDR_OP_TCPOPT, 8, 2, 4, "tsval"},   {NFT_EXTHDR_OP_TCPOPT, 8, 6, 4, "tsecr"},
	{NFT_EXTHDR_OP_IPV6, 0, 0, 1, "nexthdr"},   {NFT_EXTHDR_OP_IPV6, 0, 1, 1, "hdrlength"},
	{NFT_EXTHDR_OP_IPV6, 60, 0, 1, "nexthdr"},  {NFT_EXTHDR_OP_IPV6, 60, 1, 1, "hdrlength"},
	{NFT_EXTHDR_OP_IPV6, 44, 0, 1, "nexthdr"},  {NFT_EXTHDR_OP_IPV6, 44, 4, 4, "id"},
	{NFT_EXTHDR_OP_IPV6, 43, 0, 1, "nexthdr"},  {NFT_EXTHDR_OP_IPV6, 43, 1, 1, "hdrlength"},
	{NFT_EXTHDR_OP_IPV6, 43, 2, 1, "type"},     {NFT_EXTHDR_OP_IPV6, 43, 3, 1, "seg-left"},
	{NFT_EXTHDR_OP_IPV6, 135, 0, 1, "nexthdr"}, {NFT_EXTHDR_OP_IPV6, 135, 1, 1, "hdrlength"},
	{NFT_EXTHDR_OP_IPV6, 135, 2, 1, "type"},    {NFT_EXTHDR_OP_IPV4, 148, 2, 2, "value"},
	{NFT_EXTHDR_OP_IPV4, 7, 2, 1, "ptr"},       {NFT_EXTHDR_OP_IPV4, 7, 1, 1, "length"},
};

static const char *exthdr_field(uint32_t op, uint8_t type, uint32_t offset, uint32_t length)
{
	for (size_t i = 0; i < sizeof(exthdr_fields) / sizeof(exthdr_fields[0]); i++)
		if (exthdr_fields[i].op == op && exthdr_fields[i].type == type &&
		    exthdr_fields[i].offset == offset && exthdr_fields[i].length == length)
			return exthdr_fields[i].word;
	return NULL;
}

static bool exthdr_load(struct text *text, const struct nft_expr *expr, struct operand *operand)
{
	uint32_t op = kept_be32(expr, NFTA_EXTHDR_OP), flags = kept_be32(expr, NFTA_EXTHDR_FLAGS);
	uint32_t offset = kept_be32(expr, NFTA_EXTHDR_OFFSET);
	uint32_t length = kept_be32(expr, NFTA_EXTHDR_LEN);
	uint8_t type = kept_u8(expr, NFTA_EXTHDR_TYPE);
	const struct option_word *w;
	const char *field;

	if (op >= sizeof(exthdr_ops) / sizeof(exthdr_ops[0]))
		return false;
	for (w = exthdr_ops[op].words; w->word && w->type != type; w++)
		;
	field = exthdr_field(op, type, offset, length);
	if (flags & NFT_EXTHDR_F_PRESENT && w->word)
		text_add(text, "%s%s", op ? exthdr_ops[op].prefix : "exthdr ", w->word);
	else if (w->word && field)
		text_add(text, "%s%s %s", exthdr_ops[op].prefix, w->word, field);
	else if (op == NFT_EXTHDR_OP_TCPOPT)
		text_add(text, "tcp option @%u,%u,%u", type, offset * 8, length * 8);
	else
		return false;
	operand->kind = flags & NFT_EXTHDR_F_PRESENT ? VALUE_PRESENCE : VALUE_NUMBER;
	return true;
}

static bool fib_load(struct text *text, const struct nft_expr *expr, struct operand *operand)
{
	static const char *const results[] = {"", "oif", "oifname", "type"};
	static const char *const words[] = {"saddr", "daddr", "mark", "iif", "oif"};
	uint32_t result = kept_be32(expr, NFTA_FIB_RESULT);
	uint32_t flags = kept_be32(expr, NFTA_FIB_FLAGS);
	const char *separator = " ";

	if (result > 3 || !(flags & 31))
		return false;
	text_add(text, "fib");
	for (size_t i = 0; i < 5; i++) {
		if (!(flags >> i & 1))
			continue;
		text_add(text, "%s%s", separator, words[i]);
		separator = " . ";
	}
	text_add(text, " %s", results[result]);
	operand->kind = result == 1 ? VALUE_INTERFACE : result == 2 ? VALUE_STRING : VALUE_NUMBER;
	if (flags & NFTA_FIB_F_PRESENT)
		operand->kind = VALUE_PRESENCE;
	operand->host_order = result != 2 && operand->kind != VALUE_PRESENCE;
	return true;
}

static bool indexed_load(struct text *text, const char *prefix, const char *const *words,
			 size_t num_words, uint32_t key)
{
	if (key >= num_words || !words[key])
		return false;
	text_add(text, "%s %s", prefix, words[key]);
	return true;
}

bool kept_load_print(struct text *text, const struct nft_expr *expr, struct operand *operand)
{
	static const char *const rt_words[] = {"classid", "ip nexthop", "ip6 nexthop", "mtu",
					       "ipsec"};
	static const char *const socket_words[] = {"transparent", "mark", "wildcard"};

	*operand = (struct operand){.kind = VALUE_NUMBER};
	if (expr_is(expr, "ct"))
		return ct_load(text, expr, operand);
	if (expr_is(expr, "exthdr"))
		return exthdr_load(text, expr, operand);
	if (expr_is(expr, "fib"))
		return fib_load(text, expr, operand);
	if (expr_is(expr, "rt")) {
		uint32_t key = kept_be32(expr, NFTA_RT_KEY);

		operand->kind = key == 1 ? VALUE_IPV4 : key == 2 ? VALUE_IPV6 : VALUE_NUMBER;
		operand->host_order = key != 1 && key != 2;
		return indexed_load(text, "rt", rt_words, 5, key);
	}
	if (expr_is(expr, "socket")) {
		operand->kind = kept_be32(expr, NFTA_SOCKET_KEY) == 1 ? VALUE_MARK : VALUE_NUMBER;
		operand->host_order = operand->kind == VALUE_MARK;
		return indexed_load(text, "socket", socket_words, 3,
				    kept_be32(expr, NFTA_SOCKET_KEY));
	}
	if (expr_is(expr, "numgen")) {
		operand->host_order = true;
		text_add(text, "numgen %s mod %u", kept_be32(expr, NFTA_NG_TYPE) ? "random" : "inc",
			 kept_be32(expr, NFTA_NG_MODULUS));
		return true;
	}
	if (expr_is(expr, "osf")) {
		operand->kind = VALUE_STRING;
		text_add(text, "osf name");
		return true;
	}
	return false;
}

static void limit_print(struct text *text, const struct nft_expr *expr)
{
	static const struct {
		uint64_t seconds;
		const char *word;
	} units[] = {
		{1, "second"}, {60, "minute"}, {3600, "hour"}, {86400, "day"}, {604800, "week"}};
	uint64_t unit = kept_be64(expr, NFTA_LIMIT_UNIT), rate = kept_be64(expr, NFTA_LIMIT_RATE);
	bool bytes = kept_be32(expr, NFTA_LIMIT_TYPE) == NFT_LIMIT_PKT_BYTES;
	uint32_t burst = kept_be32(expr, NFTA_LIMIT_BURST);
	const char *word = "?";

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].seconds == unit)
			word = units[i].word;
	text_add(text, "limit rate %s%llu%s/%s",
		 kept_be32(expr, NFTA_LIMIT_FLAGS) & NFT_LIMIT_F_INV ? "over " : "",
		 (unsigned long long)rate, bytes ? " bytes" : "", word);
	if (burst && burst != 5)
		text_add(text, " burst %u %s", burst, bytes ? "bytes" : "packets");
}

static void log_print(struct text *text, const struct nft_expr *expr)
{
	char prefix[128];

	text_add(text, "log");
	if (has(expr, NFTA_LOG_PREFIX)) {
		kept_string(prefix, sizeof(prefix), expr, NFTA_LOG_PREFIX);
		text_add(text, " prefix \"%s\"", prefix);
	}
	if (has(expr, NFTA_LOG_GROUP)) {
		const struct nlattr *tb[ATTR_TABLE_SIZE];

		attr_parse(tb, NFTA_LOG_GROUP, expr->attributes, expr->size, NULL, NULL);
		if (mnl_attr_get_payload_len(tb[NFTA_LOG_GROUP]) >= 2) {
			const uint8_t *group = mnl_attr_get_payload(tb[NFTA_LOG_GROUP]);

			text_add(text, " group %u", group[0] << 8 | group[1]);
		}
	}
}

static void nat_print(struct text *text, const struct nft_expr *expr)
{
	text_add(text, "%s", kept_be32(expr, NFTA_NAT_TYPE) == NFT_NAT_DNAT ? "dnat" : "snat");
}

static void quota_print(struct text *text, const struct nft_expr *expr)
{
	text_add(text, "quota %s%llu bytes",
		 kept_be32(expr, NFTA_QUOTA_FLAGS) & NFT_QUOTA_F_INV ? "over " : "",
		 (unsigned long long)kept_be64(expr, NFTA_QUOTA_BYTES));
}

static void connlimit_print(struct text *text, const struct nft_expr *expr)
{
	text_add(text, "ct count %s%u",
		 kept_be32(expr, NFTA_CONNLIMIT_FLAGS) & NFT_CONNLIMIT_F_INV ? "over " : "",
		 kept_be32(expr, NFTA_CONNLIMIT_COUNT));
}

static void reject_print(struct text *text, const struct nft_expr *expr)
{
	text_add(text, kept_be32(expr, NFTA_REJECT_TYPE) == NFT_REJECT_TCP_RST
			       ? "reject with tcp reset"
			       : "reject");
}

static void flow_print(struct text *text, const struct nft_expr *expr)
{
	char name[64];

	kept_string(name, sizeof(name), expr, NFTA_FLOW_TABLE_NAME);
	text_add(text, "flow add @%s", name);
}

static void ct_set_print(struct text *text, const struct nft_expr *expr)
{
	if (ct_key_print(text, expr, kept_be32(expr, NFTA_CT_KEY)))
		text_add(text, " set …");
}

static const struct {
	const char *name;
	void (*print)(struct text *text, const struct nft_expr *expr);
	const char *word; /* where there is nothing to add */
} statements[] = {
	{"limit", limit_print, NULL},
	{"log", log_print, NULL},
	{"nat", nat_print, NULL},
	{"quota", quota_print, NULL},
	{"connlimit", connlimit_print, NULL},
	{"reject", reject_print, NULL},
	{"flow_offload", flow_print, NULL},
	{"ct", ct_set_print, NULL},
	{"last", NULL, "last"},
	{"queue", NULL, "queue"},
	{"notrack", NULL, "notrack"},
	{"masq", NULL, "masquerade"},
	{"redir", NULL, "redirect"},
	{"tproxy", NULL, "tproxy"},
	{"synproxy", NULL, "synproxy"},
};

bool kept_statement_print(struct text *text, const struct nft_expr *expr)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (!expr_is(expr, statements[i].name))
			continue;
		if (statements[i].print)
			statements[i].print(text, expr);
		else
			text_add(text, "%s", statements[i].word);
		return true;
	}
	return false;
}
