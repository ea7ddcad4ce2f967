# SPDX-License-Identifier: GPL-2.0-or-later
# Scenarios of flowtables with "flags offload" under traffic. Each is a function flow_NAME; what it checks is
# said by pass and fail, what the kernel sent is in /vm/out/NAME.jsonl (scenario.sh starts the recorder).

# flowtable [FLAGS [CHAIN-LINES]]: all TCP, UDP and GRE of the forward path goes into flowtable f.
flowtable() {
	nft -f - <<END
table inet t {
	flowtable f { hook ingress priority 0; devices = { $port0, $port1 }; flags offload; ${1-counter;} }
	chain forward { type filter hook forward priority 0; meta l4proto { tcp, udp, gre } flow add @f; }
	${2-}
}
END
}

nat_source='chain post { type nat hook postrouting priority 100; oifname "'"$port1"'" masquerade; }'
nat_target='chain pre { type nat hook prerouting priority -100;
	ip daddr 10.1.0.1 tcp dport 80 dnat ip to 10.2.0.2:5000
	ip6 daddr 2001:db8:1::1 tcp dport 80 dnat ip6 to [2001:db8:2::2]:5000; }'

# timeouts TCP UDP: seconds until a flow without packets leaves the table.
timeouts() {
	echo $1 >/proc/sys/net/netfilter/nf_flowtable_tcp_timeout
	echo $2 >/proc/sys/net/netfilter/nf_flowtable_udp_timeout
}

# talk_tcp VERSION END: three messages from A's port 40000 to B's port 5000, then FIN or RST.
talk_tcp() {
	case $1 in
	4) from=10.1.0.2 to=10.2.0.2 ;;
	6) from=2001:db8:1::2 to=2001:db8:2::2 ;;
	esac
	serve B tcp $to 5000
	call A tcp $from 40000 ${3:-$to} ${4:-5000} send:3:100 note:/tmp/sent pause:1500 send:1 $2 &
	talker=$!
	wait_for 50 [ -e /tmp/sent ]
	rm -f /tmp/sent
	check "the flow is marked [HW_OFFLOAD]" wait_for 20 tracked tcp sport=40000 '[HW_OFFLOAD]'
	wait $talker && pass "all messages came back" || fail "a message did not come back"
	check "the flow leaves the table after its end" wait_for 50 not_tracked '[HW_OFFLOAD]'
}

flow_tcp4_fin() {
	plain
	timeouts 3 3
	flowtable
	talk_tcp 4 fin
}

flow_tcp4_rst() {
	plain
	timeouts 3 3
	flowtable
	talk_tcp 4 rst
}

flow_tcp4_masquerade() {
	plain
	timeouts 3 3
	flowtable 'counter;' "$nat_source"
	talk_tcp 4 fin
}

flow_tcp4_dnat() {
	plain
	timeouts 3 3
	flowtable 'counter;' "$nat_target"
	talk_tcp 4 fin 10.1.0.1 80
}

flow_tcp4_both() {
	plain
	timeouts 3 3
	flowtable 'counter;' "$nat_source
	$nat_target"
	talk_tcp 4 fin 10.1.0.1 80
}

flow_tcp6_fin() {
	plain
	timeouts 3 3
	flowtable
	talk_tcp 6 fin
}

flow_tcp6_both() {
	plain
	timeouts 3 3
	flowtable 'counter;' "$nat_source
	$nat_target"
	talk_tcp 6 fin 2001:db8:1::1 80
}

flow_vlan_one_side() {
	vlan A 10
	side B $port1 b1
	timeouts 3 3
	flowtable
	talk_tcp 4 fin
}

flow_vlan_both_sides() {
	vlan A 10
	vlan B 20
	timeouts 3 3
	flowtable
	talk_tcp 4 fin
}

flow_vlan_in_vlan() {
	vlan A 10 802.1Q 30
	vlan B 20 802.1Q 40
	timeouts 3 3
	flowtable
	talk_tcp 4 fin
}

flow_qinq() {
	vlan A 10 802.1ad 30
	side B $port1 b1
	timeouts 3 3
	flowtable
	talk_tcp 4 fin
}

