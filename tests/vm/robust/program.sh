# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by core.sh: what the program behind the module may do to the kernel, and may not.

drop1="ip saddr 10.0.0.1 $counter drop"
drop2="ip saddr 10.0.0.2 $counter drop"
drop3="ip saddr 10.0.0.3 $counter drop"

# held N: it has read N rules.
held() {
	[ "$(logged_times '^REPLACE')" -ge "$1" ]
}

killed_while_a_request_waits() {
	start_nic || return
	chain "$first" "$drop1"
	order hold
	nft add rule netdev t c "$drop2" >/tmp/killed.txt 2>&1 &
	nft_pid=$!
	check "the program has the rule, and holds it" until_true 50 held 2
	begin=$(now_ms)
	kill -KILL $nic_pid
	wait $nft_pid
	nft_status=$?
	took=$(($(now_ms) - begin))
	check "a rule fails whose program dies" [ $nft_status != 0 ]
	check "it fails at once, not after the time-out ($took ms)" [ $took -lt 10000 ]
	wait $nic_pid 2>/dev/null
	nic_pid=
	check_contract
	check "the other rule is there" same 1 "$(rules_listed)"
	check "and the kernel takes rules again" nft add rule netdev t c "$drop3"
	start_nic || return
	check "a new program gets what the kernel has" nic_holds 2 1
}

stopped_over_a_time_out() {
	start_nic || return
	chain "$first" "$drop1"
	kill -STOP $nic_pid
	begin=$(now_ms)
	answer=$(nft add rule netdev t c "$drop2" 2>&1)
	took=$(($(now_ms) - begin))
	check "the time-out is told" expr "$answer" : '.*timed out'
	check "a stopped program holds a rule up for timeout_ms ($took ms)" [ $took -ge 3000 -a $took -lt 7000 ]
	begin=$(now_ms)
	check "listing does not wait" nft list ruleset
	took=$(($(now_ms) - begin))
	check "… at all ($took ms)" [ $took -lt 2500 ]
	kill -CONT $nic_pid
	check "when it runs on, both sides agree" nic_holds 1 1
	check "it was told to take the late rule back" logged '^DESTROY'
	check "and answers again" nft add rule netdev t c "$drop3"
	check "… which counts" nic_holds 2 1
}

flushed_while_stopped() {
	start_nic || return
	chain "$first" "$drop1" "$drop2"
	kill -STOP $nic_pid
	begin=$(now_ms)
	check "nft flush ruleset works while the program is stopped" nft flush ruleset
	took=$(($(now_ms) - begin))
	check "… and does not wait ($took ms)" [ $took -lt 4000 ]
	kill -CONT $nic_pid
	check "the program hears of it when it runs on" nic_holds 0 0
}

counters_over_a_restart() {
	start_nic || return
	chain "$first" "$drop1"
	order add 10 1000
	check_counters "counters come back" "10 1000"
	check_counters "once" "10 1000"
	order add 5 500
	kill_nic
	check_counters "what a dead program had counted is not lost" "15 1500"
	start_nic || return
	check "the rule is repeated" logged '^REPLACE.* repeated'
	check_counters "a new program that has counted nothing changes nothing" "15 1500"
	order add 3 300
	check_counters "what it counts is added" "18 1800"
	order set 1 100
	check_counters "totals that shrink take nothing away" "18 1800"
	order set 4 400
	check "… and growing on is no jump" [ "$(counters | cut -d' ' -f1)" -le 22 ]
	stop_nic
	start_nic || return
	order add 100 10000
	check_between "after an orderly end, too" 118 122
}

check_between() {
	came=$(counters | cut -d' ' -f1)
	check "$1 ($came)" [ "$came" -ge "$2" -a "$came" -le "$3" ]
}

refuses() {
	start_nic || return
	chain "$first" "$drop1"
	order capacity 2
	{ echo "add rule netdev t c $drop2"; echo "add rule netdev t c $drop3"; } >/tmp/two.nft
	answer=$(nft -f /tmp/two.nft 2>&1)
	check "the program's ENOSPC is nft's" expr "$answer" : '.*No space left'
	check "the batch is rolled back in the kernel" same 1 "$(rules_listed)"
	check "and in the NIC" nic_holds 1 1
	order refuse 17 "this one is here"
	answer=$(nft add rule netdev t c "$drop2" 2>&1)
	check "EEXIST is EEXIST" expr "$answer" : '.*File exists'
	ethtool -K "$second" hw-tc-offload on
	tc qdisc add dev "$second" clsact
	answer=$(tc filter add dev "$second" ingress protocol ip flower skip_sw dst_ip 10.0.0.9 action drop 2>&1)
	check "tc shows the program's text: $answer" expr "$answer" : '.*this one is here'
	order accept
	check "accepted again" nft add rule netdev t c "$drop2"
	check "all agree" nic_holds 2 3
}

# A transaction that fails after deletions: the kernel gives the deleted rules back and takes no refusal.
refuses_a_rollback() {
	start_nic || return
	chain "$first" "$drop1" "$drop2"
	order refuse 28 full
	{ echo "flush chain netdev t c"; echo "add rule netdev t c $drop3"; } >/tmp/exchange.nft
	refute "a batch that deletes and adds fails" nft -f /tmp/exchange.nft
	check "the kernel has its old rules" same 2 "$(rules_listed)"
	order accept
	check "and goes on" nft add rule netdev t c "$drop3"
	check "so that what is there can be deleted" nft delete table netdev t
	check "by both" nic_holds 0 0
}

