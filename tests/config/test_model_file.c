/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models that don't load: one spoiled place each, and what is told about it. */
#include <nicemu/config/model.h>

#include "model_text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The good text with the first `from` replaced by `to`; the complaint must be about the line on
 * which that begins, and `down` lines below it.
 */
static const struct {
	const char *from, *to;
	int down;
	const char *words[2];
} bad[] = {
	/* the file */
	{"title:", "titel:", 0, {"a model file has no field 'titel'", "did you mean 'title'"}},
	{"title: one of everything\n",
	 "title: a\ntitle: b\n",
	 1,
	 {"'title' is given twice", "line 2"}},
	{"title: one of everything\n", "", -1, {"a model file needs the field 'title'", ""}},
	{"title: one of everything", "title: [a]", 0, {"title: expected one value", "list"}},
	{"title: one of everything", "title: ''", 0, {"title: expected some text", ""}},
	{"title: one of everything", "title: \"a\\nb\"", 0, {"title: expected one line", ""}},
	{"title: one of everything", "title: \"a\\0b\"", 0, {"title", "NUL"}},
	{"model: full-1", "model: Full_1", 0, {"model: 'Full_1' is not right", "small letters"}},
	{"status: read", "status: done", 0, {"status: 'done'", "own, read or experimental"}},
	{"switchdev: yes", "switchdev: true", 0, {"switchdev: 'true'", "yes or no"}},
	{"notes:", "notes: *a\nolder:", 0, {"aliases", ""}},
	{"title: one", "title: !!binary one", 0, {"tag 'tag:yaml.org,2002:binary'", "no tag"}},
	{"title: one", "title: !mine one", 0, {"the tag '!mine' is not known", "no tag"}},
	{"notes:", "notes: !!set", 0, {"the tag 'tag:yaml.org,2002:set' is not known", ""}},
	{"{taken: yes, many", "!!omap {taken: yes, many", 0, {"tag", "omap"}},
	{"name: hw, f", "name: tc, f", 0, {"sources[1].name: 'tc'", "no source before it"}},
	{"name: hw, file", "name: hw, fiel", 0, {"a source has no field 'fiel'", "'file'"}},
	/* front ends */
	{"  flower: {taken: yes}\n", "", -2, {"front-ends needs the field 'flower'", ""}},
	{"taken: no, errno: EOPNOTSUPP,", "taken: no,", 0, {"front-ends.flowtable", "'errno'"}},
	{"EOPNOTSUPP", "ENOTSUPPORTED", 0, {"'ENOTSUPPORTED'", "the name of an errno"}},
	{"EOPNOTSUPP", "EOPNOTSUP", 0, {"errno", "did you mean 'EOPNOTSUPP'"}},
	{"chain: {taken: yes",
	 "chain: {taken: maybe",
	 0,
	 {"front-ends.chain.taken: 'maybe'", "yes or no"}},
	{"many-blocks: yes",
	 "many-blocks: 2",
	 0,
	 {"front-ends.chain.many-blocks: '2'", "yes or no"}},
	/* clauses */
	{"id: never", "id: all", 0, {"clauses[1].id: 'all'", "nothing before it"}},
	{"id: never", "idd: never", 0, {"a clause has no field 'idd'", "did you mean 'id'"}},
	{"errno: EPERM, clause", "clause", 0, {"a clause needs the field 'errno'", ""}},
	{"clause: never, source: hw",
	 "clause: never",
	 0,
	 {"a clause needs the field 'source'", ""}},
	{"clause: never", "clause: ''", 0, {"clauses[1].clause: expected some text", ""}},
	{"at: bind", "at: bond", 0, {"clauses[2].at: 'bond'", "bind or rule"}},
	{"require: {port-kinds: [uplink]}",
	 "require: {keys-any: [ARP]}",
	 0,
	 {"clauses[2].require: 'keys-any'", "at bind there is none"}},
	{"source: tc\n  - {id", "source: tcp\n  - {id", 0, {"source: 'tcp'", "did you mean 'tc'"}},
	/* conditions */
	{"keys-all:", "keys-al:", 0, {"clauses[0].when has no field 'keys-al'", "'keys-all'"}},
	{"[BASIC, META]", "BASIC", 0, {"clauses[0].when.keys-all: expected a list", "[A, B]"}},
	{"[BASIC, META]", "[BASIC, METE]", 0, {"keys-all[1]: 'METE'", "did you mean 'META'"}},
	{"[BASIC, META]", "[BASIC, ipv4_addrs]", 0, {"'ipv4_addrs'", "did you mean 'IPV4_ADDRS'"}},
	{"[BASIC, META]", "[BASIC, BASIC]", 0, {"keys-all[1]", "given twice"}},
	{"[basic.n_proto]",
	 "[basic.nproto]",
	 0,
	 {"'basic.nproto'", "did you mean 'basic.n_proto'"}},
	{"[basic.n_proto]", "[]", 0, {"fields-all: expected at least one field", ""}},
	{"[uplink, pf]", "[uplink, rep]", 0, {"port-kinds[1]: 'rep'", "representor"}},
	{"[flower]}", "[tc]}", 0, {"front-ends[0]: 'tc'", "chain, flowtable or flower"}},
	{"is: prefix", "is: prefixed", 0, {"mask[0].is", "did you mean 'prefix'"}},
	{", is: prefix", "", 0, {"require.mask[0] needs the field 'is'", ""}},
	{"is: prefix", "kind: prefix", 0, {"mask[0] has no field 'kind'", "fields, is"}},
	{"bits: 0x2f", "bits: 0x10000", 0, {"mask-bits[0].bits: '0x10000'", "65535"}},
	{"bits: 0x2f", "bits: 2f", 0, {"bits: '2f'", "whole number"}},
	{"fields: [basic.ip_proto]", "fields: [ipv6_addrs.src]", 0, {"value[0]", "64 bits"}},
	{"'17-20'", "'17-300'", 0, {"value[0].in[1]: '17-300'", "up to 255"}},
	{"'17-20'", "'20-17'", 0, {"'20-17'", "smaller number first"}},
	{"'17-20'", "'17-'", 0, {"'17-'", "range"}},
	{"'17-20'", "'-3'", 0, {"'-3'", "range"}},
	{"'17-20'", "tcp", 0, {"'tcp'", "a number or a range"}},
	{"in: ['6', '17-20']", "in: []", 0, {"value[0].in: expected at least one number", ""}},
	{"actions-any: [DROP]", "actions-any: [DORP]", 0, {"'DORP'", "did you mean 'DROP'"}},
	{"actions-any: [DROP]", "actions-any: [drop]", 0, {"'drop'", "did you mean 'DROP'"}},
	{"argument: offset", "argument: ofset", 0, {"MANGLE has no argument 'ofset'", "'offset'"}},
	{", with-in: ['2']", "", 0, {"argument[0]", "both with and with-in"}},
	{"actions: [MANGLE]", "actions: []", 0, {"expected at least one action", ""}},
	{"[IMMEDIATE, DELAYED]", "[immediate]", 0, {"hw-stats[0]", "did you mean 'IMMEDIATE'"}},
	{"['0x0800', '0x86dd']", "['0x10000']", 0, {"protocol[0]", "up to 65535"}},
	{"ifindex-is-port: yes", "ifindex-is-port: no", 0, {"ifindex-is-port: 'no'", "yes"}},
	{"targets-differ: yes", "targets-differ: no", 0, {"targets-differ: 'no'", "yes"}},
	{"hw-stats-same: yes", "hw-stat-same: yes", 0, {"did you mean 'hw-stats-same'", ""}},
	{"mask-bits: [{fields: [tcp.flags], bits: 0x2f}]",
	 "mask-bits: []",
	 0,
	 {"mask-bits: expected at least one test", ""}},
	/* conflicts, match */
	{"id: twins", "id: never", 0, {"conflicts[0].id: 'never'", "nothing before it"}},
	{"other-target,", "other-targets,", 0, {"relations[1]", "did you mean 'other-target'"}},
	{"  ignored: [ip.tos]", "  ignored: [ip.toss]", 0, {"match.ignored[0]", "'ip.tos'"}},
	{"field: ip.ttl, value: 64", "field: ip.ttl, value: 256", 0, {"implicit[0].value", "255"}},
	{", value: 64", "", 0, {"implicit[0].field", "both field and value"}},
	{"absent-keys: [VLAN], field: ip.ttl, value: 64, ", "", 0, {"absent-keys, or", ""}},
	{"keys: [TCP], fields: [ports.dst], ",
	 "",
	 0,
	 {"ignoring[0]", "keys, fields, actions or mirror-takes"}},
	{"mirror-takes: yes", "mirror-takes: 1", 0, {"ignoring[1].mirror-takes: '1'", "yes or no"}},
	{"[CSUM, REDIRECT]", "[CSUM, redirect]", 0, {"ignoring[1].actions[1]", "'REDIRECT'"}},
	/* tables */
	{"name: hash", "name: is2", 0, {"tables[1].name: 'is2'", "no table before it"}},
	{"kind: ternary", "kind: tcam", 0, {"tables[0].kind: 'tcam'", "ternary or exact"}},
	{"scope: nic", "scope: ports", 0, {"tables[0].scope", "did you mean 'port'"}},
	{"front-ends: [chain]\n    entries",
	 "front-ends: [flowtable]\n    entries",
	 0,
	 {"tables[0].front-ends: the NIC does not take flowtable", ""}},
	{"front-ends: [chain]\n    entries",
	 "front-ends: []\n    entries",
	 0,
	 {"at least one of", ""}},
	{"front-ends: [flower], entries",
	 "front-ends: [chain], entries",
	 -17,
	 {"tables: none has the front end flower", ""}},
	{"entries: 1024", "entries: 1k", 0, {"tables[0].entries: '1k'", "or unknown"}},
	{"entries: 1024", "entries: 0", 0, {"tables[0].entries: '0'", "from 1"}},
	{"reserved: 1", "reserved: 1024", 0, {"tables[0].reserved: '1024'", "to 1023"}},
	{"slices: 4\n", "slices: 65\n", 0, {"tables[0].slices: '65'", "to 64"}},
	{"key-width: 376", "key-width: 375", 0, {"tables[0].key-width", "4 slices"}},
	{"key-width: 376", "key-width: 0", 0, {"tables[0].key-width", "from 1"}},
	{"key-width: 376", "key-width: 4", 0, {"tables[0].key-width: 4 bits", "at least 16"}},
	{"key-width: 376", "ways: 2", 0, {"tables[0].ways", "kind exact"}},
	{"ways: 4", "ways: 5", 0, {"tables[1].ways", "buckets of 5"}},
	{"ways: 4", "ways: 128", 0, {"tables[1].ways", "to 64"}},
	{"order: index", "order: prio", 0, {"tables[0].order: 'prio'", "arrival"}},
	{"insertion: shifts", "insertion: shift", 0, {"insertion", "did you mean 'shifts'"}},
	{"priority: 1-65535", "priority: 9-1", 0, {"tables[0].priority", "smaller"}},
	{"entries: 2, slices: 4", "entries: 1024, slices: 4", 0, {"costs[0].entries", "to 1023"}},
	{"entries: 2, slices: 4", "entries: 2, slices: 5", 0, {"costs[0].slices: '5'", "to 4"}},
	{"entries: 2, slices: 4", "entries: 2", 0, {"costs[0].slices", "how many"}},
	{"{when: {keys-any: [IPV6_ADDRS]}, entries: 2", "{entries: 2", 0, {"costs[0]", "last"}},
	{"    slices: 4\n", "", 6, {"costs[0].slices", "no slices"}},
	{"full: {errno: ENOENT}",
	 "full: {text: a}",
	 0,
	 {"tables[1].full needs the field 'errno'", ""}},
	/* counters and the rest */
	{"width: 32", "width: 65", 0, {"counters.width: '65'", "to 64"}},
	{"width: 32", "width: 0", 0, {"counters.width: '0'", "or unknown"}},
	{"bytes: l2-fcs", "bytes: l3", 0, {"counters.bytes: 'l3'", "l2-fcs"}},
	{"reading: polled", "reading: now", 1, {"counters.interval-ms", "polled or pushed"}},
	{"interval-ms: 1000", "interval-ms: 1s", 0, {"interval-ms: '1s'", "whole number"}},
	{"pool-full: ENOMEM", "pool-full: full", 0, {"pool-full: 'full'", "or ok"}},
	{"duplicate: update", "duplicate: ok", 0, {"cookies.duplicate: 'ok'", "or update"}},
	{"hw-tc-offload-off: {bind", "hw-tc-offload: {bind", 0, {"'hw-tc-offload'", "-off"}},
	{"bind: EPERM", "bind: no", 0, {"hw-tc-offload-off.bind", "or ok"}},
	{"about: ageing, ", "", 0, {"a note needs the field 'about'", ""}},
};

