/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tcpdump filter expression over packets (libpcap compiles and runs it).
 * Threading: a compiled filter is read-only.
 */
#ifndef NICEMU_PORTS_FILTER_H
#define NICEMU_PORTS_FILTER_H

#include <nicemu/packet/packet.h>

#include <stdbool.h>
#include <stddef.h>

struct filter;

/* 0, or -EINVAL with libpcap's complaint in message (size bytes), or -ENOMEM. */
int filter_compile(struct filter **filter, const char *expression, char *message, size_t size);
bool filter_match(const struct filter *filter, const struct packet *packet);
void filter_free(struct filter *filter);

#endif
