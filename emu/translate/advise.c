/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "advise.h"

#include "describe.h"

#include <string.h>

enum { FORM_SIZE = 200 };

struct advice {
	struct reason *reason;
	const struct kernel_behavior *kernel;
	const struct nft_expr *exprs;
	size_t num_exprs;
	struct statement statement;
	struct text form; /* `FORM` under construction */
	char bytes[FORM_SIZE];
};

static void form_clear(struct advice *a)
{
	a->form = (struct text){a->bytes, sizeof(a->bytes), 0};
	a->bytes[0] = 0;
}

/* ---- ranges as prefixes ---- */

/* Bits of a value of length bytes, counted from the lowest. */
static bool bit_of(const uint8_t *bytes, size_t length, unsigned int bit)
{
	return bytes[length - 1 - bit / 8] >> bit % 8 & 1;
}

/* bytes + 2^bit; false where that is beyond the last value. */
static bool add_bit(uint8_t *bytes, size_t length, unsigned int bit)
{
	unsigned int carry = 1u << bit % 8;

	for (size_t i = length - bit / 8; carry && i-- > 0;) {
		carry += bytes[i];
		bytes[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return carry == 0;
}

/* first with its lowest bits set. */
static void end_of_block(uint8_t *end, const uint8_t *first, size_t length, unsigned int bits)
{
	memcpy(end, first, length);
	for (unsigned int bit = 0; bit < bits; bit++)
		end[length - 1 - bit / 8] |= (uint8_t)(1 << bit % 8);
}

/* What a set's elements or a range would become. */
struct rule_count {
	struct advice *advice;
	const struct operand *operand;
	char left[FORM_SIZE / 2];
	size_t elements, rules;
	bool intervals;
};

static void print_masked(struct rule_count *c, const uint8_t *value, size_t length,
			 unsigned int open_bits);

/* The prefixes that are first … last together. */
static void count_prefixes(struct rule_count *c, const uint8_t *first, const uint8_t *last,
			   size_t length)
{
	uint8_t at[16], end[16];

	memcpy(at, first, length);
	while (memcmp(at, last, length) <= 0) {
		unsigned int bits = 0;

		while (bits < length * 8 && !bit_of(at, length, bits)) {
			end_of_block(end, at, length, bits + 1);
			if (memcmp(end, last, length) > 0)
				break;
			bits++;
		}
		print_masked(c, at, length, bits);
		if (bits == length * 8 || !add_bit(at, length, bits))
			break;
	}
}

/* One of the rules: the first stands in the hint, each among the forms as long as there is room. */
static void print_masked(struct rule_count *c, const uint8_t *value, size_t length,
			 unsigned int open_bits)
{
	struct advice *a = c->advice;
	const struct operand *operand = c->operand;
	char bytes[FORM_SIZE] = "";
	struct text form = {bytes, sizeof(bytes), 0};
	unsigned int bits = (unsigned int)length * 8 - open_bits;
	bool address = operand->kind == VALUE_IPV4 || operand->kind == VALUE_IPV6;
	uint8_t mask[16] = {0};

	for (unsigned int bit = 0; bit < bits; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	text_add(&form, "%s ", c->left);
	if (open_bits && (!address || (bits % 8 == 0 && !a->kernel->short_load_masks_fixed))) {
		text_add(&form, "& ");
		value_print_mask(&form, operand->kind, mask, length);
		text_add(&form, " == ");
		open_bits = 0;
	}
	value_print(&form, operand->kind, value, length, a->statement.names);
	if (open_bits)
		text_add(&form, "/%u", bits);
	if (c->rules++ == 0)
		text_add(&a->form, "%s", bytes);
	reason_form(a->reason, bytes);
}

static void count_element(void *visitor, const uint8_t *first, const uint8_t *last, size_t length)
{
	struct rule_count *c = visitor;
	uint8_t low[16], high[16];
	size_t size;

	length = length > 16 ? 16 : length;
	size = operand_cut(c->operand, first, length, low);
	operand_cut(c->operand, last, length, high);
	if (memcmp(low, high, size) != 0)
		c->intervals = true;
	c->elements++;
	count_prefixes(c, low, high, size);
}

static void forget_forms(struct reason *reason)
{
	reason->forms[0] = '\0';
	reason->forms_left_out = 0;
}

static void tell_count(struct advice *a, const struct rule_count *c, const char *what)
{
	if (c->rules == 1) {
		/* The hint has it whole. */
		forget_forms(a->reason);
		reason_hint(a->reason, "write %s as 1 rule: `%s`", what, a->bytes);
		return;
	}
	reason_hint(a->reason, "write %s as %zu rules%s: `%s` and %zu more", what, c->rules,
		    c->intervals ? " (a range is one for each of its prefixes)" : "", a->bytes,
		    c->rules - 1);
}

/* A range of a field that is not whole bytes: masks inside it are not nft's to write. */
static bool is_whole(const struct operand *operand)
{
	return operand->width % 8 == 0 && !operand->has_mask && !operand->is_prefix &&
	       operand->kind != VALUE_STRING && !operand->host_order;
}

static void advise_set(struct advice *a)
{
	const struct statement *s = &a->statement;
	const struct nft_expr *lookup = &s->exprs[s->consumer];
	struct operand operand;
	struct rule_count count = {.advice = a, .operand = &operand};
	struct text left = {count.left, sizeof(count.left), 0};

	if (lookup->lookup.has_dreg || lookup->lookup.flags & NFT_LOOKUP_F_INV) {
		reason_hint(a->reason, lookup->lookup.has_dreg
					       ? "write one rule for each element, with its verdict"
					       : "write a rule that ends with `accept` for each "
						 "element before this one, and leave the list out");
		return;
	}
	match_left(&left, s, s->first, s->consumer, &operand);
	if (s->consumer != s->first + 1 + (operand.width % 8 != 0) || operand.has_mask ||
	    !s->names || !s->names->visit_set ||
	    !s->names->visit_set(s->names->context, lookup->reference, count_element, &count)) {
		reason_hint(a->reason, "write one rule for each element; a range as prefixes");
		return;
	}
	if (!count.elements) {
		reason_hint(a->reason, "write one rule for each element (the set is empty now)");
	} else if (count.intervals && !is_whole(&operand)) {
		forget_forms(a->reason);
		reason_hint(a->reason, "write one rule for each value");
	} else {
		tell_count(a, &count, count.elements == 1 ? "its element" : "its elements");
	}
}

/* first … last of the statement's match. */
static void advise_interval(struct advice *a, const uint8_t *first, const uint8_t *last,
			    size_t length)
{
	const struct statement *s = &a->statement;
	struct operand operand;
	struct rule_count count = {.advice = a, .operand = &operand};
	struct text left = {count.left, sizeof(count.left), 0};

	match_left(&left, s, s->first, s->consumer, &operand);
	if (!is_whole(&operand) || length == 0 || length > 16 || memcmp(first, last, length) > 0) {
		reason_hint(a->reason, "write one rule for each value");
		return;
	}
	count_element(&count, first, last, length);
	if (count.rules > 1)
		count.intervals = false;
	tell_count(a, &count, "the range");
}

static void advise_unequal(struct advice *a)
{
	const struct statement *s = &a->statement;
	const struct nft_expr *cmp = &s->exprs[s->consumer];
	struct operand operand;

	match_left(&a->form, s, s->first, s->consumer, &operand);
	text_add(&a->form, operand.has_mask ? " == " : " ");
	match_value(&a->form, s, &operand, cmp->cmp.data, cmp->cmp.length);
	reason_hint(a->reason,
		    "put `%s accept` before this rule (packets of the equal case then end there), "
		    "and leave the match out here",
		    a->bytes);
}

static void advise_range(struct advice *a)
{
	const struct statement *s = &a->statement;
	uint8_t from[16], to[16];
	size_t length;

	if (s->consumer >= a->num_exprs || !expr_is(&s->exprs[s->consumer], "range"))
		return;
	length = kept_range(&s->exprs[s->consumer], from, to);
	if (kept_range_is_inverted(&s->exprs[s->consumer])) {
		reason_hint(a->reason, "put rules that end with `accept` for the range (as "
				       "prefixes) before this rule, and leave the match out here");
		return;
	}
	advise_interval(a, from, to, length);
}

static void advise_comparison(struct advice *a)
{
	const struct statement *s = &a->statement;
	const struct nft_expr *cmp = &s->exprs[s->consumer];
	uint8_t first[16] = {0}, last[16];
	size_t length;

	if (!expr_is(cmp, "cmp"))
		return;
	length = cmp->cmp.length > 16 ? 16 : cmp->cmp.length;
	if (cmp->cmp.op == NFT_CMP_NEQ) {
		advise_unequal(a);
		return;
	}
	memset(last, 0xff, sizeof(last));
	if (cmp->cmp.op == NFT_CMP_LT || cmp->cmp.op == NFT_CMP_LTE)
		memcpy(last, cmp->cmp.data, length);
	else
		memcpy(first, cmp->cmp.data, length);
	if (s->end - s->consumer == 2)
		memcpy(last, cmp[1].cmp.data, length);
	/* Without the end itself. */
	if (cmp->cmp.op == NFT_CMP_GT && !add_bit(first, length, 0))
		return;
	for (size_t i = length; cmp->cmp.op == NFT_CMP_LT && i-- > 0 && last[i]-- == 0;)
		;
	advise_interval(a, first, last, length);
}

/* ---- loads ---- */

static void add_field(struct advice *a, const struct merged_field *field, bool masked)
{
	uint8_t ones[16];

	memset(ones, 0xff, sizeof(ones));
	text_add(&a->form, "%s%s ", a->form.used ? " " : "", field->field->name);
	if (masked) {
		text_add(&a->form, "& ");
		value_print_mask(&a->form, field->field->kind, ones, field->length);
		text_add(&a->form, " == ");
	}
	value_print(&a->form, field->field->kind, field->value, field->length, a->statement.names);
}

/* The match behind `ether type` says the type itself: `ip saddr A ether saddr B`. */
static bool add_next_statement(struct advice *a)
{
	const struct statement *s = &a->statement;
	struct statement next;

	if (!statement_find(&next, a->exprs, a->num_exprs, s->end, s->names) ||
	    !expr_is(&next.exprs[next.first], "payload") ||
	    next.exprs[next.first].payload.base != NFT_PAYLOAD_NETWORK_HEADER ||
	    !expr_is(&next.exprs[next.consumer], "cmp"))
		return false;
	statement_print(&a->form, &next);
	return true;
}

/* Neighbours that nft has merged, in whatever order they were written: not when one is masked. */
static void advise_merged(struct advice *a)
{
	struct merged_field fields[8];
	size_t count = match_split(&a->statement, fields, 8);

	if (!count) {
		reason_hint(a->reason, "match the fields one by one, each with its own length");
		return;
	}
	if (count == 2 && fields[1].field->kind == VALUE_ETHERTYPE && add_next_statement(a)) {
		add_field(a, &fields[0], false);
		reason_hint(a->reason, "the other order keeps them apart: `%s`", a->bytes);
		return;
	}
	for (size_t i = 0; i < count; i++)
		add_field(a, &fields[i], i + 1 < count);
	reason_hint(a->reason, "an explicit mask keeps them apart: `%s`", a->bytes);
}

/* Priority and DEI: the whole tag can be loaded, with a mask. */
static bool advise_tag(struct advice *a)
{
	const struct statement *s = &a->statement;
	const struct nft_expr *load = &s->exprs[s->first], *mask = load + 1;
	const struct nft_expr *cmp = &s->exprs[s->consumer];
	const char *type = s->headers.l3 == 0x88a8 ? "8021ad" : "vlan";

	if (s->consumer != s->first + 2 || !expr_is(load, "payload") || !expr_is(mask, "bitwise") ||
	    !expr_is(cmp, "cmp") || cmp->cmp.op != NFT_CMP_EQ ||
	    load->payload.base != NFT_PAYLOAD_LL_HEADER || load->payload.offset != 14 ||
	    load->payload.length != 1)
		return false;
	text_add(&a->form, "ether type %s @ll,112,16 & 0x%02x00 == 0x%02x00", type,
		 mask->bitwise.mask[0], cmp->cmp.data[0]);
	reason_hint(a->reason, "load the whole tag, with a mask: `%s`", a->bytes);
	return true;
}

static void advise_short(struct advice *a)
{
	const struct statement *s = &a->statement;
	const struct nft_expr *load = &s->exprs[s->first], *cmp = &s->exprs[s->consumer];
	struct operand operand;
	uint8_t mask[16] = {0};

	if (advise_tag(a) || s->consumer != s->first + 1 || !expr_is(cmp, "cmp") ||
	    cmp->cmp.op != NFT_CMP_EQ)
		return;
	match_left(&a->form, s, s->first, s->consumer, &operand);
	if (!operand.is_prefix || operand.field_width > 128 || load->payload.length > 16)
		return;
	memset(mask, 0xff, load->payload.length);
	text_add(&a->form, " & ");
	value_print_mask(&a->form, operand.kind, mask, operand.field_width / 8);
	text_add(&a->form, " == ");
	operand.is_prefix = false;
	value_print(&a->form, operand.kind, cmp->cmp.data, load->payload.length, s->names);
	reason_hint(a->reason, "an explicit mask loads the whole field: `%s`", a->bytes);
}

static void advise_no_form(struct advice *a)
{
	reason_hint(a->reason,
		    "no form of it can be offloaded: a NIC is given only Ethernet addresses and "
		    "type, VLAN tags, IP addresses and protocol, TCP and UDP ports, `iif` and "
		    "`iiftype`; leave this rule to a chain without `flags offload`");
}

static void advise_tag_length(struct advice *a)
{
	if (!advise_tag(a))
		advise_no_form(a);
}

static void add_hex(struct text *text, const uint8_t *bytes, size_t length, size_t width)
{
	text_add(text, "0x");
	for (size_t i = 0; i < width; i++)
		text_add(text, "%02x", i < length ? bytes[i] : 0);
}

/*
 * The first bytes of a field as a mask of all of it, which every kernel takes. False: the rule does
 * something else with them.
 */
static bool print_widened(struct advice *a, size_t width)
{
	const struct statement *s = &a->statement;
	const struct nft_expr *load = &s->exprs[s->first], *cmp = &s->exprs[s->consumer];
	const char *base = load->payload.base == NFT_PAYLOAD_NETWORK_HEADER ? "nh" : "th";
	uint8_t ones[16];

	if (s->consumer != s->first + 1 || !expr_is(cmp, "cmp") || cmp->cmp.op != NFT_CMP_EQ ||
	    width > sizeof(ones) || cmp->cmp.length > width)
		return false;
	memset(ones, 0xff, sizeof(ones));
	text_add(&a->form, "@%s,%u,%zu & ", base, load->payload.offset * 8, width * 8);
	add_hex(&a->form, ones, cmp->cmp.length, width);
	text_add(&a->form, " == ");
	add_hex(&a->form, cmp->cmp.data, cmp->cmp.length, width);
	return true;
}

/* A raw load: which protocol would make it a field? */
static void advise_network(struct advice *a)
{
	/* Of the first bytes at least so many: one or two at 8 may well be IPv4's TTL. */
	static const struct known_load {
		uint32_t offset, least, length;
		const char *protocol;
	} known[] = {{12, 1, 4, "ip"},  {16, 1, 4, "ip"},   {9, 1, 1, "ip"},
		     {8, 4, 16, "ip6"}, {24, 4, 16, "ip6"}, {6, 1, 1, "ip6"}};
	const struct nft_expr *load = &a->statement.exprs[a->statement.first];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (a->statement.headers.l3 || !expr_is(load, "payload") ||
		    load->payload.offset != known[i].offset ||
		    load->payload.length < known[i].least || load->payload.length > known[i].length)
			continue;
		text_add(&a->form, "meta protocol %s ", known[i].protocol);
		if (load->payload.length == known[i].length)
			statement_print(&a->form, &a->statement);
		else if (!print_widened(a, known[i].length))
			break;
		reason_hint(a->reason, "say the protocol before it: `%s`", a->bytes);
		return;
	}
	advise_no_form(a);
}

/* A raw load of the first byte of a port. */
static bool advise_part_of_port(struct advice *a)
{
	const struct nft_expr *load = &a->statement.exprs[a->statement.first];

	form_clear(a);
	if (!expr_is(load, "payload") || load->payload.length != 1 ||
	    (load->payload.offset != 0 && load->payload.offset != 2) || !print_widened(a, 2))
		return false;
	reason_hint(a->reason,
		    "one rule for each protocol: `meta l4proto tcp %s` and `meta l4proto udp %s`",
		    a->bytes, a->bytes);
	return true;
}

static void advise_transport(struct advice *a)
{
	const struct header_context *headers = &a->statement.headers;
	struct text *form = &a->form;
	uint8_t l4 = headers->l4;

	if (headers->has_l4) {
		text_add(form, "meta l4proto ");
		value_print(form, VALUE_L4PROTO, &l4, 1, NULL);
		reason_hint(a->reason,
			    "no form of it can be offloaded: only ports of TCP and UDP; `%s` alone "
			    "can be",
			    a->bytes);
		return;
	}
	statement_print(form, &a->statement);
	if (strncmp(a->bytes, "th ", 3) == 0)
		reason_hint(a->reason, "one rule for each protocol: `tcp %s` and `udp %s`",
			    a->bytes + 3, a->bytes + 3);
	else if (!advise_part_of_port(a))
		advise_no_form(a);
}

static bool advise_packet_type(struct advice *a, uint8_t type)
{
	static const char *const forms[] = {NULL, "ether daddr ff:ff:ff:ff:ff:ff",
					    "ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00"};

	if (type >= sizeof(forms) / sizeof(forms[0]) || !forms[type])
		return false;
	reason_hint(a->reason, "the address says so: `%s`", forms[type]);
	return true;
}

static void advise_meta(struct advice *a)
{
	const struct statement *s = &a->statement;
	const struct nft_expr *load = &s->exprs[s->first], *cmp = &s->exprs[s->consumer];
	bool equal =
		s->consumer == s->first + 1 && expr_is(cmp, "cmp") && cmp->cmp.op == NFT_CMP_EQ;
	size_t name = strnlen((const char *)cmp->cmp.data, 16);

	if (!expr_is(load, "meta"))
		return;
	if (equal && load->meta.key == NFT_META_IIFNAME && name < cmp->cmp.length) {
		value_print(&a->form, VALUE_STRING, cmp->cmp.data, cmp->cmp.length, NULL);
		reason_hint(a->reason,
			    "the interface's index can be compared: `iif %s`; or leave it out, the "
			    "chain is bound to its device",
			    a->bytes);
	} else if (load->meta.key == NFT_META_IIFNAME) {
		reason_hint(a->reason, "`iif` compares the interface's index and can be offloaded; "
				       "or leave it out, the chain is bound to its device");
	} else if (equal && load->meta.key == NFT_META_NFPROTO &&
		   (cmp->cmp.data[0] == NFPROTO_IPV4 || cmp->cmp.data[0] == NFPROTO_IPV6)) {
		reason_hint(a->reason, "the protocol's number can be compared: `meta protocol %s`",
			    cmp->cmp.data[0] == NFPROTO_IPV4 ? "ip" : "ip6");
	} else if (!equal || load->meta.key != NFT_META_PKTTYPE ||
		   !advise_packet_type(a, cmp->cmp.data[0])) {
		advise_no_form(a);
	}
}

bool advise_action(struct reason *reason, const struct nft_expr *exprs, size_t num_exprs)
{
	static const struct {
		const char *last, *hint;
	} known[] = {
		{"reject", "in place of reject end the rule with `drop` or `accept`"},
		{"queue", "leave this rule to a chain without `flags offload`"},
		{"fwd", "forward to a port, without an address of a neighbour"},
	};
	const struct nft_expr *last = num_exprs ? &exprs[num_exprs - 1] : NULL;

	if (last && expr_is(last, "lookup") && last->lookup.has_dreg) {
		reason_hint(reason, "write one rule for each element, with its verdict");
		return true;
	}
	for (size_t i = 0; last && i < sizeof(known) / sizeof(known[0]); i++) {
		if (expr_is(last, known[i].last)) {
			reason_hint(reason, "%s", known[i].hint);
			return true;
		}
	}
	reason_hint(reason, "end the rule with `accept` or `drop`");
	return false;
}

void advise_beside_action(struct reason *reason, const struct reason *other)
{
	reason_hint(reason,
		    "a verdict alone is not enough, the rule has more that is refused (%s)%s%s",
		    other->id, other->hint[0] ? ": " : "", other->hint);
}

static const struct {
	const char *id;
	void (*advise)(struct advice *a);
} advisers[] = {
	{"set-lookup", advise_set},
	{"range", advise_range},
	{"compare-operator", advise_comparison},
	{"load-longer-than-field", advise_merged},
	{"load-shorter-than-field", advise_short},
	{"bitwise-length", advise_tag_length},
	{"payload-offset", advise_no_form},
	{"payload-base", advise_no_form},
	{"network-header-without-protocol", advise_network},
	{"transport-header-without-protocol", advise_transport},
	{"meta-key", advise_meta},
	{"header-option", advise_no_form},
	{"interface-type", advise_no_form},
};

void advise(struct reason *reason, const struct nft_expr *exprs, size_t num_exprs,
	    const struct translate_context *context)
{
	struct advice a = {.reason = reason,
			   .kernel = context->kernel,
			   .exprs = exprs,
			   .num_exprs = num_exprs};

	if (reason->expression < 0 || !statement_find(&a.statement, exprs, num_exprs,
						      (size_t)reason->expression, context->names))
		return;
	form_clear(&a);
	for (size_t i = 0; i < sizeof(advisers) / sizeof(advisers[0]); i++)
		if (strcmp(advisers[i].id, reason->id) == 0)
			advisers[i].advise(&a);
}

void advise_nothing_else(struct reason *reason)
{
	static const char *const hopeless[] = {
		"meta-write",
		"payload-write",
		"connection-tracking",
		"set-update",
		"address-translation",
		"route-lookup",
		"hash",
		"number-generator",
		"socket",
		"os-fingerprint",
		"tunnel",
		"ipsec",
		"inner-header",
		"queue",
		"connection-limit",
		"header-option",
		"bitwise-operation",
		"byte-order-conversion",
		"bitwise-xor",
		"forward-or-copy",
		"expression-not-offloadable",
	};

	for (size_t i = 0; !reason->hint[0] && i < sizeof(hopeless) / sizeof(hopeless[0]); i++)
		if (strcmp(hopeless[i], reason->id) == 0)
			reason_hint(reason, "no form of it can be offloaded; leave this rule to a "
					    "chain without `flags offload`");
}
