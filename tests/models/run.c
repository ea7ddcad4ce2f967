/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include "device.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FULL_MAX = 100000 };

/* A row under way. */
struct run {
	const char *model;
	const struct row *row;
	struct device device;
	uint32_t binding;
	struct reason reason;
	char *error;
	size_t size;
};

static bool __attribute__((format(printf, 2, 3))) fail(struct run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(run->error, run->size, format, arguments);
	va_end(arguments);
	return false;
}

/* --- what a row says --- */

static const char *word(const struct run *run, size_t index)
{
	return index < run->row->num_words ? run->row->words[index] : "";
}

static const char *part(const struct run *run, size_t index)
{
	return index < run->row->num_parts ? run->row->parts[index] : "";
}

/* The negative errno of that name; 1 where it is none. "ok" is 0. */
static int error_number(const char *name)
{
	if (strcmp(name, "ok") == 0)
		return 0;
	for (int i = 1; i < 256; i++)
		if (strcmp(errno_name(i), name) == 0)
			return -i;
	return 1;
}

static bool expect_error(struct run *run, const char *what, int error, const char *name)
{
	int wanted = error_number(name);

	if (wanted > 0)
		return fail(run, "%s is no errno", name);
	if (error == wanted)
		return true;
	return fail(run, "%s: wanted %s, got %s%s%s: %s", what, name,
		    error ? errno_name(-error) : "ok", error && run->reason.id ? " " : "",
		    error && run->reason.id ? run->reason.id : "",
		    error ? run->reason.clause : "accepted");
}

static bool read_rule(struct run *run, struct rule_text *text, const char *from)
{
	return rule_text_read(text, &run->device.nic, from) || fail(run, "%s", text->error);
}

static bool read_packet(struct run *run, struct packet_text *text, const char *from)
{
	return packet_text_read(text, &run->device.nic, from) || fail(run, "%s", text->error);
}

/* --- steps --- */

static bool bind_front(struct run *run, const char *front, uint16_t port, int *error)
{
	enum offload_binder binder;

	run->reason = (struct reason){0};
	if (!device_front_end(front, &binder))
		return fail(run, "there is no front end %s", front);
	*error = device_bind(&run->device, binder, port, 1, &run->binding, &run->reason);
	return true;
}

static int replace(struct run *run, const struct rule_text *text, uint64_t cookie)
{
	run->reason = (struct reason){0};
	return device_replace(&run->device, run->binding, cookie, text, &run->reason);
}

/* The rule on its port, under that cookie; *error is BIND's or REPLACE's. */
static bool put(struct run *run, const char *front, const struct rule_text *text, uint64_t cookie,
		int *error)
{
	if (!run->binding && (!bind_front(run, front, text->port, error) || *error))
		return !*run->error;
	*error = replace(run, text, cookie);
	return true;
}

static bool put_accepted(struct run *run, const char *front, const struct rule_text *text,
			 uint64_t cookie)
{
	int error = 0;

	if (!put(run, front, text, cookie, &error))
		return false;
	if (error)
		return fail(run, "wanted accepted, got %s %s: %s", errno_name(-error),
			    run->reason.id ? run->reason.id : "?", run->reason.clause);
	return true;
}

static bool is_reason(const struct run *run, const char *clause)
{
	size_t length = strlen(run->model);
	const char *id = run->reason.id;

	if (!id)
		return false;
	if (strcmp(id, clause) == 0)
		return true; /* of nicemu's own models */
	return strncmp(id, run->model, length) == 0 && id[length] == ':' &&
	       strcmp(id + length + 1, clause) == 0;
}

/* --- rows --- */

static bool run_refused(struct run *run)
{
	struct rule_text text = {0};
	int error = 0;
	bool good = read_rule(run, &text, part(run, 0)) && put(run, word(run, 3), &text, 1, &error);

	if (good && (!error || !is_reason(run, word(run, 1))))
		good = fail(run, "wanted refused by %s, got %s: %s", word(run, 1),
			    !error           ? "accepted"
			    : run->reason.id ? run->reason.id
					     : "no reason",
			    error ? run->reason.clause : "");
	good = good && expect_error(run, "REPLACE", error, word(run, 2));
	rule_text_clear(&text);
	return good;
}

static bool run_accepted(struct run *run)
{
	struct rule_text text = {0};
	int error = 0;
	bool good = read_rule(run, &text, part(run, 0)) && put(run, word(run, 2), &text, 1, &error);

	if (good && error && !(run->reason.id && strcmp(run->reason.id, "not-emulated") == 0))
		good = fail(run, "wanted accepted, got %s %s: %s", errno_name(-error),
			    run->reason.id ? run->reason.id : "?", run->reason.clause);
	rule_text_clear(&text);
	return good;
}

