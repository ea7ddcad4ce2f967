// SPDX-License-Identifier: GPL-2.0
/*
 * Bindings: one for each pair of device and block, so that an nf_tables chain, a flowtable and a
 * tc qdisc can be bound to one device (with the device as identity, as flow_block_cb_setup_simple()
 * has it, the second is EBUSY).
 *
 * Locking: bindings_lock (mutex) guards the list. A binding is made and ended by callers that hold
 * what serialises its block (rtnl for tc, the commit mutex for nf_tables, flow_block_lock for a
 * flowtable); the device's end (rtnl) takes the latter two by itself, see nftables.c. Each binding
 * holds a reference to the module, which can therefore not be removed while anything is bound.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <net/pkt_cls.h>

#include "compat.h"
#include "nsim_nft_offload.h"

static LIST_HEAD(bindings);
static DEFINE_MUTEX(bindings_lock);
static u32 last_number;
static u64 last_block_number;

unsigned int bindings_count(void)
{
	struct binding *binding;
	unsigned int n = 0;

	mutex_lock(&bindings_lock);
	list_for_each_entry(binding, &bindings, list)
		n++;
	mutex_unlock(&bindings_lock);
	return n;
}

static struct binding *binding_find(const struct net_device *dev, const struct flow_block *block,
				    u8 direction)
{
	struct binding *binding, *found = NULL;

	mutex_lock(&bindings_lock);
	list_for_each_entry(binding, &bindings, list)
		if (!binding->dead && binding->dev == dev && binding->block == block &&
		    binding->direction == direction)
			found = binding;
	mutex_unlock(&bindings_lock);
	return found;
}

/* Numbers it, and puts it into the list. */
static void binding_enter(struct binding *binding)
{
	struct binding *other;

	mutex_lock(&bindings_lock);
	binding->number = ++last_number;
	list_for_each_entry(other, &bindings, list)
		if (!other->dead && other->block == binding->block)
			binding->block_number = other->block_number;
	if (!binding->block_number)
		binding->block_number = ++last_block_number;
	list_add_tail(&binding->list, &bindings);
	mutex_unlock(&bindings_lock);
}

static void binding_leave(struct binding *binding)
{
	mutex_lock(&bindings_lock);
	list_del(&binding->list);
	mutex_unlock(&bindings_lock);
}

static struct message *binding_message(const struct binding *binding, u16 type)
{
	struct message *message = message_new(type, sizeof(struct kmod_bind), GFP_KERNEL);
	const struct kmod_bind *told;
	struct kmod_bind *body;

	if (!message)
		return NULL;
	body = message_body(message, struct kmod_bind);
	body->binding = binding->number;
	body->binder = binding->binder;
	body->direction = binding->direction;
	body->indirect = binding->indirect;
	body->block = binding->block_number;
	if (binding->record.message) {
		/* as it was bound: chain and device may be gone, or be called otherwise */
		told = message_body(binding->record.message, struct kmod_bind);
		body->ifindex = told->ifindex;
		body->netns = told->netns;
		memcpy(body->table, told->table, sizeof(body->table));
		memcpy(body->chain, told->chain, sizeof(body->chain));
	} else if (binding->dev) {
		body->ifindex = binding->dev->ifindex;
		body->netns = dev_net(binding->dev)->ns.inum;
		if (binding->binder == KMOD_BINDER_CHAIN)
			nftables_names(binding->block, body);
	}
	return message;
}

static void binding_post(struct binding *binding, u16 type, u16 flags)
{
	struct message *message = binding_message(binding, type);

	if (!message) {
		pr_err("out of memory, the program is not told of a binding's end\n");
		return;
	}
	message_header(message)->flags |= flags;
	channel_post(message, NULL);
}

static void binding_bury(struct binding *binding, struct net *net);

/**
 * binding_is_listed() - is its callback in the list of its block?
 * @binding: a binding whose block's memory is a block's; whether still the same one's, is the question
 *
 * Since 6.14 nf_tables takes a device that is renamed off its chain, and sends no UNBIND when it
 * frees the chain; another chain may have the address then. Whoever asks holds what serialises the
 * block's callbacks.
 */
bool binding_is_listed(const struct binding *binding)
{
	const struct flow_block_cb *cb;

	list_for_each_entry(cb, &binding->block->cb_list, list)
		if (cb == binding->cb)
			return true;
	return false;
}

/* The binding of a block that a request names; one of a chain that was freed silently is ended. */
static struct binding *binding_of_request(const struct net_device *dev,
					  const struct flow_block *block, u8 direction)
{
	struct binding *binding = binding_find(dev, block, direction);

	/* of one that leaves the block may be gone, too: see nftables_unbind_indirect() */
	if (!binding || binding->leaves || binding_is_listed(binding))
		return binding;
	binding_bury(binding, NULL);
	return NULL;
}

