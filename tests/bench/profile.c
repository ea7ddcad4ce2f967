/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile.h"

#define ROWS(TABLE)                                   \
	{                                             \
		TABLE, sizeof(TABLE) / sizeof(*TABLE) \
	}

enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47, ESP = 50, ICMPV6 = 58, ANY = -1 };

/* acl1: 733 rules of a real access list, as ClassBench's seed describes them. */
static const struct protocol_row acl1_protocols[] = {{85, ANY}, {31, ICMP}, {873, TCP}, {11, UDP}};

static const struct ports_row acl1_ports[] = {
	{213, PORT_ANY, PORT_ANY}, {131, PORT_ANY, PORT_RANGE}, {656, PORT_ANY, PORT_EXACT}};

static const struct prefixes_row acl1_wide[] = {
	{489, 32, 32}, {112, 32, 24}, {99, 23, 32}, {81, 32, 22}, {54, 23, 16}, {27, 31, 32},
	{18, 30, 32},  {18, 30, 22},  {9, 31, 22},  {9, 23, 31},  {5, 32, 31},  {5, 31, 24},
	{5, 0, 0},     {5, 0, 8},     {5, 8, 0},    {5, 0, 13},   {5, 23, 0},   {5, 23, 1},
	{5, 23, 2},    {5, 23, 3},    {5, 23, 4},   {5, 23, 5},   {5, 23, 6},   {5, 23, 7},
	{5, 23, 8},    {5, 23, 15},   {5, 23, 24},  {5, 23, 25},  {5, 23, 26}};

static const struct prefixes_row acl1_narrow[] = {
	{862, 32, 32}, {28, 31, 32}, {26, 23, 32}, {36, 32, 22}, {14, 32, 31},
	{12, 30, 22},  {10, 32, 30}, {6, 31, 22},  {4, 23, 28},  {2, 23, 31}};

/* One network of 512 addresses, and hosts in it. */
static const struct tree_level acl1_source[] = {{0, 1000, 998}, {6, 500, 998},  {7, 1000, 1000},
						{24, 500, 493}, {25, 333, 740}, {26, 200, 323},
						{27, 222, 364}, {28, 250, 461}, {29, 250, 365},
						{30, 468, 482}, {31, 739, 461}};

static const struct tree_level acl1_destination[] = {
	{0, 0, 737},    {1, 0, 611},    {2, 333, 791},  {3, 250, 879},  {4, 167, 654},
	{5, 600, 833},  {6, 692, 582},  {7, 765, 500},  {8, 800, 777},  {9, 917, 951},
	{10, 923, 693}, {11, 821, 531}, {12, 758, 539}, {13, 775, 585}, {14, 816, 631},
	{15, 860, 714}, {16, 906, 928}, {17, 897, 628}, {18, 953, 537}, {19, 925, 710},
	{20, 958, 636}, {21, 907, 526}, {22, 962, 486}, {23, 904, 311}, {24, 930, 401},
	{25, 912, 590}, {26, 918, 616}, {27, 934, 502}, {28, 902, 347}, {29, 862, 465},
	{30, 899, 314}, {31, 906, 476}};

#define P(WEIGHT, PORT)            \
	{                          \
		WEIGHT, PORT, PORT \
	}
