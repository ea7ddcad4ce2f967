/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of matches as nft prints them: one function a kind. */
#include "describe.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <net/ethernet.h>
#include <stdarg.h>
#include <string.h>

void text_add(struct text *text, const char *format, ...)
{
	size_t room = text->size - text->used;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text->bytes + text->used, room, format, args);
	va_end(args);
	if (length > 0)
		text->used += (size_t)length < room ? (size_t)length : room - 1;
}

struct word {
	uint64_t number;
	const char *word;
};

static uint64_t number_of(const uint8_t *bytes, size_t length)
{
	uint64_t number = 0;

	for (size_t i = 0; i < length; i++)
		number = number << 8 | bytes[i];
	return number;
}

static void print_hex(struct text *text, const uint8_t *bytes, size_t length)
{
	text_add(text, "0x");
	for (size_t i = 0; i < length; i++)
		text_add(text, "%02x", bytes[i]);
}

static void print_number(struct text *text, const uint8_t *bytes, size_t length)
{
	if (length > sizeof(uint64_t))
		print_hex(text, bytes, length);
	else
		text_add(text, "%llu", (unsigned long long)number_of(bytes, length));
}

static void print_address(struct text *text, int family, size_t size, const uint8_t *bytes,
			  size_t length)
{
	uint8_t address[16] = {0};
	char name[INET6_ADDRSTRLEN];

	memcpy(address, bytes, length < size ? length : size);
	text_add(text, "%s", inet_ntop(family, address, name, sizeof(name)));
}

static void print_mac(struct text *text, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		text_add(text, "%s%02x", i ? ":" : "", bytes[i]);
}

static const struct word ethertypes[] = {{0x0800, "ip"},   {0x86dd, "ip6"},    {0x0806, "arp"},
					 {0x8100, "vlan"}, {0x88a8, "8021ad"}, {0, NULL}};
static const struct word protocols[] = {
	{1, "icmp"}, {2, "igmp"},       {6, "tcp"},    {17, "udp"},   {33, "dccp"},     {50, "esp"},
	{51, "ah"},  {58, "ipv6-icmp"}, {108, "comp"}, {132, "sctp"}, {136, "udplite"}, {0, NULL}};
static const struct word nfprotos[] = {{NFPROTO_IPV4, "ipv4"}, {NFPROTO_IPV6, "ipv6"}, {0, NULL}};
static const struct word packet_types[] = {
	{0, "host"}, {1, "broadcast"}, {2, "multicast"}, {3, "other"}, {0, NULL}};
static const struct word device_types[] = {
	{1, "ether"}, {772, "loopback"}, {512, "ppp"}, {0, NULL}};
static const struct word days[] = {
	{0, "\"Sunday\""},   {1, "\"Monday\""}, {2, "\"Tuesday\""},  {3, "\"Wednesday\""},
	{4, "\"Thursday\""}, {5, "\"Friday\""}, {6, "\"Saturday\""}, {0, NULL}};
static const struct word directions[] = {{0, "original"}, {1, "reply"}, {0, NULL}};
static const struct word presences[] = {{0, "missing"}, {1, "exists"}, {0, NULL}};
static const struct word tcp_flags[] = {{0x01, "fin"}, {0x02, "syn"}, {0x04, "rst"},
					{0x08, "psh"}, {0x10, "ack"}, {0x20, "urg"},
					{0x40, "ecn"}, {0x80, "cwr"}, {0, NULL}};
static const struct word ct_states[] = {{1, "invalid"}, {2, "established"}, {4, "related"},
					{8, "new"},     {64, "untracked"},  {0, NULL}};
static const struct word ct_statuses[] = {{1, "expected"},  {2, "seen-reply"}, {4, "assured"},
					  {8, "confirmed"}, {0x10, "snat"},    {0x20, "dnat"},
					  {0x200, "dying"}, {0, NULL}};

