/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule's expressions, one after the other, into a flow rule: nft_flow_rule_create() of the
 * kernel.
 */
#include "advise.h"
#include "offload.h"
#include "refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* Where the kernel's struct nft_flow_key has each dissector struct. */
enum {
	IMAGE_BASIC = 0,
	IMAGE_CONTROL = 4,
	IMAGE_ADDRESSES = 12, /* IPv4 and IPv6 in one union */
	IMAGE_PORTS = 44,
	IMAGE_VLAN = 50,
	IMAGE_CVLAN = 58,
	IMAGE_ETH = 66,
	IMAGE_META = 80,
};

enum { TPID_8021Q = 0x8100, TPID_8021AD = 0x88a8 };

static size_t image_base(enum flow_dissector_key_id key)
{
	switch (key) {
	case FLOW_DISSECTOR_KEY_CONTROL: return IMAGE_CONTROL;
	case FLOW_DISSECTOR_KEY_IPV4_ADDRS:
	case FLOW_DISSECTOR_KEY_IPV6_ADDRS: return IMAGE_ADDRESSES;
	case FLOW_DISSECTOR_KEY_PORTS: return IMAGE_PORTS;
	case FLOW_DISSECTOR_KEY_VLAN: return IMAGE_VLAN;
	case FLOW_DISSECTOR_KEY_CVLAN: return IMAGE_CVLAN;
	case FLOW_DISSECTOR_KEY_ETH_ADDRS: return IMAGE_ETH;
	case FLOW_DISSECTOR_KEY_META: return IMAGE_META;
	default: return IMAGE_BASIC;
	}
}

static size_t image_offset(enum flow_field_id field)
{
	return image_base(flow_fields[field].key) + flow_fields[field].struct_offset;
}

static bool uses(const struct offload *o, enum flow_dissector_key_id key)
{
	return o->used_keys >> key & 1;
}

static void use(struct offload *o, enum flow_dissector_key_id key)
{
	o->used_keys |= UINT64_C(1) << key;
}

void offload_load_exact(struct offload *o, uint8_t reg, enum flow_field_id field)
{
	struct offload_register *r = &o->regs[reg];

	r->field = field;
	r->length = flow_fields[field].struct_size;
	r->swap = false;
	memset(r->mask, 0xff, r->length);
}

/*
 * The mask of a short load before "nft_payload: fix mask build for partial field offload": all
 * ones, and where the length is no multiple of 4, one 32-bit word that a shift of the wrong size
 * has made (the CPU takes the shift's count modulo 32).
 */
static void build_broken_mask(uint8_t *mask, size_t size, size_t field_size)
{
	uint32_t word;

	memset(mask, 0, NFT_DATA_SIZE);
	memset(mask, 0xff, field_size);
	if (size % 4 == 0)
		return;
	word = ~((1u << (8 * (field_size - size) % 32)) - 1);
	for (size_t i = size / 4 * 4, k = 0; k < 4 && i < field_size; i++, k++)
		mask[i] = (uint8_t)(word >> (24 - 8 * k));
}

static void warn_broken_mask(struct offload *o, const uint8_t *mask, enum flow_field_id field,
			     size_t size)
{
	size_t field_size = flow_fields[field].struct_size;
	char hex[2 * NFT_DATA_SIZE + 1] = "";

	for (size_t i = 0; i < field_size; i++)
		snprintf(hex + 2 * i, 3, "%02x", mask[i]);
	for (size_t i = size; i < field_size; i++) {
		if (mask[i] == 0)
			continue;
		offload_warn(
			o, "short-load-mask",
			"a match on the first %zu bytes of %s gets the mask %s: a bug of kernel "
			"%s; write it with an explicit mask",
			size, flow_fields[field].name, hex, o->context->kernel->version);
		return;
	}
}

