/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/config/nic.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

Test(nic, default_has_eight_open_ports)
{
	struct nic nic;

	cr_assert_eq(nic_default(&nic), 0);
	cr_assert_str_eq(nic.model, "generic");
	cr_assert_str_eq(nic.kernel, "6.12");
	cr_assert_eq(nic.entries, 1u << 20);
	cr_assert_eq(nic.num_ports, 8);
	cr_assert(nic.open_ports);
	cr_assert_str_eq(nic.ports[0].name, "eth0");
	cr_assert_str_eq(nic.ports[7].name, "eth7");
	cr_assert_eq(nic.ports[7].ifindex, 9);
	cr_assert_eq(nic.ports[7].mac[5], 7);
	nic_clear(&nic);
	nic_clear(&nic);
}

Test(nic, ports_are_found_by_name_and_by_interface_index)
{
	struct nic nic;

	cr_assert_eq(nic_default(&nic), 0);
	cr_assert_eq(nic_port_by_name(&nic, "eth3"), 3);
	cr_assert_eq(nic_port_by_name(&nic, "eth8"), -ENODEV);
	cr_assert_eq(nic_port_by_name(&nic, "lo"), -ENODEV);
	for (uint32_t i = 0; i < 8; i++)
		cr_assert_eq(nic_port_by_ifindex(&nic, nic.ports[i].ifindex), (int)i);
	cr_assert_eq(nic_port_by_ifindex(&nic, 0), -ENODEV);
	cr_assert_eq(nic_port_by_ifindex(&nic, 1), -ENODEV);
	cr_assert_eq(nic_port_by_ifindex(&nic, 10), -ENODEV);
	cr_assert_eq(nic_port_by_ifindex(&nic, UINT32_MAX), -ENODEV);
	nic_clear(&nic);
}

Test(nic, names_are_judged_as_the_kernel_does)
{
	static const struct {
		const char *name;
		bool valid;
	} rows[] = {
		{"eth0", true},
		{"a", true},
		{"0123456789abcde", true},
		{"eth0.10", true},
		{"e%d", true},
		{"b\xc3\xbc", true},
		{"", false},
		{".", false},
		{"..", false},
		{"...", true},
		{"a b", false},
		{"a\tb", false},
		{"a\vb", false},
		{"a\xa0", false},
		{"a/b", false},
		{"a:1", false},
		{"0123456789abcdef", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(nic_valid_port_name(rows[i].name), rows[i].valid, "'%s'",
			     rows[i].name);
}

Test(nic, add_port_refuses_what_is_no_new_port)
{
	struct nic nic;

	cr_assert_eq(nic_default(&nic), 0);
	cr_assert_eq(nic_add_port(&nic, "lo"), -EINVAL);
	cr_assert_eq(nic_add_port(&nic, "a/b"), -EINVAL);
	cr_assert_eq(nic_add_port(&nic, "eth7"), -EEXIST);
	cr_assert_eq(nic.num_ports, 8);
	cr_assert_eq(nic_add_port(&nic, "wan"), 8);
	cr_assert_eq(nic.ports[8].ifindex, 10);
	nic_clear(&nic);
}

Test(nic, takes_as_many_ports_as_the_limit_and_no_more)
{
	struct nic nic = {0};
	char name[16];

	for (int i = 0; i < NIC_PORTS_MAX; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		cr_assert_eq(nic_add_port(&nic, name), i);
	}
	cr_assert_eq(nic_add_port(&nic, "more"), -ENOSPC);
	cr_assert_str_eq(nic.ports[0].name, "p0");
	cr_assert_str_eq(nic.ports[4095].name, "p4095");
	cr_assert_eq(nic.ports[4095].mac[4], 0x0f);
	cr_assert_eq(nic.ports[4095].mac[5], 0xff);
	nic_clear(&nic);
}

Test(nic, real_ports_have_the_index_and_name_that_they_are_given)
{
	struct nic nic = {0};
	struct nic_port a = {.name = "eth0", .ifindex = 31, .netns = 7};
	struct nic_port b = {.name = "eth0@4026532001", .ifindex = 31, .netns = 8};
	struct nic_port bad = {.ifindex = 5};

	cr_assert_eq(nic_add_real_port(&nic, &a), 0);
	cr_assert_eq(nic_add_real_port(&nic, &a), -EEXIST);
	cr_assert_eq(nic_add_real_port(&nic, &b), 1);
	cr_assert_eq(nic_add_real_port(&nic, &bad), -EINVAL, "no name");
	memset(bad.name, 'x', sizeof(bad.name));
	cr_assert_eq(nic_add_real_port(&nic, &bad), -EINVAL, "a name without an end");
	cr_assert_eq(nic_port_in_netns(&nic, 7, 31), 0);
	cr_assert_eq(nic_port_in_netns(&nic, 8, 31), 1);
	cr_assert_eq(nic_port_in_netns(&nic, 9, 31), -ENODEV);
	cr_assert_eq(nic_port_by_ifindex(&nic, 31), -ENODEV, "an emulated one");
	cr_assert_eq(nic_rename_real_port(&nic, 1, "eth0"), -EEXIST);
	nic_remove_port(&nic, 0);
	cr_assert_eq(nic_port_in_netns(&nic, 7, 31), -ENODEV);
	cr_assert_eq(nic_rename_real_port(&nic, 1, "eth0"), 0);
	cr_assert_eq(nic_port_by_name(&nic, "eth0"), 1);
	nic_clear(&nic);
}

Test(nic, real_ports_come_and_go_without_end)
{
	struct nic nic = {0};
	int number = -1;

	for (uint32_t i = 0; i < 3 * NIC_PORTS_MAX; i++) {
		struct nic_port port = {.name = "eth0", .ifindex = i + 1, .netns = 7};

		number = nic_add_real_port(&nic, &port);
		cr_assert_geq(number, 0, "port %u", i);
		cr_assert_eq(nic_port_by_name(&nic, "eth0"), number);
		nic_remove_port(&nic, number);
	}
	cr_assert_eq(nic.num_ports, NIC_PORTS_MAX);
	nic_clear(&nic);
}
