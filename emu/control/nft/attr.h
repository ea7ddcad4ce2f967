/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink attributes as the kernel reads them: against a policy table, with the liberal validation
 * that nfnetlink uses (too long is fine, unknown types are skipped, trailing bytes are ignored).
 *
 * Invariants: everything reachable from a parsed table lies inside the message and is at least as
 * long as its policy says, so the getters below need no length. Not aligned: always use the
 * getters.
 *
 * Threading: pure.
 */
#ifndef NICEMU_CONTROL_NFT_ATTR_H
#define NICEMU_CONTROL_NFT_ATTR_H

#include <nicemu/config/kernel.h>

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The kernel's NLA_* policy types, with its numbers (enum netlink_attribute_type where it has one).
 */
enum nft_attr_kind {
	NFT_ATTR_ANY, /* no policy: any length */
	NFT_ATTR_U32, /* at least 4 bytes, as the kernel's liberal NLA_U32 */
	NFT_ATTR_U64,
	NFT_ATTR_U8,
	NFT_ATTR_U16,
	NFT_ATTR_STRING, /* 1 … length bytes, a last NUL not counted */
	NFT_ATTR_BINARY, /* up to length bytes; 0: any */
	NFT_ATTR_NESTED, /* empty, or room for one attribute */
	NFT_ATTR_ARRAY,  /* nested array: every element is a nest, checked against nested */
	NFT_ATTR_MASK32, /* big-endian u32 without bits outside length */
	NFT_ATTR_MAX32,  /* big-endian u32 of at most length */
	NFT_ATTR_REJECT, /* must not be given */
};

struct nft_policy {
	enum nft_attr_kind kind;
	uint32_t length;
	const struct nft_policy *nested; /* ARRAY: [nested_max + 1] */
	uint16_t nested_max;
	uint16_t needs; /* KERNEL_NEEDS(): for others a mask is a number, an array a nest */
	uint16_t since; /* KERNEL_NEEDS(): others do not know the attribute, and skip it */
};

/*
 * What an extended ack tells. Set by whoever refuses; attr points into the message. text, policy
 * and miss_* are optional.
 */
struct nft_extack {
	const struct nlattr *attr;
	const char *text;
	const struct nft_policy *policy;
};

/*
 * Fill table[0 … max] (NULL where absent, the last of several wins) from size bytes of attributes.
 * 0, or the kernel's errno with *extack (may be NULL) set.
 * kernel may be NULL where no policy needs anything of it.
 */
int nft_attrs_parse(const struct nlattr **table, uint16_t max, const void *data, size_t size,
		    const struct nft_policy *policy, const struct kernel_behavior *kernel,
		    struct nft_extack *extack);

/* The same for the contents of a nest. */
int nft_attrs_parse_nested(const struct nlattr **table, uint16_t max, const struct nlattr *nest,
			   const struct nft_policy *policy, const struct kernel_behavior *kernel,
			   struct nft_extack *extack);

static inline size_t nft_attr_size(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

static inline const void *nft_attr_data(const struct nlattr *attr)
{
	return (const uint8_t *)attr + NLA_HDRLEN;
}

static inline uint16_t nft_attr_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

static inline uint32_t nft_attr_be32(const struct nlattr *attr)
{
	uint32_t value;

	memcpy(&value, nft_attr_data(attr), sizeof(value));
	return ntohl(value);
}

static inline uint64_t nft_attr_be64(const struct nlattr *attr)
{
	uint64_t value;

	memcpy(&value, nft_attr_data(attr), sizeof(value));
	return be64toh(value);
}

/* First attribute of size bytes at data, next one, NULL at the end or where a length lies. */
const struct nlattr *nft_attr_first(const void *data, size_t *left);
const struct nlattr *nft_attr_next(const struct nlattr *attr, size_t *left);

/* Walks the contents of a nest: for each attr. left is a size_t of the caller. */
#define nft_attr_for_each_nested(attr, nest, left)                                                \
	for ((left) = nft_attr_size(nest), (attr) = nft_attr_first(nft_attr_data(nest), &(left)); \
	     (attr); (attr) = nft_attr_next((attr), &(left)))

/* A NUL-terminated copy of a string attribute (bytes after a NUL are cut); NULL: memory is out. */
char *nft_attr_strdup(const struct nlattr *attr);

/* The same into size bytes; false, with what fits copied, when it does not fit. */
bool nft_attr_strcpy(char *text, size_t size, const struct nlattr *attr);

/* As the kernel's nla_strcmp() == 0. */
bool nft_attr_equals(const struct nlattr *attr, const char *text);

/* A copy of the payload; NULL: memory is out (never for size 0). */
void *nft_attr_memdup(const struct nlattr *attr);

#endif
