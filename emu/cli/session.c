/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include "emulate.h"
#include "setup.h"

#include <nicemu/base/buffer.h>
#include <nicemu/shim/call.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGE_MAX = 1 << 30 };

static int explain_dial(const char *path, int error)
{
	if (error == -ENOENT)
		return complain(EXIT_ENVIRONMENT,
				"%s: no emulator there (`nicemu start --socket %s` starts one)",
				path, path);
	if (error == -ECONNREFUSED)
		return complain(EXIT_ENVIRONMENT,
				"%s: no emulator answers there; its process has ended", path);
	if (error == -EACCES || error == -EPERM)
		return complain(EXIT_ENVIRONMENT, "%s: the emulator belongs to another user", path);
	if (error == -EPROTO || error == -EPROTOTYPE)
		return complain(EXIT_ENVIRONMENT,
				"%s: what answers there is not an emulator of this version", path);
	return complain(EXIT_ENVIRONMENT, "%s: %s", path, strerror(-error));
}

static int dial(struct session *session)
{
	session->fd = wire_dial(session->socket_path, SHIM_PROTOCOL_COMMAND);
	return session->fd < 0 ? explain_dial(session->socket_path, session->fd) : EXIT_DONE;
}

static int join(struct session *session, const struct common_options *options)
{
	const char *given = setup_option_given(options);
	int status;

	if (given && strcmp(given, "--record") == 0)
		return complain_usage("--record is for a new emulator, and %s is the socket of one "
				      "that runs: give it to what started that one",
				      options->socket);
	if (given)
		return complain_usage("%s describes the NIC of a new emulator, and %s is the "
				      "socket of one that runs",
				      given, options->socket);
	status = socket_path_resolve(options->socket, session->socket_path);
	return status ? status : dial(session);
}

/* Absolute, as programs find the socket from wherever they go; and short enough for a socket. */
static void find_temporary(char folder[PATH_MAX])
{
	const char *given = getenv("TMPDIR");

	if (!given || !*given || !realpath(given, folder) || strlen(folder) > 80)
		strcpy(folder, "/tmp");
}

int session_make_folder(char folder[SESSION_FOLDER_SIZE])
{
	char temporary[PATH_MAX];

	find_temporary(temporary);
	snprintf(folder, SESSION_FOLDER_SIZE, "%.80s/nicemu-XXXXXX", temporary);
	if (mkdtemp(folder))
		return EXIT_DONE;
	complain(EXIT_ENVIRONMENT, "no temporary folder %s: %s (TMPDIR names another place)",
		 folder, strerror(errno));
	*folder = '\0';
	return EXIT_ENVIRONMENT;
}

/* In a folder of its own, which the emulator removes when it ends. */
static int fork_in_folder(struct session *session, const struct common_options *options)
{
	char folder[SESSION_FOLDER_SIZE];
	int status = session_make_folder(folder);

	if (status)
		return status;
	snprintf(session->socket_path, sizeof(session->socket_path), "%s/socket", folder);
	session->directory = strdup(folder);
	status = session->directory
			 ? emulate_fork(options, session->socket_path, session->directory,
					&session->emulator, &session->lifeline)
			 : complain(EXIT_ENVIRONMENT, "out of memory");
	if (status)
		rmdir(folder);
	return status;
}

/* No signal ends nicemu while the folder is there and no emulator that removes it. */
static int fork_undisturbed(struct session *session, const struct common_options *options)
{
	sigset_t ends, before;
	int status;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, &before);
	status = fork_in_folder(session, options);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

/* On socket, or where that is NULL on one in a folder of its own. */
static int start_own(struct session *session, const struct common_options *options,
		     const char *socket)
{
	int status;

	if (!socket) {
		status = fork_undisturbed(session, options);
	} else {
		status = socket_path_resolve(socket, session->socket_path);
		if (!status)
			status = emulate_fork(options, session->socket_path, NULL,
					      &session->emulator, &session->lifeline);
	}
	return status ? status : dial(session);
}

static void clear(struct session *session, const struct common_options *options)
{
	memset(session, 0, sizeof(*session));
	session->fd = session->lifeline = -1;
	session->quiet = options->quiet;
}

int session_open(struct session *session, const struct common_options *options)
{
	int status;

	clear(session, options);
	status = options->socket ? join(session, options) : start_own(session, options, NULL);
	if (status)
		session_close(session);
	return status;
}

int session_open_own(struct session *session, const struct common_options *options)
{
	int status;

	clear(session, options);
	status = start_own(session, options, options->socket);
	if (status)
		session_close(session);
	return status;
}

