/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flow rule: what a kernel hands to a driver (struct flow_rule and the parts of struct
 * flow_cls_offload that describe it).
 *
 * Why: it is the one language between what translates rules and what carries them out, so that each
 * can be tested without the other.
 *
 * The match keeps both facts that a driver could look at: which dissector keys are flagged
 * (used_keys), and what was written to key and mask. A key can be written and not flagged; readers
 * that act like a driver look only at flagged keys. Value bits outside the mask are kept as the
 * kernel leaves them.
 *
 * key and mask use the layout of flow/key.h; their word 0 (presence, port) is always zero here: the
 * ASIC adds it.
 *
 * Ownership: a flow rule is one allocation, freed with flow_rule_free. It is immutable once handed
 * on, so whoever wants to keep it holds the same one (flow_rule_hold) instead of a copy: there can
 * be a million of them, and what translates and what sends both keep each.
 *
 * Threading: held and freed by one thread.
 */
#ifndef NICEMU_FLOW_RULE_H
#define NICEMU_FLOW_RULE_H

#include <nicemu/flow/key.h>

#include <stdio.h>

/*
 * The kernel's enum flow_action_id, names alike; the numbers are ours (the kernel's move). Behind
 * the name: what the entry's argument[] holds, see flow_view_action.
 */
#define FLOW_ACTIONS(X)                                                                            \
	X(ACCEPT, {0})                                                                             \
	X(DROP, {0})                                                                               \
	X(REDIRECT, {0})         /* target: leaves by that port instead */                         \
	X(MIRRED, {0})           /* target: a copy leaves by that port */                          \
	X(REDIRECT_INGRESS, {0}) /* target: as if it had come in there */                          \
	X(MIRRED_INGRESS, {0})                                                                     \
	X(TRAP, {0})                                                                               \
	X(GOTO, {"chain", FLOW_ARGUMENT_DECIMAL})                                                  \
	X(VLAN_PUSH, {"vid", FLOW_ARGUMENT_DECIMAL}, {"ethertype", FLOW_ARGUMENT_HEX16},           \
	  {"priority", FLOW_ARGUMENT_DECIMAL})                                                     \
	X(VLAN_POP, {0})                                                                           \
	X(VLAN_MANGLE, {"vid", FLOW_ARGUMENT_DECIMAL}, {"ethertype", FLOW_ARGUMENT_HEX16},         \
	  {"priority", FLOW_ARGUMENT_DECIMAL})                                                     \
	X(TUNNEL_ENCAP, {"key_id", FLOW_ARGUMENT_DECIMAL}, {"family", FLOW_ARGUMENT_DECIMAL},      \
	  {"remote", FLOW_ARGUMENT_ADDRESS})                                                       \
	X(TUNNEL_DECAP, {0})                                                                       \
	X(MANGLE, {"header", FLOW_ARGUMENT_HEADER}, {"offset", FLOW_ARGUMENT_DECIMAL},             \
	  {"mask", FLOW_ARGUMENT_HEX32}, {"value", FLOW_ARGUMENT_HEX32})                           \
	X(ADD, {"header", FLOW_ARGUMENT_HEADER}, {"offset", FLOW_ARGUMENT_DECIMAL},                \
	  {"mask", FLOW_ARGUMENT_HEX32}, {"value", FLOW_ARGUMENT_HEX32})                           \
	X(CSUM, {"flags", FLOW_ARGUMENT_HEX32})                                                    \
	X(MARK, {"mark", FLOW_ARGUMENT_HEX32})                                                     \
	X(PTYPE, {"type", FLOW_ARGUMENT_DECIMAL})                                                  \
	X(PRIORITY, {"priority", FLOW_ARGUMENT_DECIMAL})                                           \
	X(RX_QUEUE_MAPPING, {"queue", FLOW_ARGUMENT_DECIMAL})                                      \
	X(WAKE, {0})                                                                               \
	X(QUEUE, {"context", FLOW_ARGUMENT_DECIMAL}, {"index", FLOW_ARGUMENT_DECIMAL},             \
	  {"vf", FLOW_ARGUMENT_DECIMAL})                                                           \
	X(SAMPLE, {"rate", FLOW_ARGUMENT_DECIMAL}, {"trunc_size", FLOW_ARGUMENT_DECIMAL},          \
	  {"truncate", FLOW_ARGUMENT_DECIMAL})                                                     \
	X(POLICE, {"rate_bytes", FLOW_ARGUMENT_DECIMAL64}, {"burst_bytes", FLOW_ARGUMENT_DECIMAL}, \
	  {"rate_packets", FLOW_ARGUMENT_DECIMAL64}, {"burst_packets", FLOW_ARGUMENT_DECIMAL64},   \
	  {"mtu", FLOW_ARGUMENT_DECIMAL}, {"exceed", FLOW_ARGUMENT_ACTION},                        \
	  {"not_exceed", FLOW_ARGUMENT_ACTION})                                                    \
	X(CT, {"action", FLOW_ARGUMENT_HEX16}, {"zone", FLOW_ARGUMENT_DECIMAL})                    \
	X(CT_METADATA, {"mark", FLOW_ARGUMENT_HEX32}, {"labels", FLOW_ARGUMENT_HEX128},            \
	  {"original_direction", FLOW_ARGUMENT_DECIMAL})                                           \
	X(MPLS_PUSH, {"label", FLOW_ARGUMENT_DECIMAL}, {"ethertype", FLOW_ARGUMENT_HEX16},         \
	  {"tc", FLOW_ARGUMENT_DECIMAL}, {"bos", FLOW_ARGUMENT_DECIMAL},                           \
	  {"ttl", FLOW_ARGUMENT_DECIMAL})                                                          \
	X(MPLS_POP, {"ethertype", FLOW_ARGUMENT_HEX16})                                            \
	X(MPLS_MANGLE, {"label", FLOW_ARGUMENT_DECIMAL}, {"tc", FLOW_ARGUMENT_DECIMAL},            \
	  {"bos", FLOW_ARGUMENT_DECIMAL}, {"ttl", FLOW_ARGUMENT_DECIMAL})                          \
	X(GATE, {"priority", FLOW_ARGUMENT_DECIMAL}, {"entries", FLOW_ARGUMENT_DECIMAL})           \
	X(PPPOE_PUSH, {"session", FLOW_ARGUMENT_DECIMAL})                                          \
	X(JUMP, {0})                                                                               \
	X(PIPE, {0})                                                                               \
	X(VLAN_PUSH_ETH, {"dst", FLOW_ARGUMENT_MAC}, {"src", FLOW_ARGUMENT_MAC})                   \
	X(VLAN_POP_ETH, {0})                                                                       \
	X(CONTINUE, {0})                                                                           \
	X(UNKNOWN, {"kernel_id", FLOW_ARGUMENT_DECIMAL}) /* of the kernel that sent it */

