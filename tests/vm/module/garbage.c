/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wire client's command line, and a program that misbehaves: every line of CASES is written or
 * done once, and the answer of the module compared with what the wire promises.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wire_client.h"

static const char USAGE[] =
	"usage: wire_client [OPTION]...\n"
	"  --quiet            no events on stdout\n"
	"  --stats            have STATS reported\n"
	"  --events N         end after N events\n"
	"  --seconds S        end after S seconds (600)\n"
	"  --until-repeat-end end when what was there has been repeated\n"
	"  --repeated-too     N counts what is repeated, too\n"
	"  --refuse N[+]      refuse the N-th REPLACE (and all later ones)\n"
	"  --refuse-bind N    refuse the N-th BIND\n"
	"  --errno E          … with this errno, a number (28, ENOSPC)\n"
	"  --text TEXT        … and this text\n"
	"  --delay MS         wait before each answer to a REPLACE\n"
	"  --stop N           stop (SIGSTOP) at the N-th REPLACE, before the answer\n"
	"  --hold             refuse the first REPLACE, but after the repetition that comes next\n"
	"  --die N            end at the N-th REPLACE without an answer\n"
	"  --twice            send each reply twice\n"
	"  --count N          after each REPLACE, N packets of 100 bytes more for each rule\n"
	"  --only-flush       … only when the module asks (FLUSH)\n"
	"  --garbage          misbehave, and check what the module says to it\n";

void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("wire_client: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

void write_message(int fd, const void *message)
{
	const struct kmod_header *header = message;
	ssize_t written = write(fd, message, header->length);

	if (written != (ssize_t)header->length)
		fail("write of a message of type %u: %s", header->type,
		     written < 0 ? strerror(errno) : "taken in part");
}

void say_hello(int fd, unsigned int flags)
{
	struct kmod_hello hello = {.version = KMOD_VERSION, .options = flags};

	hello.header.type = KMOD_HELLO;
	hello.header.length = sizeof(hello);
	write_message(fd, &hello);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || (*end && strcmp(end, "+"))) {
		fputs(USAGE, stderr);
		exit(2);
	}
	return n;
}

static const struct option OPTIONS[] = {
	{"quiet", no_argument, NULL, 'q'},
	{"stats", no_argument, NULL, 's'},
	{"events", required_argument, NULL, 'e'},
	{"seconds", required_argument, NULL, 'S'},
	{"until-repeat-end", no_argument, NULL, 'u'},
	{"refuse", required_argument, NULL, 'r'},
	{"refuse-bind", required_argument, NULL, 'b'},
	{"errno", required_argument, NULL, 'E'},
	{"text", required_argument, NULL, 't'},
	{"delay", required_argument, NULL, 'd'},
	{"stop", required_argument, NULL, 'p'},
	{"die", required_argument, NULL, 'D'},
	{"twice", no_argument, NULL, '2'},
	{"count", required_argument, NULL, 'c'},
	{"only-flush", no_argument, NULL, 'f'},
	{"hold", no_argument, NULL, 'H'},
	{"garbage", no_argument, NULL, 'g'},
	{NULL, 0, NULL, 0},
};