#define NO     "{taken: no, errno: EPERM}"
#define FRONTS "front-ends: {chain: " NO ", flowtable: " NO ", flower: " NO "}\n"

static int line_of(const char *text, const char *at)
{
	int line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

static char *spoil(const char *from, const char *to, int *line)
{
	const char *at = strstr(model_text, from);
	char *text = malloc(sizeof(model_text) + strlen(to));

	cr_assert(at, "the good text has no '%s'", from);
	sprintf(text, "%.*s%s%s", (int)(at - model_text), model_text, to, at + strlen(from));
	*line = line_of(model_text, at);
	return text;
}

Test(model_file, a_mistake_is_told_with_file_line_field_and_what_was_expected)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config_error error;
		struct model *model;
		char *text, start[32];
		int line, result;

		text = spoil(bad[i].from, bad[i].to, &line);
		result = model_parse(&model, "m.yaml", text, strlen(text), &error);
		cr_assert_eq(result, -EINVAL, "taken: %s", bad[i].to);
		cr_assert_null(model);
		snprintf(start, sizeof(start), "m.yaml:%d: ", line + bad[i].down);
		cr_expect(!strncmp(error.text, start, strlen(start)), "%s expected of '%s': %s",
			  start, bad[i].to, error.text);
		for (size_t w = 0; w < 2; w++)
			cr_expect(strstr(error.text, bad[i].words[w]), "no '%s' in: %s",
				  bad[i].words[w], error.text);
		free(text);
	}
}

