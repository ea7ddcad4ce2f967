/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_driver.h"

#include <errno.h>

static int refusal(struct fake_driver *d, struct reason *reason)
{
	int error = d->refuse;

	d->calls++;
	d->refuse = 0;
	return error ? reason_set(reason, "refused", error, REASON_MODEL, "as asked") : 0;
}

static int fake_bind(void *driver, const struct offload_binding *binding, struct reason *reason)
{
	struct fake_driver *d = driver;
	int error = refusal(d, reason);

	if (!error)
		d->bound[binding->id] = true;
	return error;
}

static void fake_unbind(void *driver, const struct offload_binding *binding)
{
	struct fake_driver *d = driver;

	d->calls++;
	d->bound[binding->id] = false;
}

static void fake_release(void *driver, const struct offload_binding *binding)
{
	struct fake_driver *d = driver;

	d->calls++;
	for (int i = 0; i < FAKE_COOKIES; i++)
		d->live[binding->id][i] = false;
}

static void fake_port_gone(void *driver, uint16_t port)
{
	struct fake_driver *d = driver;

	d->calls++;
	d->gone = port;
}

static int fake_replace(void *driver, const struct offload_command *command, struct reason *reason)
{
	struct fake_driver *d = driver;
	int error = refusal(d, reason);

	if (error)
		return error;
	if (!d->live[command->binding][command->cookie])
		d->totals[command->binding][command->cookie] = (struct offload_stats){0};
	d->live[command->binding][command->cookie] = true;
	return 0;
}

static int fake_destroy(void *driver, const struct offload_command *command, struct reason *reason)
{
	struct fake_driver *d = driver;
	int error = refusal(d, reason);

	if (error)
		return error;
	if (!d->live[command->binding][command->cookie])
		return reason_set(reason, "gone", ENOENT, REASON_MODEL, "not there");
	d->live[command->binding][command->cookie] = false;
	return 0;
}

static int fake_totals(void *driver, const struct offload_command *command,
		       struct offload_stats *totals)
{
	struct fake_driver *d = driver;
	int error = refusal(d, NULL);

	if (error)
		return error;
	if (!d->live[command->binding][command->cookie])
		return -ENOENT;
	*totals = d->totals[command->binding][command->cookie];
	return 0;
}

const struct offload_driver fake_driver = {
	.bind = fake_bind,
	.unbind = fake_unbind,
	.release = fake_release,
	.port_gone = fake_port_gone,
	.replace = fake_replace,
	.destroy = fake_destroy,
	.totals = fake_totals,
};
