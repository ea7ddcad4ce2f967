/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules_file.h"

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the copy goes with nicemu, also when a signal ends it ---- */

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};

enum { NUM_ENDING = sizeof(ending) / sizeof(*ending) };

static char copy_path[4096]; /* "" when there is none */
static pid_t copy_owner;
static struct sigaction actions_before[NUM_ENDING];

static void remove_copy_and_end(int number)
{
	if (getpid() == copy_owner)
		unlink(copy_path);
	signal(number, SIG_DFL);
	raise(number);
}

static void guard_copy(const char *path)
{
	struct sigaction action = {.sa_handler = remove_copy_and_end};

	if (*copy_path || strlen(path) >= sizeof(copy_path))
		return;
	strcpy(copy_path, path);
	copy_owner = getpid();
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < NUM_ENDING; i++) {
		sigaction(ending[i], NULL, &actions_before[i]);
		/* Ignored signals stay so. */
		if (actions_before[i].sa_handler == SIG_DFL)
			sigaction(ending[i], &action, NULL);
	}
}

/* As mkostemp; no signal comes between the copy and its guard. */
static int make_copy(char *path)
{
	sigset_t set, before;
	int fd;

	sigemptyset(&set);
	for (int i = 0; i < NUM_ENDING; i++)
		sigaddset(&set, ending[i]);
	sigprocmask(SIG_BLOCK, &set, &before);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		guard_copy(path);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return fd;
}

static void remove_copy(const char *path)
{
	unlink(path);
	if (strcmp(path, copy_path) != 0)
		return;
	for (int i = 0; i < NUM_ENDING; i++)
		sigaction(ending[i], &actions_before[i], NULL);
	*copy_path = '\0';
}

static int copy_stdin(struct rules_file *file)
{
	const char *folder = getenv("TMPDIR");
	char block[65536];
	ssize_t got;
	int fd;

	if (asprintf(&file->path, "%s/nicemu-rules-XXXXXX", folder && *folder ? folder : "/tmp") <
	    0) {
		file->path = NULL;
		return complain(EXIT_ENVIRONMENT, "out of memory");
	}
	fd = make_copy(file->path);
	if (fd < 0)
		return complain(EXIT_ENVIRONMENT, "%s: %s", file->path, strerror(errno));
	file->copied = true;
	file->name = "stdin";
	while ((got = read(STDIN_FILENO, block, sizeof(block))) > 0)
		if (write(fd, block, (size_t)got) != got)
			break;
	close(fd);
	if (got)
		return complain(got < 0 ? EXIT_INPUT : EXIT_ENVIRONMENT, "rules on stdin: %s",
				strerror(errno));
	return EXIT_DONE;
}

int rules_open(struct rules_file *file, const char *name)
{
	struct stat status;
	int fd;

	*file = (struct rules_file){.name = name};
	if (strcmp(name, "-") == 0)
		return copy_stdin(file);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return complain(EXIT_INPUT, "rules file %s: %s", name, strerror(errno));
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
		close(fd);
		return complain(EXIT_INPUT, "rules file %s: is a directory", name);
	}
	close(fd);
	/* A name without a slash would be looked for in nft's include path. */
	if (asprintf(&file->path, "%s%s", strchr(name, '/') ? "" : "./", name) < 0) {
		file->path = NULL;
		return complain(EXIT_ENVIRONMENT, "out of memory");
	}
	return EXIT_DONE;
}

void rules_close(struct rules_file *file)
{
	if (file->copied)
		remove_copy(file->path);
	free(file->path);
}
