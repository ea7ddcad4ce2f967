# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts in a guest: two network namespaces A and B and this one as the router between them. The
# router's two ports are netdevsim devices, so that a flowtable on them is offered to nsim_nft_offload; a third
# one, $port2, is up and leads nowhere.
#
#   A (10.1.0.2, 2001:db8:1::2) a1 == a0 ~ $port0 (.1) router (.1) $port1 ~ b0 == b1 (10.2.0.2, 2001:db8:2::2) B
#
# netdevsim before 6.9 has no receive path and drops what it sends: ~ is tc mirred, both ends with the same
# address, or the packet would arrive as somebody else's. Addresses, interface numbers and ports are fixed,
# so that two runs send the same.
. /vm/guest.sh

mac_a=02:00:00:00:01:02 mac_b=02:00:00:00:02:02
mac_port0=02:00:00:00:01:01 mac_port1=02:00:00:00:02:01

# traffic_devices: the ports and how they are joined. Once in a guest.
traffic_devices() {
	load_netdevsim || return 1
	set -- $(new_nsim 10 3)
	port0=$1 port1=$2 port2=$3
	ip link set $port2 address 02:00:00:00:03:01 up
	modprobe nf_conntrack
	modprobe nf_flow_table
	modprobe nft_flow_offload
	modprobe nf_conntrack_netlink
	warm_up || return 1
	ip netns add A && ip netns add B || return 1
	ip link add a0 index 50 type veth peer name a1 netns A index 51
	ip link add b0 index 60 type veth peer name b1 netns B index 61
	join_port $port0 a0 $mac_port0 A a1 $mac_a
	join_port $port1 b0 $mac_port1 B b1 $mac_b
	for setting in ipv4/ip_forward ipv6/conf/all/forwarding netfilter/nf_conntrack_acct; do
		echo 1 >/proc/sys/net/$setting
	done
	ip netns exec A sh -c "echo 1 >/proc/sys/net/ipv4/tcp_tw_reuse"
	for setting in all $port0 $port1; do
		echo 0 >/proc/sys/net/ipv4/conf/$setting/rp_filter
	done
}

# warm_up: a batch that needs a module which is not loaded is undone and begun again, with every BIND in it. So all of
# them are loaded before anybody looks.
warm_up() {
	nft -f - <<END
table inet warm {
	flowtable f { hook ingress priority 0; devices = { lo }; counter; }
	chain forward { type filter hook forward priority 0; meta l4proto { tcp, udp, gre } flow add @f; }
	chain post { type nat hook postrouting priority 100; oifname "lo" masquerade; }
	chain pre { type nat hook prerouting priority -100;
		ip daddr 10.1.0.1 tcp dport 80 dnat ip to 10.2.0.2:5000
		ip6 daddr 2001:db8:1::1 tcp dport 80 dnat ip6 to [2001:db8:2::2]:5000; }
}
END
	nft delete table inet warm
}

# join_port PORT VETH MAC NAMESPACE PEER PEER-MAC
join_port() {
	ip link set $1 address $3
	ip link set $2 address $3
	ip -n $4 link set $5 address $6
	for setting in default $1 $2; do
		echo 1 >/proc/sys/net/ipv6/conf/$setting/disable_ipv6
		echo 0 >/proc/sys/net/ipv6/conf/$setting/accept_dad
	done
	ip link set $1 up
	ip link set $2 up
	ip -n $4 link set lo up
	ip -n $4 link set $5 up
	ip netns exec $4 ethtool -K $5 tx off >/dev/null 2>&1
	tc qdisc add dev $2 clsact
	tc filter add dev $2 ingress matchall skip_hw action mirred ingress redirect dev $1
	join_filter $1 $2
}

# join_filter PORT VETH: what the port sends leaves by the veth.
join_filter() {
	tc qdisc add dev $1 clsact
	tc filter add dev $1 egress matchall skip_hw action mirred egress redirect dev $2
}

