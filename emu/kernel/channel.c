// SPDX-License-Identifier: GPL-2.0
/*
 * The character device: events go up in order, replies and totals come down.
 *
 * Records are what a program that comes later has to be told (ports, bindings, rules). They are
 * linked in the order in which they came. A new program reads them first: the cursor walks the
 * list; what was linked after the HELLO is not part of the walk, because its event is in the queue.
 *
 * Locking: channel.lock (bh) guards everything here. It is a leaf: nothing else is taken under it.
 * Allocations are made before it is taken. Waiters sleep with no lock of this module held; their
 * request is on their stack and is taken out of the lists under the lock before they return.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>

#include "compat.h"
#include "nsim_nft_offload.h"

/* A thread that waits for a reply. */
struct request {
	struct list_head list; /* in channel.waiting once its event was read */
	struct completion done;
	struct answer *answer;
	u64 sequence;
};

/* A place in the queue. */
struct event {
	struct list_head list;
	struct message *message;
	struct request *request; /* NULL: nobody waits, or not any more */
};

static struct {
	spinlock_t lock;
	wait_queue_head_t readable;
	struct list_head queue;
	unsigned int queued;
	struct list_head waiting;
	struct list_head records;
	u64 born; /* number of the youngest record */
	/* the program */
	bool open;
	bool ready; /* it has said HELLO */
	pid_t pid;
	u64 totals; /* how often they have begun at 0: with each program, and with each LOST */
	u64 sequence;
	u32 options;
	/* what is read before the queue */
	struct message *hello;
	bool lost;
	bool repeating;
	struct list_head *cursor; /* the next record */
	u64 last_born; /* the last that is repeated */
	u64 counters[NUM_COUNTERS];
} channel = {
	.lock = __SPIN_LOCK_UNLOCKED(channel.lock),
	.readable = __WAIT_QUEUE_HEAD_INITIALIZER(channel.readable),
	.queue = LIST_HEAD_INIT(channel.queue),
	.waiting = LIST_HEAD_INIT(channel.waiting),
	.records = LIST_HEAD_INIT(channel.records),
};

static DEFINE_RATELIMIT_STATE(complaints, 5 * HZ, 10);

