/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule as a kernel hands it to a driver, and as an entry of a TCAM.
 *
 * The masked form as nf_tables translates the rule that ruleset_print writes; the ranges form as
 * tc's flower does: a port that is one number in PORTS, others in PORTS_RANGE.
 */
#ifndef NICEMU_TESTS_BENCH_COMMANDS_H
#define NICEMU_TESTS_BENCH_COMMANDS_H

#include "ruleset.h"

#include <nicemu/asic/tcam.h>
#include <nicemu/flow/rule.h>

/* Freed with flow_rule_free; NULL when memory is out. */
struct flow_rule *rule_flow_rule(const struct rule *rule, enum rule_form form);

/* As a table has it: it looks at port number 0, too; order as number says. */
void rule_tcam(const struct rule *rule, enum rule_form form, uint32_t number, struct tcam_rule *to);

/* Back: of a rule for IPv4 of the masked form. False where it looks at anything else. */
bool tcam_rule_back(const struct tcam_rule *from, struct rule *rule);

#endif
