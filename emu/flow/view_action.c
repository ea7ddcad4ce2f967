/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Actions and whole rules as text: flow_view_action, flow_view_line. */
#include <nicemu/flow/view.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

struct argument {
	const char *name;
	enum flow_argument_kind kind;
};

static const struct argument arguments[FLOW_ACTION_COUNT][FLOW_ACTION_ARGUMENTS] = {
#define X(ID, ...) [FLOW_ACTION_##ID] = {__VA_ARGS__},
	FLOW_ACTIONS(X)
#undef X
};

/* How many words of argument[] each kind takes. */
static const uint8_t words[] = {
	[FLOW_ARGUMENT_NONE] = 0,    [FLOW_ARGUMENT_DECIMAL] = 1, [FLOW_ARGUMENT_DECIMAL64] = 2,
	[FLOW_ARGUMENT_HEX16] = 1,   [FLOW_ARGUMENT_HEX32] = 1,   [FLOW_ARGUMENT_HEX128] = 4,
	[FLOW_ARGUMENT_ADDRESS] = 4, [FLOW_ARGUMENT_MAC] = 2,     [FLOW_ARGUMENT_HEADER] = 1,
	[FLOW_ARGUMENT_ACTION] = 1,
};

static void write_number(struct flow_view_argument *view, uint64_t number)
{
	view->is_number = true;
	view->number = number;
	snprintf(view->text, sizeof(view->text), "%" PRIu64, number);
}

static void write_header(struct flow_view_argument *view, uint32_t header)
{
	static const char *const names[] = {"none", "ETH", "IP4", "IP6", "TCP", "UDP"};

	if (header < sizeof(names) / sizeof(names[0]))
		snprintf(view->text, sizeof(view->text), "%s", names[header]);
	else
		snprintf(view->text, sizeof(view->text), "%" PRIu32, header);
}

static void write_address(struct flow_view_argument *view, uint32_t family, const uint32_t *word)
{
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(family == 4 ? AF_INET : AF_INET6, word, address, sizeof(address));
	snprintf(view->text, sizeof(view->text), "%s", address);
}

static void write_argument(struct flow_view_argument *view, enum flow_argument_kind kind,
			   const uint32_t *word, uint32_t before)
{
	char *text = view->text;
	size_t size = sizeof(view->text);

	switch (kind) {
	case FLOW_ARGUMENT_NONE: break;
	case FLOW_ARGUMENT_DECIMAL: write_number(view, word[0]); break;
	case FLOW_ARGUMENT_DECIMAL64: write_number(view, (uint64_t)word[1] << 32 | word[0]); break;
	case FLOW_ARGUMENT_HEX16: snprintf(text, size, "0x%04" PRIx32, word[0]); break;
	case FLOW_ARGUMENT_HEX32: snprintf(text, size, "0x%08" PRIx32, word[0]); break;
	case FLOW_ARGUMENT_HEX128:
		snprintf(text, size, "0x%08" PRIx32 "%08" PRIx32 "%08" PRIx32 "%08" PRIx32, word[0],
			 word[1], word[2], word[3]);
		break;
	case FLOW_ARGUMENT_ADDRESS: write_address(view, before, word); break;
	case FLOW_ARGUMENT_MAC:
		snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x", word[0] >> 24,
			 word[0] >> 16 & 0xff, word[0] >> 8 & 0xff, word[0] & 0xff,
			 word[1] >> 8 & 0xff, word[1] & 0xff);
		break;
	case FLOW_ARGUMENT_HEADER: write_header(view, word[0]); break;
	case FLOW_ARGUMENT_ACTION: snprintf(text, size, "%s", flow_action_name(word[0])); break;
	}
}

void flow_view_action(const struct flow_action_entry *action,
		      void (*visit)(void *context, const struct flow_view_argument *argument),
		      void *context)
{
	size_t at = 0;

	if ((unsigned int)action->id >= FLOW_ACTION_COUNT)
		return;
	for (size_t i = 0; i < FLOW_ACTION_ARGUMENTS; i++) {
		const struct argument *argument = &arguments[action->id][i];
		struct flow_view_argument view = {.name = argument->name};

		if (!argument->name)
			break;
		write_argument(&view, argument->kind, &action->argument[at],
			       at ? action->argument[at - 1] : 0);
		at += words[argument->kind];
		visit(context, &view);
	}
}

static bool read_number(enum flow_argument_kind kind, const uint32_t *word, uint64_t *number)
{
	switch (kind) {
	case FLOW_ARGUMENT_DECIMAL64: *number = (uint64_t)word[1] << 32 | word[0]; return true;
	case FLOW_ARGUMENT_MAC: *number = (uint64_t)word[0] << 16 | word[1]; return true;
	case FLOW_ARGUMENT_NONE:
	case FLOW_ARGUMENT_HEX128:
	case FLOW_ARGUMENT_ADDRESS: return false;
	default: *number = word[0]; return true;
	}
}

bool flow_action_number(const struct flow_action_entry *action, const char *name, uint64_t *number)
{
	size_t at = 0;

	if ((unsigned int)action->id >= FLOW_ACTION_COUNT)
		return false;
	for (size_t i = 0; i < FLOW_ACTION_ARGUMENTS; i++) {
		const struct argument *argument = &arguments[action->id][i];

		if (!argument->name)
			return false;
		if (!strcmp(argument->name, name))
			return read_number(argument->kind, &action->argument[at], number);
		at += words[argument->kind];
	}
	return false;
}

struct line {
	FILE *out;
	bool any;
};

static void line_field(void *context, const struct flow_view_field *field)
{
	struct line *line = context;
	char key[32];

	snprintf(key, sizeof(key), "%s", flow_dissector_key_name(field->key));
	for (char *c = key; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	fprintf(line->out, "%s%s.%s %s%s%s%s", line->any ? " " : "", key, field->name, field->value,
		field->whole ? "" : "/", field->whole ? "" : field->mask,
		field->flagged ? "" : " (not flagged)");
	line->any = true;
}

static void line_argument(void *context, const struct flow_view_argument *argument)
{
	fprintf(context, " %s %s", argument->name, argument->text);
}

void flow_view_line(FILE *out, const struct flow_rule *rule,
		    void (*target)(FILE *out, void *context,
				   const struct flow_action_entry *action),
		    void *context)
{
	struct line line = {.out = out};

	flow_view_match(&rule->match, line_field, &line);
	if (!line.any)
		fputs("any", out);
	for (size_t i = 0; i < rule->num_actions; i++) {
		const struct flow_action_entry *action = &rule->actions[i];

		fprintf(out, "%s %s", i ? "," : "", flow_action_name(action->id));
		if (flow_action_has_target(action->id) && target) {
			fputc(' ', out);
			target(out, context, action);
		} else if (flow_action_has_target(action->id)) {
			fprintf(out, " ifindex %" PRIu32, action->ifindex);
		}
		flow_view_action(action, line_argument, out);
	}
}
