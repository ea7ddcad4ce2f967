# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by scripts/vm: which kernels there are. A prepared kernel is a folder of $vm_folder named by its
# version (6.1.192), with a file "kernel" of words: version, package, release, suite.

# suite_table: NAME ARCHIVE-SUITE...: where kernels are looked for, in this order; of several archive
# suites the newest package counts.
suite_table() {
	cat <<'END'
bookworm bookworm bookworm-security
bullseye bullseye bullseye-security
bookworm-backports bookworm-backports
trixie trixie trixie-security
trixie-backports trixie-backports
sid sid
END
}

suite_names() {
	suite_table | cut -d' ' -f1
}

is_suite() {
	suite_names | grep -qxF -- "$1"
}

# kernel_field FOLDER FIELD
kernel_field() {
	sed -n "s/^$2=//p" "$1/kernel"
}

# version_matches VERSION WANTED: is it this version, or does it begin with these numbers?
version_matches() {
	case $1. in
	"$2".*) return 0 ;;
	esac
	return 1
}

# prepared_kernels: the folders, oldest kernel first.
prepared_kernels() {
	for folder in "$vm_folder"/[0-9]*; do
		[ -f "$folder/kernel" ] || continue
		printf '%s\n' "$folder"
	done | sort -V
}

# find_kernel WANTED: the folder of the newest prepared kernel that a version, the start of one, or a
# suite's name means; nothing when there is none.
find_kernel() {
	prepared_kernels | while read -r folder; do
		if is_suite "$1"; then
			[ "$(kernel_field "$folder" suite)" = "$1" ] || continue
		else
			version_matches "${folder##*/}" "$1" || continue
		fi
		printf '%s\n' "$folder"
	done | tail -n 1
}

list_kernels() {
	prepared_kernels | while read -r folder; do
		without=
		[ -f "$folder/netdevsim.ko" ] || without=" without netdevsim"
		printf '%-10s %-20s %-28s %s%s\n' "$(kernel_field "$folder" version)" "$(kernel_field "$folder" suite)" \
			"$(kernel_field "$folder" release)" "$(du -sh "$folder" | cut -f1)" "$without"
	done
	for suite in $(suite_names); do
		[ -z "$(find_kernel "$suite")" ] || continue
		printf '%-10s %-20s %s\n' - "$suite" "not prepared"
	done
}
