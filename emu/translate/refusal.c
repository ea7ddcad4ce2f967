/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "refusal.h"

#include <errno.h>
#include <string.h>

/* Types without offload: what nft calls it, and a form that works. */
static const struct type_text {
	const char *name, *id, *what, *hint;
} type_texts[] = {
	{"lookup", "set-lookup", "a set, a map or a list `{ … }`",
	 "write one rule for each element; an address range as prefixes"},
	{"dynset", "set-update", "adding to a set from a rule", NULL},
	{"objref", "named-object", "a named counter, quota or limit",
	 "use an anonymous `counter` in the rule"},
	{"range", "range", "a range `A-B`", "write it as single values or prefixes, one rule each"},
	{"byteorder", "byte-order-conversion", "a comparison that converts the byte order", NULL},
	{"exthdr", "header-option", "an IPv6 extension header, an IP option or a TCP option", NULL},
	{"limit", "rate-limit", "`limit`", "leave the limit to a chain without `flags offload`"},
	{"quota", "quota", "`quota`", "leave the quota to a chain without `flags offload`"},
	{"connlimit", "connection-limit", "`ct count`", NULL},
	{"last", "last-used", "`last`", "the time of the last hit is in nicemu's report"},
	{"log", "log", "`log`", "`dup to PORT` sends a copy to where it can be logged"},
	{"reject", "reject", "`reject`", "use `drop`"},
	{"queue", "queue", "`queue`", NULL},
	{"ct", "connection-tracking", "`ct`, the state of connections", NULL},
	{"notrack", "connection-tracking", "`notrack`", NULL},
	{"nat", "address-translation", "`snat` and `dnat`", NULL},
	{"masq", "address-translation", "`masquerade`", NULL},
	{"redir", "address-translation", "`redirect`", NULL},
	{"fib", "route-lookup", "`fib`", NULL},
	{"rt", "route-lookup", "`rt`", NULL},
	{"hash", "hash", "`jhash` and `symhash`", NULL},
	{"numgen", "number-generator", "`numgen`", NULL},
	{"socket", "socket", "`socket`", NULL},
	{"osf", "os-fingerprint", "`osf`", NULL},
	{"tunnel", "tunnel", "`tunnel`", NULL},
	{"xfrm", "ipsec", "`ipsec`", NULL},
	{"inner", "inner-header", "a header inside a tunnel", NULL},
	{"flow_offload", "flowtable", "`flow add`",
	 "use it in a forward chain without "
	 "`flags offload`"},
};

int refusal_of_type(struct reason *reason, const char *name)
{
	for (size_t i = 0; i < sizeof(type_texts) / sizeof(type_texts[0]); i++) {
		const struct type_text *t = &type_texts[i];

		if (strcmp(t->name, name) != 0)
			continue;
		reason_set(reason, t->id, EOPNOTSUPP, REASON_KERNEL,
			   "%s can't be offloaded: the kernel has no translation for `%s`", t->what,
			   name);
		if (t->hint)
			reason_hint(reason, "%s", t->hint);
		return -EOPNOTSUPP;
	}
	return reason_set(reason, "expression-not-offloadable", EOPNOTSUPP, REASON_KERNEL,
			  "the kernel has no offload for the expression `%s`", name);
}

/* Refusals before any translation. name NULL: any type. */
static const struct parse_text {
	const char *name;
	int error;
	const char *id, *clause, *hint;
} parse_texts[] = {
	{NULL, ENODATA, "register-not-loaded",
	 "an expression reads a register that no earlier expression of the rule has filled", NULL},
	{"ct", EPROTO, "connection-tracking-family",
	 "connection tracking does not exist in this family of tables",
	 "use an inet, ip or ip6 table"},
	{"notrack", EPROTO, "connection-tracking-family",
	 "connection tracking does not exist in this family of tables", NULL},
	{"connlimit", EPROTO, "connection-tracking-family",
	 "connection tracking does not exist in this family of tables", NULL},
	{"limit", EOVERFLOW, "limit-overflow",
	 "the rate or burst of `limit` is beyond what the kernel can calculate with", NULL},
	{"lookup", ENOENT, "unknown-set", "the table has no set or map of that name", NULL},
	{"dynset", ENOENT, "unknown-set", "the table has no set or map of that name", NULL},
	{"objref", ENOENT, "unknown-object",
	 "the table has no counter, quota, limit or the like of that name and type", NULL},
	{"immediate", ENOENT, "unknown-chain", "the table has no chain of that name to jump to",
	 NULL},
	{"immediate", EOPNOTSUPP, "jump-to-base-chain", "a base chain can't be jumped to", NULL},
	{"flow_offload", ENOENT, "unknown-flowtable", "the table has no flowtable of that name",
	 NULL},
	{"match", ENOENT, "unknown-extension", "iptables matches are not emulated", NULL},
	{"target", ENOENT, "unknown-extension", "iptables targets are not emulated", NULL},
	{NULL, EOPNOTSUPP, "expression-variant",
	 "this form of the expression is not known to the kernel, or not in this family", NULL},
	{NULL, ERANGE, "expression-out-of-range",
	 "an attribute of the expression is too short, too long or too big", NULL},
	{NULL, ENOMEM, "out-of-memory", "out of memory", NULL},
};

static void set_parse_text(struct reason *reason, int error, const char *name)
{
	for (size_t i = 0; i < sizeof(parse_texts) / sizeof(parse_texts[0]); i++) {
		const struct parse_text *t = &parse_texts[i];

		if (t->error != -error || (t->name && strcmp(t->name, name) != 0))
			continue;
		reason_set(reason, t->id, t->error, REASON_KERNEL, "%s", t->clause);
		if (t->hint)
			reason_hint(reason, "%s", t->hint);
		return;
	}
	reason_set(reason, "expression-invalid", -error, REASON_KERNEL,
		   "the attributes of the expression `%s` are not valid", name);
}

void refusal_at_parse(struct reason *reason, int error, const struct nft_expr_type *type,
		      const struct nlattr *attr, const struct nlmsghdr *message)
{
	if (!reason)
		return;
	if (!type && error == -ENOENT)
		reason_set(reason, "unknown-expression", ENOENT, REASON_KERNEL,
			   "the kernel has no expression of that name in this family of tables");
	else
		set_parse_text(reason, error, type ? type->name : "?");
	if (message)
		reason->offset = (uint32_t)((const uint8_t *)attr - (const uint8_t *)message);
}

void refusal_of_list(struct reason *reason, int error)
{
	reason_set(reason, error == -EFBIG ? "rule-too-big" : "expression-list", -error,
		   REASON_KERNEL,
		   "a rule has at most %d expressions, and less than 4096 bytes of them in the "
		   "kernel's memory",
		   NFT_EXPR_MAXEXPRS);
}
