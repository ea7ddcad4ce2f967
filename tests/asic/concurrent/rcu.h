/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liburcu as ThreadSanitizer can follow it: the library is not built with it, so what a reader did
 * before rcu_read_unlock seems unordered with what a writer does after synchronize_rcu.
 *
 * rcu_read_end is rcu_read_unlock; synchronize_rcu itself, of whoever calls it, is wrapped by the
 * linker (CMakeLists.txt). Without ThreadSanitizer nothing is added.
 */
#ifndef NICEMU_TESTS_CONCURRENT_RCU_H
#define NICEMU_TESTS_CONCURRENT_RCU_H

#include <urcu.h>

void rcu_read_end(void);

#endif