# side A|B ROUTER-DEVICE NAMESPACE-DEVICE: the addresses of one side on these devices (a VLAN's, say).
side() {
	case $1 in
	A) net=1 mac_router=$mac_port0 mac_host=$mac_a ;;
	B) net=2 mac_router=$mac_port1 mac_host=$mac_b ;;
	esac
	echo 0 >/proc/sys/net/ipv6/conf/$2/disable_ipv6
	ip addr add 10.$net.0.1/24 dev $2
	ip addr add 2001:db8:$net::1/64 dev $2 nodad
	ip -n $1 addr add 10.$net.0.2/24 dev $3
	ip -n $1 addr add 2001:db8:$net::2/64 dev $3 nodad
	ip -n $1 route replace default via 10.$net.0.1
	ip -n $1 route replace default via 2001:db8:$net::1 dev $3
	for address in 10.$net.0 2001:db8:$net:; do
		case $address in *:) dot=: ;; *) dot=. ;; esac
		ip -n $1 neigh replace $address${dot}1 lladdr $mac_router dev $3 nud permanent
		ip neigh replace $address${dot}2 lladdr $mac_host dev $2 nud permanent
	done
}

# vlan SIDE ID [PROTOCOL [INNER-ID]]: the side's addresses on a VLAN, or on a VLAN in a VLAN.
vlan() {
	case $1 in
	A) below=$port0 host=a1 number=100 ;;
	B) below=$port1 host=b1 number=200 ;;
	esac
	modprobe 8021q
	ip link add link $below name v$1 index $number type vlan protocol ${3:-802.1Q} id $2
	ip -n $1 link add link $host name v type vlan protocol ${3:-802.1Q} id $2
	ip link set v$1 up
	ip -n $1 link set v up
	[ $# = 4 ] || { side $1 v$1 v; return; }
	ip link add link v$1 name w$1 index $((number + 1)) type vlan id $4
	ip -n $1 link add link v name w type vlan id $4
	ip link set w$1 up
	ip -n $1 link set w up
	side $1 w$1 w
}

# bridged SIDE: the side's address on a bridge of the router that the port is in.
bridged() {
	modprobe bridge
	case $1 in
	A) below=$port0 host=a1 mac_router=$mac_port0 ;;
	B) below=$port1 host=b1 mac_router=$mac_port1 ;;
	esac
	ip link add br0 index 300 address $mac_router type bridge forward_delay 0
	ip link set $below master br0
	ip link set br0 up
	side $1 br0 $host
}

plain() {
	side A $port0 a1
	side B $port1 b1
}

# traffic_clear: all that a scenario made; the ports and their joints stay.
traffic_clear() {
	killall -q -9 talk
	nft flush ruleset
	for device in wA wB vA vB br0; do
		ip link del $device 2>/dev/null
	done
	for device in w v; do
		ip -n A link del $device 2>/dev/null
		ip -n B link del $device 2>/dev/null
	done
	for place in "A a1" "B b1"; do
		set -- $place
		ip -n $1 addr flush dev $2
		ip -n $1 neigh flush nud permanent dev $2
	done
	for device in $port0 $port1; do
		[ -d /sys/class/net/$device ] || continue
		ip addr flush dev $device
		ip neigh flush nud permanent dev $device
	done
	echo 30 >/proc/sys/net/netfilter/nf_flowtable_tcp_timeout
	echo 30 >/proc/sys/net/netfilter/nf_flowtable_udp_timeout
	wait_for 30 forgotten
}

# serve A|B PROTOCOL ADDRESS PORT, call A|B PROTOCOL FROM PORT TO PORT STEP...
serve() {
	namespace=$1
	shift
	ip netns exec $namespace talk serve "$@"
}

call() {
	namespace=$1
	shift
	ip netns exec $namespace talk call "$@"
}

# wait_for TENTHS COMMAND...: until the command succeeds.
wait_for() {
	tenths=$1
	shift
	until "$@" >/dev/null 2>&1; do
		[ $tenths -gt 0 ] || return 1
		tenths=$((tenths - 1))
		sleep 0.1
	done
}

# tracked WORDS...: the line of /proc/net/nf_conntrack with all of these words.
tracked() {
	lines=$(cat /proc/net/nf_conntrack)
	for word in "$@"; do
		lines=$(printf '%s\n' "$lines" | grep -F -- "$word") || return 1
	done
	printf '%s\n' "$lines"
}
not_tracked() {
	! tracked "$@" >/dev/null
}

# forgotten: no connection of the namespaces is tracked any more.
forgotten() {
	talk forget || return 1
	not_tracked src=10. && not_tracked src=2001:
}
