/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows of files in memory that survive the file's being cut.
 *
 * Why: a mapped file is read without a copy and without a call, but whoever truncates it takes the
 * pages away: touching them is SIGBUS. And of the page in which the file now ends, the tail turns
 * into zeros without a signal.
 *
 * How: one handler of SIGBUS for the process. Where the address lies in one of these windows, the
 * window is marked as lost and gets pages of zeros from there on; any other SIGBUS goes to the
 * action that was there before. So what was read from a window is worth something only once
 * mapping_intact() has said so *afterwards*. It touches the file's last page: a kernel takes the
 * pages behind the new end out of every address space before it clears the tail of the page that
 * has the end, so no zeros can be seen while the last page is still there. What lies in the last
 * page itself is asked of fstat(2).
 *
 * What can't be told: bytes that somebody writes over; and a file that is cut and has grown to its
 * old size again before anybody looked. read(2) could not tell either.
 *
 * Threading: windows are made and unmapped by their owner; the bytes may be read, and
 * mapping_intact(), mapping_find() be called, by any thread that does not block SIGBUS, until the
 * window is unmapped. Records of windows are never given back to the system, only used again: the
 * handler may look at any time.
 */
#ifndef NICEMU_PORTS_MAPPING_H
#define NICEMU_PORTS_MAPPING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rescued;

#define MAPPED_FILE_WHOLE UINT64_MAX

/* What the windows of one file share. Outlives them. */
struct mapped_file {
	int fd;
	/*
	 * Packets that had been handed out are gone: in the file a place before the first of them,
	 * or MAPPED_FILE_WHOLE. Who has read on from there has to end; a later pass that has not
	 * come so far reads what is left.
	 */
	_Atomic uint64_t torn_at;
	_Atomic(struct rescued *) rescued; /* copies of packets out of lost windows */
};

/* Over a borrowed descriptor; NULL: out of memory. */
struct mapped_file *mapped_file_new(int fd);

/* The packet there is gone; of several the first one counts. From any thread. */
void mapped_file_tear(struct mapped_file *file, uint64_t offset);

/* NULL is fine. All windows are gone. */
void mapped_file_free(struct mapped_file *file);

/* Memory that lives as long as the file does, from any thread. NULL: there is none. */
void *mapped_file_memory(struct mapped_file *file, size_t size);

struct mapping;

/*
 * Map length bytes from offset (of a page), of a file of this size: length > 0, offset + length <=
 * size. 0, or a negative errno: then the file has to be read in another way.
 */
int mapping_create(struct mapping **mapping, struct mapped_file *file, uint64_t offset,
		   size_t length, uint64_t size);

/* NULL is fine. */
void mapping_destroy(struct mapping *mapping);

const uint8_t *mapping_bytes(const struct mapping *mapping);
size_t mapping_capacity(const struct mapping *mapping); /* whole pages */
uint64_t mapping_offset(const struct mapping *mapping);
struct mapped_file *mapping_file(const struct mapping *mapping);

/* Hint: these bytes (from a page) are about to be read. What is not there is not asked for. */
void mapping_populate(struct mapping *mapping, size_t from, size_t size);

/* Whether all bytes up to here that have been read so far were the file's. False is for ever. */
bool mapping_intact(struct mapping *mapping, const uint8_t *end);

/* The window that this byte lies in, NULL: none. */
struct mapping *mapping_find(const void *address);

size_t mapping_page_size(void);

#endif
