/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two sides of a match: what is loaded and masked, and the values it is compared with. */
#include "describe.h"

#include <string.h>

struct meta_word {
	uint32_t key;
	bool plain; /* nft writes it without `meta` */
	bool network_order;
	enum value_kind kind;
};

static const struct meta_word meta_words[] = {
	{NFT_META_PROTOCOL, false, true, VALUE_ETHERTYPE},
	{NFT_META_L4PROTO, false, true, VALUE_L4PROTO},
	{NFT_META_NFPROTO, false, true, VALUE_NFPROTO},
	{NFT_META_MARK, false, false, VALUE_MARK},
	{NFT_META_SECMARK, false, false, VALUE_MARK},
	{NFT_META_PRIORITY, false, false, VALUE_PRIORITY},
	{NFT_META_IIF, true, false, VALUE_INTERFACE},
	{NFT_META_OIF, true, false, VALUE_INTERFACE},
	{NFT_META_IIFNAME, true, true, VALUE_STRING},
	{NFT_META_OIFNAME, true, true, VALUE_STRING},
	{NFT_META_IIFTYPE, true, false, VALUE_DEVICE_TYPE},
	{NFT_META_OIFTYPE, true, false, VALUE_DEVICE_TYPE},
	{NFT_META_BRI_IIFNAME, false, true, VALUE_STRING},
	{NFT_META_BRI_OIFNAME, false, true, VALUE_STRING},
	{NFT_META_IIFKIND, false, true, VALUE_STRING},
	{NFT_META_OIFKIND, false, true, VALUE_STRING},
	{NFT_META_PKTTYPE, false, true, VALUE_PACKET_TYPE},
	{NFT_META_SECPATH, false, true, VALUE_PRESENCE},
	{NFT_META_TIME_DAY, false, true, VALUE_DAY},
	{NFT_META_BRI_IIFVPROTO, false, true, VALUE_ETHERTYPE},
};

static void meta_left(struct text *text, const struct nft_expr *expr, struct operand *operand)
{
	const char *word = meta_key_word(expr->meta.key);
	bool plain = false;

	operand->kind = VALUE_NUMBER;
	operand->host_order = true;
	for (size_t i = 0; i < sizeof(meta_words) / sizeof(meta_words[0]); i++) {
		if (meta_words[i].key != expr->meta.key)
			continue;
		operand->kind = meta_words[i].kind;
		operand->host_order = !meta_words[i].network_order;
		plain = meta_words[i].plain;
	}
	text_add(text, "%s%s", plain ? "" : "meta ", word ? word : "?");
}

static void raw_left(struct text *text, const struct nft_expr *expr, struct operand *operand)
{
	static const char *const bases[] = {"ll", "nh", "th", "ih"};

	operand->kind = VALUE_HEX;
	operand->width = expr->payload.length * 8;
	text_add(text, "@%s,%u,%u", expr->payload.base < 4 ? bases[expr->payload.base] : "?",
		 expr->payload.offset * 8, expr->payload.length * 8);
}

