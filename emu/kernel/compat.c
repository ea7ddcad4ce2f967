// SPDX-License-Identifier: GPL-2.0
/*
 * What compat.h promises and is more than a line.
 *
 * Locking: none; nf_tables is loaded as long as something of it is bound.
 */
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "compat.h"

/*
 * nf_tables' number among the namespaces' private data. Kernels differ in whether they export it;
 * a kprobe that is refused, because this is data, has looked up its address all the same.
 */
static const unsigned int *find_net_id(void)
{
	struct kprobe probe = { .symbol_name = "nf_tables_net_id" };
	int err = register_kprobe(&probe);

	if (!err) {
		unregister_kprobe(&probe);
		return NULL;
	}
	return (const unsigned int *)probe.addr;
}

bool compat_nft_tables(struct net *net, struct list_head **tables, struct mutex **mutex)
{
	const unsigned int *net_id = find_net_id();
	struct nftables_pernet *nft;

	if (!net_id || !*net_id)
		return false;
	nft = net_generic(net, *net_id);
	if (!nft)
		return false;
	*tables = &nft->tables;
	*mutex = &nft->commit_mutex;
	return true;
}

void compat_wait_for_tasks(void)
{
#ifdef CONFIG_TASKS_RCU
	synchronize_rcu_tasks();
#else
	synchronize_rcu();
#endif
}
