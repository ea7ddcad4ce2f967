# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by scripts/vm: the suites of tests/vm on real kernels, and what they come to.

suites_file=${NICEMU_VM_SUITES:-$source_folder/tests/vm/suites}

# has_suite NAME
has_suite() {
	grep -v '^#' "$suites_file" | cut -d ' ' -f 1 | grep -qxF -- "$1"
}

# test_kernel VERSION SUITE...: logs stay where people look for them.
test_kernel() {
	version=$1
	shift
	logs=$vm_folder/logs/$version
	mkdir -p "$logs" || return 1
	suites_status=0
	(cd "$source_folder" && exec /usr/bin/python3 -B "$parts/suites.py" "$suites_file" "$version" "$logs" "$@") || suites_status=$?
	[ $suites_status != 130 ] || exit 130
	return $suites_status
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
		has_suite "$name" || usage "$name is no suite of tests/vm/suites"
	done
	prepare_kernels || :
	build_what_is_tested
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
