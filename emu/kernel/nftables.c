// SPDX-License-Identifier: GPL-2.0
/*
 * What only nf_tables knows: names of a chain, the place of a rule in it, whether a chain lives.
 *
 * flow_cls_offload carries only the chain's priority, the same for all rules of a chain; neither a
 * rule that is put into the middle nor one that comes back with a rollback arrives in the order of
 * the chain. But the cookie is the rule, and the block is embedded in the chain.
 *
 * Locking: names and positions are read inside BIND and REPLACE of a chain, which nf_tables sends
 * with its commit mutex held. nftables_detach() takes that mutex itself, under rtnl, as nf_tables'
 * own notifiers do.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/netfilter/nf_tables.h>
#include <net/netns/generic.h>

#include "compat.h"
#include "nsim_nft_offload.h"

static const struct nft_base_chain *block_chain(const struct flow_block *block)
{
	return container_of(block, struct nft_base_chain, flow_block);
}

void nftables_names(const struct flow_block *block, struct kmod_bind *bind)
{
	const struct nft_chain *chain = &block_chain(block)->chain;

	strscpy(bind->chain, chain->name, sizeof(bind->chain));
	strscpy(bind->table, chain->table->name, sizeof(bind->table));
}

/* Is the chain on its way out, so that a BIND undoes its deletion? */
bool nftables_brings_back_chain(const struct binding *binding)
{
	const struct nft_chain *chain = &block_chain(binding->block)->chain;

	return !nft_is_active_next(dev_net(binding->dev), chain);
}

/*
 * Fills in the rule's handle and that of the rule before it. True: this undoes a deletion.
 *
 * The rule before it is the one before it when the transaction is through: of the next generation,
 * unless the rule itself is one that a rollback brings back; then of the current one.
 */
bool nftables_position(const struct binding *binding, unsigned long cookie,
		       struct kmod_replace *replace)
{
	const struct nft_base_chain *base = block_chain(binding->block);
	const struct net *net = dev_net(binding->dev);
	u64 next = 0, current_one = 0;
	const struct nft_rule *rule;
	bool stays;

	list_for_each_entry(rule, &base->chain.rules, list) {
		stays = nft_is_active_next(net, rule);
		if ((unsigned long)rule == cookie) {
			replace->handle = rule->handle;
			replace->previous = stays ? next : current_one;
			return !stays;
		}
		if (stays)
			next = rule->handle;
		if (nft_is_active(net, rule))
			current_one = rule->handle;
	}
	return false;
}

static bool block_is_listed(const struct list_head *tables, const struct flow_block *block,
			    struct nf_flowtable **flowtable)
{
	struct nft_flowtable *ft;
	struct nft_table *table;
	struct nft_chain *chain;

	list_for_each_entry(table, tables, list) {
		list_for_each_entry(chain, &table->chains, list)
			if (nft_is_base_chain(chain) && &nft_base_chain(chain)->flow_block == block)
				return true;
		list_for_each_entry(ft, &table->flowtables, list)
			if (&ft->data.flow_block == block) {
				*flowtable = &ft->data;
				return true;
			}
	}
	return false;
}

/*
 * Take the callback of a device that goes away out of its block, when the block lives on. Readers
 * of the list that hold no lock (a dump of rules runs under rcu_read_lock() only) may stand on it:
 * so its links stay, and the caller waits for them before it frees it.
 */
enum block_fate nftables_detach(struct net *net, struct binding *binding)
{
	struct nf_flowtable *flowtable = NULL;
	enum block_fate fate = BLOCK_FREED;
	struct list_head *tables;
	struct mutex *mutex;

	if (binding->binder == KMOD_BINDER_TC || !compat_nft_tables(net, &tables, &mutex))
		return BLOCK_UNKNOWN;
	mutex_lock(mutex);
	if (block_is_listed(tables, binding->block, &flowtable) && binding_is_listed(binding)) {
		if (flowtable)
			down_write(&flowtable->flow_block_lock);
		list_del_rcu(&binding->cb->list);
		if (flowtable)
			up_write(&flowtable->flow_block_lock);
		fate = BLOCK_LEFT;
	}
	mutex_unlock(mutex);
	return fate;
}

/*
 * A device of the indirect block goes away, and nf_tables has not seen it yet: so its chain lives,
 * unless it was freed before (see binding_is_listed()). The chain is unbound by the kernel's own
 * call for that, because the kernel keeps two lists of its own of what was bound indirectly, and
 * would keep our callback in them, and the chain that nf_tables is about to free.
 */
void nftables_unbind_indirect(struct net *net, struct binding *binding)
{
	struct netlink_ext_ack extack = {};
	struct flow_block_offload offload = {
		.command = FLOW_BLOCK_UNBIND,
		.binder_type = FLOW_BLOCK_BINDER_TYPE_CLSACT_INGRESS,
		.net = net,
		.block = binding->block,
		.cb_list_head = &binding->block->cb_list,
		.extack = &extack,
	};
	struct net_device *dev = binding->dev;
	struct nf_flowtable *flowtable = NULL;
	struct flow_block_cb *cb, *next;
	struct list_head *tables;
	struct mutex *mutex;

	INIT_LIST_HEAD(&offload.cb_list);
	if (!compat_nft_tables(net, &tables, &mutex))
		return;
	mutex_lock(mutex);
	/* freed without UNBIND after a rename: what our callback is linked to is gone */
	if (!block_is_listed(tables, binding->block, &flowtable) || !binding_is_listed(binding))
		INIT_LIST_HEAD(&binding->cb->list);
	flow_indr_dev_setup_offload(dev, NULL, TC_SETUP_BLOCK, binding->data, &offload,
				    binding->cleanup);
	mutex_unlock(mutex);
	/* a dump of rules, which holds no lock, may just be calling it */
	synchronize_rcu();
	list_for_each_entry_safe(cb, next, &offload.cb_list, list) {
		list_del(&cb->list);
		flow_block_cb_free(cb);
	}
}
