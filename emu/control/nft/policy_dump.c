/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NLMSGERR_ATTR_POLICY: what an attribute would have had to be, as a kernel tells it. */
#include "internal.h"

static void append(struct buffer *b, uint16_t type, const void *data, size_t size)
{
	struct nlattr attr = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type};
	uint8_t *at = buffer_reserve(b, NLA_ALIGN(attr.nla_len));

	if (!at)
		return;
	memcpy(at, &attr, sizeof(attr));
	if (size)
		memcpy(at + NLA_HDRLEN, data, size);
}

static void append_range(struct buffer *b, uint64_t max)
{
	uint64_t min = 0;

	append(b, NL_POLICY_TYPE_ATTR_MIN_VALUE_U, &min, sizeof(min));
	append(b, NL_POLICY_TYPE_ATTR_MAX_VALUE_U, &max, sizeof(max));
}

void nft_policy_append(struct buffer *b, uint16_t type, const struct nft_policy *policy)
{
	static const uint32_t kinds[] = {
		[NFT_ATTR_U8] = NL_ATTR_TYPE_U8,
		[NFT_ATTR_U16] = NL_ATTR_TYPE_U16,
		[NFT_ATTR_U32] = NL_ATTR_TYPE_U32,
		[NFT_ATTR_U64] = NL_ATTR_TYPE_U64,
		[NFT_ATTR_STRING] = NL_ATTR_TYPE_STRING,
		[NFT_ATTR_BINARY] = NL_ATTR_TYPE_BINARY,
		[NFT_ATTR_NESTED] = NL_ATTR_TYPE_NESTED,
		[NFT_ATTR_ARRAY] = NL_ATTR_TYPE_NESTED_ARRAY,
		[NFT_ATTR_REJECT] = 0,
	};
	size_t start = b->size;

	/* A kernel has no words for its big-endian types. */
	if (!kinds[policy->kind])
		return;
	append(b, type, NULL, 0);
	switch (policy->kind) {
	case NFT_ATTR_U8: append_range(b, UINT8_MAX); break;
	case NFT_ATTR_U16: append_range(b, UINT16_MAX); break;
	case NFT_ATTR_U32: append_range(b, UINT32_MAX); break;
	case NFT_ATTR_U64: append_range(b, UINT64_MAX); break;
	case NFT_ATTR_STRING:
	case NFT_ATTR_BINARY:
		if (policy->length)
			append(b, NL_POLICY_TYPE_ATTR_MAX_LENGTH, &policy->length,
			       sizeof(policy->length));
		break;
	default: break;
	}
	append(b, NL_POLICY_TYPE_ATTR_TYPE, &kinds[policy->kind], sizeof(kinds[0]));
	if (!buffer_failed(b))
		((struct nlattr *)(b->data + start))->nla_len = (uint16_t)(b->size - start);
}
