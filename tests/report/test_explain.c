/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What no rule of a chain can cause yet: a frame that leaves in another form. */
#include "../support/small_emulator.h"

#include <nicemu/report/explain.h>

#include "printed.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = SMALL_EMULATOR_FOLDER;

/* The document of a frame that leaves as another one. */
static json_t *document_of(const uint8_t *before, uint32_t size, const uint8_t *after,
			   uint32_t after_size)
{
	const struct report_explain_source source = {"nicemu", "file", 1, false};
	const struct explain_options options = {10, false};
	const struct packet packet = {.data = before, .captured = size, .length = size};
	struct emulator *emulator = small_emulator_create(folder);
	struct explanation e;
	char message[256];
	json_t *document;

	cr_assert_not_null(emulator);
	cr_assert_eq(explain_packet(emulator, &packet, &options, &e, message, sizeof(message)), 0);
	e.leaves = (struct packet){.data = after, .captured = after_size, .length = after_size};
	document = report_explain(emulator, &packet, &e, &source);
	explanation_clear(&e);
	emulator_destroy(emulator);
	rmdir(folder);
	cr_assert_not_null(document);
	return document;
}

Test(explain, bytes_that_are_rewritten_are_told_as_a_difference)
{
	uint8_t before[20] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xcc}, after[22];
	json_t *document, *frame;
	char *text, *all;

	memcpy(after, before, sizeof(before));
	after[2] = 0xaa;
	after[3] = 0xbb;
	after[20] = after[21] = 0xff;
	document = document_of(before, sizeof(before), after, sizeof(after));
	frame = json_object_get(document, "frame");
	all = json_dumps(frame, JSON_COMPACT | JSON_PRESERVE_ORDER);
	cr_expect_str_eq(all, "{\"changed\":true,\"length\":22,\"places\":2,\"changes\":["
			      "{\"offset\":2,\"before\":\"0304\",\"after\":\"aabb\"},"
			      "{\"offset\":20,\"before\":\"\",\"after\":\"ffff\"}]}");
	free(all);
	text = printed(report_print_explain, document, false);
	cr_expect(strstr(text, "  at    2  - 03 04\n           + aa bb\n"), "%s", text);
	cr_expect(!strstr(text, "unchanged"), "%s", text);
	free(text);
	json_decref(document);
}

Test(explain, an_empty_frame_has_a_document_too)
{
	json_t *document = document_of(NULL, 0, NULL, 0);
	json_t *key = json_object_get(document, "key");
	char *text = printed(report_print_explain, document, false);

	cr_expect_str_eq(json_string_value(json_object_get(key, "stop")),
			 "the captured bytes end inside of this header");
	cr_expect(strstr(text, "the frame's bytes are unchanged"), "%s", text);
	free(text);
	json_decref(document);
}

Test(explain, what_is_not_known_is_not_guessed)
{
	uint8_t frame[14] = {0};
	json_t *document = document_of(frame, sizeof(frame), frame, sizeof(frame));
	json_t *difference = json_pack("{s:b, s:b, s:b, s:b, s:[]}", "fate", 0, "rule", 1, "copies",
				       0, "outcome", 0, "reasons");
	char *text;

	json_object_set_new(document, "difference", difference);
	text = printed(report_print_explain, document, false);
	cr_expect(strstr(text, "  by another rule than in the NIC: it is not known why\n"), "%s",
		  text);
	free(text);
	json_decref(document);
}

Test(explain, texts_and_files_are_put_where_rules_are)
{
	json_t *document = json_pack("{s:{s:{s:s, s:s, s:i, s:n, s:n}}, s:[{s:n}]}", "verdict",
				     "rule", "family", "netdev", "table", "t", "handle", 4, "rule",
				     "file", "list", "rule");
	json_t *listing = json_pack("{s:[{s:s, s:s, s:i, s:s}]}", "rules", "family", "netdev",
				    "table", "t", "handle", 4, "rule", "tcp dport 80 drop");
	json_t *files = json_pack("{s:s}", "netdev t 4", "a.nft");
	struct report_texts *texts = report_texts_create(listing);
	const json_t *rule = json_object_get(json_object_get(document, "verdict"), "rule");

	report_explain_complete(document, texts, files);
	cr_expect_str_eq(json_string_value(json_object_get(rule, "rule")), "tcp dport 80 drop");
	cr_expect_str_eq(json_string_value(json_object_get(rule, "file")), "a.nft");
	report_texts_destroy(texts);
	json_decref(document);
	json_decref(listing);
	json_decref(files);
}
