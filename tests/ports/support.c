/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "capture_internal.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void put_bytes(struct made *m, const void *data, size_t size)
{
	buffer_append(&m->bytes, data, size);
	cr_assert(!buffer_failed(&m->bytes));
}

void put_u16(struct made *m, uint16_t value)
{
	value = m->big ? htobe16(value) : htole16(value);
	put_bytes(m, &value, sizeof(value));
}

void put_u32(struct made *m, uint32_t value)
{
	value = m->big ? htobe32(value) : htole32(value);
	put_bytes(m, &value, sizeof(value));
}

void put_u64(struct made *m, uint64_t value)
{
	value = m->big ? htobe64(value) : htole64(value);
	put_bytes(m, &value, sizeof(value));
}

void put_pattern(struct made *m, uint32_t seed, size_t size)
{
	for (size_t i = 0; i < size; i++)
		put_bytes(m, &(uint8_t){(uint8_t)(seed * 31 + i * 7 + 1)}, 1);
}

static void note_start(struct made *m, bool has_packet)
{
	if (m->num_starts == sizeof(m->starts) / sizeof(m->starts[0]))
		return;
	m->starts[m->num_starts] = m->bytes.size;
	m->has_packet[m->num_starts++] = has_packet;
}

void put_file_header(struct made *m, bool nanoseconds, uint32_t link)
{
	note_start(m, false);
	put_u32(m, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
	put_u16(m, 2);
	put_u16(m, 4);
	put_u64(m, 0);
	put_u32(m, 65535);
	put_u32(m, link);
}

void put_record(struct made *m, uint32_t seconds, uint32_t fraction, uint32_t captured,
		uint32_t length, uint32_t seed)
{
	note_start(m, true);
	put_u32(m, seconds);
	put_u32(m, fraction);
	put_u32(m, captured);
	put_u32(m, length);
	put_pattern(m, seed, captured);
}

size_t begin_block(struct made *m, uint32_t type)
{
	size_t start = m->bytes.size;

	note_start(m, type == 2 || type == 3 || type == 6);
	put_u32(m, type);
	put_u32(m, 0);
	return start;
}

void end_block(struct made *m, size_t start)
{
	uint32_t size;

	while (m->bytes.size % 4)
		put_bytes(m, "", 1);
	size = (uint32_t)(m->bytes.size - start + 4);
	put_u32(m, size);
	memcpy(m->bytes.data + start + 4, m->bytes.data + m->bytes.size - 4, 4);
}

void put_option(struct made *m, uint16_t code, const void *value, uint16_t size)
{
	put_u16(m, code);
	put_u16(m, size);
	put_bytes(m, value, size);
	while (m->bytes.size % 4)
		put_bytes(m, "", 1);
}

void put_section(struct made *m)
{
	size_t start = begin_block(m, 0x0a0d0d0a);

	put_u32(m, 0x1a2b3c4d);
	put_u16(m, 1);
	put_u16(m, 0);
	put_u64(m, UINT64_MAX);
	put_option(m, 4, "made by hand", 12);
	put_option(m, 0, NULL, 0);
	end_block(m, start);
}

static size_t begin_interface(struct made *m, uint16_t link, uint32_t snaplen)
{
	size_t start = begin_block(m, 1);

	put_u16(m, link);
	put_u16(m, 0);
	put_u32(m, snaplen);
	return start;
}

void put_interface(struct made *m, uint16_t link, uint32_t snaplen)
{
	end_block(m, begin_interface(m, link, snaplen));
}

void put_interface_option(struct made *m, uint16_t code, const void *value, uint16_t size)
{
	size_t start = begin_interface(m, 1, 0);

	put_option(m, 2, "eth0", 4);
	put_option(m, code, value, size);
	put_option(m, 0, NULL, 0);
	end_block(m, start);
}

void put_enhanced(struct made *m, uint32_t interface, uint64_t stamp, uint32_t captured,
		  uint32_t length, uint32_t seed)
{
	size_t start = begin_block(m, 6);

	put_u32(m, interface);
	put_u32(m, (uint32_t)(stamp >> 32));
	put_u32(m, (uint32_t)stamp);
	put_u32(m, captured);
	put_u32(m, length);
	put_pattern(m, seed, captured);
	end_block(m, start);
}

void put_simple(struct made *m, uint32_t captured, uint32_t length, uint32_t seed)
{
	size_t start = begin_block(m, 3);

	put_u32(m, length);
	put_pattern(m, seed, captured);
	end_block(m, start);
}

void put_obsolete(struct made *m, uint16_t interface, uint64_t stamp, uint32_t captured,
		  uint32_t length, uint32_t seed)
{
	size_t start = begin_block(m, 2);

	put_u16(m, interface);
	put_u16(m, 0);
	put_u32(m, (uint32_t)(stamp >> 32));
	put_u32(m, (uint32_t)stamp);
	put_u32(m, captured);
	put_u32(m, length);
	put_pattern(m, seed, captured);
	end_block(m, start);
}

static void make_classic(struct made *m, bool nanoseconds)
{
	put_file_header(m, nanoseconds, 1);
	put_record(m, 1700000000, 123456, 60, 60, 1);
	put_record(m, 1700000000, 999999, 33, 1500, 2);
	put_record(m, 1700000001, 0, 0, 64, 3);
	put_record(m, 4294967295u, 1, 61, 61, 4);
}

static void put_unknown(struct made *m, size_t size)
{
	size_t start = begin_block(m, 0x00000bad);

	put_pattern(m, 9, size);
	end_block(m, start);
}

static void make_blocks(struct made *m)
{
	put_section(m);
	put_interface(m, 1, 0);
	put_enhanced(m, 0, 1700000000123456, 60, 60, 1);
	put_unknown(m, 40);
	put_interface_option(m, 9, &(uint8_t){9}, 1);
	put_enhanced(m, 1, 1700000000123456789, 33, 1500, 2);
	put_unknown(m, 0);
	put_obsolete(m, 0, 1700000000999999, 41, 41, 3);
}

static void make_simple(struct made *m)
{
	put_section(m);
	put_interface(m, 1, 48);
	put_simple(m, 48, 100, 1);
	put_simple(m, 31, 31, 2);
	put_simple(m, 0, 0, 3);
}

/* Two sections, the second in the other byte order. */
static void make_sections(struct made *m)
{
	bool big = m->big;

	make_blocks(m);
	m->big = !big;
	put_section(m);
	put_interface_option(m, 9, &(uint8_t){0x80 | 20}, 1);
	put_enhanced(m, 0, 1700000000ull << 20 | 1 << 19, 22, 22, 4);
	m->big = big;
}

struct made make_kind(size_t kind, size_t *packets)
{
	static const size_t counts[] = {4, 4, 3, 3};
	struct made m = {.big = kind % 2};

	*packets = counts[kind / 2];
	switch (kind / 2) {
	case 0: make_classic(&m, false); break;
	case 1: make_classic(&m, true); break;
	case 2: make_simple(&m); break;
	default:
		make_sections(&m);
		*packets = 4;
		break;
	}
	return m;
}

static void keep(struct result *result, const struct packet *packets, size_t count)
{
	result->packets = realloc(result->packets, (result->count + count) * sizeof(*packets));
	cr_assert_not_null(result->packets);
	for (size_t i = 0; i < count; i++) {
		struct packet *copy = &result->packets[result->count++];
		uint8_t *bytes = malloc(packets[i].captured + 1);

		*copy = packets[i];
		cr_assert_not_null(bytes);
		memcpy(bytes, packets[i].data, packets[i].captured);
		copy->data = bytes;
	}
}

void map_in_windows(struct capture *capture, size_t window)
{
	cr_assert_eq(capture_map(capture), 0);
	if (window) {
		capture->source.window = window;
		capture->source.whole = 0;
	}
}

static struct result read_on(struct capture *capture, size_t batch, struct result result)
{
	struct packet packets[CAPTURE_BATCH];
	int got;

	while ((got = capture_read(capture, packets, batch, &result.fault)) > 0) {
		size_t count = (size_t)got;

		cr_assert(capture_settle(packets, &count), "nobody has changed the file");
		keep(&result, packets, count);
	}
	result.error = got;
	/* A fault and the end stay what they are. */
	cr_assert_eq(capture_read(capture, packets, batch, &result.fault), got);
	capture_close(capture);
	return result;
}

struct result read_descriptor(int fd, const char *name, bool fake_ethernet, size_t batch)
{
	struct result result = {0};
	struct capture *capture;

	cr_assert_leq(batch, CAPTURE_BATCH);
	result.error = capture_open(&capture, fd, name, fake_ethernet, &result.fault);
	return result.error ? result : read_on(capture, batch, result);
}

struct result read_mapped(int fd, const char *name, size_t batch, size_t window)
{
	struct result result = {0};
	struct capture *capture;

	result.error = capture_open(&capture, fd, name, false, &result.fault);
	if (result.error)
		return result;
	map_in_windows(capture, window);
	return read_on(capture, batch, result);
}

void assert_same_result(const struct result *got, const struct result *expected,
			const char *context)
{
	assert_same_packets(got, expected, context);
	cr_assert_eq(got->error, expected->error, "%s: %d instead of %d", context, got->error,
		     expected->error);
	cr_assert_str_eq(got->fault.text, expected->fault.text, "%s", context);
	cr_assert_eq(got->fault.offset, expected->fault.offset, "%s", context);
}

struct result read_bytes(const void *data, size_t size, bool fake_ethernet, size_t batch)
{
	return read_descriptor(memory_file(data, size), "made", fake_ethernet, batch);
}

struct result read_made(const struct made *m, bool fake_ethernet)
{
	return read_bytes(m->bytes.data, m->bytes.size, fake_ethernet, CAPTURE_BATCH);
}

struct result read_path(const char *path, size_t batch)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	return read_descriptor(fd, path, false, batch);
}

