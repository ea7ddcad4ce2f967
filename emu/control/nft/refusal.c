/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why messages were refused: kept for whoever asks, and logged. */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

enum { REFUSALS_MAX = 100000 };

const char *nft_family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET: return "inet";
	case NFPROTO_IPV4: return "ip";
	case NFPROTO_ARP: return "arp";
	case NFPROTO_NETDEV: return "netdev";
	case NFPROTO_BRIDGE: return "bridge";
	case NFPROTO_IPV6: return "ip6";
	default: return "?";
	}
}

int nft_unsupported(struct nft_call *call, const char *id, const char *format, ...)
{
	char text[sizeof(call->reason.clause)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return reason_set(&call->reason, id, EOPNOTSUPP, REASON_KERNEL, "nicemu: %s", text);
}

/* The name that the message gives, where the object itself was not found. */
static char *copy_name(const char *known, const struct nlattr *attr)
{
	if (known)
		return strdup(known);
	return attr ? nft_attr_strdup(attr) : NULL;
}

const struct nlattr *nft_chain_attr(const struct nft_call *call)
{
	switch (call->message) {
	case NFT_MSG_NEWCHAIN:
	case NFT_MSG_DELCHAIN:
	case NICEMU_MSG_DESTROYCHAIN: return call->attrs[NFTA_CHAIN_NAME];
	case NFT_MSG_NEWRULE:
	case NFT_MSG_DELRULE:
	case NICEMU_MSG_DESTROYRULE: return call->attrs[NFTA_RULE_CHAIN];
	default: return NULL;
	}
}

struct reason *nft_reason_copy(const struct reason *reason, int error)
{
	/* There may be a million of them, and few have forms. */
	size_t size = offsetof(struct reason, forms) + strlen(reason->forms) + 1;
	struct reason *copy = malloc(reason->id ? size : sizeof(*copy));

	if (!copy)
		return NULL;
	memcpy(copy, reason, size);
	if (!copy->id)
		reason_set(copy, "nf-tables", -error, REASON_KERNEL, "nf_tables: %s",
			   strerror(-error));
	copy->error = -error;
	return copy;
}

static void fill(struct nft_refusal *refusal, const struct nft_call *call,
		 const struct reason *reason, bool at_commit)
{
	/* NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE …: all are attribute 1. */
	const struct nlattr *table = call->attrs && !at_commit ? call->attrs[1] : NULL;
	const struct nlattr *chain = call->attrs && !at_commit ? nft_chain_attr(call) : NULL;

	*refusal = (struct nft_refusal){
		.portid = call->portid,
		.sequence = call->sequence,
		.at_commit = at_commit,
		.of_chain = call->message == NFT_MSG_NEWCHAIN && !at_commit,
		.family = nft_family_name(call->table ? call->table->family : call->family),
		.table = copy_name(call->table ? call->table->name : NULL, table),
		.chain = copy_name(call->chain ? call->chain->name : NULL, chain),
		.expression = call->expression[0] ? strdup(call->expression) : NULL,
		.reason = reason,
	};
}

static bool equal(const char *one, const char *other)
{
	return one && other && strcmp(one, other) == 0;
}

static bool follows(const struct nft *nft, const struct nft_call *call,
		    const struct nft_refusal *refusal, int error)
{
	const struct nft_refusal *chain;

	if (call->message != NFT_MSG_NEWRULE || error != -ENOENT || call->chain)
		return false;
	for (size_t i = nft->last_refused_chain; i; i = chain->chain_before) {
		chain = &nft->refusals[i - 1];
		if (equal(chain->chain, refusal->chain) && equal(chain->table, refusal->table) &&
		    equal(chain->family, refusal->family))
			return true;
	}
	return false;
}

void nft_refusals_begin(struct nft *nft)
{
	nft->last_refused_chain = 0;
}

static bool make_room(struct nft *nft)
{
	size_t room = nft->room_refusals ? 2 * nft->room_refusals : 16;
	struct nft_refusal *more;

	if (nft->num_refusals < nft->room_refusals)
		return true;
	more = nft->num_refusals < REFUSALS_MAX ? reallocarray(nft->refusals, room, sizeof(*more))
						: NULL;
	if (!more)
		return false;
	nft->refusals = more;
	nft->room_refusals = room;
	return true;
}

static void log_refusal(struct nft *nft, const struct nft_refusal *refusal)
{
	const struct reason *reason = refusal->reason;

	log_add(nft->env.log, LOG_WARNING, nft->env.clock->now_ns,
		"refused%s: message %u, %s %s %s: %s%s%s%s: %s (%s)%s%s",
		refusal->at_commit ? " at commit" : "", refusal->sequence, refusal->family,
		refusal->table ? refusal->table : "-", refusal->chain ? refusal->chain : "-",
		errno_name(reason->error), refusal->expression ? ": `" : "",
		refusal->expression ? refusal->expression : "", refusal->expression ? "`" : "",
		reason->clause, reason->id, reason->hint[0] ? "; hint: " : "", reason->hint);
}

void nft_refuse(struct nft_call *call, int error, bool at_commit)
{
	struct nft *nft = call->nft;
	struct nft_refusal *refusal;
	struct reason *reason;

	if (call->refused)
		return;
	call->refused = true;
	reason = make_room(nft) ? nft_reason_copy(&call->reason, error) : NULL;
	if (!reason) {
		log_add(nft->env.log, LOG_WARNING, nft->env.clock->now_ns,
			"%zu refusals are not kept", ++nft->lost_refusals);
		return;
	}
	refusal = &nft->refusals[nft->num_refusals++];
	fill(refusal, call, reason, at_commit);
	refusal->follows = follows(nft, call, refusal, error);
	if (refusal->of_chain) {
		refusal->chain_before = nft->last_refused_chain;
		nft->last_refused_chain = nft->num_refusals;
	}
	if (!refusal->follows)
		log_refusal(nft, refusal);
}

size_t nft_num_refusals(const struct nft *nft)
{
	return nft->num_refusals;
}

const struct nft_refusal *nft_refusal(const struct nft *nft, size_t index)
{
	return index < nft->num_refusals ? &nft->refusals[index] : NULL;
}

void nft_clear_refusals(struct nft *nft)
{
	for (size_t i = 0; i < nft->num_refusals; i++) {
		free((char *)nft->refusals[i].table);
		free((char *)nft->refusals[i].chain);
		free((char *)nft->refusals[i].expression);
		free((struct reason *)nft->refusals[i].reason);
	}
	free(nft->refusals);
	nft->refusals = NULL;
	nft->num_refusals = nft->room_refusals = nft->lost_refusals = 0;
	nft->last_refused_chain = 0;
}
