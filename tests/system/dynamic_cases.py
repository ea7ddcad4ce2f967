# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases about sets that rules change, and about timeouts, for the oracle (see oracle.py)."""
from set_cases import scripts

RULESET = "table ip t {;; %s;; chain c { type filter hook input priority 0;; %s;; };; };;"
SET = "set s { type ipv4_addr; size 128; flags dynamic; %s}"
MAP = "map s { type ipv4_addr : mark; size 128; flags dynamic%s }"
TIMED = "set s { type ipv4_addr; flags timeout; %s }"

# (what, the set, the rule)
RULES = [
    ("adding", SET % "", "add @s { ip saddr }"),
    ("deleting", SET % "", "delete @s { ip saddr }"),
    ("a set's timeout", "set s { type ipv4_addr; flags dynamic,timeout; timeout 1m; }", "update @s { ip saddr }"),
    ("a rule's timeout", "set s { type ipv4_addr; flags dynamic,timeout; timeout 1m; gc-interval 10s; }",
     "update @s { ip saddr timeout 7s }"),
    ("a rule's odd timeout", "set s { type ipv4_addr; flags dynamic,timeout; }", "add @s { ip saddr timeout 7ms }"),
    ("a timeout that the set has not", SET % "", "add @s { ip saddr timeout 5s }"),
    ("a timed set that is not dynamic", TIMED % "", "add @s { ip saddr timeout 4s }"),
    ("a set's counter", SET % "counter; ", "add @s { ip saddr }"),
    ("a rule's limit", SET % "", "add @s { ip saddr limit rate 10/second } accept"),
    ("a rule's quota", SET % "", "add @s { ip saddr quota over 5 mbytes } accept"),
    ("a rule's ct count", SET % "", "add @s { ip saddr ct count over 5 } accept"),
    ("the same counter in both", SET % "counter; ", "add @s { ip saddr counter } accept"),
    ("counter and limit", SET % "counter; ", "add @s { ip saddr limit rate 10/second } accept"),
    ("a set's two expressions", SET % "counter quota 500 bytes; ", "add @s { ip saddr } accept"),
    ("more expressions than the set's", SET % "counter; ", "add @s { ip saddr counter quota 500 bytes } accept"),
    ("fewer expressions than the set's", SET % "counter quota 5 bytes; ", "add @s { ip saddr counter } accept"),
    ("other expressions than the set's", SET % "counter quota 5 bytes; ",
     "add @s { ip saddr counter limit rate 5/second } accept"),
    ("a meter", "", "tcp dport 80 meter m { ip saddr limit rate 10/second } accept"),
    ("a meter with a timeout", "", "tcp dport 80 meter m { ip saddr timeout 5s limit rate 10/second } accept"),
    ("a map", MAP % ";", "add @s { ip saddr : 5 }"),
    ("a map with a timeout", MAP % ",timeout; timeout 3s;", "update @s { ip saddr : meta mark }"),
    ("a sized set", "set s { type ipv4_addr; size 128; }", "add @s { ip saddr }"),
    ("a plain set", "set s { type ipv4_addr; }", "add @s { ip saddr }"),
    ("a constant set", "set s { type ipv4_addr; flags constant; }", "add @s { ip saddr }"),
    ("an interval set", "set s { type ipv4_addr; flags interval; }", "add @s { ip saddr }"),
    ("a concatenation", "set s { type ipv4_addr . inet_service; flags dynamic; size 77; }",
     "add @s { ip daddr . tcp dport }"),
    ("a set that is not there", "", "add @s { ip saddr } accept"),
    ("elements besides", "set s { type ipv4_addr; flags dynamic; elements = { 1.1.1.1, 2.2.2.2 }; }",
     "ip saddr @s add @s { ip daddr }"),
    ("elements that stay", TIMED % "elements = { 1.1.1.1, 2.2.2.2 }; ", "ip saddr @s accept"),
    ("timed intervals", "set s { type ipv4_addr; flags interval,timeout; timeout 1h; }", "accept"),
    *[("a timeout of " + time, TIMED % ("timeout %s;" % time), "accept")
      for time in ("1ms", "4ms", "7ms", "1s3ms", "12d3h", "12d3h; gc-interval 5h")],
    ("a rule's own quota", "", "quota over 500 bytes drop"),
    ("a rule's own quota, used", "", "quota 500 bytes used 20 bytes"),
    ("elements with a timeout", TIMED % "elements = { 1.1.1.1 timeout 1h }; ", "accept"),
    ("elements with a set's timeout", TIMED % "timeout 1h; elements = { 1.1.1.1 }; ", "accept"),
]

CASES = [scripts("dynamic: " + name, RULESET % (set_, rule)) for name, set_, rule in RULES] + [
    scripts("dynamic: another timeout", "table ip t { set s { type ipv4_addr; flags timeout; timeout 5s; };; };;",
            "add set ip t s { type ipv4_addr; flags timeout; timeout 9s; gc-interval 3s; }",
            "add set ip t s { type ipv4_addr; flags timeout; }"),
]
