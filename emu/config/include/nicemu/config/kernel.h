/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel behaviour: what differs between kernel versions, as one struct of flags.
 *
 * One table (kernel_table.c) has a row per behaviour: the mainline version that brought it, the
 * stable releases that got it too, its source (commit or observation) and how sure it is. Nobody
 * else compares versions. Every flag is worded so that true is what newer kernels do.
 *
 * A version is X.Y.Z; X.Y means the branch's latest known stable. Above the last known release of a
 * branch the branch's last row holds; a branch without rows takes mainline X.Y.0, with a warning.
 * `ideal` has no known bug: every flag is true.
 *
 * Invariant: a filled struct kernel_behavior is a value; nothing in it changes afterwards.
 *
 * Threading: constant tables.
 */
#ifndef NICEMU_CONFIG_KERNEL_H
#define NICEMU_CONFIG_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* name, what changes where it is true */
#define KERNEL_BEHAVIORS(X)                                                                        \
	X(short_load_masks_fixed, "a load shorter than its field gives a mask of just its bytes")  \
	X(short_loads, "a load may be shorter than its field; else it is refused")                 \
	X(early_hook_check, "NEWCHAIN refuses hooks and devices that can't offload")               \
	X(absent_devices, "a base chain may name devices that do not exist")                       \
	X(register_tracking, "reading a register that was not loaded is ENODATA at the message")   \
	X(counter_offload, "a rule with a counter can be offloaded, and STATS feeds it")           \
	X(fwd_dup_offload, "fwd to and dup to a device can be offloaded")                          \
	X(vlan_offload, "VLAN and inner VLAN fields can be offloaded")                             \
	X(vlan_key_fixup, "the ethertypes of tagged frames end up in the keys they belong to")     \
	X(vlan_tci_host_order, "VLAN ids are handed to the driver in host byte order")             \
	X(control_addr_type, "an address match tells the driver its family in the CONTROL key")    \
	X(no_action_refused, "a rule without an action is refused; else it reaches the driver")    \
	X(actions_counted, "fwd and dup get action slots of their own; else memory is overrun")    \
	X(commit_rollback, "a commit that fails half-way takes back what the NIC accepted")        \
	X(unbind_destroys, "after UNBIND the driver gets a DESTROY for every rule of the chain")   \
	X(unregister_only, "of what happens to a device, offload heeds only that it goes away")    \
	X(unregister_unbinds, "a device that goes away is unbound from its offload chain")         \
	X(chain_device_updates, "devices can be added to and deleted from a netdev base chain")    \
	X(empty_netdev_chains, "a netdev base chain without offload may have no device")           \
	X(chains_outlive_devices, "a netdev chain stays when its last device goes away")           \
	X(destroy_messages, "DESTROYTABLE, DESTROYCHAIN, DESTROYRULE and their like exist")        \
	X(rule_reset, "GETRULE_RESET exists")                                                      \
	X(set_backend_dump, "a set is dumped with its backend and its number of elements")         \
	X(device_lists, "a netdev chain may name several devices")                                 \
	X(set_timeout_updates, "NEWSET for a set that exists changes its time-outs")               \
	X(bitwise_shift, "bitwise can shift")                                                      \
	X(bitwise_registers, "bitwise has and, or and xor, with a register or a constant")         \
	X(payload_inner_header, "payload can load from behind the transport header")               \
	X(inner_expression, "the expression `inner` exists")                                       \
	X(last_expression, "the expression `last` exists")                                         \
	X(reject_netdev, "`reject` exists in the netdev family")                                   \
	X(socket_wildcard, "`socket wildcard` exists")                                             \
	X(socket_cgroup, "`socket cgroupv2` exists")                                               \
	X(exthdr_sctp, "`sctp chunk` exists")                                                      \
	X(exthdr_dccp, "`dccp option` exists")                                                     \
	X(exthdr_reset, "`reset tcp option` exists")                                               \
	X(exthdr_present_one_byte, "presence of a header is loaded as one byte, else EINVAL")      \
	X(fib_present_checked, "fib tests presence only of an interface's index, else EINVAL")     \
	X(register_overlap_refused, "registers that partly overlap are EINVAL")                    \
	X(byteorder_one_value, "byteorder swaps one value; several are EOPNOTSUPP")                \
	X(queue_verdict_refused, "a verdict `queue` is EINVAL at the message")                     \
	X(verdict_parameters_refused, "a verdict with a parameter in its upper bits is EINVAL")    \
	X(flag_masks, "unknown flags of nat are EINVAL, as everywhere; else EOPNOTSUPP")           \
	X(reserved_flags_refused,                                                                  \
	  "unknown flags of limit, connlimit, dynset, synproxy and inner are EINVAL")              \
	X(register_policies, "a register above 23 is ERANGE before any expression is made")        \
	X(expression_list_policy, "names in a list of expressions are checked before its types")   \
	X(ranges_by_policy, "numbers above 255 are ERANGE before any expression is made")          \
	X(payload_far_offsets, "a payload's offset may be above 255, up to 65535")                 \
	X(payload_write_checked, "a payload write that updates no sensible checksum is EINVAL")    \
	X(transport_checksum_place,                                                                \
	  "a checksum updated in a transport header is at 2, 6 or 16, or the write is EINVAL")     \
	X(lookup_map_keys, "a named map may be looked up for its keys only; else EINVAL")          \
	X(batch_policy_extack, "an error of a batch names the attribute that fails a policy")      \
	X(expression_lists, "sets and dynset take lists of expressions")                           \
	X(limit_checked, "a limit of rate 0, with unknown flags or that overflows is refused")     \
	X(dump_names_first, "tables and chains are told with name, handle, and then the rest")     \
	X(short_delete_events, "what is deleted is told by name and handle only")                  \
	X(device_prefixes, "a netdev chain may name devices by the start of their names")          \
	X(table_persist, "a table may outlive its owner")                                          \
	X(table_owner, "a table may have an owner; unknown flags are EOPNOTSUPP, else EINVAL")     \
	X(event_flags,                                                                             \
	  "events tell the request's NLM_F_CREATE, NLM_F_EXCL, NLM_F_APPEND and place")            \
	X(netdev_egress, "a netdev chain may be at egress")                                        \
	X(chain_type_named, "an unknown type of chain is named by its attribute")                  \
	X(jumps_checked_in_tables, "a loop of jumps is an error of the rule, not of its jump")     \
	X(fib_netdev_hooks, "fib of an interface that a packet at this netdev hook has not fails") \
	X(fib_input_forward, "fib of interfaces is there at input and forward, too")               \
	X(queue_hooks, "queue is refused at netdev hooks and in arp chains")                       \
	X(synproxy_object_hooks, "a synproxy object is refused but at input and forward")          \
	X(fragment_headers_checked, "to software a later fragment has no transport header")        \
	X(fragment_loads_fail, "software never loads ports from a later fragment's payload")       \
	X(inner_ip_found, "asked for a protocol, software finds IP behind two tags and in PPPoE")  \
	X(concat_overlaps_refused,                                                                 \
	  "overlaps of concatenated intervals are EEXIST; else some are left out")

