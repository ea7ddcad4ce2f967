# SPDX-License-Identifier: GPL-2.0-or-later
# Runs in the guest: see run.
. /vm/guest.sh

log=/tmp/program.log
program=
skipped=0

until_true() {
	tries=$1
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 50000
	done
}

# start_program OPTION...: it has read what was there when this returns.
start_program() {
	: >$log
	wire_client "$@" >>$log 2>&1 &
	program=$!
	until_true 100 grep -q '^REPEAT_END' $log || fail "the program does not start: $(cat $log)"
}

stop_program() {
	kill "$program" 2>/dev/null
	wait "$program" 2>/dev/null
	program=
}

told() {
	until_true 40 grep -q -e "$1" $log
}

state() {
	cat /sys/class/misc/nsim_nft_offload/state/"$1"
}

# state_is NAME NUMBER: for until_true, which has to look again.
state_is() {
	same "$2" "$(state "$1")"
}

same() {
	[ "$1" = "$2" ] && return
	echo "expected: $1"
	echo "came:     $2"
	return 1
}

# handed NAME LINES COMMAND...: after the command the program was told each of the lines.
handed() {
	handed_name=$1
	handed_lines=$2
	shift 2
	: >$log
	if ! "$@" >/tmp/handed.txt 2>&1; then
		# words that this tc, or this kernel, does not have
		if grep -qE 'Illegal|What is|bad action|Invalid action|Unknown|not supported|Usage|Failed to load TC action|No such file|expected|Attribute failed|invalid' /tmp/handed.txt; then
			skipped=$((skipped + 1))
			echo "skipped: $handed_name: $(grep -v '^ *$' /tmp/handed.txt | head -n 1)"
		else
			fail "$handed_name: $* ($(tr '\n' ' ' </tmp/handed.txt))"
		fi
		return 1
	fi
	told '^REPLACE'
	usleep 20000
	missing=
	printf '%s\n' "$handed_lines" | tr ';' '\n' | sed 's/^ *//; s/ *$//' >/tmp/expected.txt
	while read -r line; do
		grep -q -F -e "$line" $log || missing="$missing [$line]"
	done </tmp/expected.txt
	[ -z "$missing" ] && pass "handed over: $handed_name" && return
	fail "handed over: $handed_name: without$missing"
	sed 's/^/    /' $log
}

# with_ports TEXT: A, B and what is known of them put in.
with_ports() {
	printf '%s\n' "$1" | sed "s/A_INDEX/$(printf %08x "$index_a")/; s/B_HEX/$(printf %x "$index_b")/; s/NETNS/$(printf %x "$netns")/; s/\<A\>/$a/g; s/\<B\>/$b/g"
}

