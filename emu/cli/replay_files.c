/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay_arguments.h"
#include "session.h"

#include <nicemu/shim/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All go to the emulator with one request, next to its answer socket and its payload. */
enum { FILES_MAX = 60 };
_Static_assert(FILES_MAX <= SHIM_FDS_MAX - 2, "the manual page promises this many files");

static bool is_dash(const char *file)
{
	return strcmp(file, "-") == 0;
}

static int open_capture(const struct replay_arguments *a, const char *file, int *fd)
{
	struct stat status;

	*fd = is_dash(file) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			    : open(file, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return complain(EXIT_INPUT, "capture %s: %s", file, strerror(errno));
	if (fstat(*fd, &status) == 0 && S_ISDIR(status.st_mode))
		return complain(EXIT_INPUT, "capture %s: is a directory", file);
	if (is_dash(file) && isatty(*fd))
		return complain_usage("a capture is to come from stdin, which is a terminal");
	if (a->loops > 1 && !S_ISREG(status.st_mode))
		return complain_usage("--loop: %s is no regular file and can't be read again",
				      file);
	return EXIT_DONE;
}

/* Without emptying it: the emulator does so once it knows that the replay takes place. */
static int open_output(const char *file, int *fd, bool *created)
{
	if (is_dash(file)) {
		*fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	} else {
		*fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		*created = *fd >= 0;
		if (*fd < 0 && errno == EEXIST)
			*fd = open(file, O_WRONLY | O_CLOEXEC);
	}
	if (*fd >= 0 && is_dash(file) && isatty(*fd))
		return complain_usage("a capture is to go to stdout, which is a terminal");
	if (*fd < 0)
		return complain(EXIT_OUTPUT, "output %s: %s", file, strerror(errno));
	return EXIT_DONE;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && S_ISREG(b->st_mode) && a->st_dev == b->st_dev &&
	       a->st_ino == b->st_ino;
}

/* An output that is also something else would destroy it. */
static int check_distinct(const struct replay_files *files, const struct replay_arguments *a,
			  size_t output)
{
	const char *file = a->outputs[output].file;
	size_t mine = a->num_captures + output;
	struct stat status, other;

	if (fstat(files->fds[mine], &status) < 0)
		return EXIT_DONE;
	for (size_t i = 0; i < mine; i++) {
		if (fstat(files->fds[i], &other) < 0 || !same_file(&status, &other))
			continue;
		if (i < a->num_captures)
			return complain_usage("output %s is also a capture to be read", file);
		return complain_usage("output %s is given twice", file);
	}
	for (size_t i = 0; i < a->num_rules; i++)
		if (stat(a->rules[i], &other) == 0 && same_file(&status, &other))
			return complain_usage("output %s is also a rules file", file);
	return EXIT_DONE;
}

int replay_files_open(struct replay_files *files, const struct replay_arguments *a)
{
	size_t wanted = a->num_captures + a->num_outputs;
	int status = EXIT_DONE;

	*files = (struct replay_files){0};
	if (wanted > FILES_MAX)
		return complain_usage("%zu files are given; at most %d can be replayed at once",
				      wanted, FILES_MAX);
	files->fds = calloc(wanted, sizeof(*files->fds));
	files->created = calloc(a->num_outputs + 1, sizeof(*files->created));
	if (!files->fds || !files->created)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	for (size_t i = 0; status == EXIT_DONE && i < a->num_captures; i++) {
		status = open_capture(a, a->captures[i].file, &files->fds[i]);
		files->length = i + 1;
	}
	for (size_t i = 0; status == EXIT_DONE && i < a->num_outputs; i++) {
		status = open_output(a->outputs[i].file, &files->fds[a->num_captures + i],
				     &files->created[i]);
		files->length = a->num_captures + i + 1;
	}
	for (size_t i = 0; status == EXIT_DONE && i < a->num_outputs; i++)
		status = check_distinct(files, a, i);
	return status;
}

void replay_files_keep(struct replay_files *files, const struct replay_arguments *a)
{
	for (size_t i = 0; i < a->num_outputs; i++)
		files->created[i] = false;
}

void replay_files_close(struct replay_files *files, const struct replay_arguments *a)
{
	for (size_t i = 0; i < files->length; i++)
		if (files->fds[i] >= 0)
			close(files->fds[i]);
	for (size_t i = 0; files->created && i < a->num_outputs; i++)
		if (files->created[i])
			unlink(a->outputs[i].file);
	free(files->fds);
	free(files->created);
	*files = (struct replay_files){0};
}

int replay_in_session(const struct replay_arguments *arguments,
		      int (*run)(void *context, struct session *session,
				 struct replay_files *files),
		      void *context)
{
	struct replay_files files = {0};
	struct session session;
	int status = replay_files_open(&files, arguments);

	if (status == EXIT_DONE)
		status = session_open(&session, &arguments->common);
	if (status == EXIT_DONE) {
		int ended;

		status = run(context, &session, &files);
		ended = session_close(&session);
		if (status == EXIT_DONE)
			status = ended;
	}
	replay_files_close(&files, arguments);
	return status;
}
