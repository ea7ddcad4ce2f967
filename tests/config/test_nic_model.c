/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a NIC file says of the model, of representors and of hw-tc-offload. */
#include <nicemu/config/model.h>
#include <nicemu/config/nic.h>

#include "model_text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[96], model_path[96];

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/nicemu-test-nic-XXXXXX");
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/nic.yaml", folder);
	snprintf(model_path, sizeof(model_path), "%s/own.yaml", folder);
}

static void remove_folder(void)
{
	unlink(path);
	unlink(model_path);
	rmdir(folder);
}

static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	cr_assert(file);
	fputs(text, file);
	fclose(file);
}

static int load(struct nic *nic, const char *text, struct config_error *error)
{
	write_text(path, text);
	return nic_load(nic, path, error);
}

TestSuite(nic_model, .init = make_folder, .fini = remove_folder);

#define HEAD "nic: a\nports:\n"

Test(nic_model, a_representor_and_what_it_stands_for_know_each_other)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(load(&nic,
			  HEAD "- {name: rep0, kind: representor, represents: vf0}\n"
			       "- {name: up, hw-tc-offload: on}\n- {name: vf0, kind: vf}\n"
			       "- {name: pf0, kind: pf, hw-tc-offload: off}\n"
			       "- {name: rep1, kind: representor, represents: pf0}\n",
			  &error),
		     0, "%s", error.text);
	cr_assert_eq(nic.ports[0].peer, 2);
	cr_assert_eq(nic.ports[2].peer, 0);
	cr_assert_eq(nic.ports[1].peer, -1);
	cr_assert_eq(nic.ports[3].peer, 4);
	cr_assert_eq(nic.ports[4].peer, 3);
	cr_assert_not(nic.ports[1].hw_tc_offload_off);
	cr_assert(nic.ports[3].hw_tc_offload_off);
	nic_clear(&nic);
}

#define SWITCHDEV                                                      \
	"ports:\n- {name: rep0, kind: representor, represents: vf0}\n" \
	"- {name: up}\n- {name: vf0, kind: vf}\n- {name: rep1, kind: representor}\n"

Test(nic_model, rules_are_the_representors_and_packets_leave_by_what_it_stands_for)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(load(&nic, "nic: a\n" SWITCHDEV, &error), 0, "%s", error.text);
	for (uint16_t port = 0; port < 4; port++) {
		cr_expect_eq(nic_rules_port(&nic, port), port == 2 ? 0 : port, "port %u", port);
		cr_expect_eq(nic_exit_port(&nic, port), port == 0 ? 2 : port, "port %u", port);
	}
	nic_clear(&nic);
}

Test(nic_model, without_switchdev_each_port_is_its_own)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(load(&nic, "nic: a\nmodel: none\n" SWITCHDEV, &error), 0, "%s", error.text);
	cr_assert_not(nic.profile->switchdev);
	for (uint16_t port = 0; port < 4; port++) {
		cr_expect_eq(nic_rules_port(&nic, port), port);
		cr_expect_eq(nic_exit_port(&nic, port), port);
	}
	nic_clear(&nic);
}

Test(nic_model, a_port_that_went_away_and_is_added_again_is_connected_as_before)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(load(&nic, "nic: a\n" SWITCHDEV, &error), 0, "%s", error.text);
	nic_remove_port(&nic, 2);
	cr_assert_eq(nic_exit_port(&nic, 0), 0);
	nic_remove_port(&nic, 0);
	cr_assert_eq(nic_add_port(&nic, "vf0"), 4);
	cr_assert_eq(nic_rules_port(&nic, 4), 4);
	cr_assert_eq(nic_add_port(&nic, "rep0"), 5);
	cr_assert_eq(nic_rules_port(&nic, 4), 5);
	cr_assert_eq(nic_exit_port(&nic, 5), 4);
	cr_assert_eq(nic.ports[0].peer, -1);
	cr_assert_eq(nic.ports[2].peer, -1);
	nic_clear(&nic);
}

Test(nic_model, ports_that_are_added_represent_nothing)
{
	const struct nic_port real = {.name = "r", .ifindex = 5, .netns = 7};
	struct nic nic;

	cr_assert_eq(nic_default(&nic), 0);
	cr_assert_eq(nic_add_port(&nic, "x"), 8);
	cr_assert_eq(nic_add_real_port(&nic, &real), 9);
	cr_assert_eq(nic.ports[8].peer, -1);
	cr_assert_eq(nic.ports[9].peer, -1);
	nic_clear(&nic);
}

