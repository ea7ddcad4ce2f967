/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "parser.h"

void dissect(const struct packet *packet, struct flow_key *key, struct dissect_result *result)
{
	parse(packet, key, result, NULL);
}
