# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by scripts/vm: the suites of tests/vm on real kernels, and what they come to.

suites_file=${NICEMU_VM_SUITES:-$source_folder/tests/vm/suites}

# suite_lines NAME...: "NAME COMMAND..." of these suites, or of all.
suite_lines() {
	grep -v '^#' "$suites_file" | while read -r name command; do
		[ -n "$name" ] || continue
		[ $# = 0 ] || printf '%s\n' "$@" | grep -qxF -- "$name" || continue
		printf '%s %s\n' "$name" "$command"
	done
}

# sums LOG: "N D K P F" of its lines of results.
sums() {
	sed -nE 's/^compared ([0-9]+) differ ([0-9]+) known ([0-9]+)$/\1 \2 \3 0 0/p; s/^tests passed ([0-9]+), failed ([0-9]+)$/0 0 0 \1 \2/p' "$1" |
		awk '{ for (i = 1; i <= 5; i++) sum[i] += $i; lines++ } END { if (lines) print sum[1], sum[2], sum[3], sum[4], sum[5] }'
}

# processor_seconds FILE: what times, which knows of this very shell's children, wrote there.
processor_seconds() {
	sed -n '2s/[ms]/ /gp' "$1" | awk '{ printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }'
}

# run_suite VERSION NAME COMMAND...: adds to $compared $differ $known $passed $failed $strange. A suite that ends badly, or
# says nothing that can be counted, has failed whatever it printed.
run_suite() {
	log=$work/logs/$2.log
	kept=$vm_folder/logs/$1/$2.log
	name=$2
	shift 2
	began=$(date +%s)
	times >"$work/before"
	suite_status=0
	(cd "$source_folder" && "$@") </dev/null >"$log" 2>&1 || suite_status=$?
	cp "$log" "$kept" || :
	counted=$(sums "$log")
	set -- ${counted:-0 0 0 0 0}
	times >"$work/after"
	seconds="$(($(date +%s) - began)) s, processor $(($(processor_seconds "$work/after") - $(processor_seconds "$work/before"))) s"
	compared=$((compared + $1)) differ=$((differ + $2)) known=$((known + $3)) passed=$((passed + $4)) failed=$((failed + $5))
	[ "$2" -le "$3" ] || strange=$((strange + $2 - $3))
	if [ $suite_status = 0 ] && [ -n "$counted" ] && [ "$5" = 0 ] && [ "$2" -le "$3" ]; then
		printf '%s: compared %d differ %d known %d, tests passed %d, %s\n' "$name" "$1" "$2" "$3" "$4" "$seconds"
		return
	fi
	[ "$5" != 0 ] || [ "$2" -gt "$3" ] || failed=$((failed + 1))
	printf '%s: FAILED, status %d, compared %d differ %d known %d, tests passed %d failed %d, %s; %s:\n' \
		"$name" $suite_status "$1" "$2" "$3" "$4" "$5" "$seconds" "$kept"
	{ grep '^FAILED' "$log" | head -n 20; echo ...; tail -n 20 "$log"; } | sed 's/^/    /'
}

# test_kernel VERSION SUITE...: status 1 when something failed or differs without a name.
test_kernel() {
	version=$1
	shift
	compared=0 differ=0 known=0 passed=0 failed=0 strange=0
	# Logs are kept where people look, and counted where no other test comes between.
	rm -rf "$work/logs"
	mkdir -p "$vm_folder/logs/$version" "$work/logs" || return 1
	suite_lines "$@" >"$work/suites"
	while read -r name command; do
		# The words of the table, with the kernel put in.
		run_suite "$version" "$name" $(printf '%s' "$command" | sed "s/KERNEL/$version/g")
	done <"$work/suites"
	[ $# -gt 0 ] || [ $failed != 0 ] || [ $strange != 0 ] || check_results
	printf 'vm %s: %d rules compared, %d differ (%d by named kernel bugs), %d tests passed, %d failed\n' \
		"$version" $compared $differ $known $passed $failed
	[ $failed = 0 ] && [ $strange = 0 ]
}

# check_results: are the suites' results those that are kept, from which the report is made?
check_results() {
	if [ ! -f "$source_folder/tests/vm/results/$version.txt" ]; then
		echo "results: none of kernel $version is kept (tests/vm/report.py write $version $vm_folder/logs/$version/*.log)"
		return
	fi
	if /usr/bin/python3 -B "$source_folder/tests/vm/report.py" check "$version" "$work/logs"/*.log; then
		passed=$((passed + 1))
	else
		echo "results: FAILED: they are not those that are kept (tests/vm/report.py write)"
		failed=$((failed + 1))
	fi
}

# build_what_is_tested: NICEMU_BUILD is left as it is; the usual folder is made.
build_what_is_tested() {
	if [ -z "${NICEMU_BUILD-}" ]; then
		install_packages $may_install $RUN_PACKAGES $TEST_PACKAGES
		build_in "$build_folder" all -DCMAKE_BUILD_TYPE=Release -DNICEMU_TESTS=ON
		NICEMU_BUILD=$build_folder
	fi
	export NICEMU_BUILD
}

# test_kernels SUITE...: on each of $kernels.
test_kernels() {
	for name in "$@"; do
		[ -n "$(suite_lines "$name")" ] || usage "$name is no suite of tests/vm/suites"
	done
	prepare_kernels || :
	build_what_is_tested
	new_work
	tested=4
	for wanted in $kernels; do
		found=$(find_kernel "$wanted")
		[ -n "$found" ] || { echo "vm $wanted: skipped: it could not be had"; continue; }
		echo "== kernel ${found##*/}"
		[ $tested = 1 ] || tested=0
		test_kernel "${found##*/}" "$@" || tested=1
	done
	return $tested
}
