/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documents of `nicemu show` for people. */
#include "style.h"

#include "print.h"

static void print_recorded(FILE *out, const json_t *document)
{
	const json_t *recorded = json_object_get(document, "recorded_only");
	unsigned long long flowtable = member_number(recorded, "flowtable");
	unsigned long long flower = member_number(recorded, "flower");

	if (flowtable || flower)
		fprintf(out, "recorded only: %llu rule%s of flowtables, %llu of flower\n",
			flowtable, plural(flowtable), flower);
}

static void print_port_remarks(FILE *out, const json_t *port)
{
	if (*member_text(port, "represents"))
		fprintf(out, "  represents %s", member_text(port, "represents"));
	if (json_is_false(json_object_get(port, "hw_tc_offload")))
		fputs("  hw-tc-offload off", out);
}

void report_print_nic(FILE *out, const json_t *nic, const struct report_style *style)
{
	const json_t *port;
	size_t i;

	fputs("NIC ", out);
	print_cut(out, member_text(nic, "nic"), 40, 0);
	fprintf(out, ", model %s, kernel %s, %llu of %llu entries in use%s\n\n",
		member_text(nic, "model"), member_text(nic, "kernel"),
		member_number(nic, "entries_used"), member_number(nic, "entries"),
		json_is_true(json_object_get(nic, "open_ports"))
			? ",\nports are added when a rule names them"
			: "");
	paint(out, style, PAINT_HEADING, "%-15s %7s  %-11s  %-17s %7s %12s\n", "port", "ifindex",
	      "kind", "mac", "mtu", "speed Mbit/s");
	json_array_foreach (json_object_get(nic, "ports"), i, port) {
		print_cut(out, member_text(port, "name"), 15, 15);
		fprintf(out, " %7llu  %-11s  %-17s %7llu %12llu", member_number(port, "ifindex"),
			member_text(port, "kind"), member_text(port, "mac"),
			member_number(port, "mtu"), member_number(port, "speed"));
		print_port_remarks(out, port);
		fputc('\n', out);
	}
	print_recorded(out, nic);
}

void report_print_counters(FILE *out, const json_t *counters, const struct report_style *style)
{
	const json_t *retired = json_object_get(counters, "retired");
	unsigned long long packets = member_number(retired, "packets");
	unsigned long long bytes = member_number(retired, "bytes");

	print_port_counters(out, json_object_get(counters, "ports"), true, style);
	fprintf(out,
		"\n%llu of %llu entries in use; entries that are gone decided %llu packet%s, "
		"%llu byte%s\n",
		member_number(counters, "entries_used"), member_number(counters, "entries"),
		packets, plural(packets), bytes, plural(bytes));
	print_recorded(out, counters);
}

void report_print_log(FILE *out, const json_t *log, const struct report_style *style)
{
	const json_t *line;
	size_t i;

	json_array_foreach (json_object_get(log, "lines"), i, line) {
		char time[24];

		fprintf(out, "%6llu  %-15s  %-7s  ", member_number(line, "sequence"),
			time_text(time, sizeof(time), json_object_get(line, "time")),
			member_text(line, "level"));
		print_clean(out, member_text(line, "text"));
		fputc('\n', out);
	}
}
