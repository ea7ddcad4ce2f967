/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#include "generator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

uint8_t kernel_family = NFPROTO_NETDEV;

static const char *kernel_version; /* NULL: as the release says */
static const char *kernel_device;  /* NULL: a name that no device has */

int kernel_options(int argc, char **argv)
{
	int used = 0;

	while (used + 1 < argc && !strncmp(argv[used + 1], "--", 2)) {
		const char **value = !strcmp(argv[used + 1], "--kernel")   ? &kernel_version
				     : !strcmp(argv[used + 1], "--device") ? &kernel_device
									   : NULL;

		if (!value || used + 2 >= argc) {
			fprintf(stderr, "unknown option, or one without its value: %s\n",
				argv[used + 1]);
			return -1;
		}
		*value = argv[used + 2];
		used += 2;
	}
	return used;
}

bool kernel_find(struct kernel_behavior *kernel)
{
	struct utsname name;
	char message[512];

	uname(&name);
	name.release[strspn(name.release, "0123456789.")] = '\0';
	if (kernel_behavior_find(kernel, kernel_version ? kernel_version : name.release, message,
				 sizeof(message))) {
		printf("SKIP: %s\n", message);
		return false;
	}
	if (*message)
		printf("%s\n", message);
	if (!kernel->absent_devices && !kernel_device) {
		printf("SKIP: kernel %s refuses chains on absent devices\n", kernel->version);
		return false;
	}
	return true;
}

struct mnl_socket *kernel_open(void)
{
	struct mnl_socket *socket;
	int on = 1, size = 8 << 20;

	if (!kernel_device && unshare(CLONE_NEWNET) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		printf("SKIP: no network namespace of its own: %s\n", strerror(errno));
		return NULL;
	}
	socket = mnl_socket_open(NETLINK_NETFILTER);
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		printf("SKIP: no netlink socket for nf_tables: %s\n", strerror(errno));
		return NULL;
	}
	mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return socket;
}

struct nlmsghdr *kernel_message(void *buffer, uint16_t type, uint16_t flags, uint32_t sequence)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = sequence;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = kernel_family;
	return nlh;
}

struct nlmsghdr *kernel_batch_mark(void *buffer, bool begin, uint32_t sequence)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = begin ? NFNL_MSG_BATCH_BEGIN : NFNL_MSG_BATCH_END;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = sequence;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->res_id = htons(NFNL_SUBSYS_NFTABLES);
	return nlh;
}

static void read_answer(const struct nlmsghdr *nlh, uint32_t first, size_t count,
			struct kernel_answer *answers)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);
	struct kernel_answer *answer;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != NLMSG_ERROR || nlh->nlmsg_seq < first ||
	    nlh->nlmsg_seq >= first + count)
		return;
	answer = &answers[nlh->nlmsg_seq - first];
	if (answer->seen)
		return;
	answer->seen = true;
	answer->error = -error->error;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each (attr, nlh, sizeof(*error))
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS)
			answer->offset = mnl_attr_get_u32(attr);
}

static bool all_seen(const struct kernel_answer *answers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!answers[i].seen)
			return false;
	return true;
}

bool kernel_ask(struct mnl_socket *socket, const void *bytes, size_t size, uint32_t first,
		size_t count, struct kernel_answer *answers)
{
	static uint32_t buffer[1 << 14];
	const struct nlmsghdr *nlh;
	ssize_t received;
	int left;

	memset(answers, 0, count * sizeof(*answers));
	if (mnl_socket_sendto(socket, bytes, size) < 0)
		return false;
	while (!all_seen(answers, count)) {
		received = recv(mnl_socket_get_fd(socket), buffer, sizeof(buffer), MSG_DONTWAIT);
		if (received < 0)
			return false;
		left = (int)received;
		for (nlh = (const void *)buffer; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left))
			read_answer(nlh, first, count, answers);
	}
	/* What follows, such as a second acknowledgement of the first message, is not ours. */
	while (recv(mnl_socket_get_fd(socket), buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
	return true;
}

static void put_chain(struct nlmsghdr *nlh, const char *name, uint32_t priority, uint32_t flags)
{
	struct nlattr *hook;

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	if (!priority)
		return;
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(0));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl(priority));
	if (kernel_family == NFPROTO_NETDEV)
		mnl_attr_put_strz(nlh, NFTA_HOOK_DEV, kernel_device ? kernel_device : "nosuch0");
	mnl_attr_nest_end(nlh, hook);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	if (flags)
		mnl_attr_put_u32(nlh, NFTA_CHAIN_FLAGS, htonl(flags));
}

static void put_set(struct nlmsghdr *nlh, const char *name, uint32_t id, uint32_t flags,
		    uint32_t data_type, uint32_t data_length)
{
	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, name);
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(id));
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS, htonl(flags));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_TYPE, htonl(7));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl(4));
	if (!flags)
		return;
	mnl_attr_put_u32(nlh, NFTA_SET_DATA_TYPE, htonl(data_type));
	if (data_length)
		mnl_attr_put_u32(nlh, NFTA_SET_DATA_LEN, htonl(data_length));
}

