/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dissector on real captures, read with libpcap: in lockstep with the reference on every packet
 * and on mutations of it, and against libpcap's own filters, which share no code and no author.
 */
#include "frames.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <dirent.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a libpcap filter says of a packet and what the key must then say. */
struct opinion {
	const char *filter;
	bool (*in_key)(const struct flow_key *key, const struct dissect_result *result);
	struct bpf_program program;
	uint64_t agreed;
};

static bool present(const struct flow_key *key, uint64_t bits)
{
	return (key->word[0] & bits) == bits;
}

static bool untagged_type(const struct flow_key *key, uint64_t type)
{
	return present(key, FLOW_PRESENT(BASIC)) && flow_key_get(key, FLOW_BASIC_N_PROTO) == type &&
	       !(key->word[0] & (FLOW_PRESENT(VLAN) | FLOW_PRESENT(PPPOE)));
}

static bool has_protocol(const struct flow_key *key, uint64_t protocol)
{
	return untagged_type(key, 0x0800) && present(key, FLOW_PRESENT_IP_PROTO) &&
	       flow_key_get(key, FLOW_BASIC_IP_PROTO) == protocol;
}

static bool is_ip(const struct flow_key *key, const struct dissect_result *result)
{
	return untagged_type(key, 0x0800);
}

static bool is_ip6(const struct flow_key *key, const struct dissect_result *result)
{
	return untagged_type(key, 0x86dd);
}

static bool is_arp(const struct flow_key *key, const struct dissect_result *result)
{
	return untagged_type(key, 0x0806);
}

static bool is_tagged(const struct flow_key *key, const struct dissect_result *result)
{
	return present(key, FLOW_PRESENT(VLAN));
}

static bool is_pppoe(const struct flow_key *key, const struct dissect_result *result)
{
	return present(key, FLOW_PRESENT(PPPOE)) && !present(key, FLOW_PRESENT(VLAN));
}

static bool is_tcp(const struct flow_key *key, const struct dissect_result *result)
{
	return has_protocol(key, 6);
}

static bool is_udp(const struct flow_key *key, const struct dissect_result *result)
{
	return has_protocol(key, 17);
}

static bool is_fragment(const struct flow_key *key, const struct dissect_result *result)
{
	return is_ip(key, result) && flow_key_get(key, FLOW_CONTROL_FLAGS) & FLOW_DIS_IS_FRAGMENT;
}

static bool is_later(const struct flow_key *key, const struct dissect_result *result)
{
	return is_ip(key, result) && result->flags & DISSECT_LATER_FRAGMENT;
}

static bool has_port_53(const struct flow_key *key, const struct dissect_result *result)
{
	return is_udp(key, result) && present(key, FLOW_PRESENT(PORTS)) &&
	       (flow_key_get(key, FLOW_PORTS_SRC) == 53 || flow_key_get(key, FLOW_PORTS_DST) == 53);
}

static bool is_syn(const struct flow_key *key, const struct dissect_result *result)
{
	return is_tcp(key, result) && present(key, FLOW_PRESENT(TCP)) &&
	       flow_key_get(key, FLOW_TCP_FLAGS) & 2;
}

static bool is_to_net_10(const struct flow_key *key, const struct dissect_result *result)
{
	return is_ip(key, result) && present(key, FLOW_PRESENT(IPV4_ADDRS)) &&
	       flow_key_get(key, FLOW_IPV4_DST) >> 24 == 10;
}

static bool is_echo(const struct flow_key *key, const struct dissect_result *result)
{
	return has_protocol(key, 1) && present(key, FLOW_PRESENT(ICMP)) &&
	       flow_key_get(key, FLOW_ICMP_TYPE) == 8;
}

static bool is_group(const struct flow_key *key, const struct dissect_result *result)
{
	return present(key, FLOW_PRESENT(ETH_ADDRS)) &&
	       flow_key_get(key, FLOW_ETH_DST) & UINT64_C(0x010000000000);
}

static struct opinion opinions[] = {
	{"ip", is_ip, {0}, 0},
	{"ip6", is_ip6, {0}, 0},
	{"arp", is_arp, {0}, 0},
	{"vlan", is_tagged, {0}, 0},
	{"pppoes", is_pppoe, {0}, 0},
	{"ip proto 6", is_tcp, {0}, 0},
	{"ip proto 17", is_udp, {0}, 0},
	{"ip[6:2] & 0x3fff != 0", is_fragment, {0}, 0},
	{"ip[6:2] & 0x1fff != 0", is_later, {0}, 0},
	{"ip and udp port 53", has_port_53, {0}, 0},
	{"ip and tcp[13] & 2 != 0", is_syn, {0}, 0},
	{"ip dst net 10.0.0.0/8", is_to_net_10, {0}, 0},
	{"icmp[0] = 8", is_echo, {0}, 0},
	{"ether multicast", is_group, {0}, 0},
};

