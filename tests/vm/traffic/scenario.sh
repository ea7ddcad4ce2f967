# SPDX-License-Identifier: GPL-2.0-or-later
# In the guest: the scenarios that the file "scenarios" names, one a line: FRONT NAME [OPTION-OF-ATTACH...].
# What the kernel sent in each is in /vm/out/NAME.jsonl.
cd /vm
. ./traffic/lib.sh
traffic_devices || exit 4
load_offload || exit 4
. ./traffic/flow.sh
. ./traffic/flower.sh
for port in $port0 $port1; do
	ethtool -K $port hw-tc-offload on
done
socket=/tmp/nicemu.sock

# begin NAME [OPTION-OF-ATTACH...]: the program behind the module, which records.
begin() {
	scenario=$1
	shift
	printf 'scenario %s\n' "$scenario"
	nicemu attach --socket $socket --record "/vm/out/$scenario.jsonl" "$@"
}

end() {
	nicemu stop --socket $socket
	wait_for 50 [ ! -e $socket ]
}

# Ports of flower have no other filters: the joints of the traffic go while flower is at it.
flower_scenario() {
	priority=0
	for port in $port0 $port1; do
		tc qdisc del dev $port clsact
	done
	begin "$@" || return 1
	for port in $port0 $port1; do
		tc qdisc add dev $port clsact
	done
	flower_$scenario >/tmp/said 2>&1
	grep -E '^(ok|FAILED):' -A1 /tmp/said | grep -v '^--'
	for port in $port0 $port1; do
		tc qdisc del dev $port clsact 2>/dev/null
	done
	end
	join_filter $port0 a0
	join_filter $port1 b0
}

flow_scenario() {
	begin "$@" || return 1
	flow_$scenario
	traffic_clear
	end
}

mkdir -p /vm/out
while read -r front name options; do
	${front}_scenario "$name" $options || fail "$name: the recorder does not start"
	printf 'time %s %s\n' "$name" "$(cut -d' ' -f1 /proc/uptime)"
done </vm/scenarios
finish
