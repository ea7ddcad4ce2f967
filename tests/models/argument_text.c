/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "argument_text.h"

#include <nicemu/flow/view.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool text_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 0);
	return !errno && !*end && *number <= max;
}

static bool mac_value(const char *text, uint8_t *bytes)
{
	char end;

	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &bytes[0], &bytes[1],
		      &bytes[2], &bytes[3], &bytes[4], &bytes[5], &end) == 6;
}

bool text_field_value(enum flow_field_format format, const char *text, uint8_t *bytes, size_t size)
{
	uint64_t number;

	if (format == FLOW_FORMAT_MAC)
		return mac_value(text, bytes);
	if (format == FLOW_FORMAT_IPV4)
		return inet_pton(AF_INET, text, bytes) == 1;
	if (format == FLOW_FORMAT_IPV6)
		return inet_pton(AF_INET6, text, bytes) == 1;
	if (!text_number(text, size >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1, &number))
		return false;
	for (size_t i = 0; i < size; i++)
		bytes[i] = size - 1 - i < 8 ? (uint8_t)(number >> 8 * (size - 1 - i)) : 0;
	return true;
}

static const struct {
	const char *name;
	enum flow_argument_kind kind;
} arguments[FLOW_ACTION_COUNT][FLOW_ACTION_ARGUMENTS] = {
#define X(ID, ...) [FLOW_ACTION_##ID] = {__VA_ARGS__},
	FLOW_ACTIONS(X)
#undef X
};

static size_t kind_words(enum flow_argument_kind kind)
{
	switch (kind) {
	case FLOW_ARGUMENT_NONE: return 0;
	case FLOW_ARGUMENT_DECIMAL64:
	case FLOW_ARGUMENT_MAC: return 2;
	case FLOW_ARGUMENT_HEX128:
	case FLOW_ARGUMENT_ADDRESS: return 4;
	default: return 1;
	}
}

static bool find_action(const char *name, enum flow_action_id *id)
{
	for (int i = 0; i < FLOW_ACTION_COUNT; i++)
		if (strcmp(flow_action_name((enum flow_action_id)i), name) == 0) {
			*id = (enum flow_action_id)i;
			return true;
		}
	return false;
}

static bool header_value(const char *text, uint32_t *word)
{
	static const char *const names[] = {"none", "ETH", "IP4", "IP6", "TCP", "UDP"};

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], text) == 0) {
			*word = i;
			return true;
		}
	return false;
}

static bool argument_value(enum flow_argument_kind kind, const char *text, uint32_t *word)
{
	uint64_t number = 0;
	enum flow_action_id id;

	switch (kind) {
	case FLOW_ARGUMENT_HEADER: return header_value(text, word);
	case FLOW_ARGUMENT_ACTION:
		if (!find_action(text, &id))
			return false;
		*word = id;
		return true;
	case FLOW_ARGUMENT_DECIMAL:
	case FLOW_ARGUMENT_DECIMAL64:
	case FLOW_ARGUMENT_HEX16:
	case FLOW_ARGUMENT_HEX32: break;
	default: return false; /* no row needs it */
	}
	if (!text_number(text, kind == FLOW_ARGUMENT_DECIMAL64 ? UINT64_MAX : UINT32_MAX, &number))
		return false;
	word[0] = (uint32_t)number;
	if (kind == FLOW_ARGUMENT_DECIMAL64)
		word[1] = (uint32_t)(number >> 32);
	return true;
}

static bool read_argument(struct flow_action_entry *action, const char *name, const char *value)
{
	size_t at = 0;

	for (size_t i = 0; i < FLOW_ACTION_ARGUMENTS && arguments[action->id][i].name; i++) {
		if (strcmp(arguments[action->id][i].name, name) == 0)
			return argument_value(arguments[action->id][i].kind, value,
					      &action->argument[at]);
		at += kind_words(arguments[action->id][i].kind);
	}
	return false;
}

static bool read_arguments(struct flow_action_entry *action, const struct nic *nic, char *text)
{
	for (char *one; (one = strsep(&text, ","));) {
		char *value = strchr(one, '=');

		if (value) {
			*value++ = '\0';
			if (!read_argument(action, one, value))
				return false;
		} else if (flow_action_has_target(action->id)) {
			int port = nic_port_by_name(nic, one);
			uint64_t ifindex = 0;

			if (port >= 0)
				ifindex = nic->ports[port].ifindex;
			else if (!text_number(one, UINT32_MAX, &ifindex))
				return false;
			action->ifindex = (uint32_t)ifindex;
		} else {
			return false;
		}
	}
	return true;
}

bool text_action(struct flow_action_entry *action, const struct nic *nic, char *text, char *error,
		 size_t error_size)
{
	char *inside = strchr(text, '('), *end = inside ? strrchr(text, ')') : NULL;

	*action = (struct flow_action_entry){0};
	if (inside) {
		*inside++ = '\0';
		if (!end || end[1]) {
			snprintf(error, error_size, "%s(%s has no ) at its end", text, inside);
			return false;
		}
		*end = '\0';
	}
	if (!find_action(text, &action->id)) {
		snprintf(error, error_size, "there is no action %s", text);
		return false;
	}
	if (inside && !read_arguments(action, nic, inside)) {
		snprintf(error, error_size, "%s can't have these arguments", text);
		return false;
	}
	return true;
}
