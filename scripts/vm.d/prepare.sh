# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by scripts/vm: a kernel of a suite, from the archive to a folder that run can boot.
# Everything happens in $work, and the whole folder takes its place at once.

# resolve_kernel: the release, version and packages that the suite's linux-headers-cloud-amd64 names.
resolve_kernel() {
	shown=$(suite_apt apt-cache show --no-all-versions linux-headers-cloud-amd64 2>/dev/null) || shown=
	package=$(printf '%s\n' "$shown" | sed -n 's/^Version: //p' | head -n 1)
	release=$(printf '%s\n' "$shown" | sed -n 's/^Depends: linux-headers-\([^ ,]*\).*/\1/p' | head -n 1)
	[ -n "$package" ] && [ -n "$release" ] || { say "$suite: it has no linux-headers-cloud-amd64"; return 1; }
	version=${package%%-*}
	version=${version#*:}
	series=$(printf '%s' "$version" | cut -d. -f1,2)
}

# headers_packages: what the headers need to be complete, by the names in their dependencies.
headers_packages() {
	suite_apt apt-cache show --no-all-versions "linux-headers-$release=$package" |
		sed -n 's/^Depends: //p' | tr ',' '\n' | awk '$1 ~ /^linux-(headers|kbuild)-/ { print $1 }'
}

download_kernel() {
	headers=$(headers_packages)
	say "$suite: kernel $version ($release): downloading"
	(cd "$work/cache/archives" && quietly suite_apt apt-get download \
		"linux-image-$release-unsigned=$package" "linux-headers-$release=$package" $headers) || return 1
	netdevsim_source=
	if (cd "$work/cache/archives" && quietly suite_apt apt-get download "linux-source-$series=$package"); then
		netdevsim_source=$(ls "$work"/cache/archives/linux-source-*.deb)
	fi
	say "$suite: $(du -sh "$work/cache/archives" | cut -f1) downloaded"
}

unpack_kernel() {
	mkdir -p "$work/image" "$work/tree/headers" || return 1
	for deb in "$work"/cache/archives/linux-*.deb; do
		case ${deb##*/} in
		linux-image-*) dpkg-deb -x "$deb" "$work/image" || return 1 ;;
		linux-headers-* | linux-kbuild-*) dpkg-deb -x "$deb" "$work/tree/headers" || return 1 ;;
		esac
	done
	rm -rf "$work/tree/headers/usr/share"
	/usr/bin/python3 "$parts/vmlinux.py" "$work/image/boot/vmlinuz-$release" "$work/tree/vmlinux" || return 1
	cp "$work/image/boot/config-$release" "$work/tree/config"
	make_headers_movable "$work/tree/headers" "$release"
}

# prepare_suite NAME: 0 and a folder in $vm_folder, or not, with the reason on stderr.
prepare_suite() {
	suite=$1
	new_work
	suite_sources $(suite_table | sed -n "s/^$suite //p") || return 1
	quietly suite_apt apt-get update || { say "$suite: its lists can't be had"; return 1; }
	resolve_kernel || return 1
	if [ "$(kernel_field "$vm_folder/$version" package 2>/dev/null)" = "$package" ] && [ "$refresh" = no ]; then
		return 0
	fi
	download_kernel && unpack_kernel || { say "$suite: kernel $version could not be had"; return 1; }
	build_netdevsim "$work/tree" || return 1
	pack_modules "$work/image" "$release" "$work/tree" || return 1
	printf '%s\n' "version=$version" "package=$package" "release=$release" "suite=$suite" >"$work/tree/kernel"
	say "$suite: kernel $version is ready: $(du -sh "$work/tree" | cut -f1)"
	place_folder "$work/tree" "$vm_folder/$version"
}

# place_folder NEW PLACE: exchange; whoever has files of the old one open keeps them.
place_folder() {
	rm -rf "$work/old"
	[ ! -d "$2" ] || mv "$2" "$work/old"
	mv -T "$1" "$2" 2>/dev/null || [ -f "$2/kernel" ]
}

# prepare_kernel WANTED: a suite's name, a version or the start of one.
prepare_kernel() {
	found=$(find_kernel "$1")
	if [ -n "$found" ] && [ "$refresh" = no ]; then
		say "kernel ${found##*/} is there: $(du -sh "$found" | cut -f1)"
		return
	fi
	if is_suite "$1"; then
		prepare_suite "$1"
		return
	fi
	for candidate in $(suite_names); do
		suite_has_version "$candidate" "$1" || continue
		prepare_suite "$candidate" && return
	done
	say "no suite has a kernel $1"
	return 1
}

# suite_has_version NAME WANTED: asks the archive.
suite_has_version() {
	suite=$1
	new_work
	suite_sources $(suite_table | sed -n "s/^$1 //p") && quietly suite_apt apt-get update && resolve_kernel || return 1
	version_matches "$version" "$2"
}
