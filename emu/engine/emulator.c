/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/engine/emulator.h>

#include <nicemu/control/genl.h>

#include <errno.h>
#include <stdlib.h>

/* Lowest layer first: each constructor needs only what is already there. */
static int attach_layers(struct emulator *e)
{
	e->log = log_create();
	e->ports = calloc(NIC_PORTS_MAX, sizeof(*e->ports));
	e->asic = asic_create(&e->nic);
	if (!e->log || !e->ports || !e->asic)
		return -ENOMEM;
	e->offload = offload_create(&asic_driver, e->asic);
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
	if (e->asic)
		asic_destroy(e->asic);
	free(e->ports);
	log_destroy(e->log);
	nic_clear(&e->nic);
	free(e);
}

int emulator_attach(struct emulator *e, int fd, char *message, size_t size)
{
	return kmod_create(&e->kmod, fd,
			   &(struct kmod_environment){
				   .nic = &e->nic,
				   .offload = e->offload,
				   .log = e->log,
				   .clock = &e->clock,
			   },
			   message, size);
}
