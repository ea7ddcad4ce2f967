/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: run_cases FOLDER OUT [NETDEVSIM]
 *
 * Runs the cases below FOLDER (corpus.py wrote them) with nft's library, one after the other, and
 * writes what nft said to OUT/CASE. It runs in a guest and under nicemu exec alike; in a guest
 * NETDEVSIM is the number of the device whose ports are eth0 ... eth3. Starting the nft program a
 * thousand times takes a guest minutes.
 *
 * A case's steps are files in order: N.nft is loaded, N.check with -c, N.list lists, N.event is
 * something that happens to a device, N.rules are lines that are judged one by one: what is refused
 * at its message leaves the file, the rest is loaded. A chain on eth3 in a table case_NAME marks in
 * the recording where a case begins.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* nftables/libnftables.h; the library's own header is in a package that nothing else here needs. */
struct nft_ctx;
struct nft_ctx *nft_ctx_new(unsigned int flags);
void nft_ctx_free(struct nft_ctx *context);
int nft_ctx_buffer_output(struct nft_ctx *context);
int nft_ctx_buffer_error(struct nft_ctx *context);
const char *nft_ctx_get_output_buffer(struct nft_ctx *context);
const char *nft_ctx_get_error_buffer(struct nft_ctx *context);
void nft_ctx_output_set_flags(struct nft_ctx *context, unsigned int flags);
void nft_ctx_set_dry_run(struct nft_ctx *context, bool dry);
int nft_run_cmd_from_buffer(struct nft_ctx *context, const char *text);
int nft_run_cmd_from_filename(struct nft_ctx *context, const char *name);

enum { NFT_OUTPUT_HANDLE = 1 << 3, MOST_LINES = 1024, LINE = 1024 };

/* Refused by every kernel, so nothing of a file that ends with it is committed. */
#define POISON "delete element netdev t s4 { 203.0.113.77 }\n"

static const char *netdevsim;

static void fault(const char *what)
{
	fprintf(stderr, "run_cases: %s: %s\n", what, strerror(errno));
	exit(2);
}

static FILE *must_open(const char *name, const char *mode)
{
	FILE *file = fopen(name, mode);

	if (!file)
		fault(name);
	return file;
}

/* ---- nft ---- */

/* A context a step, as a program a step would have it. text or file. */
static int nft(FILE *said, const char *text, const char *file, bool check, const char **errors)
{
	static struct nft_ctx *context;
	int status;

	if (context)
		nft_ctx_free(context);
	context = nft_ctx_new(0);
	if (!context)
		fault("nft");
	nft_ctx_buffer_output(context);
	nft_ctx_buffer_error(context);
	nft_ctx_output_set_flags(context, NFT_OUTPUT_HANDLE);
	nft_ctx_set_dry_run(context, check);
	status = file ? nft_run_cmd_from_filename(context, file)
		      : nft_run_cmd_from_buffer(context, text);
	fputs(nft_ctx_get_output_buffer(context), said);
	if (errors)
		*errors = nft_ctx_get_error_buffer(context);
	else
		fputs(nft_ctx_get_error_buffer(context), said);
	return status ? 1 : 0;
}

static void mark(FILE *said, const char *name)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "flush ruleset\ntable netdev case_%s {\n\tchain m {\n\t\ttype filter hook ingress "
		 "device eth3 "
		 "priority 1; flags offload;\n\t}\n}\ndelete table netdev case_%s\n",
		 name, name);
	nft(said, text, NULL, false, NULL);
}

/* ---- lines that are judged one by one ---- */

static char lines[MOST_LINES][LINE];

static size_t read_lines(const char *name)
{
	FILE *file = must_open(name, "r");
	size_t count = 0;

	while (count < MOST_LINES && fgets(lines[count], LINE, file))
		count++;
	if (fgetc(file) != EOF) {
		errno = EFBIG;
		fault(name);
	}
	fclose(file);
	return count;
}

static void write_lines(const char *name, size_t count, const char *last)
{
	FILE *file = must_open(name, "w");

	for (size_t i = 0; i < count; i++)
		fputs(lines[i], file);
	fputs(last, file);
	if (fclose(file))
		fault(name);
}

