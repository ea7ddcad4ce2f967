# SPDX-License-Identifier: GPL-2.0-or-later
# Scenarios of tc flower: each is a function flower_NAME. No packets are needed: what counts is what the kernel
# sends to the driver, in /vm/out/NAME.jsonl, and what tc prints, in /vm/out/NAME.tc.

# filter PROTOCOL WORDS...: the next filter of $port0's ingress, in hardware only, under a priority of its own.
filter() {
	protocol=$1
	shift
	priority=$((priority + 1))
	check "$protocol $*" tc filter add dev $port0 ingress protocol $protocol pref $priority handle 1 flower skip_sw "$@"
}

matching() {
	filter "$@" action drop
}

flower_keys_ethernet() {
	matching all dst_mac 02:00:00:00:00:01 src_mac 02:00:00:00:00:02
	matching all dst_mac 02:00:00:00:00:00/ff:ff:ff:00:00:00
	matching ip
	matching 802.1Q vlan_id 10
	matching 802.1Q vlan_id 10 vlan_prio 3 vlan_ethtype ipv4
	matching 802.1Q vlan_ethtype ipv6 ip_proto udp dst_port 53
	matching 802.1ad vlan_id 20 vlan_ethtype 802.1q cvlan_id 30 cvlan_prio 5 cvlan_ethtype ip
	matching all num_of_vlans 2
}

flower_keys_ip() {
	matching ip dst_ip 10.2.0.2 src_ip 10.1.0.0/16
	matching ip ip_proto tcp
	matching ip ip_tos 0x10/0xfc ip_ttl 1
	matching ip ip_flags frag
	matching ip ip_flags nofrag/firstfrag
	matching ipv6 dst_ip 2001:db8:2::/64 src_ip 2001:db8:1::2
	matching ipv6 ip_proto icmpv6
	matching ipv6 ip_flags firstfrag
}

flower_keys_transport() {
	matching ip ip_proto tcp dst_port 80 src_port 1024
	matching ip ip_proto udp dst_port 53
	matching ip ip_proto sctp src_port 5000
	matching ip ip_proto tcp dst_port 0x1f00/0xff00
	matching ip ip_proto tcp dst_port 80-90
	matching ipv6 ip_proto udp src_port 1000-2000 dst_port 3000-4000
	matching ip ip_proto tcp tcp_flags 0x02/0x12
	matching ip ip_proto icmp type 8 code 0
	matching ipv6 ip_proto icmpv6 type 128
}

flower_keys_other() {
	matching arp arp_tip 10.1.0.1 arp_sip 10.1.0.0/24 arp_op request
	matching arp arp_sha 02:00:00:00:01:02 arp_tha 02:00:00:00:00:00/ff:ff:00:00:00:00 arp_op 2
	matching mpls_uc mpls_label 100 mpls_tc 3 mpls_bos 1 mpls_ttl 64
	matching mpls_uc mpls lse depth 1 label 100 bos 0 lse depth 2 label 200 bos 1
	matching ip ct_state +trk+est
	matching ip ct_state +trk-new ct_zone 5 ct_mark 0x10/0xff
	matching ip ct_label 00000000000000000000000000000001/0000000000000000000000000000000f
	matching ppp_ses pppoe_sid 7 ppp_proto ip
	matching ip indev $port0
}

flower_keys_tunnel() {
	matching ip enc_key_id 5 enc_dst_ip 192.0.2.1 enc_src_ip 192.0.2.2 enc_dst_port 4789
	matching ip enc_src_ip 192.0.2.0/24 enc_tos 0x20 enc_ttl 64
	matching ipv6 enc_key_id 6 enc_dst_ip 2001:db8::1 enc_src_ip 2001:db8::/32 dst_ip 2001:db8:9::9
	matching ip enc_key_id 7 enc_dst_port 6081 geneve_opts 0102:80:00880022/ffff:ff:ffffffff
	matching ip enc_key_id 8 enc_dst_port 4789 vxlan_opts 0x1/0xff
}

flower_actions_basic() {
	filter ip ip_proto tcp action drop
	filter ip ip_proto tcp action ok
	filter ip ip_proto tcp action pass
	filter ip ip_proto tcp action trap
	filter ip ip_proto tcp action mirred egress redirect dev $port1
	filter ip ip_proto tcp action mirred egress mirror dev $port1
	filter ip ip_proto tcp action mirred egress mirror dev $port1 action drop
	filter ip ip_proto tcp action mirred egress mirror dev $port1 action mirred egress redirect dev $port1
	filter ip ip_proto tcp action mirred ingress redirect dev $port1
	filter ip ip_proto tcp action gact drop hw_stats immediate
	filter ip ip_proto tcp action gact drop hw_stats disabled
	filter ip ip_proto tcp action skbedit mark 7 action ok
	filter ip ip_proto tcp action skbedit priority 3
	filter ip ip_proto tcp action skbedit ptype host
	refute "continue" tc filter add dev $port0 ingress protocol ip pref 99 handle 1 flower skip_sw ip_proto tcp action continue
	filter ip ip_proto tcp classid 1:2
	filter ip ip_proto tcp action sample rate 100 group 5 trunc 64
}

