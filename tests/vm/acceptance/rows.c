/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probes of the table of kernel behaviour (tests/control/kernel_probes.h) that need no look
 * into the driver, put to one world: what each answers, a line a row. Built twice: with nicemu's
 * endpoint, for the kernel that the argument names, and with the running kernel. Both print the
 * same, or the table is wrong about that kernel.
 */
#include "kernel_probes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On a kernel where offloaded rules must not be committed their batches are only checked. */
static bool only_checks;
static bool is_offload;

void start_chain(struct world *w, uint32_t flags)
{
	is_offload = flags != 0;
	batch_begin(w);
	add_table(w, "t");
	add_chain(w, "c", "eth0", NULL, flags, 1 /* NF_ACCEPT */);
}

const char *see_errors(struct world *w)
{
	batch_send(w, !(is_offload && only_checks));
	return errors(w);
}

#define ROW(name)                   \
	{                           \
#name, probe_##name \
	}
static const struct {
	const char *name;
	const char *(*probe)(struct world *w);
} rows[] = {
	ROW(early_hook_check),
	ROW(absent_devices),
	ROW(register_tracking),
	ROW(counter_offload),
	ROW(fwd_dup_offload),
	ROW(no_action_refused),
	ROW(chain_device_updates),
	ROW(empty_netdev_chains),
	ROW(destroy_messages),
	ROW(rule_reset),
	ROW(set_backend_dump),
	ROW(device_lists),
	ROW(set_timeout_updates),
	ROW(bitwise_shift),
	ROW(bitwise_registers),
	ROW(payload_inner_header),
	ROW(inner_expression),
	ROW(last_expression),
	ROW(reject_netdev),
	ROW(socket_wildcard),
	ROW(socket_cgroup),
	ROW(exthdr_sctp),
	ROW(exthdr_dccp),
	ROW(exthdr_reset),
	ROW(exthdr_present_one_byte),
	ROW(fib_present_checked),
	ROW(register_overlap_refused),
	ROW(byteorder_one_value),
	ROW(queue_verdict_refused),
	ROW(verdict_parameters_refused),
	ROW(flag_masks),
	ROW(reserved_flags_refused),
	ROW(register_policies),
	ROW(expression_list_policy),
	ROW(ranges_by_policy),
	ROW(payload_far_offsets),
	ROW(payload_write_checked),
	ROW(transport_checksum_place),
	ROW(lookup_map_keys),
	ROW(batch_policy_extack),
	ROW(expression_lists),
	ROW(limit_checked),
	ROW(dump_names_first),
	ROW(short_delete_events),
	ROW(device_prefixes),
	ROW(table_persist),
	ROW(table_owner),
	ROW(event_flags),
	ROW(netdev_egress),
	ROW(chain_type_named),
	ROW(jumps_checked_in_tables),
	ROW(fib_netdev_hooks),
	ROW(fib_input_forward),
	ROW(queue_hooks),
	ROW(synproxy_object_hooks),
	ROW(concat_overlaps_refused),
};

int main(int argc, char **argv)
{
	static struct world w;

	only_checks = argc > 2 && !strcmp(argv[2], "checks");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_offload = false;
		world_open(&w, argc > 1 ? argv[1] : "6.1");
		printf("%s: %s\n", rows[i].name, rows[i].probe(&w));
		fflush(stdout);
		world_close(&w);
	}
	return 0;
}
