/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/ports/filter.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

/* Ethernet, IPv4 10.0.0.1 to 10.0.0.2, TCP 1234 to 80; and the same behind tag 10. */
static const uint8_t plain[54] = "\2\0\0\0\0\1\2\0\0\0\0\2\x08\x00"
				 "\x45\0\0\x28\0\0\0\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2"
				 "\x04\xd2\0\x50\0\0\0\0\0\0\0\0\x50\2";
static const uint8_t tagged[58] = "\2\0\0\0\0\1\2\0\0\0\0\2\x81\x00\0\x0a\x08\x00"
				  "\x45\0\0\x28\0\0\0\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2"
				  "\x04\xd2\0\x50\0\0\0\0\0\0\0\0\x50\2";

static bool matches(const char *expression, const uint8_t *data, uint32_t captured, uint32_t length)
{
	struct packet packet = {.data = data, .captured = captured, .length = length};
	struct filter *filter;
	char message[256];
	bool match;

	cr_assert_eq(filter_compile(&filter, expression, message, sizeof(message)), 0, "%s: %s",
		     expression, message);
	match = filter_match(filter, &packet);
	filter_free(filter);
	return match;
}

static bool on_plain(const char *expression)
{
	return matches(expression, plain, sizeof(plain), sizeof(plain));
}

static bool on_tagged(const char *expression)
{
	return matches(expression, tagged, sizeof(tagged), sizeof(tagged));
}

Test(filter, matches_as_tcpdump_would)
{
	cr_assert(on_plain("tcp port 80"));
	cr_assert(on_plain("src host 10.0.0.1 and dst net 10.0.0.0/8"));
	cr_assert(on_plain("ether src 02:00:00:00:00:02"));
	cr_assert(on_plain(""));
	cr_assert_not(on_plain("udp"));
	cr_assert_not(on_plain("tcp port 81"));
	cr_assert_not(on_plain("vlan"));
}

Test(filter, a_tagged_frame_is_seen_only_behind_the_word_vlan)
{
	cr_assert_not(on_tagged("ip"));
	cr_assert_not(on_tagged("tcp port 80"));
	cr_assert(on_tagged("vlan 10 and tcp port 80"));
	cr_assert_not(on_tagged("vlan 11"));
	cr_assert(on_plain("ip or vlan 10"));
	cr_assert_not(on_plain("vlan 10 or ip"));
}

Test(filter, lengths_are_those_of_the_wire_and_cut_bytes_do_not_match)
{
	cr_assert(matches("greater 1000", plain, sizeof(plain), 1500));
	cr_assert_not(matches("greater 1000", plain, sizeof(plain), sizeof(plain)));
	cr_assert(matches("ip", plain, 20, 54));
	cr_assert_not(matches("tcp port 80", plain, 34, 54));
	cr_assert_not(matches("ip", plain, 0, 54));
}

Test(filter, a_wrong_expression_gets_libpcaps_complaint)
{
	struct filter *filter;
	char message[256] = "";

	cr_assert_eq(filter_compile(&filter, "tcp porrt 80", message, sizeof(message)), -EINVAL);
	cr_assert_not_null(strstr(message, "syntax error"), "%s", message);
	cr_assert_null(filter);
	cr_assert_eq(filter_compile(&filter, "inbound", message, sizeof(message)), -EINVAL);
	cr_assert_neq(message[0], '\0');
	filter_free(NULL);
}
