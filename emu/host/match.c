/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmp, range, bitwise and byteorder: registers compared and computed with.
 */
#include "run.h"

#include <nicemu/translate/kept_view.h>

#include <stdio.h>
#include <string.h>

enum { VALUE_TEXT = 48, SOURCE_TEXT = 40 };

/* What is there and what it is called, for a text. */
struct shown {
	char source[SOURCE_TEXT], value[VALUE_TEXT], wanted[VALUE_TEXT], last[VALUE_TEXT];
};

static void show(struct run *run, uint8_t word, const uint8_t *bytes, size_t length,
		 const uint8_t *wanted, const uint8_t *last, struct shown *shown)
{
	const struct run_source *source = &run->sources[word];

	run_print_source(shown->source, sizeof(shown->source), source);
	run_print(shown->value, sizeof(shown->value), source, bytes, length);
	run_print(shown->wanted, sizeof(shown->wanted), source, wanted, length);
	run_print(shown->last, sizeof(shown->last), source, last, length);
}

enum run_outcome run_cmp(struct run *run, const struct nft_expr *expr)
{
	static const char *const operators[] = {"",         "not ",       "less than ",
						"at most ", "more than ", "at least "};
	const uint8_t *bytes = run_load(run, expr->cmp.sreg, expr->cmp.length);
	struct shown shown;
	bool matches;
	int order;

	if (!bytes)
		return RUN_STUCK;
	order = memcmp(bytes, expr->cmp.data, expr->cmp.length);
	switch (expr->cmp.op) {
	case NFT_CMP_EQ: matches = order == 0; break;
	case NFT_CMP_NEQ: matches = order != 0; break;
	case NFT_CMP_LT: matches = order < 0; break;
	case NFT_CMP_LTE: matches = order <= 0; break;
	case NFT_CMP_GT: matches = order > 0; break;
	case NFT_CMP_GTE: matches = order >= 0; break;
	default: return run_stuck(run, "operator %u is not interpreted", expr->cmp.op);
	}
	if (matches)
		return RUN_ON;
	show(run, expr->cmp.sreg, bytes, expr->cmp.length, expr->cmp.data, expr->cmp.data, &shown);
	return run_break(run, "%s: %s, wanted %s%s", shown.source, shown.value,
			 operators[expr->cmp.op], shown.wanted);
}

enum run_outcome run_range(struct run *run, const struct nft_expr *expr)
{
	struct nft_expr_range range;
	struct shown shown;
	const uint8_t *bytes;
	bool inside;

	if (!nft_expr_range(expr, &range))
		return run_stuck(run, "range is not interpreted");
	bytes = run_load(run, range.sreg, range.length);
	if (!bytes)
		return RUN_STUCK;
	inside = memcmp(bytes, range.from, range.length) >= 0 &&
		 memcmp(bytes, range.to, range.length) <= 0;
	if (inside != range.inverted)
		return RUN_ON;
	show(run, range.sreg, bytes, range.length, range.from, range.to, &shown);
	return run_break(run, "%s: %s, wanted %s%s-%s", shown.source, shown.value,
			 range.inverted ? "not " : "", shown.wanted, shown.last);
}

/* ---- bitwise ---- */

/* The kernel shifts words of the CPU's byte order, and so do we, as it does it in place. */
static void shift_left(uint32_t *to, const uint32_t *from, size_t count, uint32_t shift)
{
	uint32_t carry = 0;

	for (size_t i = count; i-- > 0;) {
		to[i] = from[i] << shift | carry;
		carry = from[i] >> (32 - shift);
	}
}

static void shift_right(uint32_t *to, const uint32_t *from, size_t count, uint32_t shift)
{
	uint32_t carry = 0;

	for (size_t i = 0; i < count; i++) {
		to[i] = carry | from[i] >> shift;
		carry = from[i] << (32 - shift);
	}
}

enum { BITWISE_AND = 3, BITWISE_OR = 4, BITWISE_XOR = 5 };

