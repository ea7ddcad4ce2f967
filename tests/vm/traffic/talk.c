/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traffic with nothing left to chance: every message is answered before the next one goes out,
 * ports are what the caller says, and a TCP connection ends by FIN or RST as asked.
 *
 *   talk serve tcp|udp|gre ADDRESS PORT: comes back when it listens; echoes for two minutes
 *
 *   talk call tcp|udp|gre FROM PORT TO PORT STEP...
 *
 *   talk forget: empties the table of tracked connections
 *
 * Steps: send:N[:PAUSE-MS] messages of 100 bytes, each echoed; post:N[:PAUSE-MS] the same without
 * waiting for echoes; pause:MS; note:FILE makes the file, so that a script knows how far it is;
 * await:FILE waits for one, at most ten seconds; fin; rst. GRE has no ports (say 0): the messages
 * go out with a version 0 header over a raw socket. A call that gets no connection, or no echo,
 * within five seconds says so, and fails.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
	MESSAGE = 100,
	LIFETIME_S = 120,
	ECHO_MS = 5000,
	AWAIT_MS = 10000,
	GRE_HEADER = 4,
	IP_HEADER_MAX = 60
};

struct protocol {
	const char *name;
	int type, number;
};

static const struct protocol protocols[] = {
	{"tcp", SOCK_STREAM, IPPROTO_TCP},
	{"udp", SOCK_DGRAM, IPPROTO_UDP},
	{"gre", SOCK_RAW, IPPROTO_GRE},
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct talk {
	const struct protocol *protocol;
	int family, socket;
	socklen_t size; /* of an address of the family */
	unsigned int sent;
};

static int fail(const char *what)
{
	fprintf(stderr, "talk: %s: %s\n", what, strerror(errno));
	return 1;
}

static const struct protocol *find_protocol(const char *name)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (!strcmp(protocols[i].name, name))
			return &protocols[i];
	return NULL;
}

static int parse_address(const char *text, const char *port, union address *out)
{
	unsigned long number = strtoul(port, NULL, 10);

	memset(out, 0, sizeof(*out));
	if (number > 65535)
		return 0;
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)number);
		return AF_INET;
	}
	if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons((uint16_t)number);
		return AF_INET6;
	}
	return 0;
}

