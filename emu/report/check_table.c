/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A check for people: findings like a compiler's, a line a run, and which rule is offloaded where.
 */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHOWN_OF_AN_ID =
		20, /* findings: one that the whole file has is not told a thousand times */
	MATRIX_ROWS = 200,
	RULE_COLUMNS = 46,
	NAME_COLUMNS = 30,
};

/* ---- findings ---- */

static void print_place(FILE *out, const json_t *record)
{
	const char *file = member_text(record, "file");

	if (!*file)
		return;
	print_clean(out, file);
	if (member_number(record, "line"))
		fprintf(out, ":%llu:%llu", member_number(record, "line"),
			member_number(record, "column"));
	fputs(": ", out);
}

static void print_member(FILE *out, const char *label, const json_t *record, const char *key)
{
	const char *text = member_text(record, key);

	if (!*text)
		return;
	fprintf(out, "  %s: ", label);
	print_clean(out, text);
	fputc('\n', out);
}

static void print_text_member(FILE *out, const char *label, char *text)
{
	if (text && *text) {
		fprintf(out, "  %s: ", label);
		print_clean(out, text);
		fputc('\n', out);
	}
	free(text);
}

/* Room, order and conflicts depend on the rules of the chain that has the port: nobody can tell. */
static void print_unjudged(FILE *out, const json_t *chain)
{
	unsigned long long rules = member_number(chain, "rules");
	bool is_second = strcmp(member_text(chain, "id"), "port-has-a-block") == 0;

	if (rules)
		fprintf(out, "  its %llu rule%s not been judged%s\n", rules,
			rules == 1 ? " has" : "s have",
			is_second
				? ": with --each, and in a file of its own, this chain would have "
				  "the port"
				: "");
}

static void print_refusal(FILE *out, const struct check_group *group, bool again,
			  const struct report_style *style, bool many_runs)
{
	const json_t *record = group->record;
	bool is_chain = strcmp(group->list, "chains") == 0;

	print_place(out, record);
	paint(out, style, PAINT_WARNING, "%s%s", is_chain ? "chain " : "",
	      member_text(record, "verdict"));
	fprintf(out, ": %s (%s, %s)\n", member_text(record, "id"), member_text(record, "errno"),
		member_text(record, "layer"));
	if (!again)
		print_member(out, is_chain ? "chain" : "rule", record, is_chain ? "chain" : "rule");
	print_member(out, "expression", record, "expression");
	print_member(out, "why", record, "reason");
	print_member(out, "hint", record, "hint");
	print_text_member(out, many_runs ? "by" : "on",
			  many_runs ? check_group_runs(group) : check_group_ports(group));
	print_unjudged(out, record);
}

static void print_finding(FILE *out, const struct check_group *group, bool again,
			  const struct report_style *style, bool many_runs)
{
	const json_t *record = group->record;

	print_place(out, record);
	paint(out, style, PAINT_WARNING, "%s",
	      json_is_true(json_object_get(record, "allowed")) ? "allowed"
							       : member_text(record, "level"));
	fputs(": ", out);
	print_clean(out, member_text(record, "text"));
	fprintf(out, " (%s)\n", member_text(record, "id"));
	if (!again)
		print_member(out, "rule", record, "statement");
	if (!*member_text(record, "statement"))
		print_member(out, "chain", json_object_get(record, "rule"), "chain");
	print_member(out, "hint", record, "hint");
	if (many_runs)
		print_text_member(out, "by", check_group_runs(group));
}

/* How many groups of an id have been printed: {"id": number}. */
static bool is_enough(json_t *shown, const char *id)
{
	json_int_t number = json_integer_value(json_object_get(shown, id)) + 1;

	json_object_set_new(shown, id, json_integer(number));
	return number > SHOWN_OF_AN_ID;
}

static void print_rest(FILE *out, const json_t *shown)
{
	const char *id;
	json_t *number;

	json_object_foreach ((json_t *)shown, id, number) {
		json_int_t more = json_integer_value(number) - SHOWN_OF_AN_ID;

		if (more > 0)
			fprintf(out, "… and %lld more like it: %s (`-j` lists all)\n",
				(long long)more, id);
	}
}

