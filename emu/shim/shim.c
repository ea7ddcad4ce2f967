/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static struct shim_real real;
static char emulator[sizeof(((struct sockaddr_un *)0)->sun_path)];
static atomic_bool ready;

/* POSIX lets dlsym's result be a function; ISO C has no cast for it. */
static void look_up(void *slot, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	memcpy(slot, &symbol, sizeof(symbol));
}

/* Before main; and earlier still where another library's constructor calls one of ours. */
__attribute__((constructor)) static void initialise(void)
{
	const char *path = getenv(SHIM_SOCKET_ENV);

	if (atomic_load(&ready))
		return;
#define X(type, name, arguments) look_up(&real.name, #name);
	SHIM_REAL(X)
#undef X
	if (path && strlen(path) < sizeof(emulator))
		strcpy(emulator, path);
	atomic_store(&ready, true);
}

const struct shim_real *shim_real(void)
{
	if (!atomic_load_explicit(&ready, memory_order_acquire))
		initialise();
	return &real;
}

const char *shim_emulator(void)
{
	shim_real();
	return *emulator ? emulator : NULL;
}

bool shim_is_netlink(int fd, int *protocol)
{
	int found;

	if (!shim_emulator() || !wire_is_ours(fd, &found) || found >= SHIM_PROTOCOL_IOCTL)
		return false;
	if (protocol)
		*protocol = found;
	return true;
}

ssize_t shim_result(int64_t status)
{
	if (status >= 0)
		return (ssize_t)status;
	errno = (int)-status;
	return -1;
}

int64_t shim_ask(int fd, uint32_t op, uint32_t a, uint32_t b)
{
	return wire_call(fd, &(struct wire_call){.op = op, .a = a, .b = b});
}

void shim_pull(int fd)
{
	int saved = errno;
	char byte;

	if (shim_real()->recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN)
		shim_ask(fd, SHIM_PULL, 0, 0);
	errno = saved;
}
