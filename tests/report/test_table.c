/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "printed.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static json_t *counter(json_int_t packets, json_int_t bytes)
{
	return json_pack("{s:I, s:I}", "packets", packets, "bytes", bytes);
}

static json_t *rule(const char *text, json_int_t packets, bool has_counter)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:i, s:s, s:n, s:b, s:b, s:I, s:I, s:s}",
			 "family", "netdev", "table", "t", "chain", "c", "handle", (json_int_t)4,
			 "port", "eth0", "priority", 10, "rule", text, "comment", "has_counter",
			 has_counter, "in_hw", 1, "packets", packets, "bytes", 60 * packets,
			 "last_used", "1700000000.000001000");
}

static json_t *report_with(json_t *rules, const char *file)
{
	return json_pack(
		"{s:s, s:s, s:s, s:b, s:[{s:s, s:s, s:I, s:I, s:I, s:I}], s:I, s:I, "
		"s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:[], s:o, s:[], s:[], s:{s:f, s:I}}",
		"nic", "n", "model", "generic", "kernel", "6.12.107", "interrupted", 0, "captures",
		"file", file, "port", "eth0", "packets", (json_int_t)40, "bytes", (json_int_t)2400,
		"truncated", (json_int_t)0, "malformed", (json_int_t)0, "packets", (json_int_t)40,
		"bytes", (json_int_t)2400, "fate", "drop", counter(10, 600), "redirect",
		counter(0, 0), "host", counter(30, 1800), "mirrored", counter(0, 0), "unmatched",
		counter(30, 1800), "retired", counter(0, 0), "ports", "rules", rules, "refused",
		"warnings", "timing", "elapsed_seconds", 0.5, "packets_per_second", (json_int_t)80);
}

static bool has_line(const char *text, const char *a, const char *b)
{
	char *copy = strdup(text);
	char *saved;
	bool found = false;

	for (char *line = strtok_r(copy, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved))
		found |= strstr(line, a) && strstr(line, b);
	free(copy);
	return found;
}

/* Columns: bytes that begin a UTF-8 character. */
static size_t widest_line(const char *text)
{
	size_t width = 0, widest = 0;

	for (; *text; text++) {
		if (((unsigned char)*text & 0xc0) != 0x80)
			width++;
		if (*text == '\n')
			width = 0;
		if (width > widest)
			widest = width;
	}
	return widest;
}

Test(table, a_rule_line_has_text_packets_share_and_time)
{
	json_t *report = report_with(
		json_pack("[o]", rule("ip saddr 10.0.0.0/8 counter drop", 10, true)), "a.pcap");
	char *text = printed(report_print, report, false);

	cr_assert(has_line(text, "ip saddr 10.0.0.0/8 counter drop", "25.0%"), "%s", text);
	cr_assert(has_line(text, "22:13:20.000001", " 600 "), "%s", text);
	cr_assert(has_line(text, "a.pcap", "eth0"), "%s", text);
	cr_assert(has_line(text, "dropped", "25.0%"), "%s", text);
	cr_assert(has_line(text, "matched no rule", "75.0%"), "%s", text);
	cr_assert(has_line(text, "80 packets/s", "in 0.5 s"), "%s", text);
	cr_assert_null(strchr(text, '\033'));
	free(text);
	json_decref(report);
}

static json_t *rule_of(const char *text, const char *port)
{
	json_t *record = rule(text, 10, true);

	json_object_set_new(record, "port", json_string(port));
	return record;
}

Test(table, the_rules_of_a_chain_on_several_ports_are_grouped_by_port)
{
	json_t *report = report_with(json_pack("[o, o, o, o]", rule_of("one", "eth1"),
					       rule_of("one", "eth0"), rule_of("two", "eth1"),
					       rule_of("two", "eth0")),
				     "a");
	char *text = printed(report_print, report, false);
	const char *first = strstr(text, ", port eth1"), *second = strstr(text, ", port eth0");

	cr_assert(first && second && first < second, "%s", text);
	cr_assert_null(strstr(first + 1, ", port eth1"), "%s", text);
	cr_assert_null(strstr(second + 1, ", port eth0"), "%s", text);
	cr_assert(strstr(first, "one") < strstr(first, "two"), "%s", text);
	cr_assert(strstr(first, "two") < second && strstr(second, "two"), "%s", text);
	free(text);
	json_decref(report);
}

Test(table, short_times_are_told_without_exponents)
{
	static const struct {
		double seconds;
		const char *text;
	} times[] = {{0.0000435, "in 43.5 us:"},
		     {0.0125, "in 12.5 ms:"},
		     {0.5, "in 0.5 s:"},
		     {83.25, "in 83.25 s:"}};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		json_t *report = report_with(json_array(), "a");
		char *text;

		json_object_set_new(json_object_get(report, "timing"), "elapsed_seconds",
				    json_real(times[i].seconds));
		text = printed(report_print, report, false);
		cr_assert(strstr(text, times[i].text), "%s not in %s", times[i].text, text);
		free(text);
		json_decref(report);
	}
}

Test(table, what_a_filter_left_out_is_told)
{
	json_t *report = report_with(json_array(), "a");
	char *text = printed(report_print, report, false);

	cr_assert_null(strstr(text, "--filter"), "%s", text);
	free(text);
	json_object_set_new(json_array_get(json_object_get(report, "captures"), 0), "filtered",
			    json_integer(7));
	text = printed(report_print, report, false);
	cr_assert(strstr(text, "7 packets were left out by --filter"), "%s", text);
	free(text);
	json_decref(report);
}

Test(table, rules_without_a_counter_are_marked)
{
	json_t *report = report_with(json_pack("[o]", rule("tcp dport 80 drop", 10, false)), "a");
	char *text = printed(report_print, report, false);

	cr_assert(has_line(text, "* tcp dport 80 drop", "10"), "%s", text);
	cr_assert(has_line(text, "* has no 'counter'", "nft"), "%s", text);
	free(text);
	json_decref(report);
}

Test(table, nothing_is_wider_than_asked)
{
	char wide[400];
	json_t *report;
	char *text;

	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	report = report_with(json_pack("[o, o]", rule(wide, 10, false), rule(wide, 1, true)), wide);
	text = printed(report_print, report, false);
	cr_assert_leq(widest_line(text), 100, "%s", text);
	cr_assert(has_line(text, "…", "xxx"), "%s", text);
	free(text);
	json_decref(report);
}

Test(table, control_characters_do_not_reach_the_terminal)
{
	json_t *report =
		report_with(json_pack("[o]", rule("log prefix \"\033]0;x\a\" drop", 1, true)),
			    "a\033[2Jb\n\xc2\x9b");
	char *text = printed(report_print, report, false);

	cr_assert_null(strpbrk(text, "\033\a"), "%s", text);
	cr_assert_null(strstr(text, "\xc2\x9b"));
	cr_assert(has_line(text, "a?[2Jb??", "eth0"), "%s", text);
	free(text);
	json_decref(report);
}

Test(table, colour_only_where_asked)
{
	json_t *report = report_with(json_array(), "a");
	char *text = printed(report_print, report, true);

	cr_assert_not_null(strstr(text, "\033[1m"));
	cr_assert(has_line(text, "no rule is offloaded", ""), "%s", text);
	free(text);
	json_decref(report);
}
