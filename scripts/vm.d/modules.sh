# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by scripts/vm: kernel modules built against unpacked headers.

# make_headers_movable FOLDER RELEASE: Debian's headers name each other by absolute paths; these become
# paths below FOLDER, found at make time by the variable that build_modules sets.
make_headers_movable() {
	own=$1/usr/src/linux-headers-$2
	[ -f "$own/Makefile" ] || { say "the headers have no Makefile"; return 1; }
	sed -i "s,/usr/src/linux-headers,\$(NICEMU_HEADERS)/usr/src/linux-headers,g" "$own/Makefile"
}

# compiler_table: CONFIG-OPTION FLAG: what newer suites' compilers know and the installed one may not.
compiler_table() {
	cat <<'END'
CC_HAS_MIN_FUNCTION_ALIGNMENT -fmin-function-alignment=16
END
}

# fit_to_compiler FOLDER RELEASE: the kernel was configured for its suite's compiler; options that say what
# the compiler knows are set to what the installed one knows.
fit_to_compiler() {
	own=$1/usr/src/linux-headers-$2
	compiler_table | while read -r option flag; do
		gcc "$flag" -x c -S -o /dev/null /dev/null 2>/dev/null && continue
		sed -i "/^CONFIG_$option=/d" "$own/include/config/auto.conf" || return 1
		sed -i "/^#define CONFIG_$option 1/d" "$own/include/generated/autoconf.h" || return 1
	done
}

# fit_to_libraries FOLDER: programs of the headers (modpost, objtool) that want newer libraries than the
# installed ones are run with their suite's, beside them in FOLDER/libraries.
fit_to_libraries() {
	elf_files "$1" | while read -r file; do
		! ldd "$file" 2>&1 | grep -q 'not found' || printf '%s\n' "$file"
	done >"$work/too_new"
	[ -s "$work/too_new" ] || return 0
	download_libraries "$1/libraries" || return 1
	while read -r file; do
		mv "$file" "$file.elf" && write_wrapper "$file" "$(realpath -s --relative-to="$(dirname "$file")" "$1/libraries")" || return 1
	done <"$work/too_new"
}

elf_files() {
	find "$1" -type f -perm -u+x | while read -r file; do
		[ "$(head -c 4 "$file" | tail -c 3)" != ELF ] || printf '%s\n' "$file"
	done
}

# download_libraries INTO: what the suite says that its linux-kbuild needs; backports build on their suite.
download_libraries() {
	case $suite in
	*-backports) suite_sources "$suite" "${suite%-backports}" && quietly suite_apt apt-get update || return 1 ;;
	esac
	mkdir -p "$1" "$work/libraries" || return 1
	kbuild=$(printf '%s\n' $headers | grep '^linux-kbuild-')
	quietly suite_apt apt-get --yes --download-only -o Dir::Cache::archives="$work/libraries" install "$kbuild" || return 1
	for deb in "$work"/libraries/lib*.deb "$work"/libraries/zlib1g_*.deb; do
		[ ! -f "$deb" ] || dpkg-deb -x "$deb" "$work/unpacked" || return 1
	done
	find "$work/unpacked" \( -name '*.so' -o -name '*.so.*' \) ! -path '*/gconv/*' | while read -r library; do
		[ -e "$1/${library##*/}" ] || cp -L "$library" "$1/" 2>/dev/null || :
	done
	rm -rf "$work/unpacked" "$work/libraries"
	[ -x "$1/ld-linux-x86-64.so.2" ]
}

# write_wrapper PROGRAM LIBRARIES: runs PROGRAM.elf with the loader in LIBRARIES, seen from PROGRAM's folder.
write_wrapper() {
	cat >"$1" <<END
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")
exec "\$here/$2/ld-linux-x86-64.so.2" --library-path "\$here/$2" "\$here/${1##*/}.elf" "\$@"
END
	chmod 755 "$1"
}

# build_modules KERNEL-FOLDER SOURCE-FOLDER [MAKE-ARGUMENT]...: in place; what make says only on failure.
# Without BTF, which nothing here needs: newer kernels want a newer pahole for it.
# Newer kernels' headers have attributes that this compiler does not know, and says so in each file.
build_modules() {
	tree=$1/headers
	sources=$2
	release_of_headers=$(basename "$(ls -d "$tree"/usr/src/linux-headers-*-cloud-amd64)")
	shift 2
	nice -n 5 make -s -j2 -C "$tree/usr/src/$release_of_headers" M="$sources" NICEMU_HEADERS="$tree" \
		CC=gcc CONFIG_DEBUG_INFO_BTF_MODULES= KCFLAGS=-Wno-attributes "$@" modules >"$sources/build.log" 2>&1 && return
	grep -v '^Skipping BTF' "$sources/build.log" | tail -n 40 >&2
	return 1
}

# build_netdevsim TREE: the distribution builds none, so it comes from its source package. That is large:
# one pass, nothing else leaves it.
build_netdevsim() {
	[ -n "$headers" ] || return 0
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

# offload_sum FOLDER: what the module's sources are, as a name.
offload_sum() {
	(cd "$1" && find . -type f \( -name '*.[ch]' -o -name Makefile -o -name Kbuild \) |
		sort | xargs sha256sum) | sha256sum | cut -c1-16
}

# offload_module KERNEL-FOLDER: prints the path of nsim_nft_offload.ko, built from the working tree when it
# has changed; nothing when the tree has none. Status 1 when it does not build.
offload_module() {
	[ -f "$source_folder/emu/kernel/Kbuild" ] || [ -f "$source_folder/emu/kernel/Makefile" ] || return 0
	if [ ! -d "$1/headers" ]; then
		say "kernel ${1##*/} has no headers: the guest has no nsim_nft_offload.ko"
		return
	fi
	# The sum is that of the copy, which nobody edits.
	rm -rf "$work/offload"
	cp -r "$source_folder/emu/kernel" "$work/offload" || return 1
	# What a user's make left there is for another kernel.
	find "$work/offload" -type f \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \) -delete
	built=$1/offload/$(offload_sum "$work/offload")/nsim_nft_offload.ko
	if [ ! -f "$built" ]; then
		say "building nsim_nft_offload.ko for ${1##*/}"
		build_modules "$1" "$work/offload" || { say "nsim_nft_offload.ko does not build for ${1##*/}"; return 1; }
		grep -A 4 ':[0-9]*: warning:' "$work/offload/build.log" >&2 || :
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
