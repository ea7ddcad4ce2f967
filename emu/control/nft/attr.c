/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attr.h"

#include <errno.h>
#include <stdlib.h>

static const char failed_policy[] = "Attribute failed policy validation";

/* Attributes start at multiples of four from the start of the message, so headers can be read. */
static const struct nlattr *attr_at(const void *data, size_t left)
{
	const struct nlattr *attr = data;

	if (left < sizeof(*attr) || attr->nla_len < sizeof(*attr) || attr->nla_len > left)
		return NULL;
	return attr;
}

const struct nlattr *nft_attr_first(const void *data, size_t *left)
{
	return attr_at(data, *left);
}

const struct nlattr *nft_attr_next(const struct nlattr *attr, size_t *left)
{
	size_t step = NLA_ALIGN(attr->nla_len);

	if (step >= *left) {
		*left = 0;
		return NULL;
	}
	*left -= step;
	return attr_at((const uint8_t *)attr + step, *left);
}

static size_t minimum_size(enum nft_attr_kind kind)
{
	switch (kind) {
	case NFT_ATTR_U8: return 1;
	case NFT_ATTR_U16: return 2;
	case NFT_ATTR_U32:
	case NFT_ATTR_MASK32:
	case NFT_ATTR_MAX32: return 4;
	case NFT_ATTR_U64: return 8;
	default: return 0;
	}
}

static int refuse(struct nft_extack *extack, const struct nlattr *attr, const char *text,
		  const struct nft_policy *policy, int error)
{
	if (extack) {
		extack->attr = attr;
		extack->text = text;
		extack->policy = policy;
	}
	return error;
}

static int check_string(const struct nlattr *attr, const struct nft_policy *policy)
{
	const char *text = nft_attr_data(attr);
	size_t size = nft_attr_size(attr);

	if (!size)
		return -ERANGE;
	if (!policy->length)
		return 0;
	if (!text[size - 1])
		size--;
	return size > policy->length ? -ERANGE : 0;
}

/* Every element of an array is a nest of its own. */
static int check_array(const struct nlattr *nest, const struct nft_policy *policy,
		       const struct kernel_behavior *kernel, struct nft_extack *extack)
{
	const struct nlattr *element, *table[64];
	size_t left;
	int error;

	nft_attr_for_each_nested (element, nest, left) {
		if (!nft_attr_size(element))
			continue;
		if (nft_attr_size(element) < NLA_HDRLEN)
			return refuse(extack, element, "Array element too short", NULL, -ERANGE);
		error = nft_attrs_parse_nested(table, policy->nested_max, element, policy->nested,
					       kernel, extack);
		if (error)
			return error;
	}
	return 0;
}

/* What is left of a policy on a kernel that does not have all of it. */
static const struct nft_policy *in_force(const struct nft_policy *policy,
					 const struct kernel_behavior *kernel)
{
	static const struct nft_policy any = {.kind = NFT_ATTR_ANY},
				       nested = {.kind = NFT_ATTR_NESTED},
				       number = {.kind = NFT_ATTR_U32};

	if (kernel_meets(kernel, policy->needs))
		return policy;
	switch (policy->kind) {
	case NFT_ATTR_ARRAY: return &nested;
	case NFT_ATTR_MASK32:
	case NFT_ATTR_MAX32: return &number;
	default: return &any;
	}
}

static int check_attr(const struct nlattr *attr, const struct nft_policy *policy,
		      const struct kernel_behavior *kernel, struct nft_extack *extack)
{
	size_t size = nft_attr_size(attr);
	int error = 0;

	policy = in_force(policy, kernel);
	if (size < minimum_size(policy->kind))
		error = -ERANGE;
	switch (error ? NFT_ATTR_ANY : policy->kind) {
	case NFT_ATTR_STRING: error = check_string(attr, policy); break;
	case NFT_ATTR_BINARY: error = policy->length && size > policy->length ? -ERANGE : 0; break;
	case NFT_ATTR_NESTED:
	case NFT_ATTR_ARRAY:
		if (size && size < NLA_HDRLEN)
			error = -ERANGE;
		else if (size && policy->kind == NFT_ATTR_ARRAY)
			return check_array(attr, policy, kernel, extack);
		break;
	case NFT_ATTR_MASK32:
		if (nft_attr_be32(attr) & ~policy->length)
			return refuse(extack, attr, "reserved bit set", policy, -EINVAL);
		break;
	case NFT_ATTR_MAX32:
		if (nft_attr_be32(attr) > policy->length)
			return refuse(extack, attr, "integer out of range", policy, -ERANGE);
		break;
	case NFT_ATTR_REJECT: return refuse(extack, attr, failed_policy, NULL, -EINVAL);
	default: break;
	}
	return error ? refuse(extack, attr, failed_policy, policy, error) : 0;
}

int nft_attrs_parse(const struct nlattr **table, uint16_t max, const void *data, size_t size,
		    const struct nft_policy *policy, const struct kernel_behavior *kernel,
		    struct nft_extack *extack)
{
	const struct nlattr *attr;
	int error;

	memset(table, 0, (max + 1) * sizeof(*table));
	for (attr = nft_attr_first(data, &size); attr; attr = nft_attr_next(attr, &size)) {
		uint16_t type = nft_attr_type(attr);

		if (!type || type > max || !kernel_meets(kernel, policy[type].since))
			continue;
		error = check_attr(attr, &policy[type], kernel, extack);
		if (error)
			return error;
		table[type] = attr;
	}
	/* No error of its own, but a kernel says so with the next one. */
	if (size && extack)
		extack->text = "bytes leftover after parsing attributes";
	return 0;
}

int nft_attrs_parse_nested(const struct nlattr **table, uint16_t max, const struct nlattr *nest,
			   const struct nft_policy *policy, const struct kernel_behavior *kernel,
			   struct nft_extack *extack)
{
	return nft_attrs_parse(table, max, nft_attr_data(nest), nft_attr_size(nest), policy, kernel,
			       extack);
}

char *nft_attr_strdup(const struct nlattr *attr)
{
	return strndup(nft_attr_data(attr), nft_attr_size(attr));
}

bool nft_attr_strcpy(char *text, size_t size, const struct nlattr *attr)
{
	size_t length = strnlen(nft_attr_data(attr), nft_attr_size(attr));
	bool fits = length < size;

	if (!fits)
		length = size - 1;
	memcpy(text, nft_attr_data(attr), length);
	text[length] = '\0';
	return fits;
}

/* The kernel's comparison: a last NUL of the attribute is no part of it, others are. */
bool nft_attr_equals(const struct nlattr *attr, const char *text)
{
	const char *data = nft_attr_data(attr);
	size_t size = nft_attr_size(attr), length = strlen(text);

	while (size && !data[size - 1])
		size--;
	return size == length && !memcmp(data, text, length);
}

void *nft_attr_memdup(const struct nlattr *attr)
{
	size_t size = nft_attr_size(attr);
	void *copy = malloc(size ? size : 1);

	if (copy)
		memcpy(copy, nft_attr_data(attr), size);
	return copy;
}
