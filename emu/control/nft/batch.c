/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams of clients, taken apart as nfnetlink does: single requests, and batches.
 *
 * In a batch every message is handled whatever became of the others; errors are collected and
 * delivered at the end. A message that cannot be a message ends the batch: what was there is undone
 * and nothing is answered. Without BATCH_END all is undone, errors are answered (a check).
 */
#include "internal.h"
#include "judge.h"
#include "receive.h"

#include <errno.h>
#include <stdlib.h>

enum { ATTRIBUTES_MAX = 64, TRIES_MAX = 8 };
static const size_t smallest = NLMSG_HDRLEN + sizeof(struct nfgenmsg);

/* An acknowledgement to send at the end of the batch. */
struct pending_ack {
	const struct nlmsghdr *nlh;
	int error;
	struct nft_extack extack;
};

struct batch {
	struct nft *nft;
	struct client *client;
	const struct nlmsghdr *first; /* after BATCH_BEGIN; errors of the commit are told there */
	const uint8_t *data;          /* behind BATCH_BEGIN */
	size_t size;
	struct buffer acks; /* struct pending_ack */
	bool failed, done;
	uint32_t messages;          /* so far */
	int tries;                  /* of at most TRIES_MAX, this one included */
	const struct nlmsghdr *end; /* BATCH_END */
};

static const struct nlmsghdr *message_at(const uint8_t *data, size_t left)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)data;

	if (left < NLMSG_HDRLEN || nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > left)
		return NULL;
	return nlh;
}

static size_t step_over(const struct nlmsghdr *nlh, size_t left)
{
	size_t step = NLMSG_ALIGN(nlh->nlmsg_len);

	return step < left ? step : left;
}

static struct nft_call make_call(struct nft *nft, struct client *client, const struct nlmsghdr *nlh)
{
	struct nft_call call = {
		.nft = nft,
		.client = client,
		.nlh = nlh,
		.portid = client_portid(client),
		.sequence = nlh->nlmsg_seq,
		.flags = nlh->nlmsg_flags,
		.message = nlh->nlmsg_type & 0xff,
		.reason = {.expression = -1},
	};

	if (nlh->nlmsg_len >= smallest)
		call.family = ((const struct nfgenmsg *)NLMSG_DATA(nlh))->nfgen_family;
	return call;
}

static int parse_attributes(struct nft_call *call, const struct nft_message_type *type,
			    const struct nlattr **table, struct nft_extack *extack)
{
	if (type->max_attribute >= ATTRIBUTES_MAX)
		return -ENOMEM;
	call->attrs = table;
	return nft_attrs_parse(table, type->max_attribute, (const uint8_t *)call->nlh + smallest,
			       call->nlh->nlmsg_len - smallest, type->policy, call->nft->env.kernel,
			       extack);
}

/* ---- outside a batch ---- */

