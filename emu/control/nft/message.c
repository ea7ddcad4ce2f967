/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "message.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

/* size bytes at the end of the message, zeroed up to alignment; NULL: no room. */
static void *extend(struct nft_writer *w, size_t size)
{
	struct nlmsghdr *nlh = nft_writer_header(w);
	size_t aligned = NLMSG_ALIGN(size);
	void *at;

	if (w->failed || size > sizeof(w->bytes) || aligned > sizeof(w->bytes) - nlh->nlmsg_len) {
		w->failed = true;
		return NULL;
	}
	at = w->bytes + nlh->nlmsg_len;
	memset(at, 0, aligned);
	nlh->nlmsg_len += (uint32_t)aligned;
	return at;
}

void nft_writer_begin(struct nft_writer *w, uint16_t type, uint16_t flags, uint32_t sequence,
		      uint32_t portid, int family, uint16_t res_id)
{
	struct nfgenmsg *genmsg;

	w->failed = false;
	*nft_writer_header(w) = (struct nlmsghdr){
		.nlmsg_len = NLMSG_HDRLEN,
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = sequence,
		.nlmsg_pid = portid,
	};
	if (family < 0)
		return;
	genmsg = extend(w, sizeof(*genmsg));
	*genmsg = (struct nfgenmsg){
		.nfgen_family = (uint8_t)family,
		.version = NFNETLINK_V0,
		.res_id = htons(res_id),
	};
}

void nft_put(struct nft_writer *w, uint16_t type, const void *data, size_t size)
{
	struct nlattr *attr;

	if (size > NFT_NEST_MAX - NLA_HDRLEN) {
		w->failed = true;
		return;
	}
	attr = extend(w, NLA_HDRLEN + size);
	if (!attr)
		return;
	attr->nla_type = type;
	attr->nla_len = (uint16_t)(NLA_HDRLEN + size);
	if (size)
		memcpy((uint8_t *)attr + NLA_HDRLEN, data, size);
}

void nft_put_string(struct nft_writer *w, uint16_t type, const char *text)
{
	nft_put(w, type, text, strlen(text) + 1);
}

void nft_put_be32(struct nft_writer *w, uint16_t type, uint32_t value)
{
	value = htonl(value);
	nft_put(w, type, &value, sizeof(value));
}

void nft_put_be64(struct nft_writer *w, uint16_t type, uint64_t value)
{
	value = htobe64(value);
	nft_put(w, type, &value, sizeof(value));
}

void nft_put_raw(struct nft_writer *w, const void *data, size_t size)
{
	void *at = extend(w, size);

	if (at && size)
		memcpy(at, data, size);
}

size_t nft_nest_begin(struct nft_writer *w, uint16_t type)
{
	size_t at = nft_writer_size(w);

	nft_put(w, type, NULL, 0);
	return at;
}

void nft_nest_end(struct nft_writer *w, size_t at)
{
	size_t size = nft_writer_size(w) - at;

	if (w->failed)
		return;
	if (size > NFT_NEST_MAX) {
		w->failed = true;
		return;
	}
	((struct nlattr *)(w->bytes + at))->nla_len = (uint16_t)size;
}
