# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by clients and vm: apt with the packages of another suite of the distribution, with sources,
# lists and a cache of its own in $work, apt's signature checks on; the system's packages, sources and
# lists stay as they are. Wants $work, a folder that the caller made, and the function say.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# find_mirror LABEL: the mirror of the first suite in the system's sources that has the label (Debian or
# Debian-Security) and is no updates or other addition.
find_mirror() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' "Label: $1" |
		awk -v label="$1" '(label != "Debian" || $2 !~ /[-\/]/) && $3 == "main" { print $1; exit }'
}

# suite_sources SUITE...: apt's sources for these suites, and an empty system that they are for.
suite_sources() {
	[ -r "$keyring" ] || { say "$keyring, which knows Debian's signatures, is not installed (debian-archive-keyring)"; return 1; }
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial" || return 1
	: >"$work/status"
	: >"$work/suite.sources"
	for source in "$@"; do
		case $source in
		*-security) mirror=$(find_mirror Debian-Security) ;;
		*) mirror=$(find_mirror Debian) ;;
		esac
		[ -n "$mirror" ] || { say "apt's sources name no Debian mirror for $source"; return 1; }
		printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' \
			"$mirror" "$source" "$keyring" >>"$work/suite.sources"
	done
}

# suite_apt PROGRAM...: apt-get or apt-cache with the suite, and nothing installed: everything that a
# package needs is chosen from the suite.
suite_apt() {
	program=$1
	shift
	"$program" -q -o Dir::Etc::sourcelist="$work/suite.sources" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" \
		-o Dir::State::extended_states="$work/extended" -o Dir::Cache="$work/cache" \
		-o Dir::Log="$work" -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Acquire::Languages=none -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
		-o Acquire::https::Timeout=20 -o Debug::NoLocking=true -o APT::Update::Error-Mode=any \
		-o APT::Install-Recommends=false "$@"
}

# quietly COMMAND...: what it prints goes to the log, and to stderr when it fails.
quietly() {
	"$@" >"$work/log" 2>&1 && return
	# Addresses of mirrors may hold a password.
	sed -E 's,//[^/@ ]*@,//,g; s/^/  /' "$work/log" | tail -n 12 >&2
	return 1
}
