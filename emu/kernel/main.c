// SPDX-License-Identifier: GPL-2.0
/*
 * nsim_nft_offload: netdevsim ports that accept the offload of nf_tables chains, flowtables and
 * tc flower, and hand it to a program behind /dev/nsim_nft_offload.
 *
 * This file: parameters, the netdevice notifier, loading and removal.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>

#include "compat.h"
#include "nsim_nft_offload.h"

static unsigned int param_timeout_ms = 1000;
module_param_named(timeout_ms, param_timeout_ms, uint, 0644);
MODULE_PARM_DESC(timeout_ms, "how long the kernel waits for the program's answer, 0: never (1000)");

static unsigned int param_queue = 65536;
module_param_named(queue, param_queue, uint, 0644);
MODULE_PARM_DESC(queue, "messages that may wait for the program before all is repeated (65536)");

static char *indirect;
module_param(indirect, charp, 0444);
MODULE_PARM_DESC(indirect, "kinds of devices served by the indirect block: dummy,veth,tun (none)");

static bool refuse;

static int without_program_set(const char *value, const struct kernel_param *kp)
{
	if (sysfs_streq(value, "accept"))
		WRITE_ONCE(refuse, false);
	else if (sysfs_streq(value, "refuse"))
		WRITE_ONCE(refuse, true);
	else
		return -EINVAL;
	return 0;
}

static int without_program_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", READ_ONCE(refuse) ? "refuse" : "accept");
}

static const struct kernel_param_ops without_program_ops = {
	.set = without_program_set,
	.get = without_program_get,
};
module_param_cb(without_program, &without_program_ops, NULL, 0644);
MODULE_PARM_DESC(without_program, "what rules get while no program is there: accept, refuse (accept)");

static int flush_set(const char *value, const struct kernel_param *kp)
{
	bool wanted;
	int err = kstrtobool(value, &wanted);

	if (err)
		return err;
	return wanted ? channel_flush() : 0;
}

static const struct kernel_param_ops flush_ops = { .set = flush_set };
module_param_cb(flush, &flush_ops, NULL, 0200);
MODULE_PARM_DESC(flush, "write 1: have the program report its counters now, and wait for them");

unsigned int timeout_ms(void)
{
	return min(READ_ONCE(param_timeout_ms), 60000U);
}

unsigned int queue_limit(void)
{
	return clamp(READ_ONCE(param_queue), 2U, 1U << 20);
}

bool refuse_without_program(void)
{
	return READ_ONCE(refuse);
}

static int device_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct net_device *dev = netdev_notifier_info_to_dev(data);

	switch (event) {
	case NETDEV_UNREGISTER: /* also before it moves to another namespace */
		bindings_device_gone(dev);
		port_gone(dev);
		break;
	case NETDEV_CHANGENAME:
	case NETDEV_CHANGEADDR:
		port_renamed(dev);
		break;
	}
	return NOTIFY_DONE;
}

static int early_device_event(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event == NETDEV_UNREGISTER)
		bindings_device_leaves(netdev_notifier_info_to_dev(data));
	return NOTIFY_DONE;
}

/* Before everybody else: chains of indirect devices are still there. */
static struct notifier_block early_device_notifier = {
	.notifier_call = early_device_event,
	.priority = INT_MAX,
};

/* After everybody else: nf_tables and tc unbind in theirs, where they do. */
static struct notifier_block device_notifier = {
	.notifier_call = device_event,
	.priority = INT_MIN,
};

static int __init offload_init(void)
{
	int err;

	err = device_init();
	if (err)
		return err;
	err = register_netdevice_notifier(&device_notifier);
	if (err)
		goto err_device;
	err = register_netdevice_notifier(&early_device_notifier);
	if (err)
		goto err_notifier;
	err = nsim_init(!indirect || !*indirect);
	if (err)
		goto err_early;
	err = indirect_init(indirect);
	if (err)
		goto err_nsim;
	device_ready();
	pr_info("version " MODULE_VERSION_TEXT ", wire format %u\n", KMOD_VERSION);
	return 0;

err_nsim:
	nsim_exit();
err_early:
	unregister_netdevice_notifier(&early_device_notifier);
err_notifier:
	unregister_netdevice_notifier(&device_notifier);
err_device:
	device_exit();
	return err;
}

/* Bindings and an open device hold references to the module: there are none of either. */
static void __exit offload_exit(void)
{
	indirect_exit();
	nsim_exit();
	unregister_netdevice_notifier(&early_device_notifier);
	unregister_netdevice_notifier(&device_notifier);
	device_exit();
	ports_exit();
	rcu_barrier();
}

module_init(offload_init);
module_exit(offload_exit);
MODULE_LICENSE("GPL");
MODULE_VERSION(MODULE_VERSION_TEXT);
MODULE_DESCRIPTION("nf_tables, flowtable and flower offload for netdevsim, handed to a program");