static int handle_request(struct nft_call *call)
{
	const struct nlattr *table[ATTRIBUTES_MAX];
	const struct nft_message_type *type;
	int error;

	if (call->nlh->nlmsg_len < smallest)
		return 0;
	if (call->nlh->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return -EINVAL;
	type = nft_message_find(call->message);
	if (!type)
		return -EINVAL;
	error = parse_attributes(call, type, table, &call->extack);
	if (!error)
		error = type->batch ? -EINVAL : type->handle(call);
	call->attrs = NULL;
	return error;
}

static void receive_requests(struct nft *nft, struct client *client, const uint8_t *data,
			     size_t size)
{
	const struct nlmsghdr *nlh;

	while ((nlh = message_at(data, size))) {
		struct nft_call call = make_call(nft, client, nlh);
		size_t step = step_over(nlh, size);
		int error = 0;

		if (nlh->nlmsg_flags & NLM_F_REQUEST && nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			error = handle_request(&call);
		if (error != -EINTR && (error || nlh->nlmsg_flags & NLM_F_ACK))
			nft_acknowledge(&call, error);
		data += step;
		size -= step;
	}
}

/* ---- inside a batch ---- */

int nft_handle_message(struct nft_call *call)
{
	const struct nlattr *table[ATTRIBUTES_MAX];
	const struct nft_message_type *type;
	int error;

	if (!(call->flags & NLM_F_REQUEST) || call->nlh->nlmsg_type < NLMSG_MIN_TYPE ||
	    call->nlh->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return -EINVAL;
	type = nft_message_find(call->message);
	if (!type || !type->batch)
		return -EINVAL;
	if (call->message >= NICEMU_MSG_DESTROYTABLE &&
	    call->message <= NICEMU_MSG_DESTROYFLOWTABLE &&
	    !call->nft->env.kernel->destroy_messages)
		return -EINVAL;
	error = parse_attributes(call, type, table,
				 call->nft->env.kernel->batch_policy_extack ? &call->extack : NULL);
	if (!error)
		error = type->handle(call);
	if (error && error != -EAGAIN) {
		nft_refuse(call, error, false);
		nft_check_failed(call, error);
	}
	call->attrs = NULL;
	return error;
}

static bool add_ack(struct batch *batch, const struct nft_call *call, int error)
{
	struct pending_ack ack = {.nlh = call->nlh, .error = error, .extack = call->extack};

	buffer_append(&batch->acks, &ack, sizeof(ack));
	return !buffer_failed(&batch->acks);
}

static int carry_out(struct nft_call *call)
{
	const struct nft *nft = call->nft;

	return nft->check   ? nft_check_message(call)
	       : nft->judge ? nft_judge_message(call)
			    : nft_handle_message(call);
}

/* In front of an error: where the message as a whole stands. */
static bool add_place(struct batch *batch, const struct nft_call *call)
{
	struct nft_call whole = *call;

	if (batch->nft->check != NFT_CHECK_LOCATE || !call->verdicts)
		return true;
	whole.extack = (struct nft_extack){0};
	return add_ack(batch, &whole, -NFT_PLACE_WHOLE);
}

static bool answer(struct batch *batch, const struct nft_call *call, int error)
{
	if (!add_place(batch, call))
		return false;
	return !(error || call->nlh->nlmsg_flags & NLM_F_ACK) || add_ack(batch, call, error);
}

/* False: the batch ends here. */
static bool take_message(struct batch *batch, const struct nlmsghdr *nlh)
{
	struct nft_call call;
	int error;

	if (!nlh || nlh->nlmsg_len < smallest ||
	    (nlh->nlmsg_flags & NLM_F_REQUEST && nlh->nlmsg_type == NFNL_MSG_BATCH_BEGIN)) {
		batch->acks.size = 0;
		batch->failed = true;
		return false;
	}
	if (nlh->nlmsg_flags & NLM_F_REQUEST && nlh->nlmsg_type == NFNL_MSG_BATCH_END) {
		batch->done = true;
		batch->end = nlh;
		return false;
	}
	call = make_call(batch->nft, batch->client, nlh);
	call.number = batch->messages++;
	error = carry_out(&call);
	if (error)
		batch->failed = true;
	if (!answer(batch, &call, error)) {
		batch->acks.size = 0;
		batch->failed = true;
		return false;
	}
	return true;
}

static void take_messages(struct batch *batch)
{
	const uint8_t *data = batch->data;
	size_t left = batch->size;

	batch->failed = batch->done = false;
	batch->messages = 0;
	nft_check_begin(batch->nft);
	nft_refusals_begin(batch->nft);
	while (left >= NLMSG_HDRLEN) {
		const struct nlmsghdr *nlh = message_at(data, left);

		if (!take_message(batch, nlh))
			break;
		data += step_over(nlh, left);
		left -= step_over(nlh, left);
	}
}

static void undo_batch(struct nft *nft)
{
	struct nft_table *table;

	nft_withdraw_all(nft);
	nft_abort(nft, NULL);
	nft->validate_all = false;
	DL_FOREACH (nft->tables, table) {
		table->validate_state = NFT_VALIDATE_SKIP;
		table->invalid = false;
	}
}

/* The commit's error goes out before all acknowledgements. */
static int finish(struct batch *batch)
{
	struct nft *nft = batch->nft;
	struct nft_call call;
	int error;

	if (batch->failed || nft->judge || nft->check == NFT_CHECK_LOCATE || !batch->first)
		return 0;
	call = make_call(nft, batch->client, batch->first);
	if (!batch->done) {
		error = nft_validate(nft);
		if (!error)
			nft_collect_warnings(nft);
		return error;
	}
	error = nft_commit(&call);
	if (error && (error != -EAGAIN || batch->tries == TRIES_MAX)) {
		nft_refuse(&call, error, true);
		nft_acknowledge(&call, error);
	}
	if (!error && batch->end->nlmsg_flags & NLM_F_ACK) {
		call = make_call(nft, batch->client, batch->end);
		add_ack(batch, &call, 0);
	}
	return error;
}

static void deliver_acks(struct batch *batch)
{
	const struct pending_ack *acks = (const struct pending_ack *)batch->acks.data;

	for (size_t i = 0; i < batch->acks.size / sizeof(*acks); i++) {
		struct nft_call call = make_call(batch->nft, batch->client, acks[i].nlh);

		call.extack = acks[i].extack;
		nft_acknowledge(&call, acks[i].error);
	}
	buffer_clear(&batch->acks);
}

static void run_batch(struct batch *batch, const struct nft_call *begin)
{
	struct nft *nft = batch->nft;
	int error;

	/*
	 * Once for jumps: with validate_all no validation is left to the end. More often only for a
	 * NIC that says EAGAIN; a kernel has no end there.
	 */
	for (batch->tries = 1;; batch->tries++) {
		batch->acks.size = 0;
		if (begin->flags & NLM_F_ACK)
			add_ack(batch, begin, 0);
		take_messages(batch);
		error = finish(batch);
		if (error == -EAGAIN && batch->tries < TRIES_MAX) {
			bool again = nft->validate_all;

			nft_withdraw_all(nft);
			nft_abort(nft, NULL);
			nft_ids_clear(nft);
			nft->validate_all = again;
			continue;
		}
		break;
	}
	undo_batch(nft);
	nft_ids_clear(nft);
	deliver_acks(batch);
}

static const struct nft_policy begin_policy[NFNL_BATCH_MAX + 1] = {
	[NFNL_BATCH_GENID] = {.kind = NFT_ATTR_U32},
};

static int check_begin(struct nft *nft, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *genmsg = NLMSG_DATA(nlh);
	const struct nlattr *attrs[NFNL_BATCH_MAX + 1];
	uint16_t subsystem = ntohs(genmsg->res_id);
	uint32_t generation = 0;
	int error;

	error = nft_attrs_parse(attrs, NFNL_BATCH_MAX, (const uint8_t *)nlh + smallest,
				nlh->nlmsg_len - smallest, begin_policy, NULL, NULL);
	if (error)
		return error;
	if (attrs[NFNL_BATCH_GENID])
		generation = nft_attr_be32(attrs[NFNL_BATCH_GENID]);
	/* An old nft wrote it in host order. */
	if (genmsg->res_id == NFNL_SUBSYS_NFTABLES)
		subsystem = NFNL_SUBSYS_NFTABLES;
	if (subsystem >= NFNL_SUBSYS_COUNT)
		return -EINVAL;
	if (subsystem != NFNL_SUBSYS_NFTABLES)
		return -EOPNOTSUPP;
	return generation && generation != nft->generation ? -ERESTART : 0;
}

static void receive_batch(struct nft *nft, struct client *client, const struct nlmsghdr *nlh,
			  size_t size)
{
	struct nft_call begin = make_call(nft, client, nlh);
	size_t step = step_over(nlh, size);
	struct batch batch = {
		.nft = nft,
		.client = client,
		.data = (const uint8_t *)nlh + step,
		.size = size - step,
	};
	int error;

	if (nlh->nlmsg_len < smallest)
		return;
	error = check_begin(nft, nlh);
	if (error) {
		nft_acknowledge(&begin, error);
		return;
	}
	batch.first = message_at(batch.data, batch.size);
	run_batch(&batch, &begin);
}

int64_t nft_receive(void *context, struct client *client, const uint8_t *data, size_t size,
		    int *fds, size_t num_fds)
{
	uint8_t *aligned = NULL;
	const struct nlmsghdr *nlh;

	/* Headers and attributes are read in place. */
	if ((uintptr_t)data % NLMSG_ALIGNTO) {
		aligned = malloc(size ? size : 1);
		if (!aligned)
			return -ENOBUFS;
		data = memcpy(aligned, data, size);
	}
	nlh = message_at(data, size);
	if (nlh && nlh->nlmsg_type == NFNL_MSG_BATCH_BEGIN)
		receive_batch(context, client, nlh, size);
	else if (nlh)
		receive_requests(context, client, data, size);
	free(aligned);
	return (int64_t)size;
}
