/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What messages about base and offload chains are refused for.
 *
 * Threading: event loop.
 */
#ifndef NICEMU_CONTROL_NFT_CHAIN_REFUSAL_H
#define NICEMU_CONTROL_NFT_CHAIN_REFUSAL_H

#include "internal.h"

/* What a message about a chain can be refused for; the words are in chain_refusal.c. */
enum nft_chain_fault {
	NFT_CHAIN_FLAGS_UNKNOWN,
	NFT_CHAIN_WITHOUT_HOOK,
	NFT_CHAIN_HOOK_INCOMPLETE,
	NFT_CHAIN_TYPE_UNKNOWN,
	NFT_CHAIN_HOOK_UNKNOWN,
	NFT_CHAIN_WITHOUT_DEVICE,
	NFT_CHAIN_DEVICE_TWICE,
	NFT_CHAIN_DEVICES_TOO_MANY,
	NFT_CHAIN_EXISTS,
	NFT_CHAIN_REPLACED,
	NFT_CHAIN_FLAGS_CHANGED,
	NFT_CHAIN_PRIORITY_CHANGED,
	NFT_CHAIN_HOOK_CHANGED,
	NFT_CHAIN_TYPE_CHANGED,
	NFT_CHAIN_IS_REGULAR,
	NFT_CHAIN_DEVICES_FIXED,
	NFT_CHAIN_DEVICES_KEPT,
	NFT_CHAIN_DEVICE_ABSENT,
};

/* Set the call's reason; the kernel's negative errno for it. */
int nft_chain_refuse(struct nft_call *call, enum nft_chain_fault fault);

#endif