# kernel_has VERSION: X.Y or later; an empty one is any.
kernel_has() {
	[ -z "$1" ] && return
	[ $(($(uname -r | cut -d. -f1) * 100 + $(uname -r | cut -d. -f2))) -ge $((${1%.*} * 100 + ${1#*.})) ]
}

# each_line FILE FUNCTION: FUNCTION NAME LINES ARGUMENTS for each line of a table.
each_line() {
	grep -v '^#' "$1" >/tmp/table.txt
	while IFS='|' read -r name lines arguments since <&3; do
		if ! kernel_has "$(echo $since)"; then
			skipped=$((skipped + 1))
			echo "skipped: $(echo $name): kernels have it since $(echo $since)"
			continue
		fi
		$2 "$(echo $name)" "$(with_ports "$lines")" "$(with_ports "$arguments")"
	done 3</tmp/table.txt
}

one_field() {
	handed "$1" "$2" tc filter add dev "$a" ingress pref 10 handle 1 $3 action drop && tc filter del dev "$a" ingress pref 10
}

# Its number is the kernel's own where the enumeration has moved: only the words are compared then.
one_action() {
	lines=$(printf '%s\n' "$2" | sed 's/ kernel=KERNEL//')
	case $lines in
	*kernel=*) ;;
	*) lines=$(printf '%s\n' "$lines" | sed 's/^ *\([A-Z_0-9]*\) hw_stats/ hw_stats/') ;;
	esac
	handed "$1" "$lines" tc filter add dev "$a" ingress pref 10 protocol ip flower skip_sw dst_ip 10.0.0.1 $3 &&
		tc filter del dev "$a" ingress pref 10
}

chain() {
	nft "add table netdev t; add chain netdev t c { type filter hook ingress device $1 priority 10; flags offload; }"
}

rule() {
	nft add rule netdev t c "$@"
}

# places: "handle previous" of every REPLACE, in one line.
places() {
	echo $(sed -n 's/^REPLACE.* handle=\([0-9]*\) previous=\([0-9]*\) .*/\1<\2/p' $log)
}

places_and_rollbacks() {
	chain "$a"
	rule ip saddr 10.0.0.1 drop && rule ip saddr 10.0.0.2 drop && rule ip saddr 10.0.0.3 drop
	first_handle=$(nft -a list chain netdev t c | sed -n 's/.*10.0.0.1 drop # handle //p')
	check "each rule is after the one before it" same "$first_handle<0 $((first_handle + 1))<$first_handle $((first_handle + 2))<$((first_handle + 1))" "$(places)"
	: >$log
	rule position "$first_handle" ip saddr 10.0.0.4 drop
	check "one in the middle is after its neighbour" same "$((first_handle + 3))<$first_handle" "$(places)"
	: >$log
	stop_program
	start_program --refuse 1 --text "no room"
	: >$log
	refute "a transaction that is refused" nft "delete rule netdev t c handle $first_handle; delete rule netdev t c handle $((first_handle + 3)); add rule netdev t c ip saddr 10.0.0.5 drop"
	told '^REPLACE.*handle='"$first_handle "
	check "the new rule is after those that stay; what was deleted comes back in reverse, at its old place" \
		same "$((first_handle + 4))<$((first_handle + 2)) $((first_handle + 3))<$first_handle $first_handle<0" "$(places)"
	stop_program
	start_program --refuse 1+
	late=$(state refused_late)
	: >$log
	refute "a transaction whose rollback is refused, too" nft "delete rule netdev t c handle $first_handle; add rule netdev t c ip saddr 10.0.0.5 drop"
	check "the refusal in the rollback is counted" until_true 20 state_is refused_late $((late + 1))
	check "the kernel has its rules" same 4 "$(nft list chain netdev t c | grep -c drop)"
	check "and can delete them" nft flush ruleset
	check "nothing is left" same "0 0" "$(state bindings) $(state rules)"
	stop_program
}

refusals_and_texts() {
	start_program --refuse 1 --errno 28 --text "the table is full today"
	check "flower shows the program's text" sh -c "tc filter add dev $a ingress pref 10 protocol ip flower skip_sw dst_ip 10.0.0.1 action drop 2>&1 | grep -q 'the table is full today'"
	stop_program
	start_program --refuse 1+ --errno 11
	refute "EAGAIN does not have the kernel try for ever" timeout 10 nft "add table netdev t; add chain netdev t c { type filter hook ingress device $a priority 10; flags offload; }; add rule netdev t c ip saddr 10.0.0.1 drop"
	stop_program
	start_program --refuse 1 --errno 107
	refute "ENOTCONN of a program is a refusal, not that there is no program" tc filter add dev "$a" ingress pref 10 protocol ip flower skip_sw dst_ip 10.0.0.1 action drop
	stop_program
	start_program --refuse-bind 1 --errno 16
	refute "a BIND can be refused" chain "$a"
	check "it is released" told '^RELEASE'
	check "nothing of it is left" same 2 "$(state bindings)"
	stop_program
	ethtool -K "$a" hw-tc-offload off
	start_program
	check "without hw-tc-offload flower is refused, and says why" sh -c "tc filter add dev $a ingress pref 10 protocol ip flower skip_sw dst_ip 10.0.0.1 action drop 2>&1 | grep -q 'hw-tc-offload is off'"
	ethtool -K "$a" hw-tc-offload on
	stop_program
	echo refuse >/sys/module/nsim_nft_offload/parameters/without_program
	check "without a program flower is refused when that is wanted, and says why" sh -c "tc filter add dev $a ingress pref 10 protocol ip flower skip_sw dst_ip 10.0.0.1 action drop 2>&1 | grep -q 'no program'"
	refute "… and nf_tables" chain "$a"
	echo accept >/sys/module/nsim_nft_offload/parameters/without_program
	nft flush ruleset
}

# A rule that waits for its answer is told in a repetition, too; then the answer is no.
refused_after_a_repetition() {
	start_program --hold
	chain "$a"
	echo 2 >/sys/module/nsim_nft_offload/parameters/queue
	echo 10000 >/sys/module/nsim_nft_offload/parameters/timeout_ms
	rule ip saddr 10.0.0.1 drop 2>/dev/null &
	asker=$!
	told '^REPLACE.* sync'
	kill -STOP "$program"
	for last in 1 2 3 4; do
		ip link set "$a" address 02:00:00:00:00:0$last
	done
	: >$log
	kill -CONT "$program"
	check "events that the queue has no room for are lost" told '^LOST'
	check "the rule that waits is repeated" told '^REPLACE.* repeated'
	refute "it is refused" wait $asker
	check "the program is told that it is gone" told '^DESTROY'
	check "nobody has it" same "1 0" "$(state bindings) $(state rules)"
	echo 65536 >/sys/module/nsim_nft_offload/parameters/queue
	echo 1000 >/sys/module/nsim_nft_offload/parameters/timeout_ms
	nft flush ruleset
	stop_program
}

# A program's totals, what the kernel was given of them, and that nothing is counted twice.
counting() {
	start_program --count 5 --only-flush
	chain "$a"
	rule ip saddr 10.0.0.1 counter drop || { echo "skipped: this kernel offloads no counters"; nft flush ruleset; stop_program; return; }
	check "flush comes back with the totals" sh -c 'echo 1 >/sys/module/nsim_nft_offload/parameters/flush'
	check "they are listed" sh -c "nft list ruleset | grep -q 'packets 5 bytes 500'"
	check "once" sh -c "nft list ruleset | grep -q 'packets 5 bytes 500'"
	stop_program
	refute "flush without a program fails" sh -c 'echo 1 >/sys/module/nsim_nft_offload/parameters/flush'
	start_program --count 3 --only-flush
	check "the rule is repeated to the next program" told '^REPLACE.* repeated'
	check "which counts from 0" sh -c 'echo 1 >/sys/module/nsim_nft_offload/parameters/flush'
	check "and the kernel goes on" sh -c "nft list ruleset | grep -q 'packets 8 bytes 800'"
	nft flush ruleset
	stop_program
}

directions_and_blocks() {
	start_program
	tc qdisc add dev "$b" ingress_block 5 clsact
	tc qdisc del dev "$a" clsact
	tc qdisc add dev "$a" ingress_block 5 clsact
	: >$log
	check "a filter of a shared block" tc filter add block 5 protocol ip flower dst_ip 10.0.0.1 action drop
	told '^REPLACE'
	usleep 50000
	check "… goes to both devices" same 2 "$(grep -c '^REPLACE' $log)"
	: >$log
	tc filter add dev "$a" egress protocol ip flower skip_sw dst_ip 10.0.0.2 action drop
	told '^REPLACE'
	check "one of egress to the binding of egress" same 1 "$(grep -c '^REPLACE' $log)"
	tc qdisc del dev "$a" clsact
	tc qdisc del dev "$b" clsact
	check "nothing is left" same "0 0" "$(state bindings) $(state rules)"
	stop_program
}

written_but_not_flagged() {
	start_program
	chain "$a"
	: >$log
	check "a chain's rule" rule ether type ip meta l4proto tcp tcp dport 80 drop
	told '^REPLACE'
	check "of a key that is flagged every field is told" grep -q 'ports.src 0000/0000$' $log
	refute "and nothing that was not written" grep -q ' written$' $log
	nft flush ruleset
	stop_program
}

# Devices without an offload of their own, of the kinds that were asked for on loading.
indirect_devices() {
	modprobe tun
	ip link add dummy-a type dummy && ip link add veth-a type veth peer name veth-b && ip tuntap add dev tap-a mode tap || fail "devices"
	check "the module is loaded for kinds of devices" load_offload indirect=dummy,tun || return
	start_program
	for device in dummy-a tap-a; do
		: >$log
		check "$device takes a chain" chain $device
		check "… which is told as one of the indirect block" told '^BIND.* indirect=1 '
		check "… and a rule" rule ip saddr 10.0.0.1 drop
		check "… which is handed over" told '^REPLACE'
		nft flush ruleset
		check "… and both go" same "0 0" "$(state bindings) $(state rules)"
	done
	refute "a kind that was not asked for takes none" chain veth-a
	: >$log
	check "a flowtable may have it" nft "add table inet t; add flowtable inet t f { hook ingress priority 0; devices = { dummy-a }; flags offload; }"
	check "… which is told, too" told '^BIND.* binder=flowtable .*indirect=1 '
	nft flush ruleset
	chain dummy-a
	rule ip saddr 10.0.0.1 drop
	ip link del dummy-a
	check "of a device that goes away nothing is left" same "0 0" "$(state bindings) $(state rules)"
	nft flush ruleset
	stop_program
	ip link del veth-a
	ip link del tap-a
	check "the module can be unloaded again" rmmod nsim_nft_offload
}

begin=$(cut -d. -f1 /proc/uptime)
modprobe nf_tables
load_offload || exit 1
load_netdevsim || exit 1
set -- $(new_nsim 1 2)
a=$1 b=$2
index_a=$(cat /sys/class/net/"$a"/ifindex) index_b=$(cat /sys/class/net/"$b"/ifindex)
netns=$(readlink /proc/self/ns/net | tr -dc 0-9)
for port in "$a" "$b"; do
	ip link set "$port" up && ethtool -K "$port" hw-tc-offload on
done
tc qdisc add dev "$a" clsact || exit 1
start_program
each_line /vm/fields.txt one_field
each_line /vm/actions.txt one_action
stop_program
refusals_and_texts
directions_and_blocks
if kernel_has 5.11; then
	start_program
	places_and_rollbacks
	refused_after_a_repetition
	counting
	written_but_not_flagged
else
	# 5.10.262 frees each rule that it has handed over twice, in nft_flow_rule_offload_commit() and nf_tables_commit()
	skipped=$((skipped + 4))
	echo "skipped: rules of nf_tables: this kernel does not survive one that is offloaded"
fi
check "bad messages are answered as the wire promises" wire_client --garbage
check "the module can be unloaded" rmmod nsim_nft_offload
# Where rules of nf_tables are not tried neither are these.
! kernel_has 5.11 || indirect_devices
echo "# $(($(cut -d. -f1 /proc/uptime) - begin)) s in the guest, $skipped cases skipped"
finish
