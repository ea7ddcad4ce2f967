/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "small_emulator.h"

#include <stdio.h>
#include <stdlib.h>

struct emulator *small_emulator_create(char *folder)
{
	struct emulator *emulator;
	struct kernel_behavior kernel;
	char path[64], message[256];
	struct nic nic;

	if (!mkdtemp(folder))
		return NULL;
	snprintf(path, sizeof(path), "%s/s", folder);
	if (nic_default(&nic) || kernel_behavior_find(&kernel, "6.12", message, sizeof(message)) ||
	    emulator_create(&emulator, &nic, &kernel, path))
		return NULL;
	return emulator;
}
