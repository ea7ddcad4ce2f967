/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Speaks the wire of nsim_nft_offload.ko by hand: prints every event as text, and answers as its
 * scenario says. For tests of the module in a guest, where it is the only user-space side that is
 * known to behave exactly as it was told; static, needs nothing.
 *
 * One line an event: its type, then words NAME=VALUE; a REPLACE has a line for each field and each
 * action after it, indented. Exit status: 0, or 1 with a line on stderr; the status of --garbage is
 * 0 when the module answered it as the wire promises.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nicemu/kernel/wire.h"
#include "wire_client.h"

struct options options = {.seconds = 600};

static struct {
	struct tracked {
		uint32_t binding;
		uint64_t cookie, packets;
	} * rules;
	size_t num_rules, size;
	unsigned long replaces, binds;
	struct kmod_header held; /* type 0: none yet */
} state;

static const char *const TYPE_NAMES[] = {
	[KMOD_HELLO] = "HELLO",         [KMOD_PORT] = "PORT",
	[KMOD_PORT_GONE] = "PORT_GONE", [KMOD_BIND] = "BIND",
	[KMOD_UNBIND] = "UNBIND",       [KMOD_REPLACE] = "REPLACE",
	[KMOD_DESTROY] = "DESTROY",     [KMOD_STATS] = "STATS",
	[KMOD_FLUSH] = "FLUSH",         [KMOD_REPEAT_END] = "REPEAT_END",
	[KMOD_LOST] = "LOST",           [KMOD_RELEASE] = "RELEASE",
};

static const char *const ACTION_NAMES[] = {
	"UNKNOWN",
	"ACCEPT",
	"DROP",
	"TRAP",
	"GOTO",
	"REDIRECT",
	"MIRRED",
	"REDIRECT_INGRESS",
	"MIRRED_INGRESS",
	"VLAN_PUSH",
	"VLAN_POP",
	"VLAN_MANGLE",
	"TUNNEL_ENCAP",
	"TUNNEL_DECAP",
	"MANGLE",
	"ADD",
	"CSUM",
	"MARK",
	"PTYPE",
	"PRIORITY",
	"RX_QUEUE_MAPPING",
	"WAKE",
	"QUEUE",
	"SAMPLE",
	"POLICE",
	"CT",
	"CT_METADATA",
	"MPLS_PUSH",
	"MPLS_POP",
	"MPLS_MANGLE",
	"GATE",
	"PPPOE_PUSH",
	"JUMP",
	"PIPE",
	"VLAN_PUSH_ETH",
	"VLAN_POP_ETH",
	"CONTINUE",
};

static const char *field_name(unsigned int id)
{
	switch (id) {
#define X(id_, number, key, size, name) \
	case number: return name;
		KMOD_FIELDS(X)
#undef X
	default: return "?";
	}
}

static void print_hex(const uint8_t *bytes, unsigned int size)
{
	for (unsigned int i = 0; i < size && i < KMOD_FIELD_VALUE_SIZE; i++)
		printf("%02x", bytes[i]);
}

static void print_bind(const struct kmod_bind *b)
{
	static const char *const binders[] = {"?", "chain", "flowtable", "tc"};

	printf(" binding=%u ifindex=%u netns=%u binder=%s direction=%s indirect=%u block=%llu",
	       b->binding, b->ifindex, b->netns, binders[b->binder & 3],
	       b->direction == KMOD_EGRESS ? "egress" : "ingress", b->indirect,
	       (unsigned long long)b->block);
	printf(" table=%.256s chain=%.256s\n", b->table, b->chain);
}

static void print_command(const struct kmod_command *c)
{
	printf(" binding=%u cookie=%llx prio=%u chain_index=%u protocol=%04x skip_sw=%u",
	       c->binding, (unsigned long long)c->cookie, c->prio, c->chain_index, c->protocol,
	       c->skip_sw);
	if (c->header.type == KMOD_STATS)
		printf(" packets=%llu bytes=%llu idle_ms=%d", (unsigned long long)c->packets,
		       (unsigned long long)c->bytes, (int)c->idle_ms);
	printf(" error=%d", c->error);
}

