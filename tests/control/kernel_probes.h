/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One probe for each row of the kernel table: what can be seen of it in a fresh world. */
#ifndef NICEMU_TESTS_KERNEL_PROBES_H
#define NICEMU_TESTS_KERNEL_PROBES_H

#include "nft_world.h"

#define X(name, text) const char *probe_##name(struct world *w);
KERNEL_BEHAVIORS(X)
#undef X

enum { PLAIN = 0 };

/* A batch with table "t" and its chain "c" on eth0. */
void start_chain(struct world *w, uint32_t flags);
/* Sends the batch. */
const char *see_errors(struct world *w);

#endif
