/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules_form.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct head {
	char text[4096];
	size_t size;
};

static bool has_mark(const struct head *head)
{
	return head->size >= 3 && memcmp(head->text, "\xef\xbb\xbf", 3) == 0;
}

static bool is_binary(const struct head *head)
{
	return memchr(head->text, '\0', head->size) != NULL;
}

static bool is_json(const struct head *head)
{
	for (size_t i = 0; i < head->size; i++)
		if (!strchr(" \t\r\n", head->text[i]))
			return head->text[i] == '{' || head->text[i] == '[';
	return false;
}

static bool has_carriage_returns(const struct head *head)
{
	const char *end = memchr(head->text, '\n', head->size);

	return end && end > head->text && end[-1] == '\r';
}

const char *rules_form_hint(const char *path)
{
	static const struct {
		bool (*is)(const struct head *head);
		const char *hint;
	} forms[] = {
		{is_binary, "this is no text file"},
		{has_mark, "the file begins with a byte order mark (EF BB BF), which nft does not "
			   "take"},
		{is_json, "this looks like JSON, and rules files are read as `nft -f` reads them: "
			  "`nft list ruleset` prints that form"},
		{has_carriage_returns, "lines end in CR LF here, and nft takes LF only: `sed -i "
				       "'s/\\r$//' FILE` removes the CRs"},
	};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct head head;
	ssize_t got = fd < 0 ? -1 : read(fd, head.text, sizeof(head.text));

	if (fd >= 0)
		close(fd);
	head.size = got > 0 ? (size_t)got : 0;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (forms[i].is(&head))
			return forms[i].hint;
	return NULL;
}
