/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_driver.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tap writes a line per event; the test compares the text. */
static void write_event(void *context, const struct offload_event *e)
{
	FILE *out = context;

	fprintf(out, "%s", offload_verb_name(e->verb));
	if (e->binding)
		fprintf(out, " binding %u port %u", e->binding->id, e->binding->port);
	if (e->command)
		fprintf(out, " cookie %llu", (unsigned long long)e->command->cookie);
	if (e->stats)
		fprintf(out, " packets %llu", (unsigned long long)e->stats->packets);
	if (e->error)
		fprintf(out, " %s %s", errno_name(-e->error), e->reason->id);
	else
		cr_assert_null(e->reason);
	fputc('\n', out);
}

Test(tap, sees_every_command_in_order_with_its_answer)
{
	struct fake_driver *driver = calloc(1, sizeof(*driver));
	struct offload *offload = offload_create(&fake_driver, driver);
	struct offload_binding a = {.port = 3}, b = {.port = 4}, c = {.port = 5};
	struct offload_command on_a = {.binding = 1, .cookie = 9};
	struct offload_command nowhere = {.binding = 8, .cookie = 9};
	struct offload_stats stats;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	struct offload_tap tap = {.see = write_event, .context = out};

	offload_add_tap(offload, &tap);
	offload_bind(offload, &a, NULL);
	offload_bind(offload, &b, NULL);
	driver->refuse = EBUSY;
	offload_bind(offload, &c, NULL);
	offload_replace(offload, &on_a, NULL);
	driver->refuse = ENOSPC;
	offload_replace(offload, &on_a, NULL);
	driver->totals[1][9].packets = 6;
	offload_totals(offload, 1, 9, &stats); /* not a command */
	offload_stats(offload, &on_a, &stats);
	offload_stats(offload, &on_a, &stats);
	offload_destroy_rule(offload, &on_a, NULL);
	offload_destroy_rule(offload, &on_a, NULL);
	offload_replace(offload, &nowhere, NULL);
	offload_stats(offload, &nowhere, &stats);
	offload_unbind(offload, 1);
	offload_unbind(offload, 1);
	offload_remove_tap(offload, &tap);
	offload_unbind(offload, 2);
	fclose(out);
	cr_assert_str_eq(text, "BIND binding 1 port 3\n"
			       "BIND binding 2 port 4\n"
			       "BIND binding 0 port 5 EBUSY refused\n"
			       "REPLACE binding 1 port 3 cookie 9\n"
			       "REPLACE binding 1 port 3 cookie 9 ENOSPC refused\n"
			       "STATS binding 1 port 3 cookie 9 packets 6\n"
			       "STATS binding 1 port 3 cookie 9 packets 0\n"
			       "DESTROY binding 1 port 3 cookie 9\n"
			       "DESTROY binding 1 port 3 cookie 9 ENOENT no-such-cookie\n"
			       "REPLACE cookie 9 ENOENT no-such-binding\n"
			       "STATS cookie 9 packets 0 ENOENT no-such-binding\n"
			       "UNBIND binding 1 port 3\n"
			       "UNBIND ENOENT no-such-binding\n");
	free(text);
	offload_destroy(offload);
	free(driver);
}
