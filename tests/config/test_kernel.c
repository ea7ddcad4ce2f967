/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/config/kernel.h>

#include "kernel_table.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct kernel_behavior find(const char *text)
{
	struct kernel_behavior kernel;
	char message[512];

	cr_assert_eq(kernel_behavior_find(&kernel, text, message, sizeof(message)), 0, "%s: %s",
		     text, message);
	return kernel;
}

Test(kernel, a_branch_means_its_latest_known_release)
{
	static const char *const rows[][2] = {
		{"5.10", "5.10.262"},   {"6.1", "6.1.192"},   {"6.12", "6.12.117"},
		{"6.18", "6.18.44"},    {"7.2", "7.2.13"},    {"7.3", "7.3.4"},
		{"6.12.95", "6.12.95"}, {"6.12.0", "6.12.0"}, {"6.12.500", "6.12.500"},
		{"ideal", "ideal"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_str_eq(find(rows[i][0]).version, rows[i][1], "%s", rows[i][0]);
}

Test(kernel, warns_only_where_it_guesses)
{
	static const struct {
		const char *text, *version, *word;
	} rows[] = {
		{"6.12", "6.12.117", ""},
		{"6.12.117", "6.12.117", ""},
		{"7.2.13", "7.2.13", ""},
		{"7.3.4", "7.3.4", ""},
		{"6.12.95", "6.12.95", ""},
		{"ideal", "ideal", ""},
		{"6.12.118", "6.12.118", "6.12.117"},
		{"6.5", "6.5.0", "6.5.0"},
		{"6.5.3", "6.5.0", "6.5.0"},
		{"5.4.303", "5.4.303", "5.4.302"},
		{"7.0", "7.0.0", "7.0.0"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kernel_behavior kernel;
		char message[256];

		cr_assert_eq(kernel_behavior_find(&kernel, rows[i].text, message, sizeof(message)),
			     0);
		cr_assert_str_eq(kernel.version, rows[i].version);
		if (*rows[i].word)
			cr_assert(strstr(message, rows[i].word), "%s: '%s'", rows[i].text, message);
		else
			cr_assert_str_empty(message, "%s: '%s'", rows[i].text, message);
	}
}

Test(kernel, unknown_text_lists_the_names)
{
	static const char *const rows[] = {
		"",
		"banana",
		"6",
		"6.",
		"6.12.",
		"6.12.x",
		"6.12.1.1",
		" 6.12",
		"6.12 ",
		"v6.12",
		"+6.12",
		"-6.12",
		"6.012",
		"06.12",
		"4.19",
		"5.3",
		"5.20",
		"6.20",
		"7.4",
		"8.0",
		"Ideal",
		"6.12-rc1",
		"6.12.107-amd64",
		"99999999999999999999.1",
		"6.99999999999999999999",
	};
	struct kernel_behavior kernel;
	char message[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(kernel_behavior_find(&kernel, rows[i], message, sizeof(message)),
			     -EINVAL, "'%s'", rows[i]);
		cr_assert(strstr(message, "ideal") && strstr(message, "6.12 (6.12.117)"), "'%s'",
			  message);
	}
}

Test(kernel, a_message_that_is_too_long_is_cut)
{
	struct kernel_behavior kernel;
	char message[16];

	for (size_t size = 0; size <= 15; size++) {
		memset(message, 'x', sizeof(message));
		cr_assert_eq(kernel_behavior_find(&kernel, "?", message, size), -EINVAL);
		cr_assert(!size || memchr(message, '\0', size), "size %zu", size);
		cr_assert_eq(message[size], 'x', "size %zu", size);
	}
}

/* Each row: the last release without the behaviour, the first with it ("" where there is none). */
Test(kernel, behaviours_come_in_at_the_release_that_brought_them)
{
	static const struct {
		size_t flag;
		const char *without, *with;
	} rows[] = {
#define ROW(FLAG, WITHOUT, WITH) {offsetof(struct kernel_behavior, FLAG), WITHOUT, WITH}
		ROW(short_load_masks_fixed, "5.4", ""),
		ROW(short_load_masks_fixed, "5.10.264", "5.10.265"),
		ROW(short_load_masks_fixed, "5.15.215", "5.15.216"),
		ROW(short_load_masks_fixed, "6.1.182", "6.1.183"),
		ROW(short_load_masks_fixed, "6.6.150", "6.6.151"),
		ROW(short_load_masks_fixed, "6.12.102", "6.12.103"),
		ROW(short_load_masks_fixed, "6.18.43", "6.18.44"),
		ROW(short_load_masks_fixed, "7.1.7", "7.1.8"),
		ROW(short_load_masks_fixed, "7.0", "7.2.0"),
		ROW(short_load_masks_fixed, "6.12.95", "6.1.192"),
		ROW(short_load_masks_fixed, "5.10", "6.12"),
		ROW(short_loads, "5.9", "5.10.0"),
		ROW(early_hook_check, "5.18.3", "5.18.4"),
		ROW(early_hook_check, "5.15.46", "5.15.47"),
		ROW(early_hook_check, "5.4", "6.1.0"),
		ROW(absent_devices, "6.15", "6.16"),
		ROW(absent_devices, "6.12.107", "6.18"),
		ROW(register_tracking, "6.6.119", "6.6.120"),
		ROW(register_tracking, "6.11", "6.12.0"),
		ROW(register_tracking, "6.1.192", "6.18"),
		ROW(counter_offload, "5.12", "5.13"),
		ROW(counter_offload, "5.10.262", "6.1"),
		ROW(vlan_key_fixup, "5.10.36", "5.10.37"),
		ROW(vlan_tci_host_order, "5.11", "5.13"),
		ROW(fwd_dup_offload, "5.4", "5.5"),
		ROW(vlan_offload, "5.4", "5.10"),
		ROW(control_addr_type, "5.9", "5.10"),
		ROW(no_action_refused, "5.4.10", "5.4.11"),
		ROW(no_action_refused, "5.4.0", "5.5"),
		ROW(actions_counted, "5.10.102", "5.10.103"),
		ROW(commit_rollback, "5.4", "5.5"),
		ROW(unbind_destroys, "5.4", "5.5"),
		ROW(unregister_only, "5.4.10", "5.4.11"),
		ROW(unregister_unbinds, "6.18", "ideal"),
		ROW(unregister_unbinds, "7.2", "ideal"),
		ROW(chain_device_updates, "6.3", "6.4"),
		ROW(empty_netdev_chains, "6.1", "6.4"),
		ROW(destroy_messages, "6.2", "6.3"),
		ROW(rule_reset, "6.1", "6.2"),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kernel_behavior kernel = find(rows[i].without);
		const bool *flag = (const bool *)((const char *)&kernel + rows[i].flag);

		cr_assert_not(*flag, "row %zu: %s has it", i, rows[i].without);
		if (!*rows[i].with)
			continue;
		kernel = find(rows[i].with);
		cr_assert(*flag, "row %zu: %s lacks it", i, rows[i].with);
	}
}

Test(kernel, ideal_has_every_flag)
{
	struct kernel_behavior kernel = find("ideal");

#define X(name, text) cr_assert(kernel.name, #name);
	KERNEL_BEHAVIORS(X)
#undef X
}

Test(kernel, every_behaviour_has_a_row_of_the_table)
{
	for (size_t i = 0; i < kernel_table_length; i++) {
		cr_assert_not_null(kernel_table[i].source, "row %zu", i);
		cr_assert_neq(kernel_table[i].mainline.major, 0, "row %zu", i);
		for (size_t j = 0; j < KERNEL_BACKPORTS_MAX; j++) {
			const struct kernel_version *b = &kernel_table[i].backports[j];
			const struct kernel_version *m = &kernel_table[i].mainline;

			if (b->major)
				cr_assert(b->major < m->major ||
						  (b->major == m->major && b->minor < m->minor),
					  "row %zu: %u.%u is no older branch", i, b->major,
					  b->minor);
		}
	}
}

static void count_row(void *context, const struct kernel_behavior_row *row)
{
	size_t *count = context;

	cr_assert(row->name && row->text && row->source && row->confidence && *row->since);
	++*count;
}

Test(kernel, print_says_since_when_and_how_sure)
{
	struct kernel_behavior kernel = find("6.12.95");
	size_t size, rows = 0;
	char *text;
	FILE *out = open_memstream(&text, &size);

	kernel_behavior_print(out, &kernel);
	fclose(out);
	cr_assert(!strncmp(text, "kernel 6.12.95\n", 15));
	cr_assert(strstr(text, "short_load_masks_fixed       off"), "%s", text);
	cr_assert(strstr(text, "since 6.12.103, from change logs"), "%s", text);
	cr_assert(strstr(text, "counter_offload              on"), "%s", text);
	kernel_behavior_visit(&kernel, count_row, &rows);
	cr_assert_eq(rows, kernel_table_length);
	free(text);
}
