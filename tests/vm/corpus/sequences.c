/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sequences of nf_tables messages and events (tests/control/nft_sequences.h), put to one world,
 * and what its driver was told as text. Built twice: with nicemu's endpoint, for the kernel that
 * its argument names, and with the running kernel. Both print the same, or there is a difference.
 */
#include "nft_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct world world, *const w = &world;

static const struct sequence rows[] = {
#include "nft_sequences.h"
};

enum { NUM_ROWS = sizeof(rows) / sizeof(*rows), MOST_RULES = 256 };

/* The module answers DESTROY and STATS by itself, and lets no EAGAIN through. */
static bool answered_by_the_module(const struct sequence *row)
{
	return strstr(row->script, "refuse DESTROY") || strstr(row->script, "refuse STATS") ||
	       strstr(row->script, "EAGAIN");
}

/* Some rows differ in the kernel only. */
static bool seen_before(size_t number)
{
	for (size_t i = 0; i < number; i++) {
		if (!strcmp(rows[i].script, rows[number].script))
			return true;
	}
	return false;
}

/* Rules are numbered as they appear. "VERB DEVICE NUMBER [ERRNO]" */
static void print_commands(char *commands)
{
	unsigned int seen[MOST_RULES], count = 0, number;
	char *rest = NULL;

	for (char *line = strtok_r(commands, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char verb[16], device[32], error[24] = "";
		unsigned int i = 0;

		if (sscanf(line, "%15s %31s %u %23s", verb, device, &number, error) < 3) {
			puts(line);
			continue;
		}
		while (i < count && seen[i] != number)
			i++;
		if (i == MOST_RULES)
			exit(2);
		if (i == count)
			seen[count++] = number;
		printf("%s %s %u%s%s\n", verb, device, i + 1, *error ? " " : "", error);
	}
}

int main(int argc, char **argv)
{
	char last_errors[SCRIPT_ERRORS];
	const char *version = argc > 1 ? argv[1] : "6.1";
	bool faults = argc > 2 && !strcmp(argv[2], "faults");
	unsigned int count = 0;

	for (size_t i = 0; i < NUM_ROWS; i++) {
		if (rows[i].fault != faults || answered_by_the_module(&rows[i]) || seen_before(i))
			continue;
		world_open(w, version);
		script_run(w, rows[i].script, last_errors);
		printf("= %s\n", rows[i].says);
		print_commands(w->commands);
		printf("rules: %s\n", rules(w));
		printf("errors: %s\n", last_errors);
		fflush(stdout);
		world_close(w);
		count++;
	}
	printf("rows: %u\n", count);
	return 0;
}
