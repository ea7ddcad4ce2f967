/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A NIC on the table: the default NIC with its ASIC behind the real offload layer, and short ways
 * to make rules and packets. One board at a time.
 */
#ifndef NICEMU_TESTS_BOARD_H
#define NICEMU_TESTS_BOARD_H

#include <nicemu/asic/asic.h>

struct board {
	struct nic nic;
	struct asic *asic;
	struct offload *offload;
	struct asic_worker *worker;
};

struct asic_admitted; /* admission.h */

extern struct board board;

void board_setup(void);
/* A NIC of that model instead, which is borrowed; NULL: of the usual one. */
void board_setup_model(struct model *model);
void board_teardown(void);

/* Bind a block to a port (must work): its binding. */
uint32_t board_bind(uint16_t port);
uint32_t board_bind_to(uint16_t port, enum offload_binder binder, uint64_t block);

/* A rule of that many actions, all zero; freed by the next board_rule and by board_teardown. */
struct flow_rule *board_rule(size_t num_actions);

/* Match a field: its key is flagged, value and mask are written. */
void board_match(struct flow_rule *rule, enum flow_field_id id, uint64_t value, uint64_t mask);

/* REPLACE: what offload_replace says. */
int board_replace(uint32_t binding, uint64_t cookie, uint32_t prio, const struct flow_rule *rule,
		  struct reason *reason);

/* Would the NIC's model have that rule? What admit_rule says. */
int board_admit(const struct offload_binding *binding, const struct offload_command *command,
		struct asic_admitted *admitted, struct reason *reason);

int board_destroy(uint32_t binding, uint64_t cookie);

/* Any number of packets through the worker; their keys come back with ports and META. */
void board_process(const struct packet *packets, struct flow_key *keys,
		   struct asic_decision *results, size_t count);

/* What becomes of a packet on that port with that key, 100 bytes long at time 5. */
struct asic_decision board_send(uint16_t port, const struct flow_key *key);

/* A key of an IPv4 UDP packet to that destination port. */
struct flow_key board_udp(uint16_t destination);

struct offload_stats board_totals(uint32_t binding, uint64_t cookie);

/* An action; ifindex for REDIRECT and MIRRED. */
struct flow_action_entry board_action(enum flow_action_id id, uint32_t ifindex);

#endif
