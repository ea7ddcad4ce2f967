/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the common options to the NIC and the kernel behaviour of an emulator. */
#ifndef NICEMU_CLI_SETUP_H
#define NICEMU_CLI_SETUP_H

#include "cli.h"

#include <nicemu/config/kernel.h>
#include <nicemu/config/nic.h>

/*
 * EXIT_DONE with *nic (nic_clear frees it) and *kernel, or another exit status after a complaint:
 * EXIT_USAGE for an option, EXIT_INPUT for the NIC file.
 */
int setup_nic(const struct common_options *options, struct nic *nic,
	      struct kernel_behavior *kernel);

/* Does an option describe the NIC? Then it can't be meant for an emulator that already runs. */
const char *setup_option_given(const struct common_options *options);

#endif
