// SPDX-License-Identifier: GPL-2.0
/*
 * Devices without an offload of their own (dummy, veth, tun …), by the indirect block. Only kinds
 * that were asked for are served. tc asks the indirect block for tunnel devices only in software's
 * name, so `tc … skip_sw` is not to be had here.
 *
 * Locking: the kernel calls us with its flow_indr_block_lock held, inside what serialises the block.
 */
#include <linux/netdevice.h>
#include <linux/string.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "nsim_nft_offload.h"

static const char *served;

static bool is_served(const struct net_device *dev)
{
	const char *kind = dev->rtnl_link_ops ? dev->rtnl_link_ops->kind : NULL;
	size_t length = kind ? strlen(kind) : 0;
	const char *at = served;

	while (length && at) {
		if (!strncmp(at, kind, length) && (at[length] == ',' || !at[length]))
			return true;
		at = strchr(at, ',');
		at = at ? at + 1 : NULL;
	}
	return false;
}

static int indirect_setup(struct net_device *dev, struct Qdisc *sch, void *cb_priv,
			  enum tc_setup_type type, void *type_data, void *data,
			  void (*cleanup)(struct flow_block_cb *block_cb))
{
	const struct indirect indirect = {
		.sch = sch, .data = data, .cb_priv = cb_priv, .cleanup = cleanup,
	};

	if (!dev || (type != TC_SETUP_BLOCK && type != TC_SETUP_FT) || !is_served(dev))
		return -EOPNOTSUPP;
	return binding_setup(dev, type == TC_SETUP_FT, type_data, &indirect);
}

/* @kinds: names with commas between them; NULL or empty: none, and nothing is registered. */
int indirect_init(const char *kinds)
{
	int err;

	if (!kinds || !*kinds)
		return 0;
	served = kinds;
	err = flow_indr_dev_register(indirect_setup, NULL);
	if (err)
		served = NULL;
	return err;
}

void indirect_exit(void)
{
	if (served)
		flow_indr_dev_unregister(indirect_setup, NULL, binding_release);
	served = NULL;
}
