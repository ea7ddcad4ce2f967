/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "translate_words.h"

#include "encode.h"
#include "world.h"
#include "written.h"

#include <criterion/criterion.h>

int translate_words(const char *version, const char *words, struct flow_rule **rule)
{
	struct kernel_behavior kernel;
	struct translate_context translation = {.kernel = &kernel,
						.ifindex_exists = world_ifindex_exists};
	struct nftnl_rule *encoded = encode_start();
	struct nft_expr_context context;
	struct reason reason = {0};
	const struct nlattr *bad;
	struct nft_expr *exprs;
	char message[256];
	size_t count;
	int error;

	*rule = NULL;
	cr_assert_eq(kernel_behavior_find(&kernel, version, message, sizeof(message)), 0, "%s",
		     message);
	cr_assert(write_expressions(encoded, words), "%s", words);
	world_context(&context, &kernel);
	context.reason = &reason;
	error = nft_exprs_parse(&exprs, &count, encode_list(encode_finish(encoded)), &context, &bad,
				NULL);
	if (!error)
		error = translate_nft_rule(rule, exprs, count, &translation, &reason);
	cr_expect(!error || reason.id, "\"%s\" is refused without a reason", words);
	nft_exprs_free(exprs, count);
	return -error;
}
