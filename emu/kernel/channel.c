// SPDX-License-Identifier: GPL-2.0
/*
 * The channel to the program: events go up in order, replies come down. device.c reads and writes.
 *
 * Records are what a program that comes later has to be told (ports, bindings, rules). They are
 * linked in the order in which they came. A new program reads them first: the cursor walks the
 * list; what was linked after the HELLO is not part of the walk, because its event is in the queue.
 *
 * Locking: channel.lock (bh) guards everything here. It is a leaf: nothing else is taken under it.
 * Allocations are made before it is taken. Waiters sleep with no lock of this module held; their
 * request is on their stack and is taken out of the lists under the lock before they return.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "channel.h"
#include "compat.h"

/* A thread that waits for a reply. */
struct request {
	struct list_head list; /* in channel.waiting once its event was read */
	struct completion done;
	bool ended; /* answered or failed: in no list, and no event has it */
	struct message *before; /* an update: what its record was until then */
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
	.queue = LIST_HEAD_INIT(channel.queue),
	.waiting = LIST_HEAD_INIT(channel.waiting),
	.records = LIST_HEAD_INIT(channel.records),
};

DEFINE_RATELIMIT_STATE(channel_complaints, 60 * HZ, 10);
DECLARE_WAIT_QUEUE_HEAD(channel_wait);

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

/* It leaves the list: a new program's sequences begin at 1 again; no reply of it may find it. */
static void request_end(struct request *request, int error)
{
	list_del_init(&request->list);
	request->answer->error = error;
	request->ended = true;
	complete(&request->done);
}

/* Everything that was not read is dropped; who waits for it gets @error. */
static void queue_drop(int error, struct list_head *garbage)
{
	struct event *event;

	list_for_each_entry(event, &channel.queue, list)
		if (event->request)
			request_end(event->request, error);
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
	record->repeated = false;
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
 * Put an event into the queue. Otherwise @message and @event stay the caller's; -ENOTCONN: there is
 * no program, the record is linked all the same; -ENOBUFS: the queue is full or memory was out, and
 * so all is repeated.
 */
static int enqueue(struct message *message, struct event *event, struct record *keep,
		   struct request *request)
{
	struct message *old = NULL;
	LIST_HEAD(garbage);
	int err = -ENOBUFS;

	spin_lock_bh(&channel.lock);
	if (keep)
		record_link(keep, message, &old);
	if (!channel.ready) {
		err = -ENOTCONN;
	} else if (channel.lost) {
		/* the repetition that is to come has it */
	} else if (!event || channel.queued >= queue_limit()) {
		queue_drop(-ENOBUFS, &garbage);
		channel.lost = true;
		channel.counters[COUNT_LOST]++;
	} else {
		event->message = message;
		event->request = request;
		list_add_tail(&event->list, &channel.queue);
		channel.queued++;
		err = 0;
	}
	spin_unlock_bh(&channel.lock);
	if (request)
		request->before = old;
	else
		message_put(old);
	garbage_free(&garbage);
	wake_up_interruptible(&channel_wait);
	return err;
}

/**
 * channel_post() - tell the program, and don't wait
 * @message: given away
 * @keep: linked, so that it is repeated to a program that comes later; may be NULL
 */
void channel_post(struct message *message, struct record *keep)
{
	struct event *event = kzalloc(sizeof(*event), GFP_KERNEL);

	if (!enqueue(message, event, keep, NULL))
		return;
	kfree(event);
	message_put(message);
}

/* For STATS: may not sleep, and may be left out when the program does not keep up. */
void channel_post_stats(struct message *message)
{
	struct event *event = kzalloc(sizeof(*event), GFP_ATOMIC);

	if (event && READ_ONCE(channel.queued) < queue_limit() / 2 &&
	    !enqueue(message, event, NULL, NULL))
		return;
	count(COUNT_STATS_DROPPED);
	kfree(event);
	message_put(message);
}

/*
 * Nobody waits for it any more: it leaves the list of those that were read, or, when it was not
 * read yet, its event asks for nothing. The queue is walked only for the latter: it may be long,
 * and most requests were answered.
 */
static void request_withdraw(struct request *request)
{
	struct event *event;

	spin_lock_bh(&channel.lock);
	if (!list_empty(&request->list)) {
		list_del_init(&request->list);
	} else if (!request->ended) {
		list_for_each_entry(event, &channel.queue, list)
			if (event->request == request)
				event->request = NULL;
	}
	spin_unlock_bh(&channel.lock);
}

/*
 * An update was refused: the rule is as it was @before. A program that was told the update in a
 * repetition meanwhile took it for the rule; it is told what the rule is.
 */
static void record_restore(struct record *record, struct message *before)
{
	struct message *refused;
	bool told;

	spin_lock_bh(&channel.lock);
	refused = record->message;
	told = refused && record->repeated;
	if (refused)
		record->message = message_get(before);
	spin_unlock_bh(&channel.lock);
	message_put(refused);
	if (told)
		channel_post(message_get(before), NULL);
}

static int wait_for_answer(struct request *request, unsigned int wait_ms)
{
	long left = wait_for_completion_killable_timeout(&request->done, msecs_to_jiffies(wait_ms));

	request_withdraw(request);
	/* the reply may have come between the two */
	if (request->ended)
		return request->answer->error;
	if (left < 0)
		return -EINTR;
	count(COUNT_TIMEOUTS);
	complain("the program did not answer within %u ms", wait_ms);
	return -ETIMEDOUT;
}

/* As channel_ask() returns, and 1 when there is no program: errnos are the program's own. */
static int ask(struct message *message, struct record *keep, struct answer *answer,
	       unsigned int wait_ms)
{
	struct request request = { .answer = answer };
	struct event *event;
	int err;

	INIT_LIST_HEAD(&request.list);
	init_completion(&request.done);
	event = kzalloc(sizeof(*event), GFP_KERNEL);
	err = enqueue(message, event, keep, &request);
	if (err) {
		kfree(event);
		message_put(message);
		if (err == -ENOTCONN)
			err = 1;
	} else {
		err = wait_for_answer(&request, wait_ms);
	}
	if (err < 0 && request.before)
		record_restore(keep, request.before);
	message_put(request.before);
	return err;
}

/* For extack, where the program gave no text, or could not. */
static const char *why(int err)
{
	switch (err) {
	case -ETIMEDOUT:
		return "the program did not answer in time";
	case -ENOBUFS:
		return "the program's queue is full";
	case -EIO:
		return "the program ended, or failed";
	case -EINTR:
		return "the request was interrupted";
	default:
		return "refused by the program";
	}
}

/**
 * channel_ask() - tell the program and wait for its reply
 * @message: given away
 * @keep: linked, as for channel_post(); when the answer is a refusal it is what it was before, and
 *	the caller forgets one that is new
 * @answer: the reply
 * @undo: the kernel is rolling back. It has no use for an error then: it would warn and stop, and
 *	leave the rest as it is. So nobody waits; a thousand rules that come back would otherwise
 *	wait a thousand times for a program that has stopped.
 *
 * Without a program, or with timeout_ms 0, nobody waits either, and the answer is 0 (or the refusal
 * that without_program=refuse asks for).
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
	if (!wait_ms || undo) {
		channel_post(message, keep);
		return 0;
	}
	message_header(message)->flags |= KMOD_FLAG_SYNC;
	err = ask(message, keep, answer, wait_ms);
	if (err >= 0)
		return 0; /* without a program: it is repeated to the one that comes */
	count(COUNT_REFUSED);
	if (!answer->text[0])
		strscpy(answer->text, why(err), sizeof(answer->text));
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
	int err;

	if (!channel_has_program())
		return -ENOTCONN;
	message = message_new(KMOD_FLUSH, sizeof(struct kmod_header), GFP_KERNEL);
	if (!message)
		return -ENOMEM;
	message_header(message)->flags |= KMOD_FLAG_SYNC;
	err = ask(message, NULL, &answer, timeout_ms() ?: 1000);
	return err > 0 ? -ENOTCONN : err;
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

/* ---- to the program ---- */

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
		list_entry(channel.cursor, struct record, list)->repeated = true;
		channel.cursor = channel.cursor->next;
		channel.counters[COUNT_REPEATED]++;
	} else {
		channel.repeating = false;
		channel.cursor = NULL;
	}
}

