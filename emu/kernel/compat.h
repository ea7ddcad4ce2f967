/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between kernels that this module knows, and the only place with
 * LINUX_VERSION_CODE. Tried: 5.10.262, 6.1, 6.12, 7.2, 7.3. (Older 5.10.y keep the tables of nf_tables elsewhere.)
 */
#ifndef NSIM_NFT_OFFLOAD_COMPAT_H
#define NSIM_NFT_OFFLOAD_COMPAT_H

#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/netlink.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif
#include <net/flow_offload.h>
#include <net/netfilter/nf_tables.h>

#define SINCE(major, minor) (LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

/* All keys of a match have names; stable branches get some of them later (see match.c). */
#define HAVE_ALL_KEYS     SINCE(6, 6)
#define HAVE_META_L2_MISS SINCE(6, 5)

/* struct nf_flow_key has VLANs. */
#define HAVE_FLOWTABLE_VLAN SINCE(5, 13)

/* Actions. */
#define HAVE_ACTION_PPPOE_PUSH       SINCE(5, 13)
#define HAVE_ACTION_VLAN_PUSH_ETH    SINCE(5, 18)
#define HAVE_ACTION_CONTINUE         SINCE(6, 0)
#define HAVE_ACTION_JUMP             SINCE(6, 0)
#define HAVE_ACTION_RX_QUEUE_MAPPING SINCE(6, 2)
#define HAVE_HW_INDEX                SINCE(5, 17)
#define HAVE_CT_ORIG_DIR             SINCE(5, 11)
#define HAVE_POLICE_PACKETS          SINCE(5, 13)
#define HAVE_POLICE_ACTIONS          SINCE(6, 0)

static inline bool compat_skip_sw(const struct flow_cls_common_offload *common)
{
#if SINCE(6, 13)
	return common->skip_sw;
#else
	return false;
#endif
}

/* @text must stay where it is. */
static inline void compat_extack(struct netlink_ext_ack *extack, const char *text)
{
	extack->_msg = text;
}

/*
 * The tables of nf_tables in a namespace, and the mutex that guards them; false: can't be told.
 * Called only while something of nf_tables is bound.
 */
bool compat_nft_tables(struct net *net, struct list_head **tables, struct mutex **mutex);

/* Waits until no task is where it was: one that was preempted on its way out of us is out. */
void compat_wait_for_tasks(void);

#endif
