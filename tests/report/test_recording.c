/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings: what a recorder writes, how it numbers, and what reading refuses. */
#include <nicemu/report/recording.h>

#include "recording_number.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t number(struct numbers *n, enum offload_verb verb, enum offload_binder binder,
		       uint32_t binding, uint64_t cookie, int error)
{
	const struct offload_binding on = {.id = binding, .binder = binder};
	const struct offload_command command = {.binding = binding, .cookie = cookie};

	return numbers_cookie(
		n, &(struct offload_event){
			   .verb = verb, .binding = &on, .command = &command, .error = error});
}

Test(recording, a_cookie_that_is_used_again_after_destroy_is_a_new_one)
{
	struct numbers *n = numbers_create();

	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_BLOCK, 1, 0x900, 0), 1);
	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_BLOCK, 1, 0x800, 0), 2);
	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_BLOCK, 1, 0x900, 0), 1, "an update");
	cr_assert_eq(number(n, OFFLOAD_DESTROY, OFFLOAD_BLOCK, 1, 0x900, 0), 1);
	cr_assert_eq(number(n, OFFLOAD_DESTROY, OFFLOAD_BLOCK, 1, 0x900, -ENOENT), 1, "twice");
	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_BLOCK, 1, 0x900, 0), 3);
	numbers_destroy(n);
}

Test(recording, a_flow_in_two_bindings_lives_until_both_have_destroyed_it)
{
	struct numbers *n = numbers_create();

	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_FLOWTABLE, 1, 7, -ENOSPC), 1);
	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_FLOWTABLE, 2, 7, 0), 1);
	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_FLOWTABLE, 3, 7, 0), 1);
	cr_assert_eq(number(n, OFFLOAD_DESTROY, OFFLOAD_FLOWTABLE, 2, 7, 0), 1);
	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_FLOWTABLE, 2, 7, 0), 1);
	numbers_release(n, &(struct offload_binding){.id = 2});
	numbers_release(n, &(struct offload_binding){.id = 3});
	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_FLOWTABLE, 2, 7, 0), 2);
	numbers_destroy(n);
}

Test(recording, a_refused_filter_gives_its_cookie_back)
{
	struct numbers *n = numbers_create();

	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_TC, 1, 7, -ENOSPC), 1);
	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_TC, 1, 7, 0), 2);
	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_TC, 1, 7, -ENOSPC), 2, "an update");
	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_TC, 1, 7, 0), 2);
	numbers_destroy(n);
}

Test(recording, blocks_are_numbered_until_their_last_binding_is_released)
{
	struct numbers *n = numbers_create();
	const struct offload_binding a = {.id = 1, .block = 70}, b = {.id = 2, .block = 70};
	const struct offload_binding c = {.id = 3, .block = 60};

	cr_assert_eq(numbers_block(n, &(struct offload_event){.binding = &a}), 1);
	cr_assert_eq(numbers_block(n, &(struct offload_event){.binding = &b}), 1);
	cr_assert_eq(numbers_block(n, &(struct offload_event){.binding = &c}), 2);
	numbers_release(n, &a);
	cr_assert_eq(numbers_block(n, &(struct offload_event){.binding = &a}), 1);
	numbers_release(n, &a);
	numbers_release(n, &b);
	cr_assert_eq(numbers_block(n, &(struct offload_event){.binding = &a}), 3);
	numbers_destroy(n);
}

Test(recording, cookies_that_nobody_uses_are_forgotten_when_they_are_many)
{
	enum { MANY = 200000, REMEMBERED = 65536 };
	struct numbers *n = numbers_create();
	struct mallinfo2 before = {0}, after;

	cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_TC, 1, MANY, 0), 1);
	for (uint64_t i = 0; i < MANY; i++) {
		if (i == REMEMBERED + 1)
			before = mallinfo2();
		cr_assert_eq(number(n, OFFLOAD_REPLACE, OFFLOAD_TC, 1, i, i % 2 ? 0 : -ENOSPC),
			     i + 2);
		if (i % 2)
			cr_assert_eq(number(n, OFFLOAD_DESTROY, OFFLOAD_TC, 1, i, 0), i + 2);
	}
	after = mallinfo2();
	cr_assert_lt(after.uordblks, before.uordblks + 10000);
	cr_assert_eq(number(n, OFFLOAD_STATS, OFFLOAD_TC, 1, MANY - 1, -ENOENT), MANY + 1);
	cr_assert_eq(number(n, OFFLOAD_STATS, OFFLOAD_TC, 1, MANY, 0), 1, "it is in use");
	numbers_destroy(n);
}