flow_bridge() {
	bridged A
	side B $port1 b1
	timeouts 3 3
	flowtable
	talk_tcp 4 fin
}

# The program counts nothing: a silent flow ages out, and its conntrack entry goes back to software.
flow_udp4_ages_out() {
	plain
	timeouts 2 2
	flowtable
	serve B udp 10.2.0.2 5000
	check "messages come back" call A udp 10.1.0.2 40000 10.2.0.2 5000 send:3:100
	check "the flow is marked [HW_OFFLOAD]" wait_for 20 tracked udp sport=40000 '[HW_OFFLOAD]'
	check "it leaves the table by itself" wait_for 60 not_tracked '[HW_OFFLOAD]'
	check "its connection is still tracked" tracked udp sport=40000
	tracked udp sport=40000 >/vm/out/$scenario.conntrack
}

flow_udp6() {
	plain
	timeouts 2 2
	flowtable
	serve B udp 2001:db8:2::2 5000
	check "messages come back" call A udp 2001:db8:1::2 40000 2001:db8:2::2 5000 send:3:100
	check "the flow is marked [HW_OFFLOAD]" wait_for 20 tracked udp sport=40000 '[HW_OFFLOAD]'
	check "it leaves the table by itself" wait_for 60 not_tracked '[HW_OFFLOAD]'
}

# One packet without an answer is not enough: its connection is not confirmed when it passes.
flow_udp4_unanswered() {
	plain
	flowtable
	ip netns exec A talk call udp 10.1.0.2 40000 10.2.0.2 5000 post:1
	sleep 0.5
	check "one packet makes no flow" not_tracked udp sport=40000 OFFLOAD
	ip netns exec A talk call udp 10.1.0.2 40000 10.2.0.2 5000 post:1
	check "a second one in the same direction does" wait_for 20 tracked udp sport=40000 '[HW_OFFLOAD]'
	nft delete table inet t
}

# The program's counters move: the silent flow lives on over several time-outs, until the table is deleted.
flow_udp4_kept_alive() {
	plain
	timeouts 3 3
	flowtable
	serve B udp 10.2.0.2 5000
	check "messages come back" call A udp 10.1.0.2 40000 10.2.0.2 5000 send:5:100
	check "the flow is marked [HW_OFFLOAD]" wait_for 20 tracked udp sport=40000 '[HW_OFFLOAD]'
	sleep 7
	check "it is still there after two time-outs" tracked udp sport=40000 '[HW_OFFLOAD]'
	nft delete table inet t
	check "it is gone with its table" not_tracked '[HW_OFFLOAD]'
	tracked udp sport=40000 >/vm/out/$scenario.conntrack
}

# The same without the flag counter: what the NIC counts goes nowhere.
flow_udp4_no_counter() {
	plain
	timeouts 3 3
	flowtable ''
	serve B udp 10.2.0.2 5000
	check "messages come back" call A udp 10.1.0.2 40000 10.2.0.2 5000 send:5:100
	check "the flow is marked [HW_OFFLOAD]" wait_for 20 tracked udp sport=40000 '[HW_OFFLOAD]'
	sleep 4
	check "it is still there after its time-out" tracked udp sport=40000 '[HW_OFFLOAD]'
	nft delete table inet t
	tracked udp sport=40000 >/vm/out/$scenario.conntrack
}

# All four REPLACE are refused: software carries the flow, and asks again while packets come.
flow_refused() {
	plain
	timeouts 4 4
	flowtable
	serve B tcp 10.2.0.2 5000
	call A tcp 10.1.0.2 40000 10.2.0.2 5000 send:5:700 fin &
	check "the flow is marked [OFFLOAD]" wait_for 30 tracked tcp sport=40000 '[OFFLOAD]'
	sleep 1
	check "and not [HW_OFFLOAD]" not_tracked '[HW_OFFLOAD]'
	wait $! && pass "all messages came back" || fail "a message did not come back"
	check "the flow leaves the table after its end" wait_for 50 not_tracked '[OFFLOAD]'
	sleep 1.5
}

