/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An explanation for people: a heading for each part, what belongs to it indented. */
#include "style.h"

#include <nicemu/report/explain.h>

#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 23, BYTES_WIDTH = 17, BYTES_SHOWN = 16 };

struct tree {
	FILE *out;
	const struct report_style *style;
};

static void heading(const struct tree *t, const char *text)
{
	fputc('\n', t->out);
	paint(t->out, t->style, PAINT_HEADING, "%s", text);
	fputc('\n', t->out);
}

/* At spaces, where the line would be longer than the style has columns. */
static void print_wrapped(const struct tree *t, const char *text, int indent)
{
	int used = 0;

	while (*text) {
		size_t size = strcspn(text, " ");
		char *word = strndup(text, size);

		if (used && used + 1 + (int)size > t->style->columns) {
			fputc('\n', t->out);
			used = 0;
		}
		used += fprintf(t->out, "%*s", used ? 1 : indent, "") + (int)size;
		if (word)
			print_clean(t->out, word);
		free(word);
		text += size + strspn(text + size, " ");
	}
	fputc('\n', t->out);
}

/* "08 00 45"; what is beyond a few bytes is counted. */
static void print_bytes(const struct tree *t, const char *hex, int width)
{
	size_t size = strlen(hex) / 2;
	int used = 0;

	for (size_t i = 0; i < size && i < BYTES_SHOWN; i++)
		used += fprintf(t->out, "%s%.2s", i ? " " : "", hex + 2 * i);
	if (size > BYTES_SHOWN)
		used += fprintf(t->out, " … %zu more", size - BYTES_SHOWN);
	fprintf(t->out, "%*s", used < width ? width - used : 0, "");
}

/* --- the frame --- */

static void print_packet(const struct tree *t, const json_t *packet)
{
	const json_t *flags = json_object_get(packet, "flags"), *flag;
	char time[32];
	size_t i;

	paint(t->out, t->style, PAINT_HEADING, "packet %llu", member_number(packet, "number"));
	fputs(" of ", t->out);
	print_clean(t->out, member_text(packet, "file"));
	fputs(", on ", t->out);
	print_clean(t->out, member_text(packet, "port"));
	if (*member_text(packet, "sent_by"))
		fprintf(t->out, ", which stands for its sender %s", member_text(packet, "sent_by"));
	fprintf(t->out, ", %s UTC, %llu byte%s",
		time_text(time, sizeof(time), json_object_get(packet, "time")),
		member_number(packet, "length"), plural(member_number(packet, "length")));
	if (member_number(packet, "captured") != member_number(packet, "length"))
		fprintf(t->out, ", of which %llu were captured", member_number(packet, "captured"));
	fputc('\n', t->out);
	json_array_foreach (flags, i, flag)
		paint(t->out, t->style, PAINT_WARNING, "%s%s", i ? ", " : "  ",
		      json_string_value(flag));
	if (json_array_size(flags))
		fputc('\n', t->out);
}

/* --- bytes to keys --- */

static bool has_bytes(const json_t *field)
{
	return member_number(field, "length") != 0;
}

static bool same_header(const json_t *field, const json_t *other)
{
	return has_bytes(field) == has_bytes(other) &&
	       json_equal(json_object_get(field, "header_offset"),
			  json_object_get(other, "header_offset"));
}

static void print_header(const struct tree *t, const json_t *key, const json_t *field)
{
	const json_t *header;
	size_t i;

	if (!*member_text(field, "header"))
		fputs(has_bytes(field) ? "  in headers that are left out, as there are so many\n"
				       : "  not from the frame's bytes\n",
		      t->out);
	json_array_foreach (json_object_get(key, "headers"), i, header) {
		unsigned long long at = member_number(header, "offset");

		if (*member_text(field, "header") && at == member_number(field, "header_offset"))
			fprintf(t->out, "  %s, bytes %llu to %llu\n", member_text(header, "name"),
				at, at + member_number(header, "length") - 1);
	}
}

static void print_field(const struct tree *t, const json_t *field)
{
	fprintf(t->out, "    %-*s", NAME_WIDTH, member_text(field, "name"));
	if (has_bytes(field)) {
		fprintf(t->out, " %4llu  ", member_number(field, "offset"));
		print_bytes(t, member_text(field, "bytes"), BYTES_WIDTH);
	} else {
		fprintf(t->out, "       %-*s", BYTES_WIDTH, "");
	}
	fprintf(t->out, "  %s", member_text(field, "value"));
	if (json_is_true(json_object_get(field, "derived")))
		fputs(" (derived)", t->out);
	else if (json_is_integer(json_object_get(field, "bits")))
		fprintf(t->out, " (bits %llu to %llu)", member_number(field, "first_bit"),
			member_number(field, "first_bit") + member_number(field, "bits") - 1);
	fputc('\n', t->out);
}

