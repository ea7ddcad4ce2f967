/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "document.h"

#include "document_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SHOWN = 200 };

/* --- errors --- */

/* What a file says ends up on a terminal: no control characters. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

int document_error(struct config_error *error, const char *path, size_t line, const char *format,
		   ...)
{
	size_t length = strlen(path), used;
	va_list args;

	if (length > PATH_SHOWN)
		path += length - PATH_SHOWN;
	used = (size_t)snprintf(error->text, sizeof(error->text), line ? "%s:%zu: " : "%s: ", path,
				line);
	va_start(args, format);
	vsnprintf(error->text + used, sizeof(error->text) - used, format, args);
	va_end(args);
	make_printable(error->text);
	return -EINVAL;
}

/* --- libcyaml --- */

/* What libcyaml says: the complaint first, then from where to where, innermost first. */
struct complaint {
	char what[160], where[160];
};

__attribute__((format(printf, 3, 0))) static void note_complaint(cyaml_log_t level, void *context,
								 const char *format, va_list args)
{
	struct complaint *complaint = context;
	char line[160], *text = line;

	(void)level;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "Load: ", 6))
		text += 6;
	if (!strcmp(text, "Backtrace:"))
		return;
	if (!strncmp(text, "  in ", 5)) {
		if (!*complaint->where)
			snprintf(complaint->where, sizeof(complaint->where), "%s", text + 2);
	} else if (!*complaint->what) {
		snprintf(complaint->what, sizeof(complaint->what), "%s", text);
	}
}

static size_t line_in(const char *where)
{
	const char *line = strstr(where, "(line: ");

	return line ? strtoul(line + strlen("(line: "), NULL, 10) : 0;
}

/* The check before has found all that is expected to be wrong: this is for what it can't know. */
static int cyaml_failed(const char *path, cyaml_err_t code, const struct complaint *complaint,
			struct config_error *error)
{
	if (code == CYAML_ERR_OOM)
		return -ENOMEM;
	return document_error(error, path, line_in(complaint->where), "%s%s%.*s",
			      *complaint->what ? complaint->what : cyaml_strerror(code),
			      *complaint->where ? " " : "", (int)strcspn(complaint->where, "("),
			      complaint->where);
}

static cyaml_config_t cyaml_config(struct complaint *complaint)
{
	return (cyaml_config_t){
		.log_fn = note_complaint,
		.log_ctx = complaint,
		.log_level = CYAML_LOG_WARNING,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static int load_structs(struct document *document, const char *text, size_t size,
			struct config_error *error)
{
	struct complaint complaint = {0};
	cyaml_config_t config = cyaml_config(&complaint);
	cyaml_err_t code = cyaml_load_data((const uint8_t *)text, size, &config,
					   document->kind->schema, &document->structs, NULL);

	if (code != CYAML_OK)
		return cyaml_failed(document->path, code, &complaint, error);
	return document->structs ? 0
				 : document_error(error, document->path, 0, "the file is empty");
}

int document_load(struct document *document, const struct document_kind *kind, const char *path,
		  const char *text, size_t size, struct config_error *error)
{
	int result;

	*document = (struct document){.path = path, .kind = kind};
	result = document_load_tree(document, text, size, error);
	if (!result)
		result = document_check(document, error);
	return result ? result : load_structs(document, text, size, error);
}

void document_clear(struct document *document)
{
	struct complaint complaint = {0};
	cyaml_config_t config = cyaml_config(&complaint);

	if (document->structs)
		cyaml_free(&config, document->kind->schema, document->structs, 0);
	if (document->has_tree)
		yaml_document_delete(&document->tree);
	*document = (struct document){0};
}