static void print_replace(const struct kmod_replace *r)
{
	const struct kmod_field *f = (const void *)(r + 1);
	const struct kmod_action *a = (const void *)(f + r->num_fields);

	print_command(&r->command);
	printf(" used_keys=%llx unknown_keys=%llx handle=%llu previous=%llu fields=%u actions=%u "
	       "lost=%u\n",
	       (unsigned long long)r->used_keys, (unsigned long long)r->unknown_keys,
	       (unsigned long long)r->handle, (unsigned long long)r->previous, r->num_fields,
	       r->num_actions, r->lost_actions);
	for (unsigned int i = 0; i < r->num_fields; i++) {
		printf("  %s ", field_name(f[i].id));
		print_hex(f[i].key, f[i].size);
		putchar('/');
		print_hex(f[i].mask, f[i].size);
		printf("%s\n", f[i].flags & KMOD_FIELD_FLAGGED ? "" : " written");
	}
	for (unsigned int i = 0; i < r->num_actions; i++) {
		printf("  %s kernel=%u hw_stats=%u",
		       a[i].id < ARRAY_SIZE(ACTION_NAMES) ? ACTION_NAMES[a[i].id] : "?",
		       a[i].kernel_id, a[i].hw_stats);
		for (unsigned int j = 0; j < KMOD_ARGUMENTS; j++)
			printf(" %x", a[i].argument[j]);
		putchar('\n');
	}
}

/* The whole message was checked to be there. */
static void print_event(const struct kmod_header *h)
{
	const struct kmod_port *p = (const void *)h;
	const struct kmod_hello *hello = (const void *)h;

	if (options.quiet)
		return;
	printf("%s sequence=%llu%s%s%s", TYPE_NAMES[h->type], (unsigned long long)h->sequence,
	       h->flags & KMOD_FLAG_SYNC ? " sync" : "",
	       h->flags & KMOD_FLAG_REPEATED ? " repeated" : "",
	       h->flags & KMOD_FLAG_DEVICE_GONE ? " device-gone" : "");
	switch (h->type) {
	case KMOD_HELLO:
		printf(" version=%u release=%.64s module=%.32s\n", hello->version, hello->release,
		       hello->module);
		break;
	case KMOD_PORT:
	case KMOD_PORT_GONE:
		printf(" ifindex=%u netns=%u name=%.16s kind=%.16s type=%u mac=", p->ifindex,
		       p->netns, p->name, p->kind, p->iftype);
		print_hex(p->mac, sizeof(p->mac));
		putchar('\n');
		break;
	case KMOD_BIND:
	case KMOD_UNBIND:
	case KMOD_RELEASE: print_bind((const void *)h); break;
	case KMOD_REPLACE: print_replace((const void *)h); break;
	case KMOD_DESTROY:
	case KMOD_STATS:
		print_command((const void *)h);
		putchar('\n');
		break;
	default: putchar('\n');
	}
}

/* ---- what it has accepted, so that it can count ---- */

static struct tracked *tracked_find(uint32_t binding, uint64_t cookie)
{
	for (size_t i = 0; i < state.num_rules; i++)
		if (state.rules[i].binding == binding && state.rules[i].cookie == cookie)
			return &state.rules[i];
	return NULL;
}

static void tracked_add(uint32_t binding, uint64_t cookie)
{
	if (!options.count || tracked_find(binding, cookie))
		return;
	if (state.num_rules == state.size) {
		state.size = state.size ? 2 * state.size : 64;
		state.rules = realloc(state.rules, state.size * sizeof(*state.rules));
		if (!state.rules)
			fail("out of memory");
	}
	state.rules[state.num_rules++] = (struct tracked){.binding = binding, .cookie = cookie};
}

static void tracked_remove(uint32_t binding, uint64_t cookie)
{
	struct tracked *t = tracked_find(binding, cookie);

	if (t)
		*t = state.rules[--state.num_rules];
}

/* Each rule has --count packets of 100 bytes more than before. */
static void write_totals(int fd)
{
	enum { BATCH = 256 };
	static struct {
		struct kmod_totals head;
		struct kmod_total totals[BATCH];
	} message;

	for (size_t at = 0; at < state.num_rules; at += BATCH) {
		unsigned int n = 0;

		for (; n < BATCH && at + n < state.num_rules; n++) {
			struct tracked *t = &state.rules[at + n];

			t->packets += options.count;
			message.totals[n] = (struct kmod_total){.binding = t->binding,
								.cookie = t->cookie,
								.packets = t->packets,
								.bytes = t->packets * 100};
		}
		message.head = (struct kmod_totals){.count = n};
		message.head.header.type = KMOD_TOTALS;
		message.head.header.length = sizeof(message.head) + n * sizeof(struct kmod_total);
		write_message(fd, &message);
	}
}

/* ---- answers ---- */

static void reply(int fd, const struct kmod_header *h, int error, const char *text)
{
	struct kmod_reply r = {.error = error};

	r.header.type = KMOD_REPLY;
	r.header.length = sizeof(r);
	r.header.sequence = h->sequence;
	snprintf(r.text, sizeof(r.text), "%s", text);
	write_message(fd, &r);
	if (options.reply_twice)
		write_message(fd, &r);
}

