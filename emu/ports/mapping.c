/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

/*
 * The handler reads records that their owners may be changing: sequence is odd meanwhile, and
 * another number afterwards. The record of the window that it was called for is never one of them,
 * since a window is not unmapped while somebody reads it.
 */
struct mapping {
	struct mapping *next; /* constant once the record is in the list */
	atomic_bool taken;
	atomic_uint sequence;
	atomic_uintptr_t base, limit; /* the window's pages */
	atomic_uintptr_t last_page;   /* the file's: in the window, or a mapping of its own */
	atomic_bool lost;
	uint64_t offset;      /* of the window in the file */
	uint64_t size;        /* of the file, when it was mapped */
	uint64_t last_offset; /* of the last page in the file */
	struct mapped_file *file;
};

struct rescued {
	struct rescued *next;
	max_align_t bytes[];
};

static _Atomic(struct mapping *) mappings;
static struct sigaction former;

size_t mapping_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

struct mapped_file *mapped_file_new(int fd)
{
	struct mapped_file *file = calloc(1, sizeof(*file));

	if (file) {
		file->fd = fd;
		file->torn_at = MAPPED_FILE_WHOLE;
	}
	return file;
}

void mapped_file_tear(struct mapped_file *file, uint64_t offset)
{
	uint64_t before = atomic_load(&file->torn_at);

	while (offset < before && !atomic_compare_exchange_weak(&file->torn_at, &before, offset))
		;
}

void mapped_file_free(struct mapped_file *file)
{
	struct rescued *memory = file ? atomic_load(&file->rescued) : NULL;

	while (memory) {
		struct rescued *next = memory->next;

		free(memory);
		memory = next;
	}
	free(file);
}

void *mapped_file_memory(struct mapped_file *file, size_t size)
{
	struct rescued *memory = malloc(sizeof(*memory) + size);

	if (!memory)
		return NULL;
	memory->next = atomic_load(&file->rescued);
	while (!atomic_compare_exchange_weak(&file->rescued, &memory->next, memory))
		;
	return memory->bytes;
}

static bool has(struct mapping *m, uintptr_t address, uintptr_t page_size, uintptr_t *end)
{
	unsigned int sequence = atomic_load(&m->sequence);
	uintptr_t base = atomic_load(&m->base), limit = atomic_load(&m->limit);
	uintptr_t last = atomic_load(&m->last_page);
	bool in_window = address >= base && address < limit;
	bool in_last = last && address >= last && address < last + page_size;

	if (sequence % 2 || atomic_load(&m->sequence) != sequence)
		return false;
	*end = in_window ? limit : last + page_size;
	return in_window || in_last;
}

static struct mapping *find(uintptr_t address, uintptr_t page_size, uintptr_t *end)
{
	struct mapping *m = atomic_load(&mappings);

	while (m && !has(m, address, page_size, end))
		m = m->next;
	return m;
}

struct mapping *mapping_find(const void *address)
{
	/* Of hundreds of captures that have been played, one is asked for again and again. */
	static _Thread_local struct mapping *before;
	uintptr_t end;

	if (!before || !has(before, (uintptr_t)address, 1, &end))
		before = find((uintptr_t)address, 1, &end);
	return before;
}

static void pass_on(int number, siginfo_t *info, void *context)
{
	if (former.sa_flags & SA_SIGINFO) {
		former.sa_sigaction(number, info, context);
	} else if (former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN) {
		former.sa_handler(number);
	} else if (info->si_code > 0 || former.sa_handler == SIG_DFL) {
		/* The access is made again and ends the process; a signal sent by kill(2) is not.
		 */
		signal(number, SIG_DFL);
		if (info->si_code <= 0)
			raise(number);
	}
}

/*
 * Zeros from the page that is gone to the window's end: what is behind it is gone too, and one
 * call is better than a signal for each page. By syscall(2), because a sanitizer's mmap() is not
 * for signal handlers.
 */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
	const uintptr_t page_size = mapping_page_size();
	uintptr_t page = (uintptr_t)info->si_addr & ~(page_size - 1);
	uintptr_t end = 0;
	struct mapping *m = info->si_code > 0 ? find(page, page_size, &end) : NULL;
	int error = errno;

	if (m) {
		atomic_store(&m->lost, true);
		if (syscall(SYS_mmap, page, end - page, PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == (long)page) {
			errno = error;
			return;
		}
	}
	errno = error;
	pass_on(number, info, context);
}

