/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening, batches, errors: what does not depend on the format.
 *
 * A batch ends early where the next packet is not in the buffer as a whole, because filling the
 * buffer would move the packets that are handed out. So a batch is also never held back while a
 * pipe is silent.
 */
#include "capture_internal.h"
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NAME_SHOWN = 100, /* of a long file name, the last so many bytes are in messages */
	MAGIC_SIZE = 24,
	MAX_INTERFACES = 65536, /* a section of more would only be there to fill the memory */
};

int capture_fail(struct capture *c, int error, uint64_t offset, const char *format, ...)
{
	size_t length = strlen(c->name);
	bool cut = length > NAME_SHOWN;
	struct capture_error *fault = &c->fault;
	va_list arguments;
	int used;

	fault->error = -error;
	fault->offset = offset == NO_OFFSET ? 0 : offset;
	used = snprintf(fault->text, sizeof(fault->text), "%s%s: ", cut ? "..." : "",
			cut ? c->name + length - NAME_SHOWN : c->name);
	if (offset != NO_OFFSET)
		used += snprintf(fault->text + used, sizeof(fault->text) - (size_t)used,
				 "offset %llu: ", (unsigned long long)offset);
	va_start(arguments, format);
	vsnprintf(fault->text + used, sizeof(fault->text) - (size_t)used, format, arguments);
	va_end(arguments);
	return fault->error;
}

int capture_more(struct capture *c, size_t size, const char *thing)
{
	size_t available = source_available(&c->source);

	if (!c->source.at_end) {
		c->want = size;
		return STEP_MORE;
	}
	return capture_fail(c, EINVAL, c->source.offset,
			    "the file ends inside %s: %zu of %zu bytes are there", thing, available,
			    size);
}

struct interface *capture_add_interface(struct capture *c, uint64_t offset)
{
	struct interface *interface;

	if (c->num_interfaces == MAX_INTERFACES) {
		capture_fail(c, EINVAL, offset, "more than %d interfaces in one section",
			     MAX_INTERFACES);
		return NULL;
	}
	if (c->num_interfaces == c->max_interfaces) {
		size_t count = c->max_interfaces ? 2 * c->max_interfaces : 4;
		struct interface *grown = realloc(c->interfaces, count * sizeof(*grown));

		if (!grown) {
			capture_fail(c, ENOMEM, offset, "out of memory");
			return NULL;
		}
		c->interfaces = grown;
		c->max_interfaces = count;
	}
	interface = &c->interfaces[c->num_interfaces++];
	*interface = (struct interface){.resolution = 6};
	return interface;
}

int capture_check_link(struct capture *c, const struct interface *interface, uint64_t offset)
{
	char type[64];

	if (link_is_taken(interface->link, c->fake_ethernet))
		return 0;
	link_describe(interface->link, type, sizeof(type));
	return capture_fail(c, EINVAL, offset, "link type %s is not Ethernet%s", type,
			    link_can_be_faked(interface->link) ? "; --fake-ethernet takes it" : "");
}

void capture_finish_packet(const struct interface *interface, uint8_t fcs_size, uint8_t *data,
			   struct packet *packet)
{
	if (fcs_size) {
		packet->length -= packet->length < fcs_size ? packet->length : fcs_size;
		if (packet->captured > packet->length && !(packet->flags & PACKET_BAD_LENGTH))
			packet->captured = packet->length;
	}
	if (interface->link != LINK_ETHERNET)
		link_make_ethernet(interface->link, data, packet);
}

/* The first step: classic or pcapng, by the first bytes; and its file header. */
static int step_file_header(struct capture *c, struct packet *packet)
{
	const uint8_t *at = source_at(&c->source);
	size_t size = source_available(&c->source);
	uint32_t magic = 0;
	const char *what;

	if (size < MAGIC_SIZE && !c->source.at_end) {
		c->want = MAGIC_SIZE;
		return STEP_MORE;
	}
	if (!size)
		return capture_fail(c, EINVAL, NO_OFFSET, "the file is empty");
	if (size >= sizeof(magic))
		memcpy(&magic, at, sizeof(magic));
	LOADED_ONCE(magic);
	if (pcap_recognise(magic))
		return pcap_start(c, magic);
	if (pcapng_recognise(magic))
		return pcapng_start(c, packet);
	if (size < sizeof(uint32_t))
		return capture_fail(c, EINVAL, c->start,
				    "the file ends inside the file header: it has %zu bytes", size);
	what = magic_describe(at, size);
	return capture_fail(
		c, EINVAL, c->start, "neither pcap nor pcapng: starts with %02x %02x %02x %02x%s%s",
		at[0], at[1], at[2], at[3], what ? ", which looks like " : "", what ? what : "");
}

