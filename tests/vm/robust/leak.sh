# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced: does the kernel's memory grow? Caches are shrunk first, so that the numbers are those of
# objects in use and not of what the allocator keeps ready.

# settle: what is freed later is freed now. Removing a device waits for all RCU callbacks.
settle() {
	ip link add settle0 type dummy && ip link del settle0
	sync
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$cache"
	done 2>/dev/null
}

# memory_snapshot FILE: "CACHE OBJECTS OBJECTS-A-SLAB" a line, of all caches.
memory_snapshot() {
	settle
	sed 1,2d /proc/slabinfo | awk '{ print $1, $2, $5 }' | sort >"$1"
}

# memory_growth BEFORE AFTER CYCLES: the caches that grew by at least one object in two cycles. What one cycle
# leaves behind, every cycle leaves behind. Caches of files and processes, which are in use while this runs, breathe
# by a slab or two; those where modules have their objects (kmalloc-64 and so on) don't.
memory_growth() {
	awk -v cycles="$3" '
		NR == FNR { before[$1] = $2; next }
		{ grown = $2 - before[$1] }
		grown >= cycles / 2 && ($1 ~ /^kmalloc-[0-9]/ || grown > 2 * $3) {
			print $1 ": " before[$1] " objects before, " $2 " after " cycles " cycles"
		}
	' "$1" "$2"
}

# lasting_growth BEFORE AFTER CYCLES: what memory_growth still finds after some seconds, with a snapshot of now in
# AFTER. What was left behind stays; files that are only on their way to being freed go.
lasting_growth() {
	for try in 1 2 3 4 5; do
		memory_snapshot "$2"
		grown=$(memory_growth "$1" "$2" "$3")
		[ -n "$grown" ] || return 0
		sleep 1
	done
	echo "$grown"
}
