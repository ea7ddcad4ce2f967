/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/flow/key.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct flow_field flow_fields[FLOW_FIELD_COUNT] = {
#define X(ID, KEY, NAME, OFFSET, SIZE, ORDER, WORD, SHIFT, WIDTH, FORMAT)                         \
	[FLOW_##ID] = {                                                                           \
		NAME,  FLOW_DISSECTOR_KEY_##KEY, OFFSET, SIZE, FLOW_##ORDER##_ORDER, WORD, SHIFT, \
		WIDTH, FLOW_FORMAT_##FORMAT},
	FLOW_FIELDS(X)
#undef X
};

const char *flow_dissector_key_name(enum flow_dissector_key_id id)
{
	static const char *const names[FLOW_DISSECTOR_KEY_COUNT] = {
		[FLOW_DISSECTOR_KEY_CONTROL] = "CONTROL",
		[FLOW_DISSECTOR_KEY_BASIC] = "BASIC",
		[FLOW_DISSECTOR_KEY_IPV4_ADDRS] = "IPV4_ADDRS",
		[FLOW_DISSECTOR_KEY_IPV6_ADDRS] = "IPV6_ADDRS",
		[FLOW_DISSECTOR_KEY_PORTS] = "PORTS",
		[FLOW_DISSECTOR_KEY_ICMP] = "ICMP",
		[FLOW_DISSECTOR_KEY_ETH_ADDRS] = "ETH_ADDRS",
		[FLOW_DISSECTOR_KEY_ARP] = "ARP",
		[FLOW_DISSECTOR_KEY_VLAN] = "VLAN",
		[FLOW_DISSECTOR_KEY_MPLS] = "MPLS",
		[FLOW_DISSECTOR_KEY_TCP] = "TCP",
		[FLOW_DISSECTOR_KEY_IP] = "IP",
		[FLOW_DISSECTOR_KEY_CVLAN] = "CVLAN",
		[FLOW_DISSECTOR_KEY_META] = "META",
		[FLOW_DISSECTOR_KEY_PPPOE] = "PPPOE",
	};

	return (unsigned int)id < FLOW_DISSECTOR_KEY_COUNT ? names[id] : NULL;
}

static uint64_t width_mask(const struct flow_field *f)
{
	return f->width >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << f->width) - 1;
}

static uint64_t load_be(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void store_be(uint8_t *bytes, size_t size, uint64_t value)
{
	for (size_t i = size; i-- > 0; value >>= 8)
		bytes[i] = (uint8_t)value;
}

void flow_key_store(struct flow_key *key, enum flow_field_id id, const uint8_t *bytes)
{
	const struct flow_field *f = &flow_fields[id];
	uint64_t mask = width_mask(f) << f->shift;

	if (f->width == 128) {
		key->word[f->word] = load_be(bytes, 8);
		key->word[f->word + 1] = load_be(bytes + 8, 8);
		return;
	}
	key->word[f->word] &= ~mask;
	key->word[f->word] |= load_be(bytes, f->struct_size) << f->shift & mask;
}

void flow_key_load(const struct flow_key *key, enum flow_field_id id, uint8_t *bytes)
{
	const struct flow_field *f = &flow_fields[id];

	if (f->width == 128) {
		store_be(bytes, 8, key->word[f->word]);
		store_be(bytes + 8, 8, key->word[f->word + 1]);
		return;
	}
	store_be(bytes, f->struct_size, flow_key_get(key, id));
}

static bool field_is(const struct flow_key *key, enum flow_field_id id, uint64_t each_word)
{
	const struct flow_field *f = &flow_fields[id];

	if (f->width == 128)
		return key->word[f->word] == each_word && key->word[f->word + 1] == each_word;
	return flow_key_get(key, id) == (each_word & width_mask(f));
}

bool flow_field_is_zero(const struct flow_key *key, enum flow_field_id id)
{
	return field_is(key, id, 0);
}

bool flow_field_is_ones(const struct flow_key *key, enum flow_field_id id)
{
	return field_is(key, id, ~UINT64_C(0));
}

void flow_field_print(const struct flow_key *key, enum flow_field_id id, char *text, size_t size)
{
	const struct flow_field *f = &flow_fields[id];
	char address[INET6_ADDRSTRLEN];
	uint8_t b[16];

	switch (f->format) {
	case FLOW_FORMAT_DECIMAL: snprintf(text, size, "%" PRIu64, flow_key_get(key, id)); return;
	case FLOW_FORMAT_HEX:
		snprintf(text, size, "0x%0*" PRIx64, f->width / 4, flow_key_get(key, id));
		return;
	case FLOW_FORMAT_MAC:
		flow_key_load(key, id, b);
		snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
			 b[5]);
		return;
	case FLOW_FORMAT_IPV4:
	case FLOW_FORMAT_IPV6:
		flow_key_load(key, id, b);
		inet_ntop(f->format == FLOW_FORMAT_IPV4 ? AF_INET : AF_INET6, b, address,
			  sizeof(address));
		snprintf(text, size, "%s", address);
		return;
	}
}
