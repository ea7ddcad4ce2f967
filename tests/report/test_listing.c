/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/report/report.h>

#include <criterion/criterion.h>

static const char *text_at(const json_t *listing, const char *list, size_t i, const char *key)
{
	const json_t *record = json_array_get(json_object_get(listing, list), i);

	return json_string_value(json_object_get(record, key));
}

static json_int_t handle_at(const json_t *listing, size_t i)
{
	const json_t *record = json_array_get(json_object_get(listing, "rules"), i);

	return json_integer_value(json_object_get(record, "handle"));
}

static size_t count(const json_t *listing, const char *list)
{
	return json_array_size(json_object_get(listing, list));
}

Test(listing, a_rule_loses_its_handle_and_its_comment)
{
	json_t *listing = report_parse_listing(
		"table netdev t { # handle 1\n"
		"\tchain c { # handle 1\n"
		"\t\ttype filter hook ingress device \"eth0\" priority 10; policy accept;\n"
		"\t\tflags offload\n"
		"\t\tip saddr 10.0.0.0/8 counter drop comment \"r0\" # handle 4\n"
		"\t\taccept # handle 5\n"
		"\t}\n"
		"}\n");

	cr_assert_eq(count(listing, "rules"), 2);
	cr_assert_str_eq(text_at(listing, "rules", 0, "rule"), "ip saddr 10.0.0.0/8 counter drop");
	cr_assert_str_eq(text_at(listing, "rules", 0, "comment"), "r0");
	cr_assert_str_eq(text_at(listing, "rules", 0, "family"), "netdev");
	cr_assert_str_eq(text_at(listing, "rules", 0, "table"), "t");
	cr_assert_str_eq(text_at(listing, "rules", 0, "chain"), "c");
	cr_assert_eq(handle_at(listing, 0), 4);
	cr_assert_str_eq(text_at(listing, "rules", 1, "rule"), "accept");
	cr_assert_null(text_at(listing, "rules", 1, "comment"));
	json_decref(listing);
}

