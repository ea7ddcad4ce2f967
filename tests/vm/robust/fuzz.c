/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz SECONDS SEED: behaves badly on the module's device: garbage, mutated messages, messages cut
 * or joined, replies to anything, totals of any size, reads into small buffers, closing at any
 * time. What a write returns is compared with what nicemu/kernel/wire.h says (write_model()); a
 * message that is read must be whole. Run it while rules come and go.
 *
 * Prints a line of figures; exits with 1 when an answer differed (with seed, input and both
 * answers).
 */
#include "channel.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = KMOD_MESSAGE_MAX + 512, REMEMBERED = 64 };

struct fuzz {
	uint64_t seed, state;
	int fd, said_hello;
	void *nowhere; /* a page that can be neither read nor written */
	unsigned writes, taken, refused, events, opens, differences;
	uint64_t sequences[REMEMBERED]; /* of events that wait for a reply */
	struct kmod_total rules[REMEMBERED];
	_Alignas(8) unsigned char out[BUFFER];
};

static uint64_t draw(struct fuzz *fuzz)
{
	uint64_t x = fuzz->state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static unsigned below(struct fuzz *fuzz, unsigned limit)
{
	return (unsigned)(draw(fuzz) % limit);
}

static uint64_t any_number(struct fuzz *fuzz)
{
	static const uint64_t special[] = {0,
					   1,
					   0x7fffffff,
					   0x80000000,
					   0xffffffff,
					   INT64_MAX,
					   (uint64_t)INT64_MAX + 1,
					   UINT64_MAX};

	if (below(fuzz, 2))
		return special[below(fuzz, sizeof(special) / sizeof(special[0]))];
	return draw(fuzz) >> below(fuzz, 64);
}

/* What the contract says of a write. */
struct verdict {
	size_t taken;
	int error; /* when nothing was taken */
};

static int hello_verdict(const struct kmod_hello *hello, int *said_hello)
{
	if (hello->header.length != sizeof(*hello))
		return -EBADMSG;
	if (hello->version != KMOD_VERSION)
		return -EPROTO;
	if (*said_hello)
		return -EBADMSG;
	*said_hello = 1;
	return 0;
}

static int reply_verdict(const struct kmod_reply *reply)
{
	if (reply->header.length != sizeof(*reply) || reply->error > 0 || reply->error < -4095 ||
	    !memchr(reply->text, 0, sizeof(reply->text)))
		return -EBADMSG;
	return 0;
}

static int totals_verdict(const struct kmod_totals *totals)
{
	uint64_t length = sizeof(*totals) + (uint64_t)totals->count * sizeof(struct kmod_total);

	return totals->header.length >= sizeof(*totals) && totals->header.length == length
		       ? 0
		       : -EBADMSG;
}

static int message_verdict(const struct kmod_header *header, size_t left, int *said_hello)
{
	if (left < sizeof(*header) || header->length < sizeof(*header) || header->length > left ||
	    header->length % 8)
		return -EBADMSG;
	if (!*said_hello && header->type != KMOD_HELLO)
		return -ENOTCONN;
	if (header->flags)
		return -EBADMSG;
	switch (header->type) {
	case KMOD_HELLO: return hello_verdict((const void *)header, said_hello);
	case KMOD_REPLY: return reply_verdict((const void *)header);
	case KMOD_TOTALS: return totals_verdict((const void *)header);
	default: return -EBADMSG;
	}
}

static struct verdict write_model(const unsigned char *data, size_t size, int *said_hello)
{
	struct verdict verdict = {0};

	if (!size)
		verdict.error = -EBADMSG;
	if (size > KMOD_MESSAGE_MAX)
		verdict.error = -EMSGSIZE;
	while (verdict.taken < size && !verdict.error) {
		_Alignas(8) unsigned char copy[BUFFER];
		const struct kmod_header *header = (const void *)copy;

		memcpy(copy, data + verdict.taken, size - verdict.taken);
		verdict.error = message_verdict(header, size - verdict.taken, said_hello);
		if (!verdict.error)
			verdict.taken += header->length;
	}
	return verdict;
}

static void differs(struct fuzz *fuzz, size_t size, long expected, long came)
{
	size_t i;

	printf("seed %llu: a write of %zu bytes: expected %ld, came %ld:",
	       (unsigned long long)fuzz->seed, size, expected, came);
	for (i = 0; i < size && i < 64; i++)
		printf("%s%02x", i % 4 ? "" : " ", fuzz->out[i]);
	printf("\n");
	fuzz->differences++;
}

static void write_out(struct fuzz *fuzz, size_t size)
{
	int said_hello = fuzz->said_hello;
	struct verdict verdict = write_model(fuzz->out, size, &said_hello);
	long expected = verdict.taken ? (long)verdict.taken : verdict.error;
	long came = write(fuzz->fd, fuzz->out, size);

	if (came < 0)
		came = -errno;
	fuzz->writes++;
	if (came > 0)
		fuzz->taken++;
	else
		fuzz->refused++;
	if (came != expected)
		differs(fuzz, size, expected, came);
	fuzz->said_hello = said_hello;
}

static size_t make_totals(struct fuzz *fuzz, unsigned char *to)
{
	struct {
		struct kmod_totals head;
		struct kmod_total totals[8];
	} message;
	unsigned i, count = below(fuzz, 9);
	size_t size = sizeof(message.head) + count * sizeof(message.totals[0]);

	memset(&message, 0, sizeof(message));
	message.head.header = (struct kmod_header){.length = (uint32_t)size, .type = KMOD_TOTALS};
	message.head.count = count;
	for (i = 0; i < count; i++) {
		message.totals[i] = fuzz->rules[below(fuzz, REMEMBERED)];
		message.totals[i].packets = any_number(fuzz);
		message.totals[i].bytes = any_number(fuzz);
		message.totals[i].idle_ms = (uint32_t)any_number(fuzz);
		if (!below(fuzz, 4))
			message.totals[i].binding = (uint32_t)any_number(fuzz);
		if (!below(fuzz, 4))
			message.totals[i].cookie = any_number(fuzz);
	}
	memcpy(to, &message, size);
	return size;
}

static size_t make_reply(struct fuzz *fuzz, unsigned char *to)
{
	static const int errors[] = {0,   0, 0,     -28,   -95,       -17,
				     -11, 1, -4095, -4096, INT32_MIN, INT32_MAX};
	struct kmod_reply reply = {
		.header = {.length = sizeof(reply), .type = KMOD_REPLY},
	};

	reply.header.sequence =
		below(fuzz, 4) ? fuzz->sequences[below(fuzz, REMEMBERED)] : any_number(fuzz);
	reply.error = errors[below(fuzz, sizeof(errors) / sizeof(errors[0]))];
	/* also without an end, also with format characters */
	memset(reply.text, "%sn\xff"[below(fuzz, 4)], below(fuzz, sizeof(reply.text) + 1));
	memcpy(to, &reply, sizeof(reply));
	return sizeof(reply);
}

static size_t make_hello(struct fuzz *fuzz, unsigned char *to)
{
	struct kmod_hello hello = {
		.header = {.length = sizeof(hello), .type = KMOD_HELLO},
		.version = below(fuzz, 8) ? KMOD_VERSION : (uint32_t)any_number(fuzz),
		.options = below(fuzz, 2),
	};

	memcpy(to, &hello, sizeof(hello));
	return sizeof(hello);
}

static size_t make_message(struct fuzz *fuzz, unsigned char *to)
{
	unsigned kind = below(fuzz, 20);

	if (kind == 0)
		return make_hello(fuzz, to);
	return kind < 10 ? make_reply(fuzz, to) : make_totals(fuzz, to);
}

static void write_garbage(struct fuzz *fuzz)
{
	size_t size = below(fuzz, below(fuzz, 8) ? 64 : BUFFER), i;

	for (i = 0; i < size; i++)
		fuzz->out[i] = (unsigned char)draw(fuzz);
	write_out(fuzz, size);
}

static void write_messages(struct fuzz *fuzz, int mutate)
{
	unsigned messages = 1 + below(fuzz, 4), flips = mutate ? 1 + below(fuzz, 4) : 0;
	size_t size = 0;

	while (messages--)
		size += make_message(fuzz, fuzz->out + size);
	while (flips--)
		fuzz->out[below(fuzz, 3) ? below(fuzz, 24) : below(fuzz, (unsigned)size)] ^=
			(unsigned char)(1u << below(fuzz, 8));
	if (mutate && !below(fuzz, 3))
		size = below(fuzz, (unsigned)size + 16);
	write_out(fuzz, size);
}

static void remember(struct fuzz *fuzz, const struct kmod_header *header)
{
	const struct kmod_command *command = (const void *)header;
	unsigned place = below(fuzz, REMEMBERED);

	if (header->flags & KMOD_FLAG_SYNC)
		fuzz->sequences[place] = header->sequence;
	if (header->type == KMOD_REPLACE) {
		fuzz->rules[place].binding = command->binding;
		fuzz->rules[place].cookie = command->cookie;
	}
}

static void read_some(struct fuzz *fuzz)
{
	_Alignas(8) unsigned char in[BUFFER];
	const struct kmod_header *header = (const void *)in;
	size_t room = below(fuzz, 4) ? sizeof(in) : below(fuzz, 256);
	long size = read(fuzz->fd, in, room);

	if (size < 0) {
		int expected = errno == EAGAIN || (errno == EMSGSIZE && room < KMOD_MESSAGE_MAX) ||
			       (errno == ENOTCONN && !fuzz->said_hello);

		if (!expected && !(errno == EINVAL && !room)) {
			printf("seed %llu: a read of %zu bytes failed: %s\n",
			       (unsigned long long)fuzz->seed, room, strerror(errno));
			fuzz->differences++;
		}
		return;
	}
	if (!size && !room)
		return;
	if (size < (long)sizeof(*header) || header->length != (uint32_t)size) {
		printf("seed %llu: a read of %zu bytes gave %ld that are no message\n",
		       (unsigned long long)fuzz->seed, room, size);
		fuzz->differences++;
		return;
	}
	fuzz->events++;
	remember(fuzz, header);
}

static void open_again(struct fuzz *fuzz)
{
	if (fuzz->fd >= 0)
		close(fuzz->fd);
	fuzz->said_hello = 0;
	fuzz->opens++;
	fuzz->fd = channel_open(O_NONBLOCK | O_CLOEXEC);
	if (fuzz->fd >= 0 && below(fuzz, 8))
		write_out(fuzz, make_hello(fuzz, fuzz->out));
}

/* Calls that the device does not have. */
static void call_others(struct fuzz *fuzz)
{
	void *place = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fuzz->fd, 0);

	if (place != MAP_FAILED) {
		printf("seed %llu: mmap worked\n", (unsigned long long)fuzz->seed);
		fuzz->differences++;
		munmap(place, 4096);
	}
	if (!ioctl(fuzz->fd, (unsigned long)(uint32_t)draw(fuzz), fuzz->out)) {
		printf("seed %llu: an ioctl worked\n", (unsigned long long)fuzz->seed);
		fuzz->differences++;
	}
	(void)lseek(fuzz->fd, below(fuzz, 100), SEEK_SET);
	if (read(fuzz->fd, fuzz->nowhere, 4096) >= 0 || write(fuzz->fd, fuzz->nowhere, 64) >= 0) {
		printf("seed %llu: an address that is none worked\n",
		       (unsigned long long)fuzz->seed);
		fuzz->differences++;
	}
}