int offload_load(struct offload *o, uint8_t reg, enum flow_field_id field, size_t size)
{
	struct offload_register *r = &o->regs[reg];
	size_t field_size = flow_fields[field].struct_size;

	if (size > field_size || (size < field_size && !o->context->kernel->short_loads))
		return -EOPNOTSUPP;
	if (size == field_size) {
		offload_load_exact(o, reg, field);
		return 0;
	}
	if (o->context->kernel->short_load_masks_fixed) {
		memset(r->mask, 0, field_size);
		memset(r->mask, 0xff, size);
	} else {
		build_broken_mask(r->mask, size, field_size);
		warn_broken_mask(o, r->mask, field, size);
	}
	r->field = field;
	r->length = (uint8_t)field_size;
	r->swap = false;
	return 0;
}

/* Bytes as they are, or a 2-byte field into the CPU's order. */
static void copy_field(uint8_t *image, const uint8_t *bytes, const struct offload_register *reg)
{
	uint16_t host;

	if (!reg->swap) {
		memcpy(image, bytes, reg->length);
		return;
	}
	host = (uint16_t)(bytes[0] << 8 | bytes[1]);
	memcpy(image, &host, sizeof(host));
}

/* What an earlier expression asked of the field is forgotten: hardware sees the last match only. */
static void warn_overwritten(struct offload *o, const struct offload_register *reg,
			     const uint8_t *key, const uint8_t *mask)
{
	size_t offset = image_offset(reg->field);
	bool same = memcmp(key, o->key + offset, reg->length) == 0 &&
		    memcmp(mask, o->mask + offset, reg->length) == 0;

	for (size_t i = 0; !same && i < reg->length; i++) {
		if (mask[i] == 0)
			continue;
		offload_warn(o, "field-matched-twice",
			     "%s is matched twice; hardware compares only with the last value, "
			     "software with both",
			     flow_fields[reg->field].name);
		return;
	}
}

void offload_match(struct offload *o, const struct offload_register *reg, const uint8_t *data)
{
	size_t offset = image_offset(reg->field);
	uint8_t key[NFT_DATA_SIZE], mask[NFT_DATA_SIZE];

	memcpy(key, o->key + offset, reg->length);
	memcpy(mask, o->mask + offset, reg->length);
	copy_field(o->key + offset, data, reg);
	copy_field(o->mask + offset, reg->mask, reg);
	warn_overwritten(o, reg, key, mask);
	use(o, flow_fields[reg->field].key);
}

void offload_set_address_type(struct offload *o, enum flow_dissector_key_id key)
{
	size_t offset = image_offset(FLOW_CONTROL_ADDR_TYPE);
	uint16_t type = (uint16_t)key, ones = 0xffff;

	if (uses(o, FLOW_DISSECTOR_KEY_CONTROL) || !o->context->kernel->control_addr_type)
		return;
	memcpy(o->key + offset, &type, sizeof(type));
	memcpy(o->mask + offset, &ones, sizeof(ones));
	use(o, FLOW_DISSECTOR_KEY_CONTROL);
}

void offload_add_action(struct offload *o, enum flow_action_id id, uint32_t ifindex)
{
	o->rule->actions[o->num_actions++] = (struct flow_action_entry){
		.id = id, .hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE, .ifindex = ifindex};
}

void offload_warn(struct offload *o, const char *id, const char *format, ...)
{
	char text[256];
	va_list args;

	if (!o->context->warn)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	o->context->warn(o->context->context, id, o->expression, text);
}

