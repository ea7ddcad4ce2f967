# SPDX-License-Identifier: GPL-2.0-or-later
# run_cases.sh FOLDER OUT: runs the cases below FOLDER (corpus.py wrote them) with nft, one after the other,
# and writes what nft said to OUT/CASE. The same script runs in a guest and under nicemu exec; in a guest
# CORPUS_NSIM is the number of the netdevsim device whose ports are eth0 ... eth3.
#
# A case's steps are files in order: N.nft is loaded, N.check with -c, N.list lists, N.event is something that
# happens to a device, N.rules are lines judged one by one: what is refused at its message leaves the file.
# A chain on eth3 in a table case_NAME marks in the recording where a case begins.
folder=$1
out=$2
work=$out/.work
mkdir -p "$work" && cd "$work" || exit 2

# Refused by every kernel, so nothing of a file that ends with it is committed.
poison='delete element netdev t s4 { 203.0.113.77 }'

port() {
	printf '%s\n' "${2#eth}" >"/sys/bus/netdevsim/devices/netdevsim$CORPUS_NSIM/$1"
}

event() {
	case $1,${CORPUS_NSIM:+guest} in
	gone,guest) port del_port "$2" ;;
	came,guest) port new_port "$2" ;;
	gone,) ip link del "$2" ;;
	came,) ip link add "$2" type dummy ;;
	rename,*) ip link set "$2" name "$3" ;;
	esac
}

# judge FILE: one nft for all refusals, then one that loads the rest; lines keep their numbers.
judge() {
	{ cat "$1"; printf '%s\n' "$poison"; } >probe.nft
	nft -f probe.nft 2>errors
	grep 'Error: ' errors | grep -v "^probe\.nft:$(($(wc -l <"$1") + 1)):"
	awk -F: 'NR == FNR { if (/^probe\.nft:[0-9]*:.*Error: /) bad[$2]; next } { print FNR in bad ? "" : $0 }' errors "$1" >taken.nft
	nft -f taken.nft 2>&1
}

step() {
	case $1 in
	*.nft) nft -f "$1" 2>&1 ;;
	*.check) nft -c -f "$1" 2>&1 ;;
	*.list) nft -a list ruleset 2>&1 ;;
	*.rules) judge "$1" ;;
	*.event) event $(cat "$1") 2>&1 ;;
	esac
}

mark() {
	nft -f - <<END
flush ruleset
table netdev case_$1 {
	chain m {
		type filter hook ingress device eth3 priority 1; flags offload;
	}
}
delete table netdev case_$1
END
}

for each in "$folder"/*/; do
	name=$(basename "$each")
	rm -f ./*
	cp "$each"/* .
	{
		mark "$name" 2>&1
		for file in [0-9]*; do
			step "$file" >said </dev/null
			printf 'step %s: status %d\n' "$file" $?
			cat said
		done
	} >"$out/$name"
done
mark end
cd / && rm -rf "$work"
