/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for descriptors. The emulator hands on what the connection takes; what it still holds is
 * pulled before the wait, so that "not readable" is the truth.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		const sigset_t *mask, size_t room);

/* One of ours is in some epoll set. Never taken back: it only costs time. */
static atomic_bool epoll_in_use;

static void pull_set(int count, const fd_set *set)
{
	/* Not FD_ISSET: programs give larger sets than its limit. */
	const unsigned long *words = (const unsigned long *)(const void *)set;
	const int bits = 8 * (int)sizeof(*words);

	if (!set || !shim_emulator())
		return;
	for (int fd = 0; fd < count; fd++)
		if (words[fd / bits] >> (fd % bits) & 1 && shim_is_netlink(fd, NULL))
			shim_pull(fd);
}

/* fds is read only; not const, as poll is declared to write to it. */
static void pull_array(struct pollfd *fds, nfds_t count)
{
	if (!fds || !shim_emulator())
		return;
	for (nfds_t i = 0; i < count; i++)
		if (fds[i].events & (POLLIN | POLLRDNORM) && shim_is_netlink(fds[i].fd, NULL))
			shim_pull(fds[i].fd);
}

SHIM_EXPORT int select(int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	pull_set(count, in);
	return shim_real()->select(count, in, out, except, timeout);
}

SHIM_EXPORT int pselect(int count, fd_set *in, fd_set *out, fd_set *except,
			const struct timespec *timeout, const sigset_t *mask)
{
	pull_set(count, in);
	return shim_real()->pselect(count, in, out, except, timeout, mask);
}

SHIM_EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	pull_array(fds, count);
	return shim_real()->poll(fds, count, timeout);
}

SHIM_EXPORT int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		      const sigset_t *mask)
{
	pull_array(fds, count);
	return shim_real()->ppoll(fds, count, timeout, mask);
}

SHIM_EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room)
{
	if (room / sizeof(*fds) < count)
		__chk_fail();
	pull_array(fds, count);
	return shim_real()->poll(fds, count, timeout);
}

SHIM_EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
			    const sigset_t *mask, size_t room)
{
	if (room / sizeof(*fds) < count)
		__chk_fail();
	pull_array(fds, count);
	return shim_real()->ppoll(fds, count, timeout, mask);
}

SHIM_EXPORT int epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
	if (what == EPOLL_CTL_ADD && shim_is_netlink(fd, NULL))
		atomic_store(&epoll_in_use, true);
	return shim_real()->epoll_ctl(epoll, what, fd, event);
}

/* The lines "tfd: 7 …" of an epoll descriptor's fdinfo name its members. */
static void pull_line(const char *line)
{
	static const char prefix[] = "tfd:";
	int fd;

	if (strncmp(line, prefix, sizeof(prefix) - 1) != 0)
		return;
	fd = atoi(line + sizeof(prefix) - 1);
	if (shim_is_netlink(fd, NULL))
		shim_pull(fd);
}

static void pull_epoll(int epoll)
{
	char path[64], text[4096], line[128];
	size_t length = 0;
	int saved = errno;
	ssize_t n;
	int fd;

	if (!atomic_load(&epoll_in_use))
		return;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epoll);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((n = shim_real()->read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] != '\n') {
				if (length < sizeof(line) - 1)
					line[length++] = text[i];
				continue;
			}
			line[length] = '\0';
			pull_line(line);
			length = 0;
		}
	}
	close(fd);
	errno = saved;
}

SHIM_EXPORT int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout)
{
	pull_epoll(epoll);
	return shim_real()->epoll_wait(epoll, events, count, timeout);
}

SHIM_EXPORT int epoll_pwait(int epoll, struct epoll_event *events, int count, int timeout,
			    const sigset_t *mask)
{
	pull_epoll(epoll);
	return shim_real()->epoll_pwait(epoll, events, count, timeout, mask);
}

SHIM_EXPORT int epoll_pwait2(int epoll, struct epoll_event *events, int count,
			     const struct timespec *timeout, const sigset_t *mask)
{
	pull_epoll(epoll);
	return shim_real()->epoll_pwait2(epoll, events, count, timeout, mask);
}
