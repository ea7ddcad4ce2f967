/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers and data of expressions.
 *
 * A register is named in two ways: 1-4 are 16 bytes wide, 8-23 are 4 bytes wide and cover the same
 * memory. Both become the number of a 32-bit word; words 0-3 are the verdict register.
 */
#include "type.h"

#include <errno.h>
#include <string.h>

enum { FIRST_DATA_WORD = 4, WORD = 4 };

int register_word(const struct nlattr *attr, uint8_t *word)
{
	uint32_t reg = attr_be32(attr);

	if (reg <= NFT_REG_4) {
		*word = (uint8_t)(reg * (NFT_REG_SIZE / NFT_REG32_SIZE));
		return 0;
	}
	if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15) {
		*word = (uint8_t)(reg - NFT_REG32_00 + FIRST_DATA_WORD);
		return 0;
	}
	return -ERANGE;
}

static int check_range(uint8_t word, size_t size)
{
	if (word < FIRST_DATA_WORD || size == 0)
		return -EINVAL;
	return word * WORD + size > NFT_REGISTER_WORDS * WORD ? -ERANGE : 0;
}

/* The words that size bytes from word on touch. */
static uint32_t words_of(uint8_t word, size_t size)
{
	return ((1u << ((size + WORD - 1) / WORD)) - 1) << word;
}

int register_load(struct expr_init *init, const struct nlattr *attr, uint8_t *reg, size_t size)
{
	uint8_t word;
	uint32_t words;
	int error = register_word(attr, &word);

	if (!error)
		error = check_range(word, size);
	if (error)
		return error;
	words = words_of(word, size);
	if (init->context->kernel->register_tracking && (init->stored & words) != words)
		return -ENODATA;
	*reg = word;
	return 0;
}

int register_store(struct expr_init *init, const struct nlattr *attr, uint8_t *reg, bool verdict,
		   size_t size)
{
	uint8_t word;
	int error = register_word(attr, &word);

	if (error)
		return error;
	if (word == 0 || verdict) {
		if (word != 0 || !verdict)
			return -EINVAL;
		*reg = word;
		return 0;
	}
	error = check_range(word, size);
	if (error)
		return error;
	init->stored |= words_of(word, size);
	*reg = word;
	return 0;
}

int register_check_overlap(const struct expr_init *init, uint8_t source, uint8_t destination,
			   size_t size)
{
	if (!init->context->kernel->register_overlap_refused)
		return 0;
	return source != destination && words_of(source, size) & words_of(destination, size)
		       ? -EINVAL
		       : 0;
}

void register_put(struct attr_writer *writer, uint16_t type, uint8_t reg)
{
	/* The kernel writes the wide name where the word starts a wide register. */
	uint32_t name = reg % (NFT_REG_SIZE / NFT_REG32_SIZE) == 0
				? reg / (NFT_REG_SIZE / NFT_REG32_SIZE)
				: reg - FIRST_DATA_WORD + NFT_REG32_00;

	attr_put_be32(writer, type, name);
}

static const struct attr_policy data_policy[NFTA_DATA_MAX + 1] = {
	[NFTA_DATA_VALUE] = {.kind = ATTR_BINARY, 0},
	[NFTA_DATA_VERDICT] = {.kind = ATTR_NESTED, 0},
};

int data_value(const struct nlattr *attr, uint8_t data[NFT_DATA_SIZE], size_t *size)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];
	size_t length;
	int error = attr_parse_nested(tb, NFTA_DATA_MAX, attr, data_policy, NULL);

	if (error)
		return error;
	if (!tb[NFTA_DATA_VALUE])
		return -EINVAL;
	length = mnl_attr_get_payload_len(tb[NFTA_DATA_VALUE]);
	if (length == 0)
		return -EINVAL;
	if (length > NFT_DATA_SIZE)
		return -EOVERFLOW;
	if (*size && length != *size)
		return -EINVAL;
	*size = length;
	memset(data, 0, NFT_DATA_SIZE);
	memcpy(data, mnl_attr_get_payload(tb[NFTA_DATA_VALUE]), length);
	return 0;
}

void data_value_put(struct attr_writer *writer, uint16_t type, const uint8_t *data, size_t size)
{
	struct nlattr *nest = attr_nest_start(writer, type);

	attr_put(writer, NFTA_DATA_VALUE, data, size);
	attr_nest_end(writer, nest);
}

int expr_name_from(struct nft_expr *expr, const struct nlattr *attr)
{
	char name[NFT_NAME_MAXLEN];

	attr_copy_string(name, sizeof(name), attr);
	return nft_expr_set_name(expr, name);
}

uint64_t nft_whole_ticks(uint64_t milliseconds)
{
	enum { TICK_MS = 4 };

	if (milliseconds && milliseconds < TICK_MS)
		return TICK_MS;
	return milliseconds / TICK_MS * TICK_MS;
}

int check_milliseconds(const struct nlattr *attr)
{
	return attr_be64(attr) >= UINT64_MAX / 1000000 ? -ERANGE : 0;
}
