/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a file, without waiting for what may never come. */
#include "document.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LOOK_UP_MS = 100 }; /* so often a signal is looked for while a pipe is empty */

struct input {
	int fd;
	const char *path, *what;
	struct config_error *error;
};

static int read_error(const struct input *in, int error)
{
	document_error(in->error, in->path, 0, "%s", strerror(error));
	return -error;
}

/* --- what can be read --- */

/*
 * A pipe that the shell made, as in -n <(COMMAND), or that somebody has opened as our input. A FIFO
 * that is merely named may have nobody at its other end, ever.
 */
static bool is_open_pipe(const struct input *in)
{
	static const char *const ours[] = {"/dev/fd/", "/proc/self/fd/"};
	struct statfs fs;

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (strncmp(in->path, ours[i], strlen(ours[i])) == 0)
			return true;
	return strcmp(in->path, "/dev/stdin") == 0 ||
	       (fstatfs(in->fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC);
}

static int check_kind(const struct input *in)
{
	const char *kind = NULL;
	struct stat status;

	if (fstat(in->fd, &status) < 0)
		return read_error(in, errno);
	if (S_ISDIR(status.st_mode))
		return read_error(in, EISDIR);
	if (S_ISFIFO(status.st_mode) && !is_open_pipe(in))
		kind = "a FIFO";
	else if (S_ISBLK(status.st_mode))
		kind = "a block device";
	else if (S_ISSOCK(status.st_mode))
		kind = "a socket";
	return kind ? document_error(in->error, in->path, 0, "is %s: not %s", kind, in->what) : 0;
}

/* --- reading it --- */

/* While an emulator is made, signals are held back: so that none comes too late, it is asked. */
static bool told_to_end(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action;
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (sigismember(&pending, ends[i]) && !sigaction(ends[i], NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			return true;
	return false;
}

static int wait_for_more(const struct input *in)
{
	struct pollfd state = {.fd = in->fd, .events = POLLIN};

	for (;;) {
		int n = poll(&state, 1, LOOK_UP_MS);

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return read_error(in, errno);
		if (told_to_end())
			return read_error(in, EINTR);
	}
}

/* Up to DOCUMENT_SIZE_MAX bytes and one more, so that a file that is too long shows. */
static int read_all(const struct input *in, char *text, size_t *size)
{
	*size = 0;
	while (*size <= DOCUMENT_SIZE_MAX) {
		ssize_t n = read(in->fd, text + *size, DOCUMENT_SIZE_MAX + 1 - *size);
		int result;

		if (n == 0)
			return 0;
		if (n > 0) {
			*size += (size_t)n;
			continue;
		}
		if (errno != EINTR && errno != EAGAIN)
			return read_error(in, errno);
		result = wait_for_more(in);
		if (result)
			return result;
	}
	document_error(in->error, in->path, 0, "longer than %d bytes: not %s", DOCUMENT_SIZE_MAX,
		       in->what);
	return -EFBIG;
}

int document_read(const char *path, const char *what, char **text, size_t *size,
		  struct config_error *error)
{
	/* To open a FIFO without O_NONBLOCK is to wait for a writer. */
	struct input in = {open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), path, what,
			   error};
	int result;

	*text = NULL;
	if (in.fd < 0)
		return read_error(&in, errno);
	result = check_kind(&in);
	if (!result) {
		*text = malloc(DOCUMENT_SIZE_MAX + 1);
		result = *text ? read_all(&in, *text, size) : -ENOMEM;
	}
	close(in.fd);
	return result;
}
