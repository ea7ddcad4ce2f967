/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model_schema.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define NEEDED   CYAML_FLAG_DEFAULT

#define TEXT(KEY, STRUCT, MEMBER, FLAGS)                                             \
	CYAML_FIELD_STRING_PTR(KEY, CYAML_FLAG_POINTER | (FLAGS), STRUCT, MEMBER, 0, \
			       CYAML_UNLIMITED)
#define TEXTS(KEY, STRUCT, MEMBER, FLAGS)                                                   \
	CYAML_FIELD_SEQUENCE_COUNT(KEY, CYAML_FLAG_POINTER | (FLAGS), STRUCT, MEMBER.items, \
				   MEMBER.count, &text_value, 0, MODEL_LIST_MAX)
#define LIST(KEY, STRUCT, MEMBER, COUNT, FLAGS, ENTRY, MAX)                                  \
	CYAML_FIELD_SEQUENCE_COUNT(KEY, CYAML_FLAG_POINTER | (FLAGS), STRUCT, MEMBER, COUNT, \
				   ENTRY, 0, MAX)
#define MAPPING(KEY, STRUCT, MEMBER, FLAGS, FIELDS) \
	CYAML_FIELD_MAPPING_PTR(KEY, CYAML_FLAG_POINTER | (FLAGS), STRUCT, MEMBER, FIELDS)

/* An array of fields, and the schema of one such mapping in a list: NAME_fields, NAME_value. */
#define RECORD(NAME, ...)                                                                   \
	static const cyaml_schema_field_t NAME##_fields[] = {__VA_ARGS__, CYAML_FIELD_END}; \
	__attribute__((unused)) static const cyaml_schema_value_t NAME##_value = {          \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_##NAME, NAME##_fields)}

static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};

/* --- conditions --- */

/* The tests that conditions consist of, by the condition's name. */
#define TEST(NAME, ...)                                                                     \
	static const cyaml_schema_field_t NAME##_fields[] = {__VA_ARGS__, CYAML_FIELD_END}; \
	static const cyaml_schema_value_t NAME##_value = {                                  \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_test, NAME##_fields)}

TEST(mask, TEXTS("fields", struct file_test, fields, NEEDED),
     TEXT("is", struct file_test, is, NEEDED));
TEST(mask_bits, TEXTS("fields", struct file_test, fields, NEEDED),
     TEXT("bits", struct file_test, bits, NEEDED));
TEST(value, TEXTS("fields", struct file_test, fields, NEEDED),
     TEXTS("in", struct file_test, in, NEEDED));
TEST(count, TEXTS("of", struct file_test, actions, NEEDED),
     TEXTS("in", struct file_test, in, NEEDED));
TEST(argument, TEXTS("actions", struct file_test, actions, NEEDED),
     TEXT("argument", struct file_test, argument, NEEDED),
     TEXTS("in", struct file_test, in, NEEDED), TEXT("with", struct file_test, with, OPTIONAL),
     TEXTS("with-in", struct file_test, with_in, OPTIONAL));