static void install_handler(void)
{
	struct sigaction action = {
		.sa_sigaction = on_bus_error,
		.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK,
	};

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, NULL, &former);
	sigaction(SIGBUS, &action, NULL);
}

static struct mapping *take_record(void)
{
	struct mapping *m;

	for (m = atomic_load(&mappings); m; m = m->next)
		if (!atomic_exchange(&m->taken, true))
			return m;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	atomic_store(&m->taken, true);
	m->next = atomic_load(&mappings);
	while (!atomic_compare_exchange_weak(&mappings, &m->next, m))
		;
	return m;
}

static void set_range(struct mapping *m, uintptr_t base, uintptr_t limit, uintptr_t last_page)
{
	atomic_fetch_add(&m->sequence, 1);
	atomic_store(&m->base, base);
	atomic_store(&m->limit, limit);
	atomic_store(&m->last_page, last_page);
	atomic_fetch_add(&m->sequence, 1);
}

int mapping_create(struct mapping **mapping, struct mapped_file *file, uint64_t offset,
		   size_t length, uint64_t size)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const size_t page_size = mapping_page_size();
	uint64_t last_offset = (size - 1) / page_size * page_size;
	size_t pages = (length + page_size - 1) / page_size * page_size;
	struct mapping *m;
	uint8_t *base, *last;

	*mapping = NULL;
	base = mmap(NULL, pages, PROT_READ, MAP_PRIVATE, file->fd, (off_t)offset);
	if (base == MAP_FAILED)
		return -errno;
	if (last_offset < offset + pages)
		last = base + (last_offset - offset);
	else
		last = mmap(NULL, page_size, PROT_READ, MAP_PRIVATE, file->fd, (off_t)last_offset);
	m = last == MAP_FAILED ? NULL : take_record();
	if (!m) {
		munmap(base, pages);
		if (last != MAP_FAILED && last_offset >= offset + pages)
			munmap(last, page_size);
		return -ENOMEM;
	}
	madvise(base, pages, MADV_SEQUENTIAL);
	pthread_once(&once, install_handler);
	m->offset = offset;
	m->size = size;
	m->last_offset = last_offset;
	m->file = file;
	atomic_store(&m->lost, false);
	set_range(m, (uintptr_t)base, (uintptr_t)base + pages, (uintptr_t)last);
	*mapping = m;
	return 0;
}

void mapping_destroy(struct mapping *m)
{
	uintptr_t base, limit, last_page;

	if (!m)
		return;
	base = atomic_load(&m->base);
	limit = atomic_load(&m->limit);
	last_page = atomic_load(&m->last_page);
	set_range(m, 0, 0, 0);
	munmap((void *)base, limit - base);
	if (last_page < base || last_page >= limit)
		munmap((void *)last_page, mapping_page_size());
	atomic_store(&m->taken, false);
}

void mapping_populate(struct mapping *m, size_t from, size_t size)
{
	size_t capacity = mapping_capacity(m);

	/* Fails on old kernels and where the file has been cut: then pages come one by one. */
	if (from < capacity)
		madvise((void *)(mapping_bytes(m) + from),
			size < capacity - from ? size : capacity - from, MADV_POPULATE_READ);
}

const uint8_t *mapping_bytes(const struct mapping *m)
{
	return (const uint8_t *)atomic_load_explicit(&m->base, memory_order_relaxed);
}

size_t mapping_capacity(const struct mapping *m)
{
	return atomic_load_explicit(&m->limit, memory_order_relaxed) -
	       atomic_load_explicit(&m->base, memory_order_relaxed);
}

uint64_t mapping_offset(const struct mapping *m)
{
	return m->offset;
}

struct mapped_file *mapping_file(const struct mapping *m)
{
	return m->file;
}

bool mapping_intact(struct mapping *m, const uint8_t *end)
{
	const volatile uint8_t *last_page =
		(const uint8_t *)atomic_load_explicit(&m->last_page, memory_order_relaxed);
	struct stat status;

	/* The bytes in question have been read before the last page is touched. */
	atomic_thread_fence(memory_order_acquire);
	(void)*last_page;
	atomic_signal_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&m->lost, memory_order_relaxed))
		return false;
	if (m->offset + (uint64_t)(end - mapping_bytes(m)) <= m->last_offset)
		return true;
	if (fstat(m->file->fd, &status) == 0 && (uint64_t)status.st_size >= m->size)
		return true;
	atomic_store(&m->lost, true);
	return false;
}