/* ---- reading ---- */

#define HEAD                                                                            \
	"{\"nicemu_recording\":1,\"generator\":\"g\",\"source\":\"kernel\",\"kernel\":" \
	"\"6.1.192\"}\n"

static json_t *read_text(const char *text, size_t size, struct recording_error *error)
{
	FILE *in = fmemopen((void *)text, size ? size : 1, "r");
	json_t *recording;

	if (!size)
		(void)getc(in);
	recording = recording_read(in, error);
	fclose(in);
	return recording;
}

static const struct {
	const char *text;
	size_t line;
	const char *error; /* part of it; NULL: it is right */
} texts[] = {
	{HEAD, 0, NULL},
	{HEAD "{\"event\":\"LOST\"}\n", 0, NULL},
	{HEAD "{\"event\":\"LOST\",\"later\":\"members\"}\n", 0, NULL},
	{"", 1, "the file is empty"},
	{"x\n", 1, "column 1"},
	{"[]\n", 1, "not a JSON object"},
	{"{\"a\":1}\n", 1, "not a recording"},
	{"{\"nicemu_recording\":2}\n", 1, "version 2"},
	{"{\"nicemu_recording\":1}\n", 1, "\"generator\" is missing: it must be a string"},
	{HEAD "{\"event\":\"LOST\"}", 2, "cut off"},
	{HEAD "\n", 2, "column"},
	{HEAD "{}\n", 2, "no \"event\""},
	{HEAD "{\"event\":\"WAX\"}\n", 2, "\"WAX\" is not known"},
	{HEAD "{\"event\":\"LOST\"}\n{\"event\":\"RELEASE\",\"binding\":\"1\",\"port\":null}\n", 3,
	 "\"binding\" must be a number"},
	{HEAD "{\"event\":\"LOST\",\"event\":\"LOST\"}\n", 2, "duplicate"},
	{HEAD "{\"event\":\"port\",\"name\":\"\\u0000\"}\n", 2, "\\u0000"},
};

Test(recording, each_malformed_line_is_named)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct recording_error error;
		json_t *recording = read_text(texts[i].text, strlen(texts[i].text), &error);

		cr_assert_eq(recording != NULL, texts[i].error == NULL, "%s: %s", texts[i].text,
			     error.text);
		if (texts[i].error) {
			cr_assert_eq(error.line, texts[i].line, "%s: line %zu", texts[i].text,
				     error.line);
			cr_assert_not_null(strstr(error.text, texts[i].error), "%s: %s",
					   texts[i].text, error.text);
		}
		json_decref(recording);
	}
}

Test(recording, a_line_without_end_is_refused)
{
	size_t size = strlen(HEAD) + RECORDING_LINE_MAX + 1;
	char *text = malloc(size);
	struct recording_error error;

	memset(text, ' ', size);
	memcpy(text, HEAD, strlen(HEAD));
	cr_assert_null(read_text(text, size, &error));
	cr_assert_eq(error.line, 2);
	cr_assert_not_null(strstr(error.text, "more than"));
	free(text);
}

/* ---- writing ---- */

static char folder[] = "/tmp/nicemu-test-XXXXXX";

static struct emulator *new_emulator(void)
{
	struct kernel_behavior kernel;
	struct emulator *emulator;
	char message[256], path[64];
	struct nic nic;

