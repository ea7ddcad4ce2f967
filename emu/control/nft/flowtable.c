/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flowtables: there are none. What a kernel says without one is said here too. */
#include "internal.h"

#include <errno.h>

static const struct nft_policy policy[NFTA_FLOWTABLE_MAX + 1] = {
	[NFTA_FLOWTABLE_TABLE] = {.kind = NFT_ATTR_STRING, .length = NFT_NAME_MAXLEN - 1},
	[NFTA_FLOWTABLE_NAME] = {.kind = NFT_ATTR_STRING, .length = NFT_NAME_MAXLEN - 1},
	[NFTA_FLOWTABLE_HOOK] = {.kind = NFT_ATTR_NESTED},
	[NFTA_FLOWTABLE_HANDLE] = {.kind = NFT_ATTR_U64},
	[NFTA_FLOWTABLE_FLAGS] = {.kind = NFT_ATTR_MASK32,
				  .length = 3,
				  .needs = KERNEL_NEEDS(reserved_flags_refused)},
};

static int find_table(struct nft_call *call, uint32_t portid)
{
	const struct nlattr *name = call->attrs[NFTA_FLOWTABLE_TABLE];
	int error;

	call->table = nft_table_find(call->nft, name, call->family, portid, &error);
	return call->table ? 0 : nft_bad(call, name, error);
}

static int handle_newflowtable(struct nft_call *call)
{
	const struct nlattr *const *attrs = call->attrs;
	int error;

	if (!attrs[NFTA_FLOWTABLE_TABLE] || !attrs[NFTA_FLOWTABLE_NAME] ||
	    !attrs[NFTA_FLOWTABLE_HOOK])
		return -EINVAL;
	error = find_table(call, call->portid);
	if (error)
		return error;
	return nft_unsupported(call, "flowtable", "flowtables are not emulated yet");
}

static int handle_delflowtable(struct nft_call *call)
{
	const struct nlattr *name = call->attrs[NFTA_FLOWTABLE_NAME];
	const struct nlattr *handle = call->attrs[NFTA_FLOWTABLE_HANDLE];
	int error;

	if (!call->attrs[NFTA_FLOWTABLE_TABLE] || (!name && !handle))
		return -EINVAL;
	error = find_table(call, call->portid);
	if (error)
		return error;
	if (call->message == NICEMU_MSG_DESTROYFLOWTABLE)
		return 0;
	return nft_bad(call, handle ? handle : name, -ENOENT);
}

static int handle_getflowtable(struct nft_call *call)
{
	struct nft_dump dump;
	int error;

	if (call->flags & NLM_F_DUMP) {
		nft_dump_begin(&dump, call);
		return nft_dump_end(&dump);
	}
	if (!call->attrs[NFTA_FLOWTABLE_NAME])
		return -EINVAL;
	error = find_table(call, 0);
	return error ? error : nft_bad(call, call->attrs[NFTA_FLOWTABLE_NAME], -ENOENT);
}

static const struct nft_message_type types[] = {
	{NFT_MSG_NEWFLOWTABLE, true, NFTA_FLOWTABLE_MAX, policy, handle_newflowtable},
	{NFT_MSG_GETFLOWTABLE, false, NFTA_FLOWTABLE_MAX, policy, handle_getflowtable},
	{NFT_MSG_DELFLOWTABLE, true, NFTA_FLOWTABLE_MAX, policy, handle_delflowtable},
	{NICEMU_MSG_DESTROYFLOWTABLE, true, NFTA_FLOWTABLE_MAX, policy, handle_delflowtable},
};

const struct nft_message_group nft_flowtable_messages = {types, sizeof(types) / sizeof(*types)};
