/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules and packets at ingress of a small NIC, for the tests of the software path. A test makes its
 * rules with the functions below and those of rule_maker.h, calls load() once, and plays packets.
 * All is one test's; Criterion runs each in a process of its own.
 */
#ifndef NICEMU_TESTS_HOST_INGRESS_WORLD_H
#define NICEMU_TESTS_HOST_INGRESS_WORLD_H

#include "../control/rule_maker.h"
#include "packets.h"

#include <nicemu/host/ingress.h>

enum { IPV4 = 0x0800, IPV6 = 0x86dd, VLAN = 0x8100, UDP = 17, ICMP = 1 };

extern struct world *const w;
extern struct host_result result; /* of the last packet */
extern struct host_step last;     /* the last rule that was run */
extern char walked[256];          /* chains of the rules that matched, a letter each */

/* Of a suite: a batch is begun that has table "t" of family netdev. */
void open_world(void);
void close_world(void);

void table_of(uint16_t family, uint32_t flags);
/* A base chain on eth0, or with hooknum -1 a regular one. */
void chain_of(uint16_t family, const char *name, int hooknum, int priority, uint32_t policy);
/* The same in netdev: a base chain and a regular one. */
void base(const char *name, int priority, uint32_t policy);
void regular(const char *name);
void begin_rule(const char *chain);
/* The key into register 1. */
void put_meta(uint32_t key);
/* A rule `chain: verdict`, without a match. */
void always(const char *chain, uint32_t verdict);
/* The same with NFT_JUMP or NFT_GOTO. */
void jump(const char *chain, uint32_t verdict, const char *target);
/* Send the batch; the rules must be accepted. */
void load(void);

/* One packet, from port 0: fills result, last and walked. */
enum host_verdict play(const struct packet *packet);
enum host_verdict play_frame(const struct frame_bytes *f);
/* From port 1000 to port 53, over IPv4. */
enum host_verdict play_udp(void);

#endif
