/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Check mode: each message of a batch is put to the NIC at once, and what is refused becomes a
 * verdict instead of an error. See nft.h.
 */
#include "judge.h"

#include <errno.h>
#include <stdlib.h>

enum { VERDICTS_MAX = 1 << 20 };

/* An offload chain or a flowtable that was left out: what names it is left out, too. */
struct nft_refused_chain {
	struct nft_refused_chain *next;
	uint8_t family;
	bool is_flowtable;
	bool committed; /* with its batch */
	char *table, *name;
};

/* ---- verdicts ---- */

static void free_verdict(const struct nft_verdict *verdict)
{
	free((char *)verdict->table);
	free((char *)verdict->chain);
	free((char *)verdict->expression);
	free((struct reason *)verdict->reason);
}

void nft_clear_verdicts(struct nft *nft)
{
	for (size_t i = 0; i < nft->num_verdicts; i++)
		free_verdict(&nft->verdicts[i]);
	free(nft->verdicts);
	nft->verdicts = NULL;
	nft->num_verdicts = nft->room_verdicts = nft->lost_verdicts = 0;
}

size_t nft_num_verdicts(const struct nft *nft)
{
	return nft->num_verdicts;
}

size_t nft_lost_verdicts(const struct nft *nft)
{
	return nft->lost_verdicts;
}

const struct nft_verdict *nft_verdict(const struct nft *nft, size_t index)
{
	return index < nft->num_verdicts ? &nft->verdicts[index] : NULL;
}

static bool make_room(struct nft *nft)
{
	size_t room = nft->room_verdicts ? 2 * nft->room_verdicts : 64;
	struct nft_verdict *more;

	if (nft->num_verdicts < nft->room_verdicts)
		return true;
	more = nft->num_verdicts < VERDICTS_MAX ? reallocarray(nft->verdicts, room, sizeof(*more))
						: NULL;
	if (!more)
		return false;
	nft->verdicts = more;
	nft->room_verdicts = room;
	return true;
}

static char *copy_text(const char *text)
{
	return text && *text ? strdup(text) : NULL;
}

/* What names the message's object; of a chain or rule the chain, of a flowtable itself. */
static char *name_of(const struct nft_call *call)
{
	const struct nlattr *attr = call->attrs ? nft_chain_attr(call) : NULL;

	if (call->chain)
		return strdup(call->chain->name);
	if (call->attrs && call->message == NFT_MSG_NEWFLOWTABLE)
		attr = call->attrs[NFTA_FLOWTABLE_NAME];
	return attr ? nft_attr_strdup(attr) : NULL;
}

static char *table_of(const struct nft_call *call)
{
	if (call->table)
		return strdup(call->table->name);
	/* NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE …: all are attribute 1. */
	return call->attrs && call->attrs[1] ? nft_attr_strdup(call->attrs[1]) : NULL;
}

/* Add the call's verdict; like: kind, port, handle. error: a negative errno that reason is about,
 * or 0. */
static void add(struct nft_call *call, const struct nft_verdict *like, int error,
		const struct reason *reason)
{
	static const bool is_placed[NFT_VERDICT_KINDS] = {
		[NFT_VERDICT_RULE] = true,      [NFT_VERDICT_CHAIN] = true,
		[NFT_VERDICT_FLOWTABLE] = true, [NFT_VERDICT_MESSAGE] = true,
		[NFT_VERDICT_PLACE] = true,
	};
	struct nft *nft = call->nft;
	struct nft_verdict *verdict;

	if (!make_room(nft)) {
		nft->lost_verdicts++;
		return;
	}
	verdict = &nft->verdicts[nft->num_verdicts++];
	*verdict = *like;
	verdict->message = call->number;
	verdict->family = nft_family_name(call->table ? call->table->family : call->family);
	verdict->table = table_of(call);
	verdict->chain = name_of(call);
	verdict->expression = error ? copy_text(call->expression) : NULL;
	verdict->reason = error ? nft_reason_copy(reason, error) : NULL;
	call->verdicts += is_placed[like->kind];
}

/* ---- chains and flowtables that are left out ---- */

static void forget(struct nft_refused_chain **at)
{
	struct nft_refused_chain *gone = *at;

	*at = gone->next;
	free(gone->table);
	free(gone->name);
	free(gone);
}

static void forget_where(struct nft *nft, bool all)
{
	for (struct nft_refused_chain **at = &nft->refused_chains; *at;)
		if (all || !(*at)->committed)
			forget(at);
		else
			at = &(*at)->next;
}

