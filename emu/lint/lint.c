/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal.h"

#include <errno.h>

static void (*const checks[])(struct lint *lint) = {
	check_devices,     check_events,          check_stale,      check_table_use,
	check_translation, check_counter_place,   check_counters,   check_seen_twice,
	check_protocols,   check_fragments,       check_interfaces, check_model_match,
	check_implicits,   check_software_chains, check_order,
};

int lint_run(const struct emulator *emulator,
	     void (*visit)(void *context, const struct lint_finding *finding), void *context)
{
	struct lint lint = {.emulator = emulator, .model = emulator->nic.profile};
	int error;

	lint_collect(&lint);
	lint_collect_entries(&lint);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !lint.failed; i++)
		checks[i](&lint);
	lint_tell(&lint, visit, context);
	error = lint.failed ? -ENOMEM : 0;
	lint_free(&lint);
	return error;
}
