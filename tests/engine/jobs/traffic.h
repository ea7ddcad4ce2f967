/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random captures in memory: addresses by chance, times not in order, lengths that lie. */
#ifndef TEST_JOBS_TRAFFIC_H
#define TEST_JOBS_TRAFFIC_H

#include <nicemu/base/random.h>

#include <stddef.h>
#include <stdint.h>

/*
 * A descriptor at the start of a pcap file with so many packets, of which the last byte of the
 * destination's address is below 16. cut: bytes that are missing at the end.
 */
int traffic_file(struct random *random, size_t packets, size_t cut);

#endif
