/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nsim_nft_offload.ko and the program behind its character device say to each other.
 *
 * Why its own format: the kernel's dissector keys, action ids and structs are no ABI and move from
 * release to release. Here everything has a number of ours, a fixed width and a fixed place; what a
 * kernel has and this format does not know is said to be there (unknown_keys, KMOD_ACTION_UNKNOWN),
 * never left out silently.
 *
 * Transport: /dev/nsim_nft_offload, one program at a time (a second open is EBUSY). A read returns
 * exactly one message (a buffer that is too small: EMSGSIZE, the message stays; one that can't be
 * written: EFAULT, and KMOD_LOST follows); a write takes one or more whole messages, in order; it
 * returns the bytes of those that were taken, or, when the first one is wrong, an error, and
 * nothing else happens: EMSGSIZE (the whole write has more than KMOD_MESSAGE_MAX bytes, none is
 * looked at), EBADMSG (nothing is written, bytes are missing, a length is not that of the type or
 * no multiple of 8, a type is unknown, flags are set, a second KMOD_HELLO, a KMOD_REPLY whose error
 * is no -errno or whose text has no end), ENOTCONN (before KMOD_HELLO, anything else of a length
 * that can be), EPROTO (KMOD_HELLO of another version). poll says readable, and always writable.
 *
 * Conversation: the program writes KMOD_HELLO with its version; before that, reads and other writes
 * are ENOTCONN and the module behaves as without a program. The module answers KMOD_HELLO, then
 * repeats what it holds (KMOD_PORT, KMOD_BIND, KMOD_REPLACE, each with KMOD_FLAG_REPEATED, in the
 * order in which it came) and KMOD_REPEAT_END; then events follow as they happen. An event with
 * KMOD_FLAG_SYNC has a kernel thread waiting for a KMOD_REPLY with its sequence, at most
 * timeout_ms; while it answers, the program must not change rules or devices (the waiting thread
 * may hold rtnl or the commit mutex). What ends while the repetition is read is not repeated, but
 * its end is told all the same: the program passes over bindings, rules and ports that it does not
 * know.
 *
 * When a KMOD_REPLACE is not answered in time, the kernel gets ETIMEDOUT and a KMOD_DESTROY for it
 * follows, so that both sides agree again; also when it was refused after it was repeated. After a
 * KMOD_BIND that was refused, or not answered in time, KMOD_RELEASE follows. A late reply is
 * ignored; one that refuses is counted and logged, as is the refusal of a repeated rule: the kernel
 * keeps it. What the kernel sends while it rolls a transaction back (a KMOD_REPLACE of a rule that
 * was about to be deleted, a KMOD_BIND of such a chain) can't be refused: it has no KMOD_FLAG_SYNC.
 *
 * Commands are keyed on (binding, cookie): a flowtable offers every flow, under one cookie, to each
 * of its devices. A KMOD_REPLACE for a live (binding, cookie) is an update, and one that is refused
 * leaves the rule as it was; if it was repeated before it was refused, a KMOD_REPLACE with what the
 * rule was follows. KMOD_DESTROY comes for rules that were never accepted, too, and twice.
 * After KMOD_UNBIND a binding gets nothing but KMOD_DESTROY, and ends with KMOD_RELEASE. When a
 * device goes away without an UNBIND from the kernel, the module sends one with
 * KMOD_FLAG_DEVICE_GONE, KMOD_RELEASE and KMOD_PORT_GONE.
 *
 * Numbers are in the byte order of the machine; values and masks of fields are bytes, most
 * significant first. Reserved members are 0. Strings end with a NUL inside their array.
 */
#ifndef NICEMU_KERNEL_WIRE_H
#define NICEMU_KERNEL_WIRE_H

#include <linux/types.h>

#define KMOD_DEVICE  "nsim_nft_offload" /* below /dev; also the module's name */
#define KMOD_VERSION 1

