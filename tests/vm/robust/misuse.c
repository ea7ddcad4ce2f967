/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * misuse: what a program may do to the module's device without harm, one check a line, as the
 * guest's functions print them ("ok: …", "FAILED: …"), then "misuse: N failed". Wants the module
 * loaded, nobody attached, and one rule bound.
 */
#include "channel.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned failed;

static void expect(const char *text, long expected, long came)
{
	if (expected == came) {
		printf("ok: %s\n", text);
		return;
	}
	printf("FAILED: %s: expected %ld, came %ld\n", text, expected, came);
	failed++;
}

static long result(long value)
{
	return value < 0 ? -errno : value;
}

static void sleep_ms(long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static int start(void)
{
	struct kmod_hello hello;
	int fd = channel_start(0, &hello);

	if (fd < 0) {
		printf("FAILED: the device can be opened: %s\n", strerror(-fd));
		exit(1);
	}
	return fd;
}

/* Reads up to the end of the repetition; returns the number of messages. */
static int skip_repetition(int fd)
{
	_Alignas(8) unsigned char message[KMOD_MESSAGE_MAX];
	const struct kmod_header *header = (const void *)message;
	int count = 0;

	while (channel_read(fd, message) > 0) {
		count++;
		if (header->type == KMOD_REPEAT_END)
			return count;
	}
	return -1;
}

static void before_hello(void)
{
	unsigned char message[KMOD_MESSAGE_MAX];
	int fd = channel_open(O_CLOEXEC);

	expect("reading before HELLO", -ENOTCONN, channel_read(fd, message));
	expect("a reply before HELLO", -ENOTCONN, channel_reply(fd, 1, 0, ""));
	expect("a second program meanwhile", -EBUSY, channel_open(O_CLOEXEC));
	expect("a version that is none", -EPROTO, channel_hello(fd, 0, 0));
	expect("a version to come", -EPROTO, channel_hello(fd, KMOD_VERSION + 1, 0));
	expect("still nothing to read", -ENOTCONN, channel_read(fd, message));
	expect("then the right one", 0, channel_hello(fd, KMOD_VERSION, 0));
	expect("and its answer", sizeof(struct kmod_hello), channel_read(fd, message));
	close(fd);
}

static void small_buffers(void)
{
	unsigned char message[KMOD_MESSAGE_MAX];
	int fd = channel_open(O_CLOEXEC);
	ssize_t size;

	channel_hello(fd, KMOD_VERSION, 0);
	expect("a read of no bytes gives no message", 1, read(fd, message, 0) <= 0);
	expect("a read of 1 byte", -EMSGSIZE, result(read(fd, message, 1)));
	expect("a read of a header", -EMSGSIZE,
	       result(read(fd, message, sizeof(struct kmod_header))));
	expect("a read of all but a byte", -EMSGSIZE,
	       result(read(fd, message, sizeof(struct kmod_hello) - 1)));
	size = read(fd, message, sizeof(struct kmod_hello));
	expect("the message stays", sizeof(struct kmod_hello), size);
	expect("and is whole", KMOD_HELLO, ((struct kmod_header *)(void *)message)->type);
	close(fd);
}

static void nothing_to_read(void)
{
	unsigned char message[KMOD_MESSAGE_MAX];
	int fd = start();
	struct pollfd polled = {.fd = fd, .events = POLLIN | POLLOUT};

	poll(&polled, 1, 0);
	expect("poll while there is a repetition", POLLIN | POLLOUT, polled.revents);
	skip_repetition(fd);
	poll(&polled, 1, 0);
	expect("poll after it", POLLOUT, polled.revents);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	expect("a read that may not wait", -EAGAIN, channel_read(fd, message));
	close(fd);
}

static void many_writes(void)
{
	static unsigned char much[KMOD_MESSAGE_MAX + 1];
	struct kmod_reply reply = {.header = {.length = sizeof(reply), .type = KMOD_REPLY}};
	struct iovec parts[2] = {{&reply, sizeof(reply)}, {&reply, sizeof(reply)}};
	struct iovec halves[2] = {{&reply, 7}, {(char *)&reply + 7, sizeof(reply) - 7}};
	int fd = start();

	expect("a reply to nothing", 0, channel_reply(fd, 4711, -ENOSPC, "nothing"));
	expect("a reply to nothing, again", 0, channel_reply(fd, 4711, 0, ""));
	expect("two messages by writev", 2 * (long)sizeof(reply), result(writev(fd, parts, 2)));
	expect("a message in two pieces is taken whole or not at all", 1,
	       writev(fd, halves, 2) != 7);
	expect("half a message", -EBADMSG, result(write(fd, &reply, sizeof(reply) - 1)));
	expect("no message", 1, write(fd, &reply, 0) <= 0);
	expect("more than a write may have", 1, write(fd, much, sizeof(much)) < 0);
	close(fd);
}

static void bad_addresses(void)
{
	unsigned char message[KMOD_MESSAGE_MAX];
	int fd = channel_open(O_CLOEXEC);
	void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	channel_hello(fd, KMOD_VERSION, 0);
	expect("a read to nowhere", -EFAULT, result(read(fd, nowhere, 4096)));
	expect("a write from nowhere", -EFAULT,
	       result(write(fd, nowhere, sizeof(struct kmod_reply))));
	munmap(nowhere, 4096);
	channel_read(fd, message);
	expect("what is lost by it is told", KMOD_LOST,
	       ((struct kmod_header *)(void *)message)->type);
	expect("and then repeated", 1, skip_repetition(fd) >= 1);
	close(fd);
}

static void forked(void)
{
	int fd = start(), second;
	pid_t child = fork();

	if (!child) {
		sleep_ms(300);
		_exit(0);
	}
	close(fd);
	expect("a child has the device open, so it is busy", -EBUSY, channel_open(O_CLOEXEC));
	waitpid(child, NULL, 0);
	second = channel_open(O_CLOEXEC);
	expect("when it has ended it is free", 1, second >= 0);
	close(second);
}

static void executed(void)
{
	int fd = start(), second;
	pid_t child;

	fcntl(fd, F_SETFD, 0);
	child = fork();
	if (!child) {
		execlp("sleep", "sleep", "0.3", NULL);
		_exit(1);
	}
	close(fd);
	expect("an executed program has it open", -EBUSY, channel_open(O_CLOEXEC));
	waitpid(child, NULL, 0);
	second = channel_open(O_CLOEXEC);
	expect("when that has ended it is free", 1, second >= 0);
	close(second);
}

struct reader {
	int fd;
	long result;
};

static void *read_in_thread(void *argument)
{
	struct reader *reader = argument;
	unsigned char message[KMOD_MESSAGE_MAX];

	reader->result = channel_read(reader->fd, message);
	return NULL;
}

static void on_signal(int number)
{
	(void)number;
}

static void closed_while_a_read_sleeps(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct reader reader = {.fd = start()};
	pthread_t thread;
	int second;

	sigaction(SIGUSR1, &action, NULL);
	skip_repetition(reader.fd);
	pthread_create(&thread, NULL, read_in_thread, &reader);
	sleep_ms(100);
	close(reader.fd);
	sleep_ms(50);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	expect("a read that sleeps while its descriptor is closed ends by a signal", -EINTR,
	       reader.result);
	second = channel_open(O_CLOEXEC);
	expect("and the device is free", 1, second >= 0);
	close(second);
}

static void killed_while_a_read_sleeps(void)
{
	int status, second;
	pid_t child = fork();

	if (!child) {
		unsigned char message[KMOD_MESSAGE_MAX];
		int fd = start();

		while (channel_read(fd, message) > 0)
			;
		_exit(0);
	}
	sleep_ms(200);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	expect("a program that sleeps in a read can be killed", SIGKILL, WTERMSIG(status));
	second = channel_open(O_CLOEXEC);
	expect("and another one can come", 1, second >= 0);
	close(second);
}

/* Who is not root can't open the device, also not one that root passes on a path. */
static void not_root(void)
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(setgid(1000) || setuid(1000) ? 255 : -channel_open(O_CLOEXEC));
	waitpid(child, &status, 0);
	expect("who is not root", EACCES, WEXITSTATUS(status));
}

static const struct scenario {
	const char *title;
	void (*run)(void);
} scenarios[] = {
	{"before HELLO", before_hello},
	{"small buffers", small_buffers},
	{"nothing to read", nothing_to_read},
	{"writes", many_writes},
	{"bad addresses", bad_addresses},
	{"fork", forked},
	{"exec", executed},
	{"close while a read sleeps", closed_while_a_read_sleeps},
	{"kill while a read sleeps", killed_while_a_read_sleeps},
	{"not root", not_root},
};

int main(void)
{
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		printf("# misuse: %s\n", scenarios[i].title);
		fflush(stdout);
		scenarios[i].run();
	}
	printf("misuse: %u failed\n", failed);
	return failed ? 1 : 0;
}