flower_actions_header() {
	filter ip ip_proto tcp action vlan push id 10
	filter ip ip_proto tcp action vlan push id 10 protocol 802.1ad priority 3
	filter 802.1Q vlan_id 10 action vlan pop
	filter 802.1Q vlan_id 10 action vlan modify id 20 priority 1
	filter ip ip_proto tcp action vlan push_eth dst_mac 02:00:00:00:00:01 src_mac 02:00:00:00:00:02
	filter ip ip_proto tcp action vlan pop_eth
	filter ip ip_proto tcp action mpls push label 100 protocol mpls_uc tc 3 ttl 64 bos 1
	filter mpls_uc mpls_label 100 action mpls pop protocol ip
	filter mpls_uc mpls_label 100 action mpls modify label 200 ttl 10
	filter ip ip_proto tcp action pedit ex munge eth dst set 02:00:00:00:00:09 munge eth src set 02:00:00:00:00:08
	filter ip ip_proto tcp action pedit ex munge ip src set 192.0.2.1 munge tcp sport set 1234 pipe action csum ip and tcp pipe action mirred egress redirect dev $port1
	filter ip ip_proto udp action pedit ex munge ip ttl add 255 munge udp dport set 53 pipe action csum ip and udp
	filter ipv6 ip_proto tcp action pedit ex munge ip6 dst set 2001:db8::1 munge ip6 hoplimit set 64
	filter ip ip_proto tcp action csum ip and tcp
	filter ip ip_proto tcp action tunnel_key set src_ip 192.0.2.1 dst_ip 192.0.2.2 id 5 dst_port 4789 ttl 64 pipe action mirred egress redirect dev $port1
	filter ip ip_proto tcp action tunnel_key set src_ip 2001:db8::1 dst_ip 2001:db8::2 id 6 dst_port 4789
	filter ip enc_key_id 5 action tunnel_key unset pipe action mirred egress redirect dev $port1
}

flower_actions_police() {
	filter ip ip_proto tcp action police rate 8mbit burst 16k conform-exceed drop/pipe
	filter ip ip_proto tcp action police pkts_rate 1000 pkts_burst 100 conform-exceed drop/ok
	filter ip ip_proto tcp action police rate 1mbit burst 4k mtu 1500 conform-exceed drop/continue
	filter ip ip_proto tcp action police rate 8mbit burst 16k peakrate 16mbit mtu 2000 conform-exceed drop
	filter ip ip_proto tcp action gate clockid CLOCK_TAI sched-entry open 100000000 -1 -1 sched-entry close 100000000 -1 -1
}

# act_ct has a flowtable per zone; the driver is handed a pointer to it with the action, it gets no BIND.
flower_actions_ct() {
	filter ip ip_proto tcp ct_state -trk action ct zone 5 pipe action goto chain 1
	check "chain 1" tc filter add dev $port0 ingress chain 1 protocol ip pref 1 handle 1 flower skip_sw ip_proto tcp \
		ct_state +trk+est ct_zone 5 action mirred egress redirect dev $port1
	check "commit" tc filter add dev $port0 ingress chain 1 protocol ip pref 2 handle 1 flower skip_sw ip_proto tcp \
		ct_state +trk+new action ct commit zone 5 mark 0x10/0xff pipe action mirred egress redirect dev $port1
	check "nat" tc filter add dev $port0 ingress chain 1 protocol ip pref 3 handle 1 flower skip_sw ip_proto udp \
		ct_state +trk+new action ct commit nat src addr 192.0.2.1 pipe action drop
	filter ip ip_proto udp action ct clear pipe action drop
}

show_filters() {
	tc -s filter show dev $port0 ingress | sed 's/ used [0-9]* sec/ used N sec/; s/installed [0-9]* sec/installed N sec/'
}

flower_replace_and_delete() {
	add="tc filter add dev $port0 ingress"
	check "add" $add protocol ip pref 10 handle 1 flower skip_sw dst_ip 10.2.0.2 action drop
	check "replace: another action" tc filter replace dev $port0 ingress protocol ip pref 10 handle 1 flower skip_sw dst_ip 10.2.0.2 action pass
	check "replace: another key" tc filter replace dev $port0 ingress protocol ip pref 10 handle 1 flower skip_sw dst_ip 10.2.0.3 action pass
	check "change" tc filter change dev $port0 ingress protocol ip pref 10 handle 1 flower skip_sw dst_ip 10.2.0.4 action pass
	check "replace: to software" tc filter replace dev $port0 ingress protocol ip pref 10 handle 1 flower skip_hw dst_ip 10.2.0.4 action pass
	check "replace: back" tc filter replace dev $port0 ingress protocol ip pref 10 handle 1 flower dst_ip 10.2.0.4 action pass
	refute "add a second time" $add protocol ip pref 10 handle 1 flower skip_sw dst_ip 10.2.0.4 action pass
	refute "both flags" $add protocol ip pref 11 handle 1 flower skip_sw skip_hw dst_ip 10.2.0.4 action pass
	check "another handle, same priority" $add protocol ip pref 10 handle 2 flower skip_sw dst_ip 10.2.0.5 action drop
	check "another protocol" $add protocol ipv6 pref 20 handle 1 flower skip_sw dst_ip 2001:db8::1 action drop
	check "any protocol" $add protocol all pref 30 handle 1 flower skip_sw dst_mac 02:00:00:00:00:01 action drop
	show_filters
	check "delete one" tc filter del dev $port0 ingress protocol ip pref 10 handle 1 flower
	check "delete a priority" tc filter del dev $port0 ingress pref 10
	check "delete all" tc filter del dev $port0 ingress
}

