# SPDX-License-Identifier: GPL-2.0-or-later
# What the transcript needs before its first line: modules that it does not load by name.
for module in nf_tables nf_conntrack nft_flow_offload nf_flow_table_inet cls_matchall act_mirred; do
	modprobe $module
done
sh runner.sh "${1:-offload.txt}"
