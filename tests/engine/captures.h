/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures made in memory for the engine's tests. */
#ifndef TEST_CAPTURES_H
#define TEST_CAPTURES_H

#include <stddef.h>
#include <stdint.h>

/*
 * A descriptor at the start of a pcap file with one 60-byte frame for each time; the frame's last
 * byte is its mark. Cut short by cut bytes at the end.
 */
int capture_of(const uint64_t *times_ns, const uint8_t *marks, size_t length, size_t cut);

/* Everything that is in a descriptor's file, into buffer; how many bytes. */
size_t file_bytes(int fd, uint8_t *buffer, size_t size);

#endif
