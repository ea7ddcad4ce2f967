/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures out: classic pcap with nanoseconds, and pcapng. Always little endian, so that the same
 * packets give the same bytes on every machine.
 */
#include "output.h"
#include "pcapng.h"

#include <nicemu/ports/capture.h>

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ETHERNET = 1, OPTION_SIZE_MAX = 65535, NS_PER_S = 1000000000 };

static const char application[] = "nicemu";

struct capture_writer {
	struct output output;
	int fd;
	enum capture_format format;
	size_t num_interfaces;
};

static void add_u16(struct output *o, uint16_t value)
{
	value = htole16(value);
	output_add(o, &value, sizeof(value));
}

static void add_u32(struct output *o, uint32_t value)
{
	value = htole32(value);
	output_add(o, &value, sizeof(value));
}

static size_t padding(size_t size)
{
	return (4 - size % 4) % 4;
}

static void add_padded(struct output *o, const void *data, size_t size)
{
	static const uint8_t zeros[4];

	output_add(o, data, size);
	output_add(o, zeros, padding(size));
}

static size_t option_size(size_t size)
{
	return 4 + size + padding(size);
}

static void add_option(struct output *o, uint16_t code, const void *value, size_t size)
{
	add_u16(o, code);
	add_u16(o, (uint16_t)size);
	add_padded(o, value, size);
}

/* At most what an option holds, and no character (UTF-8) cut in two. */
static size_t text_size(const char *text)
{
	size_t size = strnlen(text, OPTION_SIZE_MAX + 1);

	if (size <= OPTION_SIZE_MAX)
		return size;
	size = OPTION_SIZE_MAX;
	while (size && ((uint8_t)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

static void add_section(struct output *o)
{
	size_t text = sizeof(application) - 1;
	uint32_t size = (uint32_t)(28 + option_size(text) + option_size(0));

	add_u32(o, PCAPNG_SECTION);
	add_u32(o, size);
	add_u32(o, PCAPNG_BYTE_ORDER);
	add_u16(o, 1);
	add_u16(o, 0);
	add_u32(o, UINT32_MAX); /* the section's length, 64 bits: not known */
	add_u32(o, UINT32_MAX);
	add_option(o, PCAPNG_SECTION_APPLICATION, application, text);
	add_option(o, PCAPNG_OPTION_END, NULL, 0);
	add_u32(o, size);
}

static void add_interface(struct output *o, const char *name)
{
	size_t text = text_size(name);
	uint32_t size = (uint32_t)(20 + option_size(text) + option_size(1) + option_size(0));

	add_u32(o, PCAPNG_INTERFACE);
	add_u32(o, size);
	add_u16(o, ETHERNET);
	add_u16(o, 0);
	add_u32(o, CAPTURE_SNAPLEN_MAX);
	add_option(o, PCAPNG_IF_NAME, name, text);
	add_option(o, PCAPNG_IF_TSRESOL, &(uint8_t){9}, 1);
	add_option(o, PCAPNG_OPTION_END, NULL, 0);
	add_u32(o, size);
}

static void add_file_header(struct output *o)
{
	add_u32(o, 0xa1b23c4d);
	add_u16(o, 2);
	add_u16(o, 4);
	add_u32(o, 0);
	add_u32(o, 0);
	add_u32(o, CAPTURE_SNAPLEN_MAX);
	add_u32(o, ETHERNET);
}

int capture_writer_open(struct capture_writer **writer, int fd, enum capture_format format,
			const char *const *interfaces, size_t num_interfaces)
{
	struct capture_writer *w = calloc(1, sizeof(*w));

	*writer = NULL;
	if (!w || output_open(&w->output, fd)) {
		free(w);
		close(fd);
		return -ENOMEM;
	}
	w->fd = fd;
	w->format = format;
	w->num_interfaces = num_interfaces;
	if (format == CAPTURE_PCAP)
		add_file_header(&w->output);
	else
		add_section(&w->output);
	for (size_t i = 0; format == CAPTURE_PCAPNG && i < num_interfaces; i++)
		add_interface(&w->output, interfaces[i]);
	*writer = w;
	return 0;
}

static int write_record(struct output *o, const struct packet *packet, uint32_t captured)
{
	uint64_t seconds = packet->time_ns / NS_PER_S;

	if (seconds > UINT32_MAX)
		return -EOVERFLOW;
	add_u32(o, (uint32_t)seconds);
	add_u32(o, (uint32_t)(packet->time_ns % NS_PER_S));
	add_u32(o, captured);
	add_u32(o, packet->length);
	return output_add(o, packet->data, captured);
}

static int write_block(struct output *o, const struct packet *packet, uint32_t captured,
		       size_t interface, bool outgoing, const char *comment)
{
	size_t comment_size = comment ? text_size(comment) : 0;
	uint32_t flags = htole32(outgoing ? PCAPNG_FLAGS_OUTBOUND : PCAPNG_FLAGS_INBOUND);
	uint32_t size = (uint32_t)(32 + captured + padding(captured) + option_size(sizeof(flags)) +
				   (comment ? option_size(comment_size) : 0) + option_size(0));

	add_u32(o, PCAPNG_ENHANCED_PACKET);
	add_u32(o, size);
	add_u32(o, (uint32_t)interface);
	add_u32(o, (uint32_t)(packet->time_ns >> 32));
	add_u32(o, (uint32_t)packet->time_ns);
	add_u32(o, captured);
	add_u32(o, packet->length);
	add_padded(o, packet->data, captured);
	add_option(o, PCAPNG_PACKET_FLAGS, &flags, sizeof(flags));
	if (comment)
		add_option(o, PCAPNG_COMMENT, comment, comment_size);
	add_option(o, PCAPNG_OPTION_END, NULL, 0);
	add_u32(o, size);
	return o->error;
}

int capture_write(struct capture_writer *writer, const struct packet *packet, size_t interface,
		  bool outgoing, const char *comment)
{
	uint32_t captured = packet->captured;

	if (writer->output.error)
		return writer->output.error;
	if (captured > CAPTURE_SNAPLEN_MAX)
		captured = CAPTURE_SNAPLEN_MAX;
	if (writer->format == CAPTURE_PCAP)
		return write_record(&writer->output, packet, captured);
	if (interface >= writer->num_interfaces)
		return -EINVAL;
	return write_block(&writer->output, packet, captured, interface, outgoing, comment);
}

int capture_writer_add_interface(struct capture_writer *writer, const char *name)
{
	if (writer->format == CAPTURE_PCAPNG)
		add_interface(&writer->output, name);
	writer->num_interfaces++;
	return writer->output.error;
}

int capture_writer_flush(struct capture_writer *writer)
{
	return output_flush(&writer->output);
}

void capture_writer_set_patience(struct capture_writer *writer, int timeout_ms)
{
	writer->output.patience_ms = timeout_ms;
}

int capture_writer_close(struct capture_writer *writer)
{
	int ret;

	if (!writer)
		return 0;
	ret = output_flush(&writer->output);
	if (close(writer->fd) && !ret && errno != EINTR)
		ret = -errno;
	output_close(&writer->output);
	free(writer);
	return ret;
}
