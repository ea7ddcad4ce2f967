/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which errno for what, and why:
 * - socket(AF_NETLINK): EAFNOSUPPORT. Programs print "Address family not supported", which is what
 *   is going on; EPERM would send the user looking for root. The C library's own look-ups take it
 * as a kernel without netlink and go on.
 * - sockets on a link (AF_PACKET, also in its old spelling, AF_XDP): EAFNOSUPPORT too. They go by
 * the number of a link, and the number that a program knows is the emulator's: another link here.
 * - interface ioctls, those of routes and of wireless links, and those that make links of tun and
 *   ppp: EOPNOTSUPP, as a device without that operation.
 * - bpf: EPERM, as for users without rights. It attaches programs to links and netfilter hooks.
 * - pidfd_getfd: EPERM. It takes sockets out of processes in front of the door.
 * - io_uring_setup: ENOSYS, on which programs fall back to plain system calls. (A ring opens
 * sockets without a system call that a filter could see.)
 * - the socket options that load and list iptables, arptables and ebtables rules: ENOPROTOOPT, as a
 *   kernel without them ("Table does not exist").
 * - system calls of another architecture (i386 and x32 on x86-64): the process is killed by SIGSYS.
 *   An errno would leave a 32-bit program with no system call that works, to die of something
 *   misleading.
 *
 * A user and network namespace around the program would be a second wall. It is left out: without
 * root it needs a user namespace, in which the program sees itself as another user, files change
 * owners, su and ping stop working, and many systems refuse it; and what it would catch, a real
 * network that is reached without netlink, is not what the door is for.
 */
#include "door.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/ppp-ioctl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel takes these arguments as 32-bit numbers: higher bits must not decide. */
#define LOW32(mask) ((uint64_t)(uint32_t)(mask))

static int refuse_sockets(scmp_filter_ctx filter)
{
	static const int domains[] = {AF_NETLINK, AF_PACKET, AF_XDP};
	int error = 0;

	for (size_t i = 0; i < sizeof(domains) / sizeof(*domains) && !error; i++)
		error = seccomp_rule_add(
			filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, LOW32(~0u), (uint64_t)domains[i]));
	if (error)
		return error;
	/* The kernel makes an AF_PACKET socket of it. */
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 2,
				SCMP_A0(SCMP_CMP_MASKED_EQ, LOW32(~0u), AF_INET),
				SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_PACKET));
}

static int refuse_ioctls(scmp_filter_ctx filter)
{
	/* All numbers that are equal to number where mask has bits. */
	static const struct {
		uint32_t mask, number;
	} ioctls[] = {
		{~0u, SIOCADDRT}, {~0u, SIOCDELRT},
		{~0u, SIOCRTMSG}, {~0xfu, 0x8910}, /* 0x8910 to 0x89ff */
		{~0x1fu, 0x8920}, {~0x3fu, 0x8940},
		{~0x7fu, 0x8980}, {~0xffu, 0x8b00}, /* wireless */
		{~0u, TUNSETIFF}, {~0u, PPPIOCNEWUNIT},
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(ioctls) / sizeof(*ioctls) && !error; i++)
		error = seccomp_rule_add(
			filter, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, LOW32(ioctls[i].mask), ioctls[i].number));
	return error;
}

/* What iptables, ip6tables, arptables and ebtables load with (set) and list with (get). */
static int refuse_table_options(scmp_filter_ctx filter)
{
	static const struct {
		int level, option;
	} options[] = {{IPPROTO_IP, 64},   {IPPROTO_IP, 65},  {IPPROTO_IP, 96},  {IPPROTO_IP, 97},
		       {IPPROTO_IP, 128},  {IPPROTO_IP, 129}, {IPPROTO_IP, 130}, {IPPROTO_IP, 131},
		       {IPPROTO_IPV6, 64}, {IPPROTO_IPV6, 65}};
	const int calls[] = {SCMP_SYS(setsockopt), SCMP_SYS(getsockopt)};
	int error = 0;

	for (size_t i = 0; i < 2 * sizeof(options) / sizeof(*options) && !error; i++)
		error = seccomp_rule_add(
			filter, SCMP_ACT_ERRNO(ENOPROTOOPT), calls[i % 2], 2,
			SCMP_A1(SCMP_CMP_MASKED_EQ, LOW32(~0u), (uint64_t)options[i / 2].level),
			SCMP_A2(SCMP_CMP_MASKED_EQ, LOW32(~0u), (uint64_t)options[i / 2].option));
	return error;
}

static int refuse_calls(scmp_filter_ctx filter)
{
	const struct {
		int call, error;
	} calls[] = {{SCMP_SYS(io_uring_setup), ENOSYS},
		     {SCMP_SYS(bpf), EPERM},
		     {SCMP_SYS(pidfd_getfd), EPERM}};
	int error = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)calls[i].error),
					 calls[i].call, 0);
	return error;
}

static int load_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error;

	if (!filter)
		return -ENOMEM;
	error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!error)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1);
	if (!error)
		error = refuse_sockets(filter);
	if (!error)
		error = refuse_ioctls(filter);
	if (!error)
		error = refuse_table_options(filter);
	if (!error)
		error = refuse_calls(filter);
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

static bool is_way_out(int fd)
{
	char path[64], target[64];
	int domain = 0;
	socklen_t size = sizeof(domain);
	ssize_t n;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0)
		return domain == AF_NETLINK || domain == AF_PACKET || domain == AF_XDP;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return strcmp(target, "anon_inode:[io_uring]") == 0;
}

/* Descriptors that were opened before there was a door. */
static void close_inherited(void)
{
	DIR *folder = opendir("/proc/self/fd");
	struct rlimit limit = {.rlim_cur = 65536};
	struct dirent *entry;

	if (folder) {
		while ((entry = readdir(folder))) {
			int fd = atoi(entry->d_name);

			if (fd != dirfd(folder) && is_way_out(fd))
				close(fd);
		}
		closedir(folder);
		return;
	}
	getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 0; fd < (int)limit.rlim_cur && fd < 1 << 20; fd++)
		if (is_way_out(fd))
			close(fd);
}

int door_close(void)
{
	close_inherited();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return load_filter();
}