/* The last of a binding: its callback is freed, nobody can call it any more. */
void binding_release(void *priv)
{
	struct binding *binding = priv;

	rules_drop_all(binding);
	binding_post(binding, KMOD_RELEASE, 0);
	channel_forget(&binding->record);
	binding_leave(binding);
	kfree_rcu(binding, rcu);
	module_put(THIS_MODULE);
}

static int binding_direction(const struct flow_block_offload *offload)
{
	switch (offload->binder_type) {
	case FLOW_BLOCK_BINDER_TYPE_CLSACT_INGRESS:
		return KMOD_INGRESS;
	case FLOW_BLOCK_BINDER_TYPE_CLSACT_EGRESS:
		return KMOD_EGRESS;
	default:
		return -EOPNOTSUPP;
	}
}

static struct binding *binding_new(struct net_device *dev, bool flowtable,
				   struct flow_block_offload *offload,
				   const struct indirect *indirect)
{
	struct binding *binding = kzalloc(sizeof(*binding), GFP_KERNEL);

	if (!binding)
		return NULL;
	INIT_LIST_HEAD(&binding->rules);
	binding->dev = dev;
	binding->block = offload->block;
	binding->direction = binding_direction(offload);
	binding->indirect = indirect;
	binding->data = indirect ? indirect->data : NULL;
	binding->cleanup = indirect ? indirect->cleanup : NULL;
	/* tc names its qdisc, nf_tables has none */
	binding->binder = flowtable ? KMOD_BINDER_FLOWTABLE :
			  offload->sch ? KMOD_BINDER_TC : KMOD_BINDER_CHAIN;
	return binding;
}

static struct flow_block_cb *callback_new(struct binding *binding, struct net_device *dev,
					  struct flow_block_offload *offload,
					  const struct indirect *indirect)
{
	struct flow_block_cb *cb;

	if (indirect)
		cb = flow_indr_block_cb_alloc(rules_callback, binding, binding, binding_release,
					      offload, dev, indirect->sch, indirect->data,
					      indirect->cb_priv, indirect->cleanup);
	else
		cb = flow_block_cb_alloc(rules_callback, binding, binding, binding_release);
	if (!IS_ERR(cb))
		INIT_LIST_HEAD(&cb->driver_list); /* the core takes it out of some list */
	return cb;
}

/* The program refuses, or can't be asked: undo. @told: it may believe that the binding is there. */
static void binding_abandon(struct binding *binding, struct flow_block_cb *cb, bool told)
{
	if (told)
		binding_post(binding, KMOD_RELEASE, 0);
	channel_forget(&binding->record);
	binding_leave(binding);
	cb->release = NULL;
	if (binding->indirect)
		list_del(&cb->indr.list);
	flow_block_cb_free(cb);
	kfree(binding);
	module_put(THIS_MODULE);
}

static int binding_bind(struct net_device *dev, bool flowtable, struct flow_block_offload *offload,
			const struct indirect *indirect)
{
	struct binding *binding;
	struct message *message;
	struct flow_block_cb *cb;
	struct answer answer;
	bool undo;
	int err;

	if (!try_module_get(THIS_MODULE))
		return -EOPNOTSUPP; /* it is being removed, and only waits for us to return */
	err = port_announce(dev);
	if (err)
		goto err_module;
	err = -ENOMEM;
	binding = binding_new(dev, flowtable, offload, indirect);
	if (!binding)
		goto err_module;
	cb = callback_new(binding, dev, offload, indirect);
	if (IS_ERR(cb)) {
		err = PTR_ERR(cb);
		goto err_binding;
	}
	binding->cb = cb;
	binding_enter(binding);
	message = binding_message(binding, KMOD_BIND);
	if (!message) {
		binding_abandon(binding, cb, false);
		return -ENOMEM;
	}
	undo = binding->binder == KMOD_BINDER_CHAIN && nftables_brings_back_chain(binding);
	err = channel_ask(message, &binding->record, &answer, undo);
	if (err) {
		if (offload->extack)
			compat_extack(offload->extack, channel_keep_text(answer.text));
		binding_abandon(binding, cb, true);
		return err;
	}
	flow_block_cb_add(cb, offload);
	return 0;

err_binding:
	kfree(binding);
err_module:
	module_put(THIS_MODULE);
	return err;
}

