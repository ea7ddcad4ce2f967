# SPDX-License-Identifier: GPL-2.0-or-later
# cable PORT NAMESPACE ADDRESS GATEWAY: a host in a namespace of its own at the far end of a netdevsim port.
#
# netdevsim drops what it is given to send, and receives nothing; so tc carries packets between the port and a
# veth pair: what the host sends arrives at the port, what leaves the port arrives at the host. Both ends of
# such a redirection have one MAC address, or the packet would count as somebody else's.
# GATEWAY becomes the port's own address, and the host's default route.

cable() {
	ip netns add "$2" &&
		ip link add "$1-wire" address "$(cat /sys/class/net/"$1"/address)" type veth peer name host netns "$2" &&
		carry "$1-wire" ingress "$1" && carry "$1" egress "$1-wire" || return
	ip link set "$1" up
	ip link set "$1-wire" up
	ip -n "$2" link set lo up
	ip -n "$2" link set host up
	ip addr add "$4/24" dev "$1"
	ip -n "$2" addr add "$3/24" dev host
	ip -n "$2" route add default via "$4"
	# no ARP, no wrong checksums: what is counted is what the host was told to send
	ip -n "$2" neigh add "$4" lladdr "$(cat /sys/class/net/"$1"/address)" dev host
	ip neigh add "$3" lladdr "$(ip netns exec "$2" cat /sys/class/net/host/address)" dev "$1"
	ip netns exec "$2" ethtool -K host tx off >/dev/null
}

# carry FROM DIRECTION TO
carry() {
	tc qdisc add dev "$1" clsact && tc filter add dev "$1" "$2" matchall skip_hw action mirred "$2" redirect dev "$3"
}
