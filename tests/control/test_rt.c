/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire_client.h"

#include "rt/link.h"

#include <nicemu/control/genl.h>
#include <nicemu/control/rt.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <string.h>
#include <unistd.h>

static struct fixture f;
static struct nic nic;
static struct rt *rt;
static int fd;
static uint8_t room[65536] __attribute__((aligned(8)));

static void open_it(void)
{
	cr_assert_eq(nic_default(&nic), 0);
	fixture_open(&f, 999);
	rt = rt_create(f.server, &nic);
	genl_register(f.server);
	fixture_serve(&f);
	fd = dial(&f, NETLINK_ROUTE);
}

static void close_it(void)
{
	close(fd);
	fixture_close(&f);
	rt_destroy(rt);
	nic_clear(&nic);
}

TestSuite(rt, .init = open_it, .fini = close_it, .timeout = 60);

static struct nlmsghdr *request(uint8_t *at, uint16_t type, uint16_t flags, int32_t index,
				const char *name)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = 42;
	info->ifi_index = index;
	if (name)
		mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return message;
}

/* The answer's first datagram in room. */
static const struct nlmsghdr *exchange_on(int socket, const struct nlmsghdr *message)
{
	const struct nlmsghdr *answer = (const void *)room;
	ssize_t n;

	cr_assert_eq(send_data(socket, message, message->nlmsg_len), message->nlmsg_len);
	n = receive(socket, room, sizeof(room));
	cr_assert(n > 0, "no answer: %zd", n);
	cr_assert(mnl_nlmsg_ok(answer, (int)n));
	cr_assert_eq(answer->nlmsg_seq, message->nlmsg_seq);
	return answer;
}

static const struct nlmsghdr *exchange(uint16_t type, uint16_t flags, int32_t index,
				       const char *name)
{
	uint8_t buffer[512] __attribute__((aligned(8))) = {0};

	return exchange_on(fd, request(buffer, type, flags, index, name));
}

static int error_of(const struct nlmsghdr *answer)
{
	cr_assert_eq(answer->nlmsg_type, NLMSG_ERROR, "type %u", answer->nlmsg_type);
	return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(answer))->error;
}

static const char *name_of(const struct nlmsghdr *link)
{
	const struct nlattr *attribute;

	cr_assert_eq(link->nlmsg_type, RTM_NEWLINK, "type %u", link->nlmsg_type);
	mnl_attr_for_each (attribute, link, sizeof(struct ifinfomsg)) {
		if (mnl_attr_get_type(attribute) == IFLA_IFNAME)
			return mnl_attr_get_str(attribute);
	}
	return "";
}

Test(rt, a_link_is_found_by_name_and_by_index)
{
	cr_assert_str_eq(name_of(exchange(RTM_GETLINK, 0, 0, "eth2")), "eth2");
	cr_assert_str_eq(name_of(exchange(RTM_GETLINK, 0, 4, NULL)), "eth2");
	cr_assert_str_eq(name_of(exchange(RTM_GETLINK, 0, 1, NULL)), "lo");
	cr_assert_str_eq(name_of(exchange(RTM_GETLINK, 0, 0, "lo")), "lo");
}

Test(rt, what_does_not_exist_is_enodev_and_nothing_asked_einval)
{
	cr_assert_eq(error_of(exchange(RTM_GETLINK, 0, 0, "nope")), -ENODEV);
	cr_assert_eq(error_of(exchange(RTM_GETLINK, 0, 99, NULL)), -ENODEV);
	cr_assert_eq(error_of(exchange(RTM_GETLINK, 0, 0, NULL)), -EINVAL);
}

