/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a behaviour came in, by release. A new row: add it to KERNEL_BEHAVIORS, then here.
 *
 * A branch that a row does not name, and that is older than its mainline version, does not have the
 * behaviour as far as is known; branches that ended before a fix are not named.
 */
#include "kernel_table.h"

enum row {
#define X(name, text) ROW_##name,
	KERNEL_BEHAVIORS(X)
#undef X
		ROWS
};

#define ROW(NAME, MAJOR, MINOR, CONFIDENCE, SOURCE, ...)        \
	[ROW_##NAME] = {offsetof(struct kernel_behavior, NAME), \
			{MAJOR, MINOR, 0},                      \
			{__VA_ARGS__},                          \
			KERNEL_##CONFIDENCE,                    \
			SOURCE}

/* clang-format off */
const struct kernel_table_row kernel_table[ROWS] = {
	/* name, mainline version, confidence, source, backports */
	ROW(short_load_masks_fixed, 7, 2, CHANGELOG,
	    "39e88f28fb32, CVE-2026-74579; wrong observed on 6.12.95, right on 6.1.192",
	    {5, 10, 265}, {5, 15, 216}, {6, 1, 183}, {6, 6, 151}, {6, 12, 103}, {6, 18, 44}, {7, 1, 8}),
	ROW(short_loads, 5, 10, CHANGELOG, "a5d45bc0dc50", {0}),
	ROW(early_hook_check, 5, 19, CHANGELOG,
	    "3a41c64d9c11; the releases of 5.10 and 5.15 by their date; observed on 6.18.44",
	    {5, 10, 122}, {5, 15, 47}),
	ROW(absent_devices, 6, 16, OBSERVED,
	    "on 6.18.44; the first version by the date of 6d07a289504a and the commits before it",
	    {0}),
	ROW(register_tracking, 6, 12, CHANGELOG, "14fb07130c7d; observed on 6.18.44", {6, 6, 120}),
	ROW(counter_offload, 5, 13, CHANGELOG, "b72920f6e4a9", {0}),
	ROW(fwd_dup_offload, 5, 5, SOURCE, "absent in 5.4, there in 5.13", {0}),
	ROW(vlan_offload, 5, 5, SOURCE, "a82055af5959, 89d8fd44abfb by their date; absent in 5.4", {0}),
	ROW(vlan_key_fixup, 5, 13, CHANGELOG,
	    "783003f3bb8a, 14c20643ef94; the release of 5.10 by its date",
	    {5, 10, 37}),
	ROW(vlan_tci_host_order, 5, 13, CHANGELOG,
	    "ff4d90a89d3d; the release of 5.10 by its date",
	    {5, 10, 37}),
	ROW(control_addr_type, 5, 10, CHANGELOG, "3c78e9e0d33a", {0}),
	ROW(no_action_refused, 5, 10, CHANGELOG,
	    "81ec61074bcf; observed on 6.18.44; whether 5.4 got it is unchecked",
	    {0}),
	ROW(actions_counted, 5, 17, CHANGELOG,
	    "b1a5983f56e3, CVE-2022-25636; stable releases by their date",
	    {5, 10, 103}, {5, 15, 26}),
	ROW(commit_rollback, 5, 5, SOURCE, "63b48c73ff56; absent in 5.4", {0}),
	ROW(bind_unwind, 5, 5, SOURCE, "671312e1a05c by its date; absent in 5.4", {0}),
	ROW(chain_device_updates, 6, 4, CHANGELOG, "7d937b107108 and the commit before it", {0}),
	ROW(empty_netdev_chains, 6, 4, CHANGELOG, "207296f1a03b; observed on 6.18.44", {0}),
	ROW(destroy_messages, 6, 3, RECALLED, "f80a612dd77c", {0}),
	ROW(rule_reset, 6, 2, RECALLED, "8daa8fde3fc3", {0}),
	ROW(set_backend_dump, 6, 17, OBSERVED,
	    "on 6.18.44; the first version is recalled",
	    {0}),
};
/* clang-format on */
const size_t kernel_table_length = ROWS;

/* What distributions ship, or the release that a source of the table names. */
const struct kernel_version kernel_latest[] = {
	{5, 10, 262}, {5, 15, 216}, {6, 1, 192}, {6, 6, 151},
	{6, 12, 107}, {6, 18, 44},  {7, 1, 8},   {7, 2, 13},
};
const size_t kernel_latest_length = sizeof(kernel_latest) / sizeof(kernel_latest[0]);

const struct kernel_series kernel_series[] = {
	{5, 4, 19},
	{6, 0, 19},
	{7, 0, 2},
};
const size_t kernel_series_length = sizeof(kernel_series) / sizeof(kernel_series[0]);
