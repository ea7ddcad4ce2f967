/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "comment.h"

#include <nicemu/packet/dissect.h>

#include <stdio.h>

static const struct {
	uint32_t flag;
	const char *text;
} remarks[] = {
	{DISSECT_TRUNCATED, "was cut by a snap length"},
	{DISSECT_MALFORMED, "has lengths that contradict each other"},
	{DISSECT_SHORT, "ends inside a header"},
	{DISSECT_LATER_FRAGMENT, "is a later fragment: it has no ports"},
};

static void put_fate(FILE *out, const struct nic *nic, const struct asic_decision *decision)
{
	switch (decision->fate) {
	case ASIC_DROP: fputs("dropped", out); break;
	case ASIC_REDIRECT:
		fprintf(out, "redirected to %s", nic_port_name(nic, decision->port));
		break;
	default: fputs("passed to the host", out); break;
	}
	for (int i = 0; i < decision->num_mirrors; i++)
		fprintf(out, ", copied to %s", nic_port_name(nic, decision->mirrors[i]));
}

static void put_rule(FILE *out, const struct commenter *commenter,
		     const struct asic_decision *decision)
{
	const char *rule = NULL;

	if (!decision->matched) {
		fputs("; no rule matched", out);
		return;
	}
	if (commenter->describe)
		rule = commenter->describe(commenter->context, decision->binding, decision->cookie);
	fprintf(out, "; %s", rule ? rule : "a rule that is not listed");
}

static void put_remarks(FILE *out, const struct packet *packet)
{
	struct dissect_result result;
	struct flow_key key;

	dissect(packet, &key, &result);
	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++)
		if (result.flags & remarks[i].flag)
			fprintf(out, "; the frame %s", remarks[i].text);
}

void comment_packet(const struct commenter *commenter, const struct packet *packet,
		    const struct asic_decision *decision, char text[COMMENT_SIZE])
{
	FILE *out = fmemopen(text, COMMENT_SIZE, "w");

	text[0] = '\0';
	if (!out)
		return;
	fprintf(out, "%s: ", nic_port_name(commenter->nic, packet->port));
	put_fate(out, commenter->nic, decision);
	put_rule(out, commenter, decision);
	put_remarks(out, packet);
	fclose(out);
	text[COMMENT_SIZE - 1] = '\0';
}