struct kernel_behavior {
	char version[24]; /* X.Y.Z as resolved, or "ideal": what reports print */
#define X(name, text) bool name;
	KERNEL_BEHAVIORS(X)
#undef X
};

/* For tables that name a behaviour: KERNEL_NEEDS(name), or 0 for every kernel. */
#define KERNEL_NEEDS(name) ((uint16_t)offsetof(struct kernel_behavior, name))

/* Whether it is there; kernel may be NULL where needs is 0. */
static inline bool kernel_meets(const struct kernel_behavior *kernel, uint16_t needs)
{
	return !needs || *(const bool *)((const char *)kernel + needs);
}

/* One behaviour as it is in one version. Strings are constant, except those in since. */
struct kernel_behavior_row {
	const char *name, *text;
	bool on;
	char since[24];         /* release of this branch that brought it: "6.12.103", "5.13" … */
	const char *source;     /* commit, advisory or observation */
	const char *confidence; /* "observed", "read in source", "from change logs", "recalled" */
	const char *unchecked;  /* what of it is known by date or memory only; NULL: nothing */
};

/*
 * Resolve text ("6.12", "6.12.95", "ideal"). 0, or -EINVAL for text that is no known version;
 * message (size bytes, may be NULL when 0) then lists the names. On 0, message holds a warning or
 * is empty.
 */
int kernel_behavior_find(struct kernel_behavior *kernel, const char *text, char *message,
			 size_t size);

/* Every row, as it holds for a version that kernel_behavior_find has filled in. */
void kernel_behavior_visit(const struct kernel_behavior *kernel,
			   void (*visit)(void *context, const struct kernel_behavior_row *row),
			   void *context);

/*
 * The same as text: name, on or off, what it is; since when, confidence, source, what is unchecked.
 * The last line counts and names the rows of which something is unchecked.
 */
void kernel_behavior_print(FILE *out, const struct kernel_behavior *kernel);

#endif
