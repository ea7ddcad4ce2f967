# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by core.sh: connections through a flowtable while the program behaves badly.
. /vm/cable.sh

# two_hosts: a host at each port, this kernel routes between them; a server echoes.
two_hosts() {
	for module in cls_matchall act_mirred nft_flow_offload nf_flow_table_inet; do
		modprobe $module
	done
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
	cable "$first" client 10.1.0.2 10.1.0.1 && cable "$second" server 10.2.0.2 10.2.0.1 || return
	echo 1 >/proc/sys/net/ipv4/ip_forward
	ip netns exec server nc -ll -p 5000 -e cat >/dev/null 2>&1 &
	nft "add table inet f; add flowtable inet f f { hook ingress priority 0; devices = { $first, $second }; flags offload; }; add chain inet f c { type filter hook forward priority 0; }; add rule inet f c ip protocol tcp flow add @f"
}

# connections N: that stay open.
connections() {
	opened=0
	while [ $opened -lt "$1" ]; do
		opened=$((opened + 1))
		# with output of its own, else whoever collects that of this function waits for the connection's end
		(sleep 60 | ip netns exec client nc 10.2.0.2 5000) >/dev/null 2>&1 &
	done
	until_true 100 connected "$1"
}

connected() {
	[ "$(grep -c 'dport=5000.*OFFLOAD' /proc/net/nf_conntrack)" -ge "$1" ]
}

hosts_gone() {
	killall nc
	ip link del "$first-wire"
	ip link del "$second-wire"
	ip netns del client
	ip netns del server
}

flows_while_stopped() {
	start_nic || return
	two_hosts || { fail "two hosts"; return; }
	kill -STOP $nic_pid
	check "connections are made while the program is stopped" connections 8
	begin=$(now_ms)
	check "the flowtable can be deleted" nft delete table inet f
	took=$(($(now_ms) - begin))
	# a flow has two directions and is offered to both devices: four time-outs, of all flows at the same time
	check "… without a time-out for each flow ($took ms)" [ $took -lt 12000 ]
	begin=$(now_ms)
	check "and a device can go" delete_nsim 1
	took=$(($(now_ms) - begin))
	check "… quickly ($took ms)" [ $took -lt 5000 ]
	kill -CONT $nic_pid
	hosts_gone
	check "then nothing is left in the NIC" nic_holds 0 0
}

flows_with_everything_going() {
	start_nic || return
	two_hosts || { fail "two hosts"; return; }
	check "connections are made" connections 6
	check "they are offered to both devices" until_true 50 flows_at_least 12
	kill_nic
	start_nic || return
	check "a new program is told all of them" flows_at_least 12
	delete_nsim 1
	check "when the devices go nothing is left in the NIC" until_true 50 nic_holds 0 0
	check "listing works" nft list ruleset
	hosts_gone
	check "what is left of the flowtable can be deleted" nft delete table inet f
}

flows_at_least() {
	order rules
	held=${answer_line#*: 0, }
	[ "${held%% *}" -ge "$1" ]
}

run_flow_scenarios() {
	scenario "flows: while the program is stopped" flows_while_stopped timeout_ms=1000
	scenario "flows: the program is killed, the devices go" flows_with_everything_going
}
