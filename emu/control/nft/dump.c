/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps: many messages, cut into datagrams. */
#include "../nlmsg.h"
#include "internal.h"

#include <errno.h>

void nft_dump_begin(struct nft_dump *dump, struct nft_call *call)
{
	*dump = (struct nft_dump){.call = call};
}

struct nft_writer *nft_dump_message(struct nft_dump *dump, uint8_t event, uint16_t flags,
				    uint8_t family)
{
	struct nft *nft = dump->call->nft;

	nft_writer_begin(&nft->dump_writer, NFNL_SUBSYS_NFTABLES << 8 | event, flags | NLM_F_MULTI,
			 dump->call->sequence, dump->call->portid, family,
			 nft->generation & 0xffff);
	return &nft->dump_writer;
}

static void send_datagram(struct nft_dump *dump)
{
	struct buffer *b = &dump->datagram;

	if (!dump->error && buffer_failed(b))
		dump->error = -ENOBUFS;
	if (!dump->error && b->size)
		dump->error = client_send(dump->call->client, b->data, b->size);
	b->size = 0;
}

void nft_dump_add(struct nft_dump *dump)
{
	struct nft_writer *w = &dump->call->nft->dump_writer;
	size_t size = nft_writer_size(w);

	if (nft_writer_failed(w))
		dump->error = dump->error ? dump->error : -EMSGSIZE;
	if (dump->error)
		return;
	if (dump->datagram.size + size > NLMSG_DATAGRAM_SIZE)
		send_datagram(dump);
	buffer_append(&dump->datagram, w->bytes, size);
}

int nft_dump_end(struct nft_dump *dump)
{
	struct nft_writer *w = &dump->call->nft->dump_writer;
	int32_t error;

	send_datagram(dump);
	error = dump->error;
	nft_writer_begin(w, NLMSG_DONE, NLM_F_MULTI, dump->call->sequence, dump->call->portid, -1,
			 0);
	nft_put_raw(w, &error, sizeof(error));
	buffer_clear(&dump->datagram);
	/* Whether or not the client takes it: a dump is not acknowledged. */
	client_send(dump->call->client, w->bytes, nft_writer_size(w));
	return -EINTR;
}
