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
#define X(ID, NUMBER) [NUMBER] = #ID,
		FLOW_DISSECTOR_KEYS(X)
#undef X
	};

	return (unsigned int)id < FLOW_DISSECTOR_KEY_COUNT ? names[id] : NULL;
}

bool flow_dissector_key_has_fields(enum flow_dissector_key_id id)
{
	for (int field = 0; field < FLOW_FIELD_COUNT; field++)
		if (flow_fields[field].key == id)
			return true;
	return false;
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

static void print_hex(const uint8_t *bytes, size_t length, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "0x");

	for (size_t i = 0; i < length && used + 2 < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%02x", bytes[i]);
}

void flow_bytes_print(enum flow_field_format format, const uint8_t *b, size_t length, char *text,
		      size_t size)
{
	char address[INET6_ADDRSTRLEN];

	switch (format) {
	case FLOW_FORMAT_DECIMAL: snprintf(text, size, "%" PRIu64, load_be(b, length)); return;
	case FLOW_FORMAT_HEX: print_hex(b, length, text, size); return;
	case FLOW_FORMAT_MAC:
		snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
			 b[5]);
		return;
	case FLOW_FORMAT_IPV4:
	case FLOW_FORMAT_IPV6:
		inet_ntop(format == FLOW_FORMAT_IPV4 ? AF_INET : AF_INET6, b, address,
			  sizeof(address));
		snprintf(text, size, "%s", address);
		return;
	}
}

void flow_field_print(const struct flow_key *key, enum flow_field_id id, char *text, size_t size)
{
	uint8_t bytes[16];

	flow_key_load(key, id, bytes);
	flow_bytes_print(flow_fields[id].format, bytes, flow_fields[id].struct_size, text, size);
}