enum {
	KMOD_MESSAGE_MAX = 16384, /* bytes; also of one write */
	KMOD_NAME_SIZE = 16,
	KMOD_NFT_NAME_SIZE = 256,
	KMOD_TEXT_SIZE = 128,
	KMOD_FIELDS_MAX = 128,
	KMOD_ACTIONS_MAX = 64,
	KMOD_ARGUMENTS = 10,
};

enum kmod_type {
	/* both ways */
	KMOD_HELLO = 1,
	/* from the module */
	KMOD_PORT = 2, /* a device, bound or forwarded to: new, renamed, or with another address */
	KMOD_PORT_GONE = 3,
	KMOD_BIND = 4, /* SYNC */
	KMOD_UNBIND = 5,
	KMOD_REPLACE = 6, /* SYNC */
	KMOD_DESTROY = 7,
	KMOD_STATS = 8, /* the kernel asked and was answered; only with KMOD_HELLO_STATS */
	KMOD_FLUSH = 9, /* SYNC: write the totals now, then reply */
	KMOD_REPEAT_END = 10,
	/* events were lost (the queue was full): forget all, a repetition follows; totals begin at
	   0 */
	KMOD_LOST = 11,
	KMOD_RELEASE = 12, /* the binding is gone, with all that is left in it */
	/* from the program */
	KMOD_REPLY = 32,
	KMOD_TOTALS = 33,
};

enum {
	KMOD_FLAG_SYNC = 1 << 0,
	KMOD_FLAG_REPEATED = 1 << 1,
	KMOD_FLAG_DEVICE_GONE = 1 << 2, /* UNBIND: the kernel sent none; the device is going away */
};

struct kmod_header {
	__u32 length;   /* of the whole message, with this header */
	__u16 type;     /* enum kmod_type */
	__u16 flags;    /* KMOD_FLAG_*; 0 from the program */
	__u64 sequence; /* of events: 1, 2, …; KMOD_REPLY: of the event that is answered; else 0 */
};

enum { KMOD_HELLO_STATS = 1 << 0 };

struct kmod_hello {
	struct kmod_header header;
	__u32 version;
	__u32 options; /* from the program: KMOD_HELLO_* */
	/* from the module; the program leaves them 0 */
	char release[64]; /* uname -r */
	char kernel[64];  /* uname -v */
	char module[32];  /* the module's version */
};

/* A device. (netns, ifindex) names it; the name may change. */
struct kmod_port {
	struct kmod_header header;
	__u32 ifindex;
	__u32 netns;  /* inode number of its network namespace, as in /proc/PID/ns/net */
	__u16 iftype; /* ARPHRD_* */
	__u8 mac[6];
	char name[KMOD_NAME_SIZE];
	char kind[KMOD_NAME_SIZE]; /* "netdevsim", "veth" …; may be empty */
};

enum kmod_binder { KMOD_BINDER_CHAIN = 1, KMOD_BINDER_FLOWTABLE = 2, KMOD_BINDER_TC = 3 };
enum kmod_direction { KMOD_INGRESS = 0, KMOD_EGRESS = 1 };

/* BIND, UNBIND and RELEASE. table and chain are those of an nf_tables chain, else empty. */
struct kmod_bind {
	struct kmod_header header;
	__u32 binding; /* from 1, never used again while the module is loaded */
	__u32 ifindex;
	__u32 netns;
	__u8 binder;    /* enum kmod_binder */
	__u8 direction; /* enum kmod_direction */
	__u8 indirect;  /* 1: the device has no offload of its own (indirect block) */
	__u8 reserved;
	__u64 block; /* from 1: the same for all devices of a chain, flowtable or shared tc block */
	char table[KMOD_NFT_NAME_SIZE];
	char chain[KMOD_NFT_NAME_SIZE];
};

/*
 * The fields of a match: name, number, dissector key, bytes, the kernel's name. A key is given by
 * its number in used_keys; keys have the numbers of mainline's enum flow_dissector_key_id as
 * of 6.12 and keep them here, whatever the running kernel's are.
 */