void free_result(struct result *result)
{
	for (size_t i = 0; i < result->count; i++)
		free((void *)(uintptr_t)result->packets[i].data);
	free(result->packets);
	*result = (struct result){0};
}

void assert_same_packets(const struct result *got, const struct result *expected,
			 const char *context)
{
	cr_assert_eq(got->count, expected->count, "%s: %zu packets instead of %zu (%s)", context,
		     got->count, expected->count, got->fault.text);
	for (size_t i = 0; i < got->count; i++) {
		const struct packet *a = &got->packets[i];
		const struct packet *b = &expected->packets[i];

		cr_assert(a->captured == b->captured && a->length == b->length &&
				  a->time_ns == b->time_ns,
			  "%s: packet %zu: captured %u length %u time %llu instead of %u %u %llu",
			  context, i, a->captured, a->length, (unsigned long long)a->time_ns,
			  b->captured, b->length, (unsigned long long)b->time_ns);
		cr_assert_eq(memcmp(a->data, b->data, a->captured), 0,
			     "%s: packet %zu: other bytes", context, i);
	}
}

int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, data, size), (ssize_t)size);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

int slow_pipe(const void *data, size_t size, size_t step)
{
	int ends[2];
	pid_t child;

	cr_assert_eq(pipe(ends), 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (!child) {
		const uint8_t *at = data;

		close(ends[0]);
		for (size_t done = 0; done < size; done += step)
			if (write(ends[1], at + done, size - done < step ? size - done : step) < 0)
				break;
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static bool visit_folder(const char *folder, void (*visit)(const char *path, const char *name))
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort);
	bool any = false;

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		const char *suffix = strrchr(name, '.');
		char path[4096];

		if (suffix && (!strncmp(suffix, ".pcap", 5) || !strcmp(suffix, ".cap"))) {
			snprintf(path, sizeof(path), "%s/%s", folder, name);
			visit(path, name);
			any = true;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return any;
}

bool for_each_capture(void (*visit)(const char *path, const char *name))
{
	const char *shared = getenv("NICEMU_PCAPS");
	bool any = visit_folder(shared ? shared : NICEMU_SOURCE_DIR "/../shared/pcaps", visit);

	return visit_folder(NICEMU_SOURCE_DIR "/pcaps", visit) || any;
}