static unsigned int count_dump(uint16_t type, unsigned int *datagrams)
{
	uint8_t buffer[512] __attribute__((aligned(8))) = {0};
	struct nlmsghdr *message = request(buffer, type, NLM_F_DUMP, 0, NULL);
	unsigned int count = 0;

	cr_assert_eq(send_data(fd, message, message->nlmsg_len), message->nlmsg_len);
	for (*datagrams = 0;; ++*datagrams) {
		int left = (int)receive(fd, room, sizeof(room));
		const struct nlmsghdr *at = (const void *)room;

		cr_assert(left > 0, "the dump ends without NLMSG_DONE: %d", left);
		for (; mnl_nlmsg_ok(at, left); at = mnl_nlmsg_next(at, &left)) {
			cr_assert(at->nlmsg_flags & NLM_F_MULTI);
			if (at->nlmsg_type == NLMSG_DONE)
				return count;
			count++;
		}
	}
}

Test(rt, every_datagram_of_a_dump_fits_a_client_that_receives_one_page)
{
	uint8_t buffer[512] __attribute__((aligned(8))) = {0};
	struct nlmsghdr *message = request(buffer, RTM_GETLINK, NLM_F_DUMP, 0, NULL);
	char name[16];
	ssize_t size;

	while (nic.num_ports < 600) {
		snprintf(name, sizeof(name), "port-%zu", nic.num_ports);
		cr_assert(nic_add_port(&nic, name) >= 0);
	}
	cr_assert_eq(send_data(fd, message, message->nlmsg_len), message->nlmsg_len);
	do {
		size = receive(fd, room, sizeof(room));
		cr_assert(size > 0 && size < 4096, "%zd bytes", size);
	} while (((const struct nlmsghdr *)room)->nlmsg_type != NLMSG_DONE);
}

Test(rt, a_dump_lists_every_port_also_thousands)
{
	unsigned int datagrams;
	char name[16];

	cr_assert_eq(count_dump(RTM_GETLINK, &datagrams), 9);
	while (nic.num_ports < NIC_PORTS_MAX) {
		snprintf(name, sizeof(name), "p%zu", nic.num_ports);
		cr_assert(nic_add_port(&nic, name) >= 0);
	}
	cr_assert_eq(count_dump(RTM_GETLINK, &datagrams), NIC_PORTS_MAX + 1);
	cr_assert(datagrams > 10, "%u datagrams", datagrams);
}

Test(rt, other_dumps_are_empty)
{
	unsigned int datagrams;

	cr_assert_eq(count_dump(RTM_GETADDR, &datagrams), 0);
	cr_assert_eq(count_dump(RTM_GETROUTE, &datagrams), 0);
	cr_assert_eq(count_dump(RTM_GETNEIGH, &datagrams), 0);
}

/* NEWLINK, NEWLINK with a kind, DELLINK with an acknowledgement: the error. */
static int change(uint16_t type, uint16_t flags, int32_t index, const char *name, const char *kind)
{
	uint8_t buffer[512] __attribute__((aligned(8))) = {0};
	struct nlmsghdr *message = request(buffer, type, NLM_F_ACK | flags, index, name);
	struct nlattr *nest;

	if (kind) {
		nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
		mnl_attr_put(message, IFLA_INFO_KIND, strlen(kind), kind);
		mnl_attr_nest_end(message, nest);
	}
	return error_of(exchange_on(fd, message));
}

enum { NEW = NLM_F_CREATE | NLM_F_EXCL };

