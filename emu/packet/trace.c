/* SPDX-License-Identifier: GPL-2.0-or-later */
#define PARSER_TRACES 1
#include "parser.h"

void dissect_trace(const struct packet *packet, struct dissect_trace *trace)
{
	*trace = (struct dissect_trace){0};
	parse(packet, &trace->key, &trace->result, trace);
}