/* A front end that takes rules without saying how they are counted, and such. */
Test(model_file, a_model_that_takes_rules_says_how_it_counts_and_what_it_does_with_cookies)
{
	static const char *const parts[] = {"counters", "cookies", "hw-tc-offload-off"};

	for (size_t i = 0; i < 3; i++) {
		char *text = strdup(model_text), *at = strstr(text, parts[i]), *end;
		struct config_error error;
		struct model *model;

		end = strstr(at, "}\n") + 2;
		memmove(at, end, strlen(end) + 1);
		cr_assert_eq(model_parse(&model, "m.yaml", text, strlen(text), &error), -EINVAL);
		cr_assert(strstr(error.text, "needs the field") && strstr(error.text, parts[i]),
			  "%s", error.text);
		free(text);
	}
}

Test(model_file, too_many_of_something_are_refused)
{
	size_t size = 1 << 16, used;
	char *text = malloc(size);
	struct config_error error;
	struct model *model;

	used = (size_t)sprintf(text, "model: a\ntitle: a\nstatus: own\n" FRONTS
				     "sources: []\nclauses:\n");
	for (int i = 0; i < 257; i++)
		used += (size_t)sprintf(text + used,
					"- {id: c%d, errno: EPERM, clause: a, source: a}\n", i);
	cr_assert_eq(model_parse(&model, "m", text, used, &error), -EINVAL);
	cr_assert(strstr(error.text, "clauses: expected at most 256 clauses"), "%s", error.text);
	used = (size_t)sprintf(
		text, "model: a\ntitle: a\nstatus: own\nsources: []\n" FRONTS "clauses:\n- "
		      "id: a\n  errno: EPERM\n  clause: a\n  source: a\n  require: {keys-any: [");
	for (int i = 0; i < 65; i++)
		used += (size_t)sprintf(text + used, "A, ");
	used += (size_t)sprintf(text + used, "A]}\n");
	cr_assert_eq(model_parse(&model, "m", text, used, &error), -EINVAL);
	cr_assert(strstr(error.text, "m:11: "), "%s", error.text);
	free(text);
}

