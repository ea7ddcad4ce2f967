/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "setup.h"

#include "attach.h"

#include <nicemu/config/model.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int replace_text(char **text, const char *with)
{
	char *copy = with ? strdup(with) : NULL;

	if (!with)
		return 0;
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static int load(const struct common_options *options, struct nic *nic)
{
	struct config_error error = {""};
	int result;

	if (options->nic_file && options->num_ports)
		return complain_usage("--port can't be given together with -n: the NIC file lists "
				      "the ports");
	result = options->nic_file ? nic_load(nic, options->nic_file, &error) : nic_default(nic);
	if (result && *error.text)
		return complain(EXIT_INPUT, "%s", error.text);
	if (result)
		return complain(options->nic_file ? EXIT_INPUT : EXIT_ENVIRONMENT, "%s: %s",
				options->nic_file ? options->nic_file : "the default NIC",
				strerror(-result));
	return EXIT_DONE;
}

static int add_ports(const struct common_options *options, struct nic *nic)
{
	for (size_t i = 0; i < options->num_ports; i++) {
		int port = nic_add_port(nic, options->ports[i]);

		/* eth0 is there already: just what was asked for. */
		if (port >= 0 || port == -EEXIST)
			continue;
		if (port == -EINVAL)
			return complain_usage("--port: '%s' can't be the name of a port (1 to 15 "
					      "characters, no '/', ':' or space, not \"lo\")",
					      options->ports[i]);
		if (port == -ENOSPC)
			return complain_usage("--port: more than %d ports", NIC_PORTS_MAX);
		return complain(EXIT_ENVIRONMENT, "--port: %s", strerror(-port));
	}
	return EXIT_DONE;
}

/* The ports and the kernel are the real ones; a kernel that the table does not know has no bugs. */
static int adopt_kernel(struct nic *nic, struct kernel_behavior *kernel)
{
	char version[sizeof(kernel->version)], message[512];

	attach_kernel_version(version, sizeof(version));
	nic->num_ports = 0;
	nic->open_ports = false;
	if (replace_text(&nic->kernel, version))
		return complain(EXIT_ENVIRONMENT, "out of memory");
	if (kernel_behavior_find(kernel, version, message, sizeof(message)) != 0 &&
	    kernel_behavior_find(kernel, "ideal", message, sizeof(message)) != 0)
		return complain(EXIT_ENVIRONMENT, "%s", message);
	snprintf(kernel->version, sizeof(kernel->version), "%s", version);
	return EXIT_DONE;
}

static int find_kernel(const struct common_options *options, const struct nic *nic,
		       struct kernel_behavior *kernel)
{
	char message[512] = "";
	int error = kernel_behavior_find(kernel, nic->kernel, message, sizeof(message));

	if (error && options->kernel)
		return complain_usage("-k: %s", message);
	if (error)
		return complain(EXIT_INPUT, "%s: kernel: %s",
				options->nic_file ? options->nic_file : "the default NIC", message);
	if (*message && !options->quiet)
		complain(EXIT_DONE, "warning: %s", message);
	return EXIT_DONE;
}

/* -m: a name that nobody has is a mistake in the command, a file with mistakes an input. */
static int set_model(const struct common_options *options, struct nic *nic)
{
	struct config_error error = {""};
	int result = options->model ? nic_set_model(nic, options->model, &error) : 0;

	if (!result)
		return EXIT_DONE;
	if (result == -ENOENT && !model_is_file(options->model))
		return complain_usage("-m: %s", error.text);
	return complain(result == -ENOMEM ? EXIT_ENVIRONMENT : EXIT_INPUT, "%s",
			*error.text ? error.text : strerror(-result));
}

int setup_nic(const struct common_options *options, struct nic *nic, struct kernel_behavior *kernel)
{
	int status;

	memset(nic, 0, sizeof(*nic));
	status = load(options, nic);
	if (status)
		return status;
	status = set_model(options, nic);
	if (!status && replace_text(&nic->kernel, options->kernel))
		status = complain(EXIT_ENVIRONMENT, "out of memory");
	if (!status)
		status = add_ports(options, nic);
	if (!status && options->attach)
		status = adopt_kernel(nic, kernel);
	else if (!status)
		status = find_kernel(options, nic, kernel);
	if (status)
		nic_clear(nic);
	return status;
}

const char *setup_option_given(const struct common_options *options)
{
	if (options->nic_file)
		return "-n";
	if (options->model)
		return "-m";
	if (options->kernel)
		return "-k";
	if (options->record)
		return "--record";
	return options->num_ports ? "--port" : NULL;
}
