/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An emulator whose NIC has rules that nobody wrote in nft: they are handed to offload/ as those of
 * a real kernel are. One at a time.
 */
#ifndef NICEMU_TESTS_LINT_BOARD_H
#define NICEMU_TESTS_LINT_BOARD_H

#include <nicemu/lint/lint.h>

struct emulator *board_open(void);
void board_close(void);
/* The one that is open. */
const struct emulator *board_emulator(void);

/* Bind the chain "c" to a port; the binding's number. */
uint32_t board_bind(uint16_t port);

struct board_rule {
	uint64_t handle;
	uint16_t src, src_mask, dst, dst_mask; /* ports */
	bool drop;                             /* else accept */
};
void board_add(uint32_t binding, const struct board_rule *rule);

/* What lint_run visits, one word a finding: "never-hit:5<2 ", handle and other handle. */
struct board_findings {
	size_t count, used;
	char text[1 << 16];
	char first[640]; /* what the first one says */
};
/* Adds one to struct board_findings; for lint_run and the like. */
void board_take(void *context, const struct lint_finding *finding);
int board_lint(struct board_findings *findings);

#endif
