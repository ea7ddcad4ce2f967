/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What callgrind counts (test_instructions.py): the stages of the packet path, in all variants that
 * this machine can run, over rules and frames that never change. Every pass that is counted is one
 * call of a function stage_…; its name (- for none) and the number of its packets are printed, a
 * line each, in the order of the calls. With an argument only the stages whose names begin so.
 */
#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_RULES = 16, RULES = 1000, MANY_RULES = 10000, SEED = 20 };

static const char *wanted = "";
static struct frames frames;
static struct tuple tuples[MANY_RULES];

static void fail(const char *what, int error)
{
	fprintf(stderr, "instructions: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

static bool begins_as_wanted(const char *name)
{
	return strncmp(name, wanted, strlen(wanted)) == 0;
}

/* --- dissect --- */

static void dissect_rows(const struct dissect_variant *variant)
{
	static const struct {
		const char *name;
		enum frame_kind kind;
		unsigned int chunks;
	} rows[] = {
		{"tcp4", FRAMES_TCP4, 1},
		{"mixed4", FRAMES_MIXED4, 1},
		{"mixed4-all-chunks", FRAMES_MIXED4, FLOW_ALL_CHUNKS},
		{"mixed6", FRAMES_MIXED6, 3},
		{"tagged", FRAMES_TAGGED, 5},
		{"odd", FRAMES_ODD, 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct random r = {SEED};
		char name[64];

		snprintf(name, sizeof(name), "dissect/%s/%s", variant->name, rows[i].name);
		if (!begins_as_wanted(name))
			continue;
		frames_draw(&r, rows[i].kind, &frames);
		printf("%s %d\n", name, FRAMES);
		stage_dissect(variant, &frames, rows[i].chunks);
	}
}

/* --- look up --- */

static struct tcam *fill_table(const struct tcam_ops *ops, struct tcam_entry *entries, size_t count)
{
	struct tcam *tcam = ops->create(0);

	if (!tcam)
		fail("a table", ENOMEM);
	for (size_t i = 0; i < count; i++) {
		struct flow_match match = {0};
		struct tcam_rule rule;
		int ret;

		tuple_to_match(&tuples[i], &match);
		rule = (struct tcam_rule){
			.value = match.key, .mask = match.mask, .priority = (uint32_t)i};
		entries[i] = (struct tcam_entry){0};
		ret = ops->insert(tcam, &entries[i], &rule);
		if (ret)
			fail("an entry", ret);
	}
	ops->commit(tcam);
	return tcam;
}

static void lookup_row(const struct tcam_ops *ops, size_t count)
{
	static uint32_t flags[FLOW_BATCH];
	static struct flow_batch keys[BATCHES];
	static struct tcam_entry entries[MANY_RULES];
	struct tcam_entry *results[FLOW_BATCH];
	struct random r = {SEED};
	struct tcam_view view;
	struct tcam *tcam;
	char name[64];

	snprintf(name, sizeof(name), "lookup/%s/%zu-rules", ops->name, count);
	if (!begins_as_wanted(name))
		return;
	tcam = fill_table(ops, entries, count);
	ops->view(tcam, &view);
	frames_within(&r, tuples, count, &frames);
	for (size_t i = 0; i < BATCHES; i++)
		dissect_batch(&frames.packet[i * FLOW_BATCH], FLOW_BATCH, view.chunks, &keys[i],
			      flags);
	ops->lookup(tcam, &view, keys, results, FLOW_BATCH);
	printf("%s %d\n", name, FRAMES);
	stage_lookup(ops, tcam, &view, keys, results);
	ops->destroy(tcam);
}

/* --- dissect, look up, count --- */

static void add_rules(struct offload *offload, size_t count)
{
	struct offload_binding binding = {.port = 0, .block = 1};
	int ret = offload_bind(offload, &binding, NULL);

	for (size_t i = 0; i < count && !ret; i++) {
		struct offload_command command = {
			.binding = binding.id, .cookie = i + 1, .prio = (uint32_t)i + 1};
		struct flow_rule *rule = flow_rule_alloc(1);

		if (!rule)
			fail("a rule", ENOMEM);
		tuple_to_match(&tuples[i], &rule->match);
		rule->actions[0] = (struct flow_action_entry){.id = FLOW_ACTION_DROP};
		rule->actions[0].hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE;
		command.rule = rule;
		ret = offload_replace(offload, &command, NULL);
		flow_rule_free(rule);
	}
	if (ret)
		fail("rules", ret);
}

/* Two passes over the same frames: with a cache all of the first miss it, and the others hit. */
static void pump_rows(const char *first, const char *second, const struct tcam_ops *ops,
		      const struct dissect_variant *variant, size_t cache_bytes)
{
	struct random r = {SEED};
	struct asic_worker *worker;
	struct offload *offload;
	struct asic *asic;
	struct nic nic;

	if (!begins_as_wanted(second))
		return;
	if (nic_default(&nic))
		fail("a NIC", ENOMEM);
	asic = asic_create(&nic, ops);
	offload = offload_create(&asic_driver, asic);
	if (!asic || !offload)
		fail("an ASIC", ENOMEM);
	add_rules(offload, RULES);
	worker = asic_worker_create(asic, cache_bytes);
	if (!worker)
		fail("a worker", ENOMEM);
	frames_within(&r, tuples, RULES, &frames);
	stage_pump(worker, variant, &frames);
	printf("%s %d\n%s %d\n", first, FRAMES, second, FRAMES);
	stage_pump(worker, variant, &frames);
	asic_worker_destroy(worker);
	offload_destroy(offload);
	asic_destroy(asic);
	nic_clear(&nic);
}

static const struct dissect_variant *variant_named(const char *name)
{
	for (size_t i = 0; i < num_dissect_variants; i++)
		if (!strcmp(dissect_variants[i].name, name) && dissect_variants[i].usable())
			return &dissect_variants[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct dissect_variant *avx2 = variant_named("avx2"), *scalar;
	struct random r = {SEED};

	wanted = argc > 1 ? argv[1] : "";
	scalar = variant_named("scalar");
	tuples_draw(&r, tuples, MANY_RULES);
	if (!read_rows(wanted))
		fail("a capture", EINVAL);
	for (size_t i = 0; i < num_dissect_variants; i++)
		if (dissect_variants[i].usable())
			dissect_rows(&dissect_variants[i]);
	for (const struct tcam_ops *const *ops = tcam_engines; *ops; ops++) {
		if (*ops == &tcam_reference || (*ops == tcam_engines[0] && !avx2))
			continue;
		lookup_row(*ops, SMALL_RULES);
		lookup_row(*ops, RULES);
		lookup_row(*ops, MANY_RULES);
	}
	pump_rows("-", "pump/portable", tcam_engine("tuples-portable"), scalar, ASIC_NO_CACHE);
	if (!avx2)
		return 0;
	pump_rows("-", "pump/avx2/no-cache", NULL, avx2, ASIC_NO_CACHE);
	pump_rows("pump/avx2/cache-misses", "pump/avx2/cache-hits", NULL, avx2, ASIC_CACHE_DEFAULT);
	if (begins_as_wanted("replay/avx2/cache-hits")) {
		frames_draw(&r, FRAMES_MIXED4, &frames);
		replay_row("replay/avx2/cache-hits", &frames);
	}
	return 0;
}