/* The errnos are those of the running kernel, but for what no port can do. */
Test(rt, links_come_and_go_with_the_errors_of_a_kernel)
{
	static const struct {
		uint16_t type, flags;
		int32_t index;
		const char *name, *kind;
		int error;
	} rows[] = {
		{RTM_NEWLINK, NEW, 0, "eth1", "dummy", -EEXIST},
		{RTM_NEWLINK, NEW, 0, "lo", "dummy", -EEXIST},
		{RTM_NEWLINK, NEW, 1, "new", "dummy", -EEXIST},
		{RTM_NEWLINK, NLM_F_CREATE, 0, "eth1", NULL, 0},
		{RTM_NEWLINK, NEW, 0, "new", NULL, -EOPNOTSUPP},
		{RTM_NEWLINK, NEW, 0, "new", "vlan", -EOPNOTSUPP},
		{RTM_NEWLINK, NEW, 0, "a/b", "dummy", -EINVAL},
		{RTM_NEWLINK, NEW, 0, "sixteen_letters_", "dummy", -ERANGE},
		{RTM_NEWLINK, NEW, 700, "new", "dummy", -EOPNOTSUPP},
		{RTM_NEWLINK, 0, 0, NULL, NULL, -ENODEV},
		{RTM_NEWLINK, 0, 99, NULL, NULL, -ENODEV},
		{RTM_NEWLINK, 0, 0, "none", NULL, -ENODEV},
		{RTM_NEWLINK, 0, 2, "a/b", NULL, -EINVAL},
		{RTM_NEWLINK, 0, 2, "", NULL, 0},
		{RTM_NEWLINK, 0, 2, "eth1", NULL, -EEXIST},
		{RTM_NEWLINK, 0, 2, "lo", NULL, -EEXIST},
		{RTM_NEWLINK, 0, 2, "eth0", NULL, 0},
		{RTM_DELLINK, 0, 0, NULL, NULL, -EINVAL},
		{RTM_DELLINK, 0, 99, NULL, NULL, -ENODEV},
		{RTM_DELLINK, 0, 0, "none", NULL, -ENODEV},
		{RTM_DELLINK, 0, 1, NULL, NULL, -EOPNOTSUPP},
		/* Changes, one after the other. */
		{RTM_NEWLINK, 0, 2, "first", NULL, 0},
		{RTM_NEWLINK, NEW, 0, "eth0", "dummy", 0},
		{RTM_DELLINK, 0, 2, NULL, NULL, 0},
		{RTM_DELLINK, 0, 2, NULL, NULL, -ENODEV},
		{RTM_NEWLINK, NEW, 2, "again", "dummy", 0},
		{RTM_NEWLINK, NEW, 2, "twice", "dummy", -EEXIST},
	};
	unsigned int datagrams;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int error = change(rows[i].type, rows[i].flags, rows[i].index, rows[i].name,
				   rows[i].kind);

		cr_assert_eq(error, rows[i].error, "row %zu: %d", i, error);
	}
	cr_assert_eq(count_dump(RTM_GETLINK, &datagrams), 10);
	cr_assert_str_eq(name_of(exchange(RTM_GETLINK, 0, 2, NULL)), "again");
	cr_assert_str_eq(name_of(exchange(RTM_GETLINK, 0, 10, NULL)), "eth0");
}

Test(rt, with_a_nic_file_only_its_own_ports_come_back)
{
	nic.open_ports = false;
	nic.ports[1].mtu = 9000;
	cr_assert_eq(change(RTM_NEWLINK, NEW, 0, "new", "dummy"), -EOPNOTSUPP);
	cr_assert_eq(change(RTM_DELLINK, 0, 0, "eth1", NULL), 0);
	cr_assert_eq(change(RTM_NEWLINK, NEW, 0, "eth1", "dummy"), 0);
	cr_assert_eq(nic.ports[nic_port_by_name(&nic, "eth1")].mtu, 9000);
	cr_assert_eq(nic_port_by_name(&nic, "eth1"), 8, "a new port with a new index");
}

Test(rt, what_is_not_supported_has_a_text_for_those_who_want_it)
{
	uint8_t buffer[512] __attribute__((aligned(8))) = {0};
	struct nlmsghdr *message = request(buffer, RTM_NEWLINK, 0, 2, NULL);
	const struct nlmsghdr *answer;

	mnl_attr_put_u32(message, IFLA_MTU, 9000);
	answer = exchange_on(fd, message);
	cr_assert_eq(error_of(answer), -EOPNOTSUPP);
	cr_assert_not(answer->nlmsg_flags & NLM_F_ACK_TLVS);
	/* The whole request comes back, as long as it is not capped. */
	cr_assert(answer->nlmsg_len > sizeof(*answer) + sizeof(struct nlmsgerr));
	ask(fd, SHIM_OPTION, NETLINK_EXT_ACK, 1);
	ask(fd, SHIM_OPTION, NETLINK_CAP_ACK, 1);
	answer = exchange_on(fd, message);
	cr_assert_eq(error_of(answer), -EOPNOTSUPP);
	cr_assert(answer->nlmsg_flags & NLM_F_ACK_TLVS);
	cr_assert(answer->nlmsg_flags & NLM_F_CAPPED);
	cr_assert(memmem(answer, answer->nlmsg_len, "nicemu: ", 8));
}