enum flow_action_id {
#define X(ID, ...) FLOW_ACTION_##ID,
	FLOW_ACTIONS(X)
#undef X
		FLOW_ACTION_COUNT
};

enum { FLOW_ACTION_ARGUMENTS = 10 };

/* The kernel's bits: how a driver may count an action. Any of them is "don't care". */
enum {
	FLOW_ACTION_HW_STATS_IMMEDIATE = 1u << 0,
	FLOW_ACTION_HW_STATS_DELAYED = 1u << 1,
	FLOW_ACTION_HW_STATS_DISABLED = 1u << 2,
	FLOW_ACTION_HW_STATS_DONT_CARE = 7,
};

struct flow_action_entry {
	enum flow_action_id id;
	uint8_t hw_stats; /* bit set of FLOW_ACTION_HW_STATS_* */
	uint32_t ifindex; /* of the target: the (emulated) interface index, 0: none */
	uint32_t netns;   /* in which that index counts; 0: the emulated one */
	uint32_t argument[FLOW_ACTION_ARGUMENTS];
};

/*
 * Fields of a match that have no place in the flow key, because no NIC here looks at them: id,
 * dissector key, the kernel's name, bytes, format.
 */
#define FLOW_EXTRA_FIELDS(X)                                                       \
	X(CONTROL_THOFF, CONTROL, "control.thoff", 2, DECIMAL)                     \
	X(PORTS_RANGE_MIN_SRC, PORTS_RANGE, "ports_range.min.src", 2, DECIMAL)     \
	X(PORTS_RANGE_MIN_DST, PORTS_RANGE, "ports_range.min.dst", 2, DECIMAL)     \
	X(PORTS_RANGE_MAX_SRC, PORTS_RANGE, "ports_range.max.src", 2, DECIMAL)     \
	X(PORTS_RANGE_MAX_DST, PORTS_RANGE, "ports_range.max.dst", 2, DECIMAL)     \
	X(ICMP_ID, ICMP, "icmp.id", 2, DECIMAL)                                    \
	X(VLAN_ETH_TYPE, VLAN, "vlan.vlan_eth_type", 2, HEX)                       \
	X(ENC_KEYID, ENC_KEYID, "enc_keyid.keyid", 4, DECIMAL)                     \
	X(ENC_IPV4_SRC, ENC_IPV4_ADDRS, "enc_ipv4_addrs.src", 4, IPV4)             \
	X(ENC_IPV4_DST, ENC_IPV4_ADDRS, "enc_ipv4_addrs.dst", 4, IPV4)             \
	X(ENC_IPV6_SRC, ENC_IPV6_ADDRS, "enc_ipv6_addrs.src", 16, IPV6)            \
	X(ENC_IPV6_DST, ENC_IPV6_ADDRS, "enc_ipv6_addrs.dst", 16, IPV6)            \
	X(ENC_CONTROL_ADDR_TYPE, ENC_CONTROL, "enc_control.addr_type", 2, DECIMAL) \
	X(ENC_CONTROL_FLAGS, ENC_CONTROL, "enc_control.flags", 4, HEX)             \
	X(ENC_PORTS_SRC, ENC_PORTS, "enc_ports.src", 2, DECIMAL)                   \
	X(ENC_PORTS_DST, ENC_PORTS, "enc_ports.dst", 2, DECIMAL)                   \
	X(CVLAN_ETH_TYPE, CVLAN, "cvlan.vlan_eth_type", 2, HEX)                    \
	X(ENC_IP_TOS, ENC_IP, "enc_ip.tos", 1, HEX)                                \
	X(ENC_IP_TTL, ENC_IP, "enc_ip.ttl", 1, DECIMAL)                            \
	X(META_L2_MISS, META, "meta.l2_miss", 1, DECIMAL)                          \
	X(CT_STATE, CT, "ct.ct_state", 2, HEX)                                     \
	X(CT_ZONE, CT, "ct.ct_zone", 2, DECIMAL)                                   \
	X(CT_MARK, CT, "ct.ct_mark", 4, HEX)                                       \
	X(CT_LABELS, CT, "ct.ct_labels", 16, HEX)                                  \
	X(HASH, HASH, "hash.hash", 4, HEX)                                         \
	X(NUM_OF_VLANS, NUM_OF_VLANS, "num_of_vlans.num_of_vlans", 1, DECIMAL)     \
	X(L2TPV3_SESSION_ID, L2TPV3, "l2tpv3.session_id", 4, DECIMAL)              \
	X(CFM_MDL_VER, CFM, "cfm.mdl_ver", 1, HEX)                                 \
	X(CFM_OPCODE, CFM, "cfm.opcode", 1, DECIMAL)                               \
	X(IPSEC_SPI, IPSEC, "ipsec.spi", 4, HEX)

