/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/config/model.h>
#include <nicemu/config/nic.h>

#include "fail_alloc.h"
#include "model_text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

/* What libyaml and libcyaml allocate inside is not seen here. */

Test(config_memory, the_default_nic_survives_each_allocation_failing)
{
	size_t nth = 1;

	for (;; nth++) {
		struct nic nic;
		int result;

		fail_alloc_at(nth);
		result = nic_default(&nic);
		cr_assert_eq(result, fail_alloc_happened() ? -ENOMEM : 0, "allocation %zu", nth);
		nic_clear(&nic);
		if (!fail_alloc_happened())
			break;
	}
	fail_alloc_at(0);
	cr_assert_geq(nth, 7);
}

Test(config_memory, loading_a_file_survives_each_allocation_failing)
{
	size_t nth = 1;

	for (;; nth++) {
		struct config_error error;
		struct nic nic;
		int result;

		fail_alloc_at(nth);
		result =
			nic_load(&nic, NICEMU_SOURCE_DIR "/netdevsim-config/two-port.yaml", &error);
		cr_assert_eq(result, fail_alloc_happened() ? -ENOMEM : 0, "allocation %zu: %s", nth,
			     error.text);
		if (!fail_alloc_happened()) {
			nic_clear(&nic);
			break;
		}
		cr_assert_null(nic.ports);
		cr_assert(strstr(error.text, "out of memory"), "%s", error.text);
	}
	fail_alloc_at(0);
	cr_assert_geq(nth, 6);
}

Test(config_memory, a_port_that_gets_no_memory_is_not_added)
{
	struct nic nic;

	cr_assert_eq(nic_default(&nic), 0);
	fail_alloc_at(1);
	cr_assert_eq(nic_add_port(&nic, "wan"), -ENOMEM);
	cr_assert_eq(nic.num_ports, 8);
	cr_assert_str_eq(nic.ports[7].name, "eth7");
	cr_assert_eq(nic_add_port(&nic, "wan"), 8);
	nic_clear(&nic);
}

Test(config_memory, loading_a_model_survives_each_allocation_failing)
{
	size_t nth = 1;

	for (;; nth++) {
		struct config_error error;
		struct model *model;
		int result;

		fail_alloc_at(nth);
		result = model_parse(&model, "m.yaml", model_text, strlen(model_text), &error);
		cr_assert_eq(result, fail_alloc_happened() ? -ENOMEM : 0, "allocation %zu: %s", nth,
			     error.text);
		cr_assert_eq(!model, fail_alloc_happened());
		model_free(model);
		if (!fail_alloc_happened())
			break;
	}
	fail_alloc_at(0);
	cr_assert_geq(nth, 80);
}
