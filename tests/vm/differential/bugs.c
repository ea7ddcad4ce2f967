/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugs.h"

#include <stdio.h>
#include <string.h>

/* Behaviours whose absence is a bug that a driver can see in a rule; what they are and where they
 * come from stands in the table of kernel behaviour. */
#define BUGS(X)                   \
	X(short_load_masks_fixed) \
	X(vlan_key_fixup)         \
	X(vlan_tci_host_order)    \
	X(control_addr_type)      \
	X(no_action_refused)      \
	X(actions_counted)

static bool *flag(struct kernel_behavior *kernel, size_t offset)
{
	return (bool *)((char *)kernel + offset);
}

void bugs_find(struct bugs *bugs, const struct kernel_behavior *kernel)
{
	static const struct bug known[] = {
#define X(NAME) {#NAME, offsetof(struct kernel_behavior, NAME), 0},
		BUGS(X)
#undef X
	};

	_Static_assert(sizeof(known) <= sizeof(bugs->list), "room for each");
	memset(bugs, 0, sizeof(*bugs));
	bugs->without = *kernel;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (*flag(&bugs->without, known[i].offset))
			continue;
		bugs->list[bugs->count++] = known[i];
		*flag(&bugs->without, known[i].offset) = true;
	}
}

struct kernel_behavior bugs_repair(const struct kernel_behavior *kernel, const struct bug *bug)
{
	struct kernel_behavior repaired = *kernel;

	*flag(&repaired, bug->offset) = true;
	return repaired;
}

struct search {
	const char *name, *source;
};

static void find_source(void *context, const struct kernel_behavior_row *row)
{
	struct search *search = context;

	if (!strcmp(row->name, search->name))
		search->source = row->source;
}

size_t bugs_print(const struct bugs *bugs, const struct kernel_behavior *kernel)
{
	size_t unmet = 0;

	for (size_t i = 0; i < bugs->count; i++) {
		struct search search = {.name = bugs->list[i].name, .source = "?"};

		kernel_behavior_visit(kernel, find_source, &search);
		printf("bug: not %s: %zu rules (%s)%s\n", search.name, bugs->list[i].rules,
		       search.source, bugs->list[i].rules ? "" : ": expected, and not met");
		unmet += bugs->list[i].rules == 0;
	}
	return unmet;
}