/* The heads of errors, without those of the last line; a line with an error becomes an empty one.
 */
static void strike(FILE *said, const char *errors, size_t count)
{
	char *copy = strdup(errors), *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned int number = 0;

		if (!strstr(line, "Error: "))
			continue;
		sscanf(line, "probe.nft:%u:", &number);
		if (number == count + 1)
			continue;
		fprintf(said, "%s\n", line);
		if (number && number <= count)
			strcpy(lines[number - 1], "\n");
	}
	free(copy);
}

static int judge(FILE *said, const char *name, bool load)
{
	size_t count = read_lines(name);
	const char *errors;

	write_lines("probe.nft", count, POISON);
	nft(said, NULL, "probe.nft", false, &errors);
	strike(said, errors, count);
	if (!load)
		return 0;
	write_lines("taken.nft", count, "");
	return nft(said, NULL, "taken.nft", false, NULL);
}

/* ---- devices ---- */

static int port(const char *file, const char *device)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "/sys/bus/netdevsim/devices/netdevsim%s/%s", netdevsim, file);
	out = must_open(path, "w");
	fprintf(out, "%s\n", device + strlen("eth"));
	return fclose(out) ? 1 : 0;
}

static int link_command(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int link_command(const char *format, ...)
{
	char command[128];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	return system(command) ? 1 : 0;
}

static int event(const char *name)
{
	char what[16] = "", device[16] = "", other[16] = "";
	FILE *file = must_open(name, "r");
	int words = fscanf(file, "%15s %15s %15s", what, device, other);

	fclose(file);
	if (words < 2)
		return 2;
	if (!strcmp(what, "rename"))
		return link_command("ip link set %s name %s", device, other);
	if (!strcmp(what, "gone"))
		return netdevsim ? port("del_port", device)
				 : link_command("ip link del %s", device);
	return netdevsim ? port("new_port", device)
			 : link_command("ip link add %s type dummy", device);
}

/* ---- cases ---- */

static int step(FILE *said, const char *name)
{
	const char *suffix = strrchr(name, '.');

	if (!strcmp(suffix, ".nft"))
		return nft(said, NULL, name, false, NULL);
	if (!strcmp(suffix, ".check"))
		return nft(said, NULL, name, true, NULL);
	if (!strcmp(suffix, ".list"))
		return nft(said, "list ruleset", NULL, false, NULL);
	if (!strcmp(suffix, ".rules") || !strcmp(suffix, ".probe"))
		return judge(said, name, !strcmp(suffix, ".rules"));
	return event(name);
}

static int is_step(const struct dirent *entry)
{
	return strchr("0123456789", entry->d_name[0]) && strchr(entry->d_name, '.');
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Names in nft's messages are without a folder, so each case is run in its own. */
static void run_case(const char *name, FILE *out)
{
	struct dirent **steps;
	int count = scandir(".", &steps, is_step, alphasort);

	if (count < 0)
		fault(name);
	mark(out, name);
	for (int i = 0; i < count; i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *said = open_memstream(&text, &size);
		int status = step(said, steps[i]->d_name);

		fclose(said);
		fprintf(out, "step %s: status %d\n%s", steps[i]->d_name, status, text);
		free(text);
		free(steps[i]);
	}
	free(steps);
}

int main(int argc, char **argv)
{
	struct dirent **cases;
	int count, folder, results;

	if (argc < 3) {
		fprintf(stderr, "usage: run_cases FOLDER OUT [NETDEVSIM]\n");
		return 2;
	}
	netdevsim = argc > 3 ? argv[3] : NULL;
	folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	results = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	count = scandir(argv[1], &cases, is_case, alphasort);
	if (folder < 0 || results < 0 || count < 0)
		fault("folders");
	for (int i = 0; i < count; i++) {
		const char *name = cases[i]->d_name;
		int file = openat(results, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		FILE *out = file < 0 ? NULL : fdopen(file, "w");

		if (!out || fchdir(folder) || chdir(name))
			fault(name);
		run_case(name, out);
		if (fclose(out))
			fault(name);
		free(cases[i]);
	}
	free(cases);
	mark(stderr, "end");
	return 0;
}
