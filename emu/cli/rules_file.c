/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules_file.h"

#include "cli.h"
#include "write_all.h"

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

enum { NUM_ENDING = sizeof(ending) / sizeof(*ending), COPY_MAX = 1 << 30 };

/* More copies than that are not removed when a signal ends nicemu. */
enum { COPIES_GUARDED = 16 };

static char copy_paths[COPIES_GUARDED][4096]; /* "" where there is none */
static pid_t copy_owner;
static struct sigaction actions_before[NUM_ENDING];
static bool guarding;

static void remove_copies_and_end(int number)
{
	for (int i = 0; i < COPIES_GUARDED && getpid() == copy_owner; i++)
		if (*copy_paths[i])
			unlink(copy_paths[i]);
	signal(number, SIG_DFL);
	raise(number);
}

/* The place of a copy, of none with ""; NULL: not there, or no room. */
static char *find_copy(const char *path)
{
	for (int i = 0; i < COPIES_GUARDED; i++)
		if (strcmp(copy_paths[i], path) == 0)
			return copy_paths[i];
	return NULL;
}

static void guard_copy(const char *path)
{
	struct sigaction action = {.sa_handler = remove_copies_and_end};
	char *place = find_copy("");

	if (!place || strlen(path) >= sizeof(copy_paths[0]))
		return;
	strcpy(place, path);
	copy_owner = getpid();
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < NUM_ENDING && !guarding; i++) {
		sigaction(ending[i], NULL, &actions_before[i]);
		/* Ignored signals stay so. */
		if (actions_before[i].sa_handler == SIG_DFL)
			sigaction(ending[i], &action, NULL);
	}
	guarding = true;
}

static bool any_copy(void)
{
	for (int i = 0; i < COPIES_GUARDED; i++)
		if (*copy_paths[i])
			return true;
	return false;
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
	char *place = find_copy(path);

	unlink(path);
	if (place)
		*place = '\0';
	if (!guarding || any_copy())
		return;
	for (int i = 0; i < NUM_ENDING; i++)
		sigaction(ending[i], &actions_before[i], NULL);
	guarding = false;
}

/* EXIT_DONE, or an exit status after a complaint. */
static int copy_all(int from, int to, const char *name)
{
	char block[65536];
	ssize_t got;
	off_t whole = 0;
	int error;

	while ((got = read(from, block, sizeof(block))) > 0) {
		whole += got;
		if (whole > COPY_MAX)
			return complain(EXIT_INPUT, "rules on %s: more than %d MiB", name,
					COPY_MAX >> 20);
		error = write_all(to, block, (size_t)got);
		if (error)
			return complain(EXIT_ENVIRONMENT, "rules on %s can't be copied: %s", name,
					strerror(-error));
	}
	if (got < 0)
		return complain(EXIT_INPUT, "rules on %s: %s", name, strerror(errno));
	return EXIT_DONE;
}

/* from: a descriptor that can be read only once. */
static int copy(struct rules_file *file, int from, const char *name)
{
	const char *folder = getenv("TMPDIR");
	int fd, status;

	if (asprintf(&file->path, "%s/nicemu-rules-XXXXXX", folder && *folder ? folder : "/tmp") <
	    0) {
		file->path = NULL;
		return complain(EXIT_ENVIRONMENT, "out of memory");
	}
	fd = make_copy(file->path);
	if (fd < 0)
		return complain(EXIT_ENVIRONMENT, "%s: %s", file->path, strerror(errno));
	file->copied = true;
	file->name = name;
	status = copy_all(from, fd, name);
	close(fd);
	return status;
}

int rules_open(struct rules_file *file, const char *name)
{
	struct stat status;
	int fd, result;

	*file = (struct rules_file){.name = name};
	if (strcmp(name, "-") == 0)
		return copy(file, STDIN_FILENO, "stdin");
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0) {
		result = complain(EXIT_INPUT, "rules file %s: %s", name, strerror(errno));
		if (fd >= 0)
			close(fd);
		return result;
	}
	/* A pipe, such as a shell's <(COMMAND), is empty when nft reads it again. */
	if (!S_ISREG(status.st_mode)) {
		result = S_ISDIR(status.st_mode)
				 ? complain(EXIT_INPUT, "rules file %s: is a directory", name)
				 : copy(file, fd, name);
		close(fd);
		return result;
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
