# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by core.sh: devices that go away, move, get other names, while something is bound to them.

block1="ip saddr 10.0.0.1 $counter drop"
block2="ip saddr 10.0.0.2 $counter drop"

# bind_chain, bind_flowtable, bind_tc DEVICE...: one binding a device; a tc filter a direction.
bind_chain() {
	chain "$(echo "$*" | tr ' ' ,)" "$block1" "$block2"
}

bind_flowtable() {
	nft "add table inet f; add flowtable inet f f { hook ingress priority 0; devices = { $(echo "$*" | tr ' ' ,) }; flags offload; }"
}

bind_tc() {
	for device in "$@"; do
		ethtool -K "$device" hw-tc-offload on && tc qdisc add dev "$device" clsact || return 1
		for direction in ingress egress; do
			tc filter add dev "$device" $direction protocol ip flower skip_sw dst_ip 10.0.0.9 action drop || return 1
		done
	done
}

# who_unbinds: of the binding that went, by the log.
who_unbinds() {
	if logged '^UNBIND.* device-gone'; then
		echo "the module"
	elif logged '^UNBIND'; then
		echo "the kernel"
	else
		echo "nobody"
	fi
}

# gone_with KIND: one binding of this kind on a device that goes.
gone_with() {
	start_nic || return
	check "bound: $1" bind_"$1" "$first"
	delete_nsim 1
	check "nothing of the device is left in the NIC" nic_holds 0 0
	echo "device gone, $1: unbound by $(who_unbinds), $(logged_times '^DESTROY') DESTROY"
	check "each binding ends with RELEASE" same "$(logged_times '^BIND')" "$(logged_times '^RELEASE')"
	check "its port is gone, too" logged "^PORT_GONE $first "
	check "listing works" nft list ruleset
}

gone_with_a_chain() {
	gone_with chain
	check "what is left of the chain can be deleted" nft delete table netdev t
}

gone_with_a_flowtable() {
	gone_with flowtable
	check "what is left of the flowtable can be deleted" nft delete table inet f
}

gone_with_tc() {
	gone_with tc
}

gone_with_everything() {
	start_nic || return
	bind_chain "$first" "$second"
	bind_flowtable "$first" "$second"
	bind_tc "$first" "$second"
	check "all are bound" nic_holds 8 8
	nft list ruleset >/dev/null
	delete_nsim 1
	check "nothing is left in the NIC" nic_holds 0 0
	check "listing works" nft list ruleset
	check "everything can be flushed" nft flush ruleset
}

# A chain of two devices, of which one stays.
one_of_two_goes() {
	start_nic || return
	stays=$(new_nsim 2 1)
	ip link set "$stays" up
	bind_chain "$first" "$stays"
	bind_flowtable "$second" "$stays"
	order add 5 500
	check_first_counter "both count" "10 1000"
	delete_nsim 1
	check "what is bound to the other one stays" nic_holds 2 2
	check "rules can still be added" nft add rule netdev t c ip saddr 10.0.0.3 $counter drop
	check "… to the one that is left" nic_holds 3 2
	order add 1 100
	check_first_counter "which counts on" "11 1100"
	check "the chain can be flushed" nft flush chain netdev t c
	check "it is empty" nic_holds 0 2
	check "all can be deleted" nft flush ruleset
	check "nothing is left" nic_holds 0 0
}

gone_without_a_program() {
	bind_chain "$first" "$second"
	bind_flowtable "$first"
	bind_tc "$second"
	delete_nsim 1
	start_nic || return
	check "a program that comes after a device has gone is told nothing of it" nic_holds 0 0
	refute "not even its port" logged "^PORT $first"
}

gone_while_stopped() {
	start_nic || return
	bind_chain "$first"
	kill -STOP $nic_pid
	begin=$(now_ms)
	delete_nsim 1
	took=$(($(now_ms) - begin))
	check "a device goes without waiting for the program ($took ms)" [ $took -lt 2500 ]
	kill -CONT $nic_pid
	check "the program hears of it" nic_holds 0 0
}

renamed() {
	start_nic || return
	bind_chain "$first"
	ip link set "$first" down
	ip link set "$first" name other
	check "the program hears of another name" until_true 20 logged '^PORT other '
	check "rules can be added" nft add rule netdev t c ip saddr 10.0.0.7 $counter drop
	check "… and arrive" nic_holds 3 1
}

# Since 6.14 nf_tables takes a device with another name off its chain, and frees the chain without UNBIND.
indirect_renamed() {
	start_nic || return
	for again in no yes; do
		ip link add d0 type dummy && ip link set d0 up || { fail "a dummy device"; return; }
		check "a chain on a device of the indirect block" bind_chain d0
		ip link set d0 down
		ip link set d0 name other
		check "the chain can be deleted" nft delete table netdev t
		[ $again = no ] || check "another chain is bound" bind_chain other
		check "the device can be deleted" ip link del other
		check "nothing of it is left in the NIC" nic_holds 0 0
		check "nor in the module" same "0 0" "$(cd /sys/class/misc/nsim_nft_offload/state && echo $(cat bindings orphans))"
		nft flush ruleset
	done
}

