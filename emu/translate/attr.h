/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink attributes as the kernel parses and builds them for nf_tables: policies with its lengths
 * and errnos (the liberal rules of nla_parse_nested_deprecated), and a writer that stops at a
 * limit.
 *
 * Threading: none; values.
 */
#ifndef NICEMU_TRANSLATE_ATTR_H
#define NICEMU_TRANSLATE_ATTR_H

#include <nicemu/config/kernel.h>

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum attr_kind {
	ATTR_ANY, /* no check at all */
	ATTR_U8,
	ATTR_U16,
	ATTR_U32,
	ATTR_U64,
	ATTR_MASK32,   /* 32 bits, of which only those in max may be set; else EINVAL */
	ATTR_REGISTER, /* 32 bits; newer kernels know the greatest register here */
	ATTR_STRING,   /* 1 .. max characters, a NUL at the end is not counted; max 0: any length */
	ATTR_BINARY,   /* at most max bytes; max 0: any length */
	ATTR_NESTED,
	ATTR_FLAG,
};

struct attr_policy {
	uint8_t kind;
	uint32_t max;   /* strings and binary: length; numbers: greatest value, 0 = no limit */
	uint16_t needs; /* KERNEL_NEEDS(): the limit is part of the policy of these kernels only */
	/* KERNEL_NEEDS(): newer kernels have this limit instead; 0 is none at all. */
	uint16_t newer;
	uint32_t newer_max;
	uint16_t since; /* KERNEL_NEEDS(): others do not know the attribute, and skip it */
};

enum { ATTR_TABLE_SIZE = 32 }; /* more than any type's attributes */

/*
 * tb[0 … max_type] of the attributes in data; the last of a kind counts, unknown ones are skipped.
 * 0, -ERANGE for one that is too short, too long or too big, -EINVAL for unknown bits. policy may
 * be NULL, kernel where no limit depends on it.
 */
int attr_parse(const struct nlattr *tb[ATTR_TABLE_SIZE], unsigned int max_type, const void *data,
	       size_t size, const struct attr_policy *policy, const struct kernel_behavior *kernel);
int attr_parse_nested(const struct nlattr *tb[ATTR_TABLE_SIZE], unsigned int max_type,
		      const struct nlattr *nest, const struct attr_policy *policy,
		      const struct kernel_behavior *kernel);

/* Values in network order, as nf_tables sends them; the policy has checked the length. */
uint8_t attr_u8(const struct nlattr *attr);
uint16_t attr_be16(const struct nlattr *attr);
uint32_t attr_be32(const struct nlattr *attr);
uint64_t attr_be64(const struct nlattr *attr);

/* What a kernel keeps of a number that it has one byte for; newer ones check that it fits. */
uint8_t attr_be32_byte(const struct nlattr *attr);

/* be32 with a limit: -ERANGE above max, else 0 and *value. */
int attr_be32_max(const struct nlattr *attr, uint32_t max, uint32_t *value);

/* True where the string attribute (with or without NUL) is exactly text. */
bool attr_is_string(const struct nlattr *attr, const char *text);

/* The string with a NUL, cut at size - 1; text is empty for NULL. */
void attr_copy_string(char *text, size_t size, const struct nlattr *attr);

/* Clears NLA_F_NESTED (a kernel's dump has none here) in the attributes and inside nests. */
void attr_clear_nested_flags(void *data, size_t size);

/*
 * Appends attributes to a message of at most size bytes. Once something did not fit, nothing more
 * is appended and failed is set.
 */
struct attr_writer {
	struct nlmsghdr *nlh;
	size_t size;
	bool failed;
};

void attr_put(struct attr_writer *w, uint16_t type, const void *data, size_t size);
void attr_put_be32(struct attr_writer *w, uint16_t type, uint32_t value);
void attr_put_be64(struct attr_writer *w, uint16_t type, uint64_t value);
void attr_put_string(struct attr_writer *w, uint16_t type, const char *text);

/* A nest without NLA_F_NESTED. attr_nest_end accepts NULL (the start did not fit). */
struct nlattr *attr_nest_start(struct attr_writer *w, uint16_t type);
void attr_nest_end(struct attr_writer *w, struct nlattr *nest);

#endif
