/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preloaded into nicemu, it makes its HELLO that of a version to come: the module is then the older
 * one. */
#define _GNU_SOURCE
#include "nicemu/kernel/wire.h"
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t write(int fd, const void *data, size_t size)
{
	struct kmod_hello hello;

	if (size != sizeof(hello))
		return syscall(SYS_write, fd, data, size);
	memcpy(&hello, data, sizeof(hello));
	if (hello.header.type == KMOD_HELLO && hello.header.length == size)
		hello.version = KMOD_VERSION + 1;
	return syscall(SYS_write, fd, &hello, size);
}