# Only one of the four is taken: that is enough for [HW_OFFLOAD].
flow_refused_but_one() {
	plain
	timeouts 3 3
	flowtable
	talk_tcp 4 fin
}

# Packets that reach software although the flow is offloaded make the kernel send REPLACE again.
flow_repeated() {
	plain
	timeouts 10 10
	flowtable
	serve B tcp 10.2.0.2 5000
	check "messages come back" call A tcp 10.1.0.2 40000 10.2.0.2 5000 send:4:1600 fin
	check "the flow leaves the table after its end" wait_for 50 not_tracked '[HW_OFFLOAD]'
}

# The next hop gets another address under a flow. A flow of a flowtable with flags offload has the addresses of its
# beginning for good, in software too: packets are lost, and each one that comes keeps the flow alive.
flow_neighbour_changes() {
	plain
	timeouts 20 20
	flowtable
	serve B udp 10.2.0.2 5000
	check "messages come back" call A udp 10.1.0.2 40000 10.2.0.2 5000 send:3:100
	check "the flow is marked [HW_OFFLOAD]" wait_for 20 tracked udp sport=40000 '[HW_OFFLOAD]'
	sleep 1.5
	# B's own neighbours go with its address
	ip -n B link set b1 address 02:00:00:00:02:99
	ip -n B neigh replace 10.2.0.1 lladdr $mac_port1 dev b1 nud permanent
	ip neigh replace 10.2.0.2 lladdr 02:00:00:00:02:99 dev $port1 nud permanent
	check "another connection comes through" call A udp 10.1.0.2 40001 10.2.0.2 5000 send:1
	refute "the flow's next message is lost" call A udp 10.1.0.2 40000 10.2.0.2 5000 send:1
	check "the flow is still marked" tracked udp sport=40000 '[HW_OFFLOAD]'
	nft delete table inet t
	ip -n B link set b1 address $mac_b
}

# A route that would stop the flow: it does not ask the routing table again, its packets go on, in software, too.
flow_route_added() {
	plain
	timeouts 20 20
	flowtable
	serve B udp 10.2.0.2 5000
	check "messages come back" call A udp 10.1.0.2 40000 10.2.0.2 5000 send:3:100
	check "the flow is marked [HW_OFFLOAD]" wait_for 20 tracked udp sport=40000 '[HW_OFFLOAD]'
	ip route add blackhole 10.2.0.2/32
	refute "another connection is stopped" call A udp 10.1.0.2 40001 10.2.0.2 5000 send:1
	check "the flow's messages come back" call A udp 10.1.0.2 40000 10.2.0.2 5000 send:2:1500
	check "the flow is still marked" tracked udp sport=40000 '[HW_OFFLOAD]'
	nft delete table inet t
	ip route del blackhole 10.2.0.2/32
}

# GRE has no time-out of its own: 30 s, whatever the two settings say.
flow_gre4() {
	plain
	timeouts 2 2
	flowtable
	serve B gre 10.2.0.2 0
	check "messages come back" call A gre 10.1.0.2 0 10.2.0.2 0 send:3:100
	check "the flow is marked [HW_OFFLOAD]" wait_for 20 tracked src=10.1.0.2 '[HW_OFFLOAD]'
	sleep 4
	check "it is still there after twice the time-outs of TCP and UDP" tracked src=10.1.0.2 '[HW_OFFLOAD]'
	nft delete table inet t
}

# ICMP is tracked, and never in a flowtable.
flow_icmp() {
	plain
	flowtable
	check "echoes come back" ip netns exec A ping -c 3 -i 0.2 -W 2 10.2.0.2
	check "they are tracked" tracked icmp src=10.1.0.2
	check "and not offloaded" not_tracked OFFLOAD
}

flow_deleted_under_load() {
	plain
	timeouts 10 10
	flowtable
	serve B tcp 10.2.0.2 5000
	call A tcp 10.1.0.2 40000 10.2.0.2 5000 send:30:50 fin &
	check "the flow is marked [HW_OFFLOAD]" wait_for 30 tracked tcp sport=40000 '[HW_OFFLOAD]'
	check "the flowtable is deleted under load" nft delete table inet t
	check "the flow is back in software" not_tracked OFFLOAD
	wait $! && pass "all messages came back" || fail "a message did not come back"
}

