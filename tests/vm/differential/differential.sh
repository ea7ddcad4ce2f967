# SPDX-License-Identifier: GPL-2.0-or-later
# In a guest: what this kernel hands over against what we would. settings.sh has SEED and RULES, and what came
# of the complaints that other guests' kernels should have made: lines "WORD TEXT" in COMPLAINTS.
. /vm/guest.sh
. /vm/settings.sh

load_netdevsim && load_offload || exit 4
ports=$(new_nsim 10 2) || exit 4
for port in $ports; do
	ethtool -K "$port" hw-tc-offload on && ip link set "$port" up || exit 4
done

while read -r word text; do
	case $word in pass) pass "$text" ;; fail) fail "$text" ;; esac
done <<END
$COMPLAINTS
END

# 5.10.262 frees a committed rule's copy for the driver twice: at the end of nft_flow_rule_offload_commit()
# and, since 9dd732e0bdf5 was taken over without the change that it relies on, in nf_tables_commit(). No
# commit of an offloaded rule succeeds there; one that a driver refuses is survived.
mode=
case $(uname -r) in 5.10.*) mode=--roll-back ;; esac

# unexplained OUTPUT: of the last line, the differences that no bug of the kernel explains.
unexplained() {
	printf '%s\n' "$1" | sed -n 's/^compared [0-9]* differ \([0-9]*\) known \([0-9]*\)$/\1 \2/p' |
		while read -r differ known; do echo $((differ - known)); done
}

# A bit of ours that is flipped must be found: in masks, in keys that nft never has, in actions.
for bit in 0 40 100 333 500 777 1111 1500 1777; do
	planted=$(vm_differential $mode --no-sweep --rules 40 --plant $bit $ports)
	status=$?
	if [ $status = 1 ] && [ "$(unexplained "$planted")" = 1 ]; then
		pass "a planted difference in bit $bit is found"
	else
		fail "a planted difference in bit $bit is not found (status $status)"
		printf '%s\n' "$planted" | tail -n 20
	fi
done

# Taken for a release on the other side of the fix of masks for short loads, the kernel must not look right.
other=
case $(uname -v | sed 's/.*Debian \([0-9.]*\).*/\1/') in
5.10.*) other=5.10.265 ;;
6.1.*) other=6.1.182 ;;
6.12.95) other=6.12.103 ;;
6.12.*) other=6.12.102 ;;
esac
if [ -n "$other" ]; then
	mistaken=$(vm_differential $mode --no-sweep --rules 400 --kernel $other $ports)
	status=$?
	if [ $status = 1 ] && [ "$(unexplained "$mistaken")" -gt 0 ]; then
		pass "taken for $other, the kernel differs"
	else
		fail "taken for $other, the kernel does not differ (status $status)"
		printf '%s\n' "$mistaken" | tail -n 5
	fi
fi

if vm_differential $mode --seed "$SEED" --rules "$RULES" $ports; then
	pass "what the kernel hands over is what we would"
else
	fail "what the kernel hands over is not what we would"
fi
finish
