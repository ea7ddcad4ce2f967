/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_spawn and session_run: programs under the preload, behind the closed door. */
#include "door.h"
#include "session.h"

#include <nicemu/base/buffer.h>
#include <nicemu/shim/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 1 << 30, ENVIRONMENT_MORE = 3 };

/* Where the preloaded library lies, seen from the folder of the executable. */
static const char *const shim_places[] = {
	"../shim/libnicemu-shim.so",
	"../" NICEMU_LIBDIR "/nicemu/libnicemu-shim.so",
	"libnicemu-shim.so",
};

static int find_shim(char path[PATH_MAX])
{
	const char *given = getenv("NICEMU_SHIM");
	char folder[PATH_MAX], place[PATH_MAX + 64];
	ssize_t n;

	if (given && *given)
		return realpath(given, path) ? 0
					     : complain(EXIT_ENVIRONMENT, "NICEMU_SHIM=%s: %s",
							given, strerror(errno));
	n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	if (n < 0)
		return complain(EXIT_ENVIRONMENT, "/proc/self/exe: %s", strerror(errno));
	folder[n] = '\0';
	dirname(folder);
	for (size_t i = 0; i < sizeof(shim_places) / sizeof(*shim_places); i++) {
		snprintf(place, sizeof(place), "%s/%s", folder, shim_places[i]);
		if (realpath(place, path))
			return 0;
	}
	return complain(
		EXIT_ENVIRONMENT,
		"the preloaded library is not in its place (%s/%s): build or install nicemu "
		"whole, or name it in NICEMU_SHIM",
		folder, shim_places[0]);
}

/* "NAME=value", owned; NULL when memory is out. */
static char *assignment(const char *name, const char *before, const char *value)
{
	char *text;
	int n;

	if (before && *before)
		n = asprintf(&text, "%s=%s:%s", name, before, value);
	else
		n = asprintf(&text, "%s=%s", name, value);
	return n < 0 ? NULL : text;
}

