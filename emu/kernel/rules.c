// SPDX-License-Identifier: GPL-2.0
/*
 * Rules: what the kernel has given us, with the counters that the program has reported.
 *
 * The program tells totals; the kernel asks for what was added since it asked last. So each rule
 * has the last total of the program that is there now, and what is still to be given to the kernel:
 * a new program begins at 0, and nothing that the old one reported is lost.
 *
 * Locking: rules_lock (spinlock, bh) guards hash, lists and counters, because STATS of nf_tables'
 * dump comes under rcu_read_lock() and may not sleep. REPLACE waits for the program with a
 * reference to its rule and without the lock; requests for one (binding, cookie) are serialised by
 * the kernel (commit mutex; one work item a flow; rtnl). The end of a device may come in between:
 * it closes the record and takes the rule out of the hash.
 */
#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/pkt_cls.h>

#include "compat.h"
#include "nsim_nft_offload.h"

struct rule {
	struct hlist_node node;
	struct list_head siblings; /* in binding->rules */
	struct record record;
	refcount_t refs;
	bool listed; /* in the hash */
	unsigned long cookie;
	u32 binding;
	/* counters */
	u64 beginning; /* channel_totals_number() of the totals */
	u64 total_packets, total_bytes;
	u64 packets, bytes; /* not yet given to the kernel */
	u64 lastused; /* jiffies, 0: never */
};

static DEFINE_HASHTABLE(rules, 14);
static DEFINE_SPINLOCK(rules_lock);
static unsigned int rules_listed;

unsigned int rules_count(void)
{
	return READ_ONCE(rules_listed);
}

static u64 rule_key(u32 binding, unsigned long cookie)
{
	return (u64)cookie ^ ((u64)binding << 40);
}

static struct rule *rule_find(u32 binding, unsigned long cookie)
{
	struct rule *rule;

	hash_for_each_possible(rules, rule, node, rule_key(binding, cookie))
		if (rule->cookie == cookie && rule->binding == binding)
			return rule;
	return NULL;
}

static void rule_put(struct rule *rule)
{
	if (refcount_dec_and_test(&rule->refs))
		kfree(rule);
}

/* Takes it out of the hash; the caller then has the hash's reference. */
static void rule_unlist(struct rule *rule)
{
	hash_del(&rule->node);
	list_del(&rule->siblings);
	rule->listed = false;
	rules_listed--;
}

/*
 * The live rule, or a new one; with a reference for the caller. @fresh: it is new. NULL: memory is
 * out, or the device has gone.
 */
static struct rule *rule_get(struct binding *binding, unsigned long cookie, bool *fresh)
{
	struct rule *rule, *spare = kzalloc(sizeof(*spare), GFP_KERNEL);

	if (!spare)
		return NULL;
	spin_lock_bh(&rules_lock);
	rule = rule_find(binding->number, cookie);
	*fresh = !rule;
	if (!rule && !READ_ONCE(binding->dead)) {
		rule = spare;
		rule->cookie = cookie;
		rule->binding = binding->number;
		rule->beginning = channel_totals_number();
		rule->listed = true;
		refcount_set(&rule->refs, 1);
		hash_add(rules, &rule->node, rule_key(rule->binding, cookie));
		list_add_tail(&rule->siblings, &binding->rules);
		rules_listed++;
		spare = NULL;
	}
	if (rule)
		refcount_inc(&rule->refs);
	spin_unlock_bh(&rules_lock);
	kfree(spare);
	return rule;
}

/* False: somebody else has taken it out. */
static bool rule_drop(struct rule *rule)
{
	bool listed;

	spin_lock_bh(&rules_lock);
	listed = rule->listed;
	if (listed)
		rule_unlist(rule);
	spin_unlock_bh(&rules_lock);
	channel_forget(&rule->record);
	if (listed)
		rule_put(rule);
	return listed;
}

void rules_drop_all(struct binding *binding)
{
	struct rule *rule;

	for (;;) {
		spin_lock_bh(&rules_lock);
		rule = list_first_entry_or_null(&binding->rules, struct rule, siblings);
		if (rule)
			rule_unlist(rule);
		spin_unlock_bh(&rules_lock);
		if (!rule)
			return;
		channel_forget(&rule->record);
		rule_put(rule);
	}
}

static void command_fill(struct kmod_command *command, const struct binding *binding,
			 const struct flow_cls_offload *offload)
{
	command->binding = binding->number;
	command->prio = offload->common.prio;
	command->chain_index = offload->common.chain_index;
	command->protocol = ntohs(offload->common.protocol);
	command->skip_sw = compat_skip_sw(&offload->common);
	command->cookie = offload->cookie;
	command->idle_ms = ~0;
}