# EAGAIN would have nfnetlink repeat the batch for ever; others are no business of user space.
refuses_strangely() {
	start_nic || return
	chain "$first"
	for error in 11 4 512 517 524 4095; do
		order refuse $error
		begin=$(now_ms)
		answer=$(timeout 5 nft add rule netdev t c "$drop1" 2>&1)
		check "error $error is a refusal ($(($(now_ms) - begin)) ms): $(echo "$answer" | sed -n 's/.*rule: //p')" \
			expr "$answer" : '.*Could not process rule: [A-Z]'
		check "… that user space knows" expr "$answer" : '.*Unknown error' = 0
	done
	order accept
	check "then it goes on" nft add rule netdev t c "$drop1"
	check "and both agree" nic_holds 1 1
}

# nft is killed while it waits for the program.
waiting_process_is_killed() {
	start_nic || return
	chain "$first" "$drop1"
	kill -STOP $nic_pid
	nft add rule netdev t c "$drop2" &
	nft_pid=$!
	check "the rule is on its way" until_true 50 grep -q '^[1-9]' /sys/class/misc/nsim_nft_offload/state/queued
	begin=$(now_ms)
	kill -KILL $nft_pid
	wait $nft_pid 2>/dev/null
	took=$(($(now_ms) - begin))
	check "nft can be killed while it waits ($took ms)" [ $took -lt 10000 ]
	kill -CONT $nic_pid
	check "the rule is not there" same 1 "$(rules_listed)"
	check "and the NIC does not have it" nic_holds 1 1
}

repetition_is_refused() {
	start_nic || return
	chain "$first" "$drop1" "$drop2"
	order add 7 700
	stop_nic
	start_nic "refuse 28 full" || return
	check "a NIC that refuses repeated rules changes nothing for the kernel" same 2 "$(rules_listed)"
	check_first_counter "what was counted stays" "7 700"
}

without_a_program_accept() {
	check "without a program rules are accepted" chain "$first" "$drop1" "$drop2"
	check "and listed" same 2 "$(rules_listed)"
	start_nic || return
	check "a program that comes later gets them" nic_holds 2 1
}

without_a_program_refuse() {
	answer=$(chain "$first" "$drop1" 2>&1)
	check "without_program=refuse refuses: $(echo "$answer" | head -n 1)" expr "$answer" : '.*not supported'
	start_nic || return
	check "with a program it accepts" chain "$first" "$drop1"
	stop_nic
	refute "when it has gone it refuses again" nft add rule netdev t c "$drop2"
	check "what is there stays" same 1 "$(rules_listed)"
	check "and can be deleted" nft delete table netdev t
}

two_programs() {
	start_nic || return
	nic /tmp/second.log
	check "a second program is told that there is one" grep -q 'no device: .*busy' /tmp/second.log
	check "the first one works on" chain "$first" "$drop1"
	check "… and has the rule" nic_holds 1 1
}

many_rules() {
	i=0
	while [ $i -lt 2000 ]; do
		echo "add rule netdev t c ip saddr 10.1.$((i / 250)).$((i % 250)) $counter drop"
		i=$((i + 1))
	done >/tmp/many.nft
	chain "$first"
	begin=$(now_ms)
	nft -f /tmp/many.nft
	echo "2000 rules in one transaction without a program: $(($(now_ms) - begin)) ms"
	start_nic || return
	check "2000 rules are repeated" nic_holds 2000 1
	nft flush chain netdev t c
	begin=$(now_ms)
	check "2000 rules in one transaction, each answered" nft -f /tmp/many.nft
	echo "… in $(($(now_ms) - begin)) ms"
	check "the NIC has them" nic_holds 2000 1
	order add 3 300
	[ -z "$counter" ] || check "all count" same "2000 3 300" "$(counters | uniq -c | sed 's/^ *//')"
	begin=$(now_ms)
	nft flush ruleset
	echo "flushed in $(($(now_ms) - begin)) ms"
	check "nothing is left in the NIC" nic_holds 0 0
}

small_queue() {
	start_nic || return
	chain "$first" "$drop1"
	order add 10 1000
	i=0
	while [ $i -lt 40 ]; do
		echo "delete table netdev u$i"
		i=$((i + 1))
	done >/tmp/delete.nft
	sed 's/delete table netdev \(.*\)/add table netdev \1; add chain netdev \1 c { type filter hook ingress device '"$second"' priority 10; flags offload; }/' \
		/tmp/delete.nft >/tmp/add.nft
	nft -f /tmp/add.nft || { fail "40 chains on a port"; return; }
	kill -STOP $nic_pid
	check "a full queue holds nothing up" nft -f /tmp/delete.nft
	kill -CONT $nic_pid
	check "events that are lost are told" until_true 50 logged '^LOST'
	check "and then both sides agree" nic_holds 1 1
	order add 1 100
	check_counters "nothing that was counted is lost or counted twice" "11 1100"
}

run_program_scenarios() {
	scenario "program: killed while a request waits" killed_while_a_request_waits timeout_ms=20000
	scenario "program: stopped over a time-out" stopped_over_a_time_out timeout_ms=3000
	scenario "program: rules flushed while it is stopped" flushed_while_stopped timeout_ms=5000
	[ -z "$counter" ] || scenario "program: counters over a restart" counters_over_a_restart
	scenario "program: refuses" refuses
	scenario "program: refuses a rollback" refuses_a_rollback
	scenario "program: refuses strangely" refuses_strangely
	scenario "program: the waiting process is killed" waiting_process_is_killed timeout_ms=20000
	scenario "program: refuses the repetition" repetition_is_refused
	scenario "program: none, accept" without_a_program_accept without_program=accept
	scenario "program: none, refuse" without_a_program_refuse without_program=refuse
	scenario "program: two" two_programs
	scenario "program: 2000 rules" many_rules
	scenario "program: a full queue" small_queue queue=16
}
