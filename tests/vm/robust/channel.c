/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "channel.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int channel_open(int flags)
{
	int fd = open(CHANNEL_PATH, O_RDWR | flags);

	return fd < 0 ? -errno : fd;
}

static int write_whole(int fd, const void *message, size_t size)
{
	ssize_t written = write(fd, message, size);

	if (written < 0)
		return -errno;
	return (size_t)written == size ? 0 : -EIO;
}

int channel_hello(int fd, uint32_t version, uint32_t options)
{
	struct kmod_hello hello = {
		.header = {.length = sizeof(hello), .type = KMOD_HELLO},
		.version = version,
		.options = options,
	};

	return write_whole(fd, &hello, sizeof(hello));
}

ssize_t channel_read(int fd, void *message)
{
	ssize_t size = read(fd, message, KMOD_MESSAGE_MAX);

	return size < 0 ? -errno : size;
}

int channel_start(uint32_t options, struct kmod_hello *hello)
{
	_Alignas(8) unsigned char message[KMOD_MESSAGE_MAX];
	int fd = channel_open(O_CLOEXEC), err;
	ssize_t size;

	if (fd < 0)
		return fd;
	err = channel_hello(fd, KMOD_VERSION, options);
	if (err)
		goto out_close;
	size = channel_read(fd, message);
	err = size < 0 ? (int)size : -EBADMSG;
	if (size != (ssize_t)sizeof(*hello))
		goto out_close;
	memcpy(hello, message, sizeof(*hello));
	if (hello->header.type != KMOD_HELLO)
		goto out_close;
	return fd;
out_close:
	close(fd);
	return err;
}

int channel_reply(int fd, uint64_t sequence, int error, const char *text)
{
	struct kmod_reply reply = {
		.header = {.length = sizeof(reply), .type = KMOD_REPLY, .sequence = sequence},
		.error = error,
	};

	snprintf(reply.text, sizeof(reply.text), "%s", text ? text : "");
	return write_whole(fd, &reply, sizeof(reply));
}

enum {
	TOTALS_A_MESSAGE =
		(KMOD_MESSAGE_MAX - sizeof(struct kmod_totals)) / sizeof(struct kmod_total)
};

int channel_totals(int fd, const struct kmod_total *totals, size_t count)
{
	struct {
		struct kmod_totals head;
		struct kmod_total totals[TOTALS_A_MESSAGE];
	} message;
	int err = 0;

	while (count && !err) {
		size_t now = count < TOTALS_A_MESSAGE ? count : TOTALS_A_MESSAGE;
		size_t size = sizeof(message.head) + now * sizeof(*totals);

		message.head = (struct kmod_totals){
			.header = {.length = (uint32_t)size, .type = KMOD_TOTALS},
			.count = (uint32_t)now,
		};
		memcpy(message.totals, totals, now * sizeof(*totals));
		err = write_whole(fd, &message, size);
		totals += now;
		count -= now;
	}
	return err;
}

const char *channel_type_name(unsigned type)
{
	static const char *const names[] = {
		[KMOD_HELLO] = "HELLO",         [KMOD_PORT] = "PORT",
		[KMOD_PORT_GONE] = "PORT_GONE", [KMOD_BIND] = "BIND",
		[KMOD_UNBIND] = "UNBIND",       [KMOD_REPLACE] = "REPLACE",
		[KMOD_DESTROY] = "DESTROY",     [KMOD_STATS] = "STATS",
		[KMOD_FLUSH] = "FLUSH",         [KMOD_REPEAT_END] = "REPEAT_END",
		[KMOD_LOST] = "LOST",           [KMOD_RELEASE] = "RELEASE",
	};

	return type < sizeof(names) / sizeof(names[0]) && names[type] ? names[type] : "UNKNOWN";
}
