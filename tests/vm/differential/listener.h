/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program behind the module's device: a thread that reads every message, keeps it, and answers
 * 0 to those that wait for an answer. It has to be a thread of its own, because the one that sends
 * rules sleeps in the kernel until each REPLACE is answered.
 *
 * Threading: the functions below are for one other thread.
 */
#ifndef TESTS_VM_DIFFERENTIAL_LISTENER_H
#define TESTS_VM_DIFFERENTIAL_LISTENER_H

#include <nicemu/kernel/wire.h>

#include <stdbool.h>
#include <stddef.h>

struct listener;

/* NULL after a line on stderr. The device is opened, and both sides have said HELLO. */
struct listener *listener_start(void);

/* What the module said of itself and its kernel. */
const struct kmod_hello *listener_hello(const struct listener *listener);

/*
 * Forgets all messages so far. Of the REPLACE that come from now on the one with this number (from
 * 1; 0: none) is refused with ENOSPC.
 */
void listener_forget(struct listener *listener, size_t refuse);

/* Waits until count messages of a type have come since then; false after some seconds. */
bool listener_wait(struct listener *listener, enum kmod_type type, size_t count);

/*
 * Waits for nothing: the messages so far, in order. Each is whole and as long as its header says;
 * they stay until listener_forget.
 */
void listener_visit(struct listener *listener,
		    void (*visit)(void *context, const struct kmod_header *header), void *context);

/* 0, or the positive errno with which the thread ended. */
int listener_failed(struct listener *listener);

void listener_stop(struct listener *listener);

#endif