/* The devices that it forwards to are told before it. */
static int announce_targets(const struct flow_rule *rule)
{
	const struct flow_action_entry *entry;
	int i, err = 0;

	flow_action_for_each(i, entry, &rule->action) {
		switch (entry->id) {
		case FLOW_ACTION_REDIRECT:
		case FLOW_ACTION_MIRRED:
		case FLOW_ACTION_REDIRECT_INGRESS:
		case FLOW_ACTION_MIRRED_INGRESS:
			if (entry->dev && !err)
				err = port_announce(entry->dev);
			break;
		default:
			break;
		}
	}
	return err;
}

/* Everything is written into room for the most there can be, and copied to its size. */
static struct message *replace_message(const struct binding *binding,
				       const struct flow_cls_offload *offload, bool *undo)
{
	struct kmod_replace *scratch;
	struct message *message = NULL;
	struct kmod_action *actions;
	struct kmod_field *fields;
	const size_t head = sizeof(struct kmod_header);
	size_t n_fields, n_actions;

	BUILD_BUG_ON(sizeof(*scratch) + KMOD_FIELDS_MAX * sizeof(*fields) +
		     KMOD_ACTIONS_MAX * sizeof(*actions) > KMOD_MESSAGE_MAX);
	scratch = kzalloc(KMOD_MESSAGE_MAX, GFP_KERNEL);
	if (!scratch)
		return NULL;
	command_fill(&scratch->command, binding, offload);
	*undo = binding->binder == KMOD_BINDER_CHAIN &&
		nftables_position(binding, offload->cookie, scratch);
	fields = (void *)(scratch + 1);
	n_fields = match_encode(offload->rule, binding->binder, scratch, fields);
	actions = (void *)(fields + n_fields);
	n_actions = action_encode(offload->rule, scratch, actions);
	scratch->num_fields = n_fields;
	scratch->num_actions = n_actions;
	message = message_new(KMOD_REPLACE, sizeof(*scratch) + n_fields * sizeof(*fields) +
			      n_actions * sizeof(*actions), GFP_KERNEL);
	if (message) {
		memcpy(message->data + head, (u8 *)scratch + head,
		       message_header(message)->length - head);
	}
	kfree(scratch);
	return message;
}

static void post_destroy(const struct binding *binding, const struct flow_cls_offload *offload,
			 int error)
{
	struct message *message = message_new(KMOD_DESTROY, sizeof(struct kmod_command),
					      GFP_KERNEL);
	struct kmod_command *command;

	if (!message) {
		pr_err("out of memory, the program is not told of a rule's end\n");
		return;
	}
	command = message_body(message, struct kmod_command);
	command_fill(command, binding, offload);
	command->error = error;
	channel_post(message, NULL);
}

/* After this the kernel, the program and we agree on whether the rule is there. */
static void replace_failed(struct binding *binding, const struct flow_cls_offload *offload,
			   struct rule *rule, int err, bool fresh)
{
	/* nobody knows what the program has done with it */
	bool unknown = err == -ETIMEDOUT || err == -EINTR;

	if (!fresh && !unknown)
		return; /* an update that was refused leaves the rule as it was */
	/* a repetition that came in between has told it as a rule that is there */
	if (rule_drop(rule) && (unknown || rule->record.repeated))
		post_destroy(binding, offload, 0);
}

static int replace(struct binding *binding, struct flow_cls_offload *offload)
{
	struct message *message;
	struct answer answer;
	struct rule *rule;
	bool fresh, undo;
	int err;

	err = announce_targets(offload->rule);
	if (err)
		return err;
	message = replace_message(binding, offload, &undo);
	if (!message)
		return -ENOMEM;
	rule = rule_get(binding, offload->cookie, &fresh);
	if (!rule) {
		message_put(message);
		return -ENOMEM;
	}
	err = channel_ask(message, &rule->record, &answer, undo);
	if (err) {
		if (offload->common.extack)
			compat_extack(offload->common.extack, channel_keep_text(answer.text));
		replace_failed(binding, offload, rule, err, fresh);
	}
	rule_put(rule);
	return err;
}

static int destroy(struct binding *binding, struct flow_cls_offload *offload)
{
	struct rule *rule;
	int err = -ENOENT;

	spin_lock_bh(&rules_lock);
	rule = rule_find(binding->number, offload->cookie);
	if (rule)
		refcount_inc(&rule->refs);
	spin_unlock_bh(&rules_lock);
	if (rule) {
		err = rule_drop(rule) ? 0 : -ENOENT;
		rule_put(rule);
	}
	post_destroy(binding, offload, err);
	return err;
}

