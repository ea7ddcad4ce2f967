/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an entry does to its packets. */
#include "admission.h"

#include <errno.h>

/* The switch has ports for representors; the VF itself is somebody else's network device. */
static int refuse_represented(const struct nic *nic, int port, struct reason *reason)
{
	const char *name = nic->ports[port].name;
	const char *representor = nic->ports[nic_rules_port(nic, (uint16_t)port)].name;

	reason_set(reason, "target-is-represented", EOPNOTSUPP, REASON_MODEL,
		   "the switch reaches %s by its representor, and the rule sends to %s itself",
		   name, name);
	reason_hint(reason, "send to %s: what is sent there is delivered to %s", representor, name);
	return -EOPNOTSUPP;
}

static int target_port(const struct nic *nic, const struct flow_action_entry *action,
		       struct reason *reason)
{
	int port = nic_port_in_netns(nic, action->netns, action->ifindex);

	if (port >= 0 && nic_rules_port(nic, (uint16_t)port) != port)
		return refuse_represented(nic, port, reason);
	if (port >= 0)
		return nic_exit_port(nic, (uint16_t)port);
	if (action->id == FLOW_ACTION_REDIRECT)
		return reason_set(reason, "redirect-target-not-a-port", EOPNOTSUPP, REASON_MODEL,
				  "interface %u, to which the rule forwards, is not a port of this "
				  "NIC",
				  action->ifindex);
	return reason_set(reason, "mirror-target-not-a-port", EOPNOTSUPP, REASON_MODEL,
			  "interface %u, to which the rule copies, is not a port of this NIC",
			  action->ifindex);
}

static int add_accept(const struct nic *nic, const struct flow_action_entry *action,
		      struct asic_decision *decision, struct reason *reason)
{
	return 0; /* where a packet goes when nothing else takes it */
}

static int add_drop(const struct nic *nic, const struct flow_action_entry *action,
		    struct asic_decision *decision, struct reason *reason)
{
	decision->fate = ASIC_DROP;
	return 0;
}

static int add_redirect(const struct nic *nic, const struct flow_action_entry *action,
			struct asic_decision *decision, struct reason *reason)
{
	int port = target_port(nic, action, reason);

	if (port < 0)
		return port;
	if (decision->fate == ASIC_HOST) { /* neither dropped nor redirected before */
		decision->fate = ASIC_REDIRECT;
		decision->port = (uint16_t)port;
	}
	return 0;
}

static int add_mirror(const struct nic *nic, const struct flow_action_entry *action,
		      struct asic_decision *decision, struct reason *reason)
{
	int port = target_port(nic, action, reason);

	if (port < 0)
		return port;
	if (decision->num_mirrors == ASIC_MIRRORS_MAX)
		return reason_set(reason, "too-many-mirrors", EOPNOTSUPP, REASON_MODEL,
				  "a rule can copy to at most %d ports", ASIC_MIRRORS_MAX);
	decision->mirrors[decision->num_mirrors++] = (uint16_t)port;
	return 0;
}

static int (*const add_action[FLOW_ACTION_COUNT])(const struct nic *nic,
						  const struct flow_action_entry *action,
						  struct asic_decision *decision,
						  struct reason *reason) = {
	[FLOW_ACTION_ACCEPT] = add_accept,
	[FLOW_ACTION_DROP] = add_drop,
	[FLOW_ACTION_REDIRECT] = add_redirect,
	[FLOW_ACTION_MIRRED] = add_mirror,
};

/* What the driver leaves out of this rule's actions. */
struct left_out {
	uint64_t actions;
	bool mirror_takes;
};

static struct left_out find_left_out(const struct question *question)
{
	const struct model_match *model = &question->nic->profile->match;
	struct left_out out = {.actions = model->ignored_actions};

	for (size_t i = 0; i < model->num_ignoring; i++) {
		const struct model_ignoring *some = &model->ignoring[i];

		if (!ignoring_applies(some, question))
			continue;
		out.actions |= some->actions;
		out.mirror_takes |= some->mirror_takes;
	}
	return out;
}

/* What is copied and not sent anywhere does not go on: the last copy is the packet. */
static void take_by_mirror(struct asic_decision *decision)
{
	if (decision->fate != ASIC_HOST || !decision->num_mirrors)
		return;
	decision->fate = ASIC_REDIRECT;
	decision->port = decision->mirrors[--decision->num_mirrors];
}

int admit_actions(const struct question *question, struct asic_decision *decision,
		  struct reason *reason)
{
	const struct flow_rule *rule = question->command->rule;
	const struct nic *nic = question->nic;
	const struct left_out out = find_left_out(question);

	for (size_t i = 0; i < rule->num_actions; i++) {
		const struct flow_action_entry *action = &rule->actions[i];
		int error;

		if (out.actions >> action->id & 1)
			continue;
		if (!add_action[action->id])
			return refuse_not_emulated(nic->profile, reason, "unsupported-action",
						   "carry out the action %s",
						   flow_action_name(action->id));
		error = add_action[action->id](nic, action, decision, reason);
		if (error)
			return error;
	}
	if (out.mirror_takes)
		take_by_mirror(decision);
	return 0;
}