static bool run_bind(struct run *run)
{
	int error = 0;

	return bind_front(run, word(run, 1), 0, &error) &&
	       expect_error(run, "BIND", error, word(run, 2));
}

/* A second chain on a port. */
static bool run_bind_again(struct run *run)
{
	enum offload_binder binder;
	uint32_t id;
	int error = 0;

	if (!bind_front(run, word(run, 1), 0, &error) || !expect_error(run, "BIND", error, "ok") ||
	    !device_front_end(word(run, 1), &binder))
		return false;
	error = device_bind(&run->device, binder, 0, 2, &id, &run->reason);
	return expect_error(run, "the second BIND", error, word(run, 2));
}

static bool run_match(struct run *run, bool wanted)
{
	struct rule_text text = {0};
	struct packet_text packet = {0};
	bool good = read_rule(run, &text, part(run, 0)) &&
		    read_packet(run, &packet, part(run, 1)) &&
		    put_accepted(run, word(run, 2), &text, 1);

	if (good && device_send(&run->device, &packet).matched != wanted)
		good = fail(run, "the packet %s the rule", wanted ? "misses" : "matches");
	rule_text_clear(&text);
	return good;
}

static bool run_matches(struct run *run)
{
	return run_match(run, true);
}

static bool run_misses(struct run *run)
{
	return run_match(run, false);
}

static bool run_wins(struct run *run)
{
	struct rule_text first = {0}, second = {0};
	struct packet_text packet = {0};
	uint64_t wanted = strcmp(word(run, 1), "first") == 0 ? 1 : 2;
	struct asic_decision decision;
	bool good = read_rule(run, &first, part(run, 0)) && read_rule(run, &second, part(run, 1)) &&
		    read_packet(run, &packet, part(run, 2)) &&
		    put_accepted(run, word(run, 2), &first, 1) &&
		    put_accepted(run, word(run, 2), &second, 2);

	if (good) {
		decision = device_send(&run->device, &packet);
		if (!decision.matched || decision.cookie != wanted)
			good = fail(run, "rule %llu takes the packet",
				    decision.matched ? (unsigned long long)decision.cookie : 0);
	}
	rule_text_clear(&first);
	rule_text_clear(&second);
	return good;
}

/*
 * Two rules one after the other; the second one's answer in *error. On another port it is the first
 * one once more, as of a chain on both.
 */
static bool put_beside(struct run *run, const char *front, int *error)
{
	struct rule_text first = {0}, second = {0};
	bool good = read_rule(run, &first, part(run, 0)) && read_rule(run, &second, part(run, 1)) &&
		    put_accepted(run, front, &first, 1);
	bool is_same = first.port != second.port;

	if (good && is_same)
		run->binding = 0;
	good = good && put(run, front, &second, is_same ? 1 : 2, error);
	rule_text_clear(&first);
	rule_text_clear(&second);
	return good;
}

static bool run_conflicts(struct run *run)
{
	int error = 0;

	if (!put_beside(run, word(run, 3), &error))
		return false;
	if (!error || !is_reason(run, word(run, 1)))
		return fail(run, "wanted refused by %s, got %s", word(run, 1),
			    !error           ? "accepted"
			    : run->reason.id ? run->reason.id
					     : "no reason");
	return expect_error(run, "REPLACE", error, word(run, 2));
}

static bool run_agrees(struct run *run)
{
	int error = 0;

	return put_beside(run, word(run, 2), &error) &&
	       expect_error(run, "the second rule", error, "ok");
}

/* The rule on eth0, eth1 and eth2, under one cookie, as of one chain. */
static bool put_on_three_ports(struct run *run, const char *front, const struct rule_text *text)
{
	for (uint16_t port = 0; port < 3; port++) {
		int error = 0;

		if (!bind_front(run, front, port, &error))
			return false;
		if (!error)
			error = replace(run, text, 1);
		if (error)
			return fail(run, "port %u: %s %s: %s", port, errno_name(-error),
				    run->reason.id ? run->reason.id : "?", run->reason.clause);
	}
	return true;
}

static void add_used(void *context, const struct asic_table_use *use)
{
	*(uint64_t *)context += use->used;
}

static bool run_takes(struct run *run)
{
	struct rule_text text = {0};
	uint64_t used = 0;
	bool good =
		read_rule(run, &text, part(run, 0)) && put_on_three_ports(run, word(run, 2), &text);

	if (good) {
		asic_visit_tables(run->device.asic, add_used, &used);
		if (used != strtoull(word(run, 1), NULL, 10))
			good = fail(run, "it takes %llu entries", (unsigned long long)used);
	}
	rule_text_clear(&text);
	return good;
}

