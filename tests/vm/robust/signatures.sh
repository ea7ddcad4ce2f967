# SPDX-License-Identifier: GPL-2.0-or-later
# With module.sig_enforce=1: what loading says, and what nicemu attach says.
. /vm/lib.sh

module=/lib/nicemu/nsim_nft_offload.ko
check "the kernel enforces signatures" grep -q Y /sys/module/module/parameters/sig_enforce
answer=$(insmod $module 2>&1)
check "insmod: $answer" expr "$answer" : ".*[Kk]ey.*"
for words in "" "--module $module"; do
	nicemu attach --socket /run/nicemu.sock $words >/tmp/out 2>/tmp/errors
	check "nicemu attach $words: status 4" same 4 $?
	check "… with one message" same 1 "$(cat /tmp/out /tmp/errors | wc -l)"
	check "… that speaks of signed modules: $(cat /tmp/errors)" grep -q "only signed modules" /tmp/errors
done
finish
