/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "show_model.h"

#include "print.h"
#include "setup.h"

#include <nicemu/report/model.h>

#include <errno.h>
#include <string.h>

static int load_failed(int result, const char *name, const struct config_error *error)
{
	if (result == -ENOENT && !model_is_file(name))
		return complain_usage("%s", error->text);
	return complain(result == -ENOMEM ? EXIT_ENVIRONMENT : EXIT_INPUT, "%s",
			*error->text ? error->text : strerror(-result));
}

static int print_model(const struct model *model, const struct common_options *options)
{
	json_t *document = report_model(model);
	int status;

	if (!document)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	status = print_document(stdout, document, report_print_model, options);
	json_decref(document);
	return status;
}

static int print_named(const char *name, const struct common_options *options)
{
	struct config_error error;
	struct model *model;
	int status, result = model_load(&model, name, &error);

	if (result)
		return load_failed(result, name, &error);
	status = print_model(model, options);
	model_free(model);
	return status;
}

static int print_described(const struct common_options *options)
{
	struct kernel_behavior kernel;
	struct nic nic;
	int status = setup_nic(options, &nic, &kernel);

	if (status != EXIT_DONE)
		return status;
	status = print_model(nic.profile, options);
	nic_clear(&nic);
	return status;
}

static int list_models(const char *current, const struct common_options *options)
{
	json_t *models = json_array(), *document;
	const char *name;
	int status = EXIT_DONE;

	for (size_t i = 0; status == EXIT_DONE && (name = model_builtin_name(i)) != NULL; i++) {
		struct config_error error;
		struct model *model;
		int result = model_load(&model, name, &error);

		if (result) {
			status = load_failed(result, name, &error);
			continue;
		}
		json_array_append_new(models, report_model_summary(model));
		model_free(model);
	}
	document = json_pack("{s:i, s:o, s:o}", "schema_version", REPORT_SCHEMA_VERSION, "models",
			     models, "current", current ? report_string(current) : json_null());
	if (status == EXIT_DONE)
		status = document ? print_document(stdout, document, report_print_models, options)
				  : complain(EXIT_ENVIRONMENT, "out of memory");
	json_decref(document);
	return status;
}

int show_model(const char *name, const char *current, const struct common_options *options)
{
	if (name && options->model)
		return complain_usage("model: the name is given twice, '%s' and -m %s", name,
				      options->model);
	if (name)
		return print_named(name, options);
	return options->model || options->nic_file ? print_described(options)
						   : list_models(current, options);
}
