/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a behaviour came in, by release. A new row: add it to KERNEL_BEHAVIORS, then here.
 *
 * "Observed": by tests/vm/acceptance/run on 5.10.262, 6.1.192, 6.12.117 and 7.2.13, and on 6.18.44
 * as the running kernel; what is told are the two of these between which it came.
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

#define ROW(NAME, MAJOR, MINOR, CONFIDENCE, SOURCE, UNCHECKED, ...) \
	[ROW_##NAME] = {offsetof(struct kernel_behavior, NAME),     \
			{MAJOR, MINOR, 0},                          \
			{__VA_ARGS__},                              \
			KERNEL_##CONFIDENCE,                        \
			SOURCE,                                     \
			UNCHECKED}

/* clang-format off */
const struct kernel_table_row kernel_table[ROWS] = {
	/* name, mainline version, confidence, source, what of it is unchecked, backports */
	ROW(short_load_masks_fixed, 7, 2, CHANGELOG,
	    "39e88f28fb32, CVE-2026-74579; wrong observed on 6.12.95, right on 6.1.192", NULL,
	    {5, 10, 265}, {5, 15, 216}, {6, 1, 183}, {6, 6, 151}, {6, 12, 103}, {6, 18, 44}, {7, 1, 8}),
	ROW(short_loads, 5, 10, CHANGELOG, "a5d45bc0dc50", NULL, {0}),
	ROW(early_hook_check, 5, 19, CHANGELOG,
	    "3a41c64d9c11; observed on 5.10.262 and later",
	    "the release of 5.15, by date",
	    {5, 10, 122}, {5, 15, 47}, {5, 18, 4}),
	ROW(absent_devices, 6, 16, OBSERVED,
	    "6d07a289504a and the commits before it; on 6.18.44, not on 6.12.117",
	    "the first version, by date", {0}),
	ROW(register_tracking, 6, 12, CHANGELOG,
	    "14fb07130c7d; observed on 6.12.117, not on 6.1.192", NULL,
	    {6, 6, 120}),
	ROW(counter_offload, 5, 13, CHANGELOG,
	    "b72920f6e4a9; observed on 6.1.192, not on 5.10.262", NULL, {0}),
	ROW(fwd_dup_offload, 5, 5, OBSERVED,
	    "absent in 5.4; on 5.10.262 and later", NULL, {0}),
	ROW(vlan_offload, 5, 5, SOURCE, "a82055af5959, 89d8fd44abfb; absent in 5.4",
	    "the first version, by date", {0}),
	ROW(vlan_key_fixup, 5, 13, CHANGELOG, "783003f3bb8a, 14c20643ef94", NULL, {5, 10, 37}),
	ROW(vlan_tci_host_order, 5, 13, CHANGELOG, "ff4d90a89d3d", NULL, {5, 10, 37}),
	ROW(control_addr_type, 5, 10, CHANGELOG, "3c78e9e0d33a", NULL, {0}),
	ROW(no_action_refused, 5, 5, CHANGELOG,
	    "81ec61074bcf; in 5.4.74's source; observed on 5.10.262 and later", NULL, {5, 4, 11}),
	ROW(actions_counted, 5, 17, CHANGELOG, "b1a5983f56e3, CVE-2022-25636",
	    "the release of 5.15, by date", {5, 10, 103}, {5, 15, 26}, {5, 16, 11}),
	ROW(commit_rollback, 5, 5, SOURCE, "63b48c73ff56; absent in 5.4.74", NULL, {0}),
	ROW(unbind_destroys, 5, 5, SOURCE, "the patch of 26 October 2019; absent in 5.4.74",
	    "the first version, by date", {0}),
	ROW(unregister_only, 5, 5, CHANGELOG, "d1f4c966475c; in 5.4.74's source", NULL, {5, 4, 11}),
	ROW(unregister_unbinds, KERNEL_NEVER, 0, SOURCE,
	    "the notifier of the chain types is registered before that of offload, and takes the "
	    "device off the chain; neither UNBIND nor DESTROY observed on 6.1.192", NULL,
	    {0}),
	ROW(chain_device_updates, 6, 4, CHANGELOG,
	    "7d937b107108 and the commit before it; observed on 6.12.117, not on 6.1.192", NULL, {0}),
	ROW(empty_netdev_chains, 6, 4, CHANGELOG,
	    "207296f1a03b; observed on 6.12.117, not on 6.1.192", NULL, {0}),
	ROW(chains_outlive_devices, 6, 14, CHANGELOG,
	    "fc0133428e7a; absent on 6.1.192 and 6.12.95, observed on 6.12.117 and 7.2.13",
	    "the release of 6.12, after 6.12.95", {6, 6, 158}, {6, 12, 117}),
	ROW(destroy_messages, 6, 3, OBSERVED,
	    "f80a612dd77c; on 6.12.117, not on 6.1.192",
	    "the first version", {0}),
	ROW(rule_reset, 6, 2, OBSERVED,
	    "8daa8fde3fc3; on 6.12.117, not on 6.1.192",
	    "the first version", {0}),
	ROW(set_backend_dump, 6, 17, OBSERVED,
	    "on 6.18.44, not on 6.12.117", "the first version",
	    {0}),
	ROW(device_lists, 5, 5, OBSERVED,
	    "d54725cd11a5, 671312e1a05c (a BIND that one refuses is taken back); absent in 5.4.74; on 5.10.262 and later", NULL, {0}),
	ROW(set_timeout_updates, 6, 2, CHANGELOG,
	    "123b99619cca; observed on 6.1.192, not on 5.10.262", NULL, {6, 1, 5}),
	ROW(bitwise_shift, 5, 6, OBSERVED,
	    "567d746b55bc; on 5.10.262 and later", "5.4, and the first version",
	    {0}),
	ROW(bitwise_registers, 6, 13, OBSERVED,
	    "b0ccf4f53d96; on 6.18.44, not on 6.12.117",
	    "the first version", {0}),
	ROW(payload_inner_header, 5, 16, OBSERVED,
	    "c46b38dc8743; on 6.1.192, not on 5.10.262", "the first version, and 5.15", {0}),
	ROW(inner_expression, 6, 2, OBSERVED,
	    "3a07327d10a0; on 6.12.117, not on 6.1.192",
	    "the first version", {0}),
	ROW(last_expression, 5, 14, OBSERVED,
	    "836382dc2471; on 6.1.192, not on 5.10.262",
	    "the first version, and 5.15", {0}),
	ROW(reject_netdev, 5, 11, SOURCE, "312ca575a505; absent in 5.10.262, there in 6.1.192",
	    "the first version, and 5.15", {0}),
	ROW(socket_wildcard, 5, 10, OBSERVED,
	    "c8100da6d7ef; on 5.10.262 and later", "5.4, and the first version",
	    {0}),
	ROW(socket_cgroup, 5, 13, OBSERVED,
	    "e0bb96db96f8; on 6.1.192, not on 5.10.262",
	    "the first version, and 5.15", {0}),
	ROW(exthdr_sctp, 5, 14, CHANGELOG,
	    "133dc203d77d; observed on 5.10.262 and later", "the first version", {5, 10, 198}),
	ROW(exthdr_dccp, 6, 5, CHANGELOG, "there in 6.12.117", "the first version, and 5.15", {6, 1, 68}),
	ROW(exthdr_reset, 5, 18, OBSERVED,
	    "7890cbea66e7; on 5.10.262 and later",
	    "the first version, the release of 5.10, by date, and 5.15", {5, 10, 198}),
	ROW(exthdr_present_one_byte, 7, 1, CHANGELOG,
	    "CVE-2026-53218; observed on 5.10.262 and later",
	    "5.15, 6.6, 7.0, 7.1, and the release of 6.18",
	    {5, 10, 259}, {6, 1, 176}, {6, 12, 94}, {6, 18, 44}),
	ROW(fib_present_checked, 7, 1, CHANGELOG,
	    "CVE-2026-53134; observed on 5.10.262 and later",
	    "5.15, 6.6, 7.0, 7.1, and the release of 6.18",
	    {5, 10, 259}, {6, 1, 176}, {6, 12, 94}, {6, 18, 44}),
	ROW(register_overlap_refused, 7, 2, CHANGELOG,
	    "CVE-2026-64006; observed on 6.1.192, not on 5.10.262",
	    "5.15, 6.6, 7.0, 7.1, and the release of 6.18",
	    {6, 1, 191}, {6, 12, 114}, {6, 18, 44}),
	ROW(byteorder_one_value, 7, 2, CHANGELOG,
	    "observed on 6.12.117 and 7.2.13, not on 6.1.192 and 6.18.44", "5.15, 6.6, 7.0, 7.1",
	    {6, 12, 115}),
	ROW(queue_verdict_refused, 7, 0, CHANGELOG,
	    "observed on 5.10.262 and later",
	    "5.15, 6.6, 7.0, and the release of 6.18",
	    {5, 10, 253}, {6, 1, 168}, {6, 12, 81}, {6, 18, 44}),
	ROW(verdict_parameters_refused, 6, 8, CHANGELOG,
	    "f342de4e2f33, CVE-2024-1086; observed on 5.10.262 and later",
	    "the releases of 5.4, 5.15 and 6.7",
	    {5, 4, 269}, {5, 10, 210}, {5, 15, 149}, {6, 1, 76}, {6, 6, 15}, {6, 7, 3}),
	ROW(flag_masks, 6, 6, OBSERVED,
	    "on 6.12.117, not on 6.1.192", "the first version", {0}),
	ROW(reserved_flags_refused, 7, 1, OBSERVED,
	    "a patch of 16 March 2026; on 7.2.13, not on 6.18.44",
	    "the first version", {0}),
	ROW(register_policies, 7, 1, OBSERVED,
	    "on 7.2.13, not on 6.18.44",
	    "the first version", {0}),
	ROW(expression_list_policy, 6, 6, OBSERVED,
	    "on 6.12.117, not on 6.1.192", "the first version", {0}),
	ROW(ranges_by_policy, 6, 6, OBSERVED,
	    "a412dbf40ff3; on 6.12.117, not on 6.1.192", "the first version", {0}),
	ROW(payload_far_offsets, 6, 18, OBSERVED,
	    "on 6.18.44, not on 6.12.117", "the first version", {0}),
	ROW(payload_write_checked, 7, 1, OBSERVED,
	    "on 7.2.13, not on 6.18.44", "the first version", {0}),
	ROW(transport_checksum_place, 7, 3, OBSERVED, "on 7.3.4; absent in 7.2.13", "the first version",
	    {0}),
	ROW(lookup_map_keys, 6, 6, OBSERVED,
	    "on 6.12.117, not on 6.1.192", "the first version", {0}),
	ROW(batch_policy_extack, 6, 13, OBSERVED,
	    "on 6.18.44, not on 6.12.117", "the first version", {0}),
	ROW(expression_lists, 5, 11, OBSERVED,
	    "on 6.1.192, not on 5.10.262",
	    "the first version", {0}),
	ROW(limit_checked, 6, 8, OBSERVED,
	    "on 6.1.192, not on 5.10.262",
	    "the first version, and the releases of 5.15, 6.1, 6.6 and 6.7",
	    {5, 15, 149}, {6, 1, 76}, {6, 6, 15}, {6, 7, 3}),
	ROW(dump_names_first, 6, 5, OBSERVED,
	    "28339b21a365; on 6.12.117, not on 6.1.192", "the first version", {0}),
	ROW(short_delete_events, 6, 18, OBSERVED,
	    "on 6.18.44, not on 6.12.117",
	    "the first version", {0}),
	ROW(device_prefixes, 6, 16, OBSERVED,
	    "on 6.18.44, not on 6.12.117",
	    "the first version", {0}),
	ROW(table_persist, 6, 9, OBSERVED,
	    "on 6.12.117, not on 6.1.192",
	    "the first version", {0}),
	ROW(table_owner, 5, 12, OBSERVED,
	    "on 6.1.192, not on 5.10.262", "the first version",
	    {0}),
	ROW(event_flags, 5, 15, OBSERVED,
	    "on 6.1.192, not on 5.10.262", "the first version",
	    {0}),
	ROW(netdev_egress, 5, 16, OBSERVED,
	    "on 6.1.192, not on 5.10.262", "the first version",
	    {0}),
	ROW(chain_type_named, 5, 11, OBSERVED,
	    "on 6.1.192, not on 5.10.262",
	    "the first version", {0}),
	ROW(jumps_checked_in_tables, 6, 12, OBSERVED,
	    "on 6.12.117, not on 6.1.192", "the first version", {0}),
};
/* clang-format on */
const size_t kernel_table_length = ROWS;

/* What distributions ship, or the release that a source of the table names. */
const struct kernel_version kernel_latest[] = {
	{5, 4, 302}, {5, 10, 262}, {5, 15, 216}, {5, 16, 18}, {5, 18, 16}, {6, 1, 192}, {6, 6, 151},
	{6, 7, 12},  {6, 12, 107}, {6, 18, 44},  {7, 1, 8},   {7, 2, 13},  {7, 3, 4},
};
const size_t kernel_latest_length = sizeof(kernel_latest) / sizeof(kernel_latest[0]);

const struct kernel_series kernel_series[] = {
	{5, 4, 19},
	{6, 0, 19},
	{7, 0, 3},
};
const size_t kernel_series_length = sizeof(kernel_series) / sizeof(kernel_series[0]);
