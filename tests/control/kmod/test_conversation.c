/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the front end does with a module's events, and what it answers. */
#include "fake_module.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SYNC = KMOD_FLAG_SYNC, REPEATED = KMOD_FLAG_REPEATED };

static struct fake_module m;

static void open_with_port(void)
{
	fake_open(&m);
	cr_assert_eq(fake_port(&m, 7, 31, "eth0"), 0);
}

static void close_module(void)
{
	fake_close(&m);
}

Test(hello, each_wrong_answer_has_its_own_error)
{
	struct kmod_hello hello = {.header = {.length = sizeof(hello), .type = KMOD_HELLO},
				   .version = KMOD_VERSION + 1};

	cr_assert_eq(fake_open_with(&m, &hello, sizeof(hello)), -EPROTO);
	cr_assert_not_null(strstr(m.message, "version 2"), "%s", m.message);
	fake_close(&m);
	hello.version = KMOD_VERSION;
	hello.header.type = KMOD_PORT;
	cr_assert_eq(fake_open_with(&m, &hello, sizeof(hello)), -EBADMSG);
	fake_close(&m);
	hello.header.type = KMOD_HELLO;
	cr_assert_eq(fake_open_with(&m, &hello, sizeof(hello) - 1), -EBADMSG);
	fake_close(&m);
	cr_assert_eq(fake_open_with(&m, "x", 1), -EBADMSG);
	fake_close(&m);
	cr_assert_eq(fake_open_with(&m, NULL, 0), -ECONNRESET);
	fake_close(&m);
}

Test(events, a_chain_is_bound_programmed_and_released, .init = open_with_port, .fini = close_module)
{
	struct kmod_bind bind = {.binding = 5};
	struct kmod_command command = {.binding = 5, .cookie = 9};

	cr_assert_eq(fake_bind(&m, 5, 31, SYNC), 0);
	cr_assert_eq(fake_answer(&m, NULL), 0);
	cr_assert_eq(fake_replace(&m, 5, 9, SYNC), 0);
	cr_assert_eq(fake_answer(&m, NULL), 0);
	cr_assert(m.driver->live[1][9]);
	command.packets = 3;
	command.bytes = 180;
	cr_assert_eq(fake_event(&m, &command, sizeof(command), KMOD_STATS, 0), 0);
	cr_assert_eq(fake_event(&m, &command, sizeof(command), KMOD_DESTROY, 0), 0);
	cr_assert_eq(fake_event(&m, &command, sizeof(command), KMOD_DESTROY, 0), 0, "twice");
	cr_assert_eq(fake_event(&m, &bind, sizeof(bind), KMOD_UNBIND, 0), 0);
	cr_assert_eq(fake_event(&m, &bind, sizeof(bind), KMOD_RELEASE, 0), 0);
	cr_assert(fake_quiet(&m));
	cr_assert_str_eq(m.seen, "BIND eth0\nREPLACE eth0 9\nSTATS eth0 9 3/180\nDESTROY eth0 9\n"
				 "DESTROY eth0 9 refused\nUNBIND eth0\nRELEASE eth0\n");
	cr_assert_eq(fake_bind(&m, 5, 31, SYNC), 0, "the number is free again");
	cr_assert_eq(fake_answer(&m, NULL), 0);
}

Test(events, a_refusal_is_answered_with_errno_and_text, .init = open_with_port,
     .fini = close_module)
{
	char text[KMOD_TEXT_SIZE];

	fake_bind(&m, 1, 31, SYNC);
	fake_answer(&m, NULL);
	m.driver->refuse = ENOSPC;
	cr_assert_eq(fake_replace(&m, 1, 2, SYNC), 0);
	cr_assert_eq(fake_answer(&m, text), -ENOSPC);
	cr_assert_str_eq(text, "as asked");
	cr_assert(fake_logged(&m, "REPLACE eth0: handle 4 cookie 0x2 prio 10 protocol 0x0000 any "
				  "DROP refused: ENOSPC: as asked"));
	cr_assert_eq(fake_bind(&m, 2, 99, SYNC), 0);
	cr_assert_eq(fake_answer(&m, text), -ENODEV);
	cr_assert_str_eq(text, "interface 99 of netns 7 is not a port of the NIC");
	cr_assert_eq(fake_replace(&m, 2, 3, SYNC), 0);
	cr_assert_eq(fake_answer(&m, text), -ENOENT);
}

