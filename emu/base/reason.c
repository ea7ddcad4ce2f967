/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/reason.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int reason_set(struct reason *reason, const char *id, int error, enum reason_layer layer,
	       const char *format, ...)
{
	va_list args;

	if (reason) {
		*reason =
			(struct reason){.id = id, .error = error, .layer = layer, .expression = -1};
		va_start(args, format);
		vsnprintf(reason->clause, sizeof(reason->clause), format, args);
		va_end(args);
	}
	return -error;
}

int reason_no_memory(struct reason *reason)
{
	return reason_set(reason, "no-memory", ENOMEM, REASON_CAPACITY,
			  "the emulator is out of memory");
}

void reason_hint(struct reason *reason, const char *format, ...)
{
	va_list args;

	if (!reason)
		return;
	va_start(args, format);
	vsnprintf(reason->hint, sizeof(reason->hint), format, args);
	va_end(args);
}

const char *reason_layer_name(enum reason_layer layer)
{
	static const char *const names[] = {
		[REASON_KERNEL] = "kernel",
		[REASON_MODEL] = "model",
		[REASON_CAPACITY] = "capacity",
		[REASON_FAULT] = "fault",
	};

	return names[layer];
}

const char *errno_name(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "E?";
}