int session_close(struct session *session)
{
	int status = 0;

	if (session->fd >= 0)
		close(session->fd);
	if (session->lifeline >= 0)
		close(session->lifeline);
	if (session->emulator > 0)
		while (waitpid(session->emulator, &status, 0) < 0 && errno == EINTR)
			;
	/* The emulator removes it; this is for one that could not. */
	if (session->directory) {
		unlink(session->socket_path);
		rmdir(session->directory);
	}
	free(session->directory);
	memset(session, 0, sizeof(*session));
	session->fd = session->lifeline = -1;
	if (WIFSIGNALED(status))
		return complain(EXIT_ENVIRONMENT, "the emulator was killed by signal %d (%s)",
				WTERMSIG(status), strsignal(WTERMSIG(status)));
	return WEXITSTATUS(status);
}

static volatile sig_atomic_t interrupted;

static void note_interrupt(int number)
{
	interrupted = 1;
}

static int64_t send_request(struct session *session, const json_t *request, const int *fds,
			    size_t num_fds)
{
	char *text = json_dumps(request, JSON_COMPACT);
	struct iovec payload = {text, text ? strlen(text) : 0};
	int64_t status = -ENOMEM;

	if (text)
		status = wire_call(session->fd, &(struct wire_call){.op = SHIM_SEND,
								    .payload = &payload,
								    .num_payload = 1,
								    .fds = fds,
								    .num_fds = num_fds});
	free(text);
	return status;
}

static void send_interrupt(struct session *session)
{
	json_t *request = json_pack("{s:s}", "command", "interrupt");

	if (request)
		send_request(session, request, NULL, 0);
	json_decref(request);
}

/* One chunk appended to text: 1 more to come, 0 the last one, or a negative errno. */
static int receive_chunk(struct session *session, struct buffer *text)
{
	char chunk[1 + SHIM_CHUNK_MAX];
	ssize_t n = recv(session->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	if (n == 0)
		return -ECONNRESET;
	buffer_append(text, chunk + 1, (size_t)n - 1);
	if (buffer_failed(text) || text->size > MESSAGE_MAX)
		return -ENOMEM;
	return chunk[0] == SHIM_CHUNK_MORE;
}

/* The next message, a new reference, or NULL with *error set. SIGINT is let in only while waiting.
 */
static json_t *receive_message(struct session *session, const sigset_t *open_mask, int *error)
{
	struct pollfd waiting = {.fd = session->fd, .events = POLLIN};
	struct buffer text = {0};
	bool told = false;
	json_t *message = NULL;
	int more = 1;

	while (more > 0) {
		if (interrupted && !told) {
			send_interrupt(session);
			told = true;
			interrupted = 0;
		}
		if (ppoll(&waiting, 1, NULL, open_mask) >= 0)
			more = receive_chunk(session, &text);
		else if (errno != EINTR)
			more = -errno;
	}
	if (more == 0)
		message = json_loadb((char *)text.data, text.size, 0, NULL);
	*error = message ? 0 : more ? more : -EBADMSG;
	buffer_clear(&text);
	return message;
}

static json_t *receive_answer(struct session *session, const sigset_t *open_mask,
			      void (*progress)(void *context, const json_t *message), void *context)
{
	json_t *message;
	int error;

	for (;;) {
		message = receive_message(session, open_mask, &error);
		if (!message) {
			complain(EXIT_ENVIRONMENT, "the emulator is gone: %s", strerror(-error));
			return NULL;
		}
		if (!json_object_get(message, "progress"))
			return message;
		if (progress)
			progress(context, message);
		json_decref(message);
	}
}

json_t *session_request(struct session *session, const json_t *request, const int *fds,
			size_t num_fds, void (*progress)(void *context, const json_t *message),
			void *context)
{
	struct sigaction on_interrupt = {.sa_handler = note_interrupt}, before;
	sigset_t blocked, open_mask;
	json_t *answer = NULL;
	int64_t status;

	interrupted = 0;
	sigemptyset(&on_interrupt.sa_mask);
	sigemptyset(&blocked);
	if (progress)
		sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &open_mask);
	sigaction(SIGINT, NULL, &before);
	if (progress && before.sa_handler != SIG_IGN)
		sigaction(SIGINT, &on_interrupt, NULL);
	status = send_request(session, request, fds, num_fds);
	if (status < 0)
		complain(EXIT_ENVIRONMENT, "the emulator is gone: %s", strerror((int)-status));
	else
		answer = receive_answer(session, &open_mask, progress, context);
	sigaction(SIGINT, &before, NULL);
	sigprocmask(SIG_SETMASK, &open_mask, NULL);
	return answer;
}

/* What the emulator says about itself. */
static bool about_is_true(struct session *session, const char *what)
{
	json_t *request = json_pack("{s:s}", "command", "about"), *answer;
	bool is_true;

	answer = session_request(session, request, NULL, 0, NULL, NULL);
	is_true = json_is_true(json_object_get(answer, what));
	json_decref(answer);
	json_decref(request);
	return is_true;
}

bool session_is_attached(struct session *session)
{
	return about_is_true(session, "attached");
}

bool session_is_watched(struct session *session)
{
	return about_is_true(session, "watched");
}
