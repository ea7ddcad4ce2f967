# SPDX-License-Identifier: GPL-2.0-or-later
# In a guest whose kernel is expected to complain: does it once for each rule of which we say so?
. /vm/guest.sh

load_netdevsim && load_offload || exit 4
ports=$(new_nsim 10 2) || exit 4
for port in $ports; do
	ethtool -K "$port" hw-tc-offload on && ip link set "$port" up || exit 4
done
# The first time the kernel loads modules on the way and begins the batch again, rules that it complained of included.
vm_differential --no-sweep --rules 900 --complaints $ports >/dev/null
nft delete table netdev t
dmesg -c >/dev/null
said=$(vm_differential --no-sweep --rules 900 --complaints $ports) || { printf '%s\n' "$said"; exit 1; }
expected=$(printf '%s\n' "$said" | sed -n 's/^complaints expected: \([0-9]*\), .*/\1/p')
found=$(dmesg | grep -c 'WARNING.*nft_offload_update_dependency')
echo "complaints found: $found of $expected"
[ "$expected" -gt 0 ] && [ "$found" = "$expected" ]