static bool assigns(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

struct environment {
	char **entries; /* all but the last two are borrowed */
	char *preload, *socket;
};

static void environment_free(struct environment *e)
{
	free(e->entries);
	free(e->preload);
	free(e->socket);
}

static bool environment_make(struct environment *e, const struct session *session, const char *shim)
{
	const char *preload = getenv("LD_PRELOAD");
	size_t count = 0, kept = 0;

	while (environ[count])
		count++;
	e->entries = calloc(count + ENVIRONMENT_MORE, sizeof(*e->entries));
	/* exec inside exec: once is enough. */
	if (preload && strstr(preload, shim))
		e->preload = assignment("LD_PRELOAD", NULL, preload);
	else
		e->preload = assignment("LD_PRELOAD", preload, shim);
	e->socket = assignment(SHIM_SOCKET_ENV, NULL, session->socket_path);
	if (!e->entries || !e->preload || !e->socket) {
		environment_free(e);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (!assigns(environ[i], "LD_PRELOAD") && !assigns(environ[i], SHIM_SOCKET_ENV))
			e->entries[kept++] = environ[i];
	e->entries[kept++] = e->preload;
	e->entries[kept] = e->socket;
	return true;
}

static int runnable(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (!S_ISREG(status.st_mode) || access(path, X_OK) < 0)
		return -EACCES;
	return 0;
}

/* As execvp, then /usr/sbin and /sbin. 0, -ENOENT or -EACCES. */
static int find_program(const char *name, char path[PATH_MAX])
{
	const char *folders = getenv("PATH"), *at;
	char whole[8192];
	int error = -ENOENT;

	if (strchr(name, '/')) {
		if (snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
			return -ENOENT;
		return runnable(path);
	}
	snprintf(whole, sizeof(whole), "%.8000s:/usr/sbin:/sbin",
		 folders ? folders : "/usr/local/bin:/usr/bin:/bin");
	for (at = whole; *name; at += strcspn(at, ":"), at++) {
		int length = (int)strcspn(at, ":"), n, one;

		n = snprintf(path, PATH_MAX, "%.*s%s%s", length ? length : 1, length ? at : ".",
			     "/", name);
		one = n < PATH_MAX ? runnable(path) : -ENOENT;
		if (one == 0)
			return 0;
		/* Not of a folder that can't be searched: nobody knows what is in there. */
		if (one == -EACCES && access(path, F_OK) == 0)
			error = one;
		if (!at[length])
			break;
	}
	return error;
}

enum { TERMINAL_SIGNALS = 2 };
static const int terminal_signals[TERMINAL_SIGNALS] = {SIGINT, SIGQUIT};
static struct sigaction signals_before[TERMINAL_SIGNALS];
static sigset_t mask_before;
static bool holding, ignoring;
static int forwarded;

int session_hold_signals(bool ignore_terminal)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	if (!ignore_terminal)
		sigaddset(&held, SIGINT);
	sigprocmask(SIG_BLOCK, &held, &mask_before);
	for (int i = 0; ignore_terminal && i < TERMINAL_SIGNALS; i++)
		sigaction(terminal_signals[i], &ignore, &signals_before[i]);
	holding = true;
	forwarded = 0;
	ignoring = ignore_terminal;
	return signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
}

void session_restore_signals(void)
{
	if (!holding)
		return;
	for (int i = 0; ignoring && i < TERMINAL_SIGNALS; i++)
		sigaction(terminal_signals[i], &signals_before[i], NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
	holding = false;
}

void session_forward_signals(int signals, pid_t pid)
{
	struct signalfd_siginfo info;

	while (signals >= 0 && read(signals, &info, sizeof(info)) == sizeof(info)) {
		forwarded = (int)info.ssi_signo;
		if (pid > 0)
			kill(pid, forwarded);
	}
}

int session_forwarded_signal(void)
{
	return forwarded;
}

/* In the child: streams in place, signals as nicemu found them, door closed, program run. */
static _Noreturn void become(const char *path, char *const argv[], char *const environment[],
			     const int streams[3], int failure)
{
	int error = 0, kept[3];

	/* Out of each other's way first: a given descriptor may be 0, 1 or 2 itself. */
	for (int i = 0; i < 3; i++)
		kept[i] = streams[i] >= 0 ? fcntl(streams[i], F_DUPFD_CLOEXEC, 3) : -1;
	for (int i = 0; i < 3; i++)
		if (streams[i] >= 0 && (kept[i] < 0 || dup2(kept[i], i) < 0))
			error = errno;
	session_restore_signals();
	if (!error)
		error = -door_close();
	if (!error) {
		execve(path, argv, environment);
		error = errno;
	}
	(void)!write(failure, &error, sizeof(error));
	_exit(127);
}

static pid_t fork_program(const char *path, char *const argv[], char *const environment[],
			  const int streams[3])
{
	int failure[2], error = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(failure, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become(path, argv, environment, streams, failure[1]);
	if (pid < 0)
		error = errno;
	close(failure[1]);
	do
		n = read(failure[0], &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	close(failure[0]);
	if (pid > 0 && error)
		waitpid(pid, NULL, 0);
	return error ? -error : pid;
}

pid_t session_spawn(struct session *session, char *const argv[], const int streams[3])
{
	char shim[PATH_MAX], path[PATH_MAX], warning[512];
	static const int inherited[3] = {-1, -1, -1};
	struct environment environment = {0};
	int error = find_program(argv[0], path);
	pid_t pid;

	if (error)
		return error;
	if (find_shim(shim))
		return -ELIBACC;
	if (strpbrk(shim, " :")) {
		complain(EXIT_ENVIRONMENT, "%s: a space or colon in this path can't be preloaded",
			 shim);
		return -ELIBACC;
	}
	door_inspect(path, warning, sizeof(warning));
	if (*warning && !session->quiet)
		complain(EXIT_DONE, "warning: %s", warning);
	if (!environment_make(&environment, session, shim))
		return -ENOMEM;
	pid = fork_program(path, argv, environment.entries, streams ? streams : inherited);
	environment_free(&environment);
	return pid;
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int session_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_EXEC_EMULATOR;
	return exit_status(status);
}

/* Read both until both end; signals go on to pid meanwhile. */
static void collect(const int fds[2], struct buffer buffers[2], int signals, pid_t pid)
{
	struct pollfd waiting[3] = {{.fd = fds[0], .events = POLLIN},
				    {.fd = fds[1], .events = POLLIN},
				    {.fd = signals, .events = POLLIN}};
	char piece[65536];

	while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
		if (poll(waiting, 3, -1) < 0 && errno != EINTR)
			return;
		session_forward_signals(signals, pid);
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (waiting[i].fd < 0 || !waiting[i].revents)
				continue;
			n = read(waiting[i].fd, piece, sizeof(piece));
			if (n > 0 && buffers[i].size < OUTPUT_MAX)
				buffer_append(&buffers[i], piece, (size_t)n);
			if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
				waiting[i].fd = -1;
		}
	}
}

static char *take_text(struct buffer *buffer)
{
	char *text;

	buffer_append(buffer, "", 1);
	if (buffer_failed(buffer)) {
		buffer_clear(buffer);
		return strdup("");
	}
	text = (char *)buffer->data;
	*buffer = (struct buffer){0};
	return text;
}

int session_run(struct session *session, char *const argv[], char **output, char **errors)
{
	struct buffer buffers[2] = {{0}};
	int out[2] = {-1, -1}, err[2] = {-1, -1}, signals = -1, result;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) {
		result = -errno;
		goto out;
	}
	signals = session_hold_signals(false);
	pid = session_spawn(session, argv, (int[3]){-1, out[1], err[1]});
	if (pid < 0) {
		result = pid;
		goto out;
	}
	close(out[1]);
	close(err[1]);
	out[1] = err[1] = -1;
	collect((int[2]){out[0], err[0]}, buffers, signals, pid);
	result = session_wait(pid);
	*output = take_text(&buffers[0]);
	*errors = take_text(&buffers[1]);
out:
	/* A signal that found nobody to go to any more is nicemu's own again. */
	session_restore_signals();
	if (signals >= 0)
		close(signals);
	for (int i = 0; i < 2; i++) {
		if (out[i] >= 0)
			close(out[i]);
		if (err[i] >= 0)
			close(err[i]);
	}
	return result;
}
