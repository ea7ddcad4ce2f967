/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the server calls for each datagram of a client (struct server_endpoint, context: nft). */
#ifndef NICEMU_CONTROL_NFT_RECEIVE_H
#define NICEMU_CONTROL_NFT_RECEIVE_H

#include <stddef.h>
#include <stdint.h>

struct client;

int64_t nft_receive(void *context, struct client *client, const uint8_t *data, size_t size,
		    int *fds, size_t num_fds);

#endif
