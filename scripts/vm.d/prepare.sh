# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by scripts/vm: a kernel of a suite, from the archive to a folder that run can boot.
# Everything happens in $work, and the whole folder takes its place at once.

# kernels_of_suite WANTED: "VERSION PACKAGE-VERSION RELEASE" of the suite's cloud kernels that WANTED (empty: any)
# means, newest first.
kernels_of_suite() {
	names=$(suite_apt apt-cache pkgnames linux-image- | grep -E -- '^linux-image-[0-9]+\.[0-9]+\.[0-9].*-cloud-amd64(-unsigned)?$') || return 0
	suite_apt apt-cache madison $names | awk '{ print $3, $1 }' |
		sed -n 's/^\([^ ]*\) linux-image-\(.*-cloud-amd64\)\(-unsigned\)\{0,1\}$/\1 \2/p' |
		while read -r package release; do
			version=${package%%-*}
			[ -z "$1" ] || version_matches "$version" "$1" || continue
			printf '%s %s %s\n' "$version" "$package" "$release"
		done | sort -Vru
}

# suite_series: the series (6.1) of the suite's own kernel; it may have others as well.
suite_series() {
	suite_apt apt-cache show --no-all-versions linux-image-cloud-amd64 2>/dev/null | sed -n 's/^Version: \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1
}

# depends_of PACKAGE=VERSION PATTERN: names of its dependencies that begin so; nothing when there is no such package.
depends_of() {
	suite_apt apt-cache show "$1" 2>/dev/null | sed -n 's/^Depends: //p' | tr ',' '\n' | awk -v pattern="^$2" '$1 ~ pattern { print $1 }' | sort -u
}

# has_package NAME[=VERSION]. (apt-cache show has an exit status of its own.)
has_package() {
	suite_apt apt-cache madison "${1%%=*}" | awk -v wanted="${1#"${1%%=*}"}" '{ if (wanted == "" || wanted == "=" $3) found = 1 } END { exit !found }'
}

# fetch_image: the signed one where there is one: its modules load when signatures are enforced. Since 7.x an
# image is several packages; of old ones the archive may lack the one with the configuration.
fetch_image() {
	: >"$work/why"
	for name in "linux-image-$release" "linux-image-$release-unsigned"; do
		has_package "$name=$package" || continue
		parts_of_image=$(depends_of "$name=$package" 'linux-(binary|modules|base)-[0-9]' | while read -r part; do
			! has_package "$part" || printf '%s\n' "$part"
		done)
		fetch "$name=$package" $parts_of_image 2>>"$work/why" && return
	done
	grep -E '^ *(E:|W:|Err)' "$work/why" | head -n 3 >&2
	return 1
}

# headers_packages: what the headers need to be complete, by the names in their dependencies.
headers_packages() {
	has_package "linux-headers-$release=$package" || return 0
	printf '%s\n' "linux-headers-$release=$package"
	depends_of "linux-headers-$release=$package" 'linux-(headers|kbuild)-[0-9]'
}

fetch() {
	(cd "$work/cache/archives" && quietly suite_apt apt-get -o APT::Sandbox::User=root download "$@")
}

