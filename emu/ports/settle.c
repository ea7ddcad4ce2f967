/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether packets that were handed out of a window were the file's; and what is left of them. */
#include "mapping.h"

#include <nicemu/ports/capture.h>

#include <errno.h>
#include <unistd.h>

static bool read_whole(int fd, uint8_t *to, size_t size, uint64_t offset)
{
	while (size) {
		ssize_t got = pread(fd, to, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		to += got;
		size -= (size_t)got;
		offset += (size_t)got;
	}
	return true;
}

static uint64_t place_of(const struct mapping *mapping, const struct packet *packet)
{
	return mapping_offset(mapping) + (uint64_t)(packet->data - mapping_bytes(mapping));
}

/*
 * Copy what is still in the file: the packets before the first one that is not. Their lengths and
 * times are sound, capture_read has seen to that.
 */
static size_t rescue(struct mapping *mapping, struct packet *packets, size_t count)
{
	struct mapped_file *file = mapping_file(mapping);
	size_t size = 0, done = 0;
	uint8_t *copy;

	for (size_t i = 0; i < count; i++)
		size += packets[i].captured;
	copy = mapped_file_memory(file, size);
	while (copy && done < count) {
		uint64_t offset = place_of(mapping, &packets[done]);

		if (!read_whole(file->fd, copy, packets[done].captured, offset))
			break;
		packets[done].data = copy;
		copy += packets[done++].captured;
	}
	/* The byte before it is its header's: who has read that packet is behind it. */
	if (done < count)
		mapped_file_tear(file, place_of(mapping, &packets[done]) - 1);
	return done;
}

bool capture_settle(struct packet *packets, size_t *count)
{
	struct mapping *mapping = *count ? mapping_find(packets->data) : NULL;
	const struct packet *last;

	if (!mapping)
		return true;
	last = packets + *count - 1;
	if (mapping_intact(mapping, last->data + last->captured))
		return true;
	*count = rescue(mapping, packets, *count);
	return false;
}
