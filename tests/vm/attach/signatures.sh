# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel with module.sig_enforce=1: its own modules load, ours does not, and that is said.
. /vm/guest.sh

errors=$(nicemu attach --module /lib/nicemu/nsim_nft_offload.ko -- true 2>&1)
status=$?
check "an unsigned module is exit 4 ($status)" [ $status = 4 ]
check "… and the remedy is said ($errors)" expr "$errors" : ".*only signed modules.*sign it with a key"
errors=$(nicemu attach -- true 2>&1)
status=$?
check "without a module it is exit 4, too ($status)" [ $status = 4 ]
check "… with both things that lack ($errors)" expr "$errors" : ".*is not loaded.*only signed modules"
finish
