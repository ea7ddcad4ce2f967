/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "written.h"

#include "encode.h"

#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 64, TEXT_MAX = 1024 };

static const struct {
	const char *word;
	uint32_t number;
} headers[] = {{"ll", NFT_PAYLOAD_LL_HEADER},
	       {"nh", NFT_PAYLOAD_NETWORK_HEADER},
	       {"th", NFT_PAYLOAD_TRANSPORT_HEADER},
	       {"in", NFT_PAYLOAD_INNER_HEADER}},
  metas[] = {{"protocol", NFT_META_PROTOCOL},
	     {"l4proto", NFT_META_L4PROTO},
	     {"iif", NFT_META_IIF},
	     {"iiftype", NFT_META_IIFTYPE},
	     {"mark", NFT_META_MARK},
	     {"len", NFT_META_LEN},
	     {"iifname", NFT_META_IIFNAME},
	     {"oif", NFT_META_OIF},
	     {"pkttype", NFT_META_PKTTYPE},
	     {"priority", NFT_META_PRIORITY},
	     {"iifgroup", NFT_META_IIFGROUP},
	     {"nfproto", NFT_META_NFPROTO},
	     {"cpu", NFT_META_CPU}},
  verdicts[] = {{"drop", NF_DROP},
		{"accept", NF_ACCEPT},
		{"continue", (uint32_t)NFT_CONTINUE},
		{"return", (uint32_t)NFT_RETURN}};

/* Hexadecimal digits to bytes; how many, 0 when they are none. */
static uint32_t read_bytes(const char *text, uint8_t *bytes)
{
	size_t size = strlen(text) / 2;
	char pair[3] = "";

	if (strlen(text) % 2 || size > BYTES_MAX || strspn(text, "0123456789abcdef") != 2 * size)
		return 0;
	for (size_t i = 0; i < size; i++) {
		memcpy(pair, text + 2 * i, 2);
		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return (uint32_t)size;
}

static bool write_load(struct nftnl_rule *rule, const char *word, uint32_t reg)
{
	unsigned int offset, length;
	struct nftnl_expr *e;
	char header[3];

	if (sscanf(word, "%2[a-z]+%u/%u", header, &offset, &length) != 3)
		return false;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (strcmp(headers[i].word, header) != 0)
			continue;
		e = nftnl_expr_alloc("payload");
		nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, reg);
		nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, headers[i].number);
		nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
		nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, length);
		nftnl_rule_add_expr(rule, e);
		return true;
	}
	return false;
}

static bool write_meta(struct nftnl_rule *rule, const char *key, uint32_t reg)
{
	struct nftnl_expr *e;

	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
		if (strcmp(metas[i].word, key) != 0)
			continue;
		e = nftnl_expr_alloc("meta");
		nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, metas[i].number);
		nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, reg);
		nftnl_rule_add_expr(rule, e);
		return true;
	}
	return false;
}

static bool write_bitwise(struct nftnl_rule *rule, const char *hex, bool is_xor, uint32_t reg)
{
	uint8_t bytes[BYTES_MAX], rest[BYTES_MAX];
	uint32_t size = read_bytes(hex, bytes);
	struct nftnl_expr *e;

	if (!size)
		return false;
	memset(rest, is_xor ? 0xff : 0, sizeof(rest));
	e = nftnl_expr_alloc("bitwise");
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, size);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, is_xor ? rest : bytes, size);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, is_xor ? bytes : rest, size);
	nftnl_rule_add_expr(rule, e);
	return true;
}

static void write_shift(struct nftnl_rule *rule, uint32_t bits, uint32_t reg)
{
	struct nftnl_expr *e = nftnl_expr_alloc("bitwise");

	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, 4);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_LSHIFT);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_DATA, &bits, sizeof(bits));
	nftnl_rule_add_expr(rule, e);
}

static bool write_cmp(struct nftnl_rule *rule, uint32_t op, const uint8_t *bytes, uint32_t size,
		      uint32_t reg)
{
	struct nftnl_expr *e;

	if (!size)
		return false;
	e = nftnl_expr_alloc("cmp");
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, bytes, size);
	nftnl_rule_add_expr(rule, e);
	return true;
}

static bool write_number(struct nftnl_rule *rule, const char *text, uint32_t reg)
{
	unsigned int number, size;
	uint16_t half;

	if (sscanf(text, "%u/%u", &number, &size) != 2 || (size != 2 && size != 4))
		return false;
	half = (uint16_t)number;
	return write_cmp(rule, NFT_CMP_EQ, size == 2 ? (uint8_t *)&half : (uint8_t *)&number, size,
			 reg);
}

static bool write_other(struct nftnl_rule *rule, const char *word)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (strcmp(verdicts[i].word, word) != 0)
			continue;
		encode_verdict(rule, (int)verdicts[i].number);
		return true;
	}
	if (strcmp(word, "counter") == 0)
		encode_counter(rule, 0, 0);
	else if (strncmp(word, "fwd:", 4) == 0)
		encode_to_device(rule, "fwd", (uint32_t)atoi(word + 4));
	else if (strncmp(word, "dup:", 4) == 0)
		encode_to_device(rule, "dup", (uint32_t)atoi(word + 4));
	else if (word[0] == ':')
		encode_plain(rule, word + 1);
	else
		return false;
	return true;
}

static bool write_word(struct nftnl_rule *rule, char *word)
{
	char *at = strchr(word, '@');
	uint32_t reg = NFT_REG_1, size;
	uint8_t bytes[BYTES_MAX];

	if (at) {
		*at = '\0';
		reg = (uint32_t)atoi(at + 1);
	}
	if (strchr(word, '+'))
		return write_load(rule, word, reg);
	if (strncmp(word, "meta:", 5) == 0)
		return write_meta(rule, word + 5, reg);
	if (strncmp(word, "<<", 2) == 0) {
		write_shift(rule, (uint32_t)atoi(word + 2), reg);
		return true;
	}
	switch (word[0]) {
	case '&': return write_bitwise(rule, word + 1, false, reg);
	case '^': return write_bitwise(rule, word + 1, true, reg);
	case '#': return write_number(rule, word + 1, reg);
	case '=':
		size = read_bytes(word + 1, bytes);
		return write_cmp(rule, NFT_CMP_EQ, bytes, size, reg);
	case '!':
		size = word[1] ? read_bytes(word + 2, bytes) : 0;
		return write_cmp(rule, NFT_CMP_NEQ, bytes, size, reg);
	default: return write_other(rule, word);
	}
}

bool write_expressions(struct nftnl_rule *rule, const char *words)
{
	char text[TEXT_MAX], *rest = NULL;

	if (strlen(words) >= sizeof(text))
		return false;
	strcpy(text, words);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (write_word(rule, word))
			continue;
		fprintf(stderr, "\"%s\" in \"%s\" means nothing\n", word, words);
		return false;
	}
	return true;
}
