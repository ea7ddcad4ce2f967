/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every built-in model answers what its driver answers: the rows in rows/ are carried out, and
 * every clause, every front end and every peculiarity of a model has its rows.
 */
#include "run.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name {
	char text[64];
};

/* The rows of a model and what was wrong with them so far. */
struct sheet {
	char path[512];
	struct rows rows;
	size_t wrong;
};

static void open_sheet(struct sheet *sheet, const char *model)
{
	char error[640];

	*sheet = (struct sheet){0};
	snprintf(sheet->path, sizeof(sheet->path), "%s/tests/models/rows/%s.rows",
		 NICEMU_SOURCE_DIR, model);
	cr_assert(rows_read(&sheet->rows, sheet->path, error, sizeof(error)), "%s", error);
}

static struct criterion_test_params names(void)
{
	size_t count = 0;
	struct name *list;

	while (model_builtin_name(count))
		count++;
	list = cr_calloc(count, sizeof(*list));
	for (size_t i = 0; list && i < count; i++)
		snprintf(list[i].text, sizeof(list[i].text), "%s", model_builtin_name(i));
	return cr_make_param_array(struct name, list, list ? count : 0, NULL);
}

ParameterizedTestParameters(models, each_row_is_answered_as_the_driver_does)
{
	return names();
}

ParameterizedTest(struct name *model, models, each_row_is_answered_as_the_driver_does)
{
	struct sheet sheet;
	char error[1024];

	open_sheet(&sheet, model->text);
	for (size_t i = 0; i < sheet.rows.count; i++) {
		const struct row *row = &sheet.rows.list[i];

		if (row_run(model->text, row, error, sizeof(error)))
			continue;
		fprintf(stderr, "%s:%d: %s (%s): %s\n    %s\n", sheet.path, row->line,
			row->words[0], row->num_words > 1 ? row->words[1] : "", error,
			row->num_parts ? row->parts[0] : "");
		sheet.wrong++;
	}
	cr_expect_eq(sheet.wrong, 0, "%s: %zu of %zu rows are wrong", model->text, sheet.wrong,
		     sheet.rows.count);
	rows_clear(&sheet.rows);
}

static void complain(void *context, const char *what)
{
	struct sheet *sheet = context;

	fprintf(stderr, "%s: %s\n", sheet->path, what);
	sheet->wrong++;
}

ParameterizedTestParameters(models, each_clause_and_peculiarity_has_its_rows)
{
	return names();
}

ParameterizedTest(struct name *name, models, each_clause_and_peculiarity_has_its_rows)
{
	struct config_error error;
	struct model *model = NULL;
	struct sheet sheet;

	cr_assert_eq(model_load(&model, name->text, &error), 0, "%s", error.text);
	open_sheet(&sheet, name->text);
	rows_needed(model, &sheet.rows, complain, &sheet);
	cr_expect_eq(sheet.wrong, 0, "%s: %zu rows are missing or wrong", name->text, sheet.wrong);
	rows_clear(&sheet.rows);
	model_free(model);
}

/* The harness itself can fail: a row that says the contrary of the truth is found out. */
Test(models, a_row_that_is_not_true_fails)
{
	static const struct {
		struct row row;
		const char *error;
	} rows[] = {
		{{.words = {"refused", "chain-index-not-zero", "EOPNOTSUPP", "chain"},
		  .num_words = 4,
		  .parts = {"DROP"},
		  .num_parts = 1},
		 "wanted refused by chain-index-not-zero, got accepted"},
		{{.words = {"refused", "chain-index-not-zero", "EINVAL", "chain"},
		  .num_words = 4,
		  .parts = {"chain 1 DROP"},
		  .num_parts = 1},
		 "wanted EINVAL, got EOPNOTSUPP"},
		{{.words = {"accepted", "chain-index-not-zero", "chain"},
		  .num_words = 3,
		  .parts = {"chain 1 DROP"},
		  .num_parts = 1},
		 "wanted accepted"},
		{{.words = {"misses", "plain", "chain"},
		  .num_words = 3,
		  .parts = {"ipv4 udp DROP", "ipv4 udp"},
		  .num_parts = 2},
		 "the packet matches the rule"},
		{{.words = {"matches", "plain", "chain"},
		  .num_words = 3,
		  .parts = {"ipv4 udp DROP", "ipv4 tcp"},
		  .num_parts = 2},
		 "the packet misses the rule"},
		{{.words = {"counts", "chain"},
		  .num_words = 2,
		  .parts = {"ipv4 DROP", "ipv4", "packets 1 bytes 0 last-used 5"},
		  .num_parts = 3},
		 "got packets 1 bytes 100 last-used 5"},
		{{.words = {"accepted", "x", "chain"},
		  .num_words = 3,
		  .parts = {"ports.dts 80 DROP"},
		  .num_parts = 1},
		 "there is no field ports.dts"},
	};
	char error[1024];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_not(row_run("generic", &rows[i].row, error, sizeof(error)), "row %zu", i);
		cr_expect_not_null(strstr(error, rows[i].error), "row %zu: %s", i, error);
	}
}
