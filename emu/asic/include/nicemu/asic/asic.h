/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ASIC: admission by model, entries, the tables they live in, and what they counted.
 *
 * It implements struct offload_driver (asic_driver); commands change its tables only through
 * offload/. The packet path asks asic_process for a batch.
 *
 * Model `generic`: takes every key and action that nf_tables can hand over; one TCAM for all ports,
 * `entries` entries, order (priority, arrival); a full TCAM refuses REPLACE with ENOSPC; a second
 * block bound to the same port is EBUSY; ACCEPT ends the look-up and passes to the host; a mirror
 * without a verdict, and a rule without any action, pass to the host; the order of actions inside a
 * rule does not matter (DROP before REDIRECT before pass). Of several REDIRECTs the first one of
 * the rule decides, as the first `fwd` takes the packet away in software. Every mirror makes a
 * copy, also when the packet is then dropped. A redirect or mirror target must be a port of this
 * NIC; where it goes away later, what would have been redirected there is dropped, and no copy is
 * made. Flowtables, egress blocks and chain indexes other than 0 are refused.
 *
 * An entry asks for the fields whose key is flagged in used_keys and whose mask is not zero, for
 * the presence of those keys (CONTROL and META are there in every packet), and for its binding's
 * port.
 *
 * REPLACE of a live cookie changes the entry in place: totals and place in the order stay, and it
 * needs no room.
 *
 * Totals are the only truth: each entry counts packets, bytes (wire length) and the time it was
 * last used; they only grow. Entries that are gone are summed up as `retired`, so that the fates'
 * sums always equal what went in: packets = matched by live entries + retired + unmatched.
 *
 * Threading: one owner; commands between batches.
 */
#ifndef NICEMU_ASIC_ASIC_H
#define NICEMU_ASIC_ASIC_H

#include <nicemu/config/nic.h>
#include <nicemu/flow/key.h>
#include <nicemu/offload/offload.h>
#include <nicemu/packet/packet.h>

enum asic_fate { ASIC_DROP, ASIC_REDIRECT, ASIC_HOST, ASIC_FATES };

enum { ASIC_MIRRORS_MAX = 16 };

/* What became of one packet. */
struct asic_result {
	enum asic_fate fate;
	uint16_t port;       /* ASIC_REDIRECT: leaves by this port */
	uint8_t num_mirrors; /* copies, each to mirrors[i] */
	uint16_t mirrors[ASIC_MIRRORS_MAX];
	bool matched; /* an entry decided; binding and cookie name it; else fate ASIC_HOST */
	uint32_t binding;
	uint64_t cookie;
};

struct asic_counters {
	uint64_t packets, bytes;
};

struct asic;

extern const struct offload_driver asic_driver;

/*
 * nic is borrowed and outlives the ASIC; its ports may grow. NULL when memory is out. The result is
 * the driver context of asic_driver. asic_destroy accepts NULL.
 */
struct asic *asic_create(const struct nic *nic);
void asic_destroy(struct asic *asic);

/*
 * Look up and count a batch: results[i] for packets[i] with its dissected keys[i]. Writes the port
 * and META (the port's interface index, type Ethernet) into keys[i]. Allocates nothing.
 */
void asic_process(struct asic *asic, const struct packet *packets, struct flow_key *keys,
		  struct asic_result *results, size_t count);

size_t asic_entries(const struct asic *asic);
uint64_t asic_capacity(const struct asic *asic);

/* What entries that are gone had counted, and what no entry matched. */
struct asic_counters asic_retired(const struct asic *asic);
struct asic_counters asic_unmatched(const struct asic *asic);

#endif