/* What the driver takes, and nicemu then does not carry out. */
static bool run_nothing_carried_out(struct run *run)
{
	struct rule_text text = {0};
	int error = 0;
	bool good = read_rule(run, &text, part(run, 0)) && put(run, word(run, 1), &text, 1, &error);

	if (good && !(error && run->reason.id && strcmp(run->reason.id, "not-emulated") == 0))
		good = fail(run, "got %s %s", error ? errno_name(-error) : "accepted",
			    error && run->reason.id ? run->reason.id : "");
	rule_text_clear(&text);
	return good;
}

/* "drop", "host", "redirect PORT", each with "copy PORT" behind it for each mirror. */
static void print_decision(const struct nic *nic, const struct asic_decision *decision, char *text,
			   size_t size)
{
	static const char *const fates[ASIC_FATES] = {"drop", "redirect ", "host"};
	size_t at = (size_t)snprintf(
		text, size, "%s%s", fates[decision->fate],
		decision->fate == ASIC_REDIRECT ? nic->ports[decision->port].name : "");

	for (uint8_t i = 0; i < decision->num_mirrors && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, " copy %s",
				       nic->ports[decision->mirrors[i]].name);
}

static bool run_decides(struct run *run)
{
	struct rule_text text = {0};
	struct packet_text packet = {0};
	struct asic_decision decision;
	char decided[256];
	bool good = read_rule(run, &text, part(run, 0)) &&
		    read_packet(run, &packet, part(run, 1)) &&
		    put_accepted(run, word(run, 1), &text, 1);

	if (good) {
		decision = device_send(&run->device, &packet);
		print_decision(&run->device.nic, &decision, decided, sizeof(decided));
		if (!decision.matched || strcmp(decided, part(run, 2)) != 0)
			good = fail(run, "wanted %s, got %s%s", part(run, 2), decided,
				    decision.matched ? "" : " (no rule matched)");
	}
	rule_text_clear(&text);
	return good;
}

static bool expect_counts(struct run *run, const struct offload_stats *stats, const char *wanted)
{
	char text[128];

	snprintf(text, sizeof(text), "packets %llu bytes %llu last-used %llu",
		 (unsigned long long)stats->packets, (unsigned long long)stats->bytes,
		 (unsigned long long)stats->last_used_ns);
	return strcmp(text, wanted) == 0 || fail(run, "wanted %s, got %s", wanted, text);
}

static bool run_counts(struct run *run)
{
	struct rule_text text = {0};
	struct packet_text packet = {0};
	struct offload_stats stats = {0};
	struct offload_command command = {.cookie = 1};
	const char *wanted = part(run, 2);
	bool good = read_rule(run, &text, part(run, 0)) &&
		    read_packet(run, &packet, part(run, 1)) &&
		    put_accepted(run, word(run, 1), &text, 1);
	int error;

	if (good) {
		command.binding = run->binding;
		device_send(&run->device, &packet);
		error = offload_stats(run->device.offload, &command, &stats);
		good = strncmp(wanted, "packets", 7) == 0
			       ? expect_error(run, "STATS", error, "ok") &&
					 expect_counts(run, &stats, wanted)
			       : expect_error(run, "STATS", error, wanted);
	}
	rule_text_clear(&text);
	return good;
}

static bool run_duplicate(struct run *run)
{
	struct rule_text text = {0};
	bool good = read_rule(run, &text, part(run, 0)) &&
		    put_accepted(run, word(run, 1), &text, 1) &&
		    expect_error(run, "REPLACE of a known cookie", replace(run, &text, 1),
				 word(run, 2));

	rule_text_clear(&text);
	return good;
}

static bool run_unknown(struct run *run, bool destroy)
{
	struct rule_text text = {0};
	struct offload_stats stats;
	struct offload_command command = {.cookie = 2};
	bool good =
		read_rule(run, &text, part(run, 0)) && put_accepted(run, word(run, 1), &text, 1);

	command.binding = run->binding;
	run->reason = (struct reason){0};
	if (good && destroy)
		good = expect_error(
			run, "DESTROY of an unknown cookie",
			offload_destroy_rule(run->device.offload, &command, &run->reason),
			word(run, 2));
	else if (good)
		good = expect_error(run, "STATS of an unknown cookie",
				    offload_stats(run->device.offload, &command, &stats),
				    word(run, 2));
	rule_text_clear(&text);
	return good;
}

