/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port ranges (dissector key PORTS_RANGE), as flower can hand them over. */
#include "board.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct flow_rule *rule;
static uint32_t binding;

static void set_up(void)
{
	board_setup();
	binding = board_bind(0);
}

static void clear(void)
{
	flow_rule_free(rule);
	rule = NULL;
	board_teardown();
}

TestSuite(ranges, .init = set_up, .fini = clear);

static void put(struct flow_extra *extra, enum flow_extra_id id, int value, uint16_t mask)
{
	*extra = (struct flow_extra){
		.id = (uint8_t)id,
		.value = {(uint8_t)(value >> 8), (uint8_t)value},
		.mask = {(uint8_t)(mask >> 8), (uint8_t)mask},
	};
}

/* A rule with the ends that are not negative. */
static void make_rule(int src_min, int src_max, int dst_min, int dst_max)
{
	const int ends[] = {src_min, dst_min, src_max, dst_max}; /* in the order of ids */

	flow_rule_free(rule);
	rule = flow_rule_alloc_extras(0, 4);
	rule->match.used_keys = FLOW_PRESENT(PORTS_RANGE);
	for (int i = 0; i < 4; i++)
		put(&rule->match.extras[i],
		    (enum flow_extra_id)(FLOW_EXTRA_PORTS_RANGE_MIN_SRC + i),
		    ends[i] < 0 ? 0 : ends[i], ends[i] < 0 ? 0 : UINT16_MAX);
}

static int replace(struct reason *reason)
{
	return board_replace(binding, 1, 10, rule, reason);
}

static bool hits(uint16_t src, uint16_t dst)
{
	struct flow_key key = board_udp(dst);

	flow_key_set(&key, FLOW_PORTS_SRC, src);
	return board_send(0, &key).matched;
}

/* The packet's ports one inside and outside of every bound. */
static void check(int src_min, int src_max, int dst_min, int dst_max)
{
	const int bounds[] = {src_min, src_max, dst_min, dst_max, 0, 65535, 300};
	const int low_src = src_min < 0 ? 0 : src_min, high_src = src_max < 0 ? 65535 : src_max;
	const int low_dst = dst_min < 0 ? 0 : dst_min, high_dst = dst_max < 0 ? 65535 : dst_max;

	make_rule(src_min, src_max, dst_min, dst_max);
	cr_assert_eq(replace(NULL), 0);
	for (size_t i = 0; i < 7 * 3; i++)
		for (size_t j = 0; j < 7 * 3; j++) {
			uint16_t src = (uint16_t)(bounds[i / 3] + (int)(i % 3) - 1);
			uint16_t dst = (uint16_t)(bounds[j / 3] + (int)(j % 3) - 1);
			bool want = src >= low_src && src <= high_src && dst >= low_dst &&
				    dst <= high_dst;

			cr_assert_eq(hits(src, dst), want, "%d-%d %d-%d: %u %u", src_min, src_max,
				     dst_min, dst_max, src, dst);
		}
	cr_assert_eq(board_destroy(binding, 1), 0);
}

Test(ranges, ports_inside_the_bounds_match_and_no_others)
{
	check(1024, 2047, -1, -1);
	check(-1, -1, 80, 443);
	check(1000, 1003, 53, 53);
	check(0, 65535, 0, 0);
	check(65535, 65535, 1, 65534);
	check(-1, -1, -1, -1); /* nothing is asked */
}

Test(ranges, a_packet_without_ports_is_in_no_range)
{
	struct flow_key key = board_udp(0);

	make_rule(-1, -1, 0, 65535);
	cr_assert_eq(replace(NULL), 0);
	cr_assert(board_send(0, &key).matched);
	key.word[0] &= ~FLOW_PRESENT(PORTS);
	cr_assert_not(board_send(0, &key).matched);
}

Test(ranges, ports_and_ranges_of_one_rule_must_both_hold)
{
	make_rule(-1, -1, 100, 200);
	board_match(rule, FLOW_PORTS_DST, 0x80, 0x80); /* 128-255, … */
	cr_assert_eq(replace(NULL), 0);
	cr_assert(hits(1, 128));
	cr_assert(hits(1, 200));
	cr_assert_not(hits(1, 127), "in the range only");
	cr_assert_not(hits(1, 201), "by the mask only");
}

Test(ranges, an_update_gives_a_rule_a_range_and_takes_it_away)
{
	make_rule(-1, -1, 10, 20);
	cr_assert_eq(replace(NULL), 0);
	cr_assert_not(hits(1, 21));
	make_rule(-1, -1, 10, 21);
	cr_assert_eq(replace(NULL), 0);
	cr_assert(hits(1, 21));
	cr_assert_not(hits(1, 22));
	make_rule(-1, -1, -1, -1);
	cr_assert_eq(replace(NULL), 0);
	cr_assert(hits(1, 22));
}

Test(ranges, what_makes_no_range_is_refused)
{
	static const struct {
		int src_min, src_max, dst_min, dst_max;
		const char *id;
	} rows[] = {
		{10, 9, -1, -1, "empty-port-range"},    {-1, -1, 65535, 0, "empty-port-range"},
		{1, 2, 20, 10, "empty-port-range"},     {10, -1, -1, -1, "half-port-range"},
		{-1, -1, -1, 65535, "half-port-range"}, {1, 2, 0, -1, "half-port-range"},
	};
	struct reason reason;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_rule(rows[i].src_min, rows[i].src_max, rows[i].dst_min, rows[i].dst_max);
		cr_assert_eq(replace(&reason), -EOPNOTSUPP, "row %zu", i);
		cr_assert_str_eq(reason.id, rows[i].id, "row %zu", i);
		cr_assert_eq(reason.layer, REASON_MODEL);
	}
	cr_assert_eq(replace(&reason), -EOPNOTSUPP);
	make_rule(1, 2, -1, -1);
	rule->match.extras[0].mask[1] = 0xfe;
	cr_assert_eq(replace(&reason), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "masked-port-range");
	rule->match.used_keys = 0;
	cr_assert_eq(replace(&reason), 0, "what is not flagged is not looked at");
	cr_assert(hits(9, 9));
}