/* Is this the N-th, of those from N on with "N+"? */
static bool is_nth(unsigned long now, unsigned long nth, bool and_later)
{
	return nth && (and_later ? now >= nth : now == nth);
}

static bool is_counted(const struct kmod_header *h)
{
	return options.repeated_too || !(h->flags & KMOD_FLAG_REPEATED);
}

static void on_replace(int fd, const struct kmod_command *c)
{
	bool refuse;

	state.replaces += is_counted(&c->header);
	if (is_counted(&c->header) && is_nth(state.replaces, options.stop_at, false))
		raise(SIGSTOP);
	if (is_counted(&c->header) && is_nth(state.replaces, options.die_at, false))
		_exit(0);
	if (options.hold && !state.held.type && c->header.flags & KMOD_FLAG_SYNC) {
		state.held = c->header;
		return;
	}
	if (options.delay_ms)
		usleep(options.delay_ms * 1000);
	refuse = is_counted(&c->header) &&
		 is_nth(state.replaces, options.refuse_at, options.refuse_later);
	if (!refuse)
		tracked_add(c->binding, c->cookie);
	if (c->header.flags & KMOD_FLAG_SYNC || refuse)
		reply(fd, &c->header, refuse ? -options.refuse_errno : 0,
		      refuse ? options.refuse_text : "");
	if (options.count && !options.only_flush)
		write_totals(fd);
}

static void on_event(int fd, const struct kmod_header *h)
{
	const struct kmod_command *c = (const void *)h;

	print_event(h);
	switch (h->type) {
	case KMOD_BIND:
		state.binds += is_counted(h);
		if (h->flags & KMOD_FLAG_SYNC)
			reply(fd, h,
			      is_nth(state.binds, options.refuse_bind_at, false)
				      ? -options.refuse_errno
				      : 0,
			      options.refuse_text);
		break;
	case KMOD_REPLACE: on_replace(fd, c); break;
	case KMOD_DESTROY: tracked_remove(c->binding, c->cookie); break;
	case KMOD_LOST: state.num_rules = 0; break;
	case KMOD_REPEAT_END:
		if (state.held.type)
			reply(fd, &state.held, -options.refuse_errno, options.refuse_text);
		break;
	case KMOD_FLUSH:
		write_totals(fd);
		reply(fd, h, 0, "");
		break;
	default: break;
	}
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Lengths are the module's own; that they hold together is checked, since this is a test. */
static void check_event(const struct kmod_header *h, ssize_t got)
{
	const struct kmod_replace *r = (const void *)h;

	if (got < (ssize_t)sizeof(*h) || h->length != (size_t)got)
		fail("a read gave %zd bytes, its header says %u", got, h->length);
	if (h->type >= ARRAY_SIZE(TYPE_NAMES) || !TYPE_NAMES[h->type])
		fail("an event of type %u", h->type);
	if (h->type == KMOD_REPLACE &&
	    sizeof(*r) + r->num_fields * sizeof(struct kmod_field) +
			    r->num_actions * sizeof(struct kmod_action) !=
		    h->length)
		fail("a REPLACE of %u bytes, with %u fields and %u actions", h->length,
		     r->num_fields, r->num_actions);
}

static void serve(int fd)
{
	static uint64_t buffer[KMOD_MESSAGE_MAX / 8];
	const struct kmod_header *h = (const void *)buffer;
	const long end = now_ms() + options.seconds * 1000L;
	unsigned long events = 0;
	uint64_t sequence = 0;

	while (now_ms() < end && (!options.events || events < options.events)) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t got;

		if (poll(&p, 1, 100) <= 0)
			continue;
		got = read(fd, buffer, sizeof(buffer));
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			fail("read: %s", strerror(errno));
		check_event(h, got);
		if (h->sequence != ++sequence)
			fail("event %llu where %llu was due", (unsigned long long)h->sequence,
			     (unsigned long long)sequence);
		on_event(fd, h);
		events++;
		if (options.until_repeat_end && h->type == KMOD_REPEAT_END)
			return;
	}
}

int main(int argc, char **argv)
{
	int fd;

	parse_options(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = open("/dev/" KMOD_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail("/dev/" KMOD_DEVICE ": %s", strerror(errno));
	if (options.garbage)
		return try_garbage(fd);
	say_hello(fd, options.stats ? KMOD_HELLO_STATS : 0);
	serve(fd);
	return 0;
}
