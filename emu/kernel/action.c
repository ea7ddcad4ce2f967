// SPDX-License-Identifier: GPL-2.0
/*
 * Actions: the kernel's entries to those of the wire. What a kernel has and the wire has not is
 * sent as KMOD_ACTION_UNKNOWN with the kernel's number.
 *
 * Locking: none; the rule belongs to the caller.
 */
#include <net/ip_tunnels.h>

#include "compat.h"
#include "nsim_nft_offload.h"

static void put64(u32 *argument, u64 value)
{
	argument[0] = lower_32_bits(value);
	argument[1] = upper_32_bits(value);
}

static void fill_device(const struct flow_action_entry *entry, u32 *argument)
{
	if (!entry->dev)
		return;
	argument[0] = entry->dev->ifindex;
	argument[1] = dev_net(entry->dev)->ns.inum;
}

static void fill_goto(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->chain_index;
}

static void fill_vlan(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->vlan.vid;
	argument[1] = ntohs(entry->vlan.proto);
	argument[2] = entry->vlan.prio;
}

static void fill_tunnel(const struct flow_action_entry *entry, u32 *argument)
{
	const struct ip_tunnel_info *info = entry->tunnel;

	if (!info)
		return;
	argument[0] = lower_32_bits(be64_to_cpu(info->key.tun_id));
	if (ip_tunnel_info_af(info) == AF_INET6) {
		argument[1] = 6;
		memcpy(&argument[2], &info->key.u.ipv6.dst, sizeof(info->key.u.ipv6.dst));
	} else {
		argument[1] = 4;
		memcpy(&argument[2], &info->key.u.ipv4.dst, sizeof(info->key.u.ipv4.dst));
	}
}

static void fill_mangle(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->mangle.htype;
	argument[1] = entry->mangle.offset;
	argument[2] = entry->mangle.mask;
	argument[3] = entry->mangle.val;
}

static void fill_csum(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->csum_flags;
}

static void fill_mark(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->mark;
}

static void fill_ptype(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->ptype;
}

static void fill_priority(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->priority;
}

#if HAVE_ACTION_RX_QUEUE_MAPPING
static void fill_rx_queue(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->rx_queue;
}
#endif

static void fill_queue(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->queue.ctx;
	argument[1] = entry->queue.index;
	argument[2] = entry->queue.vf;
}

static void fill_sample(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->sample.rate;
	argument[1] = entry->sample.trunc_size;
	argument[2] = entry->sample.truncate;
}

static u16 wire_id(u32 kernel_id);

static void fill_police(const struct flow_action_entry *entry, u32 *argument)
{
	put64(&argument[0], entry->police.rate_bytes_ps);
	argument[2] = entry->police.burst;
#if HAVE_POLICE_PACKETS
	put64(&argument[3], entry->police.rate_pkt_ps);
	put64(&argument[5], entry->police.burst_pkt);
#endif
	argument[7] = entry->police.mtu;
#if HAVE_POLICE_ACTIONS
	argument[8] = wire_id(entry->police.exceed.act_id);
	argument[9] = wire_id(entry->police.notexceed.act_id);
#endif
}

static void fill_ct(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->ct.action;
	argument[1] = entry->ct.zone;
}

static void fill_ct_metadata(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->ct_metadata.mark;
	memcpy(&argument[1], entry->ct_metadata.labels, sizeof(entry->ct_metadata.labels));
#if HAVE_CT_ORIG_DIR
	argument[5] = entry->ct_metadata.orig_dir;
#endif
}

static void fill_mpls_push(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->mpls_push.label;
	argument[1] = ntohs(entry->mpls_push.proto);
	argument[2] = entry->mpls_push.tc;
	argument[3] = entry->mpls_push.bos;
	argument[4] = entry->mpls_push.ttl;
}

static void fill_mpls_pop(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = ntohs(entry->mpls_pop.proto);
}

static void fill_mpls_mangle(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->mpls_mangle.label;
	argument[1] = entry->mpls_mangle.tc;
	argument[2] = entry->mpls_mangle.bos;
	argument[3] = entry->mpls_mangle.ttl;
}

static void fill_gate(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->gate.prio;
	argument[1] = entry->gate.num_entries;
}

#if HAVE_ACTION_PPPOE_PUSH
static void fill_pppoe(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = entry->pppoe.sid;
}
#endif

