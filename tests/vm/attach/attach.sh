# SPDX-License-Identifier: GPL-2.0-or-later
# nicemu attach with a kernel behind it.
. /vm/guest.sh

module=/lib/nicemu/nsim_nft_offload.ko
socket=/tmp/nic

# said WORDS TEXT: TEXT has a match for the expression.
said() {
	printf '%s\n' "$2" | grep -q -- "$1"
}

# attach_fails STATUS WORDS OPTION...: it ends at once, with that status and those words.
attach_fails() {
	wanted=$1 words=$2
	shift 2
	output=$(nicemu attach "$@" 2>&1)
	status=$?
	check "attach $*: exit $wanted ($status)" [ $status = "$wanted" ]
	check "attach $*: says '$words' ($output)" said "$words" "$output"
}

# packets OF-RULE: what nft tells of the rule that has these words.
packets() {
	nft list ruleset | grep -- "$1" | sed 's/.*packets \([0-9]*\) .*/\1/'
}

# logged WORDS, shown WORDS TOPIC...: the NIC's log, or what show tells, has them.
logged() {
	nicemu show --socket $socket log | grep -q -- "$1"
}
shown() {
	words=$1
	shift
	nicemu show --socket $socket "$@" | grep -q -- "$words"
}

start_attach() {
	check "attach with a socket returns ($*)" nicemu attach --socket $socket "$@"
}
stop_attach() {
	check "stop ends it" nicemu stop --socket $socket
}

chain() {
	port=$1
	shift
	{
		echo "table netdev t { chain c { type filter hook ingress device $port priority 10; flags offload;"
		printf '%s\n' "$@"
		printf '}\n}\n'
	} >/tmp/chain.nft
	nft -f /tmp/chain.nft
}

what_lacks() {
	attach_fails 4 "is not loaded: build it .*insmod"
	attach_fails 4 "/nowhere.ko: No such file" --module /nowhere.ko
	attach_fails 2 "the kernel is the one that runs" -k 6.1
	attach_fails 2 "the ports are the kernel's devices" --port eth9
	attach_fails 2 "'x' is not" --refuse x
	attach_fails 2 "PACKETS:BYTES" --count 3
	for needed in $(modinfo -F depends $module | tr ',' ' '); do
		modprobe "$needed"
	done
	check "--module loads it" nicemu attach --module $module -- grep -q nsim_nft_offload /proc/modules
	check "… and finds it loaded" nicemu attach --module $module -- true
	chmod 1777 /tmp
	output=$(setpriv --reuid 65534 --clear-groups nicemu attach -- true 2>&1)
	status=$?
	check "another user: exit 4 ($status)" [ $status = 4 ]
	check "… and why ($output)" said "attaching needs root's rights" "$output"
	rmmod nsim_nft_offload
	output=$(setpriv --reuid 65534 --clear-groups nicemu attach --module $module -- true 2>&1)
	check "another user can't load it, either ($output)" said "loading a module needs root's rights" "$output"
	load_offload
}

in_foreground() {
	nicemu attach 2>/tmp/said &
	for i in $(seq 100); do
		! grep -q attached /tmp/said || break
		sleep 0.1
	done
	kill -TERM $!
	wait $!
}

commands() {
	nicemu attach -- sh -c 'exit 7'
	status=$?
	check "the status is the command's ($status)" [ $status = 7 ]
	nicemu attach -- /nowhere 2>/dev/null
	status=$?
	check "a command that is not there is 127 ($status)" [ $status = 127 ]
	check "another attach is EBUSY" nicemu attach -- sh -c 'nicemu attach -- true 2>&1 | grep -q "another program is attached"'
	check "a command finds the NIC by itself" nicemu attach -- nicemu show nic
	check "… and exec is refused inside" nicemu attach -- sh -c 'nicemu exec -- true 2>&1 | grep -q "serves a real kernel"'
	check "SIGTERM ends one in the foreground" in_foreground
	check "… which has said where it can be reached" grep -q 'attached to kernel [0-9.]*; .--socket /tmp/nicemu-[^/]*/socket' /tmp/said
	check "nothing is left of them in /tmp" sh -c '! ls -d /tmp/nicemu-* 2>/dev/null'
}