static const struct port_row acl1_exact[] = {
	P(188, 1521), P(54, 1526), P(42, 1221), P(35, 1433), P(28, 1525), P(28, 135),  P(28, 14753),
	P(24, 1712),  P(24, 1711), P(24, 1704), P(24, 1708), P(21, 5555), P(21, 1705), P(21, 6000),
	P(21, 20),    P(21, 21),   P(21, 1724), P(21, 1717), P(19, 1707), P(19, 1733), P(19, 1706),
	P(19, 5540),  P(19, 5541), P(16, 1734), P(14, 1489), P(14, 1490), P(14, 5632), P(14, 5631),
	P(12, 6789),  P(9, 1715),  P(9, 2121),  P(7, 6790),  P(7, 32200), P(7, 32201), P(5, 2110),
	P(5, 2115),   P(5, 3031),  P(5, 1540),  P(5, 31000), P(5, 3745),  P(5, 30210), P(5, 19856),
	P(5, 2026),   P(5, 443),   P(5, 80),    P(5, 30211), P(5, 6849),  P(5, 27000), P(5, 27400),
	P(5, 65500),  P(5, 30804), P(5, 30899), P(2, 1650),  P(2, 1600),  P(2, 15126), P(2, 15121),
	P(2, 2051),   P(2, 2308),  P(2, 12050), P(2, 1601),  P(2, 1602),  P(2, 5543),  P(2, 7205),
	P(2, 5542),   P(2, 1432),  P(2, 1352),  P(2, 6888),  P(2, 512),   P(2, 4646),  P(2, 55444),
	P(2, 6889),   P(2, 1550),  P(2, 6890)};

static const struct port_row acl1_ranges[] = {
	{82, 1600, 1649},   {71, 1300, 1349},   {71, 1300, 1350},   {47, 7500, 7599},
	{47, 2200, 2210},   {35, 1025, 65535},  {35, 1700, 1750},   {35, 5001, 65535},
	{35, 32200, 32207}, {35, 8000, 8100},   {24, 61700, 61709}, {24, 61500, 61509},
	{24, 61600, 61609}, {24, 61900, 61909}, {24, 62000, 62009}, {24, 61800, 61809},
	{24, 61100, 61119}, {24, 61200, 61209}, {24, 61000, 61009}, {24, 61400, 61409},
	{24, 61300, 61309}, {24, 62700, 62709}, {24, 1700, 1720},   {24, 62600, 62609},
	{24, 20000, 20010}, {24, 1600, 1650},   {24, 62400, 62409}, {24, 62100, 62109},
	{24, 62500, 62509}, {12, 62200, 62219}, {12, 32210, 32219}, {12, 62220, 62239},
	{12, 62200, 62239}, {12, 1300, 1399}};

/* Services that any list has. The last rows stand for everything else. */
static const struct port_row services[] = {
	P(140, 80),  P(130, 443), P(60, 22),   P(55, 25),   P(70, 53),     P(30, 21),
	P(20, 23),   P(25, 110),  P(20, 143),  P(15, 993),  P(12, 995),    P(20, 123),
	P(18, 161),  P(8, 162),   P(16, 389),  P(10, 636),  P(20, 445),    P(15, 139),
	P(12, 135),  P(8, 137),   P(20, 3389), P(20, 1433), P(18, 3306),   P(16, 5432),
	P(20, 8080), P(14, 8443), P(10, 1521), P(8, 514),   P(6, 69),      P(10, 88),
	P(8, 500),   P(8, 4500),  P(6, 1723),  P(6, 5060),  P(6, 5061),    P(6, 6379),
	P(5, 9200),  P(5, 11211), P(5, 27017), P(5, 2049),  P(4, 111),     P(4, 873),
	P(4, 179),   P(4, 1812),  P(4, 1813),  P(3, 5900),  {60, 1, 1023}, {90, 1024, 49151}};

static const struct port_row common_ranges[] = {
	{20, 6000, 6063},   {20, 137, 139},    {20, 33434, 33523}, {15, 8000, 8099},
	{15, 5060, 5061},   {15, 20, 21},      {15, 16384, 32767}, {10, 6881, 6999},
	{10, 10000, 20000}, {10, 3478, 3481},  {10, 27000, 27015}, {8, 5900, 5999},
	{8, 1812, 1813},    {8, 49152, 65535}, {6, 161, 162},      {6, 67, 68},
	{6, 9000, 9099},    {5, 5000, 5010}};

/* acl */
static const struct protocol_row acl_protocols[] = {{60, ANY}, {40, ICMP}, {700, TCP}, {200, UDP}};

