# SPDX-License-Identifier: GPL-2.0-or-later
# nicemu attach where something is lacking, and where it is killed, stopped, ended and started again.
. /vm/lib.sh

socket=/run/nicemu.sock
module=/lib/nicemu/nsim_nft_offload.ko

# refused_with TEXT MESSAGE COMMAND...: one line on stderr with this text, nothing else, status 4.
refused_with() {
	told=$1
	message=$2
	shift 2
	"$@" >/tmp/out 2>/tmp/errors
	came=$?
	sed 's/^/    /' /tmp/errors
	check "$told: status 4" same 4 $came
	check "$told: one message" same 1 "$(cat /tmp/out /tmp/errors | wc -l)"
	check "$told: it says why" grep -q "$message" /tmp/errors
}

attach() {
	nicemu attach --socket $socket "$@"
}

nicemu_pid() {
	cat /sys/class/misc/nsim_nft_offload/state/program
}

# its_rules: how many rules nicemu has.
its_rules() {
	nicemu show rules --driver -j --socket $socket | grep -o '"command"' | wc -l
}

no_kprobes() {
	grep -v ' register_kprobe$' /proc/kallsyms >/tmp/kallsyms
	mount -o bind /tmp/kallsyms /proc/kallsyms
	"$@"
	kprobes_status=$?
	umount /proc/kallsyms
	return $kprobes_status
}

what_is_lacking() {
	echo "# attach: what is lacking"
	refused_with "no module" "is not loaded: build it .* and load it" attach
	refused_with "a file that is none" "/vm/none.ko: No such file" attach --module /vm/none.ko
	refused_with "no module for this kernel" "no module for this kernel" attach --module /vm/lib.sh
	refused_with "no KPROBES (by a list of symbols without register_kprobe)" "no KPROBES.*CONFIG_KPROBES" no_kprobes attach
	chmod 755 / /bin /lib /run
	refused_with "not root, no module" "root's rights" setpriv --reuid 1000 nicemu attach --socket /tmp/n.sock
	load_netdevsim
	for needed in $(modinfo -F depends $module | tr ',' ' '); do
		modprobe "$needed"
	done
	check "--module loads it" attach --module $module
	check "… and it is there" module_loaded
	check "and ends" nicemu stop --socket $socket
	refused_with "not root" "root's rights" setpriv --reuid 1000 nicemu attach --socket /tmp/n.sock
	start_nic
	refused_with "another program" "another program is attached" attach
	stop_nic
	refused_with "another version" "version" env LD_PRELOAD=/vm/other_version.so nicemu attach --socket $socket
	check "after all this it attaches" attach
	refused_with "itself a second time" "another program is attached" nicemu attach --socket /run/second.sock
	check "the first one is unharmed" nicemu stop --socket $socket
	check "the module can be unloaded" until_true 20 unload_quietly
}

killed_and_started_again() {
	attach || { fail "attached"; return; }
	nft -f /vm/demo.nft || { fail "the rules are taken"; return; }
	nicemu replay -q --socket $socket /vm/demo.pcap >/tmp/out
	kill -KILL "$(nicemu_pid)"
	until_true 20 same 0 "$(nicemu_pid)"
	check "what it had counted shows, although it is dead" same "44 15704" "$(counters | sed -n 1p)"
	check "the kernel takes rules meanwhile" nft add rule netdev filter ingress ip saddr 10.99.0.1 counter drop
	check "it attaches again, over what it left behind" attach
	check "it has what the kernel has" same 8 "$(its_rules)"
	check "nothing is counted twice" same "44 15704" "$(counters | sed -n 1p)"
	nicemu replay -q --socket $socket /vm/demo.pcap >/tmp/out
	check "and it counts on" same "88 31408" "$(counters | sed -n 1p)"
	nicemu stop --socket $socket
	check "after an orderly end all is there, too" same "88 31408" "$(counters | sed -n 1p)"
}

stopped_over_a_time_out() {
	attach || { fail "attached"; return; }
	nft -f /vm/demo.nft
	pid=$(nicemu_pid)
	kill -STOP "$pid"
	refute "a rule fails while nicemu is stopped" nft add rule netdev filter ingress ip saddr 10.99.0.1 counter drop
	kill -CONT "$pid"
	check "when it runs on it has what the kernel has" until_true 50 has_rules 7
	check "and takes rules" nft add rule netdev filter ingress ip saddr 10.99.0.1 counter drop
	check "… which it has" same 8 "$(its_rules)"
	kill -STOP "$pid"
	check "rules can be flushed while it is stopped" nft flush ruleset
	kill -CONT "$pid"
	check "it hears of it" until_true 50 has_rules 0
	nicemu stop --socket $socket
}

has_rules() {
	[ "$(its_rules)" = "$1" ]
}

devices_go() {
	attach || { fail "attached"; return; }
	nft -f /vm/demo.nft
	tc qdisc add dev "$second" clsact
	ethtool -K "$second" hw-tc-offload on
	tc filter add dev "$second" ingress protocol ip flower skip_sw dst_ip 10.0.0.9 action drop
	check "all is there" same 8 "$(its_rules)"
	refute "the module can't be unloaded under it" rmmod nsim_nft_offload
	delete_nsim 1
	check "when the device goes nothing is left" until_true 50 has_rules 0
	new_ports 1
	nft flush ruleset
	check "a new device can be used" nft -f /vm/demo.nft
	check "… with all rules" until_true 50 has_rules 7
	nicemu stop --socket $socket
}

many_rules() {
	attach || { fail "attached"; return; }
	{
		echo "add table netdev m"
		echo "add chain netdev m c { type filter hook ingress device $first priority 10; flags offload; }"
		i=0
		while [ $i -lt 2000 ]; do
			echo "add rule netdev m c ip saddr 10.1.$((i / 250)).$((i % 250)) $counter drop"
			i=$((i + 1))
		done
	} >/tmp/many.nft
	begin=$(now_ms)
	check "2000 rules into nicemu" nft -f /tmp/many.nft
	echo "2000 rules in one transaction, each answered by nicemu: $(($(now_ms) - begin)) ms"
	check "it has them" same 2000 "$(its_rules)"
	nicemu stop --socket $socket
}

what_is_lacking
if [ -n "$counter" ]; then
	scenario "attach: killed and started again" killed_and_started_again
	scenario "attach: stopped" stopped_over_a_time_out timeout_ms=500
	scenario "attach: devices go" devices_go
fi
scenario "attach: 2000 rules" many_rules
finish