#define complain(fmt, ...)                                    \
	do {                                                  \
		if (__ratelimit(&complaints))                 \
			pr_warn(fmt "\n", ##__VA_ARGS__);     \
	} while (0)

struct message *message_new(u16 type, size_t length, gfp_t gfp)
{
	struct message *message;

	message = kzalloc(sizeof(*message) + length, gfp);
	if (!message)
		return NULL;
	refcount_set(&message->refs, 1);
	message_header(message)->length = length;
	message_header(message)->type = type;
	return message;
}

static struct message *message_get(struct message *message)
{
	refcount_inc(&message->refs);
	return message;
}

void message_put(struct message *message)
{
	if (message && refcount_dec_and_test(&message->refs))
		kfree(message);
}

void count(enum counter which)
{
	spin_lock_bh(&channel.lock);
	channel.counters[which]++;
	spin_unlock_bh(&channel.lock);
}

void channel_status(struct channel_status *status)
{
	spin_lock_bh(&channel.lock);
	status->pid = channel.ready ? channel.pid : 0;
	status->queued = channel.queued;
	memcpy(status->counters, channel.counters, sizeof(status->counters));
	spin_unlock_bh(&channel.lock);
}

bool channel_has_program(void)
{
	return READ_ONCE(channel.ready);
}

/* The program's totals begin at 0 when this number changes. */
u64 channel_totals_number(void)
{
	return READ_ONCE(channel.totals);
}

bool channel_wants_stats(void)
{
	return READ_ONCE(channel.ready) && (READ_ONCE(channel.options) & KMOD_HELLO_STATS);
}

/* ---- under the lock ---- */

static void request_fail(struct request *request, int error)
{
	request->answer->error = error;
	complete(&request->done);
}

/* Everything that was not read is dropped; who waits for it gets @error. */
static void queue_drop(int error, struct list_head *garbage)
{
	struct event *event;

	list_for_each_entry(event, &channel.queue, list)
		if (event->request)
			request_fail(event->request, error);
	list_splice_tail_init(&channel.queue, garbage);
	channel.queued = 0;
}

static void repetition_start(void)
{
	channel.repeating = true;
	channel.cursor = channel.records.next;
	channel.last_born = channel.born;
}

static void record_link(struct record *record, struct message *message, struct message **old)
{
	if (record->closed)
		return;
	*old = record->message;
	if (!record->message) {
		record->born = ++channel.born;
		list_add_tail(&record->list, &channel.records);
	}
	record->message = message_get(message);
}

static struct message *record_unlink(struct record *record)
{
	struct message *message = record->message;

	record->closed = true;
	if (!message)
		return NULL;
	if (channel.cursor == &record->list)
		channel.cursor = record->list.next;
	list_del(&record->list);
	record->message = NULL;
	return message;
}

/* ---- from the kernel ---- */

static void garbage_free(struct list_head *garbage)
{
	struct event *event, *next;

	list_for_each_entry_safe(event, next, garbage, list) {
		message_put(event->message);
		kfree(event);
	}
}

/*
 * Put an event into the queue. Returns false when there is no program (the record is linked all the
 * same) or when the queue is full or memory was out, and so all is repeated.
 */
static bool enqueue(struct message *message, struct event *event, struct record *keep,
		    struct request *request)
{
	struct message *old = NULL;
	LIST_HEAD(garbage);
	bool queued = false;

	spin_lock_bh(&channel.lock);
	if (keep)
		record_link(keep, message, &old);
	if (!channel.ready || channel.lost) {
		/* a program that is to come, or a repetition that is to come, has it */
	} else if (!event || channel.queued >= queue_limit()) {
		queue_drop(-ENOBUFS, &garbage);
		channel.lost = true;
		channel.counters[COUNT_LOST]++;
	} else {
		event->message = message;
		event->request = request;
		list_add_tail(&event->list, &channel.queue);
		channel.queued++;
		queued = true;
	}
	spin_unlock_bh(&channel.lock);
	message_put(old);
	garbage_free(&garbage);
	wake_up_interruptible(&channel.readable);
	return queued;
}

/**
 * channel_post() - tell the program, and don't wait
 * @message: given away
 * @keep: linked, so that it is repeated to a program that comes later; may be NULL
 */
void channel_post(struct message *message, struct record *keep)
{
	struct event *event = kzalloc(sizeof(*event), GFP_KERNEL);

	if (enqueue(message, event, keep, NULL))
		return;
	kfree(event);
	message_put(message);
}

/* For STATS: may not sleep, and may be left out when the program does not keep up. */
void channel_post_stats(struct message *message)
{
	struct event *event = kzalloc(sizeof(*event), GFP_ATOMIC);

	if (event && READ_ONCE(channel.queued) < queue_limit() / 2 &&
	    enqueue(message, event, NULL, NULL))
		return;
	count(COUNT_STATS_DROPPED);
	kfree(event);
	message_put(message);
}

/* The request leaves the lists; its event, when it was not read yet, asks for nothing any more. */
static void request_withdraw(struct request *request)
{
	struct event *event;

	spin_lock_bh(&channel.lock);
	list_for_each_entry(event, &channel.queue, list)
		if (event->request == request)
			event->request = NULL;
	list_del_init(&request->list);
	spin_unlock_bh(&channel.lock);
}

static int ask(struct message *message, struct record *keep, struct answer *answer,
	       unsigned int wait_ms)
{
	struct request request = { .answer = answer };
	struct event *event;
	long left;

	INIT_LIST_HEAD(&request.list);
	init_completion(&request.done);
	event = kzalloc(sizeof(*event), GFP_KERNEL);
	if (!enqueue(message, event, keep, &request)) {
		kfree(event);
		message_put(message);
		return channel_has_program() ? -ENOBUFS : -ENOTCONN;
	}
	left = wait_for_completion_killable_timeout(&request.done, msecs_to_jiffies(wait_ms));
	request_withdraw(&request);
	/* the reply may have come between the two */
	if (completion_done(&request.done) || left > 0)
		return answer->error;
	if (left < 0)
		return -EINTR;
	count(COUNT_TIMEOUTS);
	complain("the program did not answer within %u ms", wait_ms);
	return -ETIMEDOUT;
}

/**
 * channel_ask() - tell the program and wait for its reply
 * @message: given away
 * @keep: linked, as for channel_post(); the caller forgets it when the answer is a refusal
 * @answer: the reply
 * @undo: the kernel is rolling back. It has no use for an error then: it would warn and stop, and
 *	leave the rest as it is. So the answer is 0 whatever the program says, and that is counted.
 *
 * Without a program, or with timeout_ms 0, nobody waits and the answer is 0 (or the refusal that
 * without_program=refuse asks for).
 *
 * Return: 0, the program's -errno, -ETIMEDOUT, -EIO (the program ended), -ENOBUFS (the queue is
 * full), -EINTR (the waiting process was killed).
 */
int channel_ask(struct message *message, struct record *keep, struct answer *answer, bool undo)
{
	unsigned int wait_ms = timeout_ms();
	int err;

	memset(answer, 0, sizeof(*answer));
	if (!channel_has_program() && refuse_without_program() && !undo) {
		message_put(message);
		strscpy(answer->text, "no program is attached to " MODULE_TEXT,
			sizeof(answer->text));
		return -EOPNOTSUPP;
	}
	if (!wait_ms) {
		channel_post(message, keep);
		return 0;
	}
	message_header(message)->flags |= KMOD_FLAG_SYNC;
	err = ask(message, keep, answer, wait_ms);
	if (!err || err == -ENOTCONN)
		return 0; /* without a program: it is repeated to the one that comes */
	if (undo) {
		count(COUNT_REFUSED_UNDO);
		complain("refused in a rollback, which can't be: error %d, %s", err, answer->text);
		return 0;
	}
	count(COUNT_REFUSED);
	if (!answer->text[0])
		strscpy(answer->text, err == -ETIMEDOUT ? "the program did not answer in time" :
			"refused by the program", sizeof(answer->text));
	return err;
}

/**
 * channel_flush() - have the program write its totals now
 *
 * Return: 0, -ENOTCONN without a program, -ETIMEDOUT, or what the program answered.
 */
int channel_flush(void)
{
	struct answer answer = {};
	struct message *message;

	if (!channel_has_program())
		return -ENOTCONN;
	message = message_new(KMOD_FLUSH, sizeof(struct kmod_header), GFP_KERNEL);
	if (!message)
		return -ENOMEM;
	message_header(message)->flags |= KMOD_FLAG_SYNC;
	return ask(message, NULL, &answer, timeout_ms() ?: 1000);
}

/* It is not repeated any more, and can't be linked again. */
void channel_forget(struct record *record)
{
	struct message *message;

	spin_lock_bh(&channel.lock);
	message = record_unlink(record);
	spin_unlock_bh(&channel.lock);
	message_put(message);
}

/*
 * extack holds a pointer to its text, which must outlive our call: texts are kept in a ring that is
 * far longer than the number of refusals on their way to user space at one time.
 */
const char *channel_keep_text(const char *text)
{
	static char ring[64][KMOD_TEXT_SIZE];
	static atomic_t next = ATOMIC_INIT(0);
	char *place = ring[(unsigned int)atomic_inc_return(&next) % ARRAY_SIZE(ring)];

	strscpy(place, text, KMOD_TEXT_SIZE);
	return place;
}

/* ---- the device ---- */

/*
 * What read() gives next: a message with its header as it is sent; neither a message nor an event:
 * LOST or the end of the repetition, which are a header only.
 */
struct delivery {
	struct message *message;
	struct kmod_header header;
	struct event *event;
	bool lost;
};

static struct kmod_header plain_header(u16 type)
{
	return (struct kmod_header){ .length = sizeof(struct kmod_header), .type = type };
}

/* A record of the repetition; false at its end. */
static bool take_record(struct delivery *d)
{
	struct record *record;

	if (channel.cursor == &channel.records)
		return false;
	record = list_entry(channel.cursor, struct record, list);
	if (record->born > channel.last_born)
		return false;
	d->message = message_get(record->message);
	d->header = *message_header(d->message);
	d->header.flags &= ~KMOD_FLAG_SYNC;
	d->header.flags |= KMOD_FLAG_REPEATED;
	return true;
}

/* What comes next, without taking it away; false: nothing. */
static bool peek(struct delivery *d)
{
	struct event *event;

	memset(d, 0, sizeof(*d));
	if (channel.hello) {
		d->message = message_get(channel.hello);
		d->header = *message_header(d->message);
	} else if (channel.lost) {
		d->lost = true;
		d->header = plain_header(KMOD_LOST);
	} else if (channel.repeating) {
		if (!take_record(d))
			d->header = plain_header(KMOD_REPEAT_END);
	} else {
		event = list_first_entry_or_null(&channel.queue, struct event, list);
		if (!event)
			return false;
		d->event = event;
		d->message = message_get(event->message);
		d->header = *message_header(d->message);
		if (!event->request)
			d->header.flags &= ~KMOD_FLAG_SYNC;
	}
	d->header.sequence = channel.sequence + 1;
	return true;
}

/* It is read: take it away. */
static void advance(const struct delivery *d)
{
	struct event *event = d->event;

	channel.sequence++;
	channel.counters[COUNT_SENT]++;
	if (channel.hello) {
		message_put(channel.hello);
		channel.hello = NULL;
	} else if (d->lost) {
		channel.lost = false;
		channel.totals++;
		repetition_start();
		channel.counters[COUNT_REPETITIONS]++;
	} else if (event) {
		if (event->request) {
			event->request->sequence = d->header.sequence;
			list_add_tail(&event->request->list, &channel.waiting);
		}
		list_del(&event->list);
		channel.queued--;
		message_put(event->message);
		kfree(event);
	} else if (d->message) {
		channel.cursor = channel.cursor->next;
		channel.counters[COUNT_REPEATED]++;
	} else {
		channel.repeating = false;
		channel.cursor = NULL;
	}
}

/* Take what comes next. -EAGAIN: nothing; -EMSGSIZE: it has more than @room bytes, and stays. */
static int take(struct delivery *d, size_t room)
{
	int err = 0;

	spin_lock_bh(&channel.lock);
	if (!channel.ready)
		err = -ENOTCONN;
	else if (!peek(d))
		err = -EAGAIN;
	else if (d->header.length > room)
		err = -EMSGSIZE;
	else
		advance(d);
	spin_unlock_bh(&channel.lock);
	if (err == -EMSGSIZE)
		message_put(d->message);
	return err;
}

/* The program's buffer was bad: the message is lost to it, so all of it is repeated. */
static void delivery_failed(const struct delivery *d)
{
	struct request *request;
	LIST_HEAD(garbage);

	spin_lock_bh(&channel.lock);
	list_for_each_entry(request, &channel.waiting, list)
		if (request->sequence == d->header.sequence)
			request_fail(request, -EIO);
	queue_drop(-EIO, &garbage);
	channel.lost = true;
	channel.counters[COUNT_LOST]++;
	spin_unlock_bh(&channel.lock);
	garbage_free(&garbage);
}

static bool readable(void)
{
	return channel.hello || channel.lost || channel.repeating || channel.queued;
}

static ssize_t device_read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	const size_t head = sizeof(struct kmod_header);
	struct delivery d;
	ssize_t ret;

	while ((ret = take(&d, size)) == -EAGAIN) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(channel.readable, readable()))
			return -ERESTARTSYS;
	}
	if (ret)
		return ret;
	ret = d.header.length;
	if (copy_to_user(buffer, &d.header, head) ||
	    (d.message && copy_to_user(buffer + head, d.message->data + head, ret - head))) {
		delivery_failed(&d);
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
	spin_lock_bh(&channel.lock);
	if (channel.ready) {
		spin_unlock_bh(&channel.lock);
		message_put(message);
		complain("the program said HELLO twice");
		return -EBADMSG;
	}
	channel.hello = message;
	channel.options = hello->options;
	channel.pid = task_tgid_nr(current);
	channel.sequence = 0;
	channel.totals++;
	channel.lost = false;
	if (!list_empty(&channel.records))
		channel.counters[COUNT_REPETITIONS]++;
	repetition_start();
	channel.ready = true;
	spin_unlock_bh(&channel.lock);
	wake_up_interruptible(&channel.readable);
	return 0;
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
	struct request *request;
	bool found = false;

	if (reply->error > 0 || reply->error < -MAX_ERRNO ||
	    strnlen(reply->text, sizeof(reply->text)) == sizeof(reply->text))
		return -EBADMSG;
	spin_lock_bh(&channel.lock);
	list_for_each_entry(request, &channel.waiting, list) {
		if (request->sequence != header->sequence)
			continue;
		list_del_init(&request->list);
		request->answer->error = sane_error(reply->error);
		memcpy(request->answer->text, reply->text, sizeof(reply->text));
		complete(&request->done);
		found = true;
		break;
	}
	if (!found) {
		channel.counters[COUNT_REPLIES_LATE] += !reply->error;
		channel.counters[COUNT_REFUSED_LATE] += !!reply->error;
	}
	spin_unlock_bh(&channel.lock);
	if (!found && reply->error)
		complain("refused when nobody waited: message %llu, error %d, %s",
			 header->sequence, reply->error, reply->text);
	return 0;
}