/* Take what comes next. -EAGAIN: nothing; -EMSGSIZE: it has more than @room bytes, and stays. */
int channel_take(struct delivery *d, size_t room)
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
void channel_delivery_failed(const struct delivery *d)
{
	struct request *request, *next;
	LIST_HEAD(garbage);

	spin_lock_bh(&channel.lock);
	list_for_each_entry_safe(request, next, &channel.waiting, list)
		if (request->sequence == d->header.sequence)
			request_end(request, -EIO);
	queue_drop(-EIO, &garbage);
	channel.lost = true;
	channel.counters[COUNT_LOST]++;
	spin_unlock_bh(&channel.lock);
	garbage_free(&garbage);
	wake_up_interruptible(&channel_wait); /* another thread of the program may be in poll() */
}

bool channel_readable(void)
{
	return channel.hello || channel.lost || channel.repeating || channel.queued;
}

/* ---- from the program ---- */

int channel_open(void)
{
	int err = 0;

	spin_lock_bh(&channel.lock);
	if (channel.open)
		err = -EBUSY;
	channel.open = true;
	spin_unlock_bh(&channel.lock);
	return err;
}

/**
 * channel_hello() - a program has said its name: from now on it is there
 * @answer: read first; given away unless this fails
 * @options: KMOD_HELLO_*
 *
 * Return: 0, or -EBADMSG when it has said so before.
 */
int channel_hello(struct message *answer, u32 options)
{
	int err = -EBADMSG;

	spin_lock_bh(&channel.lock);
	if (!channel.ready) {
		channel.hello = answer;
		channel.options = options;
		channel.pid = task_tgid_nr(current);
		channel.sequence = 0;
		channel.totals++;
		channel.lost = false;
		if (!list_empty(&channel.records))
			channel.counters[COUNT_REPETITIONS]++;
		repetition_start();
		channel.ready = true;
		err = 0;
	}
	spin_unlock_bh(&channel.lock);
	wake_up_interruptible(&channel_wait);
	return err;
}

/* A reply; false: nobody waits for it. */
bool channel_reply(u64 sequence, int error, const char *text)
{
	struct request *request;
	bool found = false;

	spin_lock_bh(&channel.lock);
	list_for_each_entry(request, &channel.waiting, list) {
		if (request->sequence != sequence)
			continue;
		strscpy(request->answer->text, text, sizeof(request->answer->text));
		request_end(request, error);
		found = true;
		break;
	}
	if (!found)
		channel.counters[error ? COUNT_REFUSED_LATE : COUNT_REPLIES_LATE]++;
	spin_unlock_bh(&channel.lock);
	return found;
}

/* The program has ended: who waits for it is told at once. */
void channel_close(void)
{
	struct request *request, *next;
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
	list_for_each_entry_safe(request, next, &channel.waiting, list)
		request_end(request, -EIO);
	spin_unlock_bh(&channel.lock);
	garbage_free(&garbage);
}
