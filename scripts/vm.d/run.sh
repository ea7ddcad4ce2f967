# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by scripts/vm: run and shell: the guest's own files, and the start of the guest.

# own_files ROOT KERNEL-FOLDER: what this run brings: init, the library, script, files, programs, our module.
own_files() {
	root=$1
	mkdir -p "$root/vm" "$root/etc" "$root/bin" "$root/lib/nicemu" || return 1
	cp "$source_folder/tests/vm/guest/init" "$root/init" && chmod 755 "$root/init" || return 1
	cp "$source_folder/tests/vm/guest/guest.sh" "$root/vm/" || return 1
	[ -z "$out" ] || : >"$root/etc/nicemu-out"
	if module=$(offload_module "$2"); then
		[ -z "$module" ] || cp "$module" "$root/lib/nicemu/" || return 1
	else
		# Whoever does not need it goes on; load_offload says it.
		echo "nsim_nft_offload.ko did not build" >"$root/lib/nicemu/why"
	fi
	add_nicemu "$root" || return 1
	while IFS= read -r program; do
		[ -z "$program" ] || add_program "$root" bin "$program" || { say "$program can't be put into the guest"; return 1; }
	done <<END
$programs
END
}

# add_nicemu ROOT: the program of a build folder, and the library that it preloads, as after installation.
add_nicemu() {
	[ -n "$nicemu_build" ] || return 0
	for file in emu/cli/nicemu emu/shim/libnicemu-shim.so; do
		[ -f "$nicemu_build/$file" ] || { say "$nicemu_build: no $file in it"; return 1; }
	done
	add_program "$1" bin "$nicemu_build/emu/cli/nicemu" && add_program "$1" bin "$nicemu_build/emu/shim/libnicemu-shim.so"
}

# start_guest KERNEL-FOLDER OPTION...: boot with the three archives, one behind the other; does not return.
start_guest() {
	kernel=$1
	shift
	tools=$(tools_archive) || { say "the guest's programs can't be put together"; return 4; }
	own_files "$work/own" "$kernel" || return 4
	pack "$work/own" >"$work/own.cpio" || return 4
	cat "$tools" "$kernel/modules.cpio" "$work/own.cpio" >"$work/initrd" || return 4
	rm -rf "$work/own" "$work/own.cpio"
	# It removes $work; signals reach it without a shell in between.
	exec /usr/bin/python3 -B "$parts/boot.py" --kernel "$kernel/vmlinux" --initrd "$work/initrd" --work "$work" \
		--append "$append" --memory "$memory" "$@"
}

# chosen_kernel: the folder of the kernel that --kernel means.
chosen_kernel() {
	found=$(find_kernel "$wanted")
	[ -n "$found" ] || { say "no kernel $wanted is prepared: scripts/vm prepare --kernel $wanted"; return 1; }
	printf '%s\n' "$found"
}

run_script() {
	script=$1
	kernel=$(chosen_kernel) || return 4
	new_work
	mkdir -p "$work/own/vm" "$work/own/etc"
	for file in "$@"; do
		cp -rL "$file" "$work/own/vm/" || return 4
	done
	basename "$script" >"$work/own/etc/nicemu-script"
	if [ -n "$out" ]; then
		start_guest "$kernel" --timeout "$timeout" --out "$out"
	else
		start_guest "$kernel" --timeout "$timeout"
	fi
}

run_shell() {
	kernel=$(chosen_kernel) || return 4
	new_work
	mkdir -p "$work/own/vm"
	for file in "$@"; do
		cp -rL "$file" "$work/own/vm/" || return 4
	done
	say "kernel ${kernel##*/}; leave it with exit"
	start_guest "$kernel" --shell
}
