/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Admission: may this NIC's model have that flow rule, and what does it make of it?
 *
 * A pure function of the rule, the NIC's ports and the binding's port. It refuses what the model
 * can't do (layer model); whether there is room is not asked here.
 *
 * Threading: pure.
 */
#ifndef NICEMU_ASIC_ADMISSION_H
#define NICEMU_ASIC_ADMISSION_H

#include <nicemu/asic/asic.h>
#include <nicemu/asic/tcam.h>

/* What an entry does with the packets it matches. */
struct admitted_actions {
	enum asic_fate fate;
	uint16_t port; /* ASIC_REDIRECT */
	uint8_t num_mirrors;
	uint16_t mirrors[ASIC_MIRRORS_MAX];
};

/*
 * Fill entry's value, mask and priority, and actions. 0 or -EOPNOTSUPP with reason; then *entry and
 * *actions are not to be used. port: number of the port that command->binding is bound to.
 */
int admit(const struct nic *nic, uint16_t port, const struct offload_command *command,
	  struct tcam_entry *entry, struct admitted_actions *actions, struct reason *reason);

#endif