static const struct ports_row acl_ports[] = {
	{20, PORT_ANY, PORT_ANY}, {10, PORT_ANY, PORT_RANGE}, {60, PORT_ANY, PORT_EXACT},
	{4, PORT_ANY, PORT_HIGH}, {3, PORT_EXACT, PORT_ANY},  {3, PORT_HIGH, PORT_EXACT}};

static const struct prefixes_row acl_prefixes[] = {
	{300, 32, 32}, {140, 32, 24}, {100, 24, 32}, {90, 0, 32},  {80, 24, 24}, {50, 0, 24},
	{45, 16, 32},  {30, 16, 24},  {30, 28, 32},  {25, 30, 32}, {20, 27, 27}, {20, 22, 32},
	{15, 32, 16},  {15, 8, 32},   {15, 23, 23},  {10, 32, 28}, {10, 8, 24},  {5, 0, 16}};

/* Some ten thousand hosts on either side where there are 100,000 rules. */
static const struct tree_level acl_source[] = {
	{0, 600, 600}, {8, 550, 600}, {16, 650, 500}, {24, 500, 400}};
static const struct tree_level acl_destination[] = {
	{0, 600, 500}, {8, 550, 500}, {16, 550, 400}, {24, 400, 400}};

/* fw */
static const struct protocol_row fw_protocols[] = {{110, ANY}, {60, ICMP}, {580, TCP},
						   {220, UDP}, {15, GRE},  {15, ESP}};

static const struct ports_row fw_ports[] = {
	{22, PORT_ANY, PORT_ANY},   {44, PORT_ANY, PORT_EXACT},  {9, PORT_EXACT, PORT_ANY},
	{9, PORT_HIGH, PORT_EXACT}, {6, PORT_ANY, PORT_RANGE},   {4, PORT_ANY, PORT_HIGH},
	{3, PORT_EXACT, PORT_HIGH}, {2, PORT_EXACT, PORT_EXACT}, {1, PORT_RANGE, PORT_ANY}};

static const struct prefixes_row fw_prefixes[] = {
	{220, 0, 32}, {170, 32, 32}, {90, 0, 24},  {85, 32, 0},  {80, 24, 32}, {60, 32, 24},
	{50, 24, 0},  {45, 24, 24},  {40, 16, 32}, {35, 0, 16},  {30, 8, 32},  {25, 0, 28},
	{20, 16, 16}, {15, 0, 0},    {15, 32, 16}, {10, 27, 32}, {10, 0, 8}};

/* ipc */
static const struct protocol_row ipc_protocols[] = {{80, ANY},  {70, ICMP}, {560, TCP},
						    {270, UDP}, {10, GRE},  {10, ESP}};

static const struct ports_row ipc_ports[] = {
	{24, PORT_ANY, PORT_ANY},    {40, PORT_ANY, PORT_EXACT}, {12, PORT_EXACT, PORT_ANY},
	{6, PORT_HIGH, PORT_EXACT},  {7, PORT_ANY, PORT_RANGE},  {4, PORT_EXACT, PORT_HIGH},
	{4, PORT_EXACT, PORT_EXACT}, {3, PORT_HIGH, PORT_HIGH}};

static const struct prefixes_row ipc_prefixes[] = {
	{350, 32, 32}, {100, 24, 32}, {90, 32, 24}, {70, 0, 32},  {60, 24, 24}, {45, 16, 32},
	{45, 32, 16},  {35, 30, 32},  {30, 0, 24},  {30, 32, 0},  {25, 16, 16}, {25, 28, 32},
	{20, 26, 26},  {20, 16, 24},  {15, 8, 32},  {15, 32, 28}, {15, 22, 22}, {10, 0, 0}};

/* chain: what people write by hand and by script. No smoothing, no sorting. */
static const struct protocol_row chain_protocols[] = {
	{120, ANY}, {30, ICMP}, {650, TCP}, {200, UDP}};

static const struct ports_row chain_ports[] = {{95, PORT_ANY, PORT_EXACT},
					       {5, PORT_ANY, PORT_RANGE}};