static void print_key(const struct tree *t, const json_t *key)
{
	const json_t *field, *note, *before = NULL;
	size_t i;

	heading(t, "key: what the parser made of the bytes");
	json_array_foreach (json_object_get(key, "fields"), i, field) {
		if (!before || !same_header(field, before))
			print_header(t, key, field);
		before = field;
		print_field(t, field);
	}
	json_array_foreach (json_object_get(key, "notes"), i, note) {
		fprintf(t->out, "  at %llu: ", member_number(note, "offset"));
		paint(t->out, t->style, PAINT_WARNING, "%s\n", member_text(note, "text"));
	}
	fprintf(t->out, "  ends at %llu, with %llu byte%s unread: %s\n", member_number(key, "end"),
		member_number(key, "unread"), plural(member_number(key, "unread")),
		member_text(key, "stop"));
}

/* --- tables and entries --- */

static void print_tables(const struct tree *t, const json_t *tables)
{
	const json_t *table;
	size_t i;

	if (!json_array_size(tables))
		return;
	heading(t, "tables, in the order in which they are asked");
	json_array_foreach (tables, i, table) {
		fprintf(t->out, "  %s: %s, %llu", member_text(table, "name"),
			member_text(table, "kind"), member_number(table, "used"));
		if (json_is_integer(json_object_get(table, "entries")))
			fprintf(t->out, " of %llu", member_number(table, "entries"));
		fprintf(t->out, " entries used, order %s%s\n", member_text(table, "order"),
			json_is_true(json_object_get(table, "asked"))
				? ""
				: "; not asked, it is for flowtables");
	}
}

/* "netdev t c handle 4: ip saddr …", or what is known. */
static void print_rule(const struct tree *t, const json_t *rule)
{
	if (!json_is_object(rule)) {
		fputs("a rule that is not known", t->out);
		return;
	}
	print_clean(t->out, member_text(rule, "family"));
	fputc(' ', t->out);
	print_clean(t->out, member_text(rule, "table"));
	fputc(' ', t->out);
	print_clean(t->out, member_text(rule, "chain"));
	fprintf(t->out, " handle %llu", member_number(rule, "handle"));
	if (*member_text(rule, "rule")) {
		fputs(": ", t->out);
		print_clean(t->out, member_text(rule, "rule"));
	}
}

static void print_wanted(const struct tree *t, const json_t *miss)
{
	const char *mask = member_text(miss, "mask");

	fputs("wanted ", t->out);
	print_clean(t->out, member_text(miss, "wanted"));
	if (*mask)
		fprintf(t->out, ", mask %s", mask);
}

static void print_miss(const struct tree *t, const json_t *candidate)
{
	const json_t *miss = json_object_get(candidate, "first_failed");
	const char *kind = member_text(miss, "kind");
	unsigned long long failed = member_number(candidate, "failed");

	fputs("        ", t->out);
	paint(t->out, t->style, PAINT_WARNING, "%s", member_text(miss, "field"));
	if (strcmp(kind, "absent") == 0) {
		fputs(" is not in the packet", t->out);
	} else if (strcmp(kind, "present") == 0) {
		fputs(" is in the packet, and must not be", t->out);
	} else {
		fputs(" is ", t->out);
		print_clean(t->out, member_text(miss, "value"));
	}
	if (*member_text(miss, "wanted")) {
		fputs(", ", t->out);
		print_wanted(t, miss);
	}
	fprintf(t->out, "; %llu of %llu field%s failed\n", failed,
		member_number(candidate, "fields"), plural(member_number(candidate, "fields")));
}

static void print_candidate(const struct tree *t, const json_t *candidate)
{
	bool matches = json_is_true(json_object_get(candidate, "matches"));

	fputs(matches ? "  = " : "  - ", t->out);
	fprintf(t->out, "%3llu ", member_number(candidate, "place"));
	print_rule(t, json_object_get(candidate, "rule"));
	fputc('\n', t->out);
	if (matches)
		fprintf(t->out, "        matches, priority %llu\n",
			member_number(candidate, "priority"));
	else
		print_miss(t, candidate);
}

