# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by scripts/vm: the guest's files, as three cpio archives that the kernel unpacks one over the
# other: programs of this system (shared by all kernels), the kernel's modules, and what a run brings.

guest_programs="nft ip tc ethtool"
# Kernel folders and single modules that the guest may need; what they depend on comes along.
guest_modules="kernel/net/netfilter kernel/net/ipv4/netfilter kernel/net/ipv6/netfilter kernel/net/bridge
kernel/net/sched kernel/net/8021q kernel/net/802 kernel/net/psample kernel/net/core kernel/net/netlink
kernel/net/packet kernel/net/llc kernel/drivers/net/veth kernel/drivers/net/dummy kernel/drivers/net/tun kernel/drivers/net/ifb
kernel/drivers/net/macsec kernel/drivers/net/vxlan kernel/drivers/char/virtio_console kernel/drivers/virtio"

# pack FOLDER: its files as a cpio archive on stdout.
pack() {
	(cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0)
}

# add_program ROOT FOLDER PROGRAM: the program into FOLDER of ROOT, and the libraries that it needs.
add_program() {
	cp -L "$3" "$1/$2/" || return 1
	ldd "$3" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p; s/^[\t ]*\(\/[^ ]*ld-linux[^ ]*\) (.*/\1/p' |
		while read -r library; do
			[ -e "$1/lib/${library##*/}" ] || cp -L "$library" "$1/lib/" || return 1
		done
}

# make_root ROOT: the empty tree, with all libraries in one folder.
make_root() {
	mkdir -p "$1/bin" "$1/sbin" "$1/dev" "$1/proc" "$1/sys" "$1/tmp" "$1/etc" "$1/run" "$1/var" "$1/usr" "$1/lib" "$1/root" "$1/vm"
	ln -s lib "$1/lib64"
	for name in bin sbin lib lib64; do
		ln -s "../$name" "$1/usr/$name"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\n' >"$1/etc/group"
}

# tools_archive: prints the path of the archive of programs; made again when one of them changes.
tools_archive() {
	paths=$(for name in $guest_programs dash busybox; do PATH=$PATH:/usr/sbin:/sbin command -v $name; done)
	sum=$({ cat "$parts/initramfs.sh"; stat -L -c '%n %s %Y' $paths; } | sha256sum | cut -c1-16)
	archive=$vm_folder/tools-$sum.cpio
	if [ ! -f "$archive" ]; then
		root=$work/tools
		make_root "$root" || return 1
		fill_tools "$root" $paths || return 1
		pack "$root" >"$work/tools.cpio" || return 1
		# Others may be reading the one before this.
		find "$vm_folder" -maxdepth 1 -name 'tools-*.cpio' -mmin +60 -delete
		mv "$work/tools.cpio" "$archive" || return 1
	fi
	printf '%s\n' "$archive"
}

# The kernel calls /sbin/modprobe. Where both have it, the real program counts, not busybox's; the shell
# is dash, since busybox's prefers its own ip and tc whatever PATH says.
fill_tools() {
	root=$1
	shift
	for path in "$@"; do
		case $path in
		*/busybox) cp "$path" "$root/bin/busybox" ;;
		*/dash) add_program "$root" bin "$path" && ln -s dash "$root/bin/sh" ;;
		*) add_program "$root" sbin "$path" ;;
		esac || return 1
	done
	for applet in $("$root/bin/busybox" --list); do
		[ -e "$root/bin/$applet" ] || [ -e "$root/sbin/$applet" ] || ln -s busybox "$root/bin/$applet"
	done
	ln -s ../bin/busybox "$root/sbin/modprobe"
	for folder in /etc/iproute2 /usr/share/iproute2; do
		[ ! -d "$folder" ] || { mkdir -p "$root/etc/iproute2" && cp -r "$folder/." "$root/etc/iproute2/"; } || return 1
	done
	for file in /etc/protocols /etc/services; do
		[ ! -f "$file" ] || cp "$file" "$root/etc/" || return 1
	done
}

# pack_modules IMAGE RELEASE TREE: the modules of guest_modules and netdevsim as TREE/modules.cpio.
pack_modules() {
	from=$1/lib/modules/$2
	[ -d "$from" ] || from=$1/usr/lib/modules/$2
	into=$work/modules/lib/modules/$2
	mkdir -p "$into" || return 1
	depmod -b "${from%/lib/modules/*}" "$2" || return 1
	chosen_modules "$from" | while read -r file; do
		mkdir -p "$into/$(dirname "$file")" && unpack_module "$from/$file" "$into/$file" || return 1
	done
	[ ! -f "$3/netdevsim.ko" ] || { mkdir -p "$into/extra" && cp "$3/netdevsim.ko" "$into/extra/"; } || return 1
	cp "$from/modules.builtin" "$from/modules.order" "$into/" || return 1
	[ ! -f "$from/modules.builtin.modinfo" ] || cp "$from/modules.builtin.modinfo" "$into/"
	depmod -b "$work/modules" "$2" && pack "$work/modules" >"$3/modules.cpio"
}

# chosen_modules FOLDER: names of files, with what they depend on, from modules.dep.
chosen_modules() {
	printf '%s\n' $guest_modules | awk '
		NR == FNR { wanted[$1]; next }
		{ split($0, part, ":"); for (w in wanted) if (index(part[1], w) == 1) { n = split($0, f, /[: ]+/); for (i = 1; i <= n; i++) if (f[i] != "") print f[i]; break } }
	' - "$1/modules.dep" | sort -u
}

unpack_module() {
	case $1 in
	*.xz) xz -dc "$1" >"${2%.xz}" ;;
	*.zst) zstd -qdc "$1" >"${2%.zst}" ;;
	*.gz) gzip -dc "$1" >"${2%.gz}" ;;
	*) cp "$1" "$2" ;;
	esac
}
