/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulate.h"

#include "attach.h"
#include "serve.h"
#include "setup.h"

#include <nicemu/report/recording.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { PATH_SIZE = 108 };

int socket_path_resolve(const char *path, char out[PATH_SIZE])
{
	char *folder_copy = strdup(path), *name_copy = strdup(path), folder[PATH_MAX];
	int status = EXIT_DONE, length;

	if (!folder_copy || !name_copy) {
		status = complain(EXIT_ENVIRONMENT, "out of memory");
	} else if (!*path) {
		status = complain_usage("--socket: the path is empty");
	} else if (!realpath(dirname(folder_copy), folder)) {
		status = complain(EXIT_USAGE, "--socket: %s: %s", path, strerror(errno));
	} else {
		length = snprintf(out, PATH_SIZE, "%s/%s", strcmp(folder, "/") ? folder : "",
				  basename(name_copy));
		if (length >= PATH_SIZE)
			status = complain_usage("--socket: %s/%s has %d bytes, a socket's path at "
						"most %d",
						folder, basename(name_copy), length, PATH_SIZE - 1);
	}
	free(folder_copy);
	free(name_copy);
	return status;
}

static int explain_failure(int error, const char *path)
{
	if (error == -EADDRINUSE)
		return complain(EXIT_ENVIRONMENT,
				"%s: an emulator answers there already (`nicemu stop --socket %s` "
				"ends it)",
				path, path);
	if (error == -EEXIST)
		return complain(EXIT_ENVIRONMENT, "%s: there is a file that is not a socket", path);
	return complain(EXIT_ENVIRONMENT, "%s: can't serve there: %s", path, strerror(-error));
}

static void tell(int status_fd, int status)
{
	if (status_fd >= 0) {
		(void)!write(status_fd, &status, sizeof(status));
		close(status_fd);
	}
}

/* Streams of the caller's that something waits to see closed. */
static void give_up_streams(int first, int last)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = first; null >= 0 && fd <= last; fd++)
		dup2(null, fd);
	if (null > last)
		close(null);
}

/* What an emulator is made of. */
struct plan {
	const struct common_options *options;
	struct nic nic; /* handed on by run */
	struct kernel_behavior kernel;
	const char *path; /* of its socket */
};

static int begin_recording(struct recorder **recorder, struct emulator *emulator,
			   const struct plan *plan)
{
	const char *file = plan->options->record;
	const struct recorder_options options = {
		.generator = "nicemu " NICEMU_VERSION,
		.source = plan->options->attach ? "kernel" : "emulator",
		.reproducible = plan->options->reproducible,
	};
	int fd, error;

	*recorder = NULL;
	if (!file)
		return EXIT_DONE;
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	error = fd < 0 ? -errno : recorder_create(recorder, fd, emulator, &options);
	return error ? complain(EXIT_OUTPUT, "--record: %s: %s", file, strerror(-error))
		     : EXIT_DONE;
}

static int end_recording(struct recorder *recorder, const char *file)
{
	int error = recorder_destroy(recorder);

	return error ? complain(EXIT_OUTPUT, "the recording %s is not whole: %s", file,
				strerror(-error))
		     : EXIT_DONE;
}

/* With the device open before anything else is done, as it is what may lack. */
static int attach(struct emulator *emulator, const struct attach_options *options, int fd)
{
	char message[256];

	if (!options)
		return EXIT_DONE;
	offload_set_faults(emulator->offload, options->faults, options->num_faults);
	store_set_rate(emulator->store, options->packets, options->bytes);
	if (emulator_attach(emulator, fd, message, sizeof(message)) == 0)
		return EXIT_DONE;
	return complain(EXIT_ENVIRONMENT, "can't attach: %s", message);
}

static int begin(struct emulator **emulator, struct recorder **recorder, struct plan *plan)
{
	int fd = -1, error, status = EXIT_DONE;

	if (plan->options->attach)
		status = attach_open_device(plan->options->attach, &fd);
	if (status) {
		nic_clear(&plan->nic);
		return status;
	}
	error = emulator_create(emulator, &plan->nic, &plan->kernel, plan->path);
	if (error) {
		if (fd >= 0)
			close(fd);
		return explain_failure(error, plan->path);
	}
	status = begin_recording(recorder, *emulator, plan);
	if (status && fd >= 0)
		close(fd);
	if (!status)
		status = attach(*emulator, plan->options->attach, fd);
	if (status) {
		recorder_destroy(*recorder);
		emulator_destroy(*emulator);
	}
	return status;
}

/*
 * Where one in the background that loses its kernel says why: its stderr is gone, and so will be
 * whoever could be asked. What the module has to say of the end stands there as well.
 */
