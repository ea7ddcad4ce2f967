/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of the nf_tables interface that the installed <linux/netfilter/nf_tables.h> may be too
 * old to know (they are ABI: they never change), and limits of the kernel that are not in any
 * header.
 */
#ifndef NICEMU_CONTROL_NFT_UAPI_H
#define NICEMU_CONTROL_NFT_UAPI_H

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

/* enum nf_tables_msg_types */
enum {
	NICEMU_MSG_GETRULE_RESET = 25,
	NICEMU_MSG_DESTROYTABLE = 26,
	NICEMU_MSG_DESTROYCHAIN = 27,
	NICEMU_MSG_DESTROYRULE = 28,
	NICEMU_MSG_DESTROYSET = 29,
	NICEMU_MSG_DESTROYSETELEM = 30,
	NICEMU_MSG_DESTROYOBJ = 31,
	NICEMU_MSG_DESTROYFLOWTABLE = 32,
	NICEMU_MSG_GETSETELEM_RESET = 33,
	NICEMU_MSG_MAX = 34,
};

/* enum nft_table_flags, enum nft_devices_attributes */
enum { NICEMU_TABLE_F_PERSIST = 0x4, NICEMU_TABLE_F_MASK = 0x7 };
enum { NICEMU_DEVICE_PREFIX = 2 };

enum {
	NICEMU_NETDEVICE_MAX = 256,
	NICEMU_USERDATA_MAX = 256,
	NICEMU_JUMP_STACK = 16,
	NICEMU_TYPE_NAME_MAX = 42, /* NFT_MODULE_AUTOLOAD_LIMIT */
};

/* NFT_CHAIN_BASE, NFT_CHAIN_HW_OFFLOAD, NFT_CHAIN_BINDING */
enum { NICEMU_CHAIN_FLAGS = 0x7 };

#endif