netns_ends() {
	ip netns add n
	ip netns exec n sh -c 'echo "3 2" >/sys/bus/netdevsim/new_device' || { fail "a device in another namespace"; return; }
	inside=$(ip -n n -o link | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p' | grep -v '^lo$')
	set -- $inside
	check "two ports are in the namespace ($(echo $inside))" [ $# = 2 ]
	start_nic || return
	for device in "$@"; do
		ip -n n link set "$device" up
	done
	check "everything is bound in it" ip netns exec n sh -c ". /vm/lib.sh; . /vm/devices.sh; bind_chain $1 $2; bind_flowtable $1 $2; bind_tc $1 $2"
	check "… to the NIC" nic_holds 8 8
	ip netns del n
	check "when it ends nothing is left" until_true 50 nic_holds 0 0
}

moved_to_another_netns() {
	ip netns add n
	start_nic || return
	bind_chain "$first"
	bind_tc "$second"
	ip link set "$first" netns n
	ip link set "$second" netns n
	check "a port that moves away loses what was bound" until_true 20 nic_holds 0 0
	ip -n n link set "$first" up
	check "and can be bound where it is" ip netns exec n sh -c ". /vm/lib.sh; . /vm/devices.sh; bind_chain $first"
	check "… to the NIC" nic_holds 2 1
	check "the chain that it left can be deleted" nft flush ruleset
	ip netns del n
	check "when the namespace ends nothing is left" until_true 50 nic_holds 0 0
}

come_and_go() {
	start_nic || return
	i=0
	while [ $i -lt 5 ]; do
		echo "5 2" >/sys/bus/netdevsim/new_device || { fail "a new device"; return; }
		set -- $(ls /sys/bus/netdevsim/devices/netdevsim5/net)
		bind_chain "$1" "$2" && bind_tc "$1" || { fail "bound, cycle $i"; return; }
		delete_nsim 5
		nft flush ruleset
		i=$((i + 1))
	done
	check "ten ports came, were bound, and went" nic_holds 0 0
	check "each binding was released" same "$(logged_times '^BIND')" "$(logged_times '^RELEASE')"
}

netdevsim_unloaded_while_bound() {
	start_nic || return
	bind_chain "$first" "$second"
	bind_flowtable "$first"
	bind_tc "$second"
	if rmmod netdevsim 2>/tmp/rmmod.txt; then
		pass "netdevsim can be unloaded while its ports are bound"
		check "nothing is left" nic_holds 0 0
	else
		pass "netdevsim refuses: $(cat /tmp/rmmod.txt)"
		nft flush ruleset
	fi
	check "listing works" nft list ruleset
	nft flush ruleset
	modprobe netdevsim
	new_ports 1 || { fail "netdevsim is loaded again"; return; }
	check "and its ports can be bound again" bind_chain "$first" "$second"
	check "… to the NIC" nic_holds 4 2
}

module_unloaded_while_bound() {
	start_nic || return
	bind_chain "$first"
	begin=$(now_ms)
	refute "the module can't be unloaded while a program has its device open" rmmod nsim_nft_offload
	stop_nic
	if rmmod nsim_nft_offload 2>/tmp/rmmod.txt; then
		pass "the module can be unloaded while bound"
	else
		pass "the module refuses while bound: $(cat /tmp/rmmod.txt)"
	fi
	took=$(($(now_ms) - begin))
	check "it does not hang ($took ms)" [ $took -lt 5000 ]
	check "listing works" nft list ruleset
	check "the chain can be deleted" nft delete table netdev t
	check "and then the module goes" until_true 20 unload_quietly
	check "after it netdevsim answers as before" same "$stock_answer" "$(stock_answer_now)"
	check "it can be loaded again" load_offload
	check "and serves" bind_chain "$first"
}

run_device_scenarios() {
	scenario "devices: one goes with a chain" gone_with_a_chain
	scenario "devices: one goes with a flowtable" gone_with_a_flowtable
	scenario "devices: one goes with tc filters" gone_with_tc
	scenario "devices: two go with everything" gone_with_everything
	scenario "devices: one of two goes" one_of_two_goes
	scenario "devices: one goes without a program" gone_without_a_program
	scenario "devices: one goes while the program is stopped" gone_while_stopped timeout_ms=3000
	scenario "devices: renamed" renamed
	scenario "devices: an indirect one is renamed" indirect_renamed indirect=dummy
	scenario "devices: a namespace ends" netns_ends
	scenario "devices: moved to another namespace" moved_to_another_netns
	scenario "devices: come and go" come_and_go
	scenario "devices: netdevsim is unloaded" netdevsim_unloaded_while_bound
	scenario "devices: the module is unloaded" module_unloaded_while_bound
}
