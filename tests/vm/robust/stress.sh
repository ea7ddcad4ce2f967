# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by core.sh: everything at once for some seconds: rules, filters, lists, traffic, devices that come and
# go, programs that die, bad messages. Nothing may be left, nobody may complain.

stress_end=/tmp/stress.end

# keep COMMAND...: again and again, in the background, until the end.
keep() {
	(while [ ! -e $stress_end ]; do
		"$@"
	done) >/dev/null 2>&1 &
	kept="$kept $!"
}

change_rules() {
	chain "$first" "$drop1" "$drop2" "$drop3"
	nft add rule netdev t c ip saddr 10.0.0.4 $counter accept
	nft delete table netdev t
}

change_both() {
	nft "add table netdev s; add chain netdev s c { type filter hook ingress devices = { $first, $second } priority 20; flags offload; }; add rule netdev s c ip daddr 10.9.9.9 $counter drop"
	nft flush chain netdev s c
	nft delete table netdev s
}

change_filters() {
	tc qdisc add dev "$second" clsact
	tc filter add dev "$second" ingress protocol ip pref 1 flower dst_ip 10.0.0.9 action drop
	tc filter add dev "$second" egress protocol ip pref 1 flower dst_ip 10.0.0.9 action drop
	tc qdisc del dev "$second" clsact
}

change_flowtable() {
	nft "add table inet f; add flowtable inet f f { hook ingress priority 0; devices = { $first, $second }; flags offload; }"
	nft delete table inet f
}

change_devices() {
	echo "7 2" >/sys/bus/netdevsim/new_device
	set -- $(ls /sys/bus/netdevsim/devices/netdevsim7/net)
	nft "add table netdev d; add chain netdev d c { type filter hook ingress devices = { $1, $2 } priority 10; flags offload; }; add rule netdev d c ip daddr 10.8.8.8 $counter drop"
	tc qdisc add dev "$1" clsact
	delete_nsim 7
	nft delete table netdev d
}

list_all() {
	nft list ruleset
	tc -s filter show dev "$second" ingress
}

send_packets() {
	ping -c 5 -i 0.01 -W 1 -I veth-a 192.0.2.9
}

# A program's life: some are killed at work, some end well, some behave badly.
live() {
	life=$((life + 1))
	case $((life % 3)) in
	0) fuzz 0.5 $((seed + life)) ;;
	*)
		timeout -s KILL 0.7 nic /tmp/stress.nic
		;;
	esac
}

stress() {
	seed=${STRESS_SEED:-1}
	life=0
	kept=
	rm -f $stress_end /tmp/stress.nic
	: >/tmp/stress.nic
	ip link add veth-a type veth peer name veth-b
	ip link set veth-a up
	ip link set veth-b up
	ip addr add 192.0.2.1/24 dev veth-a
	tc qdisc add dev veth-b clsact
	tc filter add dev veth-b ingress matchall action mirred ingress redirect dev "$first"
	ethtool -K "$second" hw-tc-offload on
	for loop in change_rules change_both change_filters change_flowtable change_devices list_all send_packets live; do
		keep $loop
	done
	sleep "$1"
	: >$stress_end
	wait
	pass "all at once for $1 s: $(grep -c '^REPLACE' /tmp/stress.nic) REPLACE, $(grep -c '^BIND' /tmp/stress.nic) BIND, $(grep -c '^LOST' /tmp/stress.nic) LOST in $(grep -c '^HELLO' /tmp/stress.nic) programs"
	cp /tmp/stress.nic $log
	check_contract
	nft flush ruleset
	tc qdisc del dev "$second" clsact 2>/dev/null
	ip link del veth-a
	[ ! -d /sys/bus/netdevsim/devices/netdevsim7 ] || delete_nsim 7
	start_nic || return
	check "then nothing is left" nic_holds 0 0
	check "and rules are taken as before" chain "$first" "$drop1" "$drop2"
	check "… by the NIC" nic_holds 2 1
}

fuzzed() {
	chain "$first" "$drop1" "$drop2"
	check "misuse" misuse
	stress_end=/tmp/fuzz.end
	rm -f $stress_end
	kept=
	ethtool -K "$second" hw-tc-offload on
	keep change_filters
	keep change_both
	keep list_all
	check "no answer differs from the contract's" fuzz "$fuzz_seconds" "$fuzz_seed"
	echo "$check_output"
	: >$stress_end
	wait
	stress_end=/tmp/stress.end
	nft flush ruleset
	tc qdisc del dev "$second" clsact 2>/dev/null
	start_nic || return
	check "after bad messages a good program works" chain "$first" "$drop1" "$drop2"
	check "… and counts" order add 3 300
	check_first_counter "… right" "3 300"
}

run_stress_scenarios() {
	fuzz_seconds=${FUZZ_SECONDS:-4}
	fuzz_seed=${FUZZ_SEED:-1}
	scenario "channel: misuse and bad messages" fuzzed timeout_ms=20
	scenario "stress: all at once" "stress ${STRESS_SECONDS:-8}" timeout_ms=50 queue=256
}
