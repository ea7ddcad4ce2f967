# SPDX-License-Identifier: GPL-2.0-or-later
# In a guest whose kernel is expected not to survive it: a rule is offloaded.
. /vm/guest.sh

load_netdevsim && load_offload || exit 4
port=$(new_nsim 10 1) || exit 4
ethtool -K "$port" hw-tc-offload on && ip link set "$port" up || exit 4
nft -f - <<END
table netdev t {
	chain c {
		type filter hook ingress device "$port" priority 10; flags offload;
		ip saddr 192.0.2.1 drop
	}
}
END
echo "the rule is there, and so is the kernel"
