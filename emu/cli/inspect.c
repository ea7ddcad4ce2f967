/* SPDX-License-Identifier: GPL-2.0-or-later */
/* door_inspect: will the preloaded library get into this program? */
#include "door.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { SCRIPTS_DEEP = 4, HEADERS_MAX = 128 };

static void inspect_elf(int fd, const char *path, char *text, size_t size)
{
	Elf64_Ehdr header;
	Elf64_Phdr part;
	bool interpreter = false;

	if (pread(fd, &header, sizeof(header), 0) < (ssize_t)EI_NIDENT)
		return;
	if (header.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)) {
		snprintf(text, size,
			 "%s is a program of another word size: nicemu can't answer it, and its "
			 "first system call will end it (SIGSYS)",
			 path);
		return;
	}
	for (unsigned int i = 0; i < header.e_phnum && i < HEADERS_MAX; i++) {
		off_t at = (off_t)(header.e_phoff + (uint64_t)i * sizeof(part));

		if (pread(fd, &part, sizeof(part), at) != sizeof(part))
			return;
		interpreter = interpreter || part.p_type == PT_INTERP;
	}
	if (!interpreter)
		snprintf(text, size,
			 "%s is a static program: nicemu can't answer it, and its netlink sockets "
			 "will fail with \"Address family not supported\"",
			 path);
}

static void inspect_rights(int fd, const struct stat *status, const char *path, char *text,
			   size_t size)
{
	const char *what = NULL;

	if (status->st_mode & (S_ISUID | S_ISGID))
		what = "set-uid or set-gid";
	else if (fgetxattr(fd, "security.capability", NULL, 0) > 0)
		what = "marked with file capabilities";
	if (what)
		snprintf(text, size, "%s is %s: under nicemu it runs without those rights", path,
			 what);
}

/* The interpreter of a #! line in next; false where there is none. */
static bool script_interpreter(const char *line, char *next, size_t size)
{
	size_t length;

	if (line[0] != '#' || line[1] != '!')
		return false;
	line += 2;
	line += strspn(line, " \t");
	length = strcspn(line, " \t\r\n");
	if (!length || length >= size)
		return false;
	memcpy(next, line, length);
	next[length] = '\0';
	return true;
}

void door_inspect(const char *path, char *text, size_t size)
{
	char line[256], program[256], next[256];
	struct stat status;

	*text = '\0';
	snprintf(program, sizeof(program), "%s", path);
	for (int i = 0; i < SCRIPTS_DEEP && !*text; i++) {
		int fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
		bool script = false;

		if (n > 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
			line[n] = '\0';
			script = script_interpreter(line, next, sizeof(next));
			if (memcmp(line, ELFMAG, n < SELFMAG ? (size_t)n : SELFMAG) == 0)
				inspect_elf(fd, program, text, size);
			if (!*text && !script)
				inspect_rights(fd, &status, program, text, size);
		}
		if (fd >= 0)
			close(fd);
		if (!script)
			return;
		strcpy(program, next);
	}
}
