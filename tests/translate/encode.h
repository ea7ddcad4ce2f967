/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules encoded by libnftnl, the library that nft itself uses: an encoder that knows nothing of
 * nicemu's own attribute code. The parts append to the rule under construction in register 1.
 */
#ifndef TESTS_TRANSLATE_ENCODE_H
#define TESTS_TRANSLATE_ENCODE_H

#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>
#include <stddef.h>
#include <stdint.h>

struct nftnl_rule *encode_start(void);

void encode_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t length);
void encode_meta(struct nftnl_rule *rule, uint32_t key);
void encode_cmp(struct nftnl_rule *rule, uint32_t op, const void *data, uint32_t size);
void encode_mask(struct nftnl_rule *rule, const void *mask, uint32_t size);
void encode_verdict(struct nftnl_rule *rule, int verdict);
void encode_counter(struct nftnl_rule *rule, uint64_t packets, uint64_t bytes);
/* An immediate with the index, then "fwd" or "dup". */
void encode_to_device(struct nftnl_rule *rule, const char *name, uint32_t ifindex);
/* A type without attributes that matter. */
void encode_plain(struct nftnl_rule *rule, const char *name);

/* What nft writes for `meta protocol`, `meta l4proto`, `ether type`, and a field compared with ==.
 */
void encode_protocol(struct nftnl_rule *rule, uint16_t ethertype);
void encode_l4proto(struct nftnl_rule *rule, uint8_t protocol);
void encode_iiftype(struct nftnl_rule *rule);
void encode_be16(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint16_t value);
void encode_match(struct nftnl_rule *rule, uint32_t base, uint32_t offset, const void *data,
		  uint32_t size);

/* The finished NEWRULE message in a static buffer; frees the rule. */
struct nlmsghdr *encode_finish(struct nftnl_rule *rule);

/* NFTA_RULE_EXPRESSIONS of the message, or NULL. */
const struct nlattr *encode_list(const struct nlmsghdr *nlh);

#endif
