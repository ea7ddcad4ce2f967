/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../nlmsg.h"
#include "change.h"
#include "ioctl.h"
#include "link.h"

#include <nicemu/base/buffer.h>
#include <nicemu/control/rt.h>
#include <nicemu/shim/wire.h>

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

struct rt {
	struct server *server;
	struct nic *nic;
	const struct rt_listener *listener;
	struct server_endpoint netlink, ioctls;
};

static void send_buffer(struct client *client, struct buffer *buffer)
{
	if (buffer->size)
		client_send(client, buffer->data, buffer->size);
	buffer->size = 0;
}

static struct nlmsg_result dump_links(const struct rt *rt, struct client *client,
				      const struct nlmsghdr *request)
{
	uint8_t room[LINK_MESSAGE_MAX] __attribute__((aligned(8)));
	struct buffer buffer = {0};
	struct link link;
	bool failed;

	for (size_t i = 0; link_at(rt->nic, i, &link); i++) {
		struct nlmsghdr *message;

		if (!link.name)
			continue;
		message = link_message(room, &link);
		message->nlmsg_flags = NLM_F_MULTI;
		message->nlmsg_seq = request->nlmsg_seq;
		message->nlmsg_pid = client_portid(client);
		if (buffer.size + message->nlmsg_len > NLMSG_DATAGRAM_SIZE)
			send_buffer(client, &buffer);
		buffer_append(&buffer, message, MNL_ALIGN(message->nlmsg_len));
	}
	send_buffer(client, &buffer);
	failed = buffer_failed(&buffer);
	buffer_clear(&buffer);
	if (failed)
		return (struct nlmsg_result){.error = -ENOBUFS};
	nlmsg_done(client, request);
	return (struct nlmsg_result){.answered = true};
}

struct asked {
	const char *name;
};

static int take_name(const struct nlattr *attribute, void *data)
{
	struct asked *asked = data;
	int type = mnl_attr_get_type(attribute);

	if (type != IFLA_IFNAME && type != IFLA_ALT_IFNAME)
		return MNL_CB_OK;
	if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0)
		return MNL_CB_ERROR;
	asked->name = mnl_attr_get_str(attribute);
	return MNL_CB_OK;
}

static struct nlmsg_result get_link(const struct rt *rt, struct client *client,
				    const struct nlmsghdr *request)
{
	uint8_t room[LINK_MESSAGE_MAX] __attribute__((aligned(8)));
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(request);
	struct asked asked = {0};
	struct nlmsghdr *message;
	struct link link;
	int error;

	if (mnl_nlmsg_get_payload_len(request) < sizeof(*info) ||
	    mnl_attr_parse(request, sizeof(*info), take_name, &asked) < 0)
		return (struct nlmsg_result){.error = -EINVAL};
	if (info->ifi_index > 0)
		error = link_by_ifindex(rt->nic, (uint32_t)info->ifi_index, &link);
	else if (asked.name)
		error = link_by_name(rt->nic, asked.name, &link);
	else
		error = -EINVAL;
	if (error)
		return (struct nlmsg_result){.error = error};
	message = link_message(room, &link);
	message->nlmsg_seq = request->nlmsg_seq;
	message->nlmsg_pid = client_portid(client);
	client_send(client, message, message->nlmsg_len);
	return (struct nlmsg_result){0};
}

/* ---- changes ---- */