static void put_object(struct nlmsghdr *nlh)
{
	struct nlattr *data;

	mnl_attr_put_strz(nlh, NFTA_OBJ_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_OBJ_NAME, GENERATOR_COUNTER);
	mnl_attr_put_u32(nlh, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
	data = mnl_attr_nest_start(nlh, NFTA_OBJ_DATA);
	mnl_attr_nest_end(nlh, data);
}

int kernel_make_world(struct mnl_socket *socket)
{
	enum { MESSAGES = 8, CREATE = NLM_F_CREATE | NLM_F_ACK };
	static uint32_t buffer[4096];
	struct kernel_answer answers[MESSAGES];
	struct nlmsghdr *nlh;
	uint8_t *p = (uint8_t *)buffer;
	uint32_t seq = 1;

	p += kernel_batch_mark(p, true, 0)->nlmsg_len;
#define MESSAGE(TYPE, ...)                                    \
	do {                                                  \
		nlh = kernel_message(p, TYPE, CREATE, seq++); \
		__VA_ARGS__;                                  \
		p += NLMSG_ALIGN(nlh->nlmsg_len);             \
	} while (0)
	MESSAGE(NFT_MSG_NEWTABLE, mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "t"));
	MESSAGE(NFT_MSG_NEWCHAIN, put_chain(nlh, "c", 10, 2));
	MESSAGE(NFT_MSG_NEWCHAIN, put_chain(nlh, "p", 20, 0));
	MESSAGE(NFT_MSG_NEWCHAIN, put_chain(nlh, GENERATOR_CHAIN, 0, 0));
	MESSAGE(NFT_MSG_NEWSET, put_set(nlh, GENERATOR_SET, 1, 0, 0, 0));
	MESSAGE(NFT_MSG_NEWSET, put_set(nlh, GENERATOR_MAP, 2, NFT_SET_MAP, 19, 4));
	MESSAGE(NFT_MSG_NEWSET, put_set(nlh, GENERATOR_VMAP, 3, NFT_SET_MAP, NFT_DATA_VERDICT, 0));
	MESSAGE(NFT_MSG_NEWOBJ, put_object(nlh));
#undef MESSAGE
	p += kernel_batch_mark(p, false, seq)->nlmsg_len;
	if (!kernel_ask(socket, buffer, (size_t)(p - (uint8_t *)buffer), 1, MESSAGES, answers))
		return errno;
	for (size_t i = 0; i < MESSAGES; i++)
		if (answers[i].error)
			return answers[i].error;
	return 0;
}

struct mnl_socket *kernel_with_world(struct kernel_behavior *kernel)
{
	struct mnl_socket *socket = kernel_find(kernel) ? kernel_open() : NULL;
	int error = socket ? kernel_make_world(socket) : 0;

	if (!error)
		return socket;
	printf("SKIP: this kernel can't make the test's table: %s\n", strerror(error));
	mnl_socket_close(socket);
	return NULL;
}

/* A batch without an end, which is checked and never committed. */
static bool ask_bare(struct mnl_socket *socket, const char *type)
{
	static uint32_t buffer[256];
	struct kernel_answer answer;
	struct nlattr *list, *elem;
	struct nlmsghdr *nlh;
	uint8_t *p = (uint8_t *)buffer;

	p += kernel_batch_mark(p, true, 0)->nlmsg_len;
	nlh = kernel_message(p, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, 1);
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, GENERATOR_CHAIN);
	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, type);
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	p += NLMSG_ALIGN(nlh->nlmsg_len);
	return kernel_ask(socket, buffer, (size_t)(p - (uint8_t *)buffer), 1, 1, &answer) &&
	       answer.error == ENOENT;
}

bool kernel_lacks(struct mnl_socket *socket, const char *type)
{
	enum { MAX_TYPES = 64 };
	static struct {
		char type[32];
		bool lacks;
	} known[MAX_TYPES];
	static size_t count;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(known[i].type, type))
			return known[i].lacks;
	if (count == MAX_TYPES || strlen(type) >= sizeof(known[0].type))
		return false;
	strcpy(known[count].type, type);
	known[count].lacks = ask_bare(socket, type);
	return known[count++].lacks;
}

const char *kernel_lacking(struct mnl_socket *socket, const struct nlattr *list)
{
	const struct nlattr *elem, *attr;

	mnl_attr_for_each_nested (elem, list)
		mnl_attr_for_each_nested (attr, elem)
			if (mnl_attr_get_type(attr) == NFTA_EXPR_NAME &&
			    kernel_lacks(socket, mnl_attr_get_str(attr)))
				return mnl_attr_get_str(attr);
	return NULL;
}

bool kernel_ifindex_exists(void *context, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	return if_indextoname(ifindex, name) != NULL;
}

int kernel_dump(struct mnl_socket *socket, uint16_t type, mnl_cb_t callback, void *data)
{
	static uint32_t buffer[1 << 14];
	struct nlmsghdr *nlh = kernel_message(buffer, type, NLM_F_DUMP, 7);
	ssize_t size;
	int result = 1;

	((struct nfgenmsg *)mnl_nlmsg_get_payload(nlh))->nfgen_family = 0;
	if (mnl_socket_sendto(socket, nlh, nlh->nlmsg_len) < 0)
		return -1;
	while (result > 0) {
		size = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (size < 0)
			return -1;
		result = mnl_cb_run(buffer, (size_t)size, 7, 0, callback, data);
	}
	return result;
}