static void set_bits(uint8_t *mask, uint32_t shift, uint32_t width)
{
	for (uint32_t bit = shift; bit < shift + width && bit < 128; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

/* The field of which a mask over the load chooses exactly the bits. */
static const struct header_field *masked_field(const struct statement *s,
					       const struct nft_expr *load, const uint8_t *mask)
{
	uint32_t start = load->payload.offset * 8;

	for (uint32_t bit = 0; bit < load->payload.length * 8 && bit < 128; bit++) {
		const struct header_field *f =
			header_field_at(&s->headers, load->payload.base, start + bit);
		uint8_t wanted[16] = {0};

		if (!f || bit + f->width > load->payload.length * 8)
			continue;
		/* A whole load with a mask of ones was written so. */
		if (f->width == load->payload.length * 8)
			continue;
		set_bits(wanted, bit, f->width);
		if (memcmp(wanted, mask, load->payload.length) == 0)
			return f;
	}
	return NULL;
}

static bool is_address(enum value_kind kind)
{
	return kind == VALUE_IPV4 || kind == VALUE_IPV6;
}

/* mask is NULL without one; true where the mask has been used up. */
static bool payload_left(struct text *text, const struct statement *s, const struct nft_expr *load,
			 const uint8_t *mask, struct operand *operand)
{
	uint32_t width = load->payload.length * 8, start = load->payload.offset * 8;
	const struct header_field *f = NULL;

	if (load->payload.length == 0 || load->payload.length > 16 ||
	    load->payload.offset > UINT16_MAX) {
		raw_left(text, load, operand);
		return false;
	}
	f = mask ? masked_field(s, load, mask) : NULL;
	if (f) {
		text_add(text, "%s", f->name);
		operand->kind = f->kind;
		operand->shift = f->offset - start;
		operand->width = f->width;
		return true;
	}
	operand->width = width;
	f = header_field_find(&s->headers, load->payload.base, start, width);
	if (f && f->width == width) {
		text_add(text, "%s", f->name);
		operand->kind = f->kind;
		operand->field_width = width;
		return false;
	}
	f = header_field_at(&s->headers, load->payload.base, start);
	if (f && f->width > width && is_address(f->kind) && !mask) {
		text_add(text, "%s", f->name);
		operand->kind = f->kind;
		operand->is_prefix = true;
		operand->field_width = f->width;
		return false;
	}
	raw_left(text, load, operand);
	return false;
}

/* Leading ones only; the number of them, or -1. */
static int prefix_of(const uint8_t *mask, size_t length)
{
	int bits = 0;

	while ((size_t)bits < length * 8 && mask[bits / 8] & 0x80 >> bits % 8)
		bits++;
	for (size_t bit = (size_t)bits; bit < length * 8; bit++)
		if (mask[bit / 8] & 0x80 >> bit % 8)
			return -1;
	return bits;
}

static size_t to_network_order(const struct operand *operand, const uint8_t *bytes, size_t length,
			       uint8_t ordered[16])
{
	length = length > 16 ? 16 : length;
	memset(ordered, 0, 16);
	for (size_t i = 0; i < length; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		ordered[i] = operand->host_order ? bytes[length - 1 - i] : bytes[i];
#else
		ordered[i] = bytes[i];
#endif
	return length;
}

static void add_mask(struct text *text, const struct nft_expr *bitwise, struct operand *operand)
{
	size_t length = bitwise->bitwise.length;
	uint8_t mask[16], flip[16];
	int prefix;

	if (bitwise->bitwise.op != NFT_BITWISE_BOOL) {
		static const char *const operations[] = {"", "<<", ">>", "&", "|", "^"};
		uint32_t shift;

		memcpy(&shift, bitwise->bitwise.mask, sizeof(shift));
		text_add(text, " %s ", operations[bitwise->bitwise.op % 6]);
		if (bitwise->bitwise.op <= NFT_BITWISE_RSHIFT)
			text_add(text, "%u", shift);
		else
			text_add(text, "…");
		operand->has_mask = true;
		return;
	}
	length = to_network_order(operand, bitwise->bitwise.mask, length, mask);
	to_network_order(operand, bitwise->bitwise.xor_, length, flip);
	prefix = prefix_of(mask, length);
	if (is_address(operand->kind) && prefix > 0 && prefix % 8) {
		/* nft loads less instead of a mask where the prefix ends with a byte. */
		operand->is_prefix = true;
		operand->width = (uint32_t)prefix;
		return;
	}
	text_add(text, " & ");
	value_print_mask(text, operand->kind, mask, length);
	for (size_t i = 0; i < length; i++) {
		if (!flip[i])
			continue;
		text_add(text, " ^ ");
		value_print_mask(text, operand->kind, flip, length);
		break;
	}
	operand->has_mask = true;
}

/* What is compared is a hash of the loads before it, whose modulus and seed are not kept. */
static size_t find_hash(const struct statement *s, size_t at, size_t end)
{
	while (at < end && !expr_is(&s->exprs[at], "hash"))
		at++;
	return at;
}

static void hash_left(struct text *text, const struct statement *s, size_t at, size_t hash,
		      struct operand *operand)
{
	text_add(text, at == hash ? "symhash" : "jhash ");
	if (at < hash)
		match_left(text, s, at, hash, operand);
	for (at++; at < hash; at++)
		if (!expr_is(&s->exprs[at], "bitwise") && !expr_is(&s->exprs[at], "byteorder"))
			text_add(text, " . …");
	text_add(text, " mod …");
	*operand = (struct operand){.kind = VALUE_NUMBER, .width = 32, .host_order = true};
}

void match_left(struct text *text, const struct statement *s, size_t at, size_t end,
		struct operand *operand)
{
	size_t hash = find_hash(s, at, end);
	const struct nft_expr *load = &s->exprs[at];
	bool masked = at + 1 < end && expr_is(&s->exprs[at + 1], "bitwise") &&
		      s->exprs[at + 1].bitwise.op == NFT_BITWISE_BOOL;
	size_t next = at + 1;

	*operand = (struct operand){.kind = VALUE_HEX};
	if (at >= end) {
		text_add(text, "[ ? ]");
		return;
	}
	if (hash < end) {
		hash_left(text, s, at, hash, operand);
		return;
	}
	if (expr_is(load, "meta"))
		meta_left(text, load, operand);
	else if (expr_is(load, "payload") &&
		 payload_left(text, s, load, masked ? s->exprs[next].bitwise.mask : NULL, operand))
		next++;
	else if (!expr_is(load, "payload") && !kept_load_print(text, load, operand))
		text_add(text, "[ %s ]", load->type->name);
	for (; next < end; next++) {
		if (expr_is(&s->exprs[next], "bitwise"))
			add_mask(text, &s->exprs[next], operand);
		else if (expr_is(&s->exprs[next], "byteorder"))
			operand->host_order = false;
	}
}

size_t operand_cut(const struct operand *operand, const uint8_t *bytes, size_t length,
		   uint8_t cut[16])
{
	uint8_t ordered[16];
	size_t size = (operand->width + 7) / 8;

	length = to_network_order(operand, bytes, length, ordered);
	/* A whole value, or one that is left aligned. */
	if (operand->width % 8 == 0 || operand->is_prefix) {
		memcpy(cut, ordered, 16);
		return length;
	}
	memset(cut, 0, 16);
	for (uint32_t i = 0; i < operand->width; i++) {
		uint32_t from = operand->shift + operand->width - 1 - i;

		if (from < 128 && ordered[from / 8] & 0x80 >> from % 8)
			cut[size - 1 - i / 8] |= (uint8_t)(1 << i % 8);
	}
	return size;
}

void match_value(struct text *text, const struct statement *s, const struct operand *operand,
		 const uint8_t *bytes, size_t length)
{
	uint8_t cut[16];
	size_t size = operand_cut(operand, bytes, length, cut);

	value_print(text, operand->kind, cut, size, s->names);
	if (operand->is_prefix)
		text_add(text, "/%u", operand->width);
}

size_t match_split(const struct statement *s, struct merged_field *fields, size_t max)
{
	const struct nft_expr *load = &s->exprs[s->first], *cmp = &s->exprs[s->consumer];
	struct header_context headers = s->headers;
	uint32_t at = load->payload.offset, end;
	size_t count = 0;

	if (s->consumer != s->first + 1 || s->end != s->consumer + 1 || !expr_is(load, "payload") ||
	    !expr_is(cmp, "cmp") || cmp->cmp.op != NFT_CMP_EQ ||
	    cmp->cmp.length != load->payload.length || load->payload.length > 16 ||
	    load->payload.offset > UINT16_MAX)
		return 0;
	for (end = at + load->payload.length; at < end && count < max; count++) {
		const struct header_field *f =
			header_field_find(&headers, load->payload.base, at * 8, (end - at) * 8);

		if (!f || f->width % 8)
			return 0;
		fields[count] = (struct merged_field){
			f, cmp->cmp.data + (at - load->payload.offset), f->width / 8u};
		/* `ether type vlan` makes the header behind it known. */
		if (f->kind == VALUE_ETHERTYPE)
			headers.vlan = true;
		at += f->width / 8u;
	}
	return at == end && count > 1 ? count : 0;
}
