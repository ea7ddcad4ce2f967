// SPDX-License-Identifier: GPL-2.0
/*
 * The devices that the program knows: those that are bound, and those that rules forward to.
 *
 * Locking: ports_lock (mutex) guards the list. A device is added only while it is registered, and
 * NETDEV_UNREGISTER, which comes after it has left that state, takes it out: so no port outlives
 * its device, and no reference is held. A device that moves to another namespace stays registered
 * when its NETDEV_UNREGISTER comes; one that is announced right then has the numbers of before.
 */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "nsim_nft_offload.h"

struct port {
	struct list_head list;
	struct record record;
	struct net_device *dev;
	u32 ifindex;
	u32 netns;
};

static LIST_HEAD(ports);
static DEFINE_MUTEX(ports_lock);

static struct port *port_find(const struct net_device *dev)
{
	struct port *port;

	list_for_each_entry(port, &ports, list)
		if (port->dev == dev)
			return port;
	return NULL;
}

static struct message *port_message(const struct net_device *dev, u16 type)
{
	const struct device *parent = dev->dev.parent;
	const char *kind = "";
	struct message *message = message_new(type, sizeof(struct kmod_port), GFP_KERNEL);
	struct kmod_port *body;

	if (!message)
		return NULL;
	body = message_body(message, struct kmod_port);
	body->ifindex = dev->ifindex;
	body->netns = dev_net(dev)->ns.inum;
	body->iftype = dev->type;
	if (dev->addr_len == sizeof(body->mac))
		memcpy(body->mac, dev->dev_addr, sizeof(body->mac));
	strscpy(body->name, dev->name, sizeof(body->name));
	if (dev->rtnl_link_ops)
		kind = dev->rtnl_link_ops->kind;
	else if (parent && parent->bus)
		kind = parent->bus->name;
	strscpy(body->kind, kind, sizeof(body->kind));
	return message;
}

/* Have the program know the device. Called with a reference to it, or with what forbids its end. */
int port_announce(struct net_device *dev)
{
	struct message *message;
	struct port *port;
	int err = 0;

	mutex_lock(&ports_lock);
	if (port_find(dev) || dev->reg_state != NETREG_REGISTERED)
		goto out;
	port = kzalloc(sizeof(*port), GFP_KERNEL);
	message = port_message(dev, KMOD_PORT);
	if (!port || !message) {
		kfree(port);
		message_put(message);
		err = -ENOMEM;
		goto out;
	}
	port->dev = dev;
	port->ifindex = dev->ifindex;
	port->netns = dev_net(dev)->ns.inum;
	list_add_tail(&port->list, &ports);
	channel_post(message, &port->record);
out:
	mutex_unlock(&ports_lock);
	return err;
}

/* A known device has another name or address. */
void port_renamed(struct net_device *dev)
{
	struct message *message;
	struct port *port;

	mutex_lock(&ports_lock);
	port = port_find(dev);
	message = port ? port_message(dev, KMOD_PORT) : NULL;
	if (message)
		channel_post(message, &port->record);
	mutex_unlock(&ports_lock);
}

void port_gone(struct net_device *dev)
{
	struct message *message;
	struct kmod_port *body;
	struct port *port;

	mutex_lock(&ports_lock);
	port = port_find(dev);
	if (port) {
		list_del(&port->list);
		channel_forget(&port->record);
		message = port_message(dev, KMOD_PORT_GONE);
		if (message) {
			/* as it was announced; a device that has moved since then has new ones */
			body = message_body(message, struct kmod_port);
			body->ifindex = port->ifindex;
			body->netns = port->netns;
			channel_post(message, NULL);
		}
		kfree(port);
	}
	mutex_unlock(&ports_lock);
}

/* The module goes: nothing is bound any more, and no program is there. */
void ports_exit(void)
{
	struct port *port, *next;

	list_for_each_entry_safe(port, next, &ports, list) {
		channel_forget(&port->record);
		kfree(port);
	}
	INIT_LIST_HEAD(&ports);
}
