/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A REPLACE as the module would send it for a flow rule of ours, so that the comparison can be
 * tested where there is no module.
 */
#ifndef TESTS_VM_DIFFERENTIAL_ENCODE_HANDED_H
#define TESTS_VM_DIFFERENTIAL_ENCODE_HANDED_H

#include "handed.h"

/* At most KMOD_MESSAGE_MAX bytes; returns how many. */
size_t encode_handed(uint8_t *bytes, const struct handed_expected *expected);

#endif
