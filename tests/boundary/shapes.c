/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shapes.h"

#include <string.h>

enum { IP4 = 0x0800, IP6 = 0x86dd, LLDP = 0x88cc, TCP = 6, UDP = 17, ICMP = 1 };

static void put16(uint8_t *bytes, unsigned int value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void add_field(struct shape *s, const char *before, const char *load, size_t at, size_t size,
		      bool is_structure)
{
	s->fields[s->num_fields++] = (struct shape_field){.load = load,
							  .before = before,
							  .at = (uint16_t)at,
							  .size = (uint8_t)size,
							  .is_structure = is_structure};
}

/* Ethernet and tags; returns where the network header starts. */
static size_t draw_link(struct shape *s, struct random *random)
{
	size_t at = 12;

	add_field(s, "", "ll+0", 0, 6, false);
	add_field(s, "", "ll+6", 6, 6, false);
	for (unsigned int tag = 0; tag < s->tags; tag++, at += 4) {
		put16(s->frame + at, random_below(random, 2) ? 0x8100 : 0x88a8);
		/* A rule names the first type at LL+12 and its id at LL+14, the second 4 behind. */
		add_field(s, "", tag ? "ll+16" : "ll+12", at, 2, true);
		add_field(s, "", tag ? "ll+18" : "ll+14", at + 2, 2, false);
	}
	put16(s->frame + at, s->network);
	/* The network's type stands behind the tags, whatever their number. */
	if (s->tags == 0)
		add_field(s, "", random_below(random, 2) ? "ll+12" : "meta:protocol", at, 2, true);
	else
		add_field(s, "", s->tags == 1 ? "ll+16" : "ll+20", at, 2, true);
	return at + 2;
}

static void draw_ip4(struct shape *s)
{
	uint8_t *ip = s->frame + s->l3;

	ip[0] = 0x45;
	put16(ip + 2, 20 + 20);
	put16(ip + 6, 0x4000);
	ip[9] = s->protocol;
	s->l4 = (uint16_t)(s->l3 + 20);
	add_field(s, "meta:protocol =0800 ", "nh+12", s->l3 + 12u, 4, false);
	add_field(s, "meta:protocol =0800 ", "nh+16", s->l3 + 16u, 4, false);
	add_field(s, "meta:protocol =0800 ", "nh+9", s->l3 + 9u, 1, true);
}

static void draw_ip6(struct shape *s)
{
	uint8_t *ip = s->frame + s->l3;

	ip[0] = 0x60 | (ip[0] & 15);
	put16(ip + 4, 20);
	ip[6] = s->protocol;
	s->l4 = (uint16_t)(s->l3 + 40);
	add_field(s, "meta:protocol =86dd ", "nh+8", s->l3 + 8u, 16, false);
	add_field(s, "meta:protocol =86dd ", "nh+24", s->l3 + 24u, 16, false);
	add_field(s, "meta:protocol =86dd ", "nh+6", s->l3 + 6u, 1, true);
}

static void draw_transport(struct shape *s)
{
	const char *before = s->protocol == TCP ? "meta:l4proto =06 " : "meta:l4proto =11 ";

	add_field(s, "", "meta:l4proto", s->network == IP4 ? s->l3 + 9u : s->l3 + 6u, 1, true);
	if (s->protocol == TCP)
		s->frame[s->l4 + 12] = 0x50;
	else if (s->protocol == UDP)
		put16(s->frame + s->l4 + 4, 20);
	else
		return;
	add_field(s, before, "th+0", s->l4, 2, false);
	add_field(s, before, "th+2", s->l4 + 2u, 2, false);
}

void shape_draw(struct shape *s, struct random *random)
{
	static const uint16_t networks[] = {IP4, IP4, IP4, IP6, IP6, IP6, LLDP};
	static const uint8_t protocols[] = {TCP, UDP, TCP, UDP, ICMP};

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < sizeof(s->frame); i++)
		s->frame[i] = (uint8_t)random_u64(random);
	s->tags = (uint8_t)random_below(random, 3);
	s->network = networks[random_below(random, sizeof(networks) / sizeof(networks[0]))];
	s->protocol = protocols[random_below(random, sizeof(protocols))];
	s->l3 = (uint16_t)draw_link(s, random);
	if (s->network == IP4)
		draw_ip4(s);
	else if (s->network == IP6)
		draw_ip6(s);
	if (s->l4)
		draw_transport(s);
	s->length = s->l4 ? s->l4 + 20u : s->l3 + 30u;
}
