/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random rules as people write them, through the real nft and the running kernel: each is added to
 * a chain without offload, read back, translated here, and added to a chain with `flags offload`.
 * Both must accept it or both refuse it.
 *
 * usage: oracle_nft [--kernel VERSION] [--device NAME] [SEED [RULES]]
 */
#include "generator.h"
#include "kernel.h"
#include "world.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKIP = 77, TEXT_SIZE = 512 };

static const char *const matches[] = {
	"ip saddr 10.0.0.0/8",
	"ip saddr 10.1.2.3",
	"ip daddr 10.16.0.0/12",
	"ip daddr 192.168.1.0/24",
	"ip saddr & 255.0.255.0 == 10.0.3.0",
	"ip saddr != 1.1.1.1",
	"ip saddr 10.0.0.1-10.0.0.9",
	"ip protocol tcp",
	"ip protocol udp",
	"ip ttl 5",
	"ip dscp 3",
	"ip frag-off & 0x1fff != 0",
	"ip6 saddr 2001:db8::/32",
	"ip6 saddr 2001:db8::/36",
	"ip6 daddr 2001:db8::1",
	"ip6 nexthdr tcp",
	"ip6 hoplimit 3",
	"tcp dport 80",
	"tcp sport 443",
	"tcp sport & 0xffff == 80",
	"tcp dport & 0xff00 == 0x5000",
	"tcp dport 80-90",
	"tcp dport != 80",
	"tcp flags syn",
	"udp dport 53",
	"udp sport 1024-65535",
	"udp length 100",
	"sctp dport 5",
	"icmp type echo-request",
	"meta l4proto udp",
	"meta protocol ip",
	"meta protocol ip6",
	"meta protocol vlan",
	"meta protocol arp",
	"meta length 100",
	"meta mark 5",
	"iif lo",
	"iifname lo",
	"meta iiftype ether",
	"ether saddr 02:00:00:00:00:01",
	"ether daddr 02:00:00:00:00:02",
	"ether saddr & ff:ff:ff:00:00:00 == 02:00:00:00:00:00",
	"ether type ip",
	"ether type 8021q",
	"vlan id 5",
	"vlan pcp 3",
	"vlan id 5 ip saddr 10.0.0.1",
	"@ll,112,16 & 0xe000 == 0x6000",
	"@th,0,8 0x12",
	"@nh,96,32 0x0a000001",
	"arp operation request",
};

static const char *const statements[] = {
	"",
	"",
	"counter",
	"counter packets 5 bytes 7",
	"dup to lo",
	"log",
	"limit rate 5/second",
	"meta mark set 3",
	"quota over 5 mbytes",
	"ip ttl set 3",
	"counter",
};

static const char *const verdicts[] = {
	"drop", "drop", "drop", "accept", "accept", "continue", "return", "fwd to lo", "", "jump r",
};

#define PICK(random, array) (array)[random_below(random, sizeof(array) / sizeof((array)[0]))]

static void write_rule(char text[TEXT_SIZE], struct random *random)
{
	size_t count = random_below(random, 4);

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		strcat(text, PICK(random, matches));
		strcat(text, " ");
	}
	strcat(text, PICK(random, statements));
	strcat(text, " ");
	strcat(text, PICK(random, verdicts));
}

static bool nft(const char *option, const char *chain, const char *rule)
{
	char command[TEXT_SIZE + 128];

	snprintf(command, sizeof(command),
		 "PATH=$PATH:/usr/sbin:/sbin; nft %s 'add rule netdev t %s %s' 2>/dev/null", option,
		 chain, rule);
	return system(command) == 0;
}

struct judgement {
	const struct kernel_behavior *kernel;
	bool seen;
	int error; /* positive */
	struct reason reason;
};

/* The only rule of the table that is in chain p. */
static int judge(const struct nlmsghdr *nlh, void *data)
{
	struct judgement *j = data;
	const struct translate_context translation = {.kernel = j->kernel,
						      .ifindex_exists = kernel_ifindex_exists};
	const struct nlattr *attr, *list = NULL, *bad;
	struct nft_expr_context context;
	struct flow_rule *rule = NULL;
	struct nft_expr *exprs;
	size_t count;

	mnl_attr_for_each (attr, nlh, 4) {
		if (mnl_attr_get_type(attr) == NFTA_RULE_CHAIN &&
		    strcmp(mnl_attr_get_str(attr), "p") != 0)
			return MNL_CB_OK;
		if (mnl_attr_get_type(attr) == NFTA_RULE_EXPRESSIONS)
			list = attr;
	}
	j->seen = true;
	world_context(&context, j->kernel);
	context.reason = &j->reason;
	j->error = -nft_exprs_parse(&exprs, &count, list, &context, &bad, NULL);
	if (!j->error)
		j->error = -translate_nft_rule(&rule, exprs, count, &translation, &j->reason);
	flow_rule_free(rule);
	nft_exprs_free(exprs, count);
	return MNL_CB_OK;
}

static bool compare(struct mnl_socket *socket, const struct kernel_behavior *kernel,
		    const char *text, size_t counts[2])
{
	struct judgement j = {.kernel = kernel};
	bool offloaded;

	if (system("PATH=$PATH:/usr/sbin:/sbin; nft flush chain netdev t p") != 0)
		return false;
	if (!nft("", "p", text))
		return true; /* nft itself, or the kernel in any chain, says no */
	/* Only checked: translation answers at the message, and a device may refuse at commit. */
	offloaded = nft("-c", "c", text);
	if (kernel_dump(socket, NFT_MSG_GETRULE, judge, &j) < 0 || !j.seen)
		return false;
	counts[offloaded]++;
	if (offloaded == (j.error == 0))
		return true;
	printf("DIFFERENT: kernel %s, nicemu %s (%s): %s\n", offloaded ? "accepts" : "refuses",
	       errno_name(j.error), j.error ? j.reason.clause : "", text);
	return false;
}

int main(int argc, char **argv)
{
	int options = kernel_options(argc, argv);
	size_t wanted = 150, different = 0;
	size_t counts[2] = {0, 0};
	struct kernel_behavior kernel;
	struct mnl_socket *socket;
	struct random random;
	char text[TEXT_SIZE];
	uint64_t seed = 1;

	if (options < 0)
		return 2;
	argc -= options;
	argv += options;
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		wanted = strtoull(argv[2], NULL, 0);
	random = (struct random){.state = seed};
	socket = kernel_with_world(&kernel);
	if (!socket)
		return SKIP;
	if (!nft("", "r", "accept")) {
		printf("SKIP: no nft, or it can't add a rule to the test's table\n");
		return SKIP;
	}
	while (counts[0] + counts[1] < wanted) {
		write_rule(text, &random);
		different += !compare(socket, &kernel, text, counts);
	}
	printf("seed %llu: %zu rules of nft, the kernel offloads %zu, %zu different\n",
	       (unsigned long long)seed, counts[0] + counts[1], counts[1], different);
	mnl_socket_close(socket);
	return different > 0;
}