static void print_groups(FILE *out, const struct check_groups *groups,
			 const struct report_style *style, bool many_runs)
{
	json_t *shown = json_object();
	const char *before = "";
	unsigned long long line = 0;

	for (size_t i = 0; i < groups->length; i++) {
		const struct check_group *group = groups->group[i];
		bool is_lint = strcmp(group->list, "lint") == 0, again;
		const char *rule = member_text(group->record, is_lint ? "statement" : "rule");

		/* Told already. */
		if (strcmp(group->list, "errors") == 0 ||
		    is_enough(shown, member_text(group->record, "id")))
			continue;
		/* What is said of one rule stands together: the rule once. */
		again = *rule && strcmp(rule, before) == 0 &&
			line == member_number(group->record, "line");
		before = rule;
		line = member_number(group->record, "line");
		if (is_lint)
			print_finding(out, group, again, style, many_runs);
		else
			print_refusal(out, group, again, style, many_runs);
	}
	print_rest(out, shown);
	if (json_object_size(shown))
		fputc('\n', out);
	json_decref(shown);
}

/* ---- a line a run ---- */

static void print_header(FILE *out, const struct report_style *style)
{
	paint(out, style, PAINT_HEADING, "%3s  %-14s %-12s %9s %9s %9s %9s %6s %6s", "", "model",
	      "kernel", "verdicts", "offloaded", "refused", "allowed", "errors", "lint");
	fputc('\n', out);
}

static void print_run(FILE *out, size_t number, const json_t *run)
{
	const json_t *summary = json_object_get(run, "summary");

	fprintf(out, "%3zu  ", number);
	print_cut(out, member_text(run, "model"), 14, 15);
	print_cut(out, member_text(run, "kernel"), 12, 12);
	fprintf(out, " %9llu %9llu %9llu %9llu %6llu %6llu\n", member_number(summary, "rules"),
		member_number(summary, "offloaded"), member_number(summary, "refused"),
		member_number(summary, "allowed"), member_number(summary, "errors"),
		member_number(summary, "lint"));
}

static void print_left_out(FILE *out, const json_t *run)
{
	static const struct {
		const char *key, *one, *many;
	} counted[] = {
		{"other_rules", "rule in another chain is not for the NIC",
		 "rules in other chains are not for the NIC"},
		{"unjudged_rules", "rule of a refused chain has not been judged",
		 "rules of refused chains have not been judged"},
		{"flow_rules", "rule that adds to a flowtable: not checked yet",
		 "rules that add to flowtables: not checked yet"},
	};
	size_t flowtables = json_array_size(json_object_get(run, "flowtables"));

	for (size_t i = 0; i < sizeof(counted) / sizeof(*counted); i++) {
		unsigned long long number = member_number(run, counted[i].key);

		if (number)
			fprintf(out, "%llu %s\n", number,
				number == 1 ? counted[i].one : counted[i].many);
	}
	if (flowtables)
		fprintf(out, "%zu flowtable%s: not checked yet\n", flowtables,
			flowtables == 1 ? "" : "s");
}

/* ---- the matrix: a row a rule, a column a run ---- */

enum cell { CELL_NONE, CELL_YES, CELL_ALLOWED, CELL_NO };

struct row {
	const json_t *record; /* of the first run that has the rule */
	enum cell *cells;     /* [columns] */
	bool plain;           /* offloaded wherever it is */
};

struct matrix {
	struct row *rows;
	size_t num_rows, room, columns;
	json_t *index; /* "file number": row */
};

static enum cell cell_of(const json_t *record)
{
	return check_verdict_is(record, "refused")   ? CELL_NO
	       : check_verdict_is(record, "allowed") ? CELL_ALLOWED
						     : CELL_YES;
}

static struct row *add_row(struct matrix *m, const json_t *record)
{
	struct row *more, *row;

	if (m->num_rows == m->room) {
		m->room = m->room ? 2 * m->room : 64;
		more = reallocarray(m->rows, m->room, sizeof(*more));
		if (!more)
			return NULL;
		m->rows = more;
	}
	row = &m->rows[m->num_rows];
	*row = (struct row){.record = record, .plain = true};
	row->cells = calloc(m->columns, sizeof(*row->cells));
	if (!row->cells)
		return NULL;
	m->num_rows++;
	return row;
}

static struct row *find_row(struct matrix *m, const json_t *record)
{
	char *key;
	json_t *known;
	struct row *row = NULL;

	if (asprintf(&key, "%s %llu", member_text(record, "source"),
		     member_number(record, "number")) < 0)
		return NULL;
	known = json_object_get(m->index, key);
	if (known) {
		row = &m->rows[json_integer_value(known)];
	} else {
		row = add_row(m, record);
		if (row)
			json_object_set_new_nocheck(m->index, key,
						    json_integer((json_int_t)m->num_rows - 1));
	}
	free(key);
	return row;
}

