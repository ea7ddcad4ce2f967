/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic LOG [FIFO [ORDER]...]: a NIC that does as it is told, behind the module. What comes is
 * written to LOG, a line a message, with what is against the contract (lines "VIOLATION"). Orders
 * come through FIFO, a line each; every order is confirmed by a line "order …" in LOG and in
 * FIFO.answers, so that a shell can wait for it:
 *
 *   add PACKETS BYTES     every live rule has counted so much more; written at once
 *   set PACKETS BYTES     every live rule has counted so much in all; written at once
 *   refuse ERRNO [TEXT]   refuse every REPLACE from now on
 *   accept                accept from now on
 *   capacity N            refuse with ENOSPC what makes more than N rules
 *   hold                  answer nothing from now on
 *   rules                 confirm only: the line says how many rules there are
 *   close                 close the device and end
 *
 * It says "ready" there when the repetition has ended; exits with 0 when it was told to close, with
 * 1 when the device failed, with 3 when a message was against the contract.
 */
#include "channel.h"
#include "contract.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct nic {
	struct contract contract;
	FILE *log;
	int device, orders, answers;
	int refuse; /* errno, 0: accept */
	int hold;
	int closed;
	unsigned capacity;
	char text[KMOD_TEXT_SIZE];
};

/* A line to the log and to who gives the orders. */
static void confirm(struct nic *nic, const char *format, ...)
{
	char line[256];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	length = length < (int)sizeof(line) - 1 ? length : (int)sizeof(line) - 2;
	line[length] = '\n';
	fwrite(line, 1, (size_t)length + 1, nic->log);
	/* nobody may be reading; then the pipe is full one day, and that is no harm */
	if (nic->answers >= 0 && write(nic->answers, line, (size_t)length + 1) < 0)
		return;
}

static void describe_bind(FILE *log, const struct kmod_bind *bind)
{
	static const char *const binders[] = {"?", "chain", "flowtable", "tc"};

	fprintf(log, " binding %u %s on %u %s block %llu", bind->binding,
		bind->binder < 4 ? binders[bind->binder] : "?", bind->ifindex,
		bind->direction ? "egress" : "ingress", (unsigned long long)bind->block);
	if (bind->table[0])
		fprintf(log, " %s %s", bind->table, bind->chain);
}

static void describe_command(FILE *log, const struct kmod_command *command)
{
	const struct kmod_replace *replace = (const void *)command;

	fprintf(log, " binding %u cookie 0x%llx", command->binding,
		(unsigned long long)command->cookie);
	if (command->header.type == KMOD_REPLACE)
		fprintf(log, " handle %llu after %llu fields %u actions %u",
			(unsigned long long)replace->handle, (unsigned long long)replace->previous,
			replace->num_fields, replace->num_actions);
	if (command->header.type == KMOD_STATS)
		fprintf(log, " packets %llu bytes %llu", (unsigned long long)command->packets,
			(unsigned long long)command->bytes);
}

static void describe(FILE *log, const struct kmod_header *header)
{
	const struct kmod_port *port = (const void *)header;

	fputs(channel_type_name(header->type), log);
	if (header->type == KMOD_PORT || header->type == KMOD_PORT_GONE)
		fprintf(log, " %.16s ifindex %u kind %.16s", port->name, port->ifindex, port->kind);
	if (header->type == KMOD_BIND || header->type == KMOD_UNBIND ||
	    header->type == KMOD_RELEASE)
		describe_bind(log, (const void *)header);
	if (header->type == KMOD_REPLACE || header->type == KMOD_DESTROY ||
	    header->type == KMOD_STATS)
		describe_command(log, (const void *)header);
	fprintf(log, "%s%s%s", header->flags & KMOD_FLAG_SYNC ? " sync" : "",
		header->flags & KMOD_FLAG_REPEATED ? " repeated" : "",
		header->flags & KMOD_FLAG_DEVICE_GONE ? " device-gone" : "");
}

static int answer(struct nic *nic, const struct kmod_header *header)
{
	const struct kmod_command *command = (const void *)header;
	int error = 0;

	if (header->type == KMOD_REPLACE) {
		if (nic->refuse)
			error = -nic->refuse;
		else if (HASH_COUNT(nic->contract.rules) > nic->capacity)
			error = -ENOSPC;
		if (error)
			contract_refused(&nic->contract, command->binding, command->cookie);
	}
	fprintf(nic->log, " -> %d\n", error);
	return channel_reply(nic->device, header->sequence, error, error ? nic->text : "");
}

static int on_message(struct nic *nic)
{
	_Alignas(8) unsigned char message[KMOD_MESSAGE_MAX];
	const struct kmod_header *header = (const void *)message;
	ssize_t size = channel_read(nic->device, message);

	if (size < 0)
		return (int)size;
	contract_message(&nic->contract, message, (size_t)size);
	describe(nic->log, header);
	if (header->flags & KMOD_FLAG_SYNC && !nic->hold)
		return answer(nic, header);
	fputc('\n', nic->log);
	if (header->type == KMOD_REPEAT_END)
		confirm(nic, "ready");
	return 0;
}

