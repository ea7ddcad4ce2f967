/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the character device (device.c) needs of the channel (channel.c).
 */
#ifndef NSIM_NFT_OFFLOAD_CHANNEL_H
#define NSIM_NFT_OFFLOAD_CHANNEL_H

#include <linux/ratelimit.h>
#include <linux/wait.h>

#include "nsim_nft_offload.h"

/* Lines about what programs do wrong: a few a minute. */
extern struct ratelimit_state channel_complaints;

#define complain(fmt, ...)                                    \
	do {                                                  \
		if (__ratelimit(&channel_complaints))         \
			pr_warn(fmt "\n", ##__VA_ARGS__);     \
	} while (0)

extern wait_queue_head_t channel_wait;

struct event;

/**
 * struct delivery - what is read next
 * @message: NULL: only a header (LOST, or the end of the repetition)
 * @header: as it is sent
 * @event: it comes from the queue
 * @lost: it is LOST
 */
struct delivery {
	struct message *message;
	struct kmod_header header;
	struct event *event;
	bool lost;
};

bool channel_readable(void);
int channel_take(struct delivery *d, size_t room);
void channel_delivery_failed(const struct delivery *d);

int channel_open(void);
int channel_hello(struct message *answer, u32 options);
bool channel_reply(u64 sequence, int error, const char *text);
void channel_close(void);

#endif