static void leave_out(struct nft_call *call, bool is_flowtable)
{
	struct nft_refused_chain *chain = calloc(1, sizeof(*chain));

	if (!chain)
		return;
	chain->family = call->family;
	chain->is_flowtable = is_flowtable;
	chain->table = table_of(call);
	chain->name = name_of(call);
	LL_PREPEND(call->nft->refused_chains, chain);
}

static bool equal(const char *one, const char *other)
{
	return one && other && strcmp(one, other) == 0;
}

/* name NULL: any flowtable of the table. */
static bool is_left_out(const struct nft_call *call, const char *name)
{
	const struct nft_refused_chain *chain;
	char *table = table_of(call);
	bool found = false;

	LL_FOREACH(call->nft->refused_chains, chain)
	{
		if (chain->family == call->family && equal(chain->table, table) &&
		    (name ? !chain->is_flowtable && equal(chain->name, name) : chain->is_flowtable))
			found = true;
	}
	free(table);
	return found;
}

/* ---- what a handler refuses ---- */

static bool makes_offload_chain(const struct nft_call *call)
{
	return call->message == NFT_MSG_NEWCHAIN && call->table && call->attrs[NFTA_CHAIN_FLAGS] &&
	       nft_attr_be32(call->attrs[NFTA_CHAIN_FLAGS]) & NFT_CHAIN_HW_OFFLOAD;
}

static bool names_left_out_chain(const struct nft_call *call, int error)
{
	char *name = call->chain || error != -ENOENT ? NULL : name_of(call);
	bool found = name && is_left_out(call, name);

	free(name);
	return found;
}

static bool adds_to_left_out_flowtable(const struct nft_call *call)
{
	return call->message == NFT_MSG_NEWRULE && equal(call->reason.id, "unknown-flowtable") &&
	       is_left_out(call, NULL);
}

/* A rule that the kernel can't take in an offload chain: on all ports alike. */
static void refuse_rule(struct nft_call *call, int error)
{
	struct nft_verdict like = {.kind = NFT_VERDICT_RULE, .port = -1};
	const struct nft_hook *hook;

	call->excused = true;
	DL_FOREACH (call->chain->hooks, hook) {
		like.port = hook->port;
		if (hook->binding)
			add(call, &like, error, &call->reason);
	}
	if (!call->verdicts)
		add(call, &like, error, &call->reason);
}

void nft_check_failed(struct nft_call *call, int error)
{
	struct nft_verdict like = {.kind = NFT_VERDICT_MESSAGE, .port = -1};

	if (!call->nft->check)
		return;
	if (call->message == NFT_MSG_NEWRULE && call->chain && nft_chain_is_offload(call->chain)) {
		refuse_rule(call, error);
		return;
	}
	if (makes_offload_chain(call)) {
		like.kind = NFT_VERDICT_CHAIN;
		leave_out(call, false);
	} else if (call->message == NFT_MSG_NEWFLOWTABLE && equal(call->reason.id, "flowtable")) {
		like.kind = NFT_VERDICT_FLOWTABLE;
		leave_out(call, true);
	} else if (adds_to_left_out_flowtable(call)) {
		like.kind = NFT_VERDICT_FLOW_RULE;
	} else if (names_left_out_chain(call, error)) {
		like.kind = NFT_VERDICT_CHAIN_RULE;
	}
	call->excused = like.kind != NFT_VERDICT_MESSAGE;
	if (like.kind != NFT_VERDICT_CHAIN_RULE || call->message == NFT_MSG_NEWRULE)
		add(call, &like, error, &call->reason);
}

/* ---- what the NIC says ---- */

static void tell_rule(struct nft_call *call, const struct nft_rule *rule, int port, int error,
		      const struct reason *reason)
{
	/* One that would replace another does not stay. */
	bool stays = !(error && call->flags & NLM_F_REPLACE);

	add(call,
	    &(struct nft_verdict){
		    .kind = NFT_VERDICT_RULE, .port = port, .handle = stays ? rule->handle : 0},
	    error, reason);
}

