/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Criterion runs every test in a process of its own, which begins with executing the test program
 * again. A kernel of another architecture can't; this execve, which goes into the test program and
 * so comes before the C library's, hands the program to the emulator that it is already run by.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 256 };

static int is_this_program(const char *path)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		return 0;
	self[length] = 0;
	return strcmp(path, self) == 0;
}

int execve(const char *path, char *const arguments[], char *const environment[])
{
	const char *emulated[ARGUMENTS_MAX] = {NICEMU_EMULATOR, "-L", NICEMU_SYSROOT, path};
	int used = 4;

	if (!is_this_program(path))
		return (int)syscall(SYS_execve, path, arguments, environment);
	for (int i = 1; arguments[0] && arguments[i]; i++) {
		if (used == ARGUMENTS_MAX - 1) {
			errno = E2BIG;
			return -1;
		}
		emulated[used++] = arguments[i];
	}
	return (int)syscall(SYS_execve, NICEMU_EMULATOR, emulated, environment);
}