/* A rule on several ports is as good as the worst of them. */
static bool fill_column(struct matrix *m, size_t column, const json_t *run)
{
	json_t *record;
	size_t i;

	json_array_foreach (json_object_get(run, "rules"), i, record) {
		struct row *row = find_row(m, record);
		enum cell cell = cell_of(record);

		if (!row)
			return false;
		if (cell > row->cells[column])
			row->cells[column] = cell;
		row->plain &= cell == CELL_YES;
	}
	return true;
}

static void print_row(FILE *out, const struct matrix *m, const struct row *row)
{
	static const char *const cells[] = {
		[CELL_NONE] = "-", [CELL_YES] = "yes", [CELL_ALLOWED] = "(no)", [CELL_NO] = "no"};
	char *place;

	if (asprintf(&place, "%s:%llu", member_text(row->record, "file"),
		     member_number(row->record, "line")) < 0)
		return;
	print_cut(out, place, NAME_COLUMNS, NAME_COLUMNS + 1);
	print_cut(out, member_text(row->record, "rule"), RULE_COLUMNS, RULE_COLUMNS);
	for (size_t i = 0; i < m->columns; i++)
		fprintf(out, " %4s", cells[row->cells[i]]);
	fputc('\n', out);
	free(place);
}

static void print_matrix(FILE *out, const struct matrix *m, const struct report_style *style)
{
	bool all = m->num_rows <= MATRIX_ROWS;
	size_t shown = 0, plain = 0;

	fputc('\n', out);
	paint(out, style, PAINT_HEADING, "%-*s", NAME_COLUMNS + RULE_COLUMNS + 1, "rule");
	for (size_t i = 0; i < m->columns; i++)
		paint(out, style, PAINT_HEADING, " %4zu", i + 1);
	fputc('\n', out);
	for (size_t i = 0; i < m->num_rows; i++) {
		if (!all && m->rows[i].plain)
			plain++;
		else if (shown++ < MATRIX_ROWS)
			print_row(out, m, &m->rows[i]);
	}
	if (plain)
		fprintf(out, "… and %zu rule%s offloaded everywhere\n", plain,
			plain == 1 ? " that is" : "s that are");
	if (shown > MATRIX_ROWS)
		fprintf(out, "… and %zu more rule%s (`-j` lists all)\n", shown - MATRIX_ROWS,
			plural(shown - MATRIX_ROWS));
}

static void make_matrix(FILE *out, const json_t *runs, const struct report_style *style)
{
	struct matrix m = {.columns = json_array_size(runs), .index = json_object()};
	bool whole = true;
	json_t *run;
	size_t i;

	json_array_foreach (runs, i, run)
		whole = whole && fill_column(&m, i, run);
	if (whole && m.num_rows)
		print_matrix(out, &m, style);
	for (i = 0; i < m.num_rows; i++)
		free(m.rows[i].cells);
	free(m.rows);
	json_decref(m.index);
}

static void print_missing(FILE *out, const json_t *document, const struct report_style *style)
{
	const char *why = check_missing_why(document);
	char *missing = why ? check_missing(document, "\n") : NULL;

	if (!why)
		return;
	fputc('\n', out);
	paint(out, style, PAINT_WARNING, "%s%s", why, missing && *missing ? ":" : "");
	fputc('\n', out);
	for (char *line = missing, *rest; line && *line; line = rest) {
		rest = line + strcspn(line, "\n");
		if (*rest)
			*rest++ = '\0';
		fputs("  ", out);
		print_clean(out, line);
		fputc('\n', out);
	}
	free(missing);
}

void report_print_check(FILE *out, const json_t *document, const struct report_style *style)
{
	const json_t *runs = json_object_get(document, "runs");
	bool many_runs = json_array_size(runs) > 1;
	struct check_groups groups;
	json_t *run;
	size_t i;

	if (check_groups_make(&groups, document) == 0)
		print_groups(out, &groups, style, many_runs);
	check_groups_free(&groups);
	print_header(out, style);
	json_array_foreach (runs, i, run)
		print_run(out, i + 1, run);
	if (json_array_size(runs))
		print_left_out(out, json_array_get(runs, 0));
	if (many_runs)
		make_matrix(out, runs, style);
	print_missing(out, document, style);
}