static const struct prefixes_row chain_wide[] = {
	{500, 32, 0}, {250, 24, 0}, {100, 16, 0}, {100, 24, 24}, {50, 0, 24}};
static const struct prefixes_row chain_narrow[] = {{350, 24, 32}, {250, 0, 32}, {200, 32, 32},
						   {80, 16, 24},  {60, 24, 24}, {60, 32, 0}};

/* ipv6: networks of /32, sites of /48, links of /64. */
static const struct protocol_row ipv6_protocols[] = {
	{60, ANY}, {60, ICMPV6}, {680, TCP}, {200, UDP}};

static const struct prefixes_row ipv6_prefixes[] = {
	{250, 128, 128}, {180, 64, 128}, {140, 48, 64}, {110, 0, 128}, {90, 64, 64}, {80, 32, 128},
	{60, 0, 64},     {50, 48, 48},   {30, 56, 128}, {20, 128, 64}, {10, 29, 48}};

static const struct tree_level ipv6_source[] = {{0, 1000, 0},   {3, 750, 500}, {32, 500, 500},
						{48, 600, 500}, {64, 1000, 0}, {116, 400, 400}};
static const struct tree_level ipv6_destination[] = {{0, 1000, 0},   {3, 850, 500},
						     {32, 450, 500}, {48, 550, 500},
						     {64, 1000, 0},  {116, 400, 400}};

const struct profile profiles[RULE_KINDS] = {
	[KIND_ACL] = {"acl",
		      32,
		      20,
		      true,
		      ROWS(acl_protocols),
		      ROWS(acl_ports),
		      {ROWS(acl_prefixes), ROWS(acl_prefixes)},
		      ROWS(acl_source),
		      ROWS(acl_destination),
		      ROWS(services),
		      ROWS(common_ranges)},
	[KIND_FW] = {"fw",
		     32,
		     25,
		     true,
		     ROWS(fw_protocols),
		     ROWS(fw_ports),
		     {ROWS(fw_prefixes), ROWS(fw_prefixes)},
		     ROWS(acl_source),
		     ROWS(acl_destination),
		     ROWS(services),
		     ROWS(common_ranges)},
	[KIND_IPC] = {"ipc",
		      32,
		      25,
		      true,
		      ROWS(ipc_protocols),
		      ROWS(ipc_ports),
		      {ROWS(ipc_prefixes), ROWS(ipc_prefixes)},
		      ROWS(acl_source),
		      ROWS(acl_destination),
		      ROWS(services),
		      ROWS(common_ranges)},
	[KIND_ACL1] = {"acl1",
		       32,
		       0,
		       true,
		       ROWS(acl1_protocols),
		       ROWS(acl1_ports),
		       {ROWS(acl1_wide), ROWS(acl1_narrow)},
		       ROWS(acl1_source),
		       ROWS(acl1_destination),
		       ROWS(acl1_exact),
		       ROWS(acl1_ranges)},
	[KIND_CHAIN] = {"chain",
			32,
			0,
			false,
			ROWS(chain_protocols),
			ROWS(chain_ports),
			{ROWS(chain_wide), ROWS(chain_narrow)},
			ROWS(acl_source),
			ROWS(acl_destination),
			ROWS(services),
			ROWS(common_ranges)},
	[KIND_IPV6] = {"ipv6",
		       128,
		       10,
		       true,
		       ROWS(ipv6_protocols),
		       ROWS(acl_ports),
		       {ROWS(ipv6_prefixes), ROWS(ipv6_prefixes)},
		       ROWS(ipv6_source),
		       ROWS(ipv6_destination),
		       ROWS(services),
		       ROWS(common_ranges)},
	/* Rules of acl and of ipv6 in turn (ruleset.c). */
	[KIND_MIXED] = {"mixed", 0, 0, true, {0}, {0}, {{0}}, {0}, {0}, {0}, {0}},
};
