/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A NIC of a model on the table, for one row: a fresh NIC with ports of every kind, its ASIC behind
 * the real offload layer, and one binding.
 *
 * Ports: eth0, eth1, eth2 uplinks; rep0 a representor of vf0, pf0 with representor rep1.
 */
#ifndef NICEMU_TESTS_DEVICE_H
#define NICEMU_TESTS_DEVICE_H

#include "rule_text.h"

#include <nicemu/asic/asic.h>
#include <nicemu/config/model.h>

#include <stdbool.h>

struct device {
	struct nic nic;
	struct asic *asic;
	struct offload *offload;
	struct asic_worker *worker;
};

/* False: error says why; nothing to close. */
bool device_open(struct device *device, const char *model, char *error, size_t size);
void device_close(struct device *device);

/* "chain", "flowtable", "flower". */
bool device_front_end(const char *name, enum offload_binder *binder);

/* BIND: 0 and *id, or what the driver says. block: the same for all ports of a chain. */
int device_bind(struct device *device, enum offload_binder binder, uint16_t port, uint64_t block,
		uint32_t *id, struct reason *reason);

int device_replace(struct device *device, uint32_t binding, uint64_t cookie,
		   const struct rule_text *text, struct reason *reason);

/* What becomes of that packet, 100 bytes long, at 5 ns. */
struct asic_decision device_send(struct device *device, const struct packet_text *packet);

#endif
