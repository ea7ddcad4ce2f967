/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "refusal.h"
#include "print.h"
#include "rules_form.h"

#include <nicemu/base/reason.h>
#include <nicemu/report/report.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int errno_of(const char *name)
{
	for (int error = 1; name && error < 256; error++)
		if (strcmp(errno_name(error), name) == 0)
			return error;
	return 0;
}

/* What nft from 1.1 on says in place of the kernel's errno about some commands that it refused. */
static bool guesses_at_kernel(const char *text)
{
	static const char *const guesses[] = {
		"is not supported, perhaps kernel support is missing?",
		"with different declaration",
	};

	for (size_t i = 0; i < sizeof(guesses) / sizeof(*guesses); i++)
		if (strstr(text, guesses[i]))
			return true;
	return false;
}

bool refusal_belongs(const json_t *refusal, const struct nft_error *error)
{
	int number = errno_of(json_string_value(json_object_get(refusal, "errno")));

	return number && (strstr(error->text, strerror(number)) || guesses_at_kernel(error->text));
}

/* What nft gives an errno's name to where the emulator kept no reason. */
static const char *errno_in(const char *text)
{
	const char *colon = strrchr(text, ':');

	for (int error = 1; colon && error < 256; error++)
		if (strcmp(colon + 1 + strspn(colon + 1, " "), strerror(error)) == 0)
			return errno_name(error);
	return NULL;
}

static json_t *string_or_null(const char *text)
{
	return text && *text ? report_string(text) : json_null();
}

static json_t *member(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return value ? json_incref(value) : json_null();
}

void refusal_copy_forms(json_t *record, const json_t *told)
{
	static const char *const keys[] = {"forms", "forms_left_out"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(told, keys[i]))
			json_object_set(record, keys[i], json_object_get(told, keys[i]));
}

static json_t *number_or_null(int number)
{
	return number ? json_integer(number) : json_null();
}

const char *rules_name(const struct rules_file *file, const struct nft_error *error)
{
	bool included = error && error->line && strcmp(error->file, file->path) != 0;

	return included ? error->file : file->name;
}

json_t *refusal_record(const struct rules_file *file, const struct nft_error *error,
		       const json_t *refusal)
{
	bool at_commit = json_is_true(json_object_get(refusal, "at_commit"));
	const char *answer = refusal ? NULL : errno_in(error->text);
	json_t *record = json_object();
	json_t *place = json_object();

	json_object_set_new(record, "file",
			    report_string(rules_name(file, at_commit ? NULL : error)));
	/* For a refusal at commit nft points at the first command of the file, whatever it is. */
	json_object_set_new(record, "line", number_or_null(at_commit ? 0 : error->line));
	json_object_set_new(record, "column", number_or_null(at_commit ? 0 : error->column));
	json_object_set_new(place, "family", member(refusal, "family"));
	json_object_set_new(place, "table", member(refusal, "table"));
	json_object_set_new(place, "chain", member(refusal, "chain"));
	json_object_set_new(place, "handle", json_null());
	json_object_set_new(record, "rule", place);
	json_object_set_new(record, "rules", json_integer(0));
	if (refusal) {
		json_object_set_new(record, "id", member(refusal, "id"));
		json_object_set_new(record, "errno", member(refusal, "errno"));
		json_object_set_new(record, "layer", member(refusal, "layer"));
		json_object_set_new(record, "expression", member(refusal, "expression"));
		json_object_set_new(record, "reason", member(refusal, "clause"));
		json_object_set_new(record, "hint", member(refusal, "hint"));
		refusal_copy_forms(record, refusal);
		return record;
	}
	/* The emulator answered, but kept no reason; or nft never asked it. */
	json_object_set_new(record, "id", json_string(answer ? "no-reason-kept" : "nft"));
	json_object_set_new(record, "errno", string_or_null(answer));
	json_object_set_new(record, "layer", json_string(answer ? "kernel" : "nft"));
	json_object_set_new(record, "expression", json_null());
	json_object_set_new(record, "reason", report_string(error->text));
	json_object_set_new(record, "hint", json_null());
	return record;
}

enum { PORTS_SHOWN = 32, QUOTE_COLUMNS = 1000 };