#define KMOD_FIELDS(X)                                               \
	X(CONTROL_THOFF, 1, 0, 2, "control.thoff")                   \
	X(CONTROL_ADDR_TYPE, 2, 0, 2, "control.addr_type")           \
	X(CONTROL_FLAGS, 3, 0, 4, "control.flags")                   \
	X(BASIC_N_PROTO, 4, 1, 2, "basic.n_proto")                   \
	X(BASIC_IP_PROTO, 5, 1, 1, "basic.ip_proto")                 \
	X(IPV4_SRC, 6, 2, 4, "ipv4_addrs.src")                       \
	X(IPV4_DST, 7, 2, 4, "ipv4_addrs.dst")                       \
	X(IPV6_SRC, 8, 3, 16, "ipv6_addrs.src")                      \
	X(IPV6_DST, 9, 3, 16, "ipv6_addrs.dst")                      \
	X(PORTS_SRC, 10, 4, 2, "ports.src")                          \
	X(PORTS_DST, 11, 4, 2, "ports.dst")                          \
	X(PORTS_RANGE_MIN_SRC, 12, 5, 2, "ports_range.min.src")      \
	X(PORTS_RANGE_MIN_DST, 13, 5, 2, "ports_range.min.dst")      \
	X(PORTS_RANGE_MAX_SRC, 14, 5, 2, "ports_range.max.src")      \
	X(PORTS_RANGE_MAX_DST, 15, 5, 2, "ports_range.max.dst")      \
	X(ICMP_TYPE, 16, 6, 1, "icmp.type")                          \
	X(ICMP_CODE, 17, 6, 1, "icmp.code")                          \
	X(ICMP_ID, 18, 6, 2, "icmp.id")                              \
	X(ETH_DST, 19, 7, 6, "eth_addrs.dst")                        \
	X(ETH_SRC, 20, 7, 6, "eth_addrs.src")                        \
	X(ARP_SIP, 21, 9, 4, "arp.sip")                              \
	X(ARP_TIP, 22, 9, 4, "arp.tip")                              \
	X(ARP_OP, 23, 9, 1, "arp.op")                                \
	X(ARP_SHA, 24, 9, 6, "arp.sha")                              \
	X(ARP_THA, 25, 9, 6, "arp.tha")                              \
	X(VLAN_TCI, 26, 10, 2, "vlan.vlan_tci")                      \
	X(VLAN_TPID, 27, 10, 2, "vlan.vlan_tpid")                    \
	X(VLAN_ETH_TYPE, 28, 10, 2, "vlan.vlan_eth_type")            \
	X(ENC_KEYID, 29, 14, 4, "enc_keyid.keyid")                   \
	X(ENC_IPV4_SRC, 30, 15, 4, "enc_ipv4_addrs.src")             \
	X(ENC_IPV4_DST, 31, 15, 4, "enc_ipv4_addrs.dst")             \
	X(ENC_IPV6_SRC, 32, 16, 16, "enc_ipv6_addrs.src")            \
	X(ENC_IPV6_DST, 33, 16, 16, "enc_ipv6_addrs.dst")            \
	X(ENC_CONTROL_ADDR_TYPE, 34, 17, 2, "enc_control.addr_type") \
	X(ENC_CONTROL_FLAGS, 35, 17, 4, "enc_control.flags")         \
	X(ENC_PORTS_SRC, 36, 18, 2, "enc_ports.src")                 \
	X(ENC_PORTS_DST, 37, 18, 2, "enc_ports.dst")                 \
	X(MPLS_LS, 38, 19, 4, "mpls.ls[0]")                          \
	X(TCP_FLAGS, 39, 20, 2, "tcp.flags")                         \
	X(IP_TOS, 40, 21, 1, "ip.tos")                               \
	X(IP_TTL, 41, 21, 1, "ip.ttl")                               \
	X(CVLAN_TCI, 42, 22, 2, "cvlan.vlan_tci")                    \
	X(CVLAN_TPID, 43, 22, 2, "cvlan.vlan_tpid")                  \
	X(CVLAN_ETH_TYPE, 44, 22, 2, "cvlan.vlan_eth_type")          \
	X(ENC_IP_TOS, 45, 23, 1, "enc_ip.tos")                       \
	X(ENC_IP_TTL, 46, 23, 1, "enc_ip.ttl")                       \
	X(META_INGRESS_IFINDEX, 47, 25, 4, "meta.ingress_ifindex")   \
	X(META_INGRESS_IFTYPE, 48, 25, 2, "meta.ingress_iftype")     \
	X(META_L2_MISS, 49, 25, 1, "meta.l2_miss")                   \
	X(CT_STATE, 50, 26, 2, "ct.ct_state")                        \
	X(CT_ZONE, 51, 26, 2, "ct.ct_zone")                          \
	X(CT_MARK, 52, 26, 4, "ct.ct_mark")                          \
	X(CT_LABELS, 53, 26, 16, "ct.ct_labels")                     \
	X(HASH, 54, 27, 4, "hash.hash")                              \
	X(NUM_OF_VLANS, 55, 28, 1, "num_of_vlans.num_of_vlans")      \
	X(PPPOE_SESSION_ID, 56, 29, 2, "pppoe.session_id")           \
	X(PPPOE_PPP_PROTO, 57, 29, 2, "pppoe.ppp_proto")             \
	X(L2TPV3_SESSION_ID, 58, 30, 4, "l2tpv3.session_id")         \
	X(CFM_MDL_VER, 59, 31, 1, "cfm.mdl_ver")                     \
	X(CFM_OPCODE, 60, 31, 1, "cfm.opcode")                       \
	X(IPSEC_SPI, 61, 32, 4, "ipsec.spi")

