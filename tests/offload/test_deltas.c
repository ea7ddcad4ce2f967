/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/random.h>

#include "fake_driver.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fake_driver *driver;
static struct offload *offload;
static const struct flow_rule rule;

static void setup(void)
{
	driver = calloc(1, sizeof(*driver));
	offload = offload_create(&fake_driver, driver);
}

static void teardown(void)
{
	offload_destroy(offload);
	free(driver);
}

TestSuite(offload, .init = setup, .fini = teardown);

static struct offload_command command(uint32_t binding, uint64_t cookie)
{
	return (struct offload_command){.binding = binding, .cookie = cookie, .rule = &rule};
}

static uint32_t bind_port(uint16_t port)
{
	struct offload_binding binding = {.port = port, .block = 7};

	cr_assert_eq(offload_bind(offload, &binding, NULL), 0);
	return binding.id;
}

Test(offload, binding_numbers_start_at_1_and_are_never_used_again)
{
	uint32_t first = bind_port(0), second = bind_port(1);

	cr_assert_eq(first, 1);
	cr_assert_eq(second, 2);
	cr_assert_eq(offload_unbind(offload, 2), 0);
	offload_release(offload, 2);
	cr_assert_eq(bind_port(1), 3);
	cr_assert_eq(offload_unbind(offload, 2), -ENOENT);
}

Test(offload, a_refused_bind_leaves_the_number_alone)
{
	struct offload_binding binding = {.id = 99};
	struct reason reason;

	driver->refuse = EBUSY;
	cr_assert_eq(offload_bind(offload, &binding, &reason), -EBUSY);
	cr_assert_str_eq(reason.id, "refused");
	cr_assert_eq(binding.id, 99);
	cr_assert_eq(offload_unbind(offload, 1), -ENOENT);
}

Test(offload, stats_are_what_came_since_the_last_stats)
{
	uint32_t id = bind_port(0);
	struct offload_command c = command(id, 3);
	struct offload_stats delta, totals;

	cr_assert_eq(offload_replace(offload, &c, NULL), 0);
	cr_assert_eq(offload_stats(offload, &c, &delta), 0);
	cr_assert_eq(delta.packets, 0);
	driver->totals[id][3] = (struct offload_stats){10, 1000, 55};
	cr_assert_eq(offload_totals(offload, id, 3, &totals), 0);
	cr_assert_eq(totals.packets, 10);
	cr_assert_eq(offload_stats(offload, &c, &delta), 0);
	cr_assert_eq(delta.packets, 10);
	cr_assert_eq(delta.bytes, 1000);
	cr_assert_eq(delta.last_used_ns, 55);
	cr_assert_eq(offload_stats(offload, &c, &delta), 0);
	cr_assert_eq(delta.packets, 0);
	cr_assert_eq(delta.bytes, 0);
	cr_assert_eq(delta.last_used_ns, 55);
}

Test(offload, a_repeated_replace_keeps_the_deltas)
{
	uint32_t id = bind_port(0);
	struct offload_command c = command(id, 3);
	struct offload_stats delta;

	cr_assert_eq(offload_replace(offload, &c, NULL), 0);
	driver->totals[id][3].packets = 10;
	cr_assert_eq(offload_stats(offload, &c, &delta), 0);
	driver->totals[id][3].packets = 15;
	cr_assert_eq(offload_replace(offload, &c, NULL), 0);
	cr_assert_eq(offload_stats(offload, &c, &delta), 0);
	cr_assert_eq(delta.packets, 5);
}

Test(offload, a_refused_repeated_replace_leaves_the_rule)
{
	uint32_t id = bind_port(0);
	struct offload_command c = command(id, 3);
	struct offload_stats delta;

	cr_assert_eq(offload_replace(offload, &c, NULL), 0);
	driver->totals[id][3].packets = 10;
	driver->refuse = EOPNOTSUPP;
	cr_assert_eq(offload_replace(offload, &c, NULL), -EOPNOTSUPP);
	cr_assert_eq(offload_stats(offload, &c, &delta), 0);
	cr_assert_eq(delta.packets, 10);
}

static char refusal[32];

static void note_refusal(void *context, const struct offload_event *event)
{
	if (event->verb == OFFLOAD_STATS && event->reason)
		snprintf(refusal, sizeof(refusal), "%s", event->reason->id);
}

