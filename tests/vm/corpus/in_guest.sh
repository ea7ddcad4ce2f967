# SPDX-License-Identifier: GPL-2.0-or-later
# In the guest: each run's cases to the real kernel with nicemu behind the module, then the sequences. In this order,
# as eth0 is to have index 2, as nicemu's first port has.
. /vm/guest.sh
# A module that is loaded for a rule makes the kernel take the batch from its beginning, with other handles.
for module in $(find /lib/modules -name "nft_*.ko*"); do
	module=${module##*/}
	modprobe "${module%%.ko*}" 2>/dev/null
done
load_netdevsim && load_offload || exit 4

check_status() {
	status=$?
	[ $status = 0 ] || { echo "$1: status $status"; failed=1; }
}

failed=0
for run in wide small; do
	[ -d /vm/cases/$run ] || continue
	new_nsim 10 4 >/dev/null || exit 4
	mkdir -p /vm/out/$run
	timeout 100 nicemu attach -q -n /vm/$run.yaml --record /vm/out/$run.jsonl -- run_cases /vm/cases/$run /vm/out/$run 10
	check_status "the cases of $run"
	# 5.10.262 keeps the targets' references of rules whose batch was aborted: their devices could not go.
	[ ! -d /vm/cases/small ] || delete_nsim 10
done
if [ -d /vm/cases/small ]; then
	timeout 60 sequences_kernel >/vm/out/sequences
	check_status "the sequences"
fi
exit $failed
