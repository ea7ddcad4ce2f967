/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The peer of a flow table: DPDK's rte_hash with exact 5-tuples of IPv4.
 *
 * Threading: one thread.
 */
#ifndef NICEMU_TESTS_BENCH_HASH_H
#define NICEMU_TESTS_BENCH_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Insert that many flows, look up packets of flows at random, without counting and with packets,
 * bytes and the time of last use counted a flow; prints a JSON document. The exit status.
 */
int hash_measure(size_t flows, size_t packets, size_t rounds, uint64_t seed);

#endif
