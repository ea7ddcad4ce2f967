/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generic netlink endpoint: a kernel without families. Look-ups of a family answer ENOENT, so
 * that ethtool and others fall back to what they did before there was one.
 *
 * Why: without an answer such programs would give up instead. Invariant: it keeps no state.
 *
 * Threading: event loop.
 */
#ifndef NICEMU_CONTROL_GENL_H
#define NICEMU_CONTROL_GENL_H

#include <nicemu/control/server.h>

void genl_register(struct server *server);

#endif