int offload_refuse(struct offload *o, const char *id, const char *format, ...)
{
	char text[sizeof(o->reason->clause)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return reason_set(o->reason, id, EOPNOTSUPP, REASON_KERNEL, "%s", text);
}

void offload_hint(struct offload *o, const char *format, ...)
{
	char text[sizeof(o->reason->hint)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reason_hint(o->reason, "%s", text);
}

/* Moves an ethertype in key and mask. */
static void move_type(struct offload *o, enum flow_field_id to, enum flow_field_id from)
{
	memcpy(o->key + image_offset(to), o->key + image_offset(from), 2);
	memcpy(o->mask + image_offset(to), o->mask + image_offset(from), 2);
}

static bool is_tag(const struct offload *o, enum flow_field_id field)
{
	const uint8_t *bytes = o->key + image_offset(field);
	uint16_t type = (uint16_t)(bytes[0] << 8 | bytes[1]);

	return type == TPID_8021Q || type == TPID_8021AD;
}

/*
 * nft matches the tag's type at the ethertype's place and the inner type behind it; the dissector
 * wants the innermost type in n_proto and each tag's own type with the tag.
 */
static void transfer_vlan(struct offload *o)
{
	uint8_t key[2], mask[2];

	memcpy(key, o->key + image_offset(FLOW_BASIC_N_PROTO), sizeof(key));
	memcpy(mask, o->mask + image_offset(FLOW_BASIC_N_PROTO), sizeof(mask));
	if (uses(o, FLOW_DISSECTOR_KEY_VLAN) && is_tag(o, FLOW_VLAN_TPID)) {
		move_type(o, FLOW_BASIC_N_PROTO, FLOW_CVLAN_TPID);
		move_type(o, FLOW_CVLAN_TPID, FLOW_VLAN_TPID);
		use(o, FLOW_DISSECTOR_KEY_CVLAN);
	} else if (uses(o, FLOW_DISSECTOR_KEY_BASIC) && is_tag(o, FLOW_BASIC_N_PROTO)) {
		move_type(o, FLOW_BASIC_N_PROTO, FLOW_VLAN_TPID);
		use(o, FLOW_DISSECTOR_KEY_VLAN);
	} else {
		return;
	}
	memcpy(o->key + image_offset(FLOW_VLAN_TPID), key, sizeof(key));
	memcpy(o->mask + image_offset(FLOW_VLAN_TPID), mask, sizeof(mask));
}

static bool in_image(const struct offload *o, enum flow_field_id field)
{
	switch (flow_fields[field].key) {
	case FLOW_DISSECTOR_KEY_CONTROL:
	case FLOW_DISSECTOR_KEY_BASIC:
	case FLOW_DISSECTOR_KEY_PORTS:
	case FLOW_DISSECTOR_KEY_ETH_ADDRS:
	case FLOW_DISSECTOR_KEY_VLAN:
	case FLOW_DISSECTOR_KEY_CVLAN:
	case FLOW_DISSECTOR_KEY_META: return true;
	/* One memory, two readings: a driver uses those that are flagged. */
	case FLOW_DISSECTOR_KEY_IPV4_ADDRS:
	case FLOW_DISSECTOR_KEY_IPV6_ADDRS: return uses(o, flow_fields[field].key);
	default: return false;
	}
}

static void store_field(struct flow_key *key, enum flow_field_id field, const uint8_t *image)
{
	uint8_t bytes[16];
	size_t size = flow_fields[field].struct_size;

	memcpy(bytes, image + image_offset(field), size);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (flow_fields[field].struct_order == FLOW_HOST_ORDER) {
		for (size_t i = 0; i < size / 2; i++) {
			uint8_t byte = bytes[i];

			bytes[i] = bytes[size - 1 - i];
			bytes[size - 1 - i] = byte;
		}
	}
#endif
	flow_key_store(key, field, bytes);
}

static void finish(struct offload *o)
{
	if (o->context->kernel->vlan_key_fixup)
		transfer_vlan(o);
	for (int field = 0; field < FLOW_FIELD_COUNT; field++) {
		if (!in_image(o, field))
			continue;
		store_field(&o->rule->match.key, field, o->key);
		store_field(&o->rule->match.mask, field, o->mask);
	}
	o->rule->match.used_keys = o->used_keys;
	o->rule->protocol = o->l3num;
}

static size_t count_actions(const struct nft_expr *exprs, size_t num_exprs)
{
	size_t count = 0;

	for (size_t i = 0; i < num_exprs; i++)
		if (exprs[i].type->is_action && exprs[i].type->is_action(&exprs[i]))
			count++;
	return count;
}

/* Older kernels made room for each immediate, and for nothing else. */
static size_t count_immediates(const struct nft_expr *exprs, size_t num_exprs)
{
	size_t count = 0;

	for (size_t i = 0; i < num_exprs; i++)
		count += exprs[i].type == &expr_type_immediate;
	return count;
}

/*
 * A driver reads as many actions as there is room for. Room without an action holds zeros, which
 * read as ACCEPT; an action without room lies behind the array, where no driver looks.
 */
static void miscount_actions(struct offload *o, size_t room)
{
	if (o->num_actions > room)
		offload_warn(o, "actions-overrun",
			     "kernel %s has room for %zu of the %zu actions and writes the others "
			     "over memory of somebody else (CVE-2022-25636)",
			     o->context->kernel->version, room, o->num_actions);
	o->rule->num_actions = room;
}

/* Expression by expression; the first that is refused has its place and its hint in o->reason. */
static int translate_exprs(struct offload *o, const struct nft_expr *exprs, size_t num_exprs)
{
	int error = 0;

	for (size_t i = 0; i < num_exprs && !error; i++) {
		const struct nft_expr *expr = &exprs[i];

		o->expression = i;
		error = expr->type->offload ? expr->type->offload(o, expr)
					    : refusal_of_type(o->reason, expr->type->name);
		if (error && o->reason) {
			o->reason->expression = (int)i;
			o->reason->offset = expr->offset;
			advise(o->reason, exprs, num_exprs, o->context);
			advise_nothing_else(o->reason);
		}
	}
	return error;
}

/* What would be refused if the rule had an action; false: nothing. */
static bool find_other_refusal(struct reason *other, const struct nft_expr *exprs, size_t num_exprs,
			       const struct translate_context *context)
{
	struct translate_context quiet = *context;
	struct offload o = {.context = &quiet, .reason = other};
	int error;

	quiet.warn = NULL;
	o.rule = flow_rule_alloc(num_exprs);
	if (!o.rule)
		return false;
	error = translate_exprs(&o, exprs, num_exprs);
	flow_rule_free(o.rule);
	return error != 0;
}

static int refuse_no_action(struct reason *reason, const struct nft_expr *exprs, size_t num_exprs,
			    const struct translate_context *context)
{
	struct reason other = {0};

	reason_set(
		reason, "rule-without-action", EOPNOTSUPP, REASON_KERNEL,
		"an offloaded rule needs a verdict (accept or drop), `fwd` or `dup`; this one has "
		"none");
	if (!advise_action(reason, exprs, num_exprs) && reason &&
	    find_other_refusal(&other, exprs, num_exprs, context))
		advise_beside_action(reason, &other);
	return -EOPNOTSUPP;
}

int translate_nft_rule(struct flow_rule **rule, const struct nft_expr *exprs, size_t num_exprs,
		       const struct translate_context *context, struct reason *reason)
{
	struct offload o = {.context = context, .reason = reason};
	size_t num_actions = count_actions(exprs, num_exprs);
	size_t room =
		context->kernel->actions_counted ? num_actions : count_immediates(exprs, num_exprs);
	int error = 0;

	*rule = NULL;
	if (room == 0 && context->kernel->no_action_refused)
		return refuse_no_action(reason, exprs, num_exprs, context);
	o.rule = flow_rule_alloc(num_actions > room ? num_actions : room);
	if (!o.rule)
		return reason_set(reason, "out-of-memory", ENOMEM, REASON_KERNEL, "out of memory");
	error = translate_exprs(&o, exprs, num_exprs);
	if (error) {
		flow_rule_free(o.rule);
		return error;
	}
	finish(&o);
	if (!context->kernel->actions_counted)
		miscount_actions(&o, room);
	*rule = o.rule;
	return 0;
}
