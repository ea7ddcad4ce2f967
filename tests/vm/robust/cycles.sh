# SPDX-License-Identifier: GPL-2.0-or-later
# Load the module, load rules, traffic, kill the program, unload. Nothing may be left of it.
. /vm/lib.sh
. /vm/leak.sh

cycles=${CYCLES:-200}
warm_up=10
title="cycles"

# cycle: one of them; prints nothing unless it fails.
cycle() {
	load_offload || { echo "the module is not loaded"; return 1; }
	start_nic || return 1
	nft -f /tmp/rules.nft || { echo "the rules are refused"; return 1; }
	tc qdisc add dev "$second" clsact || return 1
	tc filter add dev "$second" ingress protocol ip flower skip_sw dst_ip 10.0.0.9 action drop || return 1
	order add 10 1000
	[ -z "$counter" ] || same "10 1000
10 1000" "$(counters)" || return 1
	kill_nic
	tc qdisc del dev "$second" clsact
	nft flush ruleset
	unload_offload || { echo "the module is not unloaded"; return 1; }
}

# repeat N COMMAND: until it fails.
repeat() {
	done_cycles=0
	while [ $done_cycles -lt "$1" ]; do
		$2 || { fail "cycle $done_cycles: $2"; return 1; }
		done_cycles=$((done_cycles + 1))
	done
}

load_netdevsim
new_ports 1 || { fail "ports"; finish; }
ethtool -K "$second" hw-tc-offload on
{
	if [ $chains = yes ]; then
		echo "add table netdev t"
		echo "add chain netdev t c { type filter hook ingress device $first priority 10; flags offload; }"
		echo "add rule netdev t c ip saddr 10.0.0.1 tcp dport 80 $counter drop"
		echo "add rule netdev t c ip6 saddr 2001:db8::1 $counter accept"
	fi
	echo "add table inet f"
	echo "add flowtable inet f f { hook ingress priority 0; devices = { $first, $second }; flags offload; }"
} >/tmp/rules.nft

repeat $warm_up cycle
memory_snapshot /tmp/before
modules_before=$(cut -d' ' -f1,3 /proc/modules)
begin=$(now_ms)
repeat "$cycles" cycle && pass "$cycles cycles in $(($(now_ms) - begin)) ms"
check "no cache has grown" same "" "$(lasting_growth /tmp/before /tmp/after "$cycles")"
check "no module is used more often than before" same "$modules_before" "$(cut -d' ' -f1,3 /proc/modules)"

# The check must find what is left behind: filters, as many as a module would leave that forgets one a cycle.
tc qdisc add dev "$second" clsact
memory_snapshot /tmp/before
i=0
while [ $i -lt "$cycles" ]; do
	i=$((i + 1))
	echo "filter add dev $second ingress protocol ip pref $i flower skip_hw dst_ip 10.0.0.9 action drop"
done | tc -batch - || fail "filters are planted"
found=$(lasting_growth /tmp/before /tmp/after "$cycles")
check "a planted leak is found: $(echo "$found" | head -n 1)" [ -n "$found" ]
delete_nsim 1
finish
