# SPDX-License-Identifier: GPL-2.0-or-later
# In the guest: the probes of the kernel table, the oracle programs in families, then the cases of /vm/cases.jsonl; what they say goes to /vm/out.
. /vm/guest.sh
load_netdevsim && load_offload || exit 4

version=$(uname -v | sed -n 's/.*Debian \([0-9.]*\).*/\1/p')
[ -n "$version" ] || version=$(uname -r | sed 's/[^0-9.].*//')
echo "$version" >/vm/out/version
# A batch that makes the kernel look for a module is run twice, and its handles are counted twice.
for module in nf_tables nft_chain_nat nft_ct nft_counter nft_log nft_limit nft_quota nft_meta_bridge; do
	modprobe $module 2>/dev/null
done

# 5.10.262 frees the flow rule of an offloaded rule twice at commit (BUG in kfree), and keeps a reference to the
# device of a refused fwd or dup: there no such rule is committed. A device that was named is never deleted.
commits=commits
case $version in
5.10.*)
	commits=checks
	echo "offload rules" >/vm/out/left-out
	# Not at input, there.
	sed -i '/fib saddr oif missing drop/d' /vm/dump_rules.nft
	sed -i 's/^{"name": "offload rules".*/{"name": "offload rules", "steps": []}/' /vm/cases.jsonl
	;;
esac

# oracle NAME PROGRAM ARGUMENT...: on a device that takes offload chains.
oracle() {
	name=$1
	program=$2
	shift 2
	nft flush ruleset
	timeout 120 "$program" --kernel "$version" --device nosuch0 "$@" >"/vm/out/$name" 2>&1
	echo "status $?" >>"/vm/out/$name"
}

set -- $(new_nsim 8 2)
[ "$1" = eth0 ] || ip link set "$1" name eth0
[ "$2" = eth1 ] || ip link set "$2" name eth1
timeout 60 rows_kernel "$version" $commits >/vm/out/rows 2>&1
ip link set eth0 name used0
ip link set eth1 name used1

set -- $(new_nsim 9 1)
ip link set "$1" name nosuch0
ip link set nosuch0 up
. /vm/amounts
for family in 5 2 10 1 7; do
	oracle accept-$family test_translate_acceptance "$seed" "$accept_rules" $family
done
oracle dump test_translate_dump /vm/dump_rules.nft "$seed" "$dump_rules"
oracle nft test_translate_nft "$seed" "$nft_rules"
nft flush ruleset

number=0
for port in $(new_nsim 10 4); do
	ip link set "$port" name nicemu$number
	ip link set nicemu$number up
	number=$((number + 1))
done
PYTHONHOME=/vm/python python3.11 -B /vm/python/oracle.py --driver </vm/cases.jsonl >/vm/out/answers