/* What stands behind a condition's name: a list of names or ranges, tests, or yes. */
#define A_LIST(ID, NAME) TEXTS(NAME, struct file_conditions, kinds[MODEL_IF_##ID].list, OPTIONAL)
#define A_YES(ID, NAME)  TEXT(NAME, struct file_conditions, kinds[MODEL_IF_##ID].text, OPTIONAL)
#define TESTS(ID, NAME, ENTRY)                                         \
	LIST(NAME, struct file_conditions, kinds[MODEL_IF_##ID].tests, \
	     kinds[MODEL_IF_##ID].num_tests, OPTIONAL, &ENTRY, MODEL_LIST_MAX)
#define MASK_TESTS(ID, NAME)      TESTS(ID, NAME, mask_value)
#define MASK_BITS_TESTS(ID, NAME) TESTS(ID, NAME, mask_bits_value)
#define VALUE_TESTS(ID, NAME)     TESTS(ID, NAME, value_value)
#define COUNT_TESTS(ID, NAME)     TESTS(ID, NAME, count_value)
#define ARGUMENT_TESTS(ID, NAME)  TESTS(ID, NAME, argument_value)

#define SHAPE_KEYS_ONLY         A_LIST
#define SHAPE_KEYS_ALL          A_LIST
#define SHAPE_KEYS_ANY          A_LIST
#define SHAPE_FIELDS_ONLY       A_LIST
#define SHAPE_FIELDS_ANY        A_LIST
#define SHAPE_FIELDS_ALL        A_LIST
#define SHAPE_MASK              MASK_TESTS
#define SHAPE_MASK_BITS         MASK_BITS_TESTS
#define SHAPE_VALUE             VALUE_TESTS
#define SHAPE_ACTIONS_ONLY      A_LIST
#define SHAPE_ACTIONS_ANY       A_LIST
#define SHAPE_ACTIONS_LAST      A_LIST
#define SHAPE_ACTIONS_COUNT     COUNT_TESTS
#define SHAPE_ACTIONS_ONCE      A_LIST
#define SHAPE_ACTIONS_ORDER     A_LIST
#define SHAPE_ARGUMENT          ARGUMENT_TESTS
#define SHAPE_HW_STATS          A_LIST
#define SHAPE_TARGET_KINDS      A_LIST
#define SHAPE_FRONT_ENDS        A_LIST
#define SHAPE_PORT_KINDS        A_LIST
#define SHAPE_PRIORITY          A_LIST
#define SHAPE_CHAIN_INDEX       A_LIST
#define SHAPE_PROTOCOL          A_LIST
#define SHAPE_IFINDEX_IS_PORT   A_YES
#define SHAPE_IFINDEX_IS_OF_NIC A_YES
#define SHAPE_TARGETS_DIFFER    A_YES
#define SHAPE_TARGETS_NOT_PORT  A_YES
#define SHAPE_HW_STATS_SAME     A_YES

static const cyaml_schema_field_t conditions_fields[] = {
#define X(ID, NAME) SHAPE_##ID(ID, NAME),
	MODEL_CONDITIONS(X)
#undef X
		CYAML_FIELD_END,
};

/* --- the parts of a file --- */

RECORD(source, TEXT("name", struct file_source, name, NEEDED),
       TEXT("file", struct file_source, file, NEEDED),
       TEXT("kernel", struct file_source, kernel, OPTIONAL));

RECORD(front, TEXT("taken", struct file_front, taken, NEEDED),
       TEXT("many-blocks", struct file_front, many_blocks, OPTIONAL),
       TEXT("errno", struct file_front, error, OPTIONAL),
       TEXT("text", struct file_front, text, OPTIONAL));

RECORD(fronts, MAPPING("chain", struct file_fronts, kinds[MODEL_CHAIN], NEEDED, front_fields),
       MAPPING("flowtable", struct file_fronts, kinds[MODEL_FLOWTABLE], NEEDED, front_fields),
       MAPPING("flower", struct file_fronts, kinds[MODEL_FLOWER], NEEDED, front_fields));

RECORD(clause, TEXT("id", struct file_clause, id, NEEDED),
       TEXT("at", struct file_clause, at, OPTIONAL),
       MAPPING("when", struct file_clause, when, OPTIONAL, conditions_fields),
       MAPPING("unless", struct file_clause, unless, OPTIONAL, conditions_fields),
       MAPPING("require", struct file_clause, require, OPTIONAL, conditions_fields),
       TEXT("errno", struct file_clause, error, NEEDED),
       TEXT("text", struct file_clause, text, OPTIONAL),
       TEXT("clause", struct file_clause, clause, NEEDED),
       TEXT("hint", struct file_clause, hint, OPTIONAL),
       TEXT("source", struct file_clause, source, NEEDED));

RECORD(implicit, MAPPING("when", struct file_implicit, when, OPTIONAL, conditions_fields),
       TEXTS("absent-keys", struct file_implicit, absent_keys, OPTIONAL),
       TEXT("field", struct file_implicit, field, OPTIONAL),
       TEXT("value", struct file_implicit, value, OPTIONAL),
       TEXT("text", struct file_implicit, text, NEEDED),
       TEXT("source", struct file_implicit, source, NEEDED));

RECORD(conflict, TEXT("id", struct file_conflict, id, NEEDED),
       MAPPING("when", struct file_conflict, when, OPTIONAL, conditions_fields),
       MAPPING("unless", struct file_conflict, unless, OPTIONAL, conditions_fields),
       MAPPING("others", struct file_conflict, others, OPTIONAL, conditions_fields),
       MAPPING("others-unless", struct file_conflict, others_unless, OPTIONAL, conditions_fields),
       TEXTS("relations", struct file_conflict, relations, OPTIONAL),
       TEXT("errno", struct file_conflict, error, NEEDED),
       TEXT("text", struct file_conflict, text, OPTIONAL),
       TEXT("clause", struct file_conflict, clause, NEEDED),
       TEXT("hint", struct file_conflict, hint, OPTIONAL),
       TEXT("source", struct file_conflict, source, NEEDED));

RECORD(ignoring, MAPPING("when", struct file_ignoring, when, OPTIONAL, conditions_fields),
       MAPPING("unless", struct file_ignoring, unless, OPTIONAL, conditions_fields),
       TEXTS("keys", struct file_ignoring, keys, OPTIONAL),
       TEXTS("fields", struct file_ignoring, fields, OPTIONAL),
       TEXTS("actions", struct file_ignoring, actions, OPTIONAL),
       TEXT("mirror-takes", struct file_ignoring, mirror_takes, OPTIONAL),
       TEXT("text", struct file_ignoring, text, NEEDED),
       TEXT("source", struct file_ignoring, source, NEEDED));

RECORD(match, TEXTS("ignored-keys", struct file_match, ignored_keys, OPTIONAL),
       TEXTS("ignored", struct file_match, ignored, OPTIONAL),
       TEXTS("exact", struct file_match, exact, OPTIONAL),
       TEXTS("zero-is-any", struct file_match, zero_is_any, OPTIONAL),
       TEXTS("ignored-actions", struct file_match, ignored_actions, OPTIONAL),
       LIST("ignoring", struct file_match, ignoring, num_ignoring, OPTIONAL, &ignoring_value,
	    MODEL_LIST_MAX),
       LIST("implicit", struct file_match, implicits, num_implicits, OPTIONAL, &implicit_value,
	    MODEL_LIST_MAX));

RECORD(cost, MAPPING("when", struct file_cost, when, OPTIONAL, conditions_fields),
       TEXT("entries", struct file_cost, entries, NEEDED),
       TEXT("slices", struct file_cost, slices, OPTIONAL),
       TEXT("text", struct file_cost, text, NEEDED),
       TEXT("source", struct file_cost, source, NEEDED));

RECORD(full, TEXT("errno", struct file_full, error, NEEDED),
       TEXT("text", struct file_full, text, OPTIONAL));

RECORD(table, TEXT("name", struct file_table, name, NEEDED),
       TEXT("kind", struct file_table, kind, NEEDED),
       TEXT("scope", struct file_table, scope, NEEDED),
       TEXTS("front-ends", struct file_table, front_ends, NEEDED),
       TEXT("entries", struct file_table, entries, NEEDED),
       TEXT("reserved", struct file_table, reserved, OPTIONAL),
       TEXT("slices", struct file_table, slices, OPTIONAL),
       TEXT("key-width", struct file_table, key_width, OPTIONAL),
       TEXT("ways", struct file_table, ways, OPTIONAL),
       TEXT("port-mask", struct file_table, port_mask, OPTIONAL),
       TEXT("order", struct file_table, order, NEEDED),
       TEXT("insertion", struct file_table, insertion, NEEDED),
       TEXT("priority", struct file_table, priority, OPTIONAL),
       LIST("costs", struct file_table, costs, num_costs, OPTIONAL, &cost_value, MODEL_LIST_MAX),
       MAPPING("full", struct file_table, full, NEEDED, full_fields),
       TEXT("source", struct file_table, source, NEEDED));

RECORD(counters, TEXT("packets", struct file_counters, packets, NEEDED),
       TEXT("bytes", struct file_counters, bytes, NEEDED),
       TEXT("last-used", struct file_counters, last_used, NEEDED),
       TEXT("width", struct file_counters, width, NEEDED),
       TEXT("reading", struct file_counters, reading, NEEDED),
       TEXT("interval-ms", struct file_counters, interval, OPTIONAL),
       TEXT("pool", struct file_counters, pool, OPTIONAL),
       TEXT("pool-full", struct file_counters, pool_full, OPTIONAL),
       TEXT("if-asked", struct file_counters, if_asked, OPTIONAL),
       TEXT("unsupported", struct file_counters, unsupported, OPTIONAL),
       TEXT("source", struct file_counters, source, NEEDED));

RECORD(cookies, TEXT("duplicate", struct file_cookies, duplicate, NEEDED),
       TEXT("unknown-destroy", struct file_cookies, unknown_destroy, NEEDED),
       TEXT("unknown-stats", struct file_cookies, unknown_stats, NEEDED),
       TEXT("source", struct file_cookies, source, NEEDED));

RECORD(off, TEXT("bind", struct file_off, bind, NEEDED),
       TEXT("replace", struct file_off, replace, NEEDED),
       TEXT("text", struct file_off, text, OPTIONAL));

RECORD(note, TEXT("about", struct file_note, about, NEEDED),
       TEXT("text", struct file_note, text, NEEDED),
       TEXT("source", struct file_note, source, OPTIONAL));

static const cyaml_schema_field_t model_fields[] = {
	TEXT("model", struct file_model, model, NEEDED),
	TEXT("title", struct file_model, title, NEEDED),
	TEXT("status", struct file_model, status, NEEDED),
	TEXT("switchdev", struct file_model, switchdev, OPTIONAL),
	LIST("sources", struct file_model, sources, num_sources, NEEDED, &source_value,
	     MODEL_SOURCES_MAX),
	MAPPING("front-ends", struct file_model, fronts, NEEDED, fronts_fields),
	LIST("clauses", struct file_model, clauses, num_clauses, OPTIONAL, &clause_value,
	     MODEL_CLAUSES_MAX),
	LIST("conflicts", struct file_model, conflicts, num_conflicts, OPTIONAL, &conflict_value,
	     MODEL_LIST_MAX),
	MAPPING("match", struct file_model, match, OPTIONAL, match_fields),
	LIST("tables", struct file_model, tables, num_tables, OPTIONAL, &table_value,
	     MODEL_TABLES_MAX),
	MAPPING("counters", struct file_model, counters, OPTIONAL, counters_fields),
	MAPPING("cookies", struct file_model, cookies, OPTIONAL, cookies_fields),
	MAPPING("hw-tc-offload-off", struct file_model, off, OPTIONAL, off_fields),
	LIST("notes", struct file_model, notes, num_notes, OPTIONAL, &note_value, MODEL_LIST_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t model_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file_model, model_fields),
};

static const struct document_noun nouns[] = {
	{"sources", "a source"},     {"clauses", "a clause"}, {"tables", "a table"},
	{"conflicts", "a conflict"}, {"notes", "a note"},     {0},
};

const struct document_kind model_document = {"a model file", &model_value, nouns};
