/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire_client.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PROTOCOL = 16 };

static struct fixture f;

static void open_it(void)
{
	fixture_open(&f, PROTOCOL);
	fixture_serve(&f);
}

static void close_it(void)
{
	fixture_close(&f);
}

TestSuite(server, .init = open_it, .fini = close_it, .timeout = 60);

Test(server, every_reply_can_be_read_as_soon_as_send_returns)
{
	enum { COUNT = 20000, SIZE = 100 };
	uint8_t data[SIZE];
	uint32_t number;
	int fd = dial(&f, PROTOCOL);

	cr_assert_eq(send_text(fd, "reply 20000 100"), 15);
	for (uint32_t i = 0; i < COUNT; i++) {
		ssize_t n = receive(fd, data, sizeof(data));

		cr_assert_eq(n, SIZE, "datagram %u: %zd", i, n);
		memcpy(&number, data, sizeof(number));
		cr_assert_eq(number, i, "datagram %u carries %u", i, number);
	}
	cr_assert_eq(receive(fd, data, sizeof(data)), -EAGAIN);
	close(fd);
}

Test(server, a_send_of_many_megabytes_arrives_whole)
{
	static char text[20 << 20];
	int fd = dial(&f, PROTOCOL);
	struct iovec iov[3] = {{text, 5 << 20}, {text, 0}, {text + (5 << 20), 15 << 20}};
	struct wire_call call = {.op = SHIM_SEND, .payload = iov, .num_payload = 3};

	memset(text, 'x', sizeof(text));
	cr_assert_eq(wire_call(fd, &call), sizeof(text));
	close(fd);
}

Test(server, what_is_larger_than_the_limit_is_refused_by_the_sender)
{
	int fd = dial(&f, PROTOCOL);
	struct iovec iov = {(void *)&f, (size_t)SHIM_PAYLOAD_MAX + 1};
	struct wire_call call = {.op = SHIM_SEND, .payload = &iov, .num_payload = 1};

	cr_assert_eq(wire_call(fd, &call), -EMSGSIZE);
	iov.iov_len = 0;
	cr_assert_eq(wire_call(fd, &call), -ENODATA);
	close(fd);
}

Test(server, bytes_that_cannot_be_read_are_efault)
{
	int fd = dial(&f, PROTOCOL);

	cr_assert_eq(send_data(fd, (void *)8, 100), -EFAULT);
	cr_assert_eq(send_data(fd, (void *)8, 100000), -EFAULT);
	cr_assert_eq(send_text(fd, "hello"), 5);
	close(fd);
}

Test(server, a_small_send_buffer_does_not_limit_a_client)
{
	static char text[60000];
	int fd = dial(&f, PROTOCOL), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &one, sizeof(one));
	cr_assert_eq(send_data(fd, text, sizeof(text)), sizeof(text));
	close(fd);
}

Test(server, port_ids_are_given_as_the_kernel_gives_them)
{
	int first = dial(&f, PROTOCOL), second = dial(&f, PROTOCOL), third = dial(&f, PROTOCOL);

	cr_assert_eq(ask(first, SHIM_GET_PORTID, 0, 0), 0);
	cr_assert_eq(ask(first, SHIM_BIND, 0, 0), 0);
	cr_assert_eq(ask(first, SHIM_GET_PORTID, 0, 0), getpid());
	send_text(second, "x");
	cr_assert_eq(ask(second, SHIM_GET_PORTID, 0, 0), (uint32_t)-4097);
	cr_assert_eq(ask(third, SHIM_BIND, (uint32_t)getpid(), 0), -EADDRINUSE);
	cr_assert_eq(ask(third, SHIM_BIND, 77, 0), 0);
	cr_assert_eq(ask(third, SHIM_BIND, 78, 0), -EINVAL);
	cr_assert_eq(ask(third, SHIM_BIND, 77, 0), 0);
	cr_assert_eq(ask(third, SHIM_GET_PORTID, 0, 0), 77);
	close(first);
	close(second);
	close(third);
}

Test(server, multicasts_reach_members_and_nobody_else)
{
	int member = dial(&f, PROTOCOL), bound = dial(&f, PROTOCOL), other = dial(&f, PROTOCOL);
	uint8_t data[64];

	cr_assert_eq(ask(member, SHIM_JOIN, 7, 0), 0);
	cr_assert_eq(ask(member, SHIM_JOIN, 0, 0), -EINVAL);
	cr_assert_eq(ask(member, SHIM_JOIN, 65, 0), -EINVAL);
	cr_assert_eq(ask(bound, SHIM_BIND, 0, 1 << 6), 0);
	send_text(other, "multicast 7 3 8");
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(receive(member, data, sizeof(data)), 8);
		cr_assert_eq(receive(bound, data, sizeof(data)), 8);
	}
	cr_assert_eq(receive(member, data, sizeof(data)), -EAGAIN);
	cr_assert_eq(receive(other, data, sizeof(data)), -EAGAIN);
	cr_assert_eq(ask(member, SHIM_LEAVE, 7, 0), 0);
	send_text(other, "multicast 7 1 8");
	cr_assert_eq(receive(member, data, sizeof(data)), -EAGAIN);
	cr_assert_eq(receive(bound, data, sizeof(data)), 8);
	close(member);
	close(bound);
	close(other);
}

