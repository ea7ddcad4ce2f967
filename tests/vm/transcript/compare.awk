# SPDX-License-Identifier: GPL-2.0-or-later
# awk -f compare.awk EXPECTED OUTPUT: exits with 0 when the output is as expected (runner.sh says how).

# pattern TEXT: the expected line as a regular expression.
function pattern(text, made, name) {
	sub(/[ \t]+$/, "", text)
	made = ""
	while (match(text, /<(number|hex|word|any)>/)) {
		name = substr(text, RSTART + 1, RLENGTH - 2)
		made = made escape(substr(text, 1, RSTART - 1)) class[name]
		text = substr(text, RSTART + RLENGTH)
	}
	return "^" made escape(text) "$"
}

# Brackets take the meaning from all but two; these get a backslash.
function escape(text, made, i, c) {
	made = ""
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "\\" || c == "^")
			c = "\\" c
		else if (index(".$*+?()[]{}|/", c))
			c = "[" c "]"
		made = made c
	}
	return made
}

# same E O: do the expected lines from E on match those of the output from O on?
function same(e, o) {
	while (e <= expected) {
		if (want[e] == "...") {
			for (; o <= came + 1; o++)
				if (same(e + 1, o))
					return 1
			return 0
		}
		if (o > came || line[o] !~ pattern(want[e]))
			return 0
		e++
		o++
	}
	return o == came + 1
}

BEGIN {
	class["number"] = "[0-9]+"
	class["hex"] = "[0-9a-fA-F]+"
	class["word"] = "[^ \t]+"
	class["any"] = ".*"
	while ((getline text < ARGV[1]) > 0)
		want[++expected] = text
	while ((getline text < ARGV[2]) > 0) {
		sub(/[ \t\r]+$/, "", text)
		if (text != "")
			line[++came] = text
	}
	exit !same(1, 1)
}
