/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the front end: kmod.c has the conversation, event.c a function for each kind of event,
 * rule.c makes flow rules, port.c ports, totals.c what goes back. Threading: event loop.
 */
#ifndef NICEMU_CONTROL_KMOD_INTERNAL_H
#define NICEMU_CONTROL_KMOD_INTERNAL_H

#include <nicemu/base/cursor.h>
#include <nicemu/control/kmod.h>
#include <nicemu/kernel/wire.h>

/* uthash reports that memory is out by leaving the element outside the table. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* A binding under the module's number and under that of offload/. */
struct kmod_binding {
	uint32_t module_id, id;
	int port;
	bool unbound;
	UT_hash_handle hh, by_id;
};

/* What was written of a rule's totals. */
struct kmod_written {
	struct kmod_written_key {
		uint64_t binding, cookie; /* the module's */
	} key;
	uint64_t packets, bytes;
	UT_hash_handle hh;
};

struct kmod {
	struct kmod_environment env;
	int fd;
	struct kmod_binding *bindings; /* by module_id */
	struct kmod_binding *by_id;
	struct kmod_written *written;
	bool told[NIC_PORTS_MAX]; /* ports that the module told of since the last LOST */
	bool lost;                /* until the repetition has ended */
	char error[256];
	_Alignas(8) uint8_t message[KMOD_MESSAGE_MAX];
};

/* The conversation ends: fills kmod->error and returns error. */
int kmod_fail(struct kmod *kmod, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* size bytes (whole messages). 0, or a negative errno after kmod_fail. */
int kmod_write(struct kmod *kmod, const void *messages, size_t size);

/* event.c: one message, whose header has been checked. 0, or a negative errno after kmod_fail. */
int kmod_take(struct kmod *kmod, const struct kmod_header *header, struct cursor *message);

struct kmod_binding *kmod_binding_by_module(const struct kmod *kmod, uint32_t module_id);
struct kmod_binding *kmod_binding_by_id(const struct kmod *kmod, uint32_t id);

/* port.c */
int kmod_take_port(struct kmod *kmod, const struct kmod_port *port);
void kmod_take_port_gone(struct kmod *kmod, const struct kmod_port *port);
/* A repetition has ended that began with LOST: ports that it did not name have gone. */
void kmod_ports_repeated(struct kmod *kmod);

/*
 * rule.c: the fields and actions of a REPLACE, behind its fixed part. 0; -EBADMSG and *what;
 * -ENOMEM.
 */
int kmod_read_rule(struct flow_rule **rule, const struct kmod_replace *replace, struct cursor *rest,
		   const char **what);

/* totals.c */
void kmod_forget_rule(struct kmod *kmod, uint32_t module_id, uint64_t cookie);
void kmod_forget_rules(struct kmod *kmod, uint32_t module_id);
void kmod_forget_all_rules(struct kmod *kmod);

#endif
