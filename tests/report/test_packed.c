/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packed rules read the same as records: JSON and table, byte for byte. */
#include "internal.h"
#include "packed.h"

#include "../support/fail_alloc.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { RULES = 40, BUFFER = 1 << 20 };

static const char listing_text[] = "table netdev t {\n"
				   "\tchain c0 {\n"
				   "\t\ttcp dport 80 drop comment \"web\" # handle 3\n"
				   "\t\tip saddr 10.0.0.1 accept # handle 7\n"
				   "\t}\n"
				   "}\n"
				   "table netdev b\x01 {\n"
				   "\tchain c1 {\n"
				   "\t\tudp dport 53 accept # handle 3\n"
				   "\t}\n"
				   "}\n";

/* Rules of two tables whose handles are the same numbers, each on two ports in turn. */
static struct nft_offload_rule rule_at(size_t i)
{
	static const char *const tables[] = {"t", "b\x01"}, *const chains[] = {"c0", "c1"};
	size_t table = i >= RULES / 2;

	return (struct nft_offload_rule){
		.family = "netdev",
		.table = tables[table],
		.chain = chains[table],
		.handle = 2 + i / 2 % (RULES / 4),
		.comment = i % 5 == 3 ? "web \"\xff\n" : NULL,
		.port = (uint16_t)(i % 2),
		.priority = (int32_t)table - 1,
		.has_counter = i % 3,
		.in_hw = i % 7,
	};
}

static struct rule_counts counts_at(size_t i)
{
	return (struct rule_counts){
		.totals.packets = i % 4 ? i * 1000003 : 0,
		.totals.bytes = i % 4 ? UINT64_C(1) << (i % 62) : 0,
		.totals.last_used_ns = i % 4 ? UINT64_C(1700000000000000001) + i : 0,
		.told = {.packets = i % 2, .bytes = i % 3 == 1},
	};
}

static json_t *document_of(json_t *rules)
{
	json_t *document = json_object();

	json_object_set_new(document, "packets", json_integer(123456789));
	json_object_set_new(document, "rules", rules);
	json_object_set_new(document, "warnings", json_array());
	return document;
}

static json_t *in_records(const struct nic *nic, size_t count)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < count; i++) {
		struct nft_offload_rule rule = rule_at(i);
		struct rule_counts counts = counts_at(i);

		json_array_append_new(rules, rule_json(nic, &rule, NULL, &counts));
	}
	return document_of(rules);
}

static json_t *in_little_room(const struct nic *nic, size_t count)
{
	struct packer packer;

	packer_begin(&packer);
	for (size_t i = 0; i < count; i++) {
		struct nft_offload_rule rule = rule_at(i);
		struct rule_counts counts = counts_at(i);

		packer_add(&packer, nic, &rule, &counts);
	}
	return document_of(packer_end(&packer));
}

static char *as_json(const json_t *document)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_eq(report_write(out, document), 0);
	fclose(out);
	return text;
}

static char *as_table(const json_t *document)
{
	const struct report_style style = {.columns = 100};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	report_print_rules(out, document, &style);
	fclose(out);
	return text;
}

static void expect_same(json_t *records, json_t *packed_ones)
{
	char *(*const writers[])(const json_t *) = {as_json, as_table};

	for (size_t i = 0; i < sizeof(writers) / sizeof(*writers); i++) {
		char *expected = writers[i](records), *text = writers[i](packed_ones);

		cr_assert_str_eq(text, expected);
		free(expected);
		free(text);
	}
}

Test(packed, reads_as_records_do_with_texts_and_without)
{
	static const size_t without_text[] = {0, 8, 16, 24, 34};
	struct nic nic;

	cr_assert_eq(nic_default(&nic), 0);
	for (size_t count = 0; count <= RULES; count += RULES / 4) {
		json_t *records = in_records(&nic, count), *others = in_little_room(&nic, count);
		json_t *listing = report_parse_listing(listing_text);
		size_t missing;

		expect_same(records, others);
		missing = report_add_texts(records, listing);
		cr_expect_eq(report_add_texts(others, listing), missing);
		cr_expect_eq(missing, without_text[count / 10]);
		json_decref(listing);
		expect_same(records, others);
		/* A later listing adds to the first. */
		cr_expect_eq(report_add_texts(others, NULL), missing);
		expect_same(records, others);
		json_decref(records);
		json_decref(others);
	}
	nic_clear(&nic);
}

