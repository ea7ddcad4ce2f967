/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules drawn at random, given to every model that is built in: asking says what REPLACE does,
 * refusals say why, and entries are sound.
 */
#include "admission.h"
#include "board.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

enum { ROUNDS = 1500, ACTIONS = 4, EXTRAS = 3, COOKIES = 30 };

static struct random r;

static uint64_t draw(uint64_t bound)
{
	return random_below(&r, bound);
}

/* Mostly a number that rules have; a part of it, or none. */
static uint64_t draw_value(void)
{
	static const uint64_t usual[] = {0,  1,      2,      3,      6,      17,
					 80, 0x0800, 0x86dd, 0x8100, 0x0005, 0x0a000001};

	return draw(4) ? usual[draw(sizeof(usual) / sizeof(usual[0]))] : random_u64(&r);
}

static uint64_t draw_mask(void)
{
	return draw(2) ? UINT64_MAX : draw(2) ? 0 : UINT64_MAX << draw(33);
}

static void draw_fields(struct flow_match *match)
{
	for (uint64_t n = draw(6); n > 0; n--) {
		enum flow_field_id id = (enum flow_field_id)draw(FLOW_FIELD_COUNT);
		unsigned int width = flow_fields[id].width;
		uint64_t ones = width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;

		if (draw(10))
			match->used_keys |= UINT64_C(1) << flow_fields[id].key;
		if (width > 64) {
			flow_key_set_128(&match->key, id, draw_value(), draw_value());
			flow_key_set_128(&match->mask, id, draw_mask(), draw_mask());
			continue;
		}
		flow_key_set(&match->key, id, draw_value() & ones);
		flow_key_set(&match->mask, id, draw_mask() & ones);
	}
}

static void draw_extras(struct flow_match *match)
{
	match->num_extras = draw(8) ? 0 : draw(EXTRAS + 1);
	for (size_t i = 0; i < match->num_extras; i++) {
		struct flow_extra *extra = &match->extras[i];

		memset(extra, 0, sizeof(*extra));
		extra->id = (uint8_t)(draw(FLOW_EXTRA_COUNT / EXTRAS) +
				      i * (FLOW_EXTRA_COUNT / EXTRAS));
		for (size_t b = 0; b < flow_extra_fields[extra->id].size; b++) {
			extra->value[b] = (uint8_t)draw_value();
			extra->mask[b] = (uint8_t)draw_mask();
		}
		match->used_keys |= UINT64_C(1) << flow_extra_fields[extra->id].key;
	}
}

static void draw_actions(struct flow_rule *rule)
{
	rule->num_actions = draw(ACTIONS + 1);
	for (size_t i = 0; i < rule->num_actions; i++) {
		struct flow_action_entry *action = &rule->actions[i];

		memset(action, 0, sizeof(*action));
		action->id = (enum flow_action_id)draw(draw(3) ? 4 : FLOW_ACTION_COUNT);
		action->hw_stats = (uint8_t)(draw(4) ? 7 : draw(8));
		action->ifindex = (uint32_t)draw(12);
		for (int a = 0; a < FLOW_ACTION_ARGUMENTS; a++)
			action->argument[a] = (uint32_t)draw_value();
	}
}

static void draw_rule(struct flow_rule *rule)
{
	rule->match.used_keys = draw(3) ? FLOW_PRESENT(CONTROL) | FLOW_PRESENT(BASIC) : 0;
	rule->match.used_keys |= draw(20) ? 0 : UINT64_C(1) << draw(FLOW_DISSECTOR_KEY_COUNT);
	memset(&rule->match.key, 0, sizeof(rule->match.key));
	memset(&rule->match.mask, 0, sizeof(rule->match.mask));
	draw_fields(&rule->match);
	draw_extras(&rule->match);
	draw_actions(rule);
}

struct tally {
	int accepted, refused, elsewhere;
};

static void check_entry(const char *model, int round, const struct asic_admitted *admitted)
{
	const struct tcam_rule *entry = &admitted->rule;

	for (int w = 0; w < FLOW_KEY_WORDS; w++)
		cr_assert_eq(entry->value.word[w] & ~entry->mask.word[w], 0,
			     "%s round %d: word %d has value bits outside of its mask", model,
			     round, w);
	cr_assert_eq(entry->mask.word[0] & FLOW_PORT_MASK, FLOW_PORT_MASK);
	cr_assert_not_null(admitted->table);
	cr_assert_gt(admitted->entries, 0);
}

