/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flow cache: answers of a ternary table by exact match, in front of it.
 *
 * What: for keys that were looked up before, as far as the table looks at them (tcam_view.used),
 * the entry that decided, or that none did. The whole key is kept, squeezed to the bytes that rules
 * look at (flow_pack.h), never a hash in its place; so an answer is the table's answer.
 *
 * Why: traffic repeats itself. A hit costs one cache line, whatever the rules are; a search costs
 * several.
 *
 * Layout: sets of two slots; a slot is the packed key and one word with the entry's address, the
 * epoch, and whether it was hit since it was put there. Keys of up to 24 bytes (IPv4 and ports of
 * every kind) make a set of 64 bytes, one cache line; longer ones more lines, and so fewer flows.
 * What was hit stays, what was not gives way; of two that were hit none does, but both have to be
 * hit again.
 *
 * Updates: an epoch is the cache's short number for a version of the table. A slot of another epoch
 * is empty, so an update costs nothing here and a stale answer can't be given. The memory is
 * cleared when the epochs are used up (each 65535th version), and when keys get longer than slots.
 *
 * Where hits are rare it stands aside: below one in four over 16384 packets, all go straight to the
 * table, and about one in 32 is put to the cache afterwards, as a sample. It comes back when one in
 * four of 128 samples was hit.
 *
 * Results do not depend on any of this.
 *
 * Threading: a cache belongs to one thread. With a TCAM_SHARED table flow_cache_lookup is part of
 * the reader's section, from the view on.
 */
#ifndef NICEMU_ASIC_FLOW_CACHE_H
#define NICEMU_ASIC_FLOW_CACHE_H

#include <nicemu/asic/tcam.h>

struct flow_cache;

/* Of at most that many bytes; at least FLOW_CACHE_MIN. NULL when memory is out, or with less. */
enum { FLOW_CACHE_MIN = 4096 };
struct flow_cache *flow_cache_create(size_t bytes);
void flow_cache_destroy(struct flow_cache *cache); /* NULL is fine */
size_t flow_cache_bytes(const struct flow_cache *cache);

/*
 * As ops->lookup; always with the same table. The lines of the entries in which a packet is counted
 * are on their way to the first-level cache then.
 */
void flow_cache_lookup(struct flow_cache *cache, const struct tcam_ops *ops,
		       const struct tcam *tcam, const struct tcam_view *view,
		       const struct flow_batch *batch, struct tcam_entry **results, size_t count);

/*
 * What became of packets so far, for tests and measurements. Samples are among the hits and misses,
 * and, like all packets while it stood aside, among the bypassed.
 */
struct flow_cache_counters {
	uint64_t hits, misses, bypassed;
};
struct flow_cache_counters flow_cache_counters(const struct flow_cache *cache);

#endif