enum kmod_field_id {
#define X(id, number, key, size, name) KMOD_FIELD_##id = number,
	KMOD_FIELDS(X)
#undef X
};

enum {
	KMOD_FIELD_FLAGGED = 1 << 0, /* its key is in used_keys */
	KMOD_FIELD_VALUE_SIZE = 16,
};

/*
 * All fields of every key that is flagged; and of keys that are not, those whose value or mask is
 * not 0, as far as the module can see them (nf_tables chains and flowtables).
 */
struct kmod_field {
	__u16 id;
	__u8 size;  /* bytes of key and mask that count; the rest is 0 */
	__u8 flags; /* KMOD_FIELD_* */
	__u8 key[KMOD_FIELD_VALUE_SIZE], mask[KMOD_FIELD_VALUE_SIZE];
};

/* The kernel's enum flow_action_id, numbers ours; then what argument[] holds. 64-bit: low, high. */
enum kmod_action_id {
	KMOD_ACTION_UNKNOWN = 0, /* see kernel_id */
	KMOD_ACTION_ACCEPT = 1,
	KMOD_ACTION_DROP = 2,
	KMOD_ACTION_TRAP = 3,
	KMOD_ACTION_GOTO = 4,             /* chain */
	KMOD_ACTION_REDIRECT = 5,         /* ifindex, netns; 0, 0 without a device */
	KMOD_ACTION_MIRRED = 6,           /* ifindex, netns */
	KMOD_ACTION_REDIRECT_INGRESS = 7, /* ifindex, netns */
	KMOD_ACTION_MIRRED_INGRESS = 8,   /* ifindex, netns */
	KMOD_ACTION_VLAN_PUSH = 9,        /* vid, ethertype, priority */
	KMOD_ACTION_VLAN_POP = 10,
	KMOD_ACTION_VLAN_MANGLE = 11, /* vid, ethertype, priority */
	KMOD_ACTION_TUNNEL_ENCAP =
		12, /* key id; family (4, 6); remote address (4 words, as in memory) */
	KMOD_ACTION_TUNNEL_DECAP = 13,
	KMOD_ACTION_MANGLE =
		14, /* header (0 none, 1 ETH, 2 IP4, 3 IP6, 4 TCP, 5 UDP), offset, mask, value */
	KMOD_ACTION_ADD = 15,              /* as MANGLE */
	KMOD_ACTION_CSUM = 16,             /* TCA_CSUM_UPDATE_FLAG_* */
	KMOD_ACTION_MARK = 17,             /* mark */
	KMOD_ACTION_PTYPE = 18,            /* type */
	KMOD_ACTION_PRIORITY = 19,         /* priority */
	KMOD_ACTION_RX_QUEUE_MAPPING = 20, /* queue */
	KMOD_ACTION_WAKE = 21,
	KMOD_ACTION_QUEUE = 22,  /* context, index, vf */
	KMOD_ACTION_SAMPLE = 23, /* rate, trunc_size, truncate */
	/* rate in bytes/s (64), burst in bytes, rate in packets/s (64), burst in packets (64), mtu,
	 * exceed action (enum kmod_action_id), not exceed action */
	KMOD_ACTION_POLICE = 24,
	KMOD_ACTION_CT = 25,          /* TCA_CT_ACT_*, zone */
	KMOD_ACTION_CT_METADATA = 26, /* mark, labels (4 words), original direction */
	KMOD_ACTION_MPLS_PUSH = 27,   /* label, ethertype, tc, bos, ttl */
	KMOD_ACTION_MPLS_POP = 28,    /* ethertype */
	KMOD_ACTION_MPLS_MANGLE = 29, /* label, tc, bos, ttl */
	KMOD_ACTION_GATE = 30,        /* priority, entries */
	KMOD_ACTION_PPPOE_PUSH = 31,  /* session */
	KMOD_ACTION_JUMP = 32,
	KMOD_ACTION_PIPE = 33,
	KMOD_ACTION_VLAN_PUSH_ETH =
		34, /* dst (2 words: 4 bytes, 2 bytes), src, most significant first */
	KMOD_ACTION_VLAN_POP_ETH = 35,
	KMOD_ACTION_CONTINUE = 36,
};