static void print_candidates(const struct tree *t, const json_t *candidates)
{
	const json_t *shown = json_object_get(candidates, "shown"), *candidate;
	unsigned long long before = member_number(candidates, "before_the_winner");
	unsigned long long others = member_number(candidates, "of_other_ports");
	size_t i, failed = 0;

	heading(t, "entries, in the order in which they are asked");
	json_array_foreach (shown, i, candidate) {
		failed += json_is_false(json_object_get(candidate, "matches"));
		print_candidate(t, candidate);
	}
	if (!json_array_size(shown))
		fputs("  none\n", t->out);
	if (before > failed)
		fprintf(t->out, "  and %llu more that do not match\n", before - failed);
	if (others)
		fprintf(t->out, "  %llu entr%s of other ports\n", others,
			others == 1 ? "y is" : "ies are");
}

/* --- what becomes of it --- */

static void print_fate(const struct tree *t, const json_t *verdict)
{
	const char *fate = member_text(verdict, "fate");
	const json_t *copy;
	size_t i;

	if (strcmp(fate, "drop") == 0)
		fputs("dropped", t->out);
	else if (strcmp(fate, "redirect") == 0)
		fprintf(t->out, "redirected to %s", member_text(verdict, "port"));
	else
		fputs("passed to the host", t->out);
	json_array_foreach (json_object_get(verdict, "copies"), i, copy)
		fprintf(t->out, ", copied to %s", json_string_value(copy));
}

static void print_names(const struct tree *t, const json_t *names, const char *what)
{
	const json_t *name;
	size_t i;

	if (json_array_size(names))
		fprintf(t->out, "  %s: ", what);
	json_array_foreach (names, i, name)
		fprintf(t->out, "%s%s", i ? ", " : "", json_string_value(name));
	if (json_array_size(names))
		fputc('\n', t->out);
}

static void print_verdict(const struct tree *t, const json_t *verdict)
{
	const json_t *rule = json_object_get(verdict, "rule"), *other;
	size_t i;

	heading(t, "verdict");
	fputs("  ", t->out);
	print_fate(t, verdict);
	fputc('\n', t->out);
	if (json_is_true(json_object_get(verdict, "matched"))) {
		fputs("  by ", t->out);
		print_rule(t, rule);
		fputc('\n', t->out);
	}
	if (*member_text(rule, "comment")) {
		fputs("  comment \"", t->out);
		print_clean(t->out, member_text(rule, "comment"));
		fputs("\"\n", t->out);
	}
	if (*member_text(rule, "file")) {
		fputs("  from ", t->out);
		print_clean(t->out, member_text(rule, "file"));
		fputc('\n', t->out);
	}
	fprintf(t->out, "  because %s\n", member_text(verdict, "why"));
	print_names(t, json_object_get(verdict, "not_asked"), "the model does not look at all of");
	print_names(t, json_object_get(verdict, "asked_besides"), "the model asks besides for");
	json_array_foreach (json_object_get(verdict, "also_matching"), i, other) {
		fprintf(t->out, "    %3llu ", member_number(other, "place"));
		print_rule(t, json_object_get(other, "rule"));
		fprintf(t->out, ", priority %llu\n", member_number(other, "priority"));
	}
}

static void print_actions(const struct tree *t, const json_t *document)
{
	const json_t *actions = json_object_get(document, "actions"), *action, *change;
	const json_t *frame = json_object_get(document, "frame");
	size_t i;

	heading(t, "actions");
	json_array_foreach (actions, i, action) {
		fprintf(t->out, "  %s", member_text(action, "id"));
		if (*member_text(action, "port"))
			fprintf(t->out, " %s", member_text(action, "port"));
		fputc('\n', t->out);
	}
	if (!json_array_size(actions))
		fputs(json_is_null(actions) ? "  not known\n" : "  none\n", t->out);
	if (json_is_false(json_object_get(frame, "changed")))
		fputs("  the frame's bytes are unchanged\n", t->out);
	json_array_foreach (json_object_get(frame, "changes"), i, change) {
		fprintf(t->out, "  at %4llu  - ", member_number(change, "offset"));
		print_bytes(t, member_text(change, "before"), 0);
		fputs("\n           + ", t->out);
		print_bytes(t, member_text(change, "after"), 0);
		fputc('\n', t->out);
	}
}

static void print_host(const struct tree *t, const json_t *host)
{
	heading(t, "the host");
	if (json_is_true(json_object_get(host, "sees")))
		fprintf(t->out, "  sees the packet on %s, and does with it what follows\n",
			member_text(host, "port"));
	else
		fputs("  sees nothing of it\n", t->out);
	if (json_is_true(json_object_get(host, "again")))
		fputs("  the rule runs there again: what it counts and copies happens twice\n",
		      t->out);
}

