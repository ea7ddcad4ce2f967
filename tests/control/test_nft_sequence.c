/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts of nft messages and events on one side, what the driver is told on the other: one row a
 * statement about chains, commits, rollbacks and devices, so that a reader can compare them.
 */
#include "nft_script.h"

#include <criterion/criterion.h>

static struct world world, *const w = &world;

static const struct sequence rows[] = {
#include "nft_sequences.h"
};

static void list_warnings(char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < nft_num_warnings(w->nft) && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "",
					 nft_warning(w->nft, i)->id);
}

Test(nft_sequence, the_driver_is_told_what_a_kernel_tells)
{
	char warnings[512], commands[sizeof(w->commands)], last_errors[SCRIPT_ERRORS];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct sequence *row = &rows[i];

		world_open(w, row->kernel ? row->kernel : "6.18");
		w->kernel.short_loads = w->kernel.counter_offload = w->kernel.device_lists = true;
		script_run(w, row->script, last_errors);
		snprintf(commands, sizeof(commands), "%s", w->commands);
		list_warnings(warnings, sizeof(warnings));
		cr_expect_str_eq(commands, row->commands, "%s\nexpected:\n%sgot:\n%s", row->says,
				 row->commands, commands);
		cr_expect_str_eq(rules(w), row->rules ? row->rules : "",
				 "%s: rules: expected %s, got %s", row->says,
				 row->rules ? row->rules : "", rules(w));
		cr_expect_str_eq(last_errors, row->errors ? row->errors : "",
				 "%s: errors: expected %s, got %s", row->says,
				 row->errors ? row->errors : "", last_errors);
		cr_expect_str_eq(warnings, row->warnings ? row->warnings : "",
				 "%s: warnings: expected %s, got %s", row->says,
				 row->warnings ? row->warnings : "", warnings);
		world_close(w);
	}
}