struct kmod_action {
	__u16 id;        /* enum kmod_action_id */
	__u16 hw_stats;  /* the kernel's bits: 1 immediate, 2 delayed, 4 disabled */
	__u32 kernel_id; /* the running kernel's number */
	__u32 hw_index;
	__u32 argument[KMOD_ARGUMENTS];
};

/* DESTROY and STATS; the beginning of REPLACE. */
struct kmod_command {
	struct kmod_header header;
	__u32 binding;
	__u32 prio;
	__u32 chain_index;
	__u16 protocol; /* common.protocol read as a big-endian number */
	__u8 skip_sw;
	__u8 reserved;
	__u64 cookie;
	/* STATS: what was added now; 0 otherwise */
	__u64 packets, bytes;
	__u32 idle_ms; /* since it was last used; ~0: never */
	__s32 error;   /* 0 or -errno, as the kernel was answered */
};

/* Followed by num_fields struct kmod_field and num_actions struct kmod_action. */
struct kmod_replace {
	struct kmod_command command;
	__u64 used_keys; /* bit n: key n of KMOD_FIELDS */
	/* the running kernel's bits that KMOD_FIELDS has not, or of which it has not all that was
	 * set */
	__u64 unknown_keys;
	__u64 handle;   /* of the nf_tables rule, else 0 */
	__u64 previous; /* handle of the rule before it in the chain, 0: first */
	__u16 num_fields, num_actions;
	__u32 lost_actions; /* more than KMOD_ACTIONS_MAX */
};

/*
 * error: 0 or -errno; text: why, for extack; may be empty. The kernel gets EBUSY for EAGAIN, which
 * would have it try for ever, and EIO for numbers that user space does not know.
 */
struct kmod_reply {
	struct kmod_header header;
	__s32 error;
	__u32 reserved;
	char text[KMOD_TEXT_SIZE];
};

/*
 * Since the rule was accepted by this program (after KMOD_LOST: since then); they only grow, and
 * one that shrinks is refused. Unknown (binding, cookie) are passed over.
 */
struct kmod_total {
	__u32 binding;
	__u32 idle_ms; /* since it was last used; ~0: never */
	__u64 cookie;
	__u64 packets, bytes;
};

/* Followed by count struct kmod_total. */
struct kmod_totals {
	struct kmod_header header;
	__u32 count;
	__u32 reserved;
};

#endif
