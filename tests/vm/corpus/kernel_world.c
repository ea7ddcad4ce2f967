/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world (tests/control/nft_world.h) whose other end is the running kernel: messages go to its
 * nf_tables, and the NIC driver is nsim_nft_offload.ko with this program behind it, which refuses
 * what it is told to refuse and writes down what it was told. Its devices are the ports of a
 * netdevsim device.
 *
 * A commit waits for the driver's answers, so a thread of its own reads the events.
 */
#include "nft_world.h"

#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NSIM = 10, PORTS = 4 };

static struct mnl_socket *netlink;
static bool devices_changed = true;

static void fault(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return written < 0 ? -1 : 0;
}

static void must_write(const char *path, const char *text)
{
	if (write_file(path, text))
		fault(path);
}

/* ---- netlink ---- */

static void open_netlink(void)
{
	netlink = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!netlink || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID))
		fault("netlink");
	mnl_socket_setsockopt(netlink, NETLINK_EXT_ACK, &(int){1}, sizeof(int));
	/* Without the original message in an error, as the emulated server with cap_ack unset has
	 * it. */
	mnl_socket_setsockopt(netlink, NETLINK_CAP_ACK, &(int){0}, sizeof(int));
}

/* The kernel has answered when sendmsg returns. */
void world_send(struct world *w, const void *data, size_t size)
{
	static char answer[1 << 16];
	ssize_t got;

	w->received.size = 0;
	if (mnl_socket_sendto(netlink, data, size) < 0)
		fault("sending");
	while ((got = recv(mnl_socket_get_fd(netlink), answer, sizeof(answer), MSG_DONTWAIT)) > 0)
		buffer_append(&w->received, answer, (size_t)got);
	events_settle(w);
}

static void remove_table(struct world *w)
{
	struct nlmsghdr *nlh;

	batch_begin(w);
	nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE, NFPROTO_NETDEV, 0);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "t");
	batch_add(w, nlh);
	batch_send(w, true);
}

/* ---- devices ---- */

static void make_devices(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", NSIM);
	if (write_file("/sys/bus/netdevsim/del_device", text) && errno != ENOENT)
		fault("del_device");
	snprintf(text, sizeof(text), "%d %d", NSIM, PORTS);
	must_write("/sys/bus/netdevsim/new_device", text);
	for (int i = 0; i < PORTS; i++) {
		snprintf(text, sizeof(text), "eth%d", i);
		if (!if_nametoindex(text))
			fault(text);
	}
	devices_changed = false;
}

/* Port N of the device has the name ethN. */
static void port_command(const char *file, const char *device)
{
	char path[96];

	if (strncmp(device, "eth", 3)) {
		errno = EINVAL;
		fault(device);
	}
	snprintf(path, sizeof(path), "/sys/bus/netdevsim/devices/netdevsim%d/%s", NSIM, file);
	must_write(path, device + 3);
	devices_changed = true;
}

void world_gone(struct world *w, const char *device)
{
	size_t used;

	port_command("del_port", device);
	events_settle(w);
	used = strlen(w->commands);
	snprintf(w->commands + used, sizeof(w->commands) - used, "gone %s\n", device);
}

void world_came(struct world *w, const char *device)
{
	port_command("new_port", device);
	events_settle(w);
}

void world_renamed(struct world *w, const char *device, const char *name)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	snprintf(request.ifr_newname, sizeof(request.ifr_newname), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCSIFNAME, &request))
		fault("SIOCSIFNAME");
	close(fd);
	devices_changed = true;
	events_settle(w);
}

void world_totals(struct world *w, uint64_t packets)
{
	w->packets = packets;
	events_settle(w);
}

/* ---- the world ---- */

void world_open(struct world *w, const char *kernel)
{
	memset(w, 0, sizeof(*w));
	if (!netlink) {
		open_netlink();
		events_start(w);
	}
	remove_table(w);
	if (*errors(w) && strncmp(errors(w), "1:ENOENT", 8))
		devices_changed = true; /* what is left of it goes with its devices */
	if (devices_changed) {
		make_devices();
		remove_table(w);
	}
	events_settle(w);
	events_forget();
	w->commands[0] = '\0';
}

void world_close(struct world *w)
{
	remove_table(w);
	buffer_clear(&w->received);
}
