/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The closed door: what a program under `nicemu exec` must not reach is the real kernel's
 * configuration of networks.
 *
 * The preloaded library answers for the emulator. What it can't answer (static programs, set-uid
 * programs, the C library's own look-ups, system calls made directly) would go to the real kernel;
 * the door refuses it there, for the program and all that it starts. /proc and /sys stay readable.
 *
 * Threading: door_close is called between fork and exec.
 */
#ifndef NICEMU_CLI_DOOR_H
#define NICEMU_CLI_DOOR_H

#include <stddef.h>

/*
 * Close the door for this process and its children, for good. 0 or a negative errno: then nothing
 * may be executed.
 */
int door_close(void);

/*
 * Look at a program file before it is run: what is about to fail gets a sentence in text (size
 * bytes), else text is empty. A #! line is followed to its interpreter.
 */
void door_inspect(const char *path, char *text, size_t size);

#endif
