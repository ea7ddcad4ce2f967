/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the emulator accepted and will surprise, told on stderr. */
#ifndef NICEMU_CLI_WARNINGS_H
#define NICEMU_CLI_WARNINGS_H

#include "session.h"

/* Tell of the warnings since the last time; nothing with --quiet. */
void tell_warnings(struct session *session);

#endif