static char heard[64];

static void note(const char *what, int port)
{
	size_t used = strlen(heard);

	snprintf(heard + used, sizeof(heard) - used, "%s %s;", what, nic.ports[port].name);
}

static void note_came(void *context, int port)
{
	note("came", port);
}

static void note_renamed(void *context, int port)
{
	note("renamed", port);
}

static void note_leaves(void *context, int port)
{
	note(nic.ports[port].gone ? "gone" : "leaves", port);
}

Test(rt, the_listener_hears_of_each_change)
{
	static const struct rt_listener listener = {
		.came = note_came, .renamed = note_renamed, .leaves = note_leaves};

	heard[0] = '\0';
	rt_listen(rt, &listener);
	change(RTM_NEWLINK, 0, 2, "x", NULL);
	change(RTM_DELLINK, 0, 2, NULL, NULL);
	change(RTM_NEWLINK, NEW, 0, "eth0", "dummy");
	cr_assert_str_eq(heard, "renamed x;leaves x;came eth0;");
}

Test(rt, an_acknowledgement_comes_when_asked_for)
{
	uint8_t data[64];

	exchange(RTM_GETLINK, NLM_F_ACK, 2, NULL);
	cr_assert_eq(receive(fd, data, sizeof(data)), 36);
	cr_assert_eq(error_of((const void *)data), 0);
}

Test(rt, broken_messages_are_refused_or_passed_over)
{
	uint8_t buffer[512] __attribute__((aligned(8))) = {0}, data[512];
	struct nlmsghdr *message = request(buffer, RTM_GETLINK, 0, 0, "eth1");

	/* An attribute that ends after the message. */
	((struct nlattr *)(buffer + 32))->nla_len = 200;
	send_data(fd, message, message->nlmsg_len);
	receive(fd, data, sizeof(data));
	/* A name without its NUL. */
	message = request(memset(buffer, 0, sizeof(buffer)), RTM_GETLINK, 0, 0, NULL);
	mnl_attr_put(message, IFLA_IFNAME, 4, "eth1");
	cr_assert_eq(error_of(exchange_on(fd, message)), -EINVAL);
	/* Lengths that lie: nothing is done, nothing is answered. */
	for (uint32_t length = 0; length < 16; length++) {
		message = request(memset(buffer, 0, sizeof(buffer)), RTM_GETLINK, 0, 1, NULL);
		message->nlmsg_len = length;
		cr_assert_eq(send_data(fd, buffer, 32), 32);
		cr_assert_eq(receive(fd, data, sizeof(data)), -EAGAIN, "length %u", length);
	}
	message->nlmsg_len = 0xffffffff;
	cr_assert_eq(send_data(fd, buffer, 32), 32);
	cr_assert_eq(receive(fd, data, sizeof(data)), -EAGAIN);
	cr_assert_str_eq(name_of(exchange(RTM_GETLINK, 0, 1, NULL)), "lo");
}

static int64_t interface_ioctl(uint32_t number, struct ifreq *ifreq, size_t size)
{
	struct iovec iov = {ifreq, size};
	int socket = dial(&f, SHIM_PROTOCOL_IOCTL);
	int64_t status = wire_call(socket, &(struct wire_call){.op = SHIM_IOCTL,
							       .a = number,
							       .payload = &iov,
							       .num_payload = 1,
							       .answer = ifreq,
							       .answer_size = sizeof(*ifreq)});

	close(socket);
	return status;
}