static const struct {
	const struct word *words;
	bool flags;
	bool hex; /* numbers without a word */
} worded[] = {
	[VALUE_ETHERTYPE] = {ethertypes, false, true},
	[VALUE_L4PROTO] = {protocols, false, false},
	[VALUE_NFPROTO] = {nfprotos, false, false},
	[VALUE_TCP_FLAGS] = {tcp_flags, true, true},
	[VALUE_CT_STATE] = {ct_states, true, true},
	[VALUE_CT_STATUS] = {ct_statuses, true, true},
	[VALUE_CT_DIRECTION] = {directions, false, false},
	[VALUE_PACKET_TYPE] = {packet_types, false, false},
	[VALUE_DEVICE_TYPE] = {device_types, false, false},
	[VALUE_DAY] = {days, false, false},
	[VALUE_PRESENCE] = {presences, false, false},
};

bool value_is_flags(enum value_kind kind)
{
	return worded[kind].flags;
}

/* All bits by name, joined; false where some have none. */
static bool print_flags(struct text *text, const struct word *words, uint64_t number,
			const char *between)
{
	uint64_t known = 0;
	const char *separator = "";

	for (const struct word *w = words; w->word; w++)
		known |= w->number;
	if (!number || number & ~known)
		return false;
	for (const struct word *w = words; w->word; w++) {
		if (!(number & w->number))
			continue;
		text_add(text, "%s%s", separator, w->word);
		separator = between;
	}
	return true;
}

static void print_worded(struct text *text, enum value_kind kind, const uint8_t *bytes,
			 size_t length)
{
	uint64_t number = number_of(bytes, length);

	if (worded[kind].flags && print_flags(text, worded[kind].words, number, ","))
		return;
	for (const struct word *w = worded[kind].words; w->word && !worded[kind].flags; w++) {
		if (w->number != number)
			continue;
		text_add(text, "%s", w->word);
		return;
	}
	if (worded[kind].hex)
		text_add(text, "0x%0*llx", (int)(2 * length), (unsigned long long)number);
	else
		print_number(text, bytes, length);
}

static void print_string(struct text *text, const uint8_t *bytes, size_t length)
{
	size_t end = strnlen((const char *)bytes, length);

	text_add(text, "\"");
	for (size_t i = 0; i < end; i++)
		text_add(text, "%c", isprint(bytes[i]) && bytes[i] != '"' ? bytes[i] : '?');
	/* A name without its NUL is the beginning of names. */
	text_add(text, end == length && length < 16 ? "*\"" : "\"");
}

static void print_interface(struct text *text, const uint8_t *bytes, size_t length,
			    const struct describe_names *names)
{
	uint32_t ifindex = (uint32_t)number_of(bytes, length);
	const char *name = names && names->interface_name
				   ? names->interface_name(names->context, ifindex)
				   : NULL;

	if (name)
		text_add(text, "\"%s\"", name);
	else
		text_add(text, "%u", ifindex);
}

void value_print(struct text *text, enum value_kind kind, const uint8_t *bytes, size_t length,
		 const struct describe_names *names)
{
	switch (kind) {
	case VALUE_NUMBER: print_number(text, bytes, length); return;
	case VALUE_HEX: print_hex(text, bytes, length); return;
	case VALUE_MARK:
		text_add(text, "0x%llx", (unsigned long long)number_of(bytes, length));
		return;
	case VALUE_IPV4: print_address(text, AF_INET, 4, bytes, length); return;
	case VALUE_IPV6: print_address(text, AF_INET6, 16, bytes, length); return;
	case VALUE_MAC: print_mac(text, bytes, length); return;
	case VALUE_STRING: print_string(text, bytes, length); return;
	case VALUE_INTERFACE: print_interface(text, bytes, length, names); return;
	case VALUE_PRIORITY:
		text_add(text, "%x:%x", (unsigned int)(number_of(bytes, length) >> 16 & 0xffff),
			 (unsigned int)(number_of(bytes, length) & 0xffff));
		return;
	default: print_worded(text, kind, bytes, length);
	}
}

void value_print_mask(struct text *text, enum value_kind kind, const uint8_t *bytes, size_t length)
{
	size_t start = text->used;

	if (kind == VALUE_IPV4 || kind == VALUE_IPV6 || kind == VALUE_MAC) {
		value_print(text, kind, bytes, length, NULL);
		return;
	}
	text_add(text, "(");
	if (worded[kind].flags &&
	    print_flags(text, worded[kind].words, number_of(bytes, length), " | ")) {
		text_add(text, ")");
		return;
	}
	text->used = start;
	text->bytes[start] = 0;
	print_hex(text, bytes, length);
}
