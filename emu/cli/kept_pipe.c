/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kept_pipe.h"

#include "cli.h"
#include "write_all.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than a NIC file or a model may have: what reads the copy says so. */
enum { KEPT_MAX = 4 << 20 };

/* Which descriptor a path names; -1: none. */
static int descriptor_of(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};

	if (strcmp(path, "/dev/stdin") == 0)
		return STDIN_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		size_t length = strlen(folders[i]);
		const char *number = path + length;
		size_t digits;

		if (strncmp(path, folders[i], length) != 0)
			continue;
		digits = strspn(number, "0123456789");
		if (digits && digits < 7 && !number[digits])
			return atoi(number);
	}
	return -1;
}

static int copy(int from, int to)
{
	struct pollfd waiting = {.fd = from, .events = POLLIN};
	size_t whole = 0;
	char block[65536];

	while (whole < KEPT_MAX) {
		ssize_t n = read(from, block, sizeof(block));
		int result;

		if (n == 0)
			return 0;
		if (n < 0 && errno == EAGAIN)
			poll(&waiting, 1, -1);
		else if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		result = write_all(to, block, (size_t)n);
		if (result)
			return result;
		whole += (size_t)n;
	}
	return 0;
}

int kept_pipe(const char *path)
{
	int from = descriptor_of(path), to, result;
	struct stat status;

	if (from < 0 || fstat(from, &status) < 0 ||
	    !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
		return EXIT_DONE;
	to = memfd_create("nicemu-kept", MFD_CLOEXEC);
	if (to < 0)
		return complain(EXIT_ENVIRONMENT, "%s can't be kept: %s", path, strerror(errno));
	result = copy(from, to);
	if (!result && (lseek(to, 0, SEEK_SET) < 0 || dup2(to, from) < 0))
		result = -errno;
	close(to);
	if (result)
		return complain(EXIT_INPUT, "%s can't be read: %s", path, strerror(-result));
	return EXIT_DONE;
}