static int binding_unbind(struct net_device *dev, struct flow_block_offload *offload,
			  const struct indirect *indirect)
{
	struct binding *binding;

	binding = binding_of_request(dev, offload->block, binding_direction(offload));
	if (!binding)
		return -ENOENT;
	binding_post(binding, KMOD_UNBIND, binding->leaves ? KMOD_FLAG_DEVICE_GONE : 0);
	if (indirect)
		flow_indr_block_cb_remove(binding->cb, offload);
	else
		flow_block_cb_remove(binding->cb, offload);
	return 0;
}

/**
 * binding_setup() - answer TC_SETUP_BLOCK and TC_SETUP_FT
 * @dev: the device
 * @flowtable: TC_SETUP_FT
 * @offload: the request
 * @indirect: as the indirect block gave it, NULL for a device's own ndo_setup_tc
 */
int binding_setup(struct net_device *dev, bool flowtable, struct flow_block_offload *offload,
		  const struct indirect *indirect)
{
	if (!offload->block || binding_direction(offload) < 0)
		return -EOPNOTSUPP;
	switch (offload->command) {
	case FLOW_BLOCK_BIND:
		if (binding_of_request(dev, offload->block, binding_direction(offload)))
			return -EBUSY;
		return binding_bind(dev, flowtable, offload, indirect);
	case FLOW_BLOCK_UNBIND:
		return binding_unbind(dev, offload, indirect);
	default:
		return -EOPNOTSUPP;
	}
}

/* Live, and of @dev. */
static bool binding_is_live(const struct binding *binding, const struct net_device *dev)
{
	return !binding->dead && binding->dev == dev;
}

/* Indirect, of @dev to a chain, and not unbound yet. */
static bool binding_is_to_leave(const struct binding *binding, const struct net_device *dev)
{
	return binding->indirect && !binding->leaves && binding->dev == dev &&
	       binding->binder == KMOD_BINDER_CHAIN;
}

/* To something of nf_tables that can be freed when nf_tables has gone; of whatever device. */
static bool binding_is_of_nftables(const struct binding *binding, const struct net_device *dev)
{
	return binding->binder != KMOD_BINDER_TC && !binding->indirect;
}

/* The first binding that fits. The lock is not held after it: callers end what they get. */
static struct binding *binding_first(bool (*fits)(const struct binding *binding,
						  const struct net_device *dev),
				     const struct net_device *dev)
{
	struct binding *binding, *found = NULL;

	mutex_lock(&bindings_lock);
	list_for_each_entry(binding, &bindings, list)
		if (!found && fits(binding, dev))
			found = binding;
	mutex_unlock(&bindings_lock);
	return found;
}

/* @net: where to look for its block; NULL: that was freed, and no list of callbacks has ours. */
static void binding_bury(struct binding *binding, struct net *net)
{
	struct flow_block_cb *cb = binding->cb;
	enum block_fate fate = BLOCK_FREED;

	if (net && binding->indirect)
		fate = BLOCK_UNKNOWN; /* the kernel has it in a list whose lock we can't take */
	else if (net)
		fate = nftables_detach(net, binding);
	else if (binding->indirect)
		list_del(&cb->indr.list); /* a request of the indirect block holds that lock */
	if (!binding->dead) {
		WRITE_ONCE(binding->dead, true);
		binding_post(binding, KMOD_UNBIND, KMOD_FLAG_DEVICE_GONE);
	}
	rules_drop_all(binding);
	if (fate != BLOCK_UNKNOWN) {
		/* nf_tables' dump may just have called it */
		synchronize_rcu();
		flow_block_cb_free(cb);
		return;
	}
	pr_warn("%s left without UNBIND and its block can't be found: this module stays loaded\n",
		binding->dev->name);
	count(COUNT_ORPHANS);
	binding_post(binding, KMOD_RELEASE, 0);
	channel_forget(&binding->record);
	binding->dev = NULL;
}

/* NETDEV_UNREGISTER, before nf_tables has seen it. Under rtnl. */
void bindings_device_leaves(struct net_device *dev)
{
	struct binding *binding;

	while ((binding = binding_first(binding_is_to_leave, dev))) {
		binding->leaves = true; /* so each is found once */
		nftables_unbind_indirect(dev_net(dev), binding);
	}
}

/*
 * NETDEV_UNREGISTER, after nf_tables and tc have seen it. On many kernels nf_tables frees the
 * chain of a device that goes away with neither DESTROY nor UNBIND; so the end of the device counts
 * as unbinding. Under rtnl.
 */
void bindings_device_gone(struct net_device *dev)
{
	struct binding *binding;

	while ((binding = binding_first(binding_is_live, dev)))
		binding_bury(binding, dev_net(dev));
}

/* nf_tables was removed with all its tables: nobody has our callbacks any more. */
void bindings_tables_gone(void)
{
	struct binding *binding;

	while ((binding = binding_first(binding_is_of_nftables, NULL)))
		binding_bury(binding, NULL);
}