Test(offload, failed_stats_lose_nothing)
{
	struct offload_tap tap = {.see = note_refusal};
	uint32_t id = bind_port(0);
	struct offload_command c = command(id, 3);
	struct offload_stats delta = {1, 1, 1};

	cr_assert_eq(offload_replace(offload, &c, NULL), 0);
	driver->totals[id][3].packets = 10;
	driver->refuse = EIO;
	offload_add_tap(offload, &tap);
	cr_assert_eq(offload_stats(offload, &c, &delta), -EIO);
	offload_remove_tap(offload, &tap);
	cr_assert_str_eq(refusal, "stats-refused");
	cr_assert_eq(delta.packets, 0);
	cr_assert_eq(delta.last_used_ns, 0);
	cr_assert_eq(offload_stats(offload, &c, &delta), 0);
	cr_assert_eq(delta.packets, 10);
}

Test(offload, what_is_unknown_is_enoent_and_does_not_reach_the_driver)
{
	uint32_t id = bind_port(0);
	struct offload_command c = command(id, 3), nowhere = command(77, 3);
	struct offload_stats stats = {1, 1, 1};
	struct reason reason;
	size_t calls = driver->calls;

	cr_assert_eq(offload_destroy_rule(offload, &c, &reason), -ENOENT);
	cr_assert_str_eq(reason.id, "no-such-cookie");
	cr_assert_eq(offload_stats(offload, &c, &stats), -ENOENT);
	cr_assert_eq(stats.packets, 0);
	cr_assert_eq(offload_totals(offload, id, 3, &stats), -ENOENT);
	cr_assert_eq(offload_replace(offload, &nowhere, &reason), -ENOENT);
	cr_assert_str_eq(reason.id, "no-such-binding");
	cr_assert_eq(offload_destroy_rule(offload, &nowhere, NULL), -ENOENT);
	cr_assert_eq(offload_stats(offload, &nowhere, &stats), -ENOENT);
	cr_assert_eq(offload_totals(offload, 77, 3, &stats), -ENOENT);
	cr_assert_eq(offload_unbind(offload, 77), -ENOENT);
	cr_assert_eq(driver->calls, calls);
}

/* --- random sequences against two arrays --- */

struct model {
	bool live;
	uint64_t reported;
};

static struct model model[FAKE_BINDINGS][FAKE_COOKIES];

static void step(struct random *r, uint32_t *last, uint64_t seed, int round)
{
	uint32_t id = (uint32_t)(*last ? 1 + random_below(r, *last) : 1);
	uint64_t cookie = random_below(r, FAKE_COOKIES);
	struct offload_command c = command(id, cookie);
	struct model *m = &model[id][cookie];
	bool bound = driver->bound[id], refuse = random_below(r, 8) == 0;
	struct offload_stats delta;
	int got, want;

#define SAME(GOT, WANT, WHAT)                                                                    \
	cr_assert_eq(GOT, WANT, "seed %lu round %d binding %u cookie %lu %s: got %ld, want %ld", \
		     (unsigned long)seed, round, id, (unsigned long)cookie, WHAT, (long)(GOT),   \
		     (long)(WANT))
	switch (random_below(r, 12)) {
	case 0:
		if (*last + 1 < FAKE_BINDINGS)
			SAME(bind_port(0), ++*last, "bind");
		break;
	case 1:
		SAME(offload_unbind(offload, id), bound ? 0 : -ENOENT, "unbind");
		offload_release(offload, id);
		for (int i = 0; i < FAKE_COOKIES; i++)
			model[id][i] = (struct model){0};
		break;
	case 2:
	case 3:
	case 4:
		driver->refuse = refuse ? ENOSPC : 0;
		want = !bound ? -ENOENT : refuse ? -ENOSPC : 0;
		SAME(offload_replace(offload, &c, NULL), want, "replace");
		if (!want && !m->live)
			*m = (struct model){.live = true};
		break;
	case 5:
		driver->refuse = refuse ? EIO : 0;
		want = !m->live ? -ENOENT : refuse ? -EIO : 0;
		SAME(offload_destroy_rule(offload, &c, NULL), want, "destroy");
		if (!want)
			*m = (struct model){0};
		break;
	case 6:
	case 7:
	case 8:
		if (m->live)
			driver->totals[id][cookie].packets += random_below(r, 100);
		break;
	default:
		got = offload_stats(offload, &c, &delta);
		SAME(got, m->live ? 0 : -ENOENT, "stats");
		SAME(delta.packets, m->live ? driver->totals[id][cookie].packets - m->reported : 0,
		     "delta");
		m->reported += delta.packets;
		break;
	}
	driver->refuse = 0;
#undef SAME
}

Test(offload, random_commands_give_the_deltas_of_an_obvious_model)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct random r = {seed};
		uint32_t last = 0;

		memset(model, 0, sizeof(model));
		memset(driver, 0, sizeof(*driver));
		offload_destroy(offload);
		offload = offload_create(&fake_driver, driver);
		for (int round = 0; round < 5000; round++)
			step(&r, &last, seed, round);
	}
}
