// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/nsim_nft_offload: what is read and written there, see the wire's header for the promises.
 *
 * Locking: none of its own. What is written is copied whole before it is looked at.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>

#include "channel.h"
#include "compat.h"

static ssize_t device_read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	const size_t head = sizeof(struct kmod_header);
	struct delivery d;
	ssize_t ret;

	while ((ret = channel_take(&d, size)) == -EAGAIN) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(channel_wait, channel_readable()))
			return -ERESTARTSYS;
	}
	if (ret)
		return ret;
	ret = d.header.length;
	if (copy_to_user(buffer, &d.header, head) ||
	    (d.message && copy_to_user(buffer + head, d.message->data + head, ret - head))) {
		channel_delivery_failed(&d);
		ret = -EFAULT;
	}
	message_put(d.message);
	return ret;
}

/* ---- what the program writes: one function a type; 0 or the -errno of the write ---- */

static int take_hello(const struct kmod_header *header)
{
	const struct kmod_hello *hello = (const void *)header;
	struct message *message;
	struct kmod_hello *answer;
	int err;

	if (hello->version != KMOD_VERSION) {
		complain("a program of version %u, this module has %u", hello->version,
			 KMOD_VERSION);
		return -EPROTO;
	}
	message = message_new(KMOD_HELLO, sizeof(*answer), GFP_KERNEL);
	if (!message)
		return -ENOMEM;
	answer = message_body(message, struct kmod_hello);
	answer->version = KMOD_VERSION;
	strscpy(answer->release, init_utsname()->release, sizeof(answer->release));
	strscpy(answer->kernel, init_utsname()->version, sizeof(answer->kernel));
	strscpy(answer->module, MODULE_VERSION_TEXT, sizeof(answer->module));
	err = channel_hello(message, hello->options);
	if (err) {
		message_put(message);
		complain("the program said HELLO twice");
	}
	return err;
}

/*
 * Errors with a meaning inside the kernel must not come from outside: -EAGAIN has nf_tables begin
 * the transaction again, without end; user space knows none from 512 on.
 */
static int sane_error(int error)
{
	if (error == -EAGAIN)
		return -EBUSY;
	return error < -EHWPOISON ? -EIO : error;
}

static int take_reply(const struct kmod_header *header)
{
	const struct kmod_reply *reply = (const void *)header;

	if (reply->error > 0 || reply->error < -MAX_ERRNO ||
	    strnlen(reply->text, sizeof(reply->text)) == sizeof(reply->text))
		return -EBADMSG;
	if (!channel_reply(header->sequence, sane_error(reply->error), reply->text) &&
	    reply->error)
		complain("refused when nobody waited: message %llu, error %d, %s",
			 header->sequence, reply->error, reply->text);
	return 0;
}

static int take_totals(const struct kmod_header *header)
{
	const struct kmod_totals *totals = (const void *)header;
	unsigned int shrunk, i;

	if ((header->length - sizeof(*totals)) / sizeof(struct kmod_total) != totals->count ||
	    (header->length - sizeof(*totals)) % sizeof(struct kmod_total))
		return -EBADMSG;
	shrunk = rules_totals((const void *)(totals + 1), totals->count);
	for (i = 0; i < shrunk; i++)
		count(COUNT_TOTALS_SHRUNK);
	if (shrunk)
		complain("%u totals that shrink were refused", shrunk);
	return 0;
}

static const struct {
	u16 type;
	size_t length; /* at least, or exactly */
	bool exact;
	int (*take)(const struct kmod_header *header);
} takers[] = {
	{ KMOD_HELLO, sizeof(struct kmod_hello), true, take_hello },
	{ KMOD_REPLY, sizeof(struct kmod_reply), true, take_reply },
	{ KMOD_TOTALS, sizeof(struct kmod_totals), false, take_totals },
};

static int take_written(const struct kmod_header *header)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(takers); i++)
		if (takers[i].type == header->type)
			break;
	if (!channel_has_program() && header->type != KMOD_HELLO)
		return -ENOTCONN;
	if (i == ARRAY_SIZE(takers) || header->flags || header->length < takers[i].length ||
	    (takers[i].exact && header->length != takers[i].length))
		return -EBADMSG;
	return takers[i].take(header);
}

static ssize_t device_write(struct file *file, const char __user *buffer, size_t size,
			    loff_t *offset)
{
	const struct kmod_header *header;
	size_t at = 0;
	char *bytes;
	int err = 0;

	if (size > KMOD_MESSAGE_MAX)
		return -EMSGSIZE;
	bytes = memdup_user(buffer, size);
	if (IS_ERR(bytes))
		return PTR_ERR(bytes);
	while (at < size && !err) {
		header = (const void *)(bytes + at);
		if (size - at < sizeof(*header) || header->length < sizeof(*header) ||
		    header->length > size - at || header->length % __alignof__(*header))
			err = -EBADMSG;
		else
			err = take_written(header);
		if (!err)
			at += header->length;
	}
	if (!size)
		err = -EBADMSG;
	if (err) {
		count(COUNT_BAD_MESSAGES);
		complain("a message of the program was refused: error %d", err);
	}
	kfree(bytes);
	return at ? at : err;
}

static __poll_t device_poll(struct file *file, poll_table *table)
{
	poll_wait(file, &channel_wait, table);
	return EPOLLOUT | EPOLLWRNORM | (channel_readable() ? EPOLLIN | EPOLLRDNORM : 0);
}

static bool ready;

/* A module that can't be loaded after all would be freed under a program that has it open. */
static int device_open(struct inode *inode, struct file *file)
{
	if (!READ_ONCE(ready))
		return -ENODEV;
	return channel_open() ?: stream_open(inode, file);
}

static int device_release(struct inode *inode, struct file *file)
{
	channel_close();
	return 0;
}

static const struct file_operations device_operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.read = device_read,
	.write = device_write,
	.poll = device_poll,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KMOD_DEVICE,
	.fops = &device_operations,
	.groups = status_groups,
	.mode = 0600,
};

int device_init(void)
{
	return misc_register(&device);
}

/* Nothing of loading can fail any more: programs are let in. */
void device_ready(void)
{
	WRITE_ONCE(ready, true);
}

void device_exit(void)
{
	misc_deregister(&device);
}
