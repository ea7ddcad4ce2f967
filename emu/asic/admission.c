/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "admission.h"
#include "place.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int refuse_by_model(struct reason *reason, const char *id, int error, const char *clause,
		    const char *blamed, const char *text, const char *hint)
{
	reason_set(reason, id, error, REASON_MODEL, "%s%s%s%s%s%s%s", clause, *blamed ? " (" : "",
		   blamed, *blamed ? ")" : "", *text ? "; the driver says \"" : "", text,
		   *text ? "\"" : "");
	if (*hint)
		reason_hint(reason, "%s", hint);
	return -error;
}

int refuse_not_emulated(const struct model *model, struct reason *reason, const char *own_id,
			const char *format, ...)
{
	char what[128];
	va_list list;

	va_start(list, format);
	vsnprintf(what, sizeof(what), format, list);
	va_end(list);
	if (model->status == MODEL_OWN)
		return reason_set(reason, own_id, EOPNOTSUPP, REASON_MODEL, "the NIC can't %s",
				  what);
	return reason_set(reason, "not-emulated", EOPNOTSUPP, REASON_MODEL,
			  "the driver takes the rule, but nicemu can't %s", what);
}

/* --- clauses --- */

static int refuse_clause(const struct model_clause *clause, const struct model_condition *condition,
			 const struct question *question, struct reason *reason)
{
	char blamed[96] = "";

	if (condition)
		condition_blame(condition, question, blamed, sizeof(blamed));
	return refuse_by_model(reason, clause->reason_id, clause->error, clause->clause, blamed,
			       clause->text, clause->hint);
}

/* Those that are asked of bindings, or those of rules. */
static int ask_clauses(const struct question *question, bool binding, struct reason *reason)
{
	const struct model *model = question->nic->profile;

	for (size_t i = 0; i < model->num_clauses; i++) {
		const struct model_clause *clause = &model->clauses[i];
		const struct model_condition *condition;

		if (clause->binding != binding || !clause_applies(clause, question))
			continue;
		condition = condition_that_fails(&clause->require, question);
		if (condition || !clause->require.count)
			return refuse_clause(clause, condition, question, reason);
	}
	return 0;
}

/* --- BIND --- */

static int admit_front_end(const struct model *model, const struct offload_binding *binding,
			   struct reason *reason)
{
	static const char *const ids[MODEL_FRONT_ENDS] = {
		[MODEL_CHAIN] = "chain-unsupported",
		[MODEL_FLOWTABLE] = "flowtable-unsupported",
		[MODEL_FLOWER] = "flower-unsupported",
	};
	static const char *const clauses[MODEL_FRONT_ENDS] = {
		[MODEL_CHAIN] = "the NIC takes no offload chains",
		[MODEL_FLOWTABLE] = "the NIC takes no flowtables",
		[MODEL_FLOWER] = "the NIC takes no tc filters",
	};
	enum model_front_end front_end = front_end_of(binding);
	const struct model_front *front = &model->fronts[front_end];
	int error = front->error ? front->error : EOPNOTSUPP;

	if (front->taken)
		return 0;
	return reason_set(reason, ids[front_end], error, REASON_MODEL, "%s",
			  *front->text ? front->text : clauses[front_end]);
}

static int refuse_off(const struct nic *nic, uint16_t port, int error, struct reason *reason)
{
	const char *text = nic->profile->off_text, *name = nic->ports[port].name;

	reason_set(reason, "hw-tc-offload-off", error, REASON_MODEL,
		   "hw-tc-offload is off on %s%s%s%s", name, *text ? "; the driver says \"" : "",
		   text, *text ? "\"" : "");
	reason_hint(reason, "`ethtool -K %s hw-tc-offload on`, or leave it on in the NIC file",
		    name);
	return -error;
}

/* What a VF sends meets the rules of its representor: rules of its own would meet nothing. */
static int admit_represented(const struct nic *nic, uint16_t port, struct reason *reason)
{
	const char *name = nic->ports[port].name;
	const char *representor = nic->ports[nic_rules_port(nic, port)].name;

	if (nic_rules_port(nic, port) == port)
		return 0;
	reason_set(reason, "port-is-represented", EOPNOTSUPP, REASON_MODEL,
		   "what %s sends meets the rules of its representor %s; rules on %s itself would "
		   "meet nothing",
		   name, representor, name);
	reason_hint(reason, "put the chain on %s", representor);
	return -EOPNOTSUPP;
}

