/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attributes.h"

#include "../translate/generator.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

enum { NODES = 4096, STORE = 1 << 17, DEPTH = 8, NONE = 0, ROOT = 1, TYPES = 40, LEAF_ROOM = 64 };

struct node {
	uint16_t type; /* with its flags */
	uint16_t size; /* of a leaf */
	uint8_t depth;
	bool nested;
	const uint8_t *bytes; /* of a leaf */
	unsigned int child, next;
};

/* One tree at a time; node 0 is none, node 1 the list. */
static struct node nodes[NODES];
static unsigned int num_nodes;
static uint8_t store[STORE];
static size_t stored;
static struct random dice;

static uint32_t below(uint32_t bound)
{
	return (uint32_t)random_below(&dice, bound);
}

static void clear(unsigned int seed)
{
	num_nodes = ROOT + 1;
	stored = 0;
	dice.state = seed;
	memset(&nodes[ROOT], 0, sizeof(nodes[ROOT]));
	nodes[ROOT].nested = true;
}

/* Bytes that live as long as the tree; NULL when there is no room. */
static uint8_t *keep(const void *bytes, size_t size)
{
	uint8_t *kept = store + stored;

	if (size > STORE - stored)
		return NULL;
	memcpy(kept, bytes, size);
	stored += size;
	return kept;
}

static unsigned int new_node(void)
{
	if (num_nodes == NODES)
		return NONE;
	memset(&nodes[num_nodes], 0, sizeof(nodes[0]));
	return num_nodes++;
}