flower_flags() {
	for flag in skip_sw skip_hw '' verbose; do
		priority=$((priority + 1))
		check "flag '$flag'" tc filter add dev $port0 ingress protocol ip pref $priority handle 1 flower $flag dst_ip 10.2.0.2 action drop
	done
	show_filters
}

flower_chains_and_templates() {
	check "a template" tc chain add dev $port0 ingress chain 5 proto ip flower dst_ip 0.0.0.0/24
	check "a filter that fits" tc filter add dev $port0 ingress chain 5 protocol ip pref 1 handle 1 flower skip_sw dst_ip 10.2.0.0/24 action drop
	refute "a filter that does not fit" tc filter add dev $port0 ingress chain 5 protocol ip pref 2 handle 1 flower skip_sw src_ip 10.2.0.0/24 action drop
	check "goto" tc filter add dev $port0 ingress protocol ip pref 1 handle 1 flower skip_sw ip_proto tcp action goto chain 5
	check "a chain without template" tc filter add dev $port0 ingress chain 6 protocol ip pref 1 handle 1 flower skip_sw dst_ip 10.2.0.2 action drop
	check "delete the chain" tc chain del dev $port0 ingress chain 5
}

# Filters of a block are handed to a port that joins later, and taken from one that leaves.
flower_shared_block() {
	tc qdisc del dev $port0 clsact
	tc qdisc del dev $port1 clsact
	check "first port" tc qdisc add dev $port0 ingress_block 7 clsact
	check "filter of the block" tc filter add block 7 protocol ip pref 1 handle 1 flower skip_sw dst_ip 10.2.0.2 action drop
	check "another" tc filter add block 7 protocol ip pref 2 handle 1 flower dst_ip 10.2.0.3 action pass
	check "second port" tc qdisc add dev $port1 ingress_block 7 clsact
	tc -s filter show block 7 | grep in_hw
	check "a filter for both" tc filter add block 7 protocol ip pref 3 handle 1 flower skip_sw dst_ip 10.2.0.4 action drop
	tc -s filter show block 7 | grep in_hw
	check "first port leaves" tc qdisc del dev $port0 clsact
	check "delete a filter" tc filter del block 7 pref 1
	check "second port leaves" tc qdisc del dev $port1 clsact
}

flower_egress() {
	check "egress" tc filter add dev $port0 egress protocol ip pref 1 handle 1 flower skip_sw dst_ip 10.2.0.2 action drop
	check "both directions" tc filter add dev $port0 ingress protocol ip pref 1 handle 1 flower skip_sw dst_ip 10.2.0.2 action drop
	tc -s filter show dev $port0 egress | grep in_hw
}

# The program refuses the second, the fourth and the fifth filter, with a text.
flower_refused_by_program() {
	add="tc filter add dev $port0 ingress protocol ip"
	check "taken" $add pref 1 handle 1 flower skip_sw dst_ip 10.2.0.1 action drop
	$add pref 2 handle 1 flower skip_sw dst_ip 10.2.0.2 action drop && fail "should be refused" || pass "skip_sw is refused"
	check "taken again" $add pref 3 handle 1 flower skip_sw dst_ip 10.2.0.3 action drop
	$add pref 4 handle 1 flower dst_ip 10.2.0.4 action drop && pass "without a flag it stays in software" || fail "it should stay in software"
	$add pref 5 handle 1 flower verbose dst_ip 10.2.0.5 action drop && pass "verbose: stays in software, with the reason" || fail "it should stay in software"
	show_filters
}

flower_statistics() {
	check "in hardware" tc filter add dev $port0 ingress protocol ip pref 1 handle 1 flower skip_sw dst_ip 10.2.0.1 action drop
	check "two actions" tc filter add dev $port0 ingress protocol ip pref 2 handle 1 flower skip_sw dst_ip 10.2.0.2 \
		action mirred egress mirror dev $port1 action drop
	check "in both" tc filter add dev $port0 ingress protocol ip pref 3 handle 1 flower dst_ip 10.2.0.3 action drop
	sleep 2
	show_filters >/dev/null
	sleep 2
	show_filters
	tc -j -s filter show dev $port0 ingress >/vm/out/$scenario.json
}
