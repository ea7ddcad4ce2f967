/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every id that a finding can have: name, id, level, and what it is about in a sentence without
 * values. Sorted by id.
 */
#ifndef NICEMU_LINT_IDS_H
#define NICEMU_LINT_IDS_H

#include <nicemu/lint/lint.h>

#define LINT_IDS(X)                                                                                \
	X(ACCEPT_ENDS_LOOKUP, "accept-ends-lookup", NOTICE,                                        \
	  "what a chain accepts does not get to the next chain in the NIC, as it does in "         \
	  "software")                                                                              \
	X(ACTION_DIFFERS, "action-differs", WARNING,                                               \
	  "the NIC takes the action and does something else")                                      \
	X(ACTIONS_OVERRUN, "actions-overrun", WARNING,                                             \
	  "a bug of the kernel: it hands on more actions than it has counted")                     \
	X(BYTES_NOT_COUNTED, "bytes-not-counted", NOTICE,                                          \
	  "the NIC counts packets, no bytes: the counter's bytes stand still")                     \
	X(CHAIN_GONE, "chain-gone", WARNING, "a device went away, and its chain with it")          \
	X(COUNTED_TWICE, "counted-twice", NOTICE,                                                  \
	  "the NIC counts the packet and passes it on, and software counts it once more")          \
	X(COUNTER_BEFORE_MATCH, "counter-before-match", WARNING,                                   \
	  "software counts before a later match, hardware only what the whole rule matches")       \
	X(COUNTERS_EXHAUSTED, "counters-exhausted", WARNING,                                       \
	  "the NIC has fewer counters than rules ask for")                                         \
	X(DEVICE_GONE, "device-gone", WARNING, "the chain's device was taken away")                \
	X(DEVICE_NOT_A_PORT, "device-not-a-port", WARNING,                                         \
	  "the chain names a device that the NIC does not have")                                   \
	X(DEVICE_NOT_BOUND, "device-not-bound", WARNING,                                           \
	  "the NIC was not told of this device of the chain: only software sees its packets")      \
	X(EARLIER_CHAIN_SKIPPED, "earlier-chain-skipped", WARNING,                                 \
	  "a chain that software runs before this one does not get what the NIC drops or "         \
	  "forwards")                                                                              \
	X(ENTRIES_PER_PORT, "entries-per-port", NOTICE,                                            \
	  "each rule of a chain on several ports takes an entry for each port")                    \
	X(FIELD_IGNORED, "field-ignored", WARNING,                                                 \
	  "the NIC takes the match and does not look at it: the rule matches more")                \
	X(FIELD_MATCHED_TWICE, "field-matched-twice", WARNING,                                     \
	  "hardware compares with the last value only, software with both")                        \
	X(IIF_ELSEWHERE, "iif-elsewhere", WARNING,                                                 \
	  "the rule asks for an input interface that the chain is not on")                         \
	X(IMPLICIT_MATCH, "implicit-match", NOTICE,                                                \
	  "the driver adds a match that the rule does not have: the rule matches less")            \
	X(MASK_IGNORED, "mask-ignored", WARNING,                                                   \
	  "the NIC compares all bits where the rule asks for some: the rule matches less")         \
	X(MATCHES_NOTHING, "matches-nothing", WARNING,                                             \
	  "the NIC takes the rule, and no packet meets it")                                        \
	X(META_PROTOCOL_VLAN, "meta-protocol-vlan", WARNING,                                       \
	  "in software `meta protocol` of a tagged frame is the type behind the tag")              \
	X(MIRRORED_TWICE, "mirrored-twice", WARNING,                                               \
	  "the NIC copies the packet and passes it on, and software copies it once more")          \
	X(MISTAKEN_FOR_PROTOCOL, "mistaken-for-protocol", WARNING,                                 \
	  "the kernel takes a comparison for that of a protocol")                                  \
	X(NEVER_HIT, "never-hit", WARNING, "earlier rules take all packets of this one")           \
	X(NEXT_HEADER, "next-header", WARNING,                                                     \
	  "software looks at the first next header of IPv6, hardware at the last")                 \
	X(NOT_ALL_LOOKED_AT, "not-all-looked-at", NOTICE,                                          \
	  "there are too many rules or findings to look at all of them")                           \
	X(NOT_COUNTED, "not-counted", WARNING,                                                     \
	  "the NIC has no counter for the rule: the counter stands still")                         \
	X(NOT_OFFLOADED, "not-offloaded", NOTICE,                                                  \
	  "a chain on a port of the NIC has no `flags offload`")                                   \
	X(ORDER_DIFFERS, "order-differs", WARNING,                                                 \
	  "two rules decide otherwise about the same packets, and the NIC has them in another "    \
	  "order than software")                                                                   \
	X(ORDER_UNDEFINED, "order-undefined", WARNING,                                             \
	  "two rules decide otherwise about the same packets, and the NIC leaves open, or nobody " \
	  "knows, which one does")                                                                 \
	X(POLICY_SOFTWARE_ONLY, "policy-software-only", WARNING,                                   \
	  "the NIC knows nothing of the chain's policy")                                           \
	X(PORTS_OF_FRAGMENTS, "ports-of-fragments", NOTICE,                                        \
	  "hardware does not find the ports of later fragments")                                   \
	X(SENT_BACK, "sent-back", WARNING, "packets leave by the port that they came in on")       \
	X(SHORT_LOAD_MASK, "short-load-mask", WARNING,                                             \
	  "a bug of the kernel: the mask of a prefix gets wrong")                                  \
	X(STALE_RULE, "stale-rule", WARNING, "the NIC has a rule that the kernel does not")        \
	X(ZERO_IS_ANY, "zero-is-any", WARNING,                                                     \
	  "the NIC takes the value 0 for any value: the rule matches more")

enum lint_number {
#define X(NAME, ...) LINT_##NAME,
	LINT_IDS(X)
#undef X
		LINT_ID_COUNT
};

#endif
