/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the NIC matches and does, in nft's words. Rules themselves are described from their
 * expressions; this is for what two rules have in common, which nobody wrote.
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_SIZE = 64 };

/* NULL: the kernel adds it by itself, or the field has no word in nft; then its own name. */
static const char *const words[FLOW_FIELD_COUNT] = {
	[FLOW_META_INGRESS_IFINDEX] = "iif", [FLOW_META_INGRESS_IFTYPE] = "meta iiftype",
	[FLOW_BASIC_N_PROTO] = "ether type", [FLOW_BASIC_IP_PROTO] = "meta l4proto",
	[FLOW_ETH_DST] = "ether daddr",      [FLOW_ETH_SRC] = "ether saddr",
	[FLOW_VLAN_TCI] = "vlan id",         [FLOW_VLAN_TPID] = "vlan tag",
	[FLOW_CVLAN_TCI] = "second vlan id", [FLOW_CVLAN_TPID] = "second vlan tag",
	[FLOW_IPV4_SRC] = "ip saddr",        [FLOW_IPV4_DST] = "ip daddr",
	[FLOW_IPV6_SRC] = "ip6 saddr",       [FLOW_IPV6_DST] = "ip6 daddr",
	[FLOW_PORTS_SRC] = "th sport",       [FLOW_PORTS_DST] = "th dport",
};

static void append(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

/* Leading ones of a mask of ones, then zeros; -1 of any other. */
static int prefix_length(const uint8_t *bytes, size_t size)
{
	int length = 0;
	size_t i = 0;

	for (; i < size && bytes[i] == 0xff; i++)
		length += 8;
	if (i < size) {
		int ones = 0;

		while (ones < 8 && bytes[i] & 0x80 >> ones)
			ones++;
		if ((uint8_t)(bytes[i] << ones))
			return -1;
		length += ones;
		i++;
	}
	for (; i < size; i++)
		if (bytes[i])
			return -1;
	return length;
}

static bool is_address(enum flow_field_id id)
{
	return flow_fields[id].format == FLOW_FORMAT_IPV4 ||
	       flow_fields[id].format == FLOW_FORMAT_IPV6;
}

void lint_print_field(char *text, size_t size, const struct flow_key *value,
		      const struct flow_key *mask, enum flow_field_id id)
{
	size_t bytes = flow_fields[id].struct_size;
	char number[FIELD_SIZE];
	uint8_t bits[16];
	int prefix;

	flow_key_load(mask, id, bits);
	prefix = prefix_length(bits, bytes);
	if (id == FLOW_VLAN_TCI || id == FLOW_CVLAN_TCI) {
		uint64_t tci = flow_key_get(value, id), looked = flow_key_get(mask, id);

		if (looked == 0xfff) {
			snprintf(text, size, "%s %u", words[id], (unsigned int)tci & 0xfff);
			return;
		}
	}
	flow_field_print(value, id, number, sizeof(number));
	snprintf(text, size, "%s %s", words[id] ? words[id] : flow_fields[id].name, number);
	if (prefix == (int)(8 * bytes))
		return;
	if (prefix >= 0 && is_address(id)) {
		append(text, size, "/%d", prefix);
		return;
	}
	flow_field_print(mask, id, number, sizeof(number));
	append(text, size, "/%s", number);
}

/* What the addresses say already, and what the kernel always adds. */
static bool is_said(const struct flow_key *mask, enum flow_field_id id)
{
	if (id == FLOW_CONTROL_ADDR_TYPE || id == FLOW_META_INGRESS_IFTYPE)
		return true;
	if (id != FLOW_BASIC_N_PROTO)
		return false;
	return !flow_field_is_zero(mask, FLOW_IPV4_SRC) ||
	       !flow_field_is_zero(mask, FLOW_IPV4_DST) ||
	       !flow_field_is_zero(mask, FLOW_IPV6_SRC) || !flow_field_is_zero(mask, FLOW_IPV6_DST);
}

void lint_print_match(char *text, size_t size, const struct flow_key *value,
		      const struct flow_key *mask)
{
	char field[128];

	text[0] = '\0';
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		if (flow_field_is_zero(mask, id) || is_said(mask, id))
			continue;
		lint_print_field(field, sizeof(field), value, mask, id);
		append(text, size, "%s%s", text[0] ? " " : "", field);
	}
	if (!text[0])
		snprintf(text, size, "any packet");
}

const char *lint_port_name(const struct lint *lint, int port)
{
	const struct nic *nic = &lint->emulator->nic;

	return port >= 0 && (size_t)port < nic->num_ports ? nic->ports[port].name : "?";
}

void lint_print_fate(char *text, size_t size, const struct lint *lint,
		     const struct lint_entry *entry)
{
	text[0] = '\0';
	for (size_t i = 0; i < entry->num_mirrors; i++)
		append(text, size, "dup to %s ", lint_port_name(lint, entry->mirrors[i]));
	if (entry->fate == ASIC_DROP)
		append(text, size, "drop");
	else if (entry->fate == ASIC_REDIRECT)
		append(text, size, "fwd to %s", lint_port_name(lint, entry->port));
	else
		append(text, size, "accept");
}