static uint16_t get16(const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* Do the bytes look like attributes, end to end? */
static bool is_list(const uint8_t *bytes, size_t size)
{
	size_t at = 0, length;

	while (size - at >= MNL_ATTR_HDRLEN) {
		length = get16(bytes + at);
		if (length < MNL_ATTR_HDRLEN || length > size - at ||
		    (get16(bytes + at + 2) & NLA_TYPE_MASK) > TYPES)
			return false;
		at += MNL_ALIGN(length) < size - at ? MNL_ALIGN(length) : size - at;
	}
	return size > 0 && at == size;
}

/* Reads attributes below parent, which must be a nest; what is no attribute any more is dropped. */
static void read_list(unsigned int parent, const uint8_t *bytes, size_t size)
{
	unsigned int *link = &nodes[parent].child, n;
	size_t length;

	while (size >= MNL_ATTR_HDRLEN) {
		length = get16(bytes);
		if (length < MNL_ATTR_HDRLEN || length > size)
			return;
		n = new_node();
		if (n == NONE)
			return;
		nodes[n].type = get16(bytes + 2);
		nodes[n].depth = (uint8_t)(nodes[parent].depth + 1);
		nodes[n].bytes = bytes + MNL_ATTR_HDRLEN;
		nodes[n].size = (uint16_t)(length - MNL_ATTR_HDRLEN);
		*link = n;
		link = &nodes[n].next;
		if (nodes[n].depth < DEPTH && is_list(nodes[n].bytes, nodes[n].size)) {
			nodes[n].nested = true;
			read_list(n, nodes[n].bytes, nodes[n].size);
		}
		if (MNL_ALIGN(length) >= size)
			return;
		bytes += MNL_ALIGN(length);
		size -= MNL_ALIGN(length);
	}
}

static void read_tree(const uint8_t *data, size_t size)
{
	const uint8_t *kept = keep(data, size);

	if (kept)
		read_list(ROOT, kept, size);
}

/* A node that stands somewhere below ROOT, any with the same chance; NONE in an empty tree. */
static unsigned int pick_below(unsigned int parent, uint32_t *seen, unsigned int chosen)
{
	for (unsigned int n = nodes[parent].child; n != NONE; n = nodes[n].next) {
		if (below(++*seen) == 0)
			chosen = n;
		chosen = pick_below(n, seen, chosen);
	}
	return chosen;
}

static unsigned int pick(void)
{
	uint32_t seen = 0;

	return pick_below(ROOT, &seen, NONE);
}

/* The link that leads to a node: of its parent, or of its neighbour. */
static unsigned int *link_to(unsigned int parent, unsigned int wanted)
{
	for (unsigned int *link = &nodes[parent].child; *link != NONE; link = &nodes[*link].next) {
		unsigned int *found = *link == wanted ? link : link_to(*link, wanted);

		if (found)
			return found;
	}
	return NULL;
}

static unsigned int copy_node(unsigned int from)
{
	unsigned int n = new_node(), *link;

	if (n == NONE)
		return NONE;
	nodes[n] = nodes[from];
	nodes[n].next = NONE;
	nodes[n].child = NONE;
	link = &nodes[n].child;
	for (unsigned int c = nodes[from].child; c != NONE; c = nodes[c].next) {
		*link = copy_node(c);
		if (*link == NONE)
			break;
		link = &nodes[*link].next;
	}
	return n;
}

static void insert_after(unsigned int place, unsigned int n)
{
	if (place == NONE || n == NONE)
		return;
	nodes[n].next = nodes[place].next;
	nodes[place].next = n;
}

static unsigned int random_element(void)
{
	unsigned int count = 0, chosen = NONE;

	for (unsigned int n = nodes[ROOT].child; n != NONE; n = nodes[n].next)
		if (below(++count) == 0)
			chosen = n;
	return chosen;
}

static void put_first(unsigned int n)
{
	if (n == NONE)
		return;
	nodes[n].next = nodes[ROOT].child;
	nodes[ROOT].child = n;
}

/* One of the expressions that the generator makes, or all, somewhere in the list. */
static void add_generated(void)
{
	static uint32_t message[1 << 14];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(message);
	unsigned int aside = nodes[ROOT].child, place;
	const struct nlattr *list;
	bool all = below(2);

	generate_expressions(nlh, &dice);
	list = mnl_nlmsg_get_payload(nlh);
	nodes[ROOT].child = NONE;
	if (mnl_attr_get_payload_len(list) <= LEAF_ROOM * LEAF_ROOM)
		read_tree(mnl_attr_get_payload(list), mnl_attr_get_payload_len(list));
	if (!all && nodes[ROOT].child != NONE) {
		unsigned int one = random_element();

		nodes[one].next = NONE;
		nodes[ROOT].child = one;
	}
	if (aside == NONE)
		return;
	/* The new ones stand before the old, then one of them may move by a later swap. */
	for (place = nodes[ROOT].child; place != NONE && nodes[place].next != NONE;)
		place = nodes[place].next;
	if (place == NONE)
		nodes[ROOT].child = aside;
	else
		nodes[place].next = aside;
}

static void remove_node(unsigned int n)
{
	unsigned int *link = link_to(ROOT, n);

	if (link)
		*link = nodes[n].next;
}

/* Two neighbours, wherever they are. */
static void swap_with_next(unsigned int n)
{
	unsigned int *link = link_to(ROOT, n), after = nodes[n].next;

	if (!link || after == NONE)
		return;
	nodes[n].next = nodes[after].next;
	nodes[after].next = n;
	*link = after;
}

static void move_elsewhere(unsigned int n)
{
	unsigned int place = pick(), copy = copy_node(n);

	insert_after(place, copy);
	if (below(2))
		remove_node(n);
}

/* Values that checks stand at: registers, lengths, offsets, families, limits. */
static uint32_t telling_number(void)
{
	static const uint32_t numbers[] = {
		0,          1,          2,          3,          4,          5,        6,
		7,          8,          9,          10,         11,         12,       13,
		14,         15,         16,         17,         18,         19,       20,
		22,         23,         24,         25,         31,         32,       33,
		63,         64,         65,         127,        128,        129,      255,
		256,        257,        511,        0x0800,     0x8100,     772,      1u << 15,
		0xffff,     1u << 16,   0x86dd0000, 0x08000000, 0x7fffffff, 1u << 31, 0xfffffff0,
		0xfffffffb, 0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff};

	return numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
}

static void set_bytes(struct node *node, const void *bytes, size_t size)
{
	const uint8_t *kept = keep(bytes, size);

	if (!kept)
		return;
	node->bytes = kept;
	node->size = (uint16_t)size;
	node->nested = false;
	node->child = NONE;
}

static void change_value(struct node *node)
{
	uint8_t bytes[LEAF_ROOM] = {0}, byte;
	size_t size = node->size < sizeof(bytes) ? node->size : sizeof(bytes), longer;
	uint32_t number = htonl(telling_number());

	memcpy(bytes, node->bytes, size);
	switch (below(6)) {
	case 0: set_bytes(node, &number, sizeof(number)); break;
	case 1: /* the last bytes of the number, in as many as there were */
		for (size_t i = 0; i < size && i < sizeof(number); i++)
			bytes[size - 1 - i] = ((uint8_t *)&number)[sizeof(number) - 1 - i];
		set_bytes(node, bytes, size);
		break;
	case 2: /* the other byte order */
		for (size_t i = 0; i < size / 2; i++) {
			byte = bytes[i];
			bytes[i] = bytes[size - 1 - i];
			bytes[size - 1 - i] = byte;
		}
		set_bytes(node, bytes, size);
		break;
	case 3:
		longer = below(sizeof(bytes));
		set_bytes(node, bytes, longer);
		break;
	case 4: set_bytes(node, bytes, size ? size - 1 : 1); break;
	default: set_bytes(node, bytes, LLVMFuzzerMutate(bytes, size, sizeof(bytes))); break;
	}
}

static void change_name(struct node *node)
{
	static const char *const names[] = {
		"payload", "meta",   "cmp",       "bitwise",  "immediate", "counter",   "fwd",
		"dup",     "lookup", "objref",    "dynset",   "range",     "byteorder", "limit",
		"quota",   "log",    "ct",        "exthdr",   "numgen",    "hash",      "fib",
		"rt",      "last",   "connlimit", "reject",   "nat",       "notrack",   "socket",
		"osf",     "xfrm",   "inner",     "synproxy", "tunnel",    "tproxy",    "masq",
		"redir",   "queue",  "match",     "target"};
	const char *name = names[below(sizeof(names) / sizeof(names[0]))];

	set_bytes(node, name, strlen(name) + 1);
}

static void change_type(struct node *node)
{
	static const uint16_t flags[] = {0, 0, NLA_F_NESTED, NLA_F_NET_BYTEORDER};

	node->type =
		(uint16_t)(below(3) ? node->type & NLA_TYPE_MASK : below(TYPES)) | flags[below(4)];
}

static void nest_wrongly(unsigned int n)
{
	unsigned int inner = copy_node(n);

	if (inner == NONE)
		return;
	if (nodes[n].nested && nodes[n].child != NONE && below(2)) {
		/* The nest goes, its first attribute stands for it. */
		unsigned int first = nodes[n].child, next = nodes[n].next;

		nodes[n] = nodes[first];
		nodes[n].next = next;
		return;
	}
	nodes[n].nested = true;
	nodes[n].child = inner;
	nodes[inner].type = (uint16_t)below(6);
}

static void change(unsigned int n)
{
	if (n == NONE || below(8) == 0) {
		add_generated();
		return;
	}
	if (nodes[n].depth == 2 && nodes[n].type == NFTA_EXPR_NAME && below(2)) {
		change_name(&nodes[n]);
		return;
	}
	switch (below(nodes[n].nested ? 7 : 12)) {
	case 0: remove_node(n); break;
	case 1: insert_after(n, copy_node(n)); break;
	case 2: swap_with_next(n); break;
	case 3: move_elsewhere(n); break;
	case 4: change_type(&nodes[n]); break;
	case 5: nest_wrongly(n); break;
	case 6: swap_with_next(random_element()); break;
	default: change_value(&nodes[n]); break;
	}
}

/* Appends the attributes below parent; those that have no room are left out. */
static size_t write_list(unsigned int parent, uint8_t *data, size_t at, size_t room)
{
	uint16_t header[2];

	for (unsigned int n = nodes[parent].child; n != NONE; n = nodes[n].next) {
		size_t payload = at + MNL_ATTR_HDRLEN, end = payload + nodes[n].size;

		if (room < payload || (!nodes[n].nested && room < end))
			break;
		if (nodes[n].nested)
			end = write_list(n, data, payload, room);
		else
			memcpy(data + payload, nodes[n].bytes, nodes[n].size);
		if (end - at > UINT16_MAX)
			break;
		header[0] = (uint16_t)(end - at);
		header[1] = nodes[n].type;
		memcpy(data + at, header, sizeof(header));
		if (MNL_ALIGN(end) > room)
			return end;
		memset(data + end, 0, MNL_ALIGN(end) - end);
		at = MNL_ALIGN(end);
	}
	return at;
}

size_t attributes_mutate(uint8_t *data, size_t size, size_t room, unsigned int seed)
{
	uint32_t changes;

	clear(seed);
	read_tree(data, size);
	changes = 1 + below(4) * below(2);
	for (uint32_t i = 0; i < changes; i++)
		change(pick());
	size = write_list(ROOT, data, 0, room);
	/* Now and then a length that lies. */
	if (size > 0 && below(40) == 0)
		data[below((uint32_t)size)] ^= (uint8_t)(1u << below(8));
	return size;
}

size_t attributes_cross(const uint8_t *one, size_t one_size, const uint8_t *other,
			size_t other_size, uint8_t *out, size_t room, unsigned int seed)
{
	unsigned int first, n, next;

	clear(seed);
	read_tree(other, other_size);
	first = nodes[ROOT].child;
	nodes[ROOT].child = NONE;
	read_tree(one, one_size);
	for (n = first; n != NONE; n = next) {
		unsigned int place = random_element();

		next = nodes[n].next;
		if (below(3) == 0)
			continue;
		if (place == NONE)
			put_first(n);
		else
			insert_after(place, n);
		if (place == NONE)
			nodes[n].next = NONE;
	}
	return write_list(ROOT, out, 0, room);
}
