/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "board.h"

#include "admission.h"

#include <criterion/criterion.h>

struct board board;
static struct flow_rule *last_rule;
static struct model *own_model; /* while another one is in its place */

void board_setup(void)
{
	board_setup_model(NULL);
}

void board_setup_model(struct model *model)
{
	cr_assert_eq(nic_default(&board.nic), 0);
	own_model = board.nic.profile;
	if (model)
		board.nic.profile = model;
	board.asic = asic_create(&board.nic, NULL);
	board.offload = offload_create(&asic_driver, board.asic);
	board.worker = asic_worker_create(board.asic, ASIC_CACHE_DEFAULT);
	cr_assert(board.asic && board.offload && board.worker);
}

void board_teardown(void)
{
	flow_rule_free(last_rule);
	last_rule = NULL;
	asic_worker_destroy(board.worker);
	offload_destroy(board.offload);
	asic_destroy(board.asic);
	board.nic.profile = own_model;
	nic_clear(&board.nic);
}

uint32_t board_bind(uint16_t port)
{
	return board_bind_to(port, OFFLOAD_BLOCK, 1);
}

uint32_t board_bind_to(uint16_t port, enum offload_binder binder, uint64_t block)
{
	struct offload_binding binding = {.port = port, .binder = binder, .block = block};
	struct reason reason;

	cr_assert_eq(offload_bind(board.offload, &binding, &reason), 0, "%s", reason.clause);
	return binding.id;
}

struct flow_rule *board_rule(size_t num_actions)
{
	flow_rule_free(last_rule);
	last_rule = flow_rule_alloc(num_actions);
	cr_assert_not_null(last_rule);
	return last_rule;
}

void board_match(struct flow_rule *rule, enum flow_field_id id, uint64_t value, uint64_t mask)
{
	rule->match.used_keys |= UINT64_C(1) << flow_fields[id].key;
	flow_key_set(&rule->match.key, id, value);
	flow_key_set(&rule->match.mask, id, mask);
}

int board_replace(uint32_t binding, uint64_t cookie, uint32_t prio, const struct flow_rule *rule,
		  struct reason *reason)
{
	const struct offload_command command = {
		.binding = binding, .cookie = cookie, .prio = prio, .rule = rule};

	return offload_replace(board.offload, &command, reason);
}

int board_admit(const struct offload_binding *binding, const struct offload_command *command,
		struct asic_admitted *admitted, struct reason *reason)
{
	const struct question question = {
		.nic = &board.nic, .binding = binding, .command = command};

	return admit_rule(&question, admitted, reason);
}

int board_destroy(uint32_t binding, uint64_t cookie)
{
	const struct offload_command command = {.binding = binding, .cookie = cookie};

	return offload_destroy_rule(board.offload, &command, NULL);
}

void board_process(const struct packet *packets, struct flow_key *keys,
		   struct asic_decision *results, size_t count)
{
	static struct flow_batch batch;
	const struct asic_decision *decisions[FLOW_BATCH];

	for (size_t done = 0, n; done < count; done += n) {
		n = count - done < FLOW_BATCH ? count - done : FLOW_BATCH;
		for (size_t i = 0; i < n; i++)
			flow_batch_set(&batch, i, &keys[done + i], FLOW_ALL_CHUNKS);
		asic_begin(board.worker);
		asic_process(board.worker, &packets[done], &batch, decisions, n);
		for (size_t i = 0; i < n; i++) {
			flow_batch_get(&batch, i, &keys[done + i], FLOW_ALL_CHUNKS);
			results[done + i] = *decisions[i];
		}
	}
}

struct asic_decision board_send(uint16_t port, const struct flow_key *key)
{
	const struct packet packet = {.length = 100, .port = port, .time_ns = 5};
	struct flow_key copy = *key;
	struct asic_decision result;

	board_process(&packet, &copy, &result, 1);
	return result;
}

struct flow_key board_udp(uint16_t destination)
{
	struct flow_key key = {0};

	key.word[0] = FLOW_PRESENT(CONTROL) | FLOW_PRESENT(BASIC) | FLOW_PRESENT_IP_PROTO |
		      FLOW_PRESENT(ETH_ADDRS) | FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(PORTS);
	flow_key_set(&key, FLOW_CONTROL_ADDR_TYPE, 2);
	flow_key_set(&key, FLOW_BASIC_N_PROTO, 0x0800);
	flow_key_set(&key, FLOW_BASIC_IP_PROTO, 17);
	flow_key_set(&key, FLOW_IPV4_SRC, 0x0a000001);
	flow_key_set(&key, FLOW_IPV4_DST, 0x0a000002);
	flow_key_set(&key, FLOW_PORTS_DST, destination);
	return key;
}

struct offload_stats board_totals(uint32_t binding, uint64_t cookie)
{
	struct offload_stats totals;

	cr_assert_eq(offload_totals(board.offload, binding, cookie, &totals), 0);
	return totals;
}

struct flow_action_entry board_action(enum flow_action_id id, uint32_t ifindex)
{
	return (struct flow_action_entry){
		.id = id, .hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE, .ifindex = ifindex};
}