Test(events, a_repeated_rule_that_is_refused_is_a_warning, .init = open_with_port,
     .fini = close_module)
{
	cr_assert_eq(fake_bind(&m, 1, 31, REPEATED), 0);
	m.driver->refuse = EOPNOTSUPP;
	cr_assert_eq(fake_replace(&m, 1, 2, REPEATED), 0);
	cr_assert_eq(fake_replace(&m, 1, 3, REPEATED), 0);
	cr_assert(fake_quiet(&m), "nobody waits");
	cr_assert(fake_logged(&m, "(was there before) refused: EOPNOTSUPP: as asked"));
	cr_assert(!m.driver->live[1][2]);
	cr_assert(m.driver->live[1][3]);
}

Test(events, an_unknown_event_is_refused_and_passed_over, .init = open_with_port,
     .fini = close_module)
{
	struct kmod_header header;

	cr_assert_eq(fake_event(&m, &header, sizeof(header), 31, SYNC), 0);
	cr_assert_eq(fake_answer(&m, NULL), -EOPNOTSUPP);
	cr_assert_eq(fake_event(&m, &header, sizeof(header), 999, 0), 0);
	cr_assert(fake_quiet(&m));
	cr_assert(fake_logged(&m, "does not know the module's event 999"));
	cr_assert_eq(fake_bind(&m, 1, 31, SYNC), 0);
	cr_assert_eq(fake_answer(&m, NULL), 0);
}

Test(events, a_long_reason_is_cut_where_a_character_ends, .init = open_with_port,
     .fini = close_module)
{
	struct offload_fault fault = {.any = true, .first = 1, .last = 1, .error = ENOSPC};
	char text[KMOD_TEXT_SIZE];

	for (size_t i = 0; i + 3 < sizeof(fault.text); i += 2)
		strcpy(fault.text + i, "é");
	memmove(fault.text + 1, fault.text, strlen(fault.text) + 1);
	fault.text[0] = 'x';
	offload_set_faults(m.offload, &fault, 1);
	fake_bind(&m, 1, 31, 0);
	fake_replace(&m, 1, 2, SYNC);
	cr_assert_eq(fake_answer(&m, text), -ENOSPC);
	cr_assert_eq(strlen(text) % 2, 1, "%s", text);
}

/* ---- ports ---- */

Test(ports, have_the_devices_properties_and_follow_their_names, .init = open_with_port,
     .fini = close_module)
{
	struct kmod_port gone = {.ifindex = 31, .netns = 7, .name = "eth0"};
	const struct nic_port *port = &m.nic.ports[0];

	cr_assert_eq(m.nic.num_ports, 1);
	cr_assert_str_eq(port->name, "eth0");
	cr_assert_eq(port->ifindex, 31);
	cr_assert_eq(port->mac[5], 9);
	cr_assert_str_eq(port->driver, "netdevsim");
	cr_assert_eq(fake_port(&m, 7, 31, "wan"), 0);
	cr_assert_str_eq(m.nic.ports[0].name, "wan");
	cr_assert_eq(fake_port(&m, 8, 31, "wan"), 0);
	cr_assert_str_eq(m.nic.ports[1].name, "wan@8");
	cr_assert_eq(fake_port(&m, 7, 32, "eth0"), 0);
	cr_assert_eq(nic_port_by_name(&m.nic, "eth0"), 2);
	cr_assert_eq(nic_port_in_netns(&m.nic, 8, 31), 1);
	cr_assert_eq(fake_event(&m, &gone, sizeof(gone), KMOD_PORT_GONE, 0), 0);
	cr_assert(m.nic.ports[0].gone);
	cr_assert_eq(nic_port_by_name(&m.nic, "wan"), -ENODEV);
}

Test(ports, that_go_take_what_was_bound_to_them, .init = open_with_port, .fini = close_module)
{
	struct kmod_port gone = {.ifindex = 31, .netns = 7, .name = "eth0"};

	fake_bind(&m, 1, 31, 0);
	fake_replace(&m, 1, 2, 0);
	m.seen[0] = '\0';
	fake_event(&m, &gone, sizeof(gone), KMOD_PORT_GONE, 0);
	cr_assert_str_eq(m.seen, "RELEASE eth0\nPORT_GONE\n");
	fake_port(&m, 7, 31, "eth0");
	cr_assert_eq(fake_bind(&m, 1, 31, SYNC), 0);
	cr_assert_eq(fake_answer(&m, NULL), 0);
	cr_assert_eq(m.nic.num_ports, 2);
}