static int take_totals(const struct kmod_header *header)
{
	const struct kmod_totals *totals = (const void *)header;

	if ((header->length - sizeof(*totals)) / sizeof(struct kmod_total) != totals->count ||
	    (header->length - sizeof(*totals)) % sizeof(struct kmod_total))
		return -EBADMSG;
	rules_totals((const void *)(totals + 1), totals->count);
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
	poll_wait(file, &channel.readable, table);
	return EPOLLOUT | EPOLLWRNORM | (readable() ? EPOLLIN | EPOLLRDNORM : 0);
}

static int device_open(struct inode *inode, struct file *file)
{
	int err = 0;

	spin_lock_bh(&channel.lock);
	if (channel.open)
		err = -EBUSY;
	channel.open = true;
	spin_unlock_bh(&channel.lock);
	return err ?: stream_open(inode, file);
}

/* The program has ended: who waits for it is told at once. */
static int device_release(struct inode *inode, struct file *file)
{
	struct request *request;
	LIST_HEAD(garbage);

	spin_lock_bh(&channel.lock);
	channel.ready = false;
	channel.open = false;
	channel.lost = false;
	channel.repeating = false;
	channel.cursor = NULL;
	message_put(channel.hello);
	channel.hello = NULL;
	queue_drop(-EIO, &garbage);
	list_for_each_entry(request, &channel.waiting, list)
		request_fail(request, -EIO);
	spin_unlock_bh(&channel.lock);
	garbage_free(&garbage);
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

int channel_init(void)
{
	return misc_register(&device);
}

void channel_exit(void)
{
	misc_deregister(&device);
}
