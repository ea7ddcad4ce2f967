/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the NIC's counters would say of what the ASIC has counted, for STATS.
 *
 * Why apart: totals are the truth, and reports tell them; nft hears of what the driver reads, which
 * may lack bytes, have the frame check sequence in them, or wrap.
 */
#include "room.h"

#include <errno.h>

enum { FCS_BYTES = 4 };

static bool counts_nothing(const struct model_counters *counters)
{
	return !counters->packets && counters->bytes == MODEL_BYTES_NONE && !counters->last_used;
}

static uint64_t bytes_counted(const struct model_counters *counters,
			      const struct offload_stats *totals)
{
	switch (counters->bytes) {
	case MODEL_BYTES_NONE: return 0;
	case MODEL_BYTES_L2_FCS: return totals->bytes + FCS_BYTES * totals->packets;
	case MODEL_BYTES_L2:
	case MODEL_BYTES_UNKNOWN: break;
	}
	return totals->bytes;
}

/*
 * A counter that the driver reads only when it is asked has lost what went beyond its width since
 * it was read before. One that is polled, or pushed, is read often enough.
 */
static uint64_t wrapped(const struct model_counters *counters, uint64_t reported, uint64_t total)
{
	if (counters->reading != MODEL_READ_NOW || counters->width >= 64) /* also unknown */
		return total;
	return reported + ((total - reported) & ((UINT64_C(1) << counters->width) - 1));
}

static struct offload_stats read_counter(const struct model_counters *counters,
					 const struct offload_stats *reported,
					 const struct offload_stats *totals)
{
	struct offload_stats stats = {0};

	if (counters->packets)
		stats.packets = wrapped(counters, reported->packets, totals->packets);
	stats.bytes = wrapped(counters, reported->bytes, bytes_counted(counters, totals));
	if (counters->last_used)
		stats.last_used_ns = totals->last_used_ns;
	return stats;
}

static bool has_counter(const struct entry *entry)
{
	return !room_place(entry->room) || room_place(entry->room)->counted;
}

struct asic_told asic_told(const struct asic *asic, uint32_t binding, uint64_t cookie)
{
	const struct model_counters *counters = &asic->nic->profile->counters;
	const struct block *block = asic_find_block(asic, binding);
	const struct entry *entry = block ? asic_find_entry(block, cookie) : NULL;

	if (!entry || !has_counter(entry))
		return (struct asic_told){0};
	return (struct asic_told){.packets = counters->packets,
				  .bytes = counters->bytes != MODEL_BYTES_NONE};
}

int asic_counted(void *driver, const struct offload_command *command,
		 const struct offload_stats *reported, struct offload_stats *totals)
{
	const struct asic *asic = driver;
	const struct model_counters *counters = &asic->nic->profile->counters;
	const struct block *block = asic_find_block(asic, command->binding);
	const struct entry *entry = block ? asic_find_entry(block, command->cookie) : NULL;

	if (!entry)
		return -ENOENT;
	if (counts_nothing(counters) || !has_counter(entry)) {
		*totals = (struct offload_stats){0};
		return -counters->unsupported_error;
	}
	*totals = read_counter(counters, reported, totals);
	return 0;
}
