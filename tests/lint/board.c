/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "board.h"

#include "small_emulator.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static struct emulator *emulator;
static char folder[] = SMALL_EMULATOR_FOLDER;

struct emulator *board_open(void)
{
	strcpy(folder, SMALL_EMULATOR_FOLDER);
	emulator = small_emulator_create(folder);
	cr_assert_not_null(emulator);
	/* There is one: rules are those that the NIC holds. Nothing is asked of it. */
	emulator->kmod = (struct kmod *)emulator;
	return emulator;
}

void board_close(void)
{
	emulator->kmod = NULL;
	emulator_destroy(emulator);
	rmdir(folder);
}

const struct emulator *board_emulator(void)
{
	return emulator;
}

uint32_t board_bind(uint16_t port)
{
	struct offload_binding binding = {.port = port, .block = 1, .table = "t", .chain = "c"};

	cr_assert_eq(offload_bind(emulator->offload, &binding, NULL), 0);
	return binding.id;
}

void board_add(uint32_t binding, const struct board_rule *rule)
{
	struct flow_rule *flow = flow_rule_alloc(1);

	cr_assert_not_null(flow);
	flow->match.used_keys = FLOW_PRESENT(PORTS);
	flow_key_set(&flow->match.key, FLOW_PORTS_SRC, rule->src);
	flow_key_set(&flow->match.mask, FLOW_PORTS_SRC, rule->src_mask);
	flow_key_set(&flow->match.key, FLOW_PORTS_DST, rule->dst);
	flow_key_set(&flow->match.mask, FLOW_PORTS_DST, rule->dst_mask);
	flow->actions[0] =
		(struct flow_action_entry){.id = rule->drop ? FLOW_ACTION_DROP : FLOW_ACTION_ACCEPT,
					   .hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE};
	cr_assert_eq(offload_replace(emulator->offload,
				     &(struct offload_command){.binding = binding,
							       .cookie = rule->handle,
							       .handle = rule->handle,
							       .prio = 10,
							       .rule = flow},
				     NULL),
		     0);
	flow_rule_free(flow);
}

void board_take(void *context, const struct lint_finding *finding)
{
	struct board_findings *findings = context;
	size_t room = sizeof(findings->text) - findings->used;
	int size =
		snprintf(findings->text + findings->used, room, "%s:%llu<%llu ", finding->id,
			 (unsigned long long)finding->handle, (unsigned long long)finding->other);

	if (findings->count++ == 0)
		snprintf(findings->first, sizeof(findings->first), "%s", finding->text);
	findings->used += (size_t)size < room ? (size_t)size : room - 1;
}

int board_lint(struct board_findings *findings)
{
	*findings = (struct board_findings){0};
	return lint_run(emulator, board_take, findings);
}
