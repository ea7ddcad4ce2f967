/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The preloaded library: netlink sockets and interface ioctls of an unmodified program, answered by
 * an emulator.
 *
 * What: it interposes the C library's functions by which programs talk netlink. A netlink socket is
 * a connection to the emulator (wire.h); netlink's own manners (addresses, port ids, peeking,
 * truncating, ENOBUFS) are put back on. Everything else goes on to the next library.
 *
 * Invariants:
 * - No table of descriptors: a descriptor tells by its name whether it is ours (wire_is_ours), so
 *   dup, fork, exec and passing descriptors work by themselves.
 * - Nothing of ours leaks: no EINTR, EAGAIN or SIGPIPE that netlink would not give, no descriptor,
 *   no change of errno on success.
 * - After a send every reply can be read: where the connection holds only part of the replies, the
 *   rest is pulled before "nothing to read" is believed.
 * - Without an emulator's path in the environment the library does nothing at all.
 *
 * Threading: any thread; sending, receiving and waiting may be done in signal handlers.
 */
#ifndef NICEMU_SHIM_SHIM_H
#define NICEMU_SHIM_SHIM_H

#include <nicemu/shim/call.h>

#include <poll.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SHIM_EXPORT __attribute__((visibility("default")))

/* The functions behind ours, those of the next library. */
#define SHIM_REAL(X)                                                                             \
	X(int, socket, (int, int, int))                                                          \
	X(int, bind, (int, const struct sockaddr *, socklen_t))                                  \
	X(int, connect, (int, const struct sockaddr *, socklen_t))                               \
	X(int, getsockname, (int, struct sockaddr *, socklen_t *))                               \
	X(int, getpeername, (int, struct sockaddr *, socklen_t *))                               \
	X(int, setsockopt, (int, int, int, const void *, socklen_t))                             \
	X(int, getsockopt, (int, int, int, void *, socklen_t *))                                 \
	X(ssize_t, send, (int, const void *, size_t, int))                                       \
	X(ssize_t, sendto, (int, const void *, size_t, int, const struct sockaddr *, socklen_t)) \
	X(ssize_t, sendmsg, (int, const struct msghdr *, int))                                   \
	X(int, sendmmsg, (int, struct mmsghdr *, unsigned int, int))                             \
	X(ssize_t, write, (int, const void *, size_t))                                           \
	X(ssize_t, writev, (int, const struct iovec *, int))                                     \
	X(ssize_t, recv, (int, void *, size_t, int))                                             \
	X(ssize_t, recvfrom, (int, void *, size_t, int, struct sockaddr *, socklen_t *))         \
	X(ssize_t, recvmsg, (int, struct msghdr *, int))                                         \
	X(int, recvmmsg, (int, struct mmsghdr *, unsigned int, int, struct timespec *))          \
	X(ssize_t, read, (int, void *, size_t))                                                  \
	X(ssize_t, readv, (int, const struct iovec *, int))                                      \
	X(int, select, (int, fd_set *, fd_set *, fd_set *, struct timeval *))                    \
	X(int, pselect,                                                                          \
	  (int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *))        \
	X(int, poll, (struct pollfd *, nfds_t, int))                                             \
	X(int, ppoll, (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *))      \
	X(int, epoll_ctl, (int, int, int, struct epoll_event *))                                 \
	X(int, epoll_wait, (int, struct epoll_event *, int, int))                                \
	X(int, epoll_pwait, (int, struct epoll_event *, int, int, const sigset_t *))             \
	X(int, epoll_pwait2,                                                                     \
	  (int, struct epoll_event *, int, const struct timespec *, const sigset_t *))           \
	X(int, ioctl, (int, unsigned long, void *))                                              \
	X(unsigned int, if_nametoindex, (const char *))                                          \
	X(char *, if_indextoname, (unsigned int, char *))                                        \
	X(struct if_nameindex *, if_nameindex, (void))                                           \
	X(void, if_freenameindex, (struct if_nameindex *))                                       \
	X(int, getifaddrs, (struct ifaddrs **))                                                  \
	X(void, freeifaddrs, (struct ifaddrs *))

struct if_nameindex;
struct ifaddrs;

struct shim_real {
#define X(type, name, arguments) type(*name) arguments;
	SHIM_REAL(X)
#undef X
};

const struct shim_real *shim_real(void);

/* Path of the emulator's socket as it was when the program was started, or NULL. */
const char *shim_emulator(void);

/* One of our netlink descriptors? Its protocol goes to *protocol (may be NULL). */
bool shim_is_netlink(int fd, int *protocol);

/* status >= 0 is returned, a negative errno becomes errno and -1. */
ssize_t shim_result(int64_t status);

/* Request without payload. */
int64_t shim_ask(int fd, uint32_t op, uint32_t a, uint32_t b);

/* If nothing can be read from fd at the moment, fetch what the emulator still holds. */
void shim_pull(int fd);

/* sendmsg and recvmsg of a netlink socket. */
ssize_t shim_send(int fd, const struct msghdr *message, int flags);
ssize_t shim_receive(int fd, struct msghdr *message, int flags);

/* The C library's answer to a buffer that is smaller than what is to be read into it. */
_Noreturn void __chk_fail(void);

#endif
