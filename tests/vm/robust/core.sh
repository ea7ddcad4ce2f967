# SPDX-License-Identifier: GPL-2.0-or-later
# The robustness of the module, in one guest: programs, devices, bad messages, everything at once.
. /vm/lib.sh
. /vm/program.sh
. /vm/devices.sh
. /vm/stress.sh
load_netdevsim || finish
for part in ${PARTS:-program device stress}; do
	run_${part}_scenarios
done
finish