/* --- software --- */

static void print_step(const struct tree *t, const json_t *step)
{
	bool matched = json_is_true(json_object_get(step, "matched"));

	fputs(matched ? "  = " : "  - ", t->out);
	print_rule(t, json_object_get(step, "rule"));
	fputc('\n', t->out);
	if (matched || !*member_text(step, "text"))
		return;
	fputs("        ", t->out);
	print_clean(t->out, member_text(step, "text"));
	fputc('\n', t->out);
}

/* The NIC's rule is told of, too, where it is among those that are left out. */
static void print_gap(const struct tree *t, const json_t *software)
{
	const json_t *own = json_object_get(software, "nics_rule"), *step;
	bool shown = !json_is_object(own);
	size_t i;

	json_array_foreach (json_object_get(software, "steps"), i, step)
		shown |= json_equal(json_object_get(step, "rule"), json_object_get(own, "rule"));
	fprintf(t->out, "  and %llu rule%s more%s\n", member_number(software, "steps_left_out"),
		plural(member_number(software, "steps_left_out")),
		shown ? "" : ", of them the one that decided in the NIC:");
	if (!shown)
		print_step(t, own);
}

static void print_steps(const struct tree *t, const json_t *software)
{
	const json_t *step;
	size_t i;

	json_array_foreach (json_object_get(software, "steps"), i, step) {
		if (i == member_number(software, "left_out_behind"))
			print_gap(t, software);
		print_step(t, step);
	}
}

static void print_software_verdict(const struct tree *t, const json_t *software)
{
	const char *verdict = member_text(software, "verdict");
	const json_t *rule = json_object_get(software, "rule"), *copy;
	size_t i;

	fprintf(t->out, "  %s", verdict);
	if (*member_text(software, "port"))
		fprintf(t->out, " to %s", member_text(software, "port"));
	json_array_foreach (json_object_get(software, "copies"), i, copy)
		fprintf(t->out, ", copied to %s", json_string_value(copy));
	if (*member_text(software, "not_interpreted")) {
		fputs(": ", t->out);
		print_clean(t->out, member_text(software, "not_interpreted"));
	}
	if (json_is_true(json_object_get(software, "by_policy"))) {
		fputs(", by policy", t->out);
	} else if (json_is_object(rule)) {
		fputs(", at ", t->out);
		print_rule(t, rule);
	} else if (strcmp(verdict, "drop") == 0) {
		fputs(", before a rule is asked", t->out);
	}
	fputc('\n', t->out);
}

static const char *what_differs(const json_t *difference)
{
	bool outcome = json_is_true(json_object_get(difference, "outcome"));

	if (json_is_true(json_object_get(difference, "fate")))
		return outcome ? "not what the NIC did"
			       : "not what the NIC did; as the host sees the packet, it ends so "
				 "all "
				 "the same";
	return json_is_true(json_object_get(difference, "rule"))
		       ? "by another rule than in the NIC"
		       : "with other copies than in the NIC";
}

static void print_difference(const struct tree *t, const json_t *difference)
{
	const json_t *reasons = json_object_get(difference, "reasons"), *reason;
	size_t i;

	if (!json_is_object(difference))
		return;
	fputs("  ", t->out);
	paint(t->out, t->style, PAINT_WARNING, "%s", what_differs(difference));
	fputs(json_array_size(reasons) ? ":\n" : ": it is not known why\n", t->out);
	json_array_foreach (reasons, i, reason) {
		fprintf(t->out, "    %s:\n", member_text(reason, "id"));
		print_wrapped(t, member_text(reason, "text"), 6);
	}
}

static void print_software(const struct tree *t, const json_t *document)
{
	const json_t *software = json_object_get(document, "software");

	heading(t, "what the kernel's software path would do with it");
	print_steps(t, software);
	print_software_verdict(t, software);
	print_difference(t, json_object_get(document, "difference"));
}

void report_print_explain(FILE *out, const json_t *document, const struct report_style *style)
{
	const struct tree tree = {out, style};

	print_packet(&tree, json_object_get(document, "packet"));
	print_key(&tree, json_object_get(document, "key"));
	print_tables(&tree, json_object_get(document, "tables"));
	print_candidates(&tree, json_object_get(document, "candidates"));
	print_verdict(&tree, json_object_get(document, "verdict"));
	print_actions(&tree, document);
	print_host(&tree, json_object_get(document, "host"));
	print_software(&tree, document);
}
