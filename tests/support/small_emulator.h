/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An emulator with the default NIC and the behaviour of 6.12, in a folder of its own. Without a
 * unit-test framework, so that plain programs can have one too.
 */
#ifndef NICEMU_TESTS_SMALL_EMULATOR_H
#define NICEMU_TESTS_SMALL_EMULATOR_H

#include <nicemu/engine/emulator.h>

#define SMALL_EMULATOR_FOLDER "/tmp/nicemu-test-XXXXXX"

/*
 * folder: an array with SMALL_EMULATOR_FOLDER, which becomes the folder's name. NULL where it can't
 * be had. The caller destroys it and removes the folder, which is empty then.
 */
struct emulator *small_emulator_create(char *folder);

#endif
