/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "room.h"

#include <stdlib.h>

static int take_place(struct asic *asic, struct block *block, const struct question *question,
		      const struct asic_admitted *admitted, const struct entry *old,
		      struct place **place, uint32_t *priority, struct reason *reason)
{
	if (old)
		return place_take_again(&asic->tables, block->unit, question, admitted,
					room_place(old->room), place, priority, reason);
	return place_take(&asic->tables, block->unit, question, admitted, place, priority, reason);
}

/* 0 and what keeps them; then only that gives them back. */
static int keep(const struct room *found, struct room **room)
{
	*room = NULL;
	if (!found->place && !found->conflict)
		return 0;
	*room = malloc(sizeof(**room));
	if (!*room)
		return -1;
	**room = *found;
	return 0;
}

int room_find(struct asic *asic, struct block *block, const struct question *question,
	      const struct asic_admitted *admitted, const struct entry *old, struct room **room,
	      uint32_t *priority, struct reason *reason)
{
	struct room found;
	int error = conflicts_ask(&asic->conflicts, question, reason);

	if (error)
		return error;
	if (conflicts_add(&asic->conflicts, question, &found.conflict))
		return reason_no_memory(reason);
	error = take_place(asic, block, question, admitted, old, &found.place, priority, reason);
	if (error)
		goto forget;
	if (!keep(&found, room))
		return 0;
	error = reason_no_memory(reason);
	if (!old || found.place != room_place(old->room))
		place_give(&asic->tables, block->unit, found.place);
forget:
	conflicts_remove(&asic->conflicts, found.conflict);
	return error;
}

void room_give(struct asic *asic, struct block *block, struct room *from)
{
	place_give(&asic->tables, block->unit, room_place(from));
	if (from)
		conflicts_remove(&asic->conflicts, from->conflict);
	free(from);
}

void room_exchange(struct asic *asic, struct block *block, struct room *from, const struct room *to)
{
	if (room_place(from) != room_place(to))
		place_give(&asic->tables, block->unit, room_place(from));
	if (from)
		conflicts_remove(&asic->conflicts, from->conflict);
	free(from);
}
