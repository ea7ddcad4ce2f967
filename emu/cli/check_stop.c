/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check_stop.h"

#include <signal.h>
#include <stddef.h>

static const int stopping[] = {SIGINT, SIGTERM};

enum { NUM_STOPPING = sizeof(stopping) / sizeof(*stopping) };

static volatile sig_atomic_t stopped;
static struct sigaction before[NUM_STOPPING];

static void restore(void)
{
	for (int i = 0; i < NUM_STOPPING; i++)
		sigaction(stopping[i], &before[i], NULL);
}

static void note(int number)
{
	/* Somebody does not want to wait: what was there before ends nicemu. */
	if (stopped) {
		restore();
		raise(number);
	}
	stopped = 1;
}

void check_stop_begin(void)
{
	struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};

	stopped = 0;
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < NUM_STOPPING; i++) {
		sigaction(stopping[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(stopping[i], &action, NULL);
	}
}

void check_stop_end(void)
{
	restore();
}

bool check_stopped(void)
{
	return stopped;
}

void check_stop_note(int number)
{
	/* While nft runs signals are held back, and then also those come that are ignored. */
	for (int i = 0; i < NUM_STOPPING; i++)
		if (number == stopping[i] && before[i].sa_handler != SIG_IGN)
			stopped = 1;
}