static const struct {
	const char *text;
	int line;
	const char *words[2];
} bad[] = {
	{HEAD "- {name: x, represents: y}\n", 3, {"ports[0].represents", "kind representor"}},
	{HEAD "- {name: x, kind: representor, represents: y}\n", 3, {"'y' is not right", "a port"}},
	{HEAD "- {name: x, kind: representor, represents: u}\n- name: u\n", 3, {"'u'", "uplink"}},
	{HEAD "- {name: x, kind: representor, represents: x}\n", 3, {"'x'", "vf or pf"}},
	{HEAD "- {name: v, kind: vf}\n- {name: x, kind: representor, represents: v}\n"
	      "- {name: y, kind: representor, represents: v}\n",
	 5,
	 {"ports[2].represents", "represented by 'x' already"}},
	{HEAD "- {name: x, hw-tc-offload: yes}\n", 3, {"hw-tc-offload: 'yes'", "on or off"}},
	{HEAD "- {name: x, hw-tc-ofload: on}\n", 3, {"a port has no", "'hw-tc-offload'"}},
	{"nic: a\nmodel: ocelott\nports:\n- name: x\n", 2, {"model:", "did you mean 'ocelot'"}},
	{"nic: a\nmodel: ocelot\nentries: 5\nports:\n- name: x\n",
	 3,
	 {"entries", "of its own size"}},
};

Test(nic_model, a_mistake_is_told_with_its_line)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config_error error;
		struct nic nic;
		char start[128];

		cr_assert_eq(load(&nic, bad[i].text, &error), -EINVAL, "taken: %s", bad[i].text);
		snprintf(start, sizeof(start), "%s:%d: ", path, bad[i].line);
		cr_expect(!strncmp(error.text, start, strlen(start)), "%s", error.text);
		for (size_t w = 0; w < 2; w++)
			cr_expect(strstr(error.text, bad[i].words[w]), "no '%s' in: %s",
				  bad[i].words[w], error.text);
	}
}

Test(nic_model, a_model_in_a_file_is_sought_next_to_the_nic_file)
{
	struct config_error error;
	struct nic nic;

	write_text(model_path, model_text);
	cr_assert_eq(load(&nic, "nic: a\nmodel: own.yaml\nports:\n- name: x\n", &error), 0, "%s",
		     error.text);
	cr_assert_str_eq(nic.model, "full-1");
	cr_assert_eq(nic.entries, 1024);
	nic_clear(&nic);
	write_text(model_path, "model: A\n");
	cr_assert_eq(load(&nic, "nic: a\nmodel: own.yaml\nports:\n- name: x\n", &error), -EINVAL);
	cr_assert(strstr(error.text, "nic.yaml:2: model: "), "%s", error.text);
	cr_assert(strstr(error.text, "own.yaml:1: "), "%s", error.text);
	cr_assert_eq(load(&nic, "nic: a\nmodel: none.yaml\nports:\n- name: x\n", &error), -EINVAL);
	cr_assert(strstr(error.text, "/none.yaml: No such file"), "%s", error.text);
}

Test(nic_model, another_model_brings_its_own_table_size)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(load(&nic, "nic: a\nentries: 7\nports:\n- name: x\n", &error), 0);
	cr_assert_eq(nic.entries, 7);
	cr_assert(nic_takes_entries(&nic));
	cr_assert_eq(nic_set_model(&nic, "generic", &error), 0);
	cr_assert_eq(nic.entries, 7, "both leave it to the NIC file");
	write_text(model_path, model_text);
	cr_assert_eq(nic_set_model(&nic, model_path, &error), 0, "%s", error.text);
	cr_assert_str_eq(nic.profile->name, "full-1");
	cr_assert_eq(nic.entries, 1024);
	cr_assert_not(nic_takes_entries(&nic));
	cr_assert_eq(nic_set_model(&nic, "nobody", &error), -ENOENT);
	cr_assert_str_eq(nic.model, "full-1");
	cr_assert_eq(nic_set_model(&nic, "generic", &error), 0);
	cr_assert_eq(nic.entries, NIC_DEFAULT_ENTRIES);
	nic_clear(&nic);
}
