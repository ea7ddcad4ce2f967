# SPDX-License-Identifier: GPL-2.0-or-later
# In the guest: the sequences, then each run's cases, to the real kernel with nicemu behind the module.
. /vm/guest.sh
load_netdevsim && load_offload || exit 4

check_status() {
	status=$?
	[ $status = 0 ] || { echo "$1: status $status"; failed=1; }
}

failed=0
timeout 60 sequences_kernel >/vm/out/sequences
check_status "the sequences"
delete_nsim 10

export CORPUS_NSIM=10
for run in wide small; do
	new_nsim $CORPUS_NSIM 4 >/dev/null || exit 4
	nic=
	[ ! -f /vm/$run.yaml ] || nic="-n /vm/$run.yaml"
	timeout 120 nicemu attach -q $nic --record /vm/out/$run.jsonl -- sh /vm/run_cases.sh /vm/cases/$run /vm/out/$run
	check_status "the cases of $run"
	delete_nsim $CORPUS_NSIM
done
exit $failed