/* Deep nesting, many fields, growing aliases: answered with an error, and soon. */
Test(model_file, bombs_do_not_go_off, .timeout = 20)
{
	static const char *const pieces[] = {"[",    "{",           "- ",      "? ",
					     "a: {", "clauses: [{", "when: {", "[[],",
					     "&a ",  "- {id: a}\n"};
	size_t size = 1 << 20;
	char *text = malloc(size + 1);
	struct config_error error;
	struct model *model;

	for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
		size_t length = strlen(pieces[p]), at = 0;

		for (; at + length <= size; at += length)
			memcpy(text + at, pieces[p], length);
		cr_assert_eq(model_parse(&model, "m", text, at, &error), -EINVAL, "%s", pieces[p]);
		cr_assert_neq(error.text[0], '\0');
	}
	strcpy(text, "model: &a [x,x,x,x,x,x,x,x,x]\n");
	for (char c = 'b'; c < 'z'; c++)
		sprintf(text + strlen(text), "k%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c - 1,
			c - 1, c - 1, c - 1, c - 1, c - 1);
	cr_assert_eq(model_parse(&model, "m", text, strlen(text), &error), -EINVAL);
	cr_assert(strstr(error.text, "aliases"), "%s", error.text);
	free(text);
}

Test(model_file, a_file_is_found_by_its_path_and_its_mistakes_have_it)
{
	char path[] = "/tmp/nicemu-test-model-XXXXXX.yaml";
	struct config_error error;
	struct model *model;
	FILE *file = fdopen(mkstemps(path, 5), "w");

	fputs("model: a\nmode: b\n", file);
	fclose(file);
	cr_assert_eq(model_load(&model, path, &error), -EINVAL);
	cr_assert(!strncmp(error.text, path, strlen(path)), "%s", error.text);
	cr_assert(strstr(error.text, ":2: "), "%s", error.text);
	file = fopen(path, "w");
	fputs(model_text, file);
	fclose(file);
	cr_assert_eq(model_load(&model, path, &error), 0, "%s", error.text);
	model_free(model);
	remove(path);
	cr_assert_eq(model_load(&model, path, &error), -ENOENT);
	cr_assert(strstr(error.text, "No such file"), "%s", error.text);
	cr_assert_eq(model_load(&model, "/tmp/", &error), -EISDIR);
}