	strcpy(folder + sizeof(folder) - sizeof("XXXXXX"), "XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	cr_assert_eq(kernel_behavior_find(&kernel, "6.12.107", message, sizeof(message)), 0);
	cr_assert_eq(nic_default(&nic), 0);
	cr_assert_eq(emulator_create(&emulator, &nic, &kernel, path), 0);
	return emulator;
}

static void end_emulator(struct emulator *emulator)
{
	emulator_destroy(emulator);
	rmdir(folder);
}

/* Bind, two rules of which one is refused, statistics, destroy, release. */
static void send_commands(struct emulator *e)
{
	struct offload_binding binding = {.port = 1, .block = 99, .table = "t", .chain = "c"};
	struct flow_rule *rule = flow_rule_alloc_extras(2, 1);
	struct offload_command command = {
		.cookie = 0xffff8880, .handle = 4, .prio = 10, .protocol = 0x0800, .rule = rule};
	struct offload_stats stats;

	rule->actions[0] =
		(struct flow_action_entry){.id = FLOW_ACTION_MIRRED, .hw_stats = 7, .ifindex = 5};
	rule->actions[1] = (struct flow_action_entry){
		.id = FLOW_ACTION_VLAN_PUSH, .hw_stats = 7, .argument = {10, 0x8100, 3}};
	rule->match.extras[0] =
		(struct flow_extra){.id = FLOW_EXTRA_CT_STATE, .value = {0, 2}, .mask = {0, 3}};
	rule->match.used_keys = UINT64_C(1) << FLOW_DISSECTOR_KEY_CT;
	offload_bind(e->offload, &binding, NULL);
	command.binding = binding.id;
	offload_replace(e->offload, &command, NULL);
	rule->match.used_keys = 0;
	rule->num_actions = 1;
	offload_replace(e->offload, &command, NULL);
	offload_stats(e->offload, &command, &stats);
	offload_destroy_rule(e->offload, &command, NULL);
	offload_unbind(e->offload, binding.id);
	offload_release(e->offload, binding.id);
	offload_port_gone(e->offload, 1);
	offload_lost(e->offload);
	flow_rule_free(rule);
}

static const struct recorder_options options = {
	.generator = "nicemu 0", .source = "kernel", .reproducible = true};

Test(recording, is_read_as_it_was_written)
{
	struct emulator *e = new_emulator();
	int fd = memfd_create("recording", 0);
	FILE *in = fdopen(dup(fd), "r"), *out;
	struct recording_error error;
	struct recorder *recorder;
	json_t *recording;
	size_t size;
	char *text;

	cr_assert_eq(recorder_create(&recorder, fd, e, &options), 0);
	send_commands(e);
	cr_assert_eq(recorder_destroy(recorder), 0);
	rewind(in);
	recording = recording_read(in, &error);
	cr_assert_not_null(recording, "line %zu: %s", error.line, error.text);
	out = open_memstream(&text, &size);
	report_print_recording(out, recording, &(struct report_style){.columns = 100});
	fclose(out);
	cr_assert_str_eq(
		text,
		"recording of nicemu 0: kernel 6.12.107\n"
		"port eth1\n"
		"BIND eth1 binding 1 chain ingress block 1 table t chain c\n"
		"port eth3\n"
		"REPLACE eth1 binding 1 cookie 1 handle 4 prio 10 chain_index 0 protocol 0x0800"
		" refused: EOPNOTSUPP: the NIC can't match dissector key number 26 (CT)\n"
		"  used_keys CT\n"
		"  CT         ct_state        0x0002/0x0003\n"
		"  action     MIRRED          eth3 ifindex 5 hw_stats DONT_CARE\n"
		"  action     VLAN_PUSH       vid 10 ethertype 0x8100 priority 3 hw_stats "
		"DONT_CARE\n"
		"REPLACE eth1 binding 1 cookie 2 handle 4 prio 10 chain_index 0 protocol 0x0800\n"
		"  used_keys none\n"
		"  CT         ct_state        0x0002/0x0003 (key not flagged)\n"
		"  action     MIRRED          eth3 ifindex 5 hw_stats DONT_CARE\n"
		"STATS eth1 binding 1 cookie 2 prio 10 chain_index 0 protocol 0x0800 packets 0 "
		"bytes 0\n"
		"DESTROY eth1 binding 1 cookie 2 prio 10 chain_index 0 protocol 0x0800\n"
		"UNBIND eth1 binding 1\n"
		"RELEASE eth1 binding 1\n"
		"PORT_GONE eth1\n"
		"LOST\n");
	free(text);
	json_decref(recording);
	fclose(in);
	end_emulator(e);
}

Test(recording, a_full_disk_ends_it_at_a_whole_line)
{
	struct emulator *e = new_emulator();
	struct recorder *recorder;
	char end;
	int fd;

	fd = open("/dev/full", O_WRONLY);
	cr_assert_eq(recorder_create(&recorder, fd, e, &options), -ENOSPC);
	fd = memfd_create("recording", MFD_ALLOW_SEALING);
	cr_assert_eq(recorder_create(&recorder, dup(fd), e, &options), 0);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	send_commands(e);
	cr_assert_eq(recorder_error(recorder), -EPERM);
	cr_assert_eq(recorder_destroy(recorder), -EPERM);
	cr_assert_gt(lseek(fd, -1, SEEK_END), 0);
	cr_assert_eq(read(fd, &end, 1), 1);
	cr_assert_eq(end, '\n');
	close(fd);
	end_emulator(e);
}

static size_t until_failure; /* 0: none is to fail */

static void *failing_malloc(size_t size)
{
	return until_failure && !--until_failure ? NULL : malloc(size);
}

/*
 * What is used after it was freed shows: zeros are an object to the library, one without a table.
 * Its memory is not reused meanwhile, and no sanitizer looks into the library.
 */
static struct {
	void *memory[1 << 16];
	size_t length;
} freed;

static void zeroing_free(void *memory)
{
	if (memory && freed.length < sizeof(freed.memory) / sizeof(*freed.memory)) {
		memset(memory, 0, malloc_usable_size(memory));
		freed.memory[freed.length++] = memory;
		return;
	}
	free(memory);
}

static void free_all(void)
{
	while (freed.length)
		free(freed.memory[--freed.length]);
}

static size_t record(struct emulator *e, char *text, size_t size, int *error)
{
	int fd = memfd_create("recording", 0);
	struct recorder *recorder;
	ssize_t got;

	*error = recorder_create(&recorder, dup(fd), e, &options);
	if (!*error) {
		send_commands(e);
		*error = recorder_destroy(recorder);
	}
	got = pread(fd, text, size, 0);
	cr_assert(got >= 0 && got < (ssize_t)size);
	close(fd);
	return (size_t)got;
}

Test(recording, without_memory_for_a_member_it_ends_before_that_line)
{
	enum { SIZE = 1 << 16 };
	static char whole[SIZE], cut[SIZE];
	struct emulator *e = new_emulator();
	size_t size, length, failures = 0;
	int error;

	size = record(e, whole, SIZE, &error);
	cr_assert_eq(error, 0);
	end_emulator(e);
	json_set_alloc_funcs(failing_malloc, zeroing_free);
	for (size_t nth = 1; nth < 2000; nth++) {
		e = new_emulator();
		until_failure = nth;
		length = record(e, cut, SIZE, &error);
		if (until_failure) {
			until_failure = 0;
			end_emulator(e);
			break;
		}
		end_emulator(e);
		failures += error == -ENOMEM;
		/* What the library can do without changes nothing. */
		cr_assert(error == -ENOMEM ? length < size : !error && length == size,
			  "allocation %zu: %d", nth, error);
		cr_assert(!memcmp(cut, whole, length), "allocation %zu", nth);
		cr_assert(!length || cut[length - 1] == '\n', "allocation %zu", nth);
		free_all();
	}
	free_all();
	json_set_alloc_funcs(malloc, free);
	cr_assert_gt(failures, 10);
}