int admit_binding(const struct nic *nic, const struct offload_binding *binding,
		  struct reason *reason)
{
	const struct model *model = nic->profile;
	const struct question question = {.nic = nic, .binding = binding};
	int error;

	if (binding->port >= nic->num_ports || nic->ports[binding->port].gone)
		return reason_set(reason, "no-such-port", ENODEV, REASON_MODEL,
				  "the NIC has no port number %u", binding->port);
	error = admit_front_end(model, binding, reason);
	if (!error)
		error = admit_represented(nic, binding->port, reason);
	if (error)
		return error;
	if (binding->direction != OFFLOAD_INGRESS)
		return reason_set(reason, "egress-unsupported", EOPNOTSUPP, REASON_MODEL,
				  "the NIC looks up packets on ingress only");
	if (nic->ports[binding->port].hw_tc_offload_off && model->off_bind_error)
		return refuse_off(nic, binding->port, model->off_bind_error, reason);
	return ask_clauses(&question, true, reason);
}

/* --- rules --- */

static int admit_what_is_known(const struct flow_rule *rule, struct reason *reason)
{
	if (rule->lost_actions)
		return reason_set(reason, "too-many-actions", EOPNOTSUPP, REASON_MODEL,
				  "the rule has %u actions more than the NIC was told",
				  rule->lost_actions);
	if (rule->match.unknown_keys)
		return reason_set(reason, "unknown-key", EOPNOTSUPP, REASON_MODEL,
				  "the NIC can't match the kernel's dissector keys 0x%llx",
				  (unsigned long long)rule->match.unknown_keys);
	for (size_t i = 0; i < rule->num_actions; i++)
		if ((unsigned int)rule->actions[i].id >= FLOW_ACTION_COUNT)
			return reason_set(reason, "unsupported-action", EOPNOTSUPP, REASON_MODEL,
					  "the NIC does not know action number %u",
					  (unsigned int)rule->actions[i].id);
	return 0;
}

const struct model_table *admission_table(const struct model *model, enum model_front_end front_end)
{
	for (size_t i = 0; i < model->num_tables; i++)
		if (model->tables[i].front_ends >> front_end & 1)
			return &model->tables[i];
	return NULL;
}

/* Which table, and what it takes there. */
static int choose_table(const struct question *question, struct asic_admitted *admitted,
			struct reason *reason)
{
	const struct model *model = question->nic->profile;
	const struct model_table *table = admission_table(model, front_end_of(question->binding));
	const struct model_cost *cost = NULL;
	struct place_size size;

	if (!table)
		return reason_set(reason, "no-table", EOPNOTSUPP, REASON_MODEL,
				  "model %s has no table for rules of a %s", model->name,
				  model_front_end_name(front_end_of(question->binding)));
	for (size_t i = 0; i < table->num_costs && !cost; i++)
		if (conditions_hold(&table->costs[i].when, question))
			cost = &table->costs[i];
	size = place_size(table, cost);
	admitted->table = table;
	admitted->cost = cost;
	admitted->entries = size.entries;
	admitted->slices = size.slices;
	return 0;
}

int admit_rule(const struct question *question, struct asic_admitted *admitted,
	       struct reason *reason)
{
	const struct offload_command *command = question->command;
	const struct nic *nic = question->nic;
	uint16_t port = question->binding->port;
	int error = admit_what_is_known(command->rule, reason);

	*admitted = (struct asic_admitted){
		.rule = {.priority = command->prio},
		.decision = {.fate = ASIC_HOST,
			     .matched = true,
			     .binding = command->binding,
			     .cookie = command->cookie},
	};
	if (!error && nic->ports[port].hw_tc_offload_off && nic->profile->off_replace_error)
		error = refuse_off(nic, port, nic->profile->off_replace_error, reason);
	if (!error)
		error = ask_clauses(question, false, reason);
	if (!error)
		error = admit_match(question, &admitted->rule, reason);
	if (!error)
		error = admit_actions(question, &admitted->decision, reason);
	return error ? error : choose_table(question, admitted, reason);
}
