/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rule has beside its entry: room in the model's table, and what others are held against.
 *
 * Why a thing of its own: with most models a rule has neither, and there can be a million of them,
 * so an entry has one pointer, which then is NULL.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_ASIC_ROOM_H
#define NICEMU_ASIC_ROOM_H

#include "admission.h"
#include "internal.h"

struct room {
	struct place *place;            /* NULL: one entry of a plain table */
	struct conflict_rule *conflict; /* NULL: none */
};

/*
 * Beside which rules it would be, and is there room: 0, or a negative errno with reason, and then
 * nothing has changed. old: the entry that becomes this rule, whose room stays until
 * room_exchange; NULL: a new one. priority: with which it goes into the TCAM.
 */
int room_find(struct asic *asic, struct block *block, const struct question *question,
	      const struct asic_admitted *admitted, const struct entry *old, struct room **room,
	      uint32_t *priority, struct reason *reason);

/* A rule that has `from` is there no more. */
void room_give(struct asic *asic, struct block *block, struct room *from);
/* It has `to` instead, which room_find made of `from`, or the other way round. */
void room_exchange(struct asic *asic, struct block *block, struct room *from,
		   const struct room *to);

static inline struct place *room_place(const struct room *room)
{
	return room ? room->place : NULL;
}

#endif
