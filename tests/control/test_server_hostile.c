/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients that break the wire's rules: they lose their connection, and nobody else notices. */
#include "wire_client.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PROTOCOL = 16 };

static struct fixture f;
static int before;

static void open_it(void)
{
	fixture_open(&f, PROTOCOL);
	fixture_serve(&f);
	before = open_descriptors();
}

static void well_behaved_client_is_served(void)
{
	int fd = dial(&f, PROTOCOL);
	uint8_t data[16];

	cr_assert_eq(send_text(fd, "reply 1 8"), 9);
	cr_assert_eq(receive(fd, data, sizeof(data)), 8);
	close(fd);
}

/* The server shares this process's table: what it leaked would be seen here. */
static void close_it(void)
{
	int now = 0;

	well_behaved_client_is_served();
	for (int i = 0; i < 100; i++) {
		now = open_descriptors();
		if (now <= before)
			break;
		usleep(10000);
	}
	cr_assert(now <= before, "%d descriptors before, %d after", before, now);
	fixture_close(&f);
}

TestSuite(hostile, .init = open_it, .fini = close_it, .timeout = 60);

static int connect_plain(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, f.path);
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static ssize_t send_raw(int fd, const void *data, size_t size, const int *fds, size_t num_fds)
{
	union {
		char room[CMSG_SPACE(253 * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {(void *)data, size};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	if (num_fds) {
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(num_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, num_fds * sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(num_fds * sizeof(int));
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

/* The server ends the connection: a read gives its end. */
static void expect_dropped(int fd)
{
	struct timeval patience = {.tv_sec = 10};
	char byte;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	n = recv(fd, &byte, 1, 0);
	cr_assert(n == 0 || (n < 0 && errno == ECONNRESET), "still connected: %zd %s", n,
		  n < 0 ? strerror(errno) : "");
	close(fd);
}

static int64_t hello(int fd, uint32_t protocol, uint32_t version)
{
	struct iovec iov = {&version, sizeof(version)};

	return wire_call(fd, &(struct wire_call){.op = SHIM_HELLO,
						 .a = protocol,
						 .b = 1,
						 .payload = &iov,
						 .num_payload = 1});
}

Test(hostile, short_packets)
{
	for (size_t size = 1; size < sizeof(struct shim_request); size++) {
		struct shim_request request = {.op = SHIM_PULL};
		int fd = dial(&f, PROTOCOL), null = open("/dev/null", O_RDONLY);

		cr_assert_eq(send_raw(fd, &request, size, &null, 1), (ssize_t)size);
		close(null);
		expect_dropped(fd);
	}
}

Test(hostile, no_answer_descriptor)
{
	struct shim_request request = {.op = SHIM_PULL};
	int fd = dial(&f, PROTOCOL);

	send_raw(fd, &request, sizeof(request), NULL, 0);
	expect_dropped(fd);
}

Test(hostile, an_answer_descriptor_that_takes_no_answer)
{
	struct shim_request request = {.op = SHIM_PULL};
	int fd = dial(&f, PROTOCOL), null = open("/dev/null", O_RDONLY), pipes[2];

	cr_assert_eq(pipe(pipes), 0);
	send_raw(fd, &request, sizeof(request), &null, 1);
	send_raw(fd, &request, sizeof(request), &pipes[1], 1);
	cr_assert_eq(ask(fd, SHIM_PULL, 0, 0), 0);
	/* Its own end: the answer comes back to the server as a request that is none. */
	send_raw(fd, &request, sizeof(request), &fd, 1);
	close(null);
	close(pipes[0]);
	close(pipes[1]);
	expect_dropped(fd);
}

Test(hostile, sizes_that_lie)
{
	static const uint32_t sizes[] = {1, 3, 5, 65537, SHIM_PAYLOAD_MAX + 1u, 0x7fffffff, ~0u};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct {
			struct shim_request header;
			char data[4];
		} request = {{.op = SHIM_SEND, .size = sizes[i]}, "abc"};
		int fd = dial(&f, PROTOCOL), null = open("/dev/null", O_RDONLY);

		send_raw(fd, &request, sizeof(request), &null, 1);
		close(null);
		expect_dropped(fd);
	}
}

Test(hostile, files_that_are_no_memory)
{
	int pipes[2], folder = open("/tmp", O_RDONLY), null = open("/dev/null", O_RDONLY);
	int small = memfd_create("small", 0), zero = open("/dev/zero", O_RDONLY);
	int regular = open("/etc/passwd", O_RDONLY);
	struct shim_request request = {.op = SHIM_SEND | SHIM_IN_FILE, .size = 100000};

	cr_assert_eq(pipe(pipes), 0);
	cr_assert_eq(write(small, "abc", 3), 3);
	{
		const int files[] = {pipes[0], folder, regular, small, zero};

		for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
			int fd = dial(&f, PROTOCOL), passed[2] = {null, files[i]};

			send_raw(fd, &request, sizeof(request), passed, 2);
			expect_dropped(fd);
			fd = dial(&f, PROTOCOL);
			send_raw(fd, &request, sizeof(request), passed, 1);
			expect_dropped(fd);
			close(files[i]);
		}
	}
	close(pipes[1]);
	close(null);
}

/* A sealed file is read where it is, another one copied; neither beyond its end. */
Test(hostile, files_of_memory_sealed_or_not_are_read_to_their_end_and_no_further)
{
	static const int seals[] = {0, F_SEAL_SHRINK, F_SEAL_SHRINK | F_SEAL_WRITE,
				    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL};
	struct shim_request request = {.op = SHIM_SEND | SHIM_IN_FILE};
	int null = open("/dev/null", O_RDONLY);
	uint8_t data[16];

	for (size_t i = 0; i < sizeof(seals) / sizeof(*seals); i++) {
		int fd = dial(&f, PROTOCOL), file = memfd_create("m", MFD_ALLOW_SEALING);
		const int passed[2] = {null, file};

		cr_assert_eq(write(file, "reply 1 8", 9), 9);
		cr_assert_eq(fcntl(file, F_ADD_SEALS, seals[i]), 0);
		request.size = 9;
		send_raw(fd, &request, sizeof(request), passed, 2);
		cr_assert_eq(ask(fd, SHIM_PULL, 0, 0), 0);
		cr_assert_eq(receive(fd, data, sizeof(data)), 8, "seals 0x%x", (unsigned)seals[i]);
		request.size = 0;
		send_raw(fd, &request, sizeof(request), passed, 2);
		cr_assert_eq(ask(fd, SHIM_PULL, 0, 0), 0);
		request.size = 100000; /* pages that the file does not have */
		send_raw(fd, &request, sizeof(request), passed, 2);
		close(file);
		expect_dropped(fd);
	}
	close(null);
}

Test(hostile, too_many_descriptors)
{
	struct shim_request request = {.op = SHIM_PULL};
	int fds[253], fd = dial(&f, PROTOCOL), null = open("/dev/null", O_RDONLY);

	for (int i = 0; i < 253; i++)
		fds[i] = null;
	cr_assert(send_raw(fd, &request, sizeof(request), fds, 253) > 0);
	close(null);
	expect_dropped(fd);
}

Test(hostile, descriptors_that_nobody_wants_are_closed)
{
	struct shim_request request = {.op = SHIM_SEND, .size = 0};
	int fd = dial(&f, PROTOCOL), null = open("/dev/null", O_RDONLY);
	int fds[4] = {null, null, null, null};

	for (int i = 0; i < 100; i++)
		cr_assert(send_raw(fd, &request, sizeof(request), fds, 4) > 0);
	close(null);
	cr_assert_eq(ask(fd, SHIM_PULL, 0, 0), 0);
	close(fd);
}

Test(hostile, unknown_requests_and_wrong_order)
{
	int fd = dial(&f, PROTOCOL);

	cr_assert_eq(ask(fd, 0, 0, 0), -EBADMSG);
	cr_assert_eq(ask(fd, 99, 0, 0), -EBADMSG);
	cr_assert_eq(ask(fd, 0x7fffffff, 0, 0), -EBADMSG);
	cr_assert_eq(ask(fd, SHIM_OPTION, 1000, 1), -ENOPROTOOPT);
	cr_assert_eq(ask(fd, SHIM_IOCTL, 0x8933, 0), -EOPNOTSUPP);
	cr_assert_eq(hello(fd, PROTOCOL, SHIM_WIRE_VERSION), -EISCONN);
	close(fd);
	fd = connect_plain();
	cr_assert_eq(send_text(fd, "before hello"), -ENOTCONN);
	expect_dropped(fd);
	fd = connect_plain();
	cr_assert_eq(hello(fd, PROTOCOL, SHIM_WIRE_VERSION + 1), -EPROTO);
	expect_dropped(fd);
	fd = connect_plain();
	cr_assert_eq(hello(fd, 9999, SHIM_WIRE_VERSION), -EPROTONOSUPPORT);
	expect_dropped(fd);
}

Test(hostile, random_packets)
{
	struct random random = {.state = 20240611};
	uint8_t data[256];

	for (int round = 0; round < 3000; round++) {
		int fd = round % 2 ? dial(&f, PROTOCOL) : connect_plain();
		int fds[3] = {fd, memfd_create("x", 0), fd};

		for (int i = 0; i < 4; i++) {
			size_t size = random_below(&random, sizeof(data)) + 1;

			for (size_t k = 0; k < size; k++)
				data[k] = (uint8_t)random_u64(&random);
			if (random_below(&random, 2)) /* often close to a good one */
				memcpy(data, &(uint32_t){(uint32_t)random_below(&random, 12)}, 4);
			send_raw(fd, data, size, fds, random_below(&random, 4));
		}
		close(fds[1]);
		close(fd);
	}
}

Test(hostile, clients_that_connect_and_vanish)
{
	int fds[400];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 400; i++)
			fds[i] = i % 2 ? connect_plain() : dial(&f, PROTOCOL);
		well_behaved_client_is_served();
		for (int i = 0; i < 400; i++)
			close(fds[i]);
	}
}

Test(hostile, a_client_that_leaves_with_its_queue_full)
{
	for (int i = 0; i < 5; i++) {
		int fd = dial(&f, PROTOCOL);

		send_text(fd, "reply 50000 500");
		close(fd);
	}
}
