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

static const struct {
	enum flow_field_id id;
	const char *word;
} fields[] = {
	/* In the order in which people write them. */
	{FLOW_META_INGRESS_IFINDEX, "iif"},
	{FLOW_META_INGRESS_IFTYPE, "meta iiftype"},
	{FLOW_ETH_SRC, "ether saddr"},
	{FLOW_ETH_DST, "ether daddr"},
	{FLOW_VLAN_TPID, "vlan tag"},
	{FLOW_VLAN_TCI, "vlan id"},
	{FLOW_CVLAN_TPID, "second vlan tag"},
	{FLOW_CVLAN_TCI, "second vlan id"},
	{FLOW_BASIC_N_PROTO, "ether type"},
	{FLOW_IPV4_SRC, "ip saddr"},
	{FLOW_IPV4_DST, "ip daddr"},
	{FLOW_IPV6_SRC, "ip6 saddr"},
	{FLOW_IPV6_DST, "ip6 daddr"},
	{FLOW_BASIC_IP_PROTO, "meta l4proto"},
	{FLOW_PORTS_SRC, "sport"},
	{FLOW_PORTS_DST, "dport"},
};

static const struct {
	enum flow_field_id id;
	uint16_t value;
	const char *word;
} values[] = {
	{FLOW_BASIC_N_PROTO, 0x0800, "ip"},     {FLOW_BASIC_N_PROTO, 0x0806, "arp"},
	{FLOW_BASIC_N_PROTO, 0x86dd, "ip6"},    {FLOW_BASIC_N_PROTO, 0x8100, "vlan"},
	{FLOW_BASIC_N_PROTO, 0x88a8, "8021ad"}, {FLOW_VLAN_TPID, 0x8100, "8021q"},
	{FLOW_VLAN_TPID, 0x88a8, "8021ad"},     {FLOW_CVLAN_TPID, 0x8100, "8021q"},
	{FLOW_CVLAN_TPID, 0x88a8, "8021ad"},    {FLOW_BASIC_IP_PROTO, 1, "icmp"},
	{FLOW_BASIC_IP_PROTO, 6, "tcp"},        {FLOW_BASIC_IP_PROTO, 17, "udp"},
	{FLOW_BASIC_IP_PROTO, 58, "ipv6-icmp"}, {FLOW_BASIC_IP_PROTO, 132, "sctp"},
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

static const char *word_of(enum flow_field_id id)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].id == id)
			return fields[i].word;
	return flow_fields[id].name;
}

/* "tcp", "udp", "th": whose ports they are. */
static const char *transport_of(const struct flow_key *value, const struct flow_key *mask)
{
	if (flow_field_is_ones(mask, FLOW_BASIC_IP_PROTO)) {
		if (flow_key_get(value, FLOW_BASIC_IP_PROTO) == 6)
			return "tcp";
		if (flow_key_get(value, FLOW_BASIC_IP_PROTO) == 17)
			return "udp";
	}
	return "th";
}

static bool is_ports(enum flow_field_id id)
{
	return id == FLOW_PORTS_SRC || id == FLOW_PORTS_DST;
}

static void print_value(char *text, size_t size, const struct flow_key *value,
			enum flow_field_id id)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i].id == id && flow_key_get(value, id) == values[i].value) {
			snprintf(text, size, "%s", values[i].word);
			return;
		}
	flow_field_print(value, id, text, size);
}

void lint_print_field(char *text, size_t size, const struct flow_key *value,
		      const struct flow_key *mask, enum flow_field_id id)
{
	size_t bytes = flow_fields[id].struct_size;
	char number[FIELD_SIZE], bits[FIELD_SIZE];
	uint8_t looked[16];
	int prefix;

	flow_key_load(mask, id, looked);
	prefix = prefix_length(looked, bytes);
	snprintf(text, size, "%s%s%s", is_ports(id) ? transport_of(value, mask) : "",
		 is_ports(id) ? " " : "", word_of(id));
	if ((id == FLOW_VLAN_TCI || id == FLOW_CVLAN_TCI) && flow_key_get(mask, id) == 0xfff) {
		append(text, size, " %u", (unsigned int)flow_key_get(value, id) & 0xfff);
		return;
	}
	if (prefix == (int)(8 * bytes)) {
		print_value(number, sizeof(number), value, id);
		append(text, size, " %s", number);
		return;
	}
	flow_field_print(value, id, number, sizeof(number));
	if (flow_fields[id].format == FLOW_FORMAT_DECIMAL)
		flow_bytes_print(FLOW_FORMAT_HEX, looked, bytes, bits, sizeof(bits));
	else
		flow_field_print(mask, id, bits, sizeof(bits));
	if (prefix >= 0 && is_address(id))
		append(text, size, " %s/%d", number, prefix);
	else
		append(text, size, " & %s == %s", bits, number);
}

/* What the fields behind it say already, what the chain's device says, what the kernel adds. */
static bool is_said(const struct flow_key *value, const struct flow_key *mask,
		    enum flow_field_id id)
{
	if (id == FLOW_META_INGRESS_IFINDEX || id == FLOW_META_INGRESS_IFTYPE)
		return true;
	if (id == FLOW_BASIC_IP_PROTO)
		return strcmp(transport_of(value, mask), "th") != 0 &&
		       (!flow_field_is_zero(mask, FLOW_PORTS_SRC) ||
			!flow_field_is_zero(mask, FLOW_PORTS_DST));
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
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (flow_field_is_zero(mask, fields[i].id) || is_said(value, mask, fields[i].id))
			continue;
		lint_print_field(field, sizeof(field), value, mask, fields[i].id);
		append(text, size, "%s%s", text[0] ? " " : "", field);
	}
	if (!text[0])
		snprintf(text, size, "any packet");
}

const char *lint_port_name(const struct lint *lint, int port)
{
	return nic_port_name(&lint->emulator->nic, (size_t)port);
}

/* What was sent to a representor leaves by the VF; the rule names the representor. */
static const char *target_name(const struct lint *lint, uint16_t port)
{
	const struct nic *nic = &lint->emulator->nic;

	return port < nic->num_ports ? lint_port_name(lint, nic_rules_port(nic, port)) : "?";
}

void lint_print_fate(char *text, size_t size, const struct lint *lint,
		     const struct lint_entry *entry)
{
	text[0] = '\0';
	for (size_t i = 0; i < entry->num_mirrors; i++)
		append(text, size, "dup to %s ", target_name(lint, entry->mirrors[i]));
	if (entry->fate == ASIC_DROP)
		append(text, size, "drop");
	else if (entry->fate == ASIC_REDIRECT)
		append(text, size, "fwd to %s", target_name(lint, entry->port));
	else
		append(text, size, "accept");
}