/* Read until the empty datagram; how many came before it. */
static unsigned int read_to_overrun(int fd)
{
	static uint8_t data[65536];
	unsigned int count = 0;
	ssize_t n;

	while ((n = receive(fd, data, sizeof(data))) > 0)
		count++;
	cr_assert_eq(n, 0, "after %u datagrams: %zd", count, n);
	return count;
}

Test(server, a_listener_that_does_not_read_overruns_alone_and_once)
{
	int slow = dial(&f, PROTOCOL), sender = dial(&f, PROTOCOL);
	uint8_t data[64];
	unsigned int kept;

	ask(slow, SHIM_JOIN, 1, 0);
	cr_assert_eq(send_text(sender, "multicast 1 1500 60000"), 22);
	kept = read_to_overrun(slow);
	cr_assert(kept > 1000 && kept < 1500, "kept %u", kept);
	cr_assert_eq(receive(slow, data, sizeof(data)), -EAGAIN);
	/* And it gets the next ones again. */
	send_text(sender, "multicast 1 1 8");
	cr_assert_eq(receive(slow, data, sizeof(data)), 8);
	close(slow);
	close(sender);
}

Test(server, a_client_can_ask_not_to_hear_of_overruns)
{
	static uint8_t data[65536];
	int slow = dial(&f, PROTOCOL), sender = dial(&f, PROTOCOL);
	ssize_t n;

	ask(slow, SHIM_JOIN, 1, 0);
	ask(slow, SHIM_OPTION, NETLINK_NO_ENOBUFS, 1);
	cr_assert_eq(ask(slow, SHIM_GET_OPTION, NETLINK_NO_ENOBUFS, 0), 1);
	send_text(sender, "multicast 1 1500 60000");
	while ((n = receive(slow, data, sizeof(data))) > 0)
		;
	cr_assert_eq(n, -EAGAIN);
	close(slow);
	close(sender);
}

Test(server, a_client_that_never_reads_does_not_hold_up_the_others)
{
	int slow = dial(&f, PROTOCOL), other = dial(&f, PROTOCOL);
	uint8_t data[64];

	cr_assert_eq(send_text(slow, "reply 100000 200"), 16);
	cr_assert_eq(send_text(other, "reply 1 8"), 9);
	cr_assert_eq(receive(other, data, sizeof(data)), 8);
	close(slow);
	cr_assert_eq(send_text(other, "reply 1 8"), 9);
	close(other);
}

Test(server, another_server_on_the_same_path_is_told_and_changes_nothing)
{
	struct server *other;
	int fd;

	cr_assert_eq(server_create(&other, f.path), -EADDRINUSE);
	fd = dial(&f, PROTOCOL);
	close(fd);
}

Test(server, only_the_owner_can_open_the_socket)
{
	struct stat status;

	cr_assert_eq(stat(f.path, &status), 0);
	cr_assert_eq(status.st_mode & 0777, 0600, "%o", status.st_mode);
}

static char path[] = "/tmp/nicemu-test-XXXXXX/s";

static void make_folder(void)
{
	char *slash = strrchr(path, '/');

	*slash = '\0';
	cr_assert(mkdtemp(path));
	*slash = '/';
}

static void remove_folder(void)
{
	*strrchr(path, '/') = '\0';
	cr_assert_eq(rmdir(path), 0, "%s: %s", path, strerror(errno));
}

Test(server_path, the_socket_of_a_dead_emulator_is_replaced_and_removed_in_the_end)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct server *server;
	int dead = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	make_folder();
	strcpy(address.sun_path, path);
	cr_assert_eq(bind(dead, (struct sockaddr *)&address, sizeof(address)), 0);
	close(dead);
	cr_assert_eq(access(path, F_OK), 0);
	cr_assert_eq(server_create(&server, path), 0);
	server_destroy(server);
	cr_assert_neq(access(path, F_OK), 0);
	remove_folder();
}

Test(server_path, a_file_of_somebody_else_is_neither_replaced_nor_removed)
{
	struct server *server;
	char moved[64];

	make_folder();
	cr_assert_eq(server_create(&server, path), 0);
	/* Moved, not removed: its inode must not come back in the next file. */
	snprintf(moved, sizeof(moved), "%s.moved", path);
	cr_assert_eq(rename(path, moved), 0);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	server_destroy(server);
	unlink(moved);
	cr_assert_eq(access(path, F_OK), 0, "somebody else's file was removed");
	cr_assert_eq(server_create(&server, path), -EEXIST);
	cr_assert_eq(access(path, F_OK), 0);
	unlink(path);
	remove_folder();
}

Test(server_path, a_path_that_is_too_long_is_refused)
{
	char longer[200];
	struct server *server;

	memset(longer, 'x', sizeof(longer));
	longer[0] = '/';
	longer[108] = '\0';
	cr_assert_eq(server_create(&server, longer), -ENAMETOOLONG);
	cr_assert_eq(wire_dial(longer, PROTOCOL), -ENAMETOOLONG);
	cr_assert_eq(server_create(&server, "/nonexistent/folder/s"), -ENOENT);
}
