/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain_software.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct run {
	struct explain_software *software;
	const struct explain_hardware *hardware;
	size_t max_steps, room;
	bool failed;
};

static bool same_rule(const struct host_rule *a, const struct host_rule *b)
{
	return a->handle == b->handle && a->table && b->table && !strcmp(a->table, b->table) &&
	       !strcmp(a->family, b->family);
}

/* The first half as they come; of the others the last ones, in a ring. */
static struct host_step *place_of(struct run *run)
{
	struct explain_software *s = run->software;
	size_t first = run->max_steps - run->max_steps / 2;

	if (s->num_steps == run->max_steps)
		return &s->steps[first + (s->all_steps - first) % (run->max_steps - first)];
	if (s->num_steps == run->room) {
		size_t room = run->room ? 2 * run->room : 16;
		void *more = reallocarray(s->steps, room, sizeof(s->steps[0]));

		if (!more)
			return NULL;
		s->steps = more;
		run->room = room;
	}
	return &s->steps[s->num_steps++];
}

static void keep_step(void *context, const struct host_step *step)
{
	struct run *run = context;
	struct explain_software *s = run->software;
	struct host_step *place = run->failed ? NULL : place_of(run);

	run->failed |= !place;
	s->all_steps++;
	if (place)
		*place = *step;
	if (run->hardware->rule.handle && same_rule(&step->rule, &run->hardware->rule)) {
		s->met = true;
		s->own = *step;
	}
}

static void reverse(struct host_step *steps, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct host_step step = steps[i];

		steps[i] = steps[count - 1 - i];
		steps[count - 1 - i] = step;
	}
}

/* The ring, oldest first. */
static void unroll(struct run *run)
{
	struct explain_software *s = run->software;
	size_t first = run->max_steps - run->max_steps / 2, ring = run->max_steps - first;
	size_t oldest;

	s->gap = s->num_steps;
	if (s->all_steps == s->num_steps)
		return;
	s->gap = first;
	oldest = (s->all_steps - first) % ring;
	reverse(s->steps + first, oldest);
	reverse(s->steps + first + oldest, ring - oldest);
	reverse(s->steps + first, ring);
}

int explain_software_run(struct explain_software *software, const struct emulator *emulator,
			 const struct packet *packet, const struct explain_hardware *hardware,
			 size_t max_steps)
{
	struct run run = {software, hardware, max_steps, 0, false};

	*software = (struct explain_software){.known = !emulator->kmod};
	if (software->known)
		host_ingress(emulator->nft, &emulator->nic, packet, packet->port, &software->result,
			     keep_step, &run);
	if (run.failed)
		return -ENOMEM;
	unroll(&run);
	return 0;
}

void explain_software_clear(struct explain_software *software)
{
	free(software->steps);
	software->steps = NULL;
	software->num_steps = 0;
}

static json_t *host_rule_json(const struct host_rule *rule)
{
	json_t *record;

	if (!rule->handle)
		return json_null();
	record = json_object();
	json_object_set_new(record, "family", text_json(rule->family));
	json_object_set_new(record, "table", text_json(rule->table));
	json_object_set_new(record, "chain", text_json(rule->chain));
	json_object_set_new(record, "handle", json_integer((json_int_t)rule->handle));
	json_object_set_new(record, "rule", json_null());
	json_object_set_new(record, "file", json_null());
	return record;
}

static json_t *step_json(const struct host_step *step)
{
	json_t *record = json_object();

	json_object_set_new(record, "rule", host_rule_json(&step->rule));
	json_object_set_new(record, "matched", json_boolean(step->matched));
	json_object_set_new(record, "expression",
			    step->expression < 0 ? json_null() : json_integer(step->expression));
	json_object_set_new(record, "name", text_json(step->name));
	json_object_set_new(record, "text", text_json(*step->text ? step->text : NULL));
	return record;
}

static json_t *interface_json(const struct nic *nic, uint32_t ifindex)
{
	int port = nic_port_by_ifindex(nic, ifindex);

	return port < 0 ? json_sprintf("ifindex-%u", ifindex) : text_json(nic->ports[port].name);
}

static json_t *unknown_json(void)
{
	return json_pack("{s:s, s:n, s:[], s:n, s:b, s:s, s:[], s:i, s:i, s:n}", "verdict",
			 "not interpreted", "port", "copies", "rule", "by_policy", 0,
			 "not_interpreted", "the rules of a real kernel, which are not known here",
			 "steps", "steps_left_out", 0, "left_out_behind", 0, "nics_rule");
}

json_t *explain_software_json(const struct explain_software *s, const struct emulator *emulator)
{
	const struct host_result *result = &s->result;
	json_t *record = json_object(), *copies = json_array(), *steps = json_array();

	if (!s->known) {
		json_decref(record);
		json_decref(copies);
		json_decref(steps);
		return unknown_json();
	}
	for (size_t i = 0; i < result->num_copies; i++)
		json_array_append_new(copies, interface_json(&emulator->nic, result->copies[i]));
	for (size_t i = 0; i < s->num_steps; i++)
		json_array_append_new(steps, step_json(&s->steps[i]));
	json_object_set_new(record, "verdict", json_string(host_verdict_name(result->verdict)));
	json_object_set_new(record, "port",
			    result->verdict == HOST_FORWARD
				    ? interface_json(&emulator->nic, result->ifindex)
				    : json_null());
	json_object_set_new(record, "copies", copies);
	json_object_set_new(record, "rule", host_rule_json(&result->rule));
	json_object_set_new(record, "by_policy", json_boolean(result->by_policy));
	json_object_set_new(record, "not_interpreted",
			    text_json(result->verdict == HOST_NOT_INTERPRETED
					      ? result->not_interpreted
					      : NULL));
	json_object_set_new(record, "steps", steps);
	json_object_set_new(record, "steps_left_out",
			    json_integer((json_int_t)(s->all_steps - s->num_steps)));
	json_object_set_new(record, "left_out_behind", json_integer((json_int_t)s->gap));
	json_object_set_new(record, "nics_rule", s->met ? step_json(&s->own) : json_null());
	return record;
}
