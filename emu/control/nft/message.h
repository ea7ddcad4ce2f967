/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building one netlink message, bounded.
 *
 * A writer holds one message of at most NFT_MESSAGE_MAX bytes. What does not fit makes it fail, and
 * the failure is sticky: put everything, check nft_writer_failed() once. Numbers are put in network
 * byte order, strings with their NUL, nests without NLA_F_NESTED, as nf_tables does.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_CONTROL_NFT_MESSAGE_H
#define NICEMU_CONTROL_NFT_MESSAGE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NFT_MESSAGE_MAX = 98304, NFT_NEST_MAX = 65535 };

struct nft_writer {
	bool failed;
	_Alignas(8) uint8_t bytes[NFT_MESSAGE_MAX];
};

static inline struct nlmsghdr *nft_writer_header(struct nft_writer *w)
{
	return (struct nlmsghdr *)w->bytes;
}

/* Start a message, dropping what was there: header and, where family >= 0, struct nfgenmsg. */
void nft_writer_begin(struct nft_writer *w, uint16_t type, uint16_t flags, uint32_t sequence,
		      uint32_t portid, int family, uint16_t res_id);

static inline bool nft_writer_failed(const struct nft_writer *w)
{
	return w->failed;
}

static inline size_t nft_writer_size(const struct nft_writer *w)
{
	return ((const struct nlmsghdr *)w->bytes)->nlmsg_len;
}

void nft_put(struct nft_writer *w, uint16_t type, const void *data, size_t size);
void nft_put_string(struct nft_writer *w, uint16_t type, const char *text);
void nft_put_be32(struct nft_writer *w, uint16_t type, uint32_t value);
void nft_put_be64(struct nft_writer *w, uint16_t type, uint64_t value);
/* Bytes without an attribute around them. */
void nft_put_raw(struct nft_writer *w, const void *data, size_t size);

/* A nest's begin returns where it is; pass that to its end. Too large a nest fails the writer. */
size_t nft_nest_begin(struct nft_writer *w, uint16_t type);
void nft_nest_end(struct nft_writer *w, size_t at);

#endif
