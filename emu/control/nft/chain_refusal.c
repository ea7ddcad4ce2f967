/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why messages about base and offload chains are refused, in words. Nothing is decided here. */
#include "chain_refusal.h"

#include <errno.h>

static const struct {
	int error;
	const char *id, *clause, *hint;
} texts[] = {
	[NFT_CHAIN_FLAGS_UNKNOWN] = {EOPNOTSUPP, "chain-flags",
				     "the message has a chain flag that no kernel knows", NULL},
	[NFT_CHAIN_WITHOUT_HOOK] = {EOPNOTSUPP, "chain-without-hook",
				    "a chain without a hook can't have `flags offload`",
				    "type filter hook ingress device … priority 1; flags offload;"},
	[NFT_CHAIN_HOOK_INCOMPLETE] = {ENOENT, "chain-hook-incomplete",
				       "a base chain needs the number of its hook and a priority",
				       NULL},
	[NFT_CHAIN_TYPE_UNKNOWN] = {ENOENT, "chain-type",
				    "there is no such type of chain in this family", NULL},
	[NFT_CHAIN_HOOK_UNKNOWN] = {EOPNOTSUPP, "chain-hook",
				    "chains of this type have no such hook in this family", NULL},
	[NFT_CHAIN_WITHOUT_DEVICE] = {EINVAL, "chain-without-device", "this chain needs a device",
				      "device eth0"},
	[NFT_CHAIN_DEVICE_TWICE] = {EEXIST, "duplicate-device",
				    "the chain names the same device twice", NULL},
	[NFT_CHAIN_DEVICES_TOO_MANY] = {EFBIG, "too-many-devices",
					"a chain can name at most 255 devices", NULL},
	[NFT_CHAIN_EXISTS] = {EEXIST, "chain-exists", "the chain exists already",
			      "`add chain` accepts a chain that exists"},
	[NFT_CHAIN_REPLACED] = {EOPNOTSUPP, "chain-replace", "a chain can't be replaced", NULL},
	[NFT_CHAIN_FLAGS_CHANGED] = {EOPNOTSUPP, "chain-flags-changed",
				     "the flags of a chain can't be changed: offload is chosen "
				     "when the chain is made",
				     "delete the chain and add it again"},
	[NFT_CHAIN_PRIORITY_CHANGED] = {EOPNOTSUPP, "chain-priority-changed",
					"the priority of a chain can't be changed",
					"delete the chain and add it again"},
	[NFT_CHAIN_HOOK_CHANGED] = {EOPNOTSUPP, "chain-hook-changed",
				    "the hook of a chain can't be changed",
				    "delete the chain and add it again"},
	[NFT_CHAIN_TYPE_CHANGED] = {EEXIST, "chain-type-changed",
				    "the type of a chain can't be changed",
				    "delete the chain and add it again"},
	[NFT_CHAIN_IS_REGULAR] = {EEXIST, "chain-is-regular",
				  "the chain exists and has no hook: it can't get one later",
				  "delete the chain and add it again"},
	[NFT_CHAIN_DEVICES_FIXED] = {EEXIST, "chain-devices-fixed",
				     "this kernel can't add devices to a chain that exists",
				     "delete the chain and add it again"},
	[NFT_CHAIN_DEVICES_KEPT] = {EOPNOTSUPP, "offload-chain-devices",
				    "devices can't be taken off an offload chain",
				    "delete the chain and add it again"},
	[NFT_CHAIN_DEVICE_ABSENT] = {ENOENT, "device-not-in-chain",
				     "the chain does not name this device", NULL},
};

int nft_chain_refuse(struct nft_call *call, enum nft_chain_fault fault)
{
	reason_set(&call->reason, texts[fault].id, texts[fault].error, REASON_KERNEL, "%s",
		   texts[fault].clause);
	if (texts[fault].hint)
		reason_hint(&call->reason, "%s", texts[fault].hint);
	return -texts[fault].error;
}