Test(lost, all_is_forgotten_and_told_again, .init = open_with_port, .fini = close_module)
{
	struct kmod_header header;

	fake_port(&m, 7, 32, "eth1");
	fake_bind(&m, 1, 31, 0);
	fake_bind(&m, 2, 32, 0);
	fake_replace(&m, 1, 2, 0);
	m.seen[0] = '\0';
	cr_assert_eq(fake_event(&m, &header, sizeof(header), KMOD_LOST, 0), 0);
	fake_port(&m, 7, 31, "eth0");
	cr_assert_eq(fake_bind(&m, 1, 31, REPEATED), 0);
	cr_assert_eq(fake_replace(&m, 1, 3, REPEATED), 0);
	cr_assert_eq(fake_event(&m, &header, sizeof(header), KMOD_REPEAT_END, 0), 0);
	cr_assert_str_eq(m.seen, "RELEASE eth0\nRELEASE eth1\nLOST\n"
				 "BIND eth0\nREPLACE eth0 3\nPORT_GONE\n");
	cr_assert(m.nic.ports[1].gone, "nobody told of it again");
	cr_assert(fake_logged(&m, "has lost events"));
}

/* ---- totals ---- */

enum { ROOM = KMOD_MESSAGE_MAX };

static struct kmod_totals *read_totals(void *buffer)
{
	struct kmod_totals *totals = buffer;
	size_t size = fake_read(&m, buffer, ROOM);

	if (!size)
		return NULL;
	cr_assert_eq(totals->header.type, KMOD_TOTALS);
	cr_assert_eq(totals->header.length, size);
	cr_assert_eq(size, sizeof(*totals) + totals->count * sizeof(struct kmod_total));
	return totals;
}

Test(totals, are_written_when_they_have_changed, .init = open_with_port, .fini = close_module)
{
	static _Alignas(8) char buffer[ROOM];
	struct kmod_totals *totals;
	struct kmod_total *total;
	struct kmod_header flush;

	fake_bind(&m, 6, 31, 0);
	fake_replace(&m, 6, 2, 0);
	fake_replace(&m, 6, 3, 0);
	cr_assert_eq(kmod_push(m.kmod), 0);
	cr_assert(fake_quiet(&m));
	m.driver->totals[1][3] = (struct offload_stats){.packets = 5, .bytes = 300};
	cr_assert_eq(kmod_push(m.kmod), 0);
	totals = read_totals(buffer);
	cr_assert_eq(totals->count, 1);
	total = (struct kmod_total *)(totals + 1);
	cr_assert_eq(total->binding, 6);
	cr_assert_eq(total->cookie, 3);
	cr_assert_eq(total->packets, 5);
	cr_assert_eq(total->bytes, 300);
	cr_assert_eq(kmod_push(m.kmod), 0);
	cr_assert(fake_quiet(&m));
	m.driver->totals[1][2].packets = 1;
	cr_assert_eq(fake_event(&m, &flush, sizeof(flush), KMOD_FLUSH, SYNC), 0);
	cr_assert_eq(read_totals(buffer)->count, 1, "before the answer");
	cr_assert_eq(fake_answer(&m, NULL), 0);
}

Test(totals, of_many_rules_come_in_messages_that_fit, .init = open_with_port, .fini = close_module)
{
	static _Alignas(8) char buffer[ROOM];
	struct kmod_totals *totals;
	size_t count = 0;

	for (uint32_t binding = 1; binding <= 60; binding++) {
		cr_assert_eq(fake_bind(&m, binding, 31, 0), 0);
		for (uint64_t cookie = 0; cookie < FAKE_COOKIES; cookie++) {
			fake_replace(&m, binding, cookie, 0);
			m.driver->totals[binding][cookie].packets = 1;
		}
	}
	cr_assert_eq(kmod_push(m.kmod), 0);
	while ((totals = read_totals(buffer)))
		count += totals->count;
	cr_assert_eq(count, 60 * FAKE_COOKIES);
}

Test(totals, a_rule_that_is_made_anew_is_told_anew, .init = open_with_port, .fini = close_module)
{
	static _Alignas(8) char buffer[ROOM];
	struct kmod_command destroy = {.binding = 1, .cookie = 2};

	fake_bind(&m, 1, 31, 0);
	for (int i = 0; i < 2; i++) {
		fake_replace(&m, 1, 2, 0);
		m.driver->totals[1][2].packets = 4;
		cr_assert_eq(kmod_push(m.kmod), 0);
		cr_assert_not_null(read_totals(buffer), "round %d", i);
		fake_event(&m, &destroy, sizeof(destroy), KMOD_DESTROY, 0);
	}
}

Test(totals, a_module_that_is_gone_ends_the_conversation, .init = open_with_port)
{
	fake_bind(&m, 1, 31, 0);
	fake_replace(&m, 1, 2, 0);
	close(m.fd);
	cr_assert_lt(kmod_dispatch(m.kmod), 0);
	cr_assert_str_eq(kmod_error(m.kmod), "the module has closed the conversation");
	cr_assert_lt(kmod_dispatch(m.kmod), 0, "and stays ended");
	m.driver->totals[1][2].packets = 1;
	cr_assert_lt(kmod_push(m.kmod), 0);
	cr_assert_str_eq(kmod_error(m.kmod), "the module has closed the conversation");
}