Test(rt, ioctls_answer_for_ports)
{
	struct ifreq ifreq = {.ifr_name = "eth3"};

	cr_assert_eq(interface_ioctl(SIOCGIFINDEX, &ifreq, sizeof(ifreq)), 0);
	cr_assert_eq(ifreq.ifr_ifindex, 5);
	cr_assert_eq(interface_ioctl(SIOCGIFMTU, &ifreq, sizeof(ifreq)), 0);
	cr_assert_eq(ifreq.ifr_mtu, 1500);
	cr_assert_eq(interface_ioctl(SIOCGIFHWADDR, &ifreq, sizeof(ifreq)), 0);
	cr_assert_arr_eq(ifreq.ifr_hwaddr.sa_data, nic.ports[3].mac, 6);
	cr_assert_eq(interface_ioctl(SIOCGIFFLAGS, &ifreq, sizeof(ifreq)), 0);
	cr_assert(ifreq.ifr_flags & IFF_UP);
	ifreq.ifr_ifindex = 4;
	cr_assert_eq(interface_ioctl(SIOCGIFNAME, &ifreq, sizeof(ifreq)), 0);
	cr_assert_str_eq(ifreq.ifr_name, "eth2");
	ifreq.ifr_ifindex = 4000;
	cr_assert_eq(interface_ioctl(SIOCGIFNAME, &ifreq, sizeof(ifreq)), -ENODEV);
	cr_assert_eq(interface_ioctl(SIOCSIFMTU, &ifreq, sizeof(ifreq)), -EOPNOTSUPP);
	cr_assert_eq(interface_ioctl(SIOCETHTOOL, &ifreq, sizeof(ifreq)), -EOPNOTSUPP);
	cr_assert_eq(interface_ioctl(SIOCDEVPRIVATE, &ifreq, sizeof(ifreq)), -ENOTTY);
	cr_assert_eq(interface_ioctl(SIOCGIFINDEX, &ifreq, 7), -EINVAL);
	memset(ifreq.ifr_name, 'x', sizeof(ifreq.ifr_name));
	cr_assert_eq(interface_ioctl(SIOCGIFINDEX, &ifreq, sizeof(ifreq)), -ENODEV);
}

Test(rt, generic_netlink_has_no_families)
{
	uint8_t buffer[512] __attribute__((aligned(8))) = {0};
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *command = mnl_nlmsg_put_extra_header(message, sizeof(*command));
	int socket = dial(&f, NETLINK_GENERIC);

	message->nlmsg_type = GENL_ID_CTRL;
	message->nlmsg_flags = NLM_F_REQUEST;
	message->nlmsg_seq = 3;
	command->cmd = CTRL_CMD_GETFAMILY;
	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, "ethtool");
	cr_assert_eq(error_of(exchange_on(socket, message)), -ENOENT);
	message->nlmsg_type = 0x15;
	cr_assert_eq(error_of(exchange_on(socket, message)), -ENOENT);
	close(socket);
}

/* What is on the emulator's stack is nobody's business, and the same inputs give the same bytes. */
Test(rt, what_the_message_buffer_held_before_is_not_sent)
{
	uint8_t zeros[LINK_MESSAGE_MAX] __attribute__((aligned(8))) = {0};
	uint8_t ones[LINK_MESSAGE_MAX] __attribute__((aligned(8)));
	const struct nlmsghdr *clean, *message;
	struct link link;

	memset(ones, 0xff, sizeof(ones));
	for (size_t i = 0; link_at(&nic, i, &link); i++) {
		clean = link_message(zeros, &link);
		message = link_message(ones, &link);
		cr_assert_eq(message->nlmsg_len, clean->nlmsg_len);
		cr_assert_arr_eq(message, clean, clean->nlmsg_len, "%s", link.name);
		memset(ones, 0xff, sizeof(ones));
	}
}
