/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nlmsg.h"

#include <nicemu/control/genl.h>

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

static struct nlmsg_result handle(void *context, struct client *client,
				  const struct nlmsghdr *request)
{
	const struct genlmsghdr *command = mnl_nlmsg_get_payload(request);

	/* genl_rcv_msg: a type without a family is ENOENT; so is a name at the controller. */
	if (request->nlmsg_type != GENL_ID_CTRL)
		return (struct nlmsg_result){.error = -ENOENT};
	if (mnl_nlmsg_get_payload_len(request) < sizeof(*command))
		return (struct nlmsg_result){.error = -EINVAL};
	if (command->cmd != CTRL_CMD_GETFAMILY)
		return (struct nlmsg_result){.error = -EOPNOTSUPP};
	if ((request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) {
		nlmsg_done(client, request);
		return (struct nlmsg_result){.answered = true};
	}
	return (struct nlmsg_result){.error = -ENOENT};
}

static int64_t receive(void *context, struct client *client, const uint8_t *data, size_t size,
		       int *fds, size_t num_fds)
{
	return nlmsg_walk(client, data, size, handle, NULL);
}

static const struct server_endpoint endpoint = {
	.protocol = NETLINK_GENERIC,
	.receive = receive,
};

void genl_register(struct server *server)
{
	server_register(server, &endpoint);
}