static void tell_clients(struct rt *rt, int port, uint16_t type)
{
	uint8_t room[LINK_MESSAGE_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *message;
	struct link link;

	if (!server_has_listeners(rt->server, NETLINK_ROUTE, RTNLGRP_LINK) ||
	    !link_at(rt->nic, (size_t)port + 1, &link) || !link.name)
		return;
	message = link_message(room, &link);
	message->nlmsg_type = type;
	server_multicast(rt->server, NETLINK_ROUTE, RTNLGRP_LINK, message, message->nlmsg_len,
			 NULL);
}

static void tell_listener(struct rt *rt, void (*tell)(void *context, int port), int port)
{
	if (tell)
		tell(rt->listener->context, port);
}

static int carry_out(struct rt *rt, const struct change *change)
{
	static const struct rt_listener nobody;
	const struct rt_listener *listener = rt->listener ? rt->listener : &nobody;
	int port = change->port, error = 0;

	switch (change->what) {
	case CHANGE_NOTHING: return 0;
	case CHANGE_NAME:
		error = nic_rename_port(rt->nic, port, change->name);
		if (error)
			return error;
		tell_listener(rt, listener->renamed, port);
		break;
	case CHANGE_ADD:
		port = nic_add_port(rt->nic, change->name);
		if (port < 0)
			return port;
		tell_listener(rt, listener->came, port);
		break;
	case CHANGE_RETURN:
		error = nic_return_port(rt->nic, port, change->name);
		if (error)
			return error;
		tell_listener(rt, listener->came, port);
		break;
	case CHANGE_REMOVE:
		tell_listener(rt, listener->leaves, port);
		tell_clients(rt, port, RTM_DELLINK);
		nic_remove_port(rt->nic, port);
		return 0;
	}
	tell_clients(rt, port, RTM_NEWLINK);
	return 0;
}

static struct nlmsg_result change_link(struct rt *rt, const struct nlmsghdr *request)
{
	struct nlmsg_result result = {0};
	struct change change = {0};

	if (request->nlmsg_type == RTM_DELLINK)
		result.error = change_del_link(rt->nic, request, &change, &result.text);
	else
		result.error = change_new_link(rt->nic, request, &change, &result.text);
	if (!result.error)
		result.error = carry_out(rt, &change);
	return result;
}

static struct nlmsg_result handle(void *context, struct client *client,
				  const struct nlmsghdr *request)
{
	const struct rtgenmsg *general = mnl_nlmsg_get_payload(request);
	bool is_get = (request->nlmsg_type & 3) == 2; /* NEW, DEL, GET, SET of each kind */
	bool is_dump = is_get && request->nlmsg_flags & NLM_F_DUMP;

	if (request->nlmsg_type < RTM_BASE || request->nlmsg_type > RTM_MAX)
		return (struct nlmsg_result){.error = -EOPNOTSUPP};
	/* As in rtnetlink_rcv_msg: too short for a family is done and forgotten. */
	if (mnl_nlmsg_get_payload_len(request) < sizeof(*general))
		return (struct nlmsg_result){0};
	if (request->nlmsg_type == RTM_GETLINK && general->rtgen_family != AF_BRIDGE)
		return is_dump ? dump_links(context, client, request)
			       : get_link(context, client, request);
	if ((request->nlmsg_type == RTM_NEWLINK || request->nlmsg_type == RTM_SETLINK ||
	     request->nlmsg_type == RTM_DELLINK) &&
	    general->rtgen_family != AF_BRIDGE)
		return change_link(context, request);
	if (is_dump) {
		nlmsg_done(client, request);
		return (struct nlmsg_result){.answered = true};
	}
	return (struct nlmsg_result){.error = -EOPNOTSUPP,
				     .text = is_get ? "nicemu: only links can be asked for"
						    : "nicemu: only links can be changed"};
}

static int64_t receive(void *context, struct client *client, const uint8_t *data, size_t size,
		       int *fds, size_t num_fds)
{
	return nlmsg_walk(client, data, size, handle, context);
}

static int64_t receive_ioctl(void *context, uint32_t request, uint8_t *data, size_t size)
{
	const struct rt *rt = context;

	return rt_ioctl(rt->nic, request, data, size);
}

struct rt *rt_create(struct server *server, struct nic *nic)
{
	struct rt *rt = calloc(1, sizeof(*rt));

	if (!rt)
		return NULL;
	rt->server = server;
	rt->nic = nic;
	rt->netlink = (struct server_endpoint){
		.protocol = NETLINK_ROUTE, .receive = receive, .context = rt};
	rt->ioctls = (struct server_endpoint){
		.protocol = SHIM_PROTOCOL_IOCTL, .ioctl = receive_ioctl, .context = rt};
	server_register(server, &rt->netlink);
	server_register(server, &rt->ioctls);
	return rt;
}

void rt_destroy(struct rt *rt)
{
	free(rt);
}

void rt_port_added(struct rt *rt, int port)
{
	tell_clients(rt, port, RTM_NEWLINK);
}

void rt_listen(struct rt *rt, const struct rt_listener *listener)
{
	rt->listener = listener;
}
