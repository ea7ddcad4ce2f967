/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table in pcaps/README.md says what libpcap and the dissector find in the captures. */
#include "frames.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER NICEMU_SOURCE_DIR "/pcaps/"

enum column {
	PACKETS,
	BYTES,
	ARP,
	IPV4,
	IPV6,
	TCP,
	UDP,
	ICMP,
	ICMPV6,
	ONE_TAG,
	TWO_TAGS,
	FRAGMENTS,
	LATER_FRAGMENTS,
	COLUMNS
};

static const char *const names[COLUMNS] = {
	"packets",
	"bytes",
	"ARP",
	"IPv4",
	"IPv6",
	"TCP",
	"UDP",
	"ICMP",
	"ICMPv6",
	"one tag",
	"two tags",
	"fragments",
	"later fragments",
};

static void count_frame(const struct flow_key *key, const struct dissect_result *result,
			uint64_t *counts)
{
	static const struct {
		enum flow_field_id field;
		uint64_t value;
		enum column column;
	} rows[] = {
		{FLOW_BASIC_N_PROTO, 0x0806, ARP},  {FLOW_BASIC_N_PROTO, 0x0800, IPV4},
		{FLOW_BASIC_N_PROTO, 0x86dd, IPV6}, {FLOW_BASIC_IP_PROTO, 6, TCP},
		{FLOW_BASIC_IP_PROTO, 17, UDP},     {FLOW_BASIC_IP_PROTO, 1, ICMP},
		{FLOW_BASIC_IP_PROTO, 58, ICMPV6},
	};
	uint64_t control = flow_key_get(key, FLOW_CONTROL_FLAGS);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		counts[rows[i].column] += flow_key_get(key, rows[i].field) == rows[i].value;
	counts[ONE_TAG] += result->vlan_tags == 1;
	counts[TWO_TAGS] += result->vlan_tags == 2;
	counts[FRAGMENTS] += (control & FLOW_DIS_IS_FRAGMENT) != 0;
	counts[LATER_FRAGMENTS] += (result->flags & DISSECT_LATER_FRAGMENT) != 0;
}

static void count_file(const char *name, uint64_t *counts)
{
	char error[PCAP_ERRBUF_SIZE], path[1024];
	struct pcap_pkthdr *record;
	const uint8_t *bytes;
	pcap_t *pcap;
	int status;

	snprintf(path, sizeof(path), FOLDER "%s", name);
	pcap = pcap_open_offline(path, error);
	cr_assert_not_null(pcap, "%s", error);
	while ((status = pcap_next_ex(pcap, &record, &bytes)) == 1) {
		struct dissect_result result;
		struct flow_key key;

		check_frame(name, bytes, record->caplen, record->len, &key, &result);
		cr_expect_eq(result.flags & ~(DISSECT_LATER_FRAGMENT | DISSECT_IPV6_EXTENSION), 0,
			     "%s: packet %llu is not a sound, whole frame", name,
			     (unsigned long long)counts[PACKETS] + 1);
		counts[PACKETS]++;
		counts[BYTES] += record->len;
		count_frame(&key, &result, counts);
	}
	cr_expect_eq(status, PCAP_ERROR_BREAK, "%s: %s", name, pcap_geterr(pcap));
	pcap_close(pcap);
}

/* "| `name` | what | 1 | 2 …": the file's name into name, false for other lines. */
static bool check_row(char *line, char *name, size_t size)
{
	uint64_t counts[COLUMNS] = {0};
	char *rest, *cell = strtok_r(line, "|", &rest);

	if (!cell || sscanf(cell, " `%63[^`]`", name) != 1)
		return false;
	cr_assert_lt(strlen(name), size);
	cr_assert_not_null(strtok_r(NULL, "|", &rest), "%s has no description", name);
	count_file(name, counts);
	for (int column = 0; column < COLUMNS; column++) {
		cell = strtok_r(NULL, "|", &rest);
		cr_assert_not_null(cell, "%s has no column %s", name, names[column]);
		cr_expect_eq(strtoull(cell, NULL, 10), counts[column],
			     "%s: the table says%s%s, a reader finds %llu", name, cell,
			     names[column], (unsigned long long)counts[column]);
	}
	return true;
}

static bool check_header(const char *line)
{
	char wanted[512] = "| file | what it is |";

	for (int column = 0; column < COLUMNS; column++)
		snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), " %s |",
			 names[column]);
	return strncmp(line, wanted, strlen(wanted)) == 0;
}

static int is_capture(const struct dirent *entry)
{
	return strstr(entry->d_name, ".pcap") != NULL;
}

Test(pcaps, table_counts_are_what_a_reader_finds_and_every_capture_is_in_it)
{
	FILE *file = fopen(FOLDER "README.md", "r");
	struct dirent **entries;
	bool header = false;
	int rows = 0, captures;
	char line[1024];

	cr_assert_not_null(file, "no " FOLDER "README.md");
	captures = scandir(FOLDER, &entries, is_capture, alphasort);
	while (fgets(line, sizeof(line), file)) {
		char name[64];

		header |= check_header(line);
		rows += check_row(line, name, sizeof(name));
	}
	fclose(file);
	cr_expect(header, "the table has other columns than this test");
	cr_expect_eq(rows, captures, "%d captures, %d rows", captures, rows);
	cr_expect_gt(rows, 0);
	for (int i = 0; i < captures; i++)
		free(entries[i]);
	free(entries);
}
