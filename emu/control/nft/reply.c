/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acknowledgements and single answers. */
#include "internal.h"

#include <errno.h>

static void append_attr(struct buffer *b, uint16_t type, const void *data, size_t size)
{
	struct nlattr attr = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type};
	uint8_t *at = buffer_reserve(b, NLA_ALIGN(attr.nla_len));

	if (!at)
		return;
	memcpy(at, &attr, sizeof(attr));
	memcpy(at + NLA_HDRLEN, data, size);
}

/* The extended ack's attributes: text, and on errors where the bad attribute is. */
static void append_extack(struct buffer *b, const struct nft_call *call, int error)
{
	const struct nft_extack *extack = &call->extack;

	if (extack->text)
		append_attr(b, NLMSGERR_ATTR_MSG, extack->text, strlen(extack->text) + 1);
	if (error && extack->attr) {
		uint32_t offset =
			(uint32_t)((const uint8_t *)extack->attr - (const uint8_t *)call->nlh);

		append_attr(b, NLMSGERR_ATTR_OFFS, &offset, sizeof(offset));
	}
	if (error && extack->policy)
		nft_policy_append(b, NLMSGERR_ATTR_POLICY, extack->policy);
}

int nft_acknowledge(struct nft_call *call, int error)
{
	bool whole = error && !client_option(call->client, NETLINK_CAP_ACK);
	struct buffer b = {0};
	struct nlmsghdr *header;
	struct nlmsgerr *payload;
	size_t size = NLMSG_HDRLEN + sizeof(*payload);
	uint16_t flags = whole ? 0 : NLM_F_CAPPED;

	if (whole)
		size += NLMSG_ALIGN(call->nlh->nlmsg_len) - NLMSG_HDRLEN;
	header = buffer_reserve(&b, size);
	if (!header)
		return -ENOBUFS;
	payload = (struct nlmsgerr *)(b.data + NLMSG_HDRLEN);
	payload->error = error;
	memcpy(&payload->msg, call->nlh, whole ? call->nlh->nlmsg_len : sizeof(payload->msg));
	if (client_option(call->client, NETLINK_EXT_ACK)) {
		append_extack(&b, call, error);
		if (b.size > size)
			flags |= NLM_F_ACK_TLVS;
	}
	error = -ENOBUFS;
	if (!buffer_failed(&b)) {
		*(struct nlmsghdr *)b.data = (struct nlmsghdr){
			.nlmsg_len = (uint32_t)b.size,
			.nlmsg_type = NLMSG_ERROR,
			.nlmsg_flags = flags,
			.nlmsg_seq = call->sequence,
			.nlmsg_pid = call->portid,
		};
		error = client_send(call->client, b.data, b.size);
	}
	buffer_clear(&b);
	return error;
}

struct nft_writer *nft_reply_begin(struct nft_call *call, uint8_t event, uint16_t flags,
				   uint8_t family)
{
	struct nft *nft = call->nft;

	nft_writer_begin(&nft->writer, NFNL_SUBSYS_NFTABLES << 8 | event, flags, call->sequence,
			 call->portid, family, nft->generation & 0xffff);
	return &nft->writer;
}

int nft_reply_send(struct nft_call *call)
{
	struct nft_writer *w = &call->nft->writer;

	if (nft_writer_failed(w))
		return -EMSGSIZE;
	return client_send(call->client, w->bytes, nft_writer_size(w));
}