#if HAVE_ACTION_VLAN_PUSH_ETH
static void fill_vlan_push_eth(const struct flow_action_entry *entry, u32 *argument)
{
	argument[0] = get_unaligned_be32(entry->vlan_push_eth.dst);
	argument[1] = get_unaligned_be16(entry->vlan_push_eth.dst + 4);
	argument[2] = get_unaligned_be32(entry->vlan_push_eth.src);
	argument[3] = get_unaligned_be16(entry->vlan_push_eth.src + 4);
}
#endif

static const struct {
	u16 id;
	void (*fill)(const struct flow_action_entry *entry, u32 *argument);
} actions[] = {
#define ACTION(id_, fill_) [FLOW_ACTION_##id_] = { KMOD_ACTION_##id_, fill_ }
	ACTION(ACCEPT, NULL),
	ACTION(DROP, NULL),
	ACTION(TRAP, NULL),
	ACTION(GOTO, fill_goto),
	ACTION(REDIRECT, fill_device),
	ACTION(MIRRED, fill_device),
	ACTION(REDIRECT_INGRESS, fill_device),
	ACTION(MIRRED_INGRESS, fill_device),
	ACTION(VLAN_PUSH, fill_vlan),
	ACTION(VLAN_POP, NULL),
	ACTION(VLAN_MANGLE, fill_vlan),
	ACTION(TUNNEL_ENCAP, fill_tunnel),
	ACTION(TUNNEL_DECAP, NULL),
	ACTION(MANGLE, fill_mangle),
	ACTION(ADD, fill_mangle),
	ACTION(CSUM, fill_csum),
	ACTION(MARK, fill_mark),
	ACTION(PTYPE, fill_ptype),
	ACTION(PRIORITY, fill_priority),
#if HAVE_ACTION_RX_QUEUE_MAPPING
	ACTION(RX_QUEUE_MAPPING, fill_rx_queue),
#endif
	ACTION(WAKE, NULL),
	ACTION(QUEUE, fill_queue),
	ACTION(SAMPLE, fill_sample),
	ACTION(POLICE, fill_police),
	ACTION(CT, fill_ct),
	ACTION(CT_METADATA, fill_ct_metadata),
	ACTION(MPLS_PUSH, fill_mpls_push),
	ACTION(MPLS_POP, fill_mpls_pop),
	ACTION(MPLS_MANGLE, fill_mpls_mangle),
	ACTION(GATE, fill_gate),
#if HAVE_ACTION_PPPOE_PUSH
	ACTION(PPPOE_PUSH, fill_pppoe),
#endif
#if HAVE_ACTION_JUMP
	ACTION(JUMP, NULL),
	ACTION(PIPE, NULL),
#endif
#if HAVE_ACTION_VLAN_PUSH_ETH
	ACTION(VLAN_PUSH_ETH, fill_vlan_push_eth),
	ACTION(VLAN_POP_ETH, NULL),
#endif
#if HAVE_ACTION_CONTINUE
	ACTION(CONTINUE, NULL),
#endif
#undef ACTION
};

static u16 wire_id(u32 kernel_id)
{
	return kernel_id < ARRAY_SIZE(actions) ? actions[kernel_id].id : KMOD_ACTION_UNKNOWN;
}

/**
 * action_encode() - the actions of a rule
 * @rule: as the kernel gave it
 * @replace: lost_actions is filled in
 * @out: room for KMOD_ACTIONS_MAX
 *
 * Return: how many there are.
 */
unsigned int action_encode(const struct flow_rule *rule, struct kmod_replace *replace,
			   struct kmod_action *out)
{
	const struct flow_action_entry *entry;
	struct kmod_action *action;
	unsigned int n = 0;
	int i;

	flow_action_for_each(i, entry, &rule->action) {
		if (n == KMOD_ACTIONS_MAX) {
			replace->lost_actions++;
			continue;
		}
		action = &out[n++];
		memset(action, 0, sizeof(*action));
		action->id = wire_id(entry->id);
		action->kernel_id = entry->id;
		action->hw_stats = entry->hw_stats;
#if HAVE_HW_INDEX
		action->hw_index = entry->hw_index;
#endif
		if (action->id && actions[entry->id].fill)
			actions[entry->id].fill(entry, action->argument);
	}
	return n;
}