static void post_stats(const struct binding *binding, const struct flow_cls_offload *offload,
		       u64 packets, u64 bytes, u64 lastused, int error)
{
	struct message *message = message_new(KMOD_STATS, sizeof(struct kmod_command), GFP_ATOMIC);
	struct kmod_command *command;

	if (!message) {
		count(COUNT_STATS_DROPPED);
		return;
	}
	command = message_body(message, struct kmod_command);
	command_fill(command, binding, offload);
	command->packets = packets;
	command->bytes = bytes;
	command->error = error;
	if (lastused)
		command->idle_ms = jiffies_to_msecs((unsigned long)(jiffies - lastused));
	channel_post_stats(message);
}

/* May be under rcu_read_lock(). */
static int stats(struct binding *binding, struct flow_cls_offload *offload)
{
	u64 packets = 0, bytes = 0, lastused = 0;
	struct rule *rule;
	int err = -ENOENT;

	spin_lock_bh(&rules_lock);
	rule = rule_find(binding->number, offload->cookie);
	if (rule) {
		packets = rule->packets;
		bytes = rule->bytes;
		lastused = rule->lastused;
		rule->packets = 0;
		rule->bytes = 0;
		err = 0;
	}
	spin_unlock_bh(&rules_lock);
	if (!err)
		flow_stats_update(&offload->stats, bytes, packets, 0, lastused,
				  FLOW_ACTION_HW_STATS_DELAYED);
	if (channel_wants_stats())
		post_stats(binding, offload, packets, bytes, lastused, err);
	return err;
}

static void rule_total(struct rule *rule, const struct kmod_total *total, u64 beginning,
		       unsigned int *shrunk)
{
	unsigned long used;

	if (rule->beginning != beginning) {
		rule->beginning = beginning;
		rule->total_packets = 0;
		rule->total_bytes = 0;
	}
	if (total->packets < rule->total_packets || total->bytes < rule->total_bytes) {
		(*shrunk)++;
		return;
	}
	rule->packets += total->packets - rule->total_packets;
	rule->bytes += total->bytes - rule->total_bytes;
	rule->total_packets = total->packets;
	rule->total_bytes = total->bytes;
	if (total->idle_ms == ~0U)
		return;
	used = jiffies - msecs_to_jiffies(total->idle_ms);
	if (!rule->lastused || time_after(used, (unsigned long)rule->lastused))
		rule->lastused = used ?: 1;
}

/**
 * rules_totals() - take what the program has counted
 * @totals: for each rule
 * @n: how many
 *
 * Those for rules that are not there (any more) are passed over; those that are less than before
 * are refused.
 *
 * Return: how many were refused.
 */
unsigned int rules_totals(const struct kmod_total *totals, u32 n)
{
	u64 beginning = channel_totals_number();
	unsigned int shrunk = 0;
	struct rule *rule;
	u32 i;

	for (i = 0; i < n; i++) {
		spin_lock_bh(&rules_lock);
		rule = rule_find(totals[i].binding, totals[i].cookie);
		if (rule)
			rule_total(rule, &totals[i], beginning, &shrunk);
		spin_unlock_bh(&rules_lock);
	}
	return shrunk;
}

/* Like a driver that honours `ethtool -K DEV hw-tc-offload`. */
static bool tc_is_off(const struct binding *binding, struct flow_cls_offload *offload)
{
	if (binding->binder != KMOD_BINDER_TC || binding->indirect || tc_can_offload(binding->dev))
		return false;
	if (offload->common.extack)
		compat_extack(offload->common.extack, "hw-tc-offload is off on this device");
	return true;
}

/**
 * rules_callback() - the block callback
 * @type: only TC_SETUP_CLSFLOWER is taken; nf_tables, flowtables and flower all use it
 * @type_data: struct flow_cls_offload
 * @priv: the binding
 */
int rules_callback(enum tc_setup_type type, void *type_data, void *priv)
{
	struct flow_cls_offload *offload = type_data;
	struct binding *binding = priv;

	if (type != TC_SETUP_CLSFLOWER)
		return -EOPNOTSUPP;
	if (READ_ONCE(binding->dead)) /* a chain of several devices may still have us */
		return offload->command == FLOW_CLS_DESTROY ? 0 : -EOPNOTSUPP;
	switch (offload->command) {
	case FLOW_CLS_REPLACE:
		if (tc_is_off(binding, offload))
			return -EOPNOTSUPP;
		return replace(binding, offload);
	case FLOW_CLS_DESTROY:
		return destroy(binding, offload);
	case FLOW_CLS_STATS:
		return stats(binding, offload);
	default:
		return -EOPNOTSUPP;
	}
}