static void check_reason(const char *model, int round, int error, const struct reason *reason)
{
	cr_assert(reason->id && *reason->clause, "%s round %d: no reason", model, round);
	cr_assert_eq(reason->error, -error, "%s round %d", model, round);
	cr_assert_gt(reason->error, 0, "%s round %d", model, round);
}

/* What REPLACE may say beyond asking: it is about the other rules. */
static bool is_about_others(const struct reason *reason, const struct model *model)
{
	if (reason->layer == REASON_CAPACITY || !strcmp(reason->id, "cookie-known"))
		return true;
	for (size_t i = 0; i < model->num_conflicts; i++)
		if (!strcmp(reason->id, model->conflicts[i].reason_id))
			return true;
	return false;
}

static void offer(const char *model, int round, const struct offload_binding *bound,
		  struct flow_rule *rule, struct tally *tally)
{
	struct offload_command command = {.binding = bound->id,
					  .cookie = draw(COOKIES),
					  .prio = (uint32_t)draw(5),
					  .protocol = (uint16_t)draw_value(),
					  .chain_index = (uint32_t)!draw(10),
					  .rule = rule};
	struct reason asked = {0}, told = {0};
	struct asic_admitted admitted;
	int answer = board_admit(bound, &command, &admitted, &asked);
	int error = offload_replace(board.offload, &command, &told);

	if (answer) {
		check_reason(model, round, answer, &asked);
		cr_assert_neq(error, 0, "%s round %d: asking refuses (%s), REPLACE does not", model,
			      round, asked.clause);
	} else {
		check_entry(model, round, &admitted);
	}
	if (error)
		check_reason(model, round, error, &told);
	if (error && !answer)
		cr_assert(is_about_others(&told, board.nic.profile), "%s round %d: %s: %s", model,
			  round, told.id, told.clause);
	tally->accepted += !error;
	tally->refused += answer != 0;
	tally->elsewhere += error && !answer;
	if (!draw(3))
		offload_destroy_rule(board.offload, &command, NULL);
}

/* Models that let some in, and that refused some for others' sake. */
static size_t accepted, about_others;

static void run_model(const char *name)
{
	struct flow_rule *rule = flow_rule_alloc_extras(ACTIONS, EXTRAS);
	struct offload_binding bound[6] = {0};
	struct tally tally = {0};
	struct config_error why;
	size_t count = 0;

	r = (struct random){1};
	cr_assert_eq(nic_default(&board.nic), 0);
	cr_assert_eq(nic_set_model(&board.nic, name, &why), 0, "%s", why.text);
	board.nic.ports[5].kind = NIC_PORT_REPRESENTOR;
	board.asic = asic_create(&board.nic, NULL);
	board.offload = offload_create(&asic_driver, board.asic);
	for (int i = 0; i < 6; i++) {
		bound[count] = (struct offload_binding){.port = i % 2 ? 5 : 1,
							.binder = (enum offload_binder)(i / 2),
							.block = 1 + (uint64_t)i / 2};
		count += !offload_bind(board.offload, &bound[count], NULL);
	}
	for (int round = 0; count && round < ROUNDS; round++) {
		draw_rule(rule);
		offer(name, round, &bound[draw(count)], rule, &tally);
	}
	cr_assert(!count || tally.refused > 0, "%s refuses nothing", name);
	accepted += tally.accepted > 0;
	about_others += tally.elsewhere > 0;
	offload_destroy(board.offload);
	asic_destroy(board.asic);
	nic_clear(&board.nic);
	flow_rule_free(rule);
}

Test(drawn, asking_says_what_replace_does_with_every_model)
{
	size_t count = 0;

	for (const char *name; (name = model_builtin_name(count)); count++)
		run_model(name);
	cr_assert_gt(accepted, count / 2, "%zu of %zu models took a rule", accepted, count);
	cr_assert_gt(about_others, 0);
}
