/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries and the tables, one after the other, for those who show or explain them. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

int asic_visit_entries(const struct asic *asic,
		       int (*visit)(void *context, const struct tcam_entry *entry), void *context)
{
	size_t count;
	struct entry **all = asic_in_order(asic, &count);
	int ret = all ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < count; i++)
		ret = visit(context, &all[i]->tcam);
	free(all);
	return ret;
}

static struct asic_entry describe(const struct asic *asic, const struct entry *entry)
{
	const struct model *model = asic->nic->profile;
	const struct block *block;

	HASH_FIND(hh, asic->blocks, &entry->decision.binding, sizeof(block->binding), block);
	return (struct asic_entry){
		.tcam = &entry->tcam,
		.decision = &entry->decision,
		.port = block->port,
		.table = model && model->num_tables ? &model->tables[0] : NULL,
		.entries = 1,
	};
}

int asic_visit(const struct asic *asic, int (*visit)(void *context, const struct asic_entry *entry),
	       void *context)
{
	size_t count;
	struct entry **all = asic_in_order(asic, &count);
	int ret = all ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < count; i++) {
		struct asic_entry entry = describe(asic, all[i]);

		ret = visit(context, &entry);
	}
	free(all);
	return ret;
}

void asic_visit_tables(const struct asic *asic,
		       void (*visit)(void *context, const struct asic_table_use *use),
		       void *context)
{
	const struct model *model = asic->nic->profile;

	if (model && model->num_tables)
		visit(context, &(struct asic_table_use){
				       .table = &model->tables[0],
				       .port = -1,
				       .entries = asic_capacity(asic),
				       .used = asic_entries(asic),
				       .rules = asic_entries(asic),
			       });
}
