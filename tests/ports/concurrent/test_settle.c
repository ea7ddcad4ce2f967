/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture that is read by one thread and settled by others, while a third cuts it: a plain
 * program, for ThreadSanitizer. Every packet that is counted has the bytes that were written, every
 * file that was cut ends with an error, and no packet in front of the cut is missing.
 */
#include <nicemu/base/random.h>
#include <nicemu/ports/capture.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RECORDS = 6000, DATA = 200, RECORD = 16 + DATA, SIZE = 24 + RECORDS * RECORD };
enum { WORKERS = 2, KEPT = 8, ROUNDS = 60 };

struct batch {
	struct packet packets[CAPTURE_BATCH];
	size_t count;
};

struct play {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct batch ring[KEPT];
	bool busy[KEPT];
	size_t read, taken; /* batches that were put in and taken out */
	bool over;
	uint64_t counted;
	bool wrong;
	int fd;
	uint64_t delay;
	off_t size;
};

static void put_u32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value)); /* of this machine's order, as the magic says */
}

static int make_file(void)
{
	static uint8_t data[SIZE];
	int fd = memfd_create("capture", MFD_CLOEXEC);

	put_u32(data, 0xa1b2c3d4);
	memcpy(data + 4, (uint16_t[]){2, 4}, 4);
	put_u32(data + 16, 65535);
	put_u32(data + 20, 1);
	for (uint32_t i = 0; i < RECORDS; i++) {
		uint8_t *at = data + 24 + (size_t)i * RECORD;

		put_u32(at, i);
		put_u32(at + 8, DATA);
		put_u32(at + 12, DATA);
		memset(at + 16, (int)(1 + i % 255), DATA);
	}
	if (fd < 0 || write(fd, data, SIZE) != SIZE || lseek(fd, 0, SEEK_SET) != 0)
		exit(1);
	return fd;
}

/* Look at all bytes: which of the packets are as they were written. */
static uint64_t sound(const struct packet *packets, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		uint8_t expected = (uint8_t)(1 + packets[i].time_ns / 1000000000 % 255);
		bool same = packets[i].captured == DATA;

		for (size_t j = 0; same && j < DATA; j++)
			same = packets[i].data[j] == expected;
		sum += same;
	}
	return sum;
}

static void play_batch(struct play *p, struct batch *batch)
{
	uint64_t good;

	do
		good = sound(batch->packets, batch->count);
	while (!capture_settle(batch->packets, &batch->count));
	pthread_mutex_lock(&p->lock);
	p->counted += batch->count;
	p->wrong |= good != batch->count;
	pthread_mutex_unlock(&p->lock);
}

static void *work(void *context)
{
	struct play *p = context;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		size_t slot;

		while (p->taken == p->read && !p->over)
			pthread_cond_wait(&p->changed, &p->lock);
		if (p->taken == p->read)
			break;
		slot = p->taken++ % KEPT;
		pthread_mutex_unlock(&p->lock);
		play_batch(p, &p->ring[slot]);
		pthread_mutex_lock(&p->lock);
		p->busy[slot] = false;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void *cut(void *context)
{
	struct play *p = context;

	for (volatile uint64_t i = 0; i < p->delay; i++)
		;
	return ftruncate(p->fd, p->size) ? p : NULL;
}

/* As capture_read says: how many batches, then 0 or the fault. */
static int read_all(struct play *p, struct capture *capture, struct capture_error *error)
{
	int got;

	do {
		struct batch *batch = &p->ring[p->read % KEPT];

		pthread_mutex_lock(&p->lock);
		while (p->busy[p->read % KEPT])
			pthread_cond_wait(&p->changed, &p->lock);
		pthread_mutex_unlock(&p->lock);
		got = capture_read(capture, batch->packets, CAPTURE_BATCH, error);
		pthread_mutex_lock(&p->lock);
		if (got > 0) {
			batch->count = (size_t)got;
			p->busy[p->read++ % KEPT] = true;
		}
		p->over = got <= 0;
		pthread_cond_broadcast(&p->changed);
		pthread_mutex_unlock(&p->lock);
	} while (got > 0);
	return got;
}

static bool play(uint64_t seed, int round, bool mapped, uint64_t delay, uint64_t size)
{
	struct play *p = calloc(1, sizeof(*p));
	struct capture_error error = {.text = "no error"};
	struct capture *capture;
	pthread_t workers[WORKERS], cutter;
	uint64_t whole = (size - 24) / RECORD;
	void *failed;
	bool good;
	int ret;

	if (!p)
		exit(1);
	*p = (struct play){.fd = make_file(), .delay = delay, .size = (off_t)size};
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	if (capture_open(&capture, dup(p->fd), "made", false, &error) ||
	    capture_keep(capture, KEPT + 1) || (mapped && capture_map(capture)))
		exit(1);
	for (int i = 0; i < WORKERS; i++)
		if (pthread_create(&workers[i], NULL, work, p))
			exit(1);
	if (pthread_create(&cutter, NULL, cut, p))
		exit(1);
	ret = read_all(p, capture, &error);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	pthread_join(cutter, &failed);
	if (!ret)
		ret = capture_check(capture, &error);
	good = !failed && !p->wrong && p->counted >= whole &&
	       (ret ? p->counted < RECORDS : p->counted == RECORDS);
	if (!good)
		fprintf(stderr,
			"seed %llu round %d, %s, cut to %llu: %llu packets of %d, %llu in "
			"front of the cut; %s; %s\n",
			(unsigned long long)seed, round, mapped ? "mapped" : "streamed",
			(unsigned long long)size, (unsigned long long)p->counted, RECORDS,
			(unsigned long long)whole, p->wrong ? "wrong bytes" : "right bytes",
			error.text);
	capture_close(capture);
	close(p->fd);
	free(p);
	return good;
}

int main(void)
{
	const char *given = getenv("NICEMU_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 20261121;
	struct random random = {.state = seed};
	int bad = 0;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t delay = random_below(&random, 2000000);
		uint64_t size = 24 + random_below(&random, SIZE - 24);

		bad += !play(seed, round, round % 3, delay, size);
	}
	return bad ? 1 : 0;
}
