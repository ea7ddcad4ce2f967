# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: a veth pair, the rules that this kernel takes, the frames, and what the rules have counted (out/).
. /vm/guest.sh
cd /vm
modprobe veth 2>/dev/null || true
for name in all default; do
	file=/proc/sys/net/ipv6/conf/$name/disable_ipv6
	[ ! -e $file ] || echo 1 >$file
done
ip link add eth0 index 40 address 02:00:00:00:00:00 type veth peer name wire0 index 140
ip link add eth1 index 41 type veth peer name wire1 index 141
for device in eth0 wire0 eth1 wire1; do
	for feature in gro gso tso tx rx; do
		ethtool -K $device $feature off >/dev/null 2>&1 || true
	done
	ip link set $device arp off mtu 65535 up
done

# First: nft may crash over the rules that it took.
nft -f - <<END
table netdev arrived { chain c { type filter hook ingress device "eth0" priority -100; counter comment "all"; }; }
END

# Rules that are refused leave the file, line by line, until the rest is taken.
rounds=0
while ! nft -f rules.nft 2>errors; do
	refused=$(sed -n 's/^[^:]*rules\.nft:\([0-9]*\):.*Error.*/\1s,.*,,;/p' errors | sort -u | tr -d '\n')
	rounds=$((rounds + 1))
	if [ -z "$refused" ] || [ $rounds -gt 60 ]; then
		cat errors
		exit 1
	fi
	sed -i "$refused" rules.nft
done
cp rules.nft out/
tcpreplay --quiet --topspeed --intf1=wire0 frames.pcap >out/replay 2>&1

# The guest may be slow: until nothing is counted any more.
for second in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	sleep 1
	counters >now && cmp -s now out/counters && exit 0
	cp now out/counters
done
echo "the rules do not stop counting"
exit 1
