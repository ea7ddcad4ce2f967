/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attr.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

/*
 * libmnl's, but inline: a ruleset of 100,000 rules has ten million attributes, each of which is
 * looked at several times.
 */
static inline size_t payload_size(const struct nlattr *attr)
{
	return attr->nla_len - sizeof(*attr);
}

static inline const uint8_t *payload(const struct nlattr *attr)
{
	return (const uint8_t *)(attr + 1);
}

static inline bool is_whole(const struct nlattr *attr, size_t left)
{
	return left >= sizeof(*attr) && attr->nla_len >= sizeof(*attr) && attr->nla_len <= left;
}

static int check_string(const struct nlattr *attr, uint32_t max)
{
	const uint8_t *text = payload(attr);
	size_t length = payload_size(attr);

	if (length < 1)
		return -ERANGE;
	if (!max)
		return 0;
	if (text[length - 1] == '\0')
		length--;
	return length > max ? -ERANGE : 0;
}

static int check_limit(const struct nlattr *attr, uint8_t kind, uint32_t max)
{
	if (kind == ATTR_MASK32)
		return attr_be32(attr) & ~max ? -EINVAL : 0;
	if (!max || kind == ATTR_U16 || kind == ATTR_U64)
		return 0;
	return (kind == ATTR_U8 ? attr_u8(attr) : attr_be32(attr)) > max ? -ERANGE : 0;
}

static int check_number(const struct nlattr *attr, const struct attr_policy *policy,
			const struct kernel_behavior *kernel)
{
	enum { LAST_REGISTER = 23 };
	static const uint8_t sizes[] = {[ATTR_U8] = 1,  [ATTR_U16] = 2,    [ATTR_U32] = 4,
					[ATTR_U64] = 8, [ATTR_MASK32] = 4, [ATTR_REGISTER] = 4};

	if (payload_size(attr) < sizes[policy->kind])
		return -ERANGE;
	if (policy->kind == ATTR_REGISTER)
		return kernel->register_policies ? check_limit(attr, ATTR_U32, LAST_REGISTER) : 0;
	if (policy->newer && kernel_meets(kernel, policy->newer))
		return check_limit(attr, policy->kind, policy->newer_max);
	return kernel_meets(kernel, policy->needs) ? check_limit(attr, policy->kind, policy->max)
						   : 0;
}

/* validate_nla() of the kernel for old families: too long is accepted for numbers. */
static int check_attr(const struct nlattr *attr, const struct attr_policy *policy,
		      const struct kernel_behavior *kernel)
{
	size_t size = payload_size(attr);

	switch ((enum attr_kind)policy->kind) {
	case ATTR_ANY: return 0;
	case ATTR_U8:
	case ATTR_U16:
	case ATTR_U32:
	case ATTR_U64:
	case ATTR_MASK32:
	case ATTR_REGISTER: return check_number(attr, policy, kernel);
	case ATTR_STRING: return check_string(attr, policy->max);
	case ATTR_BINARY: return policy->max && size > policy->max ? -ERANGE : 0;
	case ATTR_NESTED: return size > 0 && size < MNL_ATTR_HDRLEN ? -ERANGE : 0;
	case ATTR_FLAG: return size > 0 ? -ERANGE : 0;
	}
	return 0;
}

int attr_parse(const struct nlattr *tb[ATTR_TABLE_SIZE], unsigned int max_type, const void *data,
	       size_t size, const struct attr_policy *policy, const struct kernel_behavior *kernel)
{
	const uint8_t *at = data;
	int error;

	for (unsigned int i = 0; i <= max_type; i++)
		tb[i] = NULL;
	/* Where size is 0, data may be NULL. */
	for (size_t left = size; is_whole((const struct nlattr *)at, left);) {
		const struct nlattr *attr = (const struct nlattr *)at;
		uint16_t type = attr->nla_type & NLA_TYPE_MASK;
		size_t step = MNL_ALIGN(attr->nla_len);

		step = step < left ? step : left;
		at += step;
		left -= step;
		if (type == 0 || type > max_type)
			continue;
		if (policy && !kernel_meets(kernel, policy[type].since))
			continue;
		if (policy) {
			error = check_attr(attr, &policy[type], kernel);
			if (error)
				return error;
		}
		tb[type] = attr;
	}
	return 0;
}

int attr_parse_nested(const struct nlattr *tb[ATTR_TABLE_SIZE], unsigned int max_type,
		      const struct nlattr *nest, const struct attr_policy *policy,
		      const struct kernel_behavior *kernel)
{
	return attr_parse(tb, max_type, payload(nest), payload_size(nest), policy, kernel);
}

