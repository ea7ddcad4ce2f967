/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "write_all.h"

#include <errno.h>
#include <unistd.h>

int write_all(int to, const char *block, size_t size)
{
	while (size) {
		ssize_t n = write(to, block, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			block += n;
			size -= (size_t)n;
		}
	}
	return 0;
}
