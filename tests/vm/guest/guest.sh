# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts that scripts/vm runs in a guest: . /vm/guest.sh
# Counting: pass TEXT, fail TEXT, check TEXT COMMAND..., finish. Devices: load_netdevsim, load_offload, new_nsim.

tests_passed=0
tests_failed=0

pass() {
	tests_passed=$((tests_passed + 1))
	printf 'ok: %s\n' "$*"
}

fail() {
	tests_failed=$((tests_failed + 1))
	printf 'FAILED: %s\n' "$*"
}

# check TEXT COMMAND...: passes when the command succeeds; what it printed is shown when it does not.
check() {
	check_text=$1
	shift
	if check_output=$("$@" 2>&1); then
		pass "$check_text"
	else
		fail "$check_text: $* (status $?)"
		printf '%s\n' "$check_output" | sed 's/^/    /'
	fi
}

# refute TEXT COMMAND...: passes when the command fails.
refute() {
	check_text=$1
	shift
	if check_output=$("$@" 2>&1); then
		fail "$check_text: $* should have failed"
		printf '%s\n' "$check_output" | sed 's/^/    /'
	else
		pass "$check_text"
	fi
}

# finish: the last line of a suite, and its status.
finish() {
	printf 'tests passed %d, failed %d\n' $tests_passed $tests_failed
	[ $tests_failed = 0 ]
	exit
}

load_netdevsim() {
	[ ! -d /sys/bus/netdevsim ] || return 0
	modprobe netdevsim && return
	echo "netdevsim can't be loaded: scripts/vm prepare says why there may be none" >&2
	return 1
}

# load_offload [PARAMETER=VALUE]...: insmod does not look for what a module depends on.
load_offload() {
	offload_module=/lib/nicemu/nsim_nft_offload.ko
	if [ ! -f $offload_module ]; then
		cat /lib/nicemu/why 2>/dev/null || echo "no nsim_nft_offload.ko: none in the source tree, or no headers of this kernel"
		return 1
	fi >&2
	for needed in $(modinfo -F depends $offload_module | tr ',' ' '); do
		modprobe "$needed" || return 1
	done
	insmod $offload_module "$@"
}

unload_offload() {
	rmmod nsim_nft_offload
}

# new_nsim ID PORTS: makes a netdevsim device; prints the names of its ports in order, one a line.
new_nsim() {
	echo "$1 $2" >/sys/bus/netdevsim/new_device || return 1
	for nsim_port in /sys/bus/netdevsim/devices/netdevsim"$1"/net/*; do
		printf '%s %s\n' "$(cat "$nsim_port/ifindex")" "${nsim_port##*/}"
	done | sort -n | cut -d' ' -f2
}

delete_nsim() {
	echo "$1" >/sys/bus/netdevsim/del_device
}
