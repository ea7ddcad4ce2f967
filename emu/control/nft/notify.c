/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notifications: queued while transactions commit, sent at the end. */
#include "../nlmsg.h"
#include "internal.h"

#include <nicemu/base/buffer.h>

#include <stdlib.h>

struct nft_pending {
	struct nft_pending *prev, *next;
	bool report; /* NLM_F_ECHO: the sender gets it too */
	size_t size;
	uint8_t bytes[];
};

static bool somebody_listens(const struct nft *nft)
{
	return !nft->silent &&
	       server_has_listeners(nft->env.server, NETLINK_NETFILTER, NFNLGRP_NFTABLES);
}

struct nft_writer *nft_notify_begin(struct nft *nft, const struct nft_trans *trans, uint8_t event,
				    uint16_t extra)
{
	if (!(trans->flags & NLM_F_ECHO) && !somebody_listens(nft))
		return NULL;
	extra |= trans->flags & (NLM_F_CREATE | NLM_F_EXCL);
	nft_writer_begin(&nft->writer, NFNL_SUBSYS_NFTABLES << 8 | event,
			 nft->env.kernel->event_flags ? extra : 0, trans->sequence, trans->portid,
			 trans->family, nft->generation & 0xffff);
	return &nft->writer;
}

void nft_notify_end(struct nft *nft, const struct nft_trans *trans)
{
	size_t size = nft_writer_size(&nft->writer);
	struct nft_pending *pending = malloc(sizeof(*pending) + size);

	if (!pending || nft_writer_failed(&nft->writer)) {
		log_add(nft->env.log, LOG_WARNING, nft->env.clock->now_ns,
			"a notification is lost: it does not fit");
		free(pending);
		return;
	}
	pending->report = trans->flags & NLM_F_ECHO;
	pending->size = size;
	memcpy(pending->bytes, nft->writer.bytes, size);
	DL_APPEND(nft->notifications, pending);
}

static void send_joined(struct nft *nft, struct client *sender, const struct buffer *b, bool report)
{
	server_multicast(nft->env.server, NETLINK_NETFILTER, NFNLGRP_NFTABLES, b->data, b->size,
			 report ? sender : NULL);
	if (report)
		client_send(sender, b->data, b->size);
}

void nft_notify_flush(struct nft *nft, struct client *sender)
{
	struct nft_pending *pending, *next;
	struct buffer joined = {0};
	bool report = false;

	DL_FOREACH_SAFE (nft->notifications, pending, next) {
		if (joined.size && (pending->report != report ||
				    joined.size + pending->size >= NLMSG_DATAGRAM_SIZE)) {
			send_joined(nft, sender, &joined, report);
			joined.size = 0;
		}
		report = pending->report;
		buffer_append(&joined, pending->bytes, pending->size);
		DL_DELETE(nft->notifications, pending);
		free(pending);
	}
	if (joined.size)
		send_joined(nft, sender, &joined, report);
	buffer_clear(&joined);
}

void nft_notify_generation(struct nft_call *call)
{
	struct nft *nft = call->nft;
	bool report = call->flags & NLM_F_ECHO;

	if (!report && !somebody_listens(nft))
		return;
	nft_generation_fill(call);
	server_multicast(nft->env.server, NETLINK_NETFILTER, NFNLGRP_NFTABLES, nft->writer.bytes,
			 nft_writer_size(&nft->writer), report ? call->client : NULL);
	if (report)
		client_send(call->client, nft->writer.bytes, nft_writer_size(&nft->writer));
}
