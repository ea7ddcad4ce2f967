/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which expressions are interpreted, and what their interpretation has in common.
 *
 * Not in the table, and so `not interpreted`: what depends on things that are not kept here (time,
 * routes, connections, chance, a limit's tokens) and what changes the packet's bytes.
 */
#include "run.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A statement that neither decides nor changes anything that a rule can read. */
static enum run_outcome run_nothing(struct run *run, const struct nft_expr *expr)
{
	return RUN_ON;
}

/* Whatever is sent back, the packet itself is dropped. */
static enum run_outcome run_reject(struct run *run, const struct nft_expr *expr)
{
	run->verdict = NF_DROP;
	return RUN_VERDICT;
}

static const struct {
	const char *name;
	enum run_outcome (*run)(struct run *run, const struct nft_expr *expr);
} rows[] = {
	{"payload", run_payload},
	{"meta", run_meta},
	{"cmp", run_cmp},
	{"bitwise", run_bitwise},
	{"immediate", run_immediate},
	{"counter", run_nothing},
	{"fwd", run_forward},
	{"dup", run_copy},
	{"range", run_range},
	{"byteorder", run_byteorder},
	{"lookup", run_lookup},
	{"objref", run_object},
	{"log", run_nothing},
	{"last", run_nothing},
	{"reject", run_reject},
	{"exthdr", run_exthdr},
};

enum run_outcome run_expression(struct run *run, const struct nft_expr *expr)
{
	const char *name = nft_expr_name(expr);

	run->text[0] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!strcmp(rows[i].name, name))
			return rows[i].run(run, expr);
	}
	return run_stuck(run, "%s is not interpreted", name);
}

enum run_outcome run_break(struct run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(run->text, sizeof(run->text), format, arguments);
	va_end(arguments);
	return RUN_BREAK;
}

enum run_outcome run_stuck(struct run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(run->text, sizeof(run->text), format, arguments);
	va_end(arguments);
	return RUN_STUCK;
}

/* ---- registers ---- */

/* The words that size bytes from word on touch, as bits; 0 where there are no such words. */
static uint32_t words_of(uint8_t word, size_t size)
{
	size_t count = (size + RUN_WORD - 1) / RUN_WORD;

	if (word >= RUN_WORDS || count > (size_t)(RUN_WORDS - word))
		return 0;
	return ((1u << count) - 1) << word;
}

const uint8_t *run_load(struct run *run, uint8_t word, size_t size)
{
	uint32_t words = words_of(word, size);

	if (!words || (run->written & words) != words) {
		run_stuck(run, "reads a register that nothing was loaded into");
		return NULL;
	}
	return run->registers.bytes + (size_t)word * RUN_WORD;
}

void run_store(struct run *run, uint8_t word, const void *bytes, size_t size,
	       struct run_source source)
{
	uint32_t words = words_of(word, size);

	if (!words) /* parsing has checked it */
		return;
	run->written |= words;
	for (uint8_t i = word; words >> i & 1 && i < RUN_WORDS; i++) {
		run->sources[i] = source;
		source.offset += RUN_WORD;
	}
	if (size % RUN_WORD)
		run->registers.words[word + size / RUN_WORD] = 0;
	memcpy(run->registers.bytes + (size_t)word * RUN_WORD, bytes, size);
}

/* ---- texts ---- */

/* Where addresses are, so that they read like them. */
static int address_family(const struct run_source *source, size_t length)
{
	if (!source->what || strcmp(source->what, "network header") != 0)
		return 0;
	if (length == 4 && (source->offset == 12 || source->offset == 16))
		return AF_INET;
	return length == 16 && (source->offset == 8 || source->offset == 24) ? AF_INET6 : 0;
}

static bool print_number(char *text, size_t size, const uint8_t *bytes, size_t length)
{
	uint32_t word;
	uint16_t half;

	switch (length) {
	case 1: snprintf(text, size, "%u", bytes[0]); return true;
	case 2:
		memcpy(&half, bytes, sizeof(half));
		snprintf(text, size, "%u", half);
		return true;
	case 4:
		memcpy(&word, bytes, sizeof(word));
		snprintf(text, size, "%u", word);
		return true;
	default: return false;
	}
}

/* A rule's name may be any bytes. */
static void print_name(char *text, size_t size, const uint8_t *bytes, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length && bytes[i] && used + 1 < size; i++)
		text[used++] = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '?';
	text[used] = '\0';
}

void run_print(char *text, size_t size, const struct run_source *source, const uint8_t *bytes,
	       size_t length)
{
	enum { MAX = 16 };
	int family = address_family(source, length);
	size_t used;

	if (source->form == RUN_NAME) {
		print_name(text, size, bytes, length);
		return;
	}
	if (source->form == RUN_NUMBER && print_number(text, size, bytes, length))
		return;
	if (family && inet_ntop(family, bytes, text, (socklen_t)size))
		return;
	used = (size_t)snprintf(text, size, "0x");
	for (size_t i = 0; i < length && i < MAX && used + 2 < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%02x", bytes[i]);
	if (length > MAX)
		snprintf(text + used, size - used, "…");
}

void run_print_source(char *text, size_t size, const struct run_source *source)
{
	if (source->what && source->has_offset)
		snprintf(text, size, "%s + %u", source->what, source->offset);
	else
		snprintf(text, size, "%s", source->what ? source->what : "register");
}
