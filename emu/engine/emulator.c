/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/engine/emulator.h>

#include <nicemu/flow/view.h>
#include <nicemu/offload/router.h>

#include <nicemu/control/genl.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Lowest layer first: each constructor needs only what is already there. */
static int attach_layers(struct emulator *e)
{
	e->log = log_create();
	e->ports = calloc(NIC_PORTS_MAX, sizeof(*e->ports));
	e->asic = asic_create(&e->nic, NULL);
	e->store = store_create(&e->nic);
	if (!e->log || !e->ports || !e->asic || !e->store)
		return -ENOMEM;
	e->observers = observers_create(&e->nic);
	if (!e->observers)
		return -ENOMEM;
	e->router = router_create(&asic_driver, e->asic, &store_driver, e->store);
	if (!e->router)
		return -ENOMEM;
	e->offload = offload_create(&router_driver, e->router);
	e->rt = rt_create(e->server, &e->nic);
	if (!e->offload || !e->rt)
		return -ENOMEM;
	genl_register(e->server);
	e->nft = nft_create(&(struct nft_environment){
		.server = e->server,
		.nic = &e->nic,
		.kernel = &e->kernel,
		.offload = e->offload,
		.rt = e->rt,
		.log = e->log,
		.clock = &e->clock,
	});
	return e->nft ? 0 : -ENOMEM;
}

int emulator_create(struct emulator **emulator, struct nic *nic,
		    const struct kernel_behavior *kernel, const char *socket_path)
{
	struct emulator *e = calloc(1, sizeof(*e));
	int error;

	*emulator = NULL;
	if (!e) {
		nic_clear(nic);
		return -ENOMEM;
	}
	e->nic = *nic;
	*nic = (struct nic){0};
	e->kernel = *kernel;
	error = server_create(&e->server, socket_path);
	if (!error)
		error = attach_layers(e);
	if (error)
		emulator_destroy(e);
	else
		*emulator = e;
	return error;
}

void emulator_destroy(struct emulator *e)
{
	if (!e)
		return;
	/* Clients first: closing them calls into the endpoints, which must still be there. */
	server_destroy(e->server);
	kmod_destroy(e->kmod);
	if (e->nft)
		nft_destroy(e->nft);
	if (e->rt)
		rt_destroy(e->rt);
	if (e->offload)
		offload_destroy(e->offload);
	router_destroy(e->router);
	store_destroy(e->store);
	asic_destroy(e->asic);
	observers_destroy(e->observers);
	free(e->ports);
	log_destroy(e->log);
	nic_clear(&e->nic);
	free(e);
}

/* What it counts is its own. */
static void port_came(void *context, int port)
{
	struct emulator *e = context;

	e->ports[port] = (struct emulator_port_counters){0};
}

int emulator_attach(struct emulator *e, int fd, char *message, size_t size)
{
	return kmod_create(&e->kmod, fd,
			   &(struct kmod_environment){
				   .nic = &e->nic,
				   .offload = e->offload,
				   .log = e->log,
				   .clock = &e->clock,
				   .port_came = port_came,
				   .context = e,
			   },
			   message, size);
}

struct rule_walk {
	const struct emulator *emulator;
	void (*visit)(void *context, const struct nft_offload_rule *rule);
	void *context;
};

static void visit_held(void *context, const struct offload_binding *binding,
		       const struct offload_command *command)
{
	const struct rule_walk *walk = context;
	struct nft_offload_rule rule = {
		.family = "netdev",
		.table = binding->table ? binding->table : "",
		.chain = binding->chain ? binding->chain : "",
		.handle = command->handle,
		.port = binding->port,
		.priority = (int32_t)command->prio,
		.in_hw = true,
		.binding = binding->id,
		.cookie = command->cookie,
		.flow_rule = command->rule,
	};
	char *text = NULL;
	size_t size = 0;
	FILE *out = router_recorded_only(binding) ? NULL : open_memstream(&text, &size);

	if (!out)
		return;
	if (command->rule)
		flow_view_line(out, command->rule, nic_print_target, (void *)&walk->emulator->nic);
	if (fclose(out) == 0) {
		rule.text = text;
		walk->visit(walk->context, &rule);
	}
	free(text);
}

void emulator_visit_rules(const struct emulator *emulator,
			  void (*visit)(void *context, const struct nft_offload_rule *rule),
			  void *context)
{
	struct rule_walk walk = {emulator, visit, context};

	if (emulator->kmod)
		offload_visit(emulator->offload, visit_held, &walk);
	else
		nft_visit_offload_rules(emulator->nft, visit, context);
}
