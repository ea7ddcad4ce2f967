/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole replay: read, dissect, look up, act and count, by the engine. */
#ifndef TEST_INSTRUCTIONS_REPLAY_H
#define TEST_INSTRUCTIONS_REPLAY_H

#include "stages.h"

/* Several passes over the frames. */
void replay_row(const char *name, const struct frames *frames);

#endif