counters() {
	start_attach
	chain "$first" "udp dport 53 counter fwd to $second" "tcp dport 80 counter drop" "ip ttl 9 counter accept" 2>/dev/null
	refute "a chain with a rule that the kernel can't offload is not there" nft list table netdev t
	check "without it the chain is loaded" chain "$first" "udp dport 53 counter fwd to $second" "tcp dport 80 counter drop"
	report=$(nicemu replay --socket $socket -j /vm/demo.pcap)
	check "replay lists the rules by what is known" said '"rule": "basic.ip_proto 17 ports.dst 53 REDIRECT '"$second"'"' "$report"
	check "… and their place" said '"handle": 2' "$report"
	check "nft shows 8 packets to port 53 ($(packets 'udp dport 53'))" [ "$(packets 'udp dport 53')" = 8 ]
	check "again: 16 of them" sh -c "nicemu replay --socket $socket -q /vm/demo.pcap >/dev/null"
	check "… as nft shows ($(packets 'udp dport 53'))" [ "$(packets 'udp dport 53')" = 16 ]
	check "the second port has sent them" sh -c "nicemu show --socket $socket counters | grep -q '^$second  *0  *0  *16 '"
	check "show rules tells the chain" shown "^netdev t c, port $first" rules
	check "show rules --driver tells the rule" shown "^REPLACE $first: netdev t c handle 2: basic.ip_proto 17" rules --driver
	check "the log has the command" logged "REPLACE $first: handle 2 cookie 0x[0-9a-f]* prio 10"
	refute "rules can't be loaded by replay" nicemu replay --socket $socket -r /tmp/chain.nft /vm/demo.pcap
	nft flush ruleset
	check "flushed rules have left the table" shown " 0 of 1048576 entries" nic
	check "… and their packets are kept as decided" shown "entries that are gone decided [1-9][0-9]* packets" counters
	stop_attach
}