static void tell_kernel_log(const char *path, const char *why)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char line[512];

	if (fd < 0)
		return;
	snprintf(line, sizeof(line), "<%d>nicemu attach --socket %s has ended: %s\n",
		 LOG_DAEMON | LOG_ERR, path, why);
	(void)!write(fd, line, strlen(line));
	close(fd);
}

static int end_attachment(const struct kmod *kmod, const struct plan *plan, bool in_background)
{
	if (!kmod || !*kmod_error(kmod))
		return EXIT_DONE;
	if (in_background)
		tell_kernel_log(plan->path, kmod_error(kmod));
	return complain(EXIT_ENVIRONMENT, "%s", kmod_error(kmod));
}

static int run(struct plan *plan, int lifeline, int status_fd)
{
	struct emulator *emulator;
	struct recorder *recorder;
	struct serve_recording recording;
	sigset_t blocked;
	bool in_background = status_fd >= 0 && lifeline < 0;
	int error, status, detached;

	serve_block_signals(&blocked);
	status = begin(&emulator, &recorder, plan);
	if (status) {
		tell(status_fd, status);
		return status;
	}
	/* One that stays after the command must not keep its stderr open, nor its folder in use. */
	if (in_background) {
		give_up_streams(STDERR_FILENO, STDERR_FILENO);
		(void)!chdir("/");
	}
	tell(status_fd, EXIT_DONE);
	/* In the foreground nobody else says where it can be reached. */
	if (status_fd < 0 && plan->options->attach && !plan->options->quiet)
		complain(EXIT_DONE, "attached to kernel %s; `--socket %s` reaches it",
			 emulator->kernel.version, plan->path);
	recording = (struct serve_recording){recorder, plan->options->record};
	error = serve(emulator, lifeline, recorder ? &recording : NULL);
	detached = end_attachment(emulator->kmod, plan, in_background);
	status = end_recording(recorder, plan->options->record);
	emulator_destroy(emulator);
	return error ? complain(EXIT_ENVIRONMENT, "the event loop failed: %s", strerror(-error))
	       : detached ? detached
			  : status;
}

int emulate_here(const struct common_options *options, const char *socket_path)
{
	struct plan plan = {.options = options, .path = socket_path};
	int status = setup_nic(options, &plan.nic, &plan.kernel);

	return status ? status : run(&plan, -1, -1);
}

/*
 * Everything that is open above stderr belongs to the caller (a pipe that a shell waits on, a
 * lock). Only our own two descriptors stay.
 */
static void close_others(int one, int other)
{
	unsigned int low = (unsigned int)(one < other ? one : other);
	unsigned int high = (unsigned int)(one < other ? other : one);
	unsigned int first = STDERR_FILENO + 1;

	if (one < 0 || other < 0)
		low = high;
	if (low > first)
		close_range(first, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0u, 0);
}

static int wait_until_up(pid_t pid, int status_fd)
{
	int status = 0;
	ssize_t n;

	do
		n = read(status_fd, &status, sizeof(status));
	while (n < 0 && errno == EINTR);
	close(status_fd);
	if (n == sizeof(status))
		return status; /* a complaint has been printed */
	return complain(EXIT_ENVIRONMENT, "the emulator ended at its start (process %ld)",
			(long)pid);
}

int emulate_fork(const struct common_options *options, const char *socket_path,
		 const char *directory, pid_t *pid, int *lifeline)
{
	int life[2] = {-1, -1}, up[2] = {-1, -1};
	struct plan plan = {.options = options, .path = socket_path};
	int status = setup_nic(options, &plan.nic, &plan.kernel);

	if (status)
		return status;
	if (pipe2(up, O_CLOEXEC) < 0 || (lifeline && pipe2(life, O_CLOEXEC) < 0)) {
		status = complain(EXIT_ENVIRONMENT, "no pipe: %s", strerror(errno));
		goto out;
	}
	fflush(NULL);
	*pid = fork();
	if (*pid < 0) {
		status = complain(EXIT_ENVIRONMENT, "no process: %s", strerror(errno));
		goto out;
	}
	if (*pid == 0) {
		setsid();
		give_up_streams(STDIN_FILENO, STDOUT_FILENO);
		close_others(life[0], up[1]);
		status = run(&plan, life[0], up[1]);
		if (directory)
			rmdir(directory);
		exit(status);
	}
	close(up[1]);
	up[1] = -1;
	status = wait_until_up(*pid, up[0]);
	up[0] = -1;
	if (!status && lifeline) {
		*lifeline = life[1];
		life[1] = -1;
	}
out:
	nic_clear(&plan.nic);
	for (int i = 0; i < 2; i++) {
		if (life[i] >= 0)
			close(life[i]);
		if (up[i] >= 0)
			close(up[i]);
	}
	return status;
}
