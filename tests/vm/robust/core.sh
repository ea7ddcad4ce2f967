# SPDX-License-Identifier: GPL-2.0-or-later
# The robustness of the module, in one guest: programs, devices, bad messages, everything at once.
. /vm/lib.sh
. /vm/program.sh
. /vm/devices.sh
. /vm/flows.sh
. /vm/stress.sh
load_netdevsim || finish
# Before 7.x netdevsim refuses rules, later it takes them and does nothing: this module is to leave that as it was.
stock_answer_now() {
	chain "$first" "$drop1" 2>&1 | grep -c Error
	nft flush ruleset
}
if [ $chains = yes ]; then
	new_ports 1 || finish
	stock_answer=$(stock_answer_now)
	delete_nsim 1
fi

for part in ${PARTS:-program device flow stress}; do
	run_${part}_scenarios
done
finish