# tens_of_packets BYTES PACKETS
tens_of_packets() {
	[ $# = 2 ] && [ "$2" -ge 20 ] && [ $(($2 % 10)) = 0 ] && [ "$1" = $(($2 * 60)) ]
}

refusals() {
	start_attach --refuse "chain:2:ENOSPC:the table is full" --refuse "flower:1:EBUSY:ask me later" --count 10:600
	output=$(chain "$first" "udp dport 53 drop" "udp dport 54 drop" 2>&1)
	check "the second rule is refused ($output)" said "No space left" "$output"
	refute "… with the whole batch" nft list table netdev t
	check "nothing of it is in the NIC" shown " 0 of 1048576 entries" nic
	check "the third is not refused" chain "$first" "udp dport 53 drop"
	tc qdisc add dev "$second" clsact
	output=$(tc filter add dev "$second" ingress protocol ip pref 5 flower skip_sw dst_ip 1.2.3.4 action drop 2>&1)
	check "tc shows the reason's text ($output)" said "ask me later" "$output"
	check "the next filter is taken" \
		tc filter add dev "$second" ingress protocol ip pref 5 flower skip_sw dst_ip 1.2.3.4 action drop
	check "… recorded only" shown "^REPLACE $second: flower ingress, recorded only" rules --driver
	check "… and counted" shown "recorded only: 0 rules of flowtables, 1 of flower" nic
	sleep 2.5
	output=$(tc -s filter show dev "$second" ingress | sed -n 's/.*Sent hardware \([0-9]*\) bytes \([0-9]*\) pkt.*/\1 \2/p')
	check "it counts 10 packets of 600 bytes every second, 2 of which have passed ($output)" tens_of_packets $output
	tc qdisc del dev "$second" clsact
	check "without the qdisc it has gone" shown "nothing is offloaded\|^REPLACE $first" rules --driver
	refute "… from the list" shown recorded nic
	nft flush ruleset
	stop_attach
}

# The NIC of a file is real hardware: its ports are the kernel's, its table is full when it is full.
small_nic() {
	printf 'nic: small\nmodel: generic\nentries: 2\nports:\n  - name: eth9\n' >/tmp/small.yaml
	start_attach -n /tmp/small.yaml
	check "two rules fit" chain "$first" "udp dport 53 drop" "udp dport 54 drop"
	output=$(nft add rule netdev t c udp dport 55 drop 2>&1)
	check "a third does not ($output)" said "No space left" "$output"
	check "… for the reason that the log has" logged "refused: ENOSPC: all 2 entries of the NIC's table are taken"
	refute "the file's ports are not there" shown "^eth9" nic
	nft flush ruleset
	stop_attach
}

restarts() {
	start_attach --record /tmp/one.jsonl
	chain "$first" "udp dport 53 counter drop" "udp dport 54 counter drop"
	nicemu replay --socket $socket -q /vm/demo.pcap >/dev/null
	stop_attach
	check "the kernel goes on without a program" nft list ruleset
	check "… and takes rules" nft add rule netdev t c udp dport 55 counter drop
	start_attach --record /tmp/two.jsonl --reproducible
	check "a new program is told what is there" shown " 3 of 1048576 entries" nic
	check "… as repeated" grep -q '"REPLACE".*"repeated":true' /tmp/two.jsonl
	check "the old counts are kept ($(packets 'udp dport 53'))" [ "$(packets 'udp dport 53')" = 8 ]
	nicemu replay --socket $socket -q /vm/demo.pcap >/dev/null
	check "… and go on ($(packets 'udp dport 53'))" [ "$(packets 'udp dport 53')" = 16 ]
	nft flush ruleset
	stop_attach
	check "the recording says where it is from" sh -c 'head -1 /tmp/one.jsonl | grep -q "\"source\":\"kernel\",\"kernel\":\"[0-9]*\.[0-9]*\.[0-9]*\""'
	check "it can be shown" sh -c 'nicemu show recording /tmp/two.jsonl | grep -q "^REPLACE .* repeated$"'
}

killed() {
	nicemu attach --socket $socket --record /tmp/killed.jsonl --foreground &
	pid=$!
	for i in $(seq 100); do
		! nicemu show --socket $socket nic >/dev/null 2>&1 || break
		sleep 0.1
	done
	chain "$first" "udp dport 53 drop" "udp dport 54 drop"
	kill -KILL $pid
	wait $pid 2>/dev/null
	check "a recording whose writer was killed has whole lines" nicemu show recording /tmp/killed.jsonl
	check "… with the rules" [ "$(grep -c '"REPLACE"' /tmp/killed.jsonl)" = 2 ]
	check "the kernel goes on" nft flush ruleset
	start_attach
	stop_attach
}

full_disk() {
	mkdir -p /tmp/small && mount -t tmpfs -o size=8k none /tmp/small
	nicemu attach --record /tmp/small/r.jsonl -- sh -c "
		nft add table netdev t
		nft 'add chain netdev t c { type filter hook ingress device $first priority 10; flags offload; }'
		for i in \$(seq 40); do nft add rule netdev t c udp dport \$i drop || exit 1; done" 2>/tmp/errors
	status=$?
	check "a full disk is exit 5 ($status)" [ $status = 5 ]
	check "… and said" grep -q "r.jsonl is not whole: No space left" /tmp/errors
	check "the recording ends at a whole line" nicemu show recording /tmp/small/r.jsonl
	check "the kernel was served to the end" [ "$(nft list ruleset | grep -c 'udp dport')" = 40 ]
	nft flush ruleset
	umount /tmp/small
}

ports() {
	start_attach
	chain "$first" "udp dport 53 drop"
	ip link set "$first" down
	check "a name is followed" ip link set "$first" name wan0
	check "… by show" shown "^wan0 " nic
	ip link set wan0 name "$first"
	ip netns add other
	set -- $(new_nsim 2 1)
	ethtool -K "$1" hw-tc-offload on
	name=$first
	ip link set "$1" netns other name "$name"
	check "a chain in another namespace" ip netns exec other nft \
		"table netdev t { chain c { type filter hook ingress device $name priority 10; flags offload; udp dport 9 drop; }; }"
	check "a port of another namespace has its number in its name" shown "^$name@[0-9]* " nic
	check "replay on it finds its rules" sh -c "nicemu replay --socket $socket -p $name@$(stat -L -c %i /run/netns/other) /vm/demo.pcap"
	ip netns del other
	echo 2 >/sys/bus/netdevsim/del_device
	sleep 0.3
	refute "when it goes it is no port any more" shown "^$name@" nic
	check "… and the log says so" logged "port $name@[0-9]* is gone"
	check "the first one is still bound" shown " 1 of 1048576 entries" nic
	nft flush ruleset
	stop_attach
}

what_lacks
case $(uname -v) in
*"Debian 5.10."*)
	echo "skipped: this kernel frees offloaded rules twice when they are committed, and panics"
	finish
	;;
esac
load_netdevsim || exit 1
set -- $(new_nsim 1 2)
first=$1 second=$2
for port; do
	ip link set "$port" up
	ethtool -K "$port" hw-tc-offload on
done
commands
counters
refusals
small_nic
restarts
killed
full_disk
ports
finish