static void combine(uint32_t *to, const uint32_t *from, const uint32_t *other, size_t count,
		    uint8_t operation)
{
	for (size_t i = 0; i < count; i++) {
		switch (operation) {
		case BITWISE_AND: to[i] = from[i] & other[i]; break;
		case BITWISE_OR: to[i] = from[i] | other[i]; break;
		default: to[i] = from[i] ^ other[i]; break;
		}
	}
}

/* The second operand's words: of a register, or of the constant. */
static bool second_operand(struct run *run, const struct nft_expr *expr, uint32_t *words)
{
	const uint8_t *bytes = expr->bitwise.mask;
	size_t size = sizeof(expr->bitwise.mask);

	if (expr->bitwise.has_sreg2) {
		size = expr->bitwise.length;
		bytes = run_load(run, expr->bitwise.sreg2, size);
		if (!bytes)
			return false;
		size = (size + RUN_WORD - 1) / RUN_WORD * RUN_WORD;
	}
	memcpy(words, bytes, size);
	return true;
}

enum run_outcome run_bitwise(struct run *run, const struct nft_expr *expr)
{
	size_t count = (expr->bitwise.length + RUN_WORD - 1u) / RUN_WORD;
	uint32_t *to = run->registers.words + expr->bitwise.dreg;
	const uint32_t *from = run->registers.words + expr->bitwise.sreg;
	uint32_t other[RUN_WORDS] = {0}, flip[RUN_WORDS] = {0};
	struct run_source source = run->sources[expr->bitwise.sreg];

	if (!run_load(run, expr->bitwise.sreg, expr->bitwise.length) ||
	    !second_operand(run, expr, other))
		return RUN_STUCK;
	if (count > (size_t)(RUN_WORDS - expr->bitwise.dreg))
		return run_stuck(run, "bitwise is not interpreted");
	memcpy(flip, expr->bitwise.xor_, sizeof(expr->bitwise.xor_));
	switch (expr->bitwise.op) {
	case NFT_BITWISE_BOOL:
		combine(to, from, other, count, BITWISE_AND);
		combine(to, to, flip, count, BITWISE_XOR);
		break;
	case NFT_BITWISE_LSHIFT: shift_left(to, from, count, other[0]); break;
	case NFT_BITWISE_RSHIFT: shift_right(to, from, count, other[0]); break;
	case BITWISE_AND:
	case BITWISE_OR:
	case BITWISE_XOR: combine(to, from, other, count, expr->bitwise.op); break;
	default: return run_stuck(run, "operation %u is not interpreted", expr->bitwise.op);
	}
	for (size_t i = 0; i < count; i++) {
		run->written |= 1u << (expr->bitwise.dreg + i);
		run->sources[expr->bitwise.dreg + i] = source;
		source.offset += RUN_WORD;
	}
	return RUN_ON;
}

/* ---- byteorder ---- */

/* On a CPU whose order is the network's nothing changes. */
static bool is_network_order(void)
{
	return htons(1) == 1;
}

/*
 * Of several values only words are interpreted: for the other sizes kernels differ in where they
 * put the second one.
 */
enum run_outcome run_byteorder(struct run *run, const struct nft_expr *expr)
{
	uint8_t result[RUN_WORDS * RUN_WORD];
	struct nft_expr_byteorder order;
	const uint8_t *bytes;

	if (!nft_expr_byteorder(expr, &order) || order.length > sizeof(result) ||
	    order.length % order.size)
		return run_stuck(run, "byteorder is not interpreted");
	if (order.length != order.size && order.size != sizeof(uint32_t))
		return run_stuck(run, "byteorder of several values is not interpreted");
	bytes = run_load(run, order.sreg, order.length);
	if (!bytes)
		return RUN_STUCK;
	for (size_t i = 0; i < order.length; i++) {
		size_t in_value = i % order.size;

		result[i] = is_network_order() ? bytes[i]
					       : bytes[i - in_value + order.size - 1 - in_value];
	}
	run_store(run, order.dreg, result, order.length,
		  (struct run_source){run->sources[order.sreg].what,
				      order.to_network ? RUN_BYTES : RUN_NUMBER, false, 0});
	return RUN_ON;
}