enum flow_extra_id {
#define X(ID, ...) FLOW_EXTRA_##ID,
	FLOW_EXTRA_FIELDS(X)
#undef X
		FLOW_EXTRA_COUNT
};

struct flow_extra_field {
	const char *name;
	enum flow_dissector_key_id key;
	uint8_t size;
	enum flow_field_format format;
};

extern const struct flow_extra_field flow_extra_fields[FLOW_EXTRA_COUNT];

/* One such field as it is matched: size bytes count, most significant first; the rest is 0. */
struct flow_extra {
	uint8_t id; /* enum flow_extra_id */
	uint8_t value[16], mask[16];
};

struct flow_match {
	uint64_t used_keys;    /* bit n = dissector key n is flagged */
	uint64_t unknown_keys; /* flagged bits of the sending kernel that have no number here */
	struct flow_key key, mask;
	size_t num_extras;
	struct flow_extra *extras; /* ids ascending; NULL: none. Part of the rule's allocation */
};

struct flow_rule {
	struct flow_match match;
	uint16_t
		protocol; /* ethertype the kernel gives as common.protocol, host order; 0 unknown */
	uint32_t lost_actions; /* the sender had more than it could tell */
	uint32_t holders;      /* of an allocated one; 0 in memory that somebody else manages */
	size_t num_actions;
	struct flow_action_entry actions[]; /* in the order of the expressions */
};

/* A zeroed rule with room for num_actions actions; NULL when memory is out. */
struct flow_rule *flow_rule_alloc(size_t num_actions);
/* The same with room for num_extras fields in match.extras. */
struct flow_rule *flow_rule_alloc_extras(size_t num_actions, size_t num_extras);
struct flow_rule *flow_rule_copy(const struct flow_rule *rule);

/*
 * For a second owner: the same rule once more, or a copy of one that was not allocated; NULL when
 * memory is out. Each owner frees it.
 */
struct flow_rule *flow_rule_hold(const struct flow_rule *rule);
void flow_rule_free(struct flow_rule *rule);

/* "ACCEPT", "DROP", "REDIRECT" …; "?" for a number that is none. */
const char *flow_action_name(enum flow_action_id id);

/* The packet, or a copy, goes to the interface in ifindex. */
bool flow_action_has_target(enum flow_action_id id);

/* "DONT_CARE", "IMMEDIATE|DELAYED" … */
const char *flow_hw_stats_name(uint8_t hw_stats);

/*
 * The rule as a driver sees it, several lines, each starting with indent: protocol, used_keys, one
 * line per field with a non-zero value or mask (marked where its key is not flagged), actions. A
 * flagged key that has no name here is printed as its number.
 */
void flow_rule_print(FILE *out, const struct flow_rule *rule, const char *indent);

#endif
