# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by scripts/vm: kernel modules built against unpacked headers.

# make_headers_movable FOLDER RELEASE: Debian's headers name each other by absolute paths; these become
# paths below FOLDER, found at make time by the variable that build_modules sets.
make_headers_movable() {
	own=$1/usr/src/linux-headers-$2
	[ -f "$own/Makefile" ] || { say "the headers have no Makefile"; return 1; }
	sed -i "s,/usr/src/linux-headers,\$(NICEMU_HEADERS)/usr/src/linux-headers,g" "$own/Makefile"
}

# build_modules KERNEL-FOLDER SOURCE-FOLDER [MAKE-ARGUMENT]...: in place; what make says only on failure.
build_modules() {
	headers=$1/headers
	sources=$2
	release_of_headers=$(basename "$(ls -d "$headers"/usr/src/linux-headers-*-cloud-amd64)")
	shift 2
	nice -n 5 make -s -j2 -C "$headers/usr/src/$release_of_headers" M="$sources" NICEMU_HEADERS="$headers" \
		CC=gcc "$@" modules >"$sources/build.log" 2>&1 && return
	grep -v '^Skipping BTF' "$sources/build.log" | tail -n 40 >&2
	return 1
}

# build_netdevsim TREE: the distribution builds none, so it comes from its source package. That is large:
# one pass, nothing else leaves it.
build_netdevsim() {
	if [ -z "$netdevsim_source" ]; then
		say "$suite: no linux-source-$series of $package: kernel $version stays without netdevsim"
		return
	fi
	mkdir -p "$work/source" || return 1
	archive=$(dpkg-deb -c "$netdevsim_source" | awk '$6 ~ /\.tar\.xz$/ { print $6; exit }')
	dpkg-deb --fsys-tarfile "$netdevsim_source" | tar -xO "$archive" | xz -T0 -dc |
		tar -x -C "$work/source" --strip-components=1 --wildcards '*/drivers/net/netdevsim/*' || return 1
	if ! build_modules "$1" "$work/source/drivers/net/netdevsim" CONFIG_NETDEVSIM=m; then
		say "$suite: netdevsim of $version does not build"
		return 1
	fi
	cp "$work/source/drivers/net/netdevsim/netdevsim.ko" "$1/netdevsim.ko" && strip --strip-debug "$1/netdevsim.ko"
}

# offload_sum: what the module's sources are, as a name.
offload_sum() {
	(cd "$source_folder/emu/kernel" && find . -type f \( -name '*.[ch]' -o -name Makefile -o -name Kbuild \) |
		sort | xargs sha256sum) | sha256sum | cut -c1-16
}

# offload_module KERNEL-FOLDER: prints the path of nsim_nft_offload.ko, built from the working tree when it
# has changed; nothing when the tree has none. Status 1 when it does not build.
offload_module() {
	[ -f "$source_folder/emu/kernel/Kbuild" ] || [ -f "$source_folder/emu/kernel/Makefile" ] || return 0
	built=$1/offload/$(offload_sum)/nsim_nft_offload.ko
	if [ ! -f "$built" ]; then
		rm -rf "$work/offload"
		cp -r "$source_folder/emu/kernel" "$work/offload" || return 1
		say "building nsim_nft_offload.ko for ${1##*/}"
		build_modules "$1" "$work/offload" || { say "nsim_nft_offload.ko does not build for ${1##*/}"; return 1; }
		[ -f "$work/offload/nsim_nft_offload.ko" ] || { say "emu/kernel built no nsim_nft_offload.ko"; return 1; }
		keep_offload "$1" "$(dirname "$built")" || return 1
	fi
	printf '%s\n' "$built"
}

# keep_offload KERNEL-FOLDER PLACE: only the newest few builds are kept.
keep_offload() {
	mkdir -p "$work/built" "$1/offload" || return 1
	cp "$work/offload/nsim_nft_offload.ko" "$work/built/" && strip --strip-debug "$work/built/nsim_nft_offload.ko" || return 1
	mv -T "$work/built" "$2" 2>/dev/null || [ -f "$2/nsim_nft_offload.ko" ] || return 1
	ls -td "$1"/offload/*/ | tail -n +6 | xargs -r rm -rf
}
