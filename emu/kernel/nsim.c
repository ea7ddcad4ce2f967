// SPDX-License-Identifier: GPL-2.0
/*
 * netdevsim: its nsim_setup_tc() is redirected to us for TC_SETUP_BLOCK and TC_SETUP_FT, by a
 * kprobe at its beginning. Its netdev_ops stay as they are (since 6.9 netdevsim knows its own
 * devices by them), and all other requests reach it.
 *
 * netdevsim may come and go while this module is loaded: a module notifier sets and removes the
 * probe.
 *
 * Locking: nsim_lock (mutex) guards whether the probe is set. The probe's handler counts the calls
 * that it sends to us; the module is left only when they have returned.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>

#include "compat.h"
#include "nsim_nft_offload.h"

static DEFINE_MUTEX(nsim_lock);
static bool probe_is_set;
static atomic_t inside = ATOMIC_INIT(0);

static int serve_setup_tc(struct net_device *dev, enum tc_setup_type type, void *type_data)
{
	int err = binding_setup(dev, type == TC_SETUP_FT, type_data, NULL);

	atomic_dec(&inside);
	return err;
}

/* Returns 1 when the probed function is not to run. No sleeping here. */
static int redirect(struct kprobe *probe, struct pt_regs *regs)
{
	enum tc_setup_type type = (enum tc_setup_type)regs_get_kernel_argument(regs, 1);

	if (type != TC_SETUP_BLOCK && type != TC_SETUP_FT)
		return 0;
	atomic_inc(&inside);
	instruction_pointer_set(regs, (unsigned long)serve_setup_tc);
	return 1;
}
NOKPROBE_SYMBOL(redirect);

/* That there is one keeps the probe from being optimised into a jump, which can't be redirected. */
static void after(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe probe;

static int probe_set(void)
{
	int err = 0;

	mutex_lock(&nsim_lock);
	if (!probe_is_set) {
		/* what an earlier registration left in it must not stay */
		probe = (struct kprobe){
			.symbol_name = "nsim_setup_tc",
			.pre_handler = redirect,
			.post_handler = after,
		};
		err = register_kprobe(&probe);
		probe_is_set = !err;
	}
	mutex_unlock(&nsim_lock);
	return err;
}

static void probe_remove(void)
{
	mutex_lock(&nsim_lock);
	if (probe_is_set)
		unregister_kprobe(&probe);
	probe_is_set = false;
	mutex_unlock(&nsim_lock);
}

static int module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct module *module = data;
	int err;

	if (event == MODULE_STATE_GOING && !strcmp(module->name, "nf_tables"))
		bindings_tables_gone();
	if (strcmp(module->name, "netdevsim"))
		return NOTIFY_DONE;
	if (event == MODULE_STATE_COMING) {
		err = probe_set();
		if (err)
			pr_err("netdevsim is loaded, but can't be probed: error %d\n", err);
	} else if (event == MODULE_STATE_GOING) {
		probe_remove();
	}
	return NOTIFY_DONE;
}

static struct notifier_block module_notifier = { .notifier_call = module_event };

/**
 * nsim_init() - serve netdevsim
 * @needed: fail when kernels of this configuration can't do it
 */
int nsim_init(bool needed)
{
	int err = register_module_notifier(&module_notifier);

	if (err)
		return err;
	err = probe_set();
	if (err == -ENOENT)
		return 0; /* netdevsim is not loaded yet */
	if (err && !IS_ENABLED(CONFIG_KPROBES)) {
		pr_err("netdevsim can't be served by this kernel: it has no CONFIG_KPROBES\n");
		if (!needed)
			return 0;
	}
	if (err)
		unregister_module_notifier(&module_notifier);
	return err;
}

void nsim_exit(void)
{
	unregister_module_notifier(&module_notifier);
	probe_remove();
	while (atomic_read(&inside))
		msleep(1);
	/* whoever has counted itself out may still be before its return */
	compat_wait_for_tasks();
}
