/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Observers: who watches a running emulator's packets, as a stream of pcapng.
 *
 * What: an observer gets every packet of every replay that begins after it came, with a comment on
 * what became of it (comment.h), on an interface that is named after the port. It stays between
 * replays, and goes when its reader does.
 *
 * Why not an output of a replay: who watches did not start it, and must not be able to hold it up:
 * a reader that takes nothing for OBSERVER_PATIENCE_MS is let go.
 *
 * Threading: the emulator's event loop; while a replay runs, the thread whose turn it is to write
 * (engine/pump.h).
 */
#ifndef NICEMU_ENGINE_OBSERVE_H
#define NICEMU_ENGINE_OBSERVE_H

#include <nicemu/config/nic.h>
#include <nicemu/packet/packet.h>

#include <stdbool.h>
#include <stddef.h>

enum { OBSERVERS_MAX = 16, OBSERVER_PATIENCE_MS = 5000 };

struct observers;

/* nic is borrowed. NULL when memory is out. */
struct observers *observers_create(const struct nic *nic);
void observers_destroy(struct observers *observers); /* NULL is fine */

/*
 * Takes fd over, also on failure; the head of the stream is written at once. 0, -EBUSY
 * (OBSERVERS_MAX are there), -ENOMEM or what writing said.
 */
int observers_add(struct observers *observers, int fd);

/* A replay begins: whoever has come by now watches it. True where somebody does. */
bool observers_begin(struct observers *observers);

/* Only those who watch. flush: the reader should have what was written. */
void observers_write(struct observers *observers, const struct packet *packet, const char *comment);
void observers_flush(struct observers *observers);

/* Those that are there, less those whose reader has gone. */
size_t observers_count(struct observers *observers);

#endif