/* The builtin model of that name, changed, as a file of a user's. */
static int load_changed(const char *name, const char *from, const char *to,
			struct config_error *error)
{
	char path[] = "/tmp/nicemu-test-model-XXXXXX.yaml", original[256], text[1 << 16];
	FILE *file = fdopen(mkstemps(path, 5), "w"), *source;
	struct model *model;
	size_t size;
	char *at;
	int result;

	snprintf(original, sizeof(original), "%s/netdevsim-config/models/%s.yaml",
		 NICEMU_SOURCE_DIR, name);
	source = fopen(original, "r");
	cr_assert(source);
	size = fread(text, 1, sizeof(text) - 1, source);
	fclose(source);
	text[size] = '\0';
	at = strstr(text, from);
	cr_assert(at, "%s has no '%s'", name, from);
	fprintf(file, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	fclose(file);
	result = model_load(&model, path, error);
	model_free(model);
	remove(path);
	return result;
}

Test(model_file, the_name_of_a_built_in_model_is_not_for_other_models)
{
	struct config_error error;

	cr_assert_eq(load_changed("mlx5", "", "", &error), 0, "%s", error.text);
	cr_assert_eq(load_changed("mlx5", "\ntitle: ", "\ntitle: my ", &error), -EINVAL);
	cr_assert(strstr(error.text, ".yaml:") && strstr(error.text, "model: 'mlx5'") &&
			  strstr(error.text, "call it otherwise"),
		  "%s", error.text);
	cr_assert_eq(load_changed("mlx5", "model: mlx5", "model: my-mlx5", &error), 0, "%s",
		     error.text);
}

Test(model_file, only_built_in_models_are_nicemus_own)
{
	struct config_error error;

	cr_assert_eq(load_changed("generic", "", "", &error), 0, "%s", error.text);
	cr_assert_eq(load_changed("generic", "model: generic", "model: mine", &error), -EINVAL);
	cr_assert(strstr(error.text, ".yaml:5: status: 'own'") &&
			  strstr(error.text, "expected read or experimental"),
		  "%s", error.text);
}

#define WIDTH_TEXT                                                                              \
	"model: a\ntitle: a\nstatus: read\nsources: [{name: a, file: a}]\n"                     \
	"front-ends: {chain: {taken: yes}, flowtable: " NO ", flower: " NO "}\n"                \
	"clauses:%s\n%s%s"                                                                      \
	"tables:\n- {name: t, kind: ternary, scope: nic, front-ends: [chain], entries: 8, "     \
	"port-mask: no, order: arrival, insertion: in-place, %skey-width: %u, "                 \
	"full: {errno: ENOSPC}, source: a}\n"                                                   \
	"counters: {packets: yes, bytes: l2, last-used: yes, width: 64, reading: now, source: " \
	"a}\n"                                                                                  \
	"cookies: {duplicate: update, unknown-destroy: ok, unknown-stats: ok, source: a}\n"     \
	"hw-tc-offload-off: {bind: ok, replace: ok}\n"

/* What no clause forbids has to fit; what one does, or what takes several entries, need not. */
Test(model_file, a_key_has_room_for_what_the_clauses_take)
{
	static const struct width_case {
		const char *clauses, *costs;
		unsigned int width;
	} cases[] = {
		{"", "", 128},
		{"- {id: a, require: {keys-only: [BASIC, IPV4_ADDRS]}, ", "", 32},
		{"- {id: a, require: {keys-only: [BASIC, META]}, ", "", 1},
		{"- {id: a, when: {keys-any: [IPV6_ADDRS]}, ", "", 48},
		{"- {id: a, require: {fields-only: [ipv6_addrs.src]}, ", "", 128},
		{"- {id: a, require: {keys-only: [ETH_ADDRS], fields-only: [eth_addrs.dst]}, ", "",
		 48},
		{"",
		 "costs: [{when: {keys-any: [IPV6_ADDRS]}, entries: 4, text: a, source: a}, "
		 "{entries: 1, text: a, source: a}], ",
		 32},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct width_case *c = &cases[i];

		for (unsigned int less = 0; less < 2 && c->width > less; less++) {
			struct config_error error;
			struct model *model;
			char text[2048];
			int result;

			snprintf(text, sizeof(text), WIDTH_TEXT, *c->clauses ? "" : " []",
				 c->clauses,
				 *c->clauses ? "errno: EPERM, clause: a, source: a}\n" : "",
				 c->costs, c->width - less);
			result = model_parse(&model, "m", text, strlen(text), &error);
			cr_expect_eq(result, less ? -EINVAL : 0, "case %zu, %u bits: %s", i,
				     c->width - less, error.text);
			cr_expect(!less || strstr(error.text, "tables[0].key-width"), "%s",
				  error.text);
			model_free(model);
		}
	}
}

Test(model_file, names_of_files_are_told_from_names_of_models)
{
	cr_assert(model_is_file("a.yaml") && model_is_file("a.yml") && model_is_file("./a"));
	cr_assert_not(model_is_file("mlx5"));
	cr_assert_not(model_is_file("yaml"));
}