static int examine(struct capture *c)
{
	struct stat status;
	off_t position;

	if (fstat(c->fd, &status))
		return capture_fail(c, errno, NO_OFFSET, "%s", strerror(errno));
	if (S_ISDIR(status.st_mode))
		return capture_fail(c, EISDIR, NO_OFFSET, "is a directory");
	position = lseek(c->fd, 0, SEEK_CUR);
	if (!S_ISREG(status.st_mode) || position < 0)
		return 0;
	c->seekable = true;
	c->start = (uint64_t)position;
	c->size = (uint64_t)status.st_size;
	posix_fadvise(c->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

static int fill(struct capture *c)
{
	int ret = source_want(&c->source, c->want);

	if (!ret || ret == -EAGAIN)
		return ret;
	return capture_fail(c, -ret, c->source.offset, "can't read: %s", strerror(-ret));
}

/* A state of the reader that all before has been checked for. */
struct mark {
	uint64_t offset;
	uint64_t last_time_ns;
	size_t num_interfaces;
	struct passing passing;
	bool big_endian;
	step_function *step;
	run_function *run;
	size_t done; /* packets of this batch */
};

static struct mark set_mark(const struct capture *c, size_t done)
{
	return (struct mark){
		.offset = c->source.offset,
		.last_time_ns = c->last_time_ns,
		.num_interfaces = c->num_interfaces,
		.passing = c->passing,
		.big_endian = c->big_endian,
		.step = c->step,
		.run = c->run,
		.done = done,
	};
}

/*
 * The window has been lost: what was made of it since the mark may be made of zeros. Go back there
 * and on with read(2), which tells what the file really has. What a block changes and the mark does
 * not hold is the interfaces' descriptions, and only those behind num_interfaces: there is a mark
 * behind each block. Returns 0 or the fault.
 */
static int back_to_mark(struct capture *c, const struct mark *mark)
{
	int ret;

	c->fault = (struct capture_error){0};
	c->last_time_ns = mark->last_time_ns;
	c->num_interfaces = mark->num_interfaces;
	c->passing = mark->passing;
	c->big_endian = mark->big_endian;
	c->step = mark->step;
	c->run = mark->run;
	if (mark->done)
		source_hold(&c->source); /* packets that are good, and handed out in a moment */
	ret = source_stream(&c->source, mark->offset);
	if (ret)
		return capture_fail(c, -ret, mark->offset, "can't read: %s", strerror(-ret));
	return 0;
}

static int fail_truncated(struct capture *c)
{
	return capture_fail(c, EINVAL, c->source.offset,
			    "the file has been truncated while it was read: it had %llu bytes",
			    (unsigned long long)c->size);
}

/* The file ends where it may; but is it all of it? */
static int check_end(struct capture *c)
{
	return !c->seekable || c->source.offset >= c->size ? 0 : fail_truncated(c);
}

/*
 * A step, and more bytes where that needs them and no packet waits to be delivered. Returns what
 * the step did; STEP_BLOCK also for bytes that have come. *mark moves on behind a step that can be
 * relied on; STEP_LOST: it can't, and the reader is back there.
 */
static int step_checked(struct capture *c, struct packet *packets, size_t done, struct mark *mark)
{
	int step = c->step(c, &packets[done]);

	if (step == STEP_PACKET)
		return step;
	if (!source_intact(&c->source, true)) {
		int ret = back_to_mark(c, mark);

		return ret ? ret : STEP_LOST;
	}
	*mark = set_mark(c, done);
	if (step == STEP_END)
		return done ? STEP_END : check_end(c);
	if (step != STEP_MORE || done)
		return step == STEP_MORE ? STEP_END : step;
	step = fill(c);
	return step ? step : STEP_BLOCK;
}

/* All steps up to behind the file header, however long that takes: 0 or the fault. */
static int read_file_header(struct capture *c)
{
	struct mark mark = set_mark(c, 0);
	struct packet unused;
	int ret = 0;

	while (ret >= 0 && c->source.offset == c->start)
		ret = step_checked(c, &unused, 0, &mark);
	return ret < 0 ? ret : 0;
}

int capture_attach(struct capture **capture, int fd, const char *name, bool fake_ethernet,
		   struct capture_error *error)
{
	struct capture *c = calloc(1, sizeof(*c));
	int ret;

	*capture = NULL;
	if (c)
		c->name = strdup(name);
	if (!c || !c->name) {
		*error = (struct capture_error){.error = -ENOMEM, .text = "out of memory"};
		free(c);
		close(fd);
		return -ENOMEM;
	}
	c->fd = fd;
	c->fake_ethernet = fake_ethernet;
	c->step = step_file_header;
	ret = examine(c);
	if (ret)
		goto out;
	ret = source_open(&c->source, fd, c->start);
	if (ret)
		capture_fail(c, -ret, NO_OFFSET, "out of memory");
out:
	if (ret) {
		*error = c->fault;
		capture_close(c);
		return ret;
	}
	*capture = c;
	return 0;
}

int capture_open(struct capture **capture, int fd, const char *name, bool fake_ethernet,
		 struct capture_error *error)
{
	int ret = capture_attach(capture, fd, name, fake_ethernet, error);

	if (ret)
		return ret;
	ret = read_file_header(*capture);
	if (ret) {
		*error = (*capture)->fault;
		capture_close(*capture);
		*capture = NULL;
	}
	return ret;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	source_close(&capture->source);
	close(capture->fd);
	free(capture->interfaces);
	free(capture->name);
	free(capture);
}

/*
 * Packets up to count; how many, or the fault or -EAGAIN, if there is none before it. A fault
 * behind packets has been noted and is told by the next call.
 */
static int read_batch(struct capture *c, struct packet *packets, size_t count)
{
	struct mark mark = set_mark(c, 0);
	int step = STEP_BLOCK;
	size_t done = 0;
	int ret;

	while (step > STEP_END && done < count) {
		if (c->run)
			done += c->run(c, packets + done, count - done);
		if (done == count)
			break;
		step = step_checked(c, packets, done, &mark);
		if (step == STEP_PACKET)
			done++;
		else if (step == STEP_LOST && mark.done)
			return (int)mark.done;
		else if (step == STEP_LOST)
			done = 0;
	}
	if (!done || source_intact(&c->source, false))
		return done ? (int)done : step;
	ret = back_to_mark(c, &mark);
	if (ret || mark.done)
		return ret ? ret : (int)mark.done;
	return read_batch(c, packets, count); /* by read(2) now: once more at most */
}

/* Where, of all passes; MAPPED_FILE_WHOLE: nowhere. */
static uint64_t torn_at(const struct capture *c)
{
	const struct mapped_file *file = c->source.file;

	return file ? atomic_load_explicit(&file->torn_at, memory_order_relaxed)
		    : MAPPED_FILE_WHOLE;
}

int capture_check(struct capture *capture, struct capture_error *error)
{
	if (torn_at(capture) == MAPPED_FILE_WHOLE && !capture->torn_before)
		return 0;
	if (!capture->fault.error)
		fail_truncated(capture);
	*error = capture->fault;
	return capture->fault.error;
}

int capture_read(struct capture *capture, struct packet *packets, size_t count,
		 struct capture_error *error)
{
	int ret = capture->fault.error;

	if (!ret && torn_at(capture) < capture->source.offset)
		ret = fail_truncated(capture);
	if (!ret)
		ret = read_batch(capture, packets, count);
	if (ret < 0)
		*error = capture->fault;
	else if (ret > 0)
		source_end_batch(&capture->source);
	return ret;
}

int capture_keep(struct capture *capture, size_t batches)
{
	return source_keep(&capture->source, batches);
}

void capture_prolong(struct capture *capture, uint64_t batches)
{
	source_prolong_batch(&capture->source, batches);
}

int capture_map(struct capture *capture)
{
	/* A link header is made in the packet's own bytes, which a window does not allow. */
	if (!capture->seekable || capture->fake_ethernet)
		return 0;
	return source_map(&capture->source);
}

void capture_release(struct capture *capture)
{
	source_release(&capture->source);
}

uint64_t capture_position(const struct capture *capture)
{
	return capture->source.offset - capture->start;
}

uint64_t capture_size(const struct capture *capture)
{
	return capture->size > capture->start ? capture->size - capture->start : 0;
}

int capture_rewind(struct capture *capture, struct capture_error *error)
{
	struct capture_error before = capture->fault;
	int ret;

	if (!capture->seekable) {
		capture_fail(capture, ESPIPE, NO_OFFSET,
			     "can't be read a second time: not a regular file");
		*error = capture->fault;
		capture->fault = before;
		return -ESPIPE;
	}
	capture->fault = (struct capture_error){0};
	if (capture->source.file &&
	    atomic_exchange(&capture->source.file->torn_at, MAPPED_FILE_WHOLE) != MAPPED_FILE_WHOLE)
		capture->torn_before = true;
	capture->passing = (struct passing){0};
	capture->num_interfaces = 0;
	capture->last_time_ns = 0;
	capture->step = step_file_header;
	capture->run = NULL;
	ret = source_restart(&capture->source, capture->start);
	if (ret)
		capture_fail(capture, -ret, capture->start, "%s", strerror(-ret));
	else
		ret = read_file_header(capture);
	if (ret)
		*error = capture->fault;
	return ret;
}

void capture_set_patience(struct capture *capture, int timeout_ms)
{
	capture->source.patience_ms = timeout_ms;
}