static int write_totals(struct nic *nic)
{
	size_t count = HASH_COUNT(nic->contract.rules), i = 0;
	struct kmod_total *totals = calloc(count + 1, sizeof(*totals));
	struct contract_rule *rule;
	int err;

	if (!totals)
		return -ENOMEM;
	for (rule = nic->contract.rules; rule; rule = rule->hh.next)
		totals[i++] = (struct kmod_total){
			.binding = rule->key.binding,
			.cookie = rule->key.cookie,
			.packets = rule->packets,
			.bytes = rule->bytes,
		};
	err = channel_totals(nic->device, totals, count);
	free(totals);
	return err;
}

static int count(struct nic *nic, uint64_t packets, uint64_t bytes, int keep)
{
	struct contract_rule *rule;

	for (rule = nic->contract.rules; rule; rule = rule->hh.next) {
		rule->packets = packets + (keep ? rule->packets : 0);
		rule->bytes = bytes + (keep ? rule->bytes : 0);
	}
	return write_totals(nic);
}

static int obey(struct nic *nic, const char *order)
{
	unsigned long long packets, bytes;
	int err = 0;

	if (sscanf(order, "add %llu %llu", &packets, &bytes) == 2)
		err = count(nic, packets, bytes, 1);
	else if (sscanf(order, "set %llu %llu", &packets, &bytes) == 2)
		err = count(nic, packets, bytes, 0);
	else if (sscanf(order, "refuse %d %127[^\n]", &nic->refuse, nic->text) >= 1)
		;
	else if (sscanf(order, "capacity %u", &nic->capacity) == 1)
		;
	else if (!strcmp(order, "accept"))
		nic->refuse = 0;
	else if (!strcmp(order, "hold"))
		nic->hold = 1;
	else if (!strcmp(order, "close"))
		nic->closed = 1;
	else if (strcmp(order, "rules"))
		err = -EINVAL;
	confirm(nic, "order %s: %d, %u rules, %u bindings, %u ports", order, err,
		HASH_COUNT(nic->contract.rules), HASH_COUNT(nic->contract.bindings),
		HASH_COUNT(nic->contract.ports));
	return err;
}

static int on_orders(struct nic *nic)
{
	char text[1024], *line, *rest;
	ssize_t size = read(nic->orders, text, sizeof(text) - 1);
	int err = 0;

	if (size < 0)
		return -errno;
	text[size] = '\0';
	for (line = strtok_r(text, "\n", &rest); line && !err; line = strtok_r(NULL, "\n", &rest))
		err = obey(nic, line);
	return err;
}

static int serve(struct nic *nic)
{
	struct pollfd polled[] = {{.fd = nic->device, .events = POLLIN},
				  {.fd = nic->orders, .events = POLLIN}};
	int err = 0;

	while (!err && !nic->closed) {
		if (poll(polled, 2, -1) < 0)
			return -errno;
		if (polled[0].revents & (POLLERR | POLLHUP))
			return -EIO;
		/* what has happened comes before what is ordered, so that answers are exact */
		if (polled[0].revents & POLLIN)
			err = on_message(nic);
		else if (polled[1].revents & POLLIN)
			err = on_orders(nic);
	}
	return err;
}

/* Both for reading and writing: there is no end of file between two orders. */
static int open_orders(struct nic *nic, const char *path)
{
	char answers[256];

	snprintf(answers, sizeof(answers), "%s.answers", path);
	nic->orders = open(path, O_RDWR | O_CLOEXEC);
	nic->answers = open(answers, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return nic->orders < 0 || nic->answers < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct nic nic = {
		.orders = -1, .answers = -1, .capacity = ~0u, .text = "the test's NIC says no"};
	struct kmod_hello hello;
	int err, argument;

	nic.log = argc >= 2 ? fopen(argv[1], "a") : NULL;
	if (!nic.log)
		return 2;
	setvbuf(nic.log, NULL, _IOLBF, 0);
	if (argc >= 3 && open_orders(&nic, argv[2]))
		return 2;
	contract_init(&nic.contract, nic.log);
	nic.device = channel_start(KMOD_HELLO_STATS, &hello);
	if (nic.device < 0) {
		fprintf(nic.log, "no device: %s\n", strerror(-nic.device));
		return 1;
	}
	contract_message(&nic.contract, &hello, sizeof(hello));
	fprintf(nic.log, "HELLO %s, %s, module %s\n", hello.release, hello.kernel, hello.module);
	for (argument = 3; argument < argc; argument++)
		obey(&nic, argv[argument]);
	err = serve(&nic);
	fprintf(nic.log, "end: %s, %u violations\n", strerror(-err), nic.contract.violations);
	err = nic.contract.violations ? 3 : err ? 1 : 0;
	contract_free(&nic.contract);
	fclose(nic.log);
	return err;
}
