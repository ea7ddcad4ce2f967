# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by run, test and vm: what has to be installed, and the build. Needs only a POSIX shell.

# To build and run nicemu. netbase: nft prints the names of protocols; tcpdump: the demo.
RUN_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config nftables tcpdump netbase libmnl-dev libpcap-dev
libjansson-dev libcyaml-dev libyaml-dev libseccomp-dev liburcu-dev uthash-dev"
# To run all tests as well.
TEST_PACKAGES="libcriterion-dev libnftnl-dev clang libclang-rt-14-dev clang-format git python3 iproute2
ethtool iputils-ping tcpreplay tshark man-db mmdebstrap util-linux
gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user valgrind"
# For scripts/vm: real kernels in a virtual machine, and modules for them.
VM_PACKAGES="qemu-system-x86 busybox-static cpio kmod make gcc binutils libc6-dev python3 xz-utils
zstd lz4 nftables iproute2 ethtool util-linux"

source_folder=$(cd "$(dirname "$0")/.." && pwd)
build_folder=$source_folder/build

say() {
	printf '%s\n' "$*" >&2
}

missing_packages() {
	for package in "$@"; do
		case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
		"install ok installed") ;;
		*) printf ' %s' "$package" ;;
		esac
	done
}

# install_packages MAY_INSTALL PACKAGE...: make sure they are there, or end with status 4.
install_packages() {
	may_install=$1
	shift
	if ! command -v dpkg-query >/dev/null; then
		say "nicemu: this is not Debian, so nothing is installed; Debian's names for what is needed: $*"
		return
	fi
	missing=$(missing_packages "$@")
	[ -z "$missing" ] && return
	command="apt-get install --yes --no-install-recommends$missing"
	if [ "$may_install" = no ]; then
		say "nicemu: missing packages; install them with:"; say "  $command"
		exit 4
	fi
	if [ "$(id -u)" = 0 ]; then
		as_root="env DEBIAN_FRONTEND=noninteractive"
	elif command -v sudo >/dev/null; then
		as_root="sudo env DEBIAN_FRONTEND=noninteractive"
	else
		say "nicemu: missing packages, and neither root nor sudo to install them; ask for:"; say "  $command"
		exit 4
	fi
	say "nicemu: installing what is missing:"; say "  apt-get update"; say "  $command"
	$as_root apt-get update >/dev/null && $as_root $command >/dev/null && return
	say "nicemu: that failed; run the commands above by hand to see why"
	exit 4
}

# build_in FOLDER TARGET CMAKE_OPTION...: configure and build, quiet unless it fails.
build_in() {
	folder=$1
	target=$2
	shift 2
	if ! mkdir -p "$folder" || [ ! -w "$folder" ]; then
		say "nicemu: $folder, where the build goes, can't be written"
		exit 4
	fi
	log=$folder/build.log
	# CMake runs again by itself when its own files change.
	if [ ! -f "$folder/build.ninja" ] || [ "$(cat "$folder/options" 2>/dev/null)" != "$*" ]; then
		[ -t 2 ] && say "nicemu: configuring"
		if ! cmake -S "$source_folder" -B "$folder" -G Ninja "$@" >"$log" 2>&1; then
			cat "$log" >&2
			exit 4
		fi
		printf '%s' "$*" >"$folder/options"
	fi
	[ -t 2 ] && [ ! -x "$folder/emu/cli/nicemu" ] && say "nicemu: building"
	if ! cmake --build "$folder" --target "$target" >"$log" 2>&1; then
		grep -v '^\[' "$log" >&2
		say "nicemu: the build failed; the whole log: $log"
		exit 4
	fi
}