enum { OPINIONS = sizeof(opinions) / sizeof(opinions[0]) };

static void compile_opinions(void)
{
	pcap_t *ethernet = pcap_open_dead(DLT_EN10MB, 262144);

	for (int i = 0; i < OPINIONS; i++)
		cr_assert_eq(pcap_compile(ethernet, &opinions[i].program, opinions[i].filter, 1,
					  PCAP_NETMASK_UNKNOWN),
			     0, "%s: %s", opinions[i].filter, pcap_geterr(ethernet));
	pcap_close(ethernet);
}

/* Frames whose lengths are in order: on the others the two may well see different things. */
static void ask_opinions(const char *who, const struct pcap_pkthdr *record, const uint8_t *bytes,
			 const struct flow_key *key, const struct dissect_result *result)
{
	if (result->flags & (DISSECT_MALFORMED | DISSECT_SHORT))
		return;
	for (int i = 0; i < OPINIONS; i++) {
		bool theirs = pcap_offline_filter(&opinions[i].program, record, bytes);
		bool ours = opinions[i].in_key(key, result);

		cr_assert_eq(theirs, ours, "%s: libpcap says %d to '%s', the key %d", who, theirs,
			     opinions[i].filter, ours);
		opinions[i].agreed += theirs;
	}
}

static void check_mutations(const char *who, struct random *r, const uint8_t *bytes,
			    const struct pcap_pkthdr *record)
{
	struct dissect_result result;
	struct flow_key key;
	uint8_t copy[FRAME_MAX];
	size_t size = record->caplen < sizeof(copy) ? record->caplen : sizeof(copy);

	for (int round = 0; round < 8 && size > 14; round++) {
		memcpy(copy, bytes, size);
		for (int edits = 0; edits < 3; edits++)
			copy[12 + random_below(r, (size < 110 ? size : 110) - 12)] =
				(uint8_t)random_u64(r);
		check_frame(who, copy, random_below(r, 3) ? size : random_below(r, size),
			    record->len, &key, &result);
	}
}

static uint64_t run_file(const char *path, struct random *r)
{
	char error[PCAP_ERRBUF_SIZE], who[1200];
	pcap_t *pcap = pcap_open_offline(path, error);
	struct pcap_pkthdr *record;
	const uint8_t *bytes;
	uint64_t packets = 0;

	if (!pcap)
		return 0;
	while (pcap_datalink(pcap) == DLT_EN10MB && pcap_next_ex(pcap, &record, &bytes) == 1) {
		struct dissect_result result;
		struct flow_key key;

		snprintf(who, sizeof(who), "%s packet %llu (mutations: seed 77)", path,
			 (unsigned long long)++packets);
		check_frame(who, bytes, record->caplen, record->len, &key, &result);
		ask_opinions(who, record, bytes, &key, &result);
		check_mutations(who, r, bytes, record);
	}
	pcap_close(pcap);
	return packets;
}

static uint64_t run_folder(const char *folder)
{
	struct random r = {77};
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort);
	uint64_t packets = 0;

	for (int i = 0; i < count; i++) {
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (strstr(names[i]->d_name, "cap"))
			packets += run_file(path, &r);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return packets;
}

Test(captures, third_party_captures_agree_with_the_reference_and_with_libpcap_filters)
{
	const char *named = getenv("NICEMU_PCAPS");
	const char *folder = named ? named : NICEMU_SOURCE_DIR "/../shared/pcaps";
	uint64_t packets;

	compile_opinions();
	packets = run_folder(folder);
	if (!packets)
		cr_skip_test("no captures in %s", folder);
	/* The folder has all of these: a filter that never said yes would prove nothing. */
	for (int i = 0; i < OPINIONS; i++) {
		cr_expect_gt(opinions[i].agreed, 0, "'%s' matched nothing", opinions[i].filter);
		pcap_freecode(&opinions[i].program);
	}
}

Test(captures, own_captures_agree_with_the_reference_and_with_libpcap_filters)
{
	compile_opinions();
	cr_assert_gt(run_folder(NICEMU_SOURCE_DIR "/pcaps"), 0);
	for (int i = 0; i < OPINIONS; i++)
		pcap_freecode(&opinions[i].program);
}
