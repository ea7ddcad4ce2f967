# SPDX-License-Identifier: GPL-2.0-or-later
# runner.sh TRANSCRIPT...: types the commands of a transcript and compares what they print.
#
#   # prose, for the reader
#   $ command             typed into one shell, so what one block sets the next one sees
#   > rest of it          more lines of the same command
#   expected line         standard output and standard error, as they come
#
# In an expected line <number>, <hex>, <word> and <any> stand for what varies: digits, hexadecimal
# digits, a word without blanks, anything. A line "..." stands for any lines, also none. A status that is
# not 0 is expected as a last line "(status N)". Empty lines and blanks at the end of lines don't count.
#
# Prints "ok - …" or "not ok - …" a block, for these also what was expected and what came, and at the end
# "tests passed P, failed F". Exits with 1 when a block failed, with 2 when there was none to run.

passed=0
failed=0
folder=$(mktemp -d) || exit 2
compare=$(dirname "$0")/compare.awk

# run_block: the command in $folder/command against $folder/expected.
run_block() {
	[ -s "$folder/command" ] || return 0
	first=$(sed -n 1p "$folder/command")
	. "$folder/command" >"$folder/output" 2>&1 </dev/null 9<&-
	status=$?
	[ "$status" = 0 ] || echo "(status $status)" >>"$folder/output"
	if awk -f "$compare" "$folder/expected" "$folder/output"; then
		passed=$((passed + 1))
		echo "ok - \$ $first"
	else
		failed=$((failed + 1))
		echo "not ok - \$ $first"
		sed 's/^/    expected: /' "$folder/expected"
		sed 's/^/    came:     /' "$folder/output"
	fi
	: >"$folder/command"
}

# start_block [COMMAND]: runs what was collected, and begins anew.
start_block() {
	run_block
	: >"$folder/expected"
	[ $# = 0 ] || printf '%s\n' "$1" >"$folder/command"
}

: >"$folder/command"
for transcript in "$@"; do
	[ -r "$transcript" ] || { echo "runner: $transcript can't be read"; exit 2; }
	echo "# $transcript"
	in_block=no
	while IFS= read -r line <&9; do
		case $in_block:$line in
		*:'$ '*)
			start_block "${line#\$ }"
			in_block=yes
			;;
		yes:'# '* | yes:'#')
			start_block
			in_block=no
			;;
		yes:'> '*) printf '%s\n' "${line#> }" >>"$folder/command" ;;
		yes: | no: | no:'# '* | no:'#') ;;
		yes:*) printf '%s\n' "$line" >>"$folder/expected" ;;
		*)
			echo "runner: $transcript: this belongs to no command: $line"
			exit 2
			;;
		esac
	done 9<"$transcript"
	start_block
done
rm -rf "$folder"
echo "tests passed $passed, failed $failed"
[ $((passed + failed)) -gt 0 ] || exit 2
[ "$failed" = 0 ]
