/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One emulated NIC with everything attached: configuration, ASIC, offload, control endpoints,
 * clock.
 *
 * Why one object: what a command sees of the NIC is the same whether it forked the emulator or
 * joined it.
 *
 * Invariant: emulator_create wires the layers together; nothing else does. The members are read by
 * report/ and by the commands; only the layers themselves change them.
 *
 * Threading: one event loop owns it all. Packet work (replay.h) is done in steps between calls of
 * server_dispatch, so control commands take effect between packet batches.
 */
#ifndef NICEMU_ENGINE_EMULATOR_H
#define NICEMU_ENGINE_EMULATOR_H

#include <nicemu/asic/asic.h>
#include <nicemu/base/clock.h>
#include <nicemu/base/log.h>
#include <nicemu/config/kernel.h>
#include <nicemu/config/nic.h>
#include <nicemu/control/kmod.h>
#include <nicemu/control/nft.h>
#include <nicemu/control/rt.h>
#include <nicemu/control/server.h>
#include <nicemu/engine/observe.h>
#include <nicemu/offload/offload.h>
#include <nicemu/offload/store.h>

struct emulator_port_counters {
	uint64_t rx_packets, rx_bytes; /* from the wire */
	uint64_t tx_packets, tx_bytes; /* to the wire: redirected and mirrored */
	/* Passed to the host, at this port's host side (nic_rules_port of where they came in). */
	uint64_t host_packets, host_bytes;
};

struct emulator {
	struct nic nic; /* taken over from the caller */
	struct kernel_behavior kernel;
	struct clock clock;
	struct log *log;
	struct server *server;
	struct asic *asic;   /* rules of chains */
	struct store *store; /* all other rules */
	struct router *router;
	struct offload *offload;
	struct rt *rt;
	struct nft *nft;
	struct kmod *kmod; /* the front end of a real kernel, when it is attached; else NULL */
	struct observers *observers; /* who watches the packets of replays */
	/* Since the start, NIC_PORTS_MAX of them, by port number. */
	struct emulator_port_counters *ports;
};

/*
 * Build one that listens on socket_path. Takes nic over, also on failure. 0 or a negative errno
 * (-EADDRINUSE: another emulator answers on that path).
 */
int emulator_create(struct emulator **emulator, struct nic *nic,
		    const struct kernel_behavior *kernel, const char *socket_path);
void emulator_destroy(struct emulator *emulator);

/*
 * Serve the real kernel behind fd (see kmod_create, whose result and message it gives): its devices
 * become the NIC's ports, of which there are none yet.
 */
int emulator_attach(struct emulator *emulator, int fd, char *message, size_t size);

/*
 * Every rule of an offload chain on each of its ports: those of our nf_tables endpoint, in its
 * order; when a real kernel is attached, those that the NIC holds of its chains, in the order of
 * arrival. Of these there is no more than a driver is told: text is made from the flow rule,
 * has_counter is not known, comment is NULL.
 */
void emulator_visit_rules(const struct emulator *emulator,
			  void (*visit)(void *context, const struct nft_offload_rule *rule),
			  void *context);

#endif