Test(packed, a_warning_finds_the_text_of_its_rule)
{
	json_t *listing = report_parse_listing(listing_text), *document, *place;
	struct packed_cursor cursor = {0};
	struct nic nic;

	cr_assert_eq(nic_default(&nic), 0);
	document = in_little_room(&nic, RULES);
	report_add_texts(document, listing);
	place = json_pack("{s:s, s:s, s:i}", "family", "netdev", "table", "b\x01", "handle", 3);
	cr_expect_str_eq(packed_text(json_object_get(document, "rules"), place, &cursor),
			 "udp dport 53 accept");
	json_object_set_new(place, "handle", json_integer(9999));
	cr_expect_str_eq(packed_text(json_object_get(document, "rules"), place, &cursor), "");
	json_decref(place);
	json_decref(document);
	json_decref(listing);
	nic_clear(&nic);
}

/* A walk of all rows for each would take minutes. */
Test(packed, warnings_in_the_order_of_the_rules_are_found_in_one_walk, .timeout = 20)
{
	enum { MANY = 40000 };
	struct packed_cursor cursor = {0};
	json_t *rules, *place, *texts = json_array();
	struct packer packer;
	struct nic nic;
	char text[24];

	cr_assert_eq(nic_default(&nic), 0);
	packer_begin(&packer);
	for (size_t i = 0; i < MANY; i++) {
		struct nft_offload_rule rule = {
			.family = "netdev", .table = "t", .chain = "c", .handle = i + 1};

		packer_add(&packer, &nic, &rule, &(struct rule_counts){0});
		snprintf(text, sizeof(text), "rule %zu", i);
		json_array_append_new(texts, json_string(text));
	}
	rules = packer_end(&packer);
	json_object_set_new(rules, "texts", texts);
	place = json_pack("{s:s, s:s}", "family", "netdev", "table", "t");
	for (size_t i = 0; i < MANY; i++) {
		json_object_set_new(place, "handle", json_integer((json_int_t)i + 1));
		snprintf(text, sizeof(text), "rule %zu", i);
		cr_assert_str_eq(packed_text(rules, place, &cursor), text);
	}
	/* One before it, too. */
	json_object_set_new(place, "handle", json_integer(1));
	cr_assert_str_eq(packed_text(rules, place, &cursor), "rule 0");
	json_decref(place);
	json_decref(rules);
	nic_clear(&nic);
}

Test(packed, rows_that_are_none_end_the_rules)
{
	static const char *const rows[] = {"0 1 1", "x", "", "0 5 1 1 2 3 4\n0 6 nonsense\n"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *rules = json_pack("{s:[[s,s,s,s,i]], s:{}, s:s}", "places", "netdev", "t",
					  "c", "eth0", 1, "comments", "rows", rows[i]);
		json_t *document = document_of(rules), *again;
		char *text = as_json(document);

		again = json_loads(text, 0, NULL);
		cr_assert(again, "row %zu: %s", i, text);
		cr_expect_eq(json_array_size(json_object_get(again, "rules")), i == 3 ? 1 : 0);
		json_decref(again);
		json_decref(document);
		free(text);
	}
}

Test(packed, without_memory_there_is_no_document_instead_of_one_that_lacks_rules)
{
	struct nic nic;
	json_t *whole;
	char *expected;
	size_t failures = 0;
	bool happened = true;

	cr_assert_eq(nic_default(&nic), 0);
	whole = in_little_room(&nic, RULES);
	expected = as_json(whole);
	json_decref(whole);
	for (size_t nth = 1; happened; nth++) {
		json_t *document;

		fail_alloc_at(nth);
		document = only_with_rules(in_little_room(&nic, RULES));
		happened = fail_alloc_happened();
		fail_alloc_at(0);
		failures += !document;
		cr_assert_eq(!document, happened, "allocation %zu", nth);
		if (document) {
			char *text = as_json(document);

			cr_assert_str_eq(text, expected);
			free(text);
		}
		json_decref(document);
	}
	cr_assert_gt(failures, 2);
	free(expected);
	nic_clear(&nic);
}