/* A raw socket's "port" is its protocol to the kernel: bind and connect want 0 there. */
static int open_socket(struct talk *talk, const char *protocol, const char *address,
		       const char *port)
{
	const struct timeval patience = {.tv_sec = ECHO_MS / 1000};
	const int one = 1;
	union address from;

	talk->protocol = find_protocol(protocol);
	talk->family = parse_address(address, port, &from);
	errno = EINVAL;
	if (!talk->protocol || !talk->family)
		return fail("protocol or address");
	talk->size = talk->family == AF_INET ? sizeof(from.v4) : sizeof(from.v6);
	talk->socket = socket(talk->family, talk->protocol->type, talk->protocol->number);
	if (talk->socket < 0)
		return fail("socket");
	if (setsockopt(talk->socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		return fail("SO_REUSEADDR");
	if (setsockopt(talk->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)))
		return fail("SO_SNDTIMEO");
	if (bind(talk->socket, &from.any, talk->size))
		return fail("bind");
	if (talk->protocol->type == SOCK_STREAM &&
	    setsockopt(talk->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		return fail("TCP_NODELAY");
	return 0;
}

/* What the raw socket of IPv4 hands over begins with the IP header. */
static size_t header_size(const struct talk *talk, const unsigned char *bytes)
{
	if (talk->protocol->type != SOCK_RAW)
		return 0;
	return talk->family == AF_INET ? (size_t)(bytes[0] & 0xf) * 4 : 0;
}

static bool readable(int socket, int timeout_ms)
{
	struct pollfd entry = {.fd = socket, .events = POLLIN};

	return poll(&entry, 1, timeout_ms) == 1;
}

static void echo_stream(int socket)
{
	unsigned char bytes[4 * MESSAGE];
	ssize_t size;

	while ((size = recv(socket, bytes, sizeof(bytes), 0)) > 0)
		if (send(socket, bytes, (size_t)size, MSG_NOSIGNAL) != size)
			break;
	close(socket);
}

static void echo_datagram(const struct talk *talk)
{
	unsigned char bytes[IP_HEADER_MAX + 4 * MESSAGE];
	union address from;
	socklen_t from_size = sizeof(from);
	ssize_t size = recvfrom(talk->socket, bytes, sizeof(bytes), 0, &from.any, &from_size);
	size_t skip;

	if (size <= 0)
		return;
	skip = header_size(talk, bytes);
	if (skip < (size_t)size)
		sendto(talk->socket, bytes + skip, (size_t)size - skip, 0, &from.any, from_size);
}

/* One connection a process: a call may leave its connection open while the next one comes. */
static void serve_loop(const struct talk *talk)
{
	alarm(LIFETIME_S);
	while (readable(talk->socket, -1)) {
		int connection;

		if (talk->protocol->type != SOCK_STREAM) {
			echo_datagram(talk);
			continue;
		}
		connection = accept(talk->socket, NULL, NULL);
		if (connection < 0)
			continue;
		if (!fork()) {
			alarm(LIFETIME_S);
			echo_stream(connection);
			_exit(0);
		}
		close(connection);
	}
}

static int serve(const char *protocol, const char *address, const char *port)
{
	struct talk talk = {.socket = -1};
	pid_t child;

	if (open_socket(&talk, protocol, address, port))
		return 1;
	if (talk.protocol->type == SOCK_STREAM && listen(talk.socket, 8))
		return fail("listen");
	child = fork();
	if (child < 0)
		return fail("fork");
	if (child)
		return 0;
	setsid();
	serve_loop(&talk);
	_exit(0);
}

static void sleep_ms(unsigned long ms)
{
	struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

/* Reads until a whole message's echo is there; a datagram is whole at once. */
static int await_echo(const struct talk *talk)
{
	unsigned char bytes[IP_HEADER_MAX + 4 * MESSAGE];
	ssize_t got = 0;

	while (got < MESSAGE) {
		ssize_t size;

		errno = ETIMEDOUT;
		if (!readable(talk->socket, ECHO_MS))
			return -1;
		size = recv(talk->socket, bytes, sizeof(bytes), 0);
		if (size <= 0)
			return -1;
		got = talk->protocol->type == SOCK_STREAM ? got + size : MESSAGE;
	}
	return 0;
}

static int send_messages(struct talk *talk, unsigned long count, unsigned long pause_ms, bool echo)
{
	/* of GRE: no flags, version 0, protocol IPv4; what follows need not be IPv4 */
	unsigned char message[MESSAGE] = {0, 0, 8, 0};

	for (unsigned long i = 0; i < count; i++) {
		if (i)
			sleep_ms(pause_ms);
		memset(message + GRE_HEADER, (int)('a' + talk->sent % 26), MESSAGE - GRE_HEADER);
		talk->sent++;
		if (send(talk->socket, message, MESSAGE, MSG_NOSIGNAL) != MESSAGE ||
		    (echo && await_echo(talk))) {
			fprintf(stderr, "talk: message %u: %s\n", talk->sent, strerror(errno));
			return 1;
		}
	}
	return 0;
}

/* With a lingering time of 0 close() sends RST. */
static int end_connection(struct talk *talk, bool reset)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};

	if (reset && setsockopt(talk->socket, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		return fail("SO_LINGER");
	if (close(talk->socket))
		return fail("close");
	talk->socket = -1;
	return 0;
}

static int write_note(const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return file < 0 || close(file) ? fail(path) : 0;
}

static int await_file(const char *path)
{
	for (int ms = 0; ms < AWAIT_MS; ms += 20) {
		if (!access(path, F_OK))
			return 0;
		sleep_ms(20);
	}
	return fail(path);
}

static int run_step(struct talk *talk, const char *step)
{
	unsigned long first = 0, second = 0;

	if (!strcmp(step, "fin") || !strcmp(step, "rst"))
		return end_connection(talk, !strcmp(step, "rst"));
	if (!strncmp(step, "note:", 5))
		return write_note(step + 5);
	if (!strncmp(step, "await:", 6))
		return await_file(step + 6);
	if (sscanf(step, "pause:%lu", &first) == 1) {
		sleep_ms(first);
		return 0;
	}
	if (sscanf(step, "send:%lu:%lu", &first, &second) >= 1)
		return send_messages(talk, first, second, true);
	if (sscanf(step, "post:%lu:%lu", &first, &second) >= 1)
		return send_messages(talk, first, second, false);
	fprintf(stderr, "talk: unknown step %s\n", step);
	return 2;
}

/* call PROTOCOL FROM PORT TO PORT STEP... */
static int call(char **words, int count)
{
	struct talk talk = {.socket = -1};
	union address to;
	int status;

	if (open_socket(&talk, words[0], words[1], words[2]))
		return 1;
	errno = EINVAL;
	if (parse_address(words[3], words[4], &to) != talk.family)
		return fail(words[3]);
	if (connect(talk.socket, &to.any, talk.size))
		return fail("connect");
	for (int i = 5; i < count; i++) {
		status = run_step(&talk, words[i]);
		if (status)
			return status;
	}
	return 0;
}

/* What conntrack -F does: IPCTNL_MSG_CT_DELETE that names none means all. */
static int forget(void)
{
	struct {
		struct nlmsghdr header;
		struct nfgenmsg family;
	} message = {
		.header = {.nlmsg_len = sizeof(message),
			   .nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (netlink < 0)
		return fail("netlink");
	if (send(netlink, &message, sizeof(message), 0) < 0 ||
	    recv(netlink, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer))
		return fail("conntrack");
	errno = -answer.error.error;
	return errno ? fail("conntrack") : close(netlink);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "serve"))
		return serve(argv[2], argv[3], argv[4]);
	if (argc > 7 && !strcmp(argv[1], "call"))
		return call(argv + 2, argc - 2);
	if (argc == 2 && !strcmp(argv[1], "forget"))
		return forget();
	fputs("talk forget\n"
	      "talk serve tcp|udp|gre ADDRESS PORT\n"
	      "talk call tcp|udp|gre FROM PORT TO PORT "
	      "send:N[:MS]|post:N[:MS]|pause:MS|await:FILE|fin|rst|note:FILE...\n",
	      stderr);
	return 2;
}
