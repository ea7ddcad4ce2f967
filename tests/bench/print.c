/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruleset.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static void print_prefix(FILE *out, const struct rule *rule, const char *field,
			 struct address address, unsigned int length)
{
	char text[INET6_ADDRSTRLEN];
	uint64_t bytes[2] = {htobe64(address.high), htobe64(address.low)};
	uint32_t low = htonl((uint32_t)address.low);

	if (length == 0)
		return;
	inet_ntop(rule->ipv6 ? AF_INET6 : AF_INET, rule->ipv6 ? (void *)bytes : (void *)&low, text,
		  sizeof(text));
	fprintf(out, "%s %s %s", rule->ipv6 ? "ip6" : "ip", field, text);
	if (length < (rule->ipv6 ? 128 : 32))
		fprintf(out, "/%u", length);
	putc(' ', out);
}

static bool port_is_exact(struct port_match port)
{
	return port.min == port.max;
}

/*
 * apart: with its mask, although that has all bits: else nft would merge two neighbouring ports
 * into one load, which no kernel offloads.
 */
static void print_port(FILE *out, const struct rule *rule, const char *field,
		       struct port_match port, bool apart)
{
	const char *protocol = rule->protocol == IPPROTO_TCP ? "tcp" : "udp";

	if (port_is_any(port))
		return;
	if (port_is_exact(port) && !apart)
		fprintf(out, "%s %s %u ", protocol, field, port.min);
	else
		fprintf(out, "%s %s & 0x%04x == 0x%04x ", protocol, field, port_mask(port),
			port.min);
}

/* What nft would not find out from the other matches: the layer above Ethernet and IP. */
static void print_protocols(FILE *out, const struct rule *rule)
{
	if (rule->source_length == 0 && rule->destination_length == 0)
		fprintf(out, "meta protocol %s ", rule->ipv6 ? "ip6" : "ip");
	if (!rule->any_protocol && !rule_has_ports(rule))
		fprintf(out, "meta l4proto %u ", rule->protocol);
}

void rule_print(FILE *out, const struct rule *rule)
{
	print_prefix(out, rule, "saddr", rule->source, rule->source_length);
	print_prefix(out, rule, "daddr", rule->destination, rule->destination_length);
	print_protocols(out, rule);
	print_port(out, rule, "sport", rule->source_port,
		   port_is_exact(rule->source_port) && port_is_exact(rule->destination_port));
	print_port(out, rule, "dport", rule->destination_port, false);
	fprintf(out, "%s%s\n", rule->counter ? "counter " : "", rule->drop ? "drop" : "accept");
}

int ruleset_print(FILE *out, const struct ruleset *set, const char *device, bool offload)
{
	fprintf(out,
		"table netdev bench {\nchain ingress {\n"
		"type filter hook ingress device \"%s\" priority 1;%s\n",
		device, offload ? " flags offload;" : "");
	for (size_t i = 0; i < set->count; i++)
		rule_print(out, &set->rules[i]);
	fprintf(out, "}\n}\n");
	return ferror(out) ? -EIO : 0;
}
