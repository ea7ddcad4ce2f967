/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow commands and packets as text, one line each: what a front end could give to a driver, in the
 * names of the kernel's dissector structs.
 *
 * Words of a rule, in any order:
 *   FIELD VALUE[/MASK]   matched, its key flagged ("ports.dst 80", "ipv4_addrs.src 10.0.0.0/8" is
 *                        wrong: masks are written like values, 255.0.0.0)
 *   ipv4 ipv6            basic.n_proto and control.addr_type of that family
 *   tcp udp              basic.ip_proto
 *   key NAME, no-key NAME   flag that key as well; do not flag it although a field is written
 *   ACTION ACTION(eth1) ACTION(vid=5,ethertype=0x8100)
 *   hw-stats NAME        of the actions behind it, at the end of all: DISABLED …
 *   prio N  chain N  protocol 0x0800   of the command (10, 0, what basic.n_proto says or 0)
 *   port-kind KIND, port NAME          where it is bound (an uplink)
 * Words of a packet: FIELD VALUE, ipv4, ipv6, tcp, udp, port NAME.
 */
#ifndef NICEMU_TESTS_RULE_TEXT_H
#define NICEMU_TESTS_RULE_TEXT_H

#include <nicemu/config/nic.h>
#include <nicemu/flow/rule.h>

enum { RULE_TEXT_ACTIONS_MAX = 64, RULE_TEXT_EXTRAS_MAX = FLOW_EXTRA_COUNT };

struct rule_text {
	struct flow_rule *rule; /* freed by rule_text_clear */
	uint32_t prio, chain_index;
	uint16_t protocol;
	uint16_t port; /* number of the port it is bound to */
	char error[128];
};

/* False: error says which word is wrong. nic: whose ports are named. */
bool rule_text_read(struct rule_text *out, const struct nic *nic, const char *text);
void rule_text_clear(struct rule_text *text);

/* The flow key a parser makes of such a packet: presence of the keys, the port left out. */
struct packet_text {
	struct flow_key key;
	uint16_t port;
	char error[128];
};
bool packet_text_read(struct packet_text *out, const struct nic *nic, const char *text);

#endif