static void print_ports(FILE *out, const json_t *ports)
{
	size_t i, more = json_array_size(ports);
	json_t *port;

	json_array_foreach (ports, i, port) {
		if (i == PORTS_SHOWN)
			break;
		fprintf(out, "%s%s", i ? ", " : "",
			json_string_value(json_object_get(port, "name")));
	}
	if (more > PORTS_SHOWN)
		fprintf(out, " and %zu more", more - PORTS_SHOWN);
}

/* Which ports the NIC has, and what would give it another. Owned, or NULL. */
static char *port_hint(struct session *session)
{
	json_t *request = json_pack("{s:s, s:s}", "command", "show", "topic", "nic"), *nic;
	FILE *out;
	size_t size;
	char *text = NULL;
	int status;

	nic = check_answer(session_request(session, request, NULL, 0, NULL, NULL), request,
			   &status);
	out = nic ? open_memstream(&text, &size) : NULL;
	if (out) {
		fputs("the ports of the NIC are ", out);
		print_ports(out, json_object_get(nic, "ports"));
		fputs(json_is_true(json_object_get(nic, "open_ports"))
			      ? "; --port NAME adds one"
			      : "; its NIC file would have to name another",
		      out);
		fclose(out);
	}
	json_decref(nic);
	return text;
}

static void advise_form(json_t *record, const struct nft_error *error, const json_t *before)
{
	const char *hint = NULL;

	if (!json_equal(json_object_get(before, "file"), json_object_get(record, "file")))
		hint = rules_form_hint(error->file);
	json_object_set_new(record, "hint", string_or_null(hint));
}

void refusal_advise(json_t *record, struct session *session, const struct nft_error *error,
		    const json_t *before)
{
	const char *reason = json_string_value(json_object_get(record, "reason"));
	char *hint;

	if (!json_is_null(json_object_get(record, "hint")) || !reason)
		return;
	if (strncmp(reason, "syntax error", strlen("syntax error")) == 0)
		advise_form(record, error, before);
	if (!strstr(reason, "Interface does not exist"))
		return;
	hint = port_hint(session);
	json_object_set_new(record, "hint", string_or_null(hint));
	free(hint);
}

static const char *text_of(const json_t *record, const char *key)
{
	return json_string_value(json_object_get(record, key));
}

/* Line ends and tabs stay; a file's other control characters are not for the terminal. */
static void put_clean(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool is_c1 = c == 0xc2 && (unsigned char)text[1] >= 0x80 &&
			     (unsigned char)text[1] < 0xa0;

		fputc((c < ' ' && c != '\n' && c != '\t') || c == 0x7f || is_c1 ? '?' : c, stderr);
		text += is_c1;
	}
}

static void put_labelled(const char *label, const char *text)
{
	fprintf(stderr, "%s: ", label);
	put_clean(text);
	fputc('\n', stderr);
}

/* The line of the file and the marks below it, where people can see both. */
static void put_quote(const char *quote)
{
	for (const char *line = quote; *line; line += strspn(line, "\n")) {
		size_t columns = strcspn(line, "\n");

		if (columns > QUOTE_COLUMNS) {
			fputs("  (the line is too long to be shown)\n", stderr);
			return;
		}
		line += columns;
	}
	put_clean(quote);
}

void refusal_tell(const struct rules_file *file, const struct nft_error *error,
		  const json_t *refusal, const json_t *record)
{
	const char *hint = text_of(record, "hint");
	json_int_t rules = json_integer_value(json_object_get(record, "rules"));

	put_clean(text_of(record, "file"));
	fputc(':', stderr);
	if (json_is_integer(json_object_get(record, "line")))
		fprintf(stderr, "%d:%d:", error->line, error->column);
	if (refusal)
		fprintf(stderr, " refused%s: %s (%s, %s)\n",
			json_is_true(json_object_get(refusal, "at_commit")) ? " at commit" : "",
			strerror(errno_of(text_of(record, "errno"))), text_of(record, "errno"),
			text_of(record, "layer"));
	else
		put_labelled(" Error", error->text);
	if (json_is_integer(json_object_get(record, "line")))
		put_quote(error->quote);
	if (text_of(record, "expression"))
		put_labelled("  expression", text_of(record, "expression"));
	if (refusal && text_of(record, "reason"))
		put_labelled("  why", text_of(record, "reason"));
	if (hint)
		put_labelled("  hint", hint);
	if (rules)
		fprintf(stderr, "  its %lld rule%s not been judged\n", (long long)rules,
			rules == 1 ? " has" : "s have");
}
