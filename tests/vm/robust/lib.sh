# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts of this folder share. The programs nic, fuzz and misuse are in /bin of the guest.
. /vm/guest.sh
. /vm/settings.sh

log=/tmp/nic.log
orders=/tmp/nic.orders
nic_pid=

# Kernels before 5.13 refuse `counter` in a chain that is offloaded; then nothing is counted there.
case $(uname -r) in
5.[0-9].* | 5.10.*) counter= ;;
*) counter=counter ;;
esac

# 5.10.122 and later free the flow rule of each offloaded rule twice, whatever the driver: they oops by themselves.
case $(uname -r) in
5.10.*) chains=no ;;
*) chains=yes ;;
esac

# now_ms: milliseconds since the start.
now_ms() {
	read -r uptime rest </proc/uptime
	echo "${uptime%.*}${uptime#*.}0"
}

# until_true TENTHS COMMAND...: tries for so long.
until_true() {
	tries=$(($1 * 5))
	shift
	while [ "$tries" -gt 0 ]; do
		"$@" && return
		usleep 20000
		tries=$((tries - 1))
	done
	return 1
}

logged() {
	grep -q -- "$1" $log
}

# logged_times PATTERN: how often.
logged_times() {
	grep -c -- "$1" $log
}

# start_nic [ORDER]...: a scripted NIC that has taken over what the module holds. Its answers are descriptor 8, which ends with it.
start_nic() {
	: >$log
	rm -f $orders $orders.answers
	mkfifo $orders $orders.answers
	nic $log $orders "$@" 8<&- &
	nic_pid=$!
	exec 8<$orders.answers
	wait_answer ready && return
	fail "a NIC becomes ready"
	cat $log
	return 1
}

# wait_answer BEGINNING: reads up to the line that begins so, into $answer_line.
wait_answer() {
	while read -r answer_line <&8; do
		case $answer_line in
		"$1"*) return 0 ;;
		esac
	done
	return 1
}

# order WORDS...: obeyed when it returns; $answer_line is the confirmation.
order() {
	echo "$*" 1<>$orders
	wait_answer "order $*:" || { fail "order $*"; return 1; }
}

# nic_holds RULES BINDINGS: what the NIC has now.
nic_holds() {
	order rules || return 1
	case $answer_line in
	*": 0, $1 rules, $2 bindings,"*) return 0 ;;
	esac
	echo "$answer_line"
	tail -n 15 $log
	return 1
}

# stop_nic: the orderly end; what was against the contract is a failure.
stop_nic() {
	[ -n "$nic_pid" ] || return 0
	echo close 1<>$orders
	wait $nic_pid
	nic_status=$?
	nic_pid=
	check_contract
	[ $nic_status = 0 ] || fail "the NIC ended with $nic_status: $(tail -n 1 $log)"
}

# kill_nic [SIGNAL]: the other end.
kill_nic() {
	[ -n "$nic_pid" ] || return 0
	kill -"${1:-KILL}" $nic_pid
	wait $nic_pid 2>/dev/null
	nic_pid=
	check_contract
}

check_contract() {
	logged '^VIOLATION' || return 0
	fail "the module keeps its contract in: $title"
	grep '^VIOLATION' $log | head -n 5
}

# counters: packets and bytes of every rule, one a line.
counters() {
	nft list ruleset | sed -n 's/.*counter packets \([0-9]*\) bytes \([0-9]*\).*/\1 \2/p'
}

# check_counters TEXT EXPECTED: of every rule of chains with counters, one a line.
check_counters() {
	[ -z "$counter" ] || check "$1" same "$2" "$(counters)"
}

check_first_counter() {
	[ -z "$counter" ] || check "$1" same "$2" "$(counters | sed -n 1p)"
}

# rules_listed: how many rules chains have.
rules_listed() {
	nft list ruleset | grep -c ' \(drop\|accept\)$'
}

# same EXPECTED CAME
same() {
	[ "$1" = "$2" ] && return
	echo "expected: $1"
	echo "came:     $2"
	return 1
}

# chain DEVICES RULES...: a chain t c with flags offload, by one transaction.
chain() {
	{
		echo "add table netdev t"
		echo "add chain netdev t c { type filter hook ingress devices = { $1 } priority 10; flags offload; }"
		shift
		for rule in "$@"; do
			echo "add rule netdev t c $rule"
		done
	} >/tmp/chain.nft
	nft -f /tmp/chain.nft
}

# new_ports ID: two ports of a new device, up, as $first and $second.
new_ports() {
	ports=$(new_nsim "$1" 2) || return 1
	first=$(echo "$ports" | sed -n 1p)
	second=$(echo "$ports" | sed -n 2p)
	ip link set "$first" up
	ip link set "$second" up
}

module_loaded() {
	grep -q '^nsim_nft_offload ' /proc/modules
}

# all_gone: after each scenario nothing is left, and the module can be unloaded.
all_gone() {
	nft flush ruleset
	stop_nic
	for device in /sys/bus/netdevsim/devices/netdevsim*; do
		[ ! -d "$device" ] || delete_nsim "${device##*netdevsim}"
	done
	until_true 50 unload_quietly && return
	fail "the module can be unloaded after: $title"
	unload_offload
	lsmod | head -n 5
}

unload_quietly() {
	! module_loaded || unload_offload 2>/dev/null
}

# scenario "TITLE" FUNCTION [PARAMETER=VALUE]...: with the module loaded, in a clean place.
scenario() {
	title=$1
	scenario_function=$2
	shift 2
	case $chains:$scenario_function in
	yes:* | no:gone_with_a_flowtable | no:gone_with_tc | no:flows_*) ;;
	*) echo "SKIP: $title: this kernel frees an offloaded rule twice"; return ;;
	esac
	echo "# $title"
	scenario_begin=$(now_ms)
	load_offload "$@" || { fail "the module is loaded"; return; }
	new_ports 1 && $scenario_function
	all_gone
	echo "# $(($(now_ms) - scenario_begin)) ms"
}
