/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_driver.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void write_command(void *context, const struct offload_binding *binding,
			  const struct offload_command *command)
{
	fprintf(context, "port %u cookie %llu prio %u protocol 0x%04x", binding->port,
		(unsigned long long)command->cookie, command->prio, command->protocol);
	if (command->rule)
		fprintf(context, " keys 0x%llx",
			(unsigned long long)command->rule->match.used_keys);
	fputc('\n', context);
}

static void assert_held(const struct offload *offload, const char *expected)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	offload_visit(offload, write_command, out);
	fclose(out);
	cr_assert_str_eq(text, expected);
	free(text);
}

Test(visit, tells_the_last_accepted_replace_of_each_in_the_order_of_arrival)
{
	struct fake_driver *driver = calloc(1, sizeof(*driver));
	struct offload *offload = offload_create(&fake_driver, driver);
	struct offload_binding a = {.port = 3}, b = {.port = 4};
	struct flow_rule *rule = flow_rule_alloc(1);
	struct offload_command c = {.prio = 7, .protocol = 0x0800, .rule = rule};

	assert_held(offload, "");
	offload_bind(offload, &a, NULL);
	offload_bind(offload, &b, NULL);
	rule->match.used_keys = 1;
	for (c.cookie = 9; c.cookie > 7; c.cookie--) {
		c.binding = a.id;
		cr_assert_eq(offload_replace(offload, &c, NULL), 0);
		c.binding = b.id;
		cr_assert_eq(offload_replace(offload, &c, NULL), 0);
	}
	/* The rule itself is held, so another one needs memory of its own. */
	flow_rule_free(rule);
	rule = flow_rule_alloc(1);
	c.rule = rule;
	rule->match.used_keys = 2;
	assert_held(offload, "port 3 cookie 9 prio 7 protocol 0x0800 keys 0x1\n"
			     "port 4 cookie 9 prio 7 protocol 0x0800 keys 0x1\n"
			     "port 3 cookie 8 prio 7 protocol 0x0800 keys 0x1\n"
			     "port 4 cookie 8 prio 7 protocol 0x0800 keys 0x1\n");
	c.binding = a.id;
	c.cookie = 9;
	c.prio = 1;
	driver->refuse = ENOSPC;
	cr_assert_eq(offload_replace(offload, &c, NULL), -ENOSPC);
	c.binding = b.id;
	cr_assert_eq(offload_replace(offload, &c, NULL), 0);
	c.binding = a.id;
	c.cookie = 8;
	cr_assert_eq(offload_destroy_rule(offload, &c, NULL), 0);
	assert_held(offload, "port 3 cookie 9 prio 7 protocol 0x0800 keys 0x1\n"
			     "port 4 cookie 9 prio 1 protocol 0x0800 keys 0x2\n"
			     "port 4 cookie 8 prio 7 protocol 0x0800 keys 0x1\n");
	cr_assert_eq(offload_unbind(offload, b.id), 0);
	offload_release(offload, b.id);
	offload_release(offload, b.id);
	assert_held(offload, "port 3 cookie 9 prio 7 protocol 0x0800 keys 0x1\n");
	flow_rule_free(rule);
	offload_destroy(offload);
	free(driver);
}
