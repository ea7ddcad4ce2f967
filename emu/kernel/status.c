// SPDX-License-Identifier: GPL-2.0
/*
 * What people and leak tests see: /sys/class/misc/nsim_nft_offload/state/, one number a file.
 *
 * Locking: values are copied under the locks of those who own them, one by one.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "compat.h"
#include "nsim_nft_offload.h"

static ssize_t program_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	struct channel_status status;

	channel_status(&status);
	return sysfs_emit(buffer, "%d\n", status.pid);
}
static DEVICE_ATTR_RO(program);

static ssize_t queued_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	struct channel_status status;

	channel_status(&status);
	return sysfs_emit(buffer, "%u\n", status.queued);
}
static DEVICE_ATTR_RO(queued);

static ssize_t bindings_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return sysfs_emit(buffer, "%u\n", bindings_count());
}
static DEVICE_ATTR_RO(bindings);

static ssize_t rules_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return sysfs_emit(buffer, "%u\n", rules_count());
}
static DEVICE_ATTR_RO(rules);

static ssize_t counter_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	struct dev_ext_attribute *counter = container_of(attr, struct dev_ext_attribute, attr);
	struct channel_status status;

	channel_status(&status);
	return sysfs_emit(buffer, "%llu\n", status.counters[(unsigned long)counter->var]);
}

#define COUNTERS(X)                            \
	X(sent, COUNT_SENT)                    \
	X(repeated, COUNT_REPEATED)            \
	X(repetitions, COUNT_REPETITIONS)      \
	X(lost, COUNT_LOST)                    \
	X(timeouts, COUNT_TIMEOUTS)            \
	X(refused, COUNT_REFUSED)              \
	X(refused_late, COUNT_REFUSED_LATE)    \
	X(replies_late, COUNT_REPLIES_LATE)    \
	X(bad_messages, COUNT_BAD_MESSAGES)    \
	X(totals_shrunk, COUNT_TOTALS_SHRUNK)  \
	X(stats_dropped, COUNT_STATS_DROPPED)  \
	X(orphans, COUNT_ORPHANS)

#define X(name_, which)                                         \
	static struct dev_ext_attribute counter_##name_ = {     \
		.attr = __ATTR(name_, 0444, counter_show, NULL), \
		.var = (void *)which,                           \
	};
COUNTERS(X)
#undef X

static struct attribute *status_attrs[] = {
	&dev_attr_program.attr,
	&dev_attr_queued.attr,
	&dev_attr_bindings.attr,
	&dev_attr_rules.attr,
#define X(name_, which) &counter_##name_.attr.attr,
	COUNTERS(X)
#undef X
	NULL,
};

static const struct attribute_group status_group = {
	.name = "state",
	.attrs = status_attrs,
};

const struct attribute_group *status_groups[] = { &status_group, NULL };