static void step(struct fuzz *fuzz)
{
	struct pollfd polled = {.fd = fuzz->fd, .events = POLLIN | POLLOUT};
	unsigned kind = below(fuzz, 400);

	if (kind < 60)
		write_garbage(fuzz);
	else if (kind < 130)
		write_messages(fuzz, 1);
	else if (kind < 200)
		write_messages(fuzz, 0);
	else if (kind < 380)
		read_some(fuzz);
	else if (kind < 385)
		call_others(fuzz);
	else if (kind < 398)
		poll(&polled, 1, (int)below(fuzz, 3));
	else
		open_again(fuzz);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static struct fuzz fuzz = {.fd = -1};
	double end = now() + (argc >= 2 ? atof(argv[1]) : 1);

	fuzz.seed = fuzz.state = argc >= 3 ? strtoull(argv[2], NULL, 0) : 1;
	fuzz.nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fuzz.nowhere == MAP_FAILED)
		return 2;
	do {
		if (fuzz.fd < 0)
			open_again(&fuzz);
		if (fuzz.fd < 0) {
			printf("no device: %s\n", strerror(-fuzz.fd));
			return 2;
		}
		step(&fuzz);
	} while (now() < end && fuzz.differences < 10);
	close(fuzz.fd);
	printf("fuzz seed %llu: %u writes (%u taken, %u refused), %u events read, %u opens, %u "
	       "differences\n",
	       (unsigned long long)fuzz.seed, fuzz.writes, fuzz.taken, fuzz.refused, fuzz.events,
	       fuzz.opens, fuzz.differences);
	return fuzz.differences ? 1 : 0;
}