uint8_t attr_u8(const struct nlattr *attr)
{
	return *(const uint8_t *)mnl_attr_get_payload(attr);
}

uint16_t attr_be16(const struct nlattr *attr)
{
	uint16_t value;

	memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return ntohs(value);
}

uint32_t attr_be32(const struct nlattr *attr)
{
	uint32_t value;

	memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return ntohl(value);
}

uint64_t attr_be64(const struct nlattr *attr)
{
	uint64_t value;

	memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return be64toh(value);
}

uint8_t attr_be32_byte(const struct nlattr *attr)
{
	return (uint8_t)attr_be32(attr);
}

int attr_be32_max(const struct nlattr *attr, uint32_t max, uint32_t *value)
{
	uint32_t number = attr_be32(attr);

	if (number > max)
		return -ERANGE;
	*value = number;
	return 0;
}

bool attr_is_string(const struct nlattr *attr, const char *text)
{
	const char *bytes = (const char *)payload(attr);
	size_t length = payload_size(attr);

	if (length > 0 && bytes[0] != text[0])
		return false;
	while (length > 0 && bytes[length - 1] == '\0')
		length--;
	return length == strlen(text) && memcmp(bytes, text, length) == 0;
}

void attr_copy_string(char *text, size_t size, const struct nlattr *attr)
{
	size_t length;

	text[0] = '\0';
	if (!attr)
		return;
	length = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	if (length >= size)
		length = size - 1;
	memcpy(text, mnl_attr_get_payload(attr), length);
	text[length] = '\0';
}

/* The depth is bounded: a nest is at least 4 bytes smaller than what holds it. */
static void clear_nested_flags(void *data, size_t size, int depth)
{
	struct nlattr *attr = data;
	int left = (int)size;

	while (mnl_attr_ok(attr, left)) {
		size_t step = MNL_ALIGN(attr->nla_len);

		if (attr->nla_type & NLA_F_NESTED) {
			attr->nla_type &= (uint16_t)~NLA_F_NESTED;
			if (depth > 0)
				clear_nested_flags(mnl_attr_get_payload(attr),
						   mnl_attr_get_payload_len(attr), depth - 1);
		}
		left -= (int)step;
		attr = (struct nlattr *)(void *)((uint8_t *)attr + step);
	}
}

void attr_clear_nested_flags(void *data, size_t size)
{
	clear_nested_flags(data, size, 8);
}

static bool has_room(struct attr_writer *w, size_t size)
{
	if (w->failed || w->nlh->nlmsg_len + (uint64_t)MNL_ATTR_HDRLEN + MNL_ALIGN(size) > w->size)
		w->failed = true;
	return !w->failed;
}

void attr_put(struct attr_writer *w, uint16_t type, const void *data, size_t size)
{
	uint8_t *at = (uint8_t *)w->nlh + MNL_ALIGN(w->nlh->nlmsg_len);
	struct nlattr head = {.nla_type = type, .nla_len = (uint16_t)(sizeof(head) + size)};

	if (!has_room(w, size))
		return;
	/* The padding is zero, as a kernel's; older libmnl leaves what was there. */
	memcpy(at, &head, sizeof(head));
	if (size) /* else data may be NULL */
		memcpy(at + sizeof(head), data, size);
	memset(at + sizeof(head) + size, 0, MNL_ALIGN(size) - size);
	w->nlh->nlmsg_len = MNL_ALIGN(w->nlh->nlmsg_len) +
			    (uint32_t)(MNL_ALIGN(sizeof(head)) + MNL_ALIGN(size));
}

void attr_put_be32(struct attr_writer *w, uint16_t type, uint32_t value)
{
	uint32_t be = htonl(value);

	attr_put(w, type, &be, sizeof(be));
}

void attr_put_be64(struct attr_writer *w, uint16_t type, uint64_t value)
{
	uint64_t be = htobe64(value);

	attr_put(w, type, &be, sizeof(be));
}

void attr_put_string(struct attr_writer *w, uint16_t type, const char *text)
{
	attr_put(w, type, text, strlen(text) + 1);
}

struct nlattr *attr_nest_start(struct attr_writer *w, uint16_t type)
{
	struct nlattr *nest = mnl_nlmsg_get_payload_tail(w->nlh);

	if (!has_room(w, 0))
		return NULL;
	mnl_attr_put(w->nlh, type, 0, NULL);
	return nest;
}

void attr_nest_end(struct attr_writer *w, struct nlattr *nest)
{
	if (nest)
		nest->nla_len =
			(uint16_t)((uint8_t *)mnl_nlmsg_get_payload_tail(w->nlh) - (uint8_t *)nest);
}