flow_device_down() {
	plain
	timeouts 10 10
	flowtable
	serve B tcp 10.2.0.2 5000
	check "messages come back" call A tcp 10.1.0.2 40000 10.2.0.2 5000 send:3:100 note:/tmp/sent
	check "the flow is marked [HW_OFFLOAD]" wait_for 30 tracked tcp sport=40000 '[HW_OFFLOAD]'
	ip link set $port1 down
	check "the flow leaves the table with its port" wait_for 30 not_tracked '[HW_OFFLOAD]'
	ip link set $port1 up
}

# A port joins a flowtable with a live flow, and leaves it again.
flow_port_joins_and_leaves() {
	plain
	timeouts 20 20
	flowtable
	serve B tcp 10.2.0.2 5000
	call A tcp 10.1.0.2 40000 10.2.0.2 5000 send:3:100 note:/tmp/sent await:/tmp/joined pause:1500 send:1 note:/tmp/again pause:20000 &
	wait_for 50 [ -e /tmp/sent ]
	check "the flow is marked [HW_OFFLOAD]" wait_for 30 tracked tcp sport=40000 '[HW_OFFLOAD]'
	check "the port joins" nft "add flowtable inet t f { hook ingress priority 0; devices = { $port2 }; flags offload; counter; }"
	: >/tmp/joined
	check "a message comes back" wait_for 50 [ -e /tmp/again ]
	sleep 0.5
	check "the port leaves" nft "delete flowtable inet t f { hook ingress priority 0; devices = { $port2 }; flags offload; counter; }"
	check "the flow is still marked" tracked tcp sport=40000 '[HW_OFFLOAD]'
	nft delete table inet t
	rm /tmp/sent /tmp/again /tmp/joined
}

# A batch that lets a port join a flowtable with a live flow, and fails after it.
flow_join_aborted() {
	plain
	timeouts 20 20
	flowtable
	serve B udp 10.2.0.2 5000
	check "messages come back" call A udp 10.1.0.2 40000 10.2.0.2 5000 send:3:100
	check "the flow is marked [HW_OFFLOAD]" wait_for 20 tracked udp sport=40000 '[HW_OFFLOAD]'
	refute "the batch fails" nft -f - <<END
add flowtable inet t f { hook ingress priority 0; devices = { $port2 }; flags offload; counter; }
add rule inet t forward jump nowhere
END
	check "the flow is still marked" tracked udp sport=40000 '[HW_OFFLOAD]'
	check "a message comes back" call A udp 10.1.0.2 40000 10.2.0.2 5000 send:1
	sleep 0.5
	nft delete table inet t
}

# A batch that makes a flowtable and fails after it.
flow_aborted_batch() {
	plain
	refute "the batch fails" nft -f - <<END
table inet t {
	flowtable f { hook ingress priority 0; devices = { $port0, $port1 }; flags offload; }
	chain c { type filter hook forward priority 0; jump nowhere; }
}
END
	refute "nothing is left of it" nft list table inet t
}

# The program refuses the second port of the flowtable.
flow_bind_refused() {
	plain
	flowtable && fail "the flowtable should be refused" || pass "the flowtable is refused"
}

# A port that carries a flow is deleted: the last scenario of a guest.
flow_port_deleted() {
	plain
	timeouts 10 10
	flowtable
	serve B tcp 10.2.0.2 5000
	check "messages come back" call A tcp 10.1.0.2 40000 10.2.0.2 5000 send:3:100
	check "the flow is marked [HW_OFFLOAD]" wait_for 30 tracked tcp sport=40000 '[HW_OFFLOAD]'
	delete_nsim 10
	check "the flow leaves the table with its port" wait_for 30 not_tracked '[HW_OFFLOAD]'
	check "the table without ports can be deleted" nft delete table inet t
}