/* False: the message is to be undone. */
static bool offer_rule(struct nft_call *call, struct nft_trans *trans)
{
	const struct nft_rule *rule = ((struct nft_trans_rule *)trans)->rule;
	size_t before = call->nft->num_verdicts;
	bool accepted = !call->translation;

	if (nft_offload_concerns(trans))
		accepted = nft_offload_offer_each(call, trans, tell_rule);
	if (call->nft->num_verdicts > before)
		return accepted || !(call->flags & NLM_F_REPLACE);
	/* The NIC does not hear of it. */
	if (call->translation)
		tell_rule(call, rule, -1, call->translation, &call->reason);
	else
		add(call,
		    &(struct nft_verdict){
			    .kind = NFT_VERDICT_OTHER_RULE, .port = -1, .handle = rule->handle},
		    0, NULL);
	return true;
}

/* The rule in an offload chain that another is to replace, which is refused in any case. */
static bool is_replaced(const struct nft_call *call, const struct nft_trans *trans)
{
	return call->message == NFT_MSG_NEWRULE && trans->type == &nft_trans_delrule;
}

/* What is found later about the chain as a whole is said to stand where it was made. */
static void tell_place(struct nft_call *call, const struct nft_trans *trans)
{
	const struct nft_chain *chain = ((const struct nft_trans_chain *)trans)->chain;

	if (!nft_chain_is_offload(chain))
		return;
	call->chain = chain;
	add(call, &(struct nft_verdict){.kind = NFT_VERDICT_PLACE, .port = -1}, 0, NULL);
}

/* 0, or the errno for which the message is to be undone. */
static int offer(struct nft_call *call, struct nft_trans *trans)
{
	struct nft_verdict like = {.kind = NFT_VERDICT_MESSAGE, .port = -1};
	int error;

	if (trans->type == &nft_trans_newrule) {
		call->excused = true;
		return offer_rule(call, trans) ? 0 : -EOPNOTSUPP;
	}
	if (is_replaced(call, trans))
		return 0;
	error = nft_offload_offer(call, trans);
	if (!error && trans->type == &nft_trans_newchain)
		tell_place(call, trans);
	if (!error)
		return 0;
	if (trans->type == &nft_trans_newchain) {
		like.kind = NFT_VERDICT_CHAIN;
		leave_out(call, false);
	}
	add(call, &like, error, &call->reason);
	call->excused = like.kind == NFT_VERDICT_CHAIN;
	return error;
}

static void undo(struct nft_call *call, struct nft_trans *mark, struct nft_trans *failed)
{
	struct nft_trans *trans = failed;
	struct nft *nft = call->nft;

	while (trans->prev != mark && trans != nft->transactions) {
		trans = trans->prev;
		if (!is_replaced(call, trans))
			nft_offload_withdraw(nft, trans);
	}
	nft_abort(nft, mark);
}

/* Put what the message has changed to the NIC. 0 or the message's errno. */
static int offer_all(struct nft_call *call, struct nft_trans *mark)
{
	struct nft *nft = call->nft;
	struct nft_trans *trans = mark ? mark->next : nft->transactions;
	int error;

	for (; trans; trans = trans->next) {
		error = offer(call, trans);
		if (!error)
			continue;
		undo(call, mark, trans);
		return call->excused ? 0 : error;
	}
	return 0;
}

int nft_check_message(struct nft_call *call)
{
	struct nft *nft = call->nft;
	struct nft_trans *mark = nft_trans_mark(nft);
	size_t before = nft->num_verdicts;
	int error = nft_handle_message(call);

	if (error) {
		nft_abort(nft, mark);
		if (call->excused)
			error = 0;
	} else {
		error = offer_all(call, mark);
	}
	if (nft->check != NFT_CHECK_LOCATE || !call->verdicts)
		return error;
	if (!error && call->extack.attr)
		error = -NFT_PLACE_PART;
	if (nft->num_verdicts > before)
		nft->verdicts[before].errors = error ? 2 : 1;
	return error;
}

/* ---- batches ---- */

void nft_check_begin(struct nft *nft)
{
	nft_clear_verdicts(nft);
	forget_where(nft, false);
}

int nft_check_drop_unbound(struct nft_call *call)
{
	int error = nft_chains_delete_unbound(call);

	return error ? error : nft_sets_delete_unbound(call);
}

void nft_check_commit(struct nft *nft)
{
	struct nft_refused_chain *chain;

	LL_FOREACH(nft->refused_chains, chain)
	chain->committed = true;
}

void nft_set_check(struct nft *nft, enum nft_check check)
{
	nft->check = check;
	if (check == NFT_CHECK_OFF) {
		nft_clear_verdicts(nft);
		forget_where(nft, true);
	}
}
