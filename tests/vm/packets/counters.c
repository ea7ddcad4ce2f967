/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of all rules that have a comment, a line each: COMMENT PACKETS BYTES. In place of nft,
 * which crashes when it lists some of the rules that it takes. Of a rule its first counter.
 */
#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { TYPE_MASK = 0x3fff, COMMENT = 0, ALIGN = 4 };

struct bytes {
	const uint8_t *at;
	size_t size;
};

/* The next attribute; false at the end, or where it is broken. */
static int next(struct bytes *list, unsigned int *type, struct bytes *value)
{
	struct nlattr attr;
	size_t step;

	if (list->size < sizeof(attr))
		return 0;
	memcpy(&attr, list->at, sizeof(attr));
	if (attr.nla_len < sizeof(attr) || attr.nla_len > list->size)
		return 0;
	*type = attr.nla_type & TYPE_MASK;
	*value = (struct bytes){list->at + sizeof(attr), attr.nla_len - sizeof(attr)};
	step = (attr.nla_len + ALIGN - 1u) / ALIGN * ALIGN;
	if (step > list->size)
		step = list->size;
	list->at += step;
	list->size -= step;
	return 1;
}

/* Empty where there is none. */
static struct bytes find(struct bytes list, unsigned int wanted)
{
	struct bytes value;
	unsigned int type;

	while (next(&list, &type, &value))
		if (type == wanted)
			return value;
	return (struct bytes){0};
}

static uint64_t number(struct bytes value)
{
	uint64_t n = 0;

	if (value.size == sizeof(n))
		memcpy(&n, value.at, sizeof(n));
	return be64toh(n);
}

static int print_counter(struct bytes exprs, const char *comment, size_t size)
{
	struct bytes element, data, name;
	unsigned int type;

	while (next(&exprs, &type, &element)) {
		name = find(element, NFTA_EXPR_NAME);
		if (name.size != sizeof("counter") || memcmp(name.at, "counter", name.size) != 0)
			continue;
		data = find(element, NFTA_EXPR_DATA);
		printf("%.*s %llu %llu\n", (int)size, comment,
		       (unsigned long long)number(find(data, NFTA_COUNTER_PACKETS)),
		       (unsigned long long)number(find(data, NFTA_COUNTER_BYTES)));
		return 1;
	}
	return 0;
}

static void print_rule(struct bytes attrs)
{
	struct bytes userdata = find(attrs, NFTA_RULE_USERDATA);

	while (userdata.size >= 2 && userdata.size - 2 >= userdata.at[1]) {
		size_t size = userdata.at[1];

		if (userdata.at[0] == COMMENT && size) {
			print_counter(find(attrs, NFTA_RULE_EXPRESSIONS),
				      (const char *)userdata.at + 2, size - 1);
			return;
		}
		userdata.at += 2 + size;
		userdata.size -= 2 + size;
	}
}

/* 1: more follows; 0: the end; -1: an error. */
static int read_messages(const uint8_t *buffer, size_t size)
{
	const size_t head = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg);
	struct nlmsghdr nlh;

	while (size >= sizeof(nlh)) {
		memcpy(&nlh, buffer, sizeof(nlh));
		if (nlh.nlmsg_len < sizeof(nlh) || nlh.nlmsg_len > size ||
		    nlh.nlmsg_type == NLMSG_ERROR)
			return -1;
		if (nlh.nlmsg_type == NLMSG_DONE)
			return 0;
		if (nlh.nlmsg_len >= head)
			print_rule((struct bytes){buffer + head, nlh.nlmsg_len - head});
		if (NLMSG_ALIGN(nlh.nlmsg_len) >= size)
			return 1;
		buffer += NLMSG_ALIGN(nlh.nlmsg_len);
		size -= NLMSG_ALIGN(nlh.nlmsg_len);
	}
	return 1;
}

int main(void)
{
	static uint8_t buffer[1 << 18];
	struct {
		struct nlmsghdr nlh;
		struct nfgenmsg genmsg;
	} request = {
		.nlh = {sizeof(request), NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
			NLM_F_REQUEST | NLM_F_DUMP, 1, 0},
	};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), more = 1;

	if (fd < 0 || send(fd, &request, sizeof(request), 0) != sizeof(request))
		return 1;
	while (more > 0) {
		ssize_t size = recv(fd, buffer, sizeof(buffer), 0);

		more = size > 0 ? read_messages(buffer, (size_t)size) : -1;
	}
	return more < 0;
}