Test(listing, masks_are_hexadecimal_and_nothing_else_is)
{
	json_t *listing = report_parse_listing(
		"table netdev t { # handle 1\n"
		"\tchain c { # handle 1\n"
		"\t\ttcp dport & 65528 == 8 drop # handle 2\n"
		"\t\tip saddr & 255.0.0.255 == 10.0.0.1 log prefix \"a & 5 b\" # handle 3\n"
		"\t\tmeta mark set ct mark & 0x000000ff # handle 4\n"
		"\t\tvlan id & 7 == 1 tcp sport & 15 == { 1, 2 } drop # handle 5\n"
		"\t\t(tcp dport & 240) == 16 drop # handle 6\n"
		"\t\ttcp dport & 15 # handle 7\n"
		"\t\tcounter log prefix \"x\" tcp dport & 18446744073709551616 == 1 # handle 8\n"
		"\t}\n"
		"}\n");
	static const char *const wanted[] = {
		"tcp dport & 0xfff8 == 8 drop",
		"ip saddr & 255.0.0.255 == 10.0.0.1 log prefix \"a & 5 b\"",
		"meta mark set ct mark & 0x000000ff",
		"vlan id & 0x7 == 1 tcp sport & 0xf == { 1, 2 } drop",
		"(tcp dport & 0xf0) == 16 drop",
		"tcp dport & 0xf",
		"counter log prefix \"x\" tcp dport & 18446744073709551616 == 1",
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		cr_assert_str_eq(text_at(listing, "rules", i, "rule"), wanted[i]);
	json_decref(listing);
}

Test(listing, words_inside_quotes_are_no_marks)
{
	json_t *listing = report_parse_listing(
		"table ip t { # handle 1\n"
		"\tcomment \"tab {\"\n"
		"\tchain c { # handle 1\n"
		"\t\tcomment \"x # handle 3\"\n"
		"\t\tlog prefix \"a # handle 5\" counter comment \"b # handle 9\" # handle 4\n"
		"\t\tlog prefix \" comment \" # handle 6\n"
		"\t\tip saddr 1.1.1.1 drop comment \"\" # handle 8\n"
		"\t\tlog prefix \"{\" # handle 10\n"
		"\t}\n"
		"}\n");

	cr_assert_eq(count(listing, "rules"), 4);
	cr_assert_str_eq(text_at(listing, "rules", 0, "rule"),
			 "log prefix \"a # handle 5\" counter");
	cr_assert_str_eq(text_at(listing, "rules", 0, "comment"), "b # handle 9");
	cr_assert_eq(handle_at(listing, 0), 4);
	cr_assert_str_eq(text_at(listing, "rules", 1, "rule"), "log prefix \" comment \"");
	cr_assert_null(text_at(listing, "rules", 1, "comment"));
	cr_assert_str_eq(text_at(listing, "rules", 2, "comment"), "");
	cr_assert_eq(handle_at(listing, 3), 10);
	json_decref(listing);
}

Test(listing, sets_objects_and_inner_chains_are_no_rules)
{
	json_t *listing = report_parse_listing("table netdev t { # handle 1\n"
					       "\tset s { # handle 2\n"
					       "\t\ttype ipv4_addr\n"
					       "\t\telements = { 1.1.1.1 comment \"x\",\n"
					       "\t\t\t     2.2.2.2 }\n"
					       "\t}\n"
					       "\tcounter n { # handle 3\n"
					       "\t\tpackets 0 bytes 0\n"
					       "\t}\n"
					       "\tchain c { # handle 4\n"
					       "\t\ttcp dport 80 jump {\n"
					       "\t\t\taccept\n"
					       "\t\t} # handle 7\n"
					       "\t\tdrop # handle 8\n"
					       "\t}\n"
					       "}\n");

	cr_assert_eq(count(listing, "rules"), 1);
	cr_assert_eq(handle_at(listing, 0), 8);
	cr_assert_eq(count(listing, "chains"), 0, "a chain without a hook is no base chain");
	json_decref(listing);
}

Test(listing, base_chains_tell_devices_and_offload)
{
	json_t *listing = report_parse_listing(
		"table netdev t { # handle 1\n"
		"\tchain a { # handle 1\n"
		"\t\ttype filter hook ingress devices = { eth0, eth1 } priority filter + 10; "
		"policy accept;\n"
		"\t\tflags offload\n"
		"\t}\n"
		"\n"
		"\tchain b { # handle 2\n"
		"\t\ttype filter hook ingress device \"eth2\" priority 5; policy accept;\n"
		"\t}\n"
		"}\n"
		"table ip f { # handle 2\n"
		"\tchain i { # handle 1\n"
		"\t\ttype filter hook input priority filter; policy accept;\n"
		"\t}\n"
		"}\n");
	const json_t *chains = json_object_get(listing, "chains");
	const json_t *devices = json_object_get(json_array_get(chains, 0), "devices");

	cr_assert_eq(json_array_size(chains), 3);
	cr_assert(json_is_true(json_object_get(json_array_get(chains, 0), "offload")));
	cr_assert_eq(json_array_size(devices), 2);
	cr_assert_str_eq(json_string_value(json_array_get(devices, 1)), "eth1");
	cr_assert(json_is_false(json_object_get(json_array_get(chains, 1), "offload")));
	devices = json_object_get(json_array_get(chains, 1), "devices");
	cr_assert_str_eq(json_string_value(json_array_get(devices, 0)), "eth2");
	devices = json_object_get(json_array_get(chains, 2), "devices");
	cr_assert_eq(json_array_size(devices), 0);
	json_decref(listing);
}

Test(listing, what_is_no_listing_yields_nothing)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"}}}}\n",
		"{\n{\n{\n",
		"drop # handle 3\n",
		" # handle ",
		"\"",
		"table\nchain {\n type \n",
		"table {\nchain {\ntype filter hook ingress device",
		"table {\nchain {\ncomment \"\n\" # handle x\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *listing = report_parse_listing(texts[i]);

		cr_assert_not_null(listing);
		cr_assert_eq(count(listing, "rules"), 0, "input: %s", texts[i]);
		json_decref(listing);
	}
}

Test(listing, texts_are_found_by_family_table_and_handle)
{
	json_t *listing = report_parse_listing("table netdev t { # handle 1\n"
					       "\tchain c { # handle 1\n"
					       "\t\tdrop # handle 4\n"
					       "\t}\n"
					       "}\n"
					       "table netdev u { # handle 2\n"
					       "\tchain c { # handle 1\n"
					       "\t\taccept # handle 4\n"
					       "\t}\n"
					       "}\n");
	struct report_texts *texts = report_texts_create(listing);

	cr_assert_str_eq(report_rule_text(texts, "netdev", "t", 4), "drop");
	cr_assert_str_eq(report_rule_text(texts, "netdev", "u", 4), "accept");
	cr_assert_null(report_rule_text(texts, "netdev", "u", 5));
	cr_assert_null(report_rule_text(texts, "ip", "t", 4));
	cr_assert_null(report_rule_text(NULL, "ip", "t", 4));
	report_texts_destroy(texts);
	report_texts_destroy(NULL);
	json_decref(listing);
}