static bool run_unknown_destroy(struct run *run)
{
	return run_unknown(run, true);
}

static bool run_unknown_stats(struct run *run)
{
	return run_unknown(run, false);
}

/* The rule's text with its number in place of each '%'. */
static bool numbered(char *to, size_t size, const char *from, unsigned long number)
{
	size_t at = 0;

	for (; *from && at < size; from++)
		at += (size_t)(*from == '%' ? snprintf(to + at, size - at, "%lu", number)
					    : snprintf(to + at, size - at, "%c", *from));
	return at < size;
}

static bool put_numbered(struct run *run, const char *front, unsigned long number, int *error)
{
	char line[1024];
	struct rule_text text = {0};
	bool good;

	if (!numbered(line, sizeof(line), part(run, 0), number))
		return fail(run, "the rule is too long");
	good = read_rule(run, &text, line) && put(run, front, &text, number, error);
	rule_text_clear(&text);
	return good;
}

/* The words from `at` on: how many rules there is room for, errno, front end. */
static bool fill(struct run *run, size_t at)
{
	unsigned long room = strtoul(word(run, at), NULL, 10);
	int error = 0;

	if (!room || room > FULL_MAX)
		return fail(run, "%s is no number of rules", word(run, at));
	for (unsigned long i = 1; i <= room + 1; i++) {
		if (!put_numbered(run, word(run, at + 2), i, &error))
			return false;
		if (error && i <= room)
			return fail(run, "rule %lu of %lu is refused: %s %s: %s", i, room,
				    errno_name(-error), run->reason.id ? run->reason.id : "?",
				    run->reason.clause);
	}
	return expect_error(run, "the rule that is one too many", error, word(run, at + 1)) &&
	       (run->reason.layer == REASON_CAPACITY ||
		fail(run, "it is not refused for want of room: %s", run->reason.clause));
}

static bool run_full(struct run *run)
{
	return fill(run, 1);
}

static bool run_full_of(struct run *run)
{
	run->device.nic.entries = strtoul(word(run, 1), NULL, 10);
	return fill(run, 2);
}

static bool run_off(struct run *run)
{
	struct rule_text text = {0};
	bool bind = strcmp(word(run, 1), "bind") == 0;
	int error = 0;
	bool good = read_rule(run, &text, part(run, 0));

	if (good) {
		run->device.nic.ports[text.port].hw_tc_offload_off = true;
		good = bind_front(run, word(run, 3), text.port, &error);
	}
	if (good && !bind) {
		good = !error || fail(run, "BIND is refused: %s", run->reason.clause);
		error = good ? replace(run, &text, 1) : 0;
	}
	good = good && expect_error(run, word(run, 1), error, word(run, 2));
	rule_text_clear(&text);
	return good;
}

static const struct {
	const char *verb;
	size_t words, parts;
	bool (*run)(struct run *run);
} verbs[] = {
	{"refused", 4, 1, run_refused},
	{"accepted", 3, 1, run_accepted},
	{"bind", 3, 0, run_bind},
	{"bind-again", 3, 0, run_bind_again},
	{"matches", 3, 2, run_matches},
	{"misses", 3, 2, run_misses},
	{"wins", 3, 3, run_wins},
	{"conflicts", 4, 2, run_conflicts},
	{"agrees", 3, 2, run_agrees},
	{"takes", 3, 1, run_takes},
	{"nothing-carried-out", 2, 1, run_nothing_carried_out},
	{"decides", 2, 3, run_decides},
	{"counts", 2, 3, run_counts},
	{"duplicate", 3, 1, run_duplicate},
	{"unknown-destroy", 3, 1, run_unknown_destroy},
	{"unknown-stats", 3, 1, run_unknown_stats},
	{"full", 4, 1, run_full},
	{"full-of", 5, 1, run_full_of},
	{"off", 4, 1, run_off},
};

bool row_run(const char *model, const struct row *row, char *error, size_t size)
{
	struct run run = {.model = model, .row = row, .error = error, .size = size};
	bool good;

	*error = '\0';
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(row->words[0], verbs[i].verb) != 0)
			continue;
		if (row->num_words != verbs[i].words || row->num_parts != verbs[i].parts)
			return fail(&run, "%s has %zu words and %zu parts", verbs[i].verb,
				    verbs[i].words, verbs[i].parts);
		if (!device_open(&run.device, model, error, size))
			return false;
		good = verbs[i].run(&run);
		device_close(&run.device);
		return good;
	}
	return fail(&run, "there is no row %s", row->words[0]);
}