download_kernel() {
	series=$(printf '%s' "$version" | cut -d. -f1,2)
	headers=$(headers_packages)
	say "$suite: kernel $version ($release): downloading"
	rm -f "$work"/cache/archives/*.deb
	fetch_image && { [ -z "$headers" ] || fetch $headers; } || return 1
	netdevsim_source=
	if [ -z "$headers" ]; then
		say "$suite: no headers of $version: it stays without netdevsim and nsim_nft_offload"
	elif has_package "linux-source-$series=$package" && fetch "linux-source-$series=$package"; then
		netdevsim_source=$(ls "$work"/cache/archives/linux-source-*.deb)
	fi
	say "$suite: $(du -sh "$work/cache/archives" | cut -f1) downloaded"
}

unpack_kernel() {
	rm -rf "$work/image" "$work/tree" "$work/source" "$work/modules"
	mkdir -p "$work/image" "$work/tree/headers" || return 1
	for deb in "$work"/cache/archives/linux-*.deb; do
		case ${deb##*/} in
		linux-source-*) continue ;;
		linux-headers-* | linux-kbuild-*) into=$work/tree/headers ;;
		*) into=$work/image ;;
		esac
		dpkg-deb -x "$deb" "$into" || return 1
	done
	bzimage=$(find "$work/image" -name "vmlinuz-$release" -o -path "*/$release/vmlinuz" | head -n 1)
	/usr/bin/python3 "$parts/vmlinux.py" "$bzimage" "$work/tree/vmlinux" || return 1
	find "$work/image" \( -name "config-$release" -o -path "*/$release/config" \) -exec cp {} "$work/tree/config" \;
	[ -n "$headers" ] || { rm -rf "$work/tree/headers"; return 0; }
	rm -rf "$work/tree/headers/usr/share" "$work/tree/headers/lib/modules" "$work/tree/headers/usr/lib/modules"
	make_headers_movable "$work/tree/headers" "$release" && fit_to_compiler "$work/tree/headers" "$release" &&
		fit_to_libraries "$work/tree/headers"
}

have_kernel() {
	[ "$refresh" = no ] && [ "$(kernel_field "$vm_folder/$version" package 2>/dev/null)" = "$package" ]
}

# make_kernel: $version, $package and $release, which was downloaded, into its place.
make_kernel() {
	unpack_kernel || { say "$suite: the packages of $version are not as expected"; return 1; }
	build_netdevsim "$work/tree" || return 1
	pack_modules "$work/image" "$release" "$work/tree" || return 1
	printf '%s\n' "version=$version" "package=$package" "release=$release" "suite=$suite" >"$work/tree/kernel"
	say "$suite: kernel $version is ready: $(du -sh "$work/tree" | cut -f1)"
	place_folder "$work/tree" "$vm_folder/$version"
}

# prepare_suite NAME WANTED: the newest of the suite's kernels that WANTED (empty: the suite's own) means; an older
# one when the archive names one that it does not have (any more). Status 2: the suite has no such kernel.
prepare_suite() {
	suite=$1
	new_work
	suite_sources $(suite_table | sed -n "s/^$suite //p") || return 1
	quietly suite_apt apt-get update || { say "$suite: its lists can't be had"; return 1; }
	kernels_of_suite "${2:-$(suite_series)}" | head -n 3 >"$work/candidates"
	[ -s "$work/candidates" ] || return 2
	while read -r version package release; do
		have_kernel && return
		download_kernel || { say "$suite: kernel $version could not be had"; continue; }
		make_kernel </dev/null
		return
	done <"$work/candidates"
	return 1
}

# place_folder NEW PLACE: exchange; whoever has files of the old one open keeps them.
place_folder() {
	rm -rf "$work/old"
	[ ! -d "$2" ] || mv "$2" "$work/old"
	mv -T "$1" "$2" 2>/dev/null || [ -f "$2/kernel" ]
}

# prepare_kernels: all of $kernels, one after the other also when several want them at the same time.
prepare_kernels() {
	mkdir -p "$vm_folder" || return 4
	exec 9>"$vm_folder/.lock"
	flock 9
	prepared=0
	for wanted in $kernels; do
		prepare_kernel "$wanted" || prepared=4
	done
	exec 9>&-
	return $prepared
}

# prepare_kernel WANTED: a suite's name, a version or the start of one.
prepare_kernel() {
	found=$(find_kernel "$1")
	if [ -n "$found" ] && [ "$refresh" = no ]; then
		say "kernel ${found##*/} is there: $(du -sh "$found" | cut -f1)"
		return
	fi
	if is_suite "$1"; then
		status_of_suite=0
		prepare_suite "$1" "" || status_of_suite=$?
		[ $status_of_suite != 2 ] || say "$1: it has no cloud kernel"
		return $status_of_suite
	fi
	for candidate in $(suite_names); do
		prepare_suite "$candidate" "$1" && return
	done
	say "no suite has a kernel $1"
	return 1
}
