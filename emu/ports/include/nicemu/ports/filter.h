/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tcpdump filter expression over packets: libpcap compiles it for Ethernet and runs it.
 *
 * Why libpcap's: it is the language that people who have captures already know, bugs included.
 *
 * It sees what a capture on the wire would: the frame with its tags. So, as in tcpdump, `ip` or
 * `tcp port 80` does not match a tagged frame, `vlan and tcp port 80` does, and after the word
 * `vlan` everything to the right of it looks behind one more tag: `vlan 10 or ip` is not what it
 * seems; `ip or vlan 10` is. A comparison with bytes that were cut by a snap length is false.
 * What only a live capture knows (inbound, outbound, ifname) is refused, names of hosts and
 * services are looked up by the system's resolver.
 *
 * Invariant: a compiled filter never changes, and nothing behind the captured bytes is looked at.
 * Threading: so any thread may use it.
 */
#ifndef NICEMU_PORTS_FILTER_H
#define NICEMU_PORTS_FILTER_H

#include <nicemu/packet/packet.h>

#include <stdbool.h>
#include <stddef.h>

struct filter;

/* 0, or -EINVAL with libpcap's complaint in message (size bytes), or -ENOMEM. */
int filter_compile(struct filter **filter, const char *expression, char *message, size_t size);

/* length is what `len`, `less` and `greater` compare; nothing behind captured is looked at. */
bool filter_match(const struct filter *filter, const struct packet *packet);

/* NULL is fine. */
void filter_free(struct filter *filter);

#endif
