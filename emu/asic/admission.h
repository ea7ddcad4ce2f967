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

/*
 * Fill entry's value, mask, ranges and priority, and the decision it takes (fate, port, mirrors). 0
 * or -EOPNOTSUPP with reason; then *entry and *decision are not to be used. port: number of the
 * port that command->binding is bound to.
 */
int admit(const struct nic *nic, uint16_t port, const struct offload_command *command,
	  struct tcam_entry *entry, struct asic_decision *decision, struct reason *reason);

#endif