void parse_options(int argc, char **argv)
{
	int c;

	options.refuse_errno = ENOSPC;
	options.refuse_text = "the table is full";
	while ((c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
		switch (c) {
		case 'q': options.quiet = true; break;
		case 's': options.stats = true; break;
		case 'u': options.until_repeat_end = true; break;
		case '2': options.reply_twice = true; break;
		case 'f': options.only_flush = true; break;
		case 'H': options.hold = true; break;
		case 'g': options.garbage = true; break;
		case 'R': options.repeated_too = true; break;
		case 'e': options.events = number(optarg); break;
		case 'S': options.seconds = number(optarg); break;
		case 'r':
			options.refuse_at = number(optarg);
			options.refuse_later = strchr(optarg, '+');
			break;
		case 'b': options.refuse_bind_at = number(optarg); break;
		case 'E': options.refuse_errno = number(optarg); break;
		case 't': options.refuse_text = optarg; break;
		case 'd': options.delay_ms = number(optarg); break;
		case 'p': options.stop_at = number(optarg); break;
		case 'D': options.die_at = number(optarg); break;
		case 'c': options.count = number(optarg); break;
		default: fputs(USAGE, stderr); exit(2);
		}
	}
	if (optind != argc) {
		fputs(USAGE, stderr);
		exit(2);
	}
}

/* ---- misbehaviour ---- */

struct bad {
	const char *what;
	struct kmod_header header;
	size_t size;   /* of the write */
	int expected;  /* errno; 0: taken */
	uint32_t word; /* the first word after the header */
	bool unclosed; /* the rest is filled with bytes that are not 0 */
};

/* Each is one write, before the HELLO or after it. */
static const struct bad BEFORE_HELLO[] = {
	{"a reply before HELLO",
	 {sizeof(struct kmod_reply), KMOD_REPLY, 0, 1},
	 sizeof(struct kmod_reply),
	 ENOTCONN,
	 0,
	 false},
	{"HELLO of version 0",
	 {sizeof(struct kmod_hello), KMOD_HELLO, 0, 0},
	 sizeof(struct kmod_hello),
	 EPROTO,
	 0,
	 false},
	{"HELLO of version 99",
	 {sizeof(struct kmod_hello), KMOD_HELLO, 0, 0},
	 sizeof(struct kmod_hello),
	 EPROTO,
	 99,
	 false},
	{"half a HELLO",
	 {sizeof(struct kmod_hello), KMOD_HELLO, 0, 0},
	 24,
	 EBADMSG,
	 KMOD_VERSION,
	 false},
	{"a HELLO that says it is short", {24, KMOD_HELLO, 0, 0}, 24, EBADMSG, KMOD_VERSION, false},
};

static const struct bad AFTER_HELLO[] = {
	{"a second HELLO",
	 {sizeof(struct kmod_hello), KMOD_HELLO, 0, 0},
	 sizeof(struct kmod_hello),
	 EBADMSG,
	 KMOD_VERSION,
	 false},
	{"an empty write", {0, 0, 0, 0}, 0, EBADMSG, 0, false},
	{"one byte", {1, KMOD_REPLY, 0, 0}, 1, EBADMSG, 0, false},
	{"length 0", {0, KMOD_REPLY, 0, 0}, 152, EBADMSG, 0, false},
	{"length of 4 GiB", {~0U, KMOD_TOTALS, 0, 0}, 152, EBADMSG, 0, false},
	{"an odd length", {17, KMOD_TOTALS, 0, 0}, 64, EBADMSG, 0, false},
	{"an unknown type", {16, 77, 0, 0}, 16, EBADMSG, 0, false},
	{"the module's own type",
	 {sizeof(struct kmod_bind), KMOD_BIND, 0, 0},
	 sizeof(struct kmod_bind),
	 EBADMSG,
	 0,
	 false},
	{"flags",
	 {sizeof(struct kmod_reply), KMOD_REPLY, KMOD_FLAG_SYNC, 1},
	 sizeof(struct kmod_reply),
	 EBADMSG,
	 0,
	 false},
	{"a reply to nothing",
	 {sizeof(struct kmod_reply), KMOD_REPLY, 0, 4711},
	 sizeof(struct kmod_reply),
	 0,
	 0,
	 false},
	{"a reply with a positive error",
	 {sizeof(struct kmod_reply), KMOD_REPLY, 0, 1},
	 sizeof(struct kmod_reply),
	 EBADMSG,
	 5,
	 false},
	{"a reply with an error of -5000",
	 {sizeof(struct kmod_reply), KMOD_REPLY, 0, 1},
	 sizeof(struct kmod_reply),
	 EBADMSG,
	 (uint32_t)-5000,
	 false},
	{"a reply whose text has no end",
	 {sizeof(struct kmod_reply), KMOD_REPLY, 0, 1},
	 sizeof(struct kmod_reply),
	 EBADMSG,
	 0,
	 true},
	{"totals of no rules",
	 {sizeof(struct kmod_totals), KMOD_TOTALS, 0, 0},
	 sizeof(struct kmod_totals),
	 0,
	 0,
	 false},
	{"more totals than bytes",
	 {sizeof(struct kmod_totals), KMOD_TOTALS, 0, 0},
	 sizeof(struct kmod_totals),
	 EBADMSG,
	 1,
	 false},
	{"2^32-1 totals",
	 {sizeof(struct kmod_totals) + 32, KMOD_TOTALS, 0, 0},
	 sizeof(struct kmod_totals) + 32,
	 EBADMSG,
	 ~0U,
	 false},
	{"2^27+1 totals, which is one more than 0 of 32 bytes in 32 bits",
	 {sizeof(struct kmod_totals) + 32, KMOD_TOTALS, 0, 0},
	 sizeof(struct kmod_totals) + 32,
	 EBADMSG,
	 (1U << 27) + 1,
	 false},
	{"totals of an unknown rule",
	 {sizeof(struct kmod_totals) + 32, KMOD_TOTALS, 0, 0},
	 sizeof(struct kmod_totals) + 32,
	 0,
	 1,
	 false},
	{"too much in one write",
	 {KMOD_MESSAGE_MAX + 32, KMOD_TOTALS, 0, 0},
	 KMOD_MESSAGE_MAX + 32,
	 EMSGSIZE,
	 0,
	 false},
};

static int check(const char *what, ssize_t got, int expected)
{
	int error = got < 0 ? errno : 0;

	if (error == expected)
		return 0;
	printf("garbage: %s: %s, where %s was due\n", what, error ? strerror(error) : "taken",
	       expected ? strerror(expected) : "no error");
	return 1;
}

static int try_writes(int fd, const struct bad *cases, size_t n)
{
	static uint64_t buffer[KMOD_MESSAGE_MAX / 8 + 8];
	int wrong = 0;

	for (size_t i = 0; i < n; i++) {
		memset(buffer, cases[i].unclosed ? 'x' : 0, sizeof(buffer));
		memcpy(buffer, &cases[i].header, sizeof(cases[i].header));
		memcpy((char *)buffer + sizeof(struct kmod_header), &cases[i].word, 4);
		wrong += check(cases[i].what, write(fd, buffer, cases[i].size), cases[i].expected);
	}
	return wrong;
}

static int try_calls(int fd)
{
	static uint64_t buffer[KMOD_MESSAGE_MAX / 8];
	void *volatile bad = (void *)8;
	void *map;
	int wrong = 0;

	wrong += check("read into 8 bytes", read(fd, buffer, 8), EMSGSIZE);
	wrong += check("read into a bad address", read(fd, bad, sizeof(buffer)), EFAULT);
	wrong += check("write from a bad address", write(fd, bad, 152), EFAULT);
	wrong += check("ioctl", ioctl(fd, 0x4711, buffer), ENOTTY);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	wrong += check("mmap", map == MAP_FAILED ? -1 : 0, ENODEV);
	wrong += check("a second open", open("/dev/" KMOD_DEVICE, O_RDWR), EBUSY);
	wrong += check("lseek", lseek(fd, 0, SEEK_SET), ESPIPE);
	return wrong;
}

/* Two messages in one write, the second wrong: the first is taken, and its bytes are returned. */
static int try_half(int fd)
{
	struct {
		struct kmod_totals good;
		struct kmod_header bad;
	} both = {.good = {.header = {sizeof(both.good), KMOD_TOTALS, 0, 0}},
		  .bad = {sizeof(both.bad), 77, 0, 0}};
	ssize_t got = write(fd, &both, sizeof(both));

	if (got == (ssize_t)sizeof(both.good))
		return 0;
	printf("garbage: a good and a bad message: %zd bytes taken\n", got);
	return 1;
}

int try_garbage(int fd)
{
	static uint64_t buffer[KMOD_MESSAGE_MAX / 8];
	const size_t n = ARRAY_SIZE(BEFORE_HELLO) + ARRAY_SIZE(AFTER_HELLO) + 9;
	int wrong;

	wrong = check("a read before HELLO", read(fd, buffer, sizeof(buffer)), ENOTCONN);
	wrong += try_writes(fd, BEFORE_HELLO, ARRAY_SIZE(BEFORE_HELLO));
	say_hello(fd, 0);
	wrong += try_calls(fd);
	wrong += try_writes(fd, AFTER_HELLO, ARRAY_SIZE(AFTER_HELLO));
	wrong += try_half(fd);
	printf("garbage: %zu kinds, %d wrong answers\n", n, wrong);
	return wrong ? 1 : 0;
}
