/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nlmsg.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

static void put_text(struct nlmsghdr *message, uint32_t bad_attribute, const char *text)
{
	if (text)
		mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, text);
	if (bad_attribute)
		mnl_attr_put_u32(message, NLMSGERR_ATTR_OFFS, bad_attribute);
}

void nlmsg_ack(struct client *client, const struct nlmsghdr *request, int error,
	       uint32_t bad_attribute, const char *text)
{
	bool capped = !error || client_option(client, NETLINK_CAP_ACK);
	bool extended = client_option(client, NETLINK_EXT_ACK) && (text || bad_attribute);
	size_t echo = capped ? 0 : request->nlmsg_len - sizeof(*request);
	size_t text_size = text ? strlen(text) + 1 : 0;
	struct nlmsghdr *message;
	struct nlmsgerr *body;

	message = calloc(1, MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(*body) + echo) +
				    MNL_ALIGN(text_size) + 32);
	if (!message)
		return;
	mnl_nlmsg_put_header(message);
	message->nlmsg_type = NLMSG_ERROR;
	message->nlmsg_flags = (capped ? NLM_F_CAPPED : 0) | (extended ? NLM_F_ACK_TLVS : 0);
	message->nlmsg_seq = request->nlmsg_seq;
	message->nlmsg_pid = client_portid(client);
	body = mnl_nlmsg_put_extra_header(message, sizeof(*body) + echo);
	body->error = error;
	memcpy(&body->msg, request, sizeof(*request) + echo);
	if (extended)
		put_text(message, bad_attribute, text);
	client_send(client, message, message->nlmsg_len);
	free(message);
}

void nlmsg_done(struct client *client, const struct nlmsghdr *request)
{
	struct {
		struct nlmsghdr header;
		int32_t error;
	} done = {
		.header = {.nlmsg_len = sizeof(done),
			   .nlmsg_type = NLMSG_DONE,
			   .nlmsg_flags = NLM_F_MULTI,
			   .nlmsg_seq = request->nlmsg_seq,
			   .nlmsg_pid = client_portid(client)},
	};

	client_send(client, &done, sizeof(done));
}

static void handle_one(struct client *client, const struct nlmsghdr *request, nlmsg_fn handle,
		       void *context)
{
	struct nlmsg_result result = {0};

	/* Only requests; control messages (NLMSG_NOOP …) carry nothing to do. */
	if (request->nlmsg_flags & NLM_F_REQUEST && request->nlmsg_type >= NLMSG_MIN_TYPE)
		result = handle(context, client, request);
	if (result.error || (request->nlmsg_flags & NLM_F_ACK && !result.answered))
		nlmsg_ack(client, request, result.error, 0, result.text);
}

int64_t nlmsg_walk(struct client *client, const uint8_t *data, size_t size, nlmsg_fn handle,
		   void *context)
{
	size_t at = 0;

	while (size - at >= sizeof(struct nlmsghdr)) {
		/* Payloads start aligned, and every message is padded to 4 bytes. */
		const struct nlmsghdr *request = (const void *)(data + at);
		size_t length = request->nlmsg_len;

		if (length < sizeof(*request) || length > size - at)
			break;
		handle_one(client, request, handle, context);
		at += MNL_ALIGN(length) < size - at ? MNL_ALIGN(length) : size - at;
	}
	return (int64_t)size;
}
