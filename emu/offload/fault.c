/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people write for a refusal on demand. */
#include <nicemu/offload/fault.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERRNO_MAX = 4095 };

/* The positive errno with this name, or 0. */
static int errno_by_name(const char *name, size_t length)
{
	for (int error = 1; error <= ERRNO_MAX; error++) {
		const char *known = errno_name(error);

		if (strlen(known) == length && strncmp(known, name, length) == 0 && known[1] != '?')
			return error;
	}
	return 0;
}

/* "chain:" … in front; *text is moved behind it. */
static void parse_binder(struct offload_fault *fault, const char **text)
{
	fault->any = true;
	for (int binder = OFFLOAD_BLOCK; binder <= OFFLOAD_TC; binder++) {
		const char *name = offload_binder_name(binder);
		size_t length = strlen(name);

		if (strncmp(*text, name, length) != 0 || (*text)[length] != ':')
			continue;
		fault->any = false;
		fault->binder = binder;
		*text += length + 1;
		return;
	}
}

static int wrong(const char *text, char *message, size_t size)
{
	snprintf(message, size,
		 "'%s' is not [chain:|flowtable:|flower:]N[+]:ERRNO[:TEXT], as in 3:ENOSPC or "
		 "flowtable:1+:EOPNOTSUPP",
		 text);
	return -EINVAL;
}

int offload_fault_parse(struct offload_fault *fault, const char *text, char *message, size_t size)
{
	const char *at = text;
	size_t length;
	char *end;

	*fault = (struct offload_fault){0};
	parse_binder(fault, &at);
	errno = 0;
	fault->first = strtoull(at, &end, 10);
	if (!isdigit((unsigned char)*at) || errno || !fault->first)
		return wrong(text, message, size);
	fault->last = *end == '+' ? UINT64_MAX : fault->first;
	end += *end == '+';
	if (*end++ != ':')
		return wrong(text, message, size);
	length = strcspn(end, ":");
	fault->error = errno_by_name(end, length);
	if (!fault->error) {
		snprintf(message, size, "'%.*s' is no errno's name (as ENOSPC is)", (int)length,
			 end);
		return -EINVAL;
	}
	snprintf(fault->text, sizeof(fault->text), "%s",
		 end[length] ? end + length + 1 : "refused on demand");
	return 0;
}
