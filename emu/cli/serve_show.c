/* SPDX-License-Identifier: GPL-2.0-or-later */
/* {"command": "show", "topic": …}: what an emulator knows, as JSON documents. */
#include "serve.h"

#include <nicemu/report/report.h>

#include <string.h>

static json_t *show_nic(const struct emulator *emulator, const json_t *request)
{
	return report_nic(emulator);
}

static json_t *show_rules(const struct emulator *emulator, const json_t *request)
{
	return report_rules(emulator, json_object_get(request, "listing"),
			    json_is_true(json_object_get(request, "packed")));
}

static json_t *show_driver(const struct emulator *emulator, const json_t *request)
{
	return report_driver(emulator, json_object_get(request, "listing"));
}

static json_t *show_counters(const struct emulator *emulator, const json_t *request)
{
	return report_counters(emulator);
}

static json_t *show_log(const struct emulator *emulator, const json_t *request)
{
	return report_log(emulator);
}

static json_t *show_lint(const struct emulator *emulator, const json_t *request)
{
	return report_lint(emulator);
}

static json_t *show_tcam(const struct emulator *emulator, const json_t *request)
{
	return report_tcam(emulator, json_object_get(request, "listing"));
}

static json_t *show(struct emulator *emulator, const json_t *request, int *fds, size_t num_fds,
		    struct serve_job *job)
{
	static const struct {
		const char *topic;
		json_t *(*build)(const struct emulator *emulator, const json_t *request);
	} topics[] = {
		{"nic", show_nic},           {"rules", show_rules}, {"driver", show_driver},
		{"counters", show_counters}, {"log", show_log},     {"lint", show_lint},
		{"tcam", show_tcam},
	};
	const char *topic = json_string_value(json_object_get(request, "topic"));

	for (size_t i = 0; topic && i < sizeof(topics) / sizeof(topics[0]); i++)
		if (strcmp(topic, topics[i].topic) == 0)
			return topics[i].build(emulator, request);
	return serve_error(2, "nothing to show about '%s'", topic ? topic : "");
}

const struct serve_command serve_show_commands[] = {
	{.name = "show", .handle = show},
	{.name = NULL},
};
