# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases about sets, maps, elements and stateful objects for the oracle (see oracle.py)."""
import random

from oracle import (NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_NONREC, NLM_F_REPLACE, argv, attr,
                    batch, be64, case, lying_attr, message, nft, request)

# linux/netfilter/nf_tables.h
ANONYMOUS, CONSTANT, INTERVAL, MAP, TIMEOUT, EVAL, OBJECT, CONCAT, EXPR = (1 << i for i in range(9))
VERDICT = 0xffffff00
ACCEPT, DROP, JUMP, GOTO, CONTINUE, BREAK, RETURN, QUEUE = 1, 0, -3, -4, -1, -2, -5, 3
COUNTER, QUOTA, CT_HELPER, LIMIT, CONNLIMIT, TUNNEL, CT_TIMEOUT, SECMARK, CT_EXPECT, SYNPROXY = range(1, 11)


def block(text):
    """Scripts are written compactly: ';;' ends a line."""
    return nft(text.replace(";;", "\n") + "\n")


def scripts(name, *texts, **more):
    return case(name, *(block(text) for text in texts), **more)


# ---- sets, maps and elements as nft writes them -------------------------------------------------

SETS = [scripts("set of " + what, "table ip t {;; set s {;; " + body + ";; };; };;") for what, body in [
    ("addresses", "type ipv4_addr"),
    ("addresses with elements", "type ipv4_addr; elements = { 1.2.3.4, 5.6.7.8 }"),
    ("ports", "type inet_service; elements = { 80, 443 }"),
    ("ethernet addresses", "type ether_addr; elements = { 02:00:00:00:00:01 }"),
    ("ipv6 addresses", "type ipv6_addr; elements = { 2001:db8::1, ::1 }"),
    ("protocols", "type inet_proto; elements = { tcp, udp, 47 }"),
    ("marks", "type mark; elements = { 1, 0xffffffff }"),
    ("interface names", "type ifname; elements = { \"lo\", \"eth0\" }"),
    ("ct states", "type ct_state; elements = { new, established }"),
    ("typeof", "typeof ip saddr; elements = { 1.2.3.4 }"),
    ("typeof concatenation", "typeof ip saddr . tcp dport; elements = { 1.2.3.4 . 80 }"),
    ("concatenation", "type ipv4_addr . inet_service; elements = { 1.2.3.4 . 80, 1.2.3.4 . 81 }"),
    ("concatenation of five", "type ipv4_addr . ipv4_addr . inet_service . inet_proto . mark; "
                              "elements = { 1.1.1.1 . 2.2.2.2 . 80 . tcp . 0x1 }"),
    ("constant", "type ipv4_addr; flags constant; elements = { 1.2.3.4 }"),
    ("size", "type ipv4_addr; size 3; elements = { 1.2.3.4 }"),
    ("size full", "type ipv4_addr; size 2; elements = { 1.2.3.4, 1.2.3.5 }"),
    ("size over", "type ipv4_addr; size 2; elements = { 1.2.3.4, 1.2.3.5, 1.2.3.6 }"),
    ("policy memory", "type ipv4_addr; policy memory; elements = { 1.2.3.4 }"),
    ("policy performance", "type ipv4_addr; policy performance"),
    ("comment", "type ipv4_addr; comment \"what it is for\"; elements = { 1.2.3.4 }"),
    ("element comments", "type ipv4_addr; elements = { 1.2.3.4 comment \"one\", 1.2.3.5 comment \"two\" }"),
    ("counters", "type ipv4_addr; counter; elements = { 1.2.3.4, 1.2.3.5 }"),
    ("counters with values", "type ipv4_addr; counter; elements = { 1.2.3.4 counter packets 5 bytes 500 }"),
    ("an element with a counter of its own", "type ipv4_addr; elements = { 1.2.3.4 counter packets 5 bytes 6, 1.1.1.1 }"),
    ("catch-all", "type ipv4_addr; elements = { 1.2.3.4, * }"),
    ("catch-all alone", "type ipv4_addr; elements = { * }"),
    ("interval", "type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.0.1-192.168.0.9 }"),
    ("interval at both ends", "type inet_service; flags interval; elements = { 0-5, 65530-65535 }"),
    ("interval everything", "type inet_service; flags interval; elements = { 0-65535 }"),
    ("interval with size", "type inet_service; flags interval; size 4; elements = { 1-5, 7-9 }"),
    ("interval with size over", "type inet_service; flags interval; size 1; elements = { 1-5, 7-9 }"),
    ("interval adjacent", "type inet_service; flags interval; elements = { 1-5, 6-9 }"),
    ("interval auto-merge", "type inet_service; flags interval; auto-merge; elements = { 1-5, 3-9, 10 }"),
    ("interval with counter", "type inet_service; flags interval; counter; elements = { 1-5, 7 }"),
    ("interval with catch-all", "type inet_service; flags interval; elements = { 1-5, * }"),
    ("interval comment", "type inet_service; flags interval; elements = { 1-5 comment \"low\" }"),
    ("concatenated intervals", "type ipv4_addr . inet_service; flags interval; "
                               "elements = { 10.0.0.0/8 . 80-90, 11.0.0.1 . 0-65535 }"),
    ("wrong element", "type ipv4_addr; elements = { 80 }"),
    ("duplicates", "type ipv4_addr; elements = { 1.2.3.4, 1.2.3.4 }"),
]]

MAPS = [scripts("map " + what, "table ip t {;; counter c {;; };; chain a {;; };; chain b {;; };; map m {;; " + body +
                ";; };; };;") for what, body in [
    ("of verdicts", "type inet_service : verdict; elements = { 80 : accept, 81 : drop, 82 : return, 83 : continue }"),
    ("of jumps", "type inet_service : verdict; elements = { 80 : jump a, 81 : goto b, 82 : jump a }"),
    ("of jumps with catch-all", "type inet_service : verdict; elements = { 80 : jump a, * : goto b }"),
    ("of an unknown chain", "type inet_service : verdict; elements = { 80 : jump nowhere }"),
    ("of addresses", "type inet_service : ipv4_addr; elements = { 80 : 1.2.3.4, 81 : 5.6.7.8 }"),
    ("of addresses empty", "type inet_service : ipv4_addr"),
    ("of marks with a comment", "type ipv4_addr : mark; comment \"m\"; elements = { 1.2.3.4 : 5 comment \"e\" }"),
    ("of concatenations", "type ipv4_addr . inet_service : ipv4_addr . inet_service; "
                          "elements = { 1.2.3.4 . 80 : 5.6.7.8 . 81 }"),
    ("of counters", "type ipv4_addr : counter; elements = { 1.2.3.4 : \"c\" }"),
    ("of an unknown counter", "type ipv4_addr : counter; elements = { 1.2.3.4 : \"d\" }"),
    ("of quotas", "type ipv4_addr : quota"),
    ("with interval", "type inet_service : verdict; flags interval; elements = { 1-5 : accept, 6-10 : jump a }"),
    ("with interval of values", "type ipv4_addr : mark; flags interval; elements = { 10.0.0.0/8 : 1, 11.0.0.0/8 : 2 }"),
    ("with counters", "type inet_service : verdict; counter; elements = { 80 : accept }"),
    ("constant", "type inet_service : verdict; flags constant; elements = { 80 : accept }"),
    ("twice the same key", "type inet_service : ipv4_addr; elements = { 80 : 1.2.3.4, 80 : 1.2.3.4 }"),
    ("twice the key with other data", "type inet_service : ipv4_addr; elements = { 80 : 1.2.3.4, 80 : 1.2.3.5 }"),
]]

IN_RULES = [scripts("rule with " + what, "table " + family + " t {;; counter c {;; };; quota q { over 5 bytes };; "
                    "limit l { rate 1/second };; set s {;; type ipv4_addr;; elements = { 1.1.1.1 };; };; "
                    "map m { type inet_service : verdict; };; map d { type ipv4_addr : mark; };; "
                    "map o { type ipv4_addr : counter; };; chain a {;; };; "
                    "chain x {;; " + hook + rule + ";; };; };;")
            for family, hook in (("ip", ""), ("ip", "type filter hook input priority 0;; "))
            for what, rule in [
    ("an anonymous set", "tcp dport { 80, 443 } accept"),
    ("two anonymous sets", "tcp dport { 80, 443 } accept;; udp dport { 53, 54, 55 } drop"),
    ("an anonymous interval set", "tcp dport { 80-90, 443 } accept"),
    ("an anonymous prefix set", "ip saddr { 10.0.0.0/8, 192.168.0.0/16 } drop"),
    ("adjacent anonymous intervals", "tcp dport { 1-5, 6-10 } drop"),
    ("an anonymous concatenation", "ip saddr . tcp dport { 1.1.1.1 . 80, 2.2.2.2 . 81 } accept"),
    ("an anonymous interval concatenation", "ip saddr . tcp dport { 10.0.0.0/8 . 80-90 } accept"),
    ("a named set", "ip saddr @s accept"),
    ("a negated named set", "ip saddr != @s accept"),
    ("a named set twice", "ip saddr @s accept;; ip daddr @s drop"),
    ("a named set of another length", "tcp dport @s accept"),
    ("an unknown set", "ip saddr @nowhere accept"),
    ("a verdict map", "tcp dport vmap { 80 : accept, 81 : drop }"),
    ("a verdict map of jumps", "tcp dport vmap { 80 : jump a, 81 : goto a }"),
    ("a verdict map with catch-all", "tcp dport vmap { 80 : accept, * : drop }"),
    ("a named verdict map", "tcp dport vmap @m"),
    ("an anonymous data map", "meta mark set ip saddr map { 1.1.1.1 : 1, 2.2.2.2 : 2 }"),
    ("an anonymous interval data map", "meta mark set ip saddr map { 10.0.0.0/8 : 1, 11.0.0.0/8 : 2 }"),
    ("a named data map", "meta mark set ip saddr map @d"),
    ("a named counter", "counter name c accept"),
    ("a named counter twice", "counter name c;; counter name c"),
    ("an unknown counter", "counter name nowhere"),
    ("a named quota", "quota name q drop"),
    ("a named limit", "limit name l accept"),
    ("a counter map", "counter name ip saddr map @o"),
    ("an anonymous counter map", "counter name ip saddr map { 1.1.1.1 : c }"),
    ("an anonymous map of an unknown counter", "counter name ip saddr map { 1.1.1.1 : zz }"),
]]

OFFLOAD = [scripts("offloaded rule with " + what,
                   "table netdev t {;; counter c {;; };; set s {;; type ipv4_addr;; };; chain x {;; "
                   "type filter hook ingress device \"absent0\" priority 10; flags offload;; " + rule + ";; };; };;")
           for what, rule in [
    ("an anonymous set", "tcp dport { 80, 443 } accept"),
    ("an anonymous interval set", "tcp dport { 80-90 } accept"),
    ("an anonymous prefix set", "ip saddr { 10.0.0.0/8, 192.168.0.0/16 } drop"),
    ("a named set", "ip saddr @s accept"),
    ("an unknown set", "ip saddr @nowhere accept"),
    ("a verdict map", "tcp dport vmap { 80 : accept }"),
    ("a named counter", "counter name c accept"),
    ("an unknown counter", "counter name nowhere accept"),
]]

BASE = ("table ip t {;; counter c {;; };; chain a {;; };; chain x {;; };; "
        "set s {;; type ipv4_addr;; elements = { 1.1.1.1, 2.2.2.2 };; };; "
        "set k {;; type ipv4_addr; flags constant;; elements = { 1.1.1.1 };; };; "
        "set i {;; type inet_service; flags interval;; elements = { 10-20, 30-40 };; };; "
        "set ci {;; type ipv4_addr . inet_service; flags interval;; elements = { 10.0.0.0/8 . 80-90 };; };; "
        "set n {;; type ipv4_addr; size 2;; elements = { 1.1.1.1 };; };; "
        "map m {;; type inet_service : verdict;; elements = { 80 : jump a, 81 : accept };; };; "
        "map d {;; type inet_service : ipv4_addr;; elements = { 80 : 1.1.1.1 };; };; "
        "map o {;; type ipv4_addr : counter;; elements = { 1.1.1.1 : \"c\" };; };; };;")

AFTERWARDS = [scripts("then " + text, BASE, *text.split(";;;")) for text in [
    "add element ip t s { 3.3.3.3 }", "add element ip t s { 1.1.1.1 }", "create element ip t s { 1.1.1.1 }",
    "create element ip t s { 3.3.3.3 }", "create element ip t s { 3.3.3.3, 1.1.1.1 }",
    "delete element ip t s { 1.1.1.1 }", "delete element ip t s { 9.9.9.9 }",
    "delete element ip t s { 1.1.1.1, 9.9.9.9 }", "delete element ip t s { 1.1.1.1, 2.2.2.2 }",
    "destroy element ip t s { 9.9.9.9 }",
    "delete element ip t s { 1.1.1.1 };;add element ip t s { 1.1.1.1 }",
    "add element ip t s { 3.3.3.3 };;delete element ip t s { 3.3.3.3 }",
    "delete element ip t s { 1.1.1.1 };;delete element ip t s { 1.1.1.1 }",
    "add element ip t s { 3.3.3.3 };;add element ip t s { 3.3.3.3 }",
    "add element ip t s { * }", "add element ip t s { * };;;add element ip t s { * }",
    "add element ip t s { * };;;create element ip t s { * }", "add element ip t s { * };;;delete element ip t s { * }",
    "delete element ip t s { * }", "add element ip t s { 3.3.3.3 comment \"x\" };;;add element ip t s { 3.3.3.3 }",
    "add element ip t nowhere { 1.1.1.1 }", "add element ip nowhere s { 1.1.1.1 }",
    "delete element ip t nowhere { 1.1.1.1 }", "flush set ip t s", "flush set ip t nowhere", "flush set ip t i",
    "flush set ip t m", "flush set ip t ci", "flush set ip t s;;add element ip t s { 1.1.1.1 }",
    "add element ip t s { 4.4.4.4 };;flush set ip t s", "flush set ip t s;;flush set ip t s",
    "add element ip t s { * };;;flush set ip t s",
    "add element ip t n { 2.2.2.2 }", "add element ip t n { 2.2.2.2, 3.3.3.3 }",
    "delete element ip t n { 1.1.1.1 };;add element ip t n { 2.2.2.2, 3.3.3.3 }",
    "flush set ip t n;;add element ip t n { 2.2.2.2, 3.3.3.3 }",
    "add element ip t n { * , 2.2.2.2 }",
    "add element ip t k { 5.5.5.5 }", "add rule ip t x ip saddr @k;;;add element ip t k { 5.5.5.5 }",
    "add rule ip t x ip saddr @k;;;delete element ip t k { 1.1.1.1 }",
    "add rule ip t x ip saddr @k;;;flush set ip t k",
    "add element ip t i { 50-60 }", "add element ip t i { 15-18 }", "add element ip t i { 10-20 }",
    "add element ip t i { 5-9 }", "add element ip t i { 21-29 }", "add element ip t i { 21-30 }",
    "add element ip t i { 9-10 }", "add element ip t i { 20-25 }", "add element ip t i { 10-15 }",
    "add element ip t i { 15-20 }", "add element ip t i { 5-50 }", "add element ip t i { 25 }",
    "add element ip t i { 10 }", "add element ip t i { 0-3 }", "add element ip t i { 65000-65535 }",
    "add element ip t i { 65000-65535 };;;add element ip t i { 60000-64999 }",
    "add element ip t i { 65000-65535 };;;add element ip t i { 65530-65535 }",
    "add element ip t i { 0-3 };;;add element ip t i { 4-5 }",
    "create element ip t i { 10-20 }", "create element ip t i { 50-60 }", "create element ip t i { 10-15 }",
    "delete element ip t i { 10-20 }", "delete element ip t i { 10-15 }", "delete element ip t i { 10 }",
    "delete element ip t i { 50 }", "delete element ip t i { 10-20, 30-40 }",
    "delete element ip t i { 10-20 };;add element ip t i { 10-20 }",
    "delete element ip t i { 10-20 };;add element ip t i { 12-18 }",
    "add element ip t i { 50-60 };;add element ip t i { 55 }",
    "add element ip t ci { 10.0.0.0/8 . 80-90 }", "create element ip t ci { 10.0.0.0/8 . 80-90 }",
    "add element ip t ci { 10.1.0.0/16 . 80-90 }", "add element ip t ci { 11.0.0.0/8 . 80-90 }",
    "add element ip t ci { 10.0.0.0/8 . 91-95 }", "add element ip t ci { 0.0.0.0/0 . 0-65535 }",
    "add element ip t ci { 10.0.0.1 . 80 }", "delete element ip t ci { 10.0.0.0/8 . 80-90 }",
    "delete element ip t ci { 10.0.0.0/8 . 80-89 }", "delete element ip t ci { 10.0.0.0/9 . 80-90 }",
    "delete element ip t ci { 10.0.0.0/8 . 80-90 };;add element ip t ci { 10.1.0.0/16 . 80 }",
    "add element ip t m { 82 : drop }", "add element ip t m { 80 : drop }", "add element ip t m { 80 : jump a }",
    "create element ip t m { 80 : jump a }", "add element ip t m { 80 : goto a }",
    "add element ip t m { 83 : jump nowhere }", "delete element ip t m { 80 : jump a }",
    "delete element ip t m { 80 }", "delete element ip t m { 80 : jump a };;delete chain ip t a",
    "delete chain ip t a", "delete map ip t m;;delete chain ip t a", "flush set ip t m;;;delete chain ip t a",
    "delete map ip t m;;;delete chain ip t a", "add element ip t d { 81 : 2.2.2.2 }",
    "add element ip t d { 80 : 2.2.2.2 }", "add element ip t d { 80 : 1.1.1.1 }",
    "add element ip t o { 2.2.2.2 : \"c\" }", "add element ip t o { 2.2.2.2 : \"nowhere\" }",
    "add element ip t o { 1.1.1.1 : \"c\" }", "delete counter ip t c", "delete element ip t o { 1.1.1.1 : \"c\" };;delete counter ip t c",
    "delete element ip t o { 1.1.1.1 : \"c\" };;;delete counter ip t c", "delete map ip t o;;delete counter ip t c",
    "add counter ip t c2;;;add element ip t o { 1.1.1.1 : \"c2\" }",
    "add rule ip t x tcp dport vmap @m;;;delete map ip t m", "add rule ip t x tcp dport vmap @m;;;add element ip t m { 90 : jump a }",
    "add rule ip t a tcp dport vmap @m", "add rule ip t x tcp dport vmap @m;;;add element ip t m { 90 : jump x }",
    "add element ip t m { 90 : jump x };;;add rule ip t x tcp dport vmap @m",
    "delete set ip t s", "delete set ip t nowhere", "destroy set ip t nowhere", "destroy set ip t s",
    "add rule ip t x ip saddr @s;;;delete set ip t s", "add rule ip t x ip saddr @s;;;flush chain ip t x;;delete set ip t s",
    "add rule ip t x ip saddr @s;;;delete set ip t s;;flush chain ip t x",
    "add rule ip t x ip saddr @s;;;flush chain ip t x;;;delete set ip t s",
    "add rule ip t x ip saddr @s;;;add element ip t s { 7.7.7.7 }",
    "delete set ip t s;;add set ip t s { type inet_service; }", "delete set ip t s;;add set ip t s { type ipv4_addr; };;add element ip t s { 8.8.8.8 }",
    "add set ip t s { type ipv4_addr; }", "create set ip t s { type ipv4_addr; }", "add set ip t s { type inet_service; }",
    "add set ip t s { type ipv4_addr; flags interval; }", "add set ip t s { type ipv4_addr; size 7; }",
    "add set ip t n { type ipv4_addr; size 9; }", "add map ip t s { type ipv4_addr : verdict; }",
    "add set ip t new { type ipv4_addr; };;add set ip t new { type ipv4_addr; }",
    "add set ip t new { type ipv4_addr; };;delete set ip t new",
    "add set ip t new { type ipv4_addr; };;add rule ip t x ip saddr @new;;delete set ip t new",
    "add rule ip t x tcp dport { 1, 2 };;;flush chain ip t x", "add rule ip t x tcp dport { 1, 2 };;;add rule ip t x tcp dport { 3, 4 };;;delete rule ip t x handle 19",
    "add rule ip t x tcp dport { 1, 2 };;;flush chain ip t x;;add rule ip t x tcp dport { 5, 6 }",
    "add rule ip t x tcp dport { 1, 2 };;;delete chain ip t x", "add rule ip t x tcp dport { 1, 2 };;;delete table ip t",
    "add rule ip t x tcp dport vmap { 1 : jump a };;;delete chain ip t a", "add rule ip t x tcp dport vmap { 1 : jump a };;;flush chain ip t x;;delete map ip t m;;delete chain ip t a",
    "add rule ip t x tcp dport vmap { 1 : jump a };;;flush chain ip t x;;;delete map ip t m;;;delete chain ip t a",
    "add rule ip t x tcp dport { 1, 2 };;;delete set ip t __set0", "add rule ip t x tcp dport { 1, 2 };;;add element ip t __set0 { 3 }",
    "add rule ip t x tcp dport { 1, 2 };;;delete element ip t __set0 { 1 }", "add rule ip t x tcp dport { 1, 2 };;;flush set ip t __set0",
    "add rule ip t x tcp dport { 1, 2 };;;replace rule ip t x handle 17 tcp dport { 7, 8 }",
    "add set ip t tm { type ipv4_addr; flags timeout; }", "add set ip t dy { type ipv4_addr; flags dynamic; }",
    "add counter ip t c", "create counter ip t c", "add counter ip t c { packets 4 bytes 5 }", "add quota ip t c { over 5 bytes }",
    "delete quota ip t c", "delete counter ip t nowhere", "destroy counter ip t nowhere", "add counter ip nowhere c",
    "add counter ip t z;;delete counter ip t z", "add counter ip t z;;;delete counter ip t z",
    "add counter ip t z;;add rule ip t x counter name z;;delete counter ip t z",
    "add counter ip t z;;;add rule ip t x counter name z;;;flush chain ip t x;;delete counter ip t z",
    "add counter ip t z;;;add rule ip t x counter name z;;;delete counter ip t z;;flush chain ip t x",
    "flush ruleset", "delete table ip t", "flush table ip t", "delete chain ip t x", "reset counters", "reset counter ip t c", "reset quotas",
    "add quota ip t q { 10 mbytes };;;add quota ip t q { over 20 mbytes }", "add limit ip t l { rate 5/second };;;add limit ip t l { rate 6/second }",
    "add table ip u { set s { type ipv4_addr; } };;add rule ip t x ip saddr @s", "add chain ip t y;;add rule ip t y ip saddr { 1.1.1.1 };;add rule ip t y ip saddr @nowhere",
    "add rule ip t x tcp dport { 1, 2 } jump nowhere", "add rule ip t x tcp dport { 1, 2 };;add rule ip t x tcp dport { 3, 4 };;add rule ip t x ip saddr @nowhere",
]]

LISTINGS = [case("list " + " ".join(words), block(BASE), block("add rule ip t x tcp dport { 1, 2 }"), argv("nft", *words))
            for words in [line.split() for line in [
    "list sets", "list maps", "list counters", "list set ip t s", "list set ip t nowhere", "list map ip t m",
    "list set ip t i", "list set ip t m", "list counter ip t c", "list counter ip t nowhere", "list quotas",
    "-a list set ip t s", "-s list ruleset", "-j list ruleset", "-j list set ip t i", "-t list ruleset",
    "get element ip t s {1.1.1.1}", "get element ip t s {9.9.9.9}", "get element ip t i {15}", "get element ip t i {12-18}",
    "get element ip t i {10-20}", "get element ip t i {25}", "get element ip t i {10,35}", "get element ip t ci {10.1.1.1 . 85}",
    "get element ip t ci {11.1.1.1 . 85}", "get element ip t m {80}", "get element ip t d {80}", "get element ip t nowhere {80}",
    "reset counter ip t c", "reset counters ip t", "list sets ip", "list sets ip6", "list sets table ip t",
    "-c add element ip t s {5.5.5.5}", "-c add element ip t i {12-13}", "-e add element ip t s {5.5.5.5}",
    "-e add set ip t e {type ipv4_addr;}", "-e add counter ip t e", "-e delete element ip t s {1.1.1.1}",
    "-e -a add set ip t e {type ipv4_addr; size 5;}", "-e delete set ip t s", "-e delete counter ip t c",
]]]

OBJECTS = [scripts("object " + text, "table " + family + " t {;; " + text + ";; };;") for family in ("ip", "inet") for text in [
    "counter c {;; }", "counter c { packets 5 bytes 6;; }", "counter c { comment \"x\";; }", "quota q { 10 bytes;; }",
    "quota q { over 10 mbytes;; }", "quota q { until 10 kbytes used 5 bytes;; }", "quota q { 0 bytes;; }",
    "limit l { rate 10/second;; }", "limit l { rate 10/minute burst 7 packets;; }", "limit l { rate over 10/hour;; }",
    "limit l { rate 10/day burst 1 packets;; }", "limit l { rate 10 kbytes/second;; }", "limit l { rate over 10 mbytes/minute burst 5 kbytes;; }",
    "limit l { rate 10/week;; }", "limit l { rate 1/second burst 0 packets;; }", "limit l { rate 1000000000/second;; }",
    "limit l { rate 10 bytes/second burst 3 bytes;; }",
    "ct helper h { type \"ftp\" protocol tcp;; }", "ct helper h { type \"nowhere\" protocol tcp;; }",
    "ct timeout h { protocol tcp; l3proto ip; policy = { established: 100, close: 4 };; }", "ct timeout h { protocol udp; policy = { replied: 7 };; }",
    "ct expectation e { protocol tcp; dport 80; timeout 5s; size 8; l3proto ip;; }",
    "synproxy s { mss 1460; wscale 7; timestamp sack-perm;; }", "synproxy s { mss 1460; wscale 7;; }",
    "secmark s { \"system_u:object_r:ssh_server_packet_t:s0\";; }", "counter c {;; };; quota c { 5 bytes;; };; limit c { rate 1/second;; }",
]]


# ---- raw messages -------------------------------------------------------------------------------

def table(name="t", **more):
    return message("NEWTABLE", attr(1, name), flags=NLM_F_CREATE, **more)


def chain(name, **more):
    return message("NEWCHAIN", attr(1, "t"), attr(3, name), flags=NLM_F_CREATE, **more)


def new_set(*attributes, name="s", klen=4, flags=None, kind="NEWSET", nl=NLM_F_CREATE, identity=1):
    fields = [attr(1, "t"), attr(2, name)]
    fields += [] if flags is None else [attr(3, flags)]
    fields += [attr(4, 7), attr(5, klen), attr(10, identity), *attributes]
    return message(kind, *fields, flags=nl)


def key(value, kind=1):
    return attr(kind, [attr(1, value)])


def element(value, *attributes, **more):
    return attr(more.get("kind", 1), [key(value), *attributes])


def elements(*list_, name="s", kind="NEWSETELEM", nl=NLM_F_CREATE, more=()):
    return message(kind, attr(1, "t"), attr(2, name), *more, attr(3, list(list_)), flags=nl)


def verdict(code, *more):
    return attr(2, [attr(2, [attr(1, code), *more])])


def new_object(kind, *data, name="o", nl=NLM_F_CREATE, more=()):
    return message("NEWOBJ", attr(1, "t"), attr(2, name), attr(3, kind), attr(4, list(data)), *more, flags=nl)


def expression(name, *data):
    return [attr(1, name), attr(2, list(data))]


ONE, TWO = b"\1\1\1\1", b"\2\2\2\2"
COUNTER_EXPRESSION = expression("counter")

RAW_SETS = [case("NEWSET " + what, batch(table(), *messages)) for what, messages in [
    ("plain", [new_set()]),
    ("without anything", [message("NEWSET", flags=NLM_F_CREATE)]),
    ("without table", [message("NEWSET", attr(2, "s"), attr(5, 4), attr(10, 1), flags=NLM_F_CREATE)]),
    ("without name", [message("NEWSET", attr(1, "t"), attr(5, 4), attr(10, 1), flags=NLM_F_CREATE)]),
    ("without key length", [message("NEWSET", attr(1, "t"), attr(2, "s"), attr(10, 1), flags=NLM_F_CREATE)]),
    ("without id", [message("NEWSET", attr(1, "t"), attr(2, "s"), attr(5, 4), flags=NLM_F_CREATE)]),
    ("without key type", [message("NEWSET", attr(1, "t"), attr(2, "s"), attr(5, 4), attr(10, 1), flags=NLM_F_CREATE)]),
    ("without NLM_F_CREATE", [new_set(nl=0)]),
    ("of an unknown table", [message("NEWSET", attr(1, "u"), attr(2, "s"), attr(5, 4), attr(10, 1), flags=NLM_F_CREATE)]),
    ("of an unknown family", [message("NEWSET", attr(1, "t"), attr(2, "s"), attr(5, 4), attr(10, 1), flags=NLM_F_CREATE, family=99)]),
    ("unspecified family", [message("NEWSET", attr(1, "t"), attr(2, "s"), attr(5, 4), attr(10, 1), flags=NLM_F_CREATE, family=0)]),
    ("twice", [new_set(), new_set()]),
    ("twice exclusively", [new_set(), new_set(nl=NLM_F_CREATE | NLM_F_EXCL)]),
    ("twice replacing", [new_set(), new_set(nl=NLM_F_CREATE | NLM_F_REPLACE)]),
    ("twice with another length", [new_set(), new_set(klen=2)]),
    ("twice with another policy", [new_set(), new_set(attr(8, 1))]),
    ("twice with userdata", [new_set(), new_set(attr(13, b"abc"))]),
    ("twice with another size", [new_set(attr(9, [attr(1, 4)])), new_set(attr(9, [attr(1, 9)]))]),
    ("anonymous twice by name", [new_set(flags=1 | 2), new_set(flags=1 | 2)]),
] + [("key length %d" % n, [new_set(klen=n)]) for n in (0, 1, 2, 3, 4, 5, 8, 16, 17, 63, 64, 65, 128, 0xffffffff)]
  + [("flags %#x" % f, [new_set(flags=f)]) for f in
     [0, 1, 2, 3, 4, 5, 7, 8, 0x10, 0x11, 0x12, 0x20, 0x21, 0x30, 0x31, 0x40, 0x48, 0x60, 0x80, 0x84, 0x100, 0x104, 0x200, 0x80000000]]
  + [("map flags %#x type %#x length %d" % (f, t, n), [new_set(attr(6, t), attr(7, n), flags=f)])
     for f in (0, MAP, MAP | ANONYMOUS, MAP | INTERVAL, MAP | OBJECT) for t in (7, VERDICT, 0xffffff01, 0xffffffff, 0)
     for n in (4, 0, 64, 65)]
  + [("map without data length", [new_set(attr(6, 7), flags=MAP)]),
     ("verdict map without data length", [new_set(attr(6, VERDICT), flags=MAP)]),
     ("map without data type", [new_set(attr(7, 4), flags=MAP)]),
     ("reserved key type", [message("NEWSET", attr(1, "t"), attr(2, "s"), attr(4, VERDICT), attr(5, 4), attr(10, 1), flags=NLM_F_CREATE)])]
  + [("object type %d" % o, [new_set(attr(15, o), flags=OBJECT)]) for o in (0, 1, 2, 4, 5, 10, 11, 99)]
  + [("object type without flag", [new_set(attr(15, 1))]), ("object flag without type", [new_set(flags=OBJECT)])]
  + [("policy %d" % p, [new_set(attr(8, p))]) for p in (0, 1, 2, 0xffffffff)]
  + [("timeout without flag", [new_set(attr(11, be64(1000)))]), ("gc interval without flag", [new_set(attr(12, 5))]),
     ("size 0", [new_set(attr(9, [attr(1, 0)]))]), ("empty description", [new_set(attr(9, []))]),
     ("description not nested", [new_set(attr(9, [], nested=False))]),
     ("description with an unknown attribute", [new_set(attr(9, [attr(7, 1)]))]),
     ("huge size", [new_set(attr(9, [attr(1, 0xffffffff)]))]), ("huge interval size", [new_set(attr(9, [attr(1, 0x80000001)]), flags=INTERVAL)]),
     ("concatenation", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 4)]), attr(1, [attr(1, 2)])])]), flags=CONCAT, klen=8)]),
     ("concatenation interval", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 4)]), attr(1, [attr(1, 2)])])]), flags=CONCAT | INTERVAL, klen=8)]),
     ("concatenation without flag", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 4)]), attr(1, [attr(1, 2)])])]), klen=8)]),
     ("concatenation of one", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 4)])])]), klen=4)]),
     ("concatenation of one with flag", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 4)])])]), flags=CONCAT, klen=4)]),
     ("concatenation with another sum", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 4)]), attr(1, [attr(1, 4)])])]), flags=CONCAT, klen=12)]),
     ("concatenation with field length 0", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 0)]), attr(1, [attr(1, 4)])])]), flags=CONCAT, klen=4)]),
     ("concatenation with field length 256", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 256)]), attr(1, [attr(1, 4)])])]), flags=CONCAT, klen=4)]),
     ("concatenation field without length", [new_set(attr(9, [attr(2, [attr(1, []), attr(1, [attr(1, 4)])])]), flags=CONCAT, klen=4)]),
     ("concatenation field of another type", [new_set(attr(9, [attr(2, [attr(2, [attr(1, 4)])])]), flags=CONCAT, klen=4)]),
     ("concatenation empty", [new_set(attr(9, [attr(2, [])]), klen=4)]),
     ("concatenation of 17", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 4)])] * 17)]), flags=CONCAT, klen=64)]),
     ("concatenation of 16", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 4)])] * 16)]), flags=CONCAT, klen=64)]),
     ("concatenation of 16 intervals", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 4)])] * 16)]), flags=CONCAT | INTERVAL, klen=64)]),
     ("concatenation of 17 bytes interval", [new_set(attr(9, [attr(2, [attr(1, [attr(1, 17)]), attr(1, [attr(1, 4)])])]), flags=CONCAT | INTERVAL, klen=24)]),
     ("interval of 64 bytes", [new_set(flags=INTERVAL, klen=64)]),
     ("userdata", [new_set(attr(13, b"\0\4\2\0\0\0"))]), ("empty userdata", [new_set(attr(13, b""))]),
     ("userdata of 256", [new_set(attr(13, bytes(256)))]), ("userdata of 257", [new_set(attr(13, bytes(257)))]),
     ("expression", [new_set(attr(17, COUNTER_EXPRESSION))]),
     ("expressions", [new_set(attr(18, [attr(1, COUNTER_EXPRESSION)] * 2), flags=EXPR)]),
     ("one expression in a list", [new_set(attr(18, [attr(1, COUNTER_EXPRESSION)]), flags=EXPR)]),
     ("expressions without flag", [new_set(attr(18, [attr(1, COUNTER_EXPRESSION)] * 2))]),
     ("three expressions", [new_set(attr(18, [attr(1, COUNTER_EXPRESSION)] * 3), flags=EXPR)]),
     ("expressions of another type", [new_set(attr(18, [attr(2, COUNTER_EXPRESSION)]), flags=EXPR)]),
     ("stateless expression", [new_set(attr(17, expression("cmp")))]),
     ("unknown expression", [new_set(attr(17, expression("nowhere")))]),
     ("expression without name", [new_set(attr(17, [attr(2, [])]))]),
     ("expression without data", [new_set(attr(17, [attr(1, "counter")]))]),
     ("expression again", [new_set(attr(17, COUNTER_EXPRESSION)), new_set(attr(17, COUNTER_EXPRESSION))]),
     ("expression missing the second time", [new_set(attr(17, COUNTER_EXPRESSION)), new_set()]),
     ("unknown attribute", [new_set(attr(40, 1))]), ("rejected type", [new_set(attr(19, "hash"))]), ("rejected count", [new_set(attr(20, 5))]),
     ("handle", [new_set(attr(16, be64(77)))])]
  + [("name of %d" % n, [new_set(name="x" * n)]) for n in (0, 1, 255, 256, 300)]
  + [("name %s" % name, [new_set(name=name, flags=3)]) for name in
     ("__set%d", "%d", "x%d%d", "x%s", "%", "%%", "__set%d_x", "abcdefghijkl%d", "abcdefghijklm%d", "abcdefghijklmnop%d")]
  + [("name %s thrice" % name, [new_set(name=name, flags=3, identity=i) for i in (1, 2, 3)]) for name in ("__set%d", "__map%d")]
  + [("automatic name of a named set", [new_set(name="__set%d"), new_set(name="__set%d", identity=2)]),
     ("automatic name taken", [new_set(name="__set0"), new_set(name="__set%d", flags=3, identity=2)]),
     ("automatic name with a hole", [new_set(name="s%d", identity=1), new_set(name="s%d", identity=2), message("DELSET", attr(1, "t"), attr(2, "s0")),
                                     new_set(name="s%d", identity=3), new_set(name="s%d", identity=4)])]
  + [("attribute %d of %d bytes" % (a, n), [message("NEWSET", *[x for x in (attr(1, "t"), attr(2, "s"), attr(5, 4), attr(10, 1))
                                                              if x[2] != a], attr(a, bytes(n)), flags=NLM_F_CREATE)])
     for a in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18) for n in (0, 1, 3, 5, 8)]
  + [("lying attribute %d" % n, [message("NEWSET", attr(1, "t"), attr(2, "s"), attr(10, 1), lying_attr(5, n, b"\0\0\0\4"), flags=NLM_F_CREATE)])
     for n in (0, 1, 3, 4, 7, 9, 100, 0xffff)]]

SET = new_set()
KINDS = {
    "set": (SET, lambda k: element(k)),
    "verdict map": (new_set(attr(6, VERDICT), attr(7, 16), flags=MAP), lambda k: element(k, verdict(ACCEPT))),
    "data map": (new_set(attr(6, 7), attr(7, 4), flags=MAP), lambda k: element(k, attr(2, [attr(1, ONE)]))),
    "object map": (new_set(attr(15, 1), flags=OBJECT), lambda k: element(k, attr(9, "o"))),
    "interval set": (new_set(flags=INTERVAL), lambda k: element(k)),
    "concatenated interval set": (new_set(attr(9, [attr(2, [attr(1, [attr(1, 2)]), attr(1, [attr(1, 2)])])]), flags=CONCAT | INTERVAL, klen=8),
                                  lambda k: element(k + k, key(k + k, 10))),
    "set with a counter": (new_set(attr(17, COUNTER_EXPRESSION)), lambda k: element(k)),
    "set with two expressions": (new_set(attr(18, [attr(1, COUNTER_EXPRESSION)] * 2), flags=EXPR), lambda k: element(k)),
    "small set": (new_set(klen=2), lambda k: element(k[:2])),
    "sized set": (new_set(attr(9, [attr(1, 1)])), lambda k: element(k)),
    "anonymous set": (new_set(flags=3), lambda k: element(k)),
}
STRANGE = {
    "nothing": attr(1, []), "no key": attr(1, [attr(6, b"x")]), "key without value": attr(1, [attr(1, [])]), "empty key": element(b""),
    "short key": element(b"\1\1\1"), "long key": element(b"\1" * 5), "very long key": element(b"\1" * 65), "key with a verdict": attr(1, [attr(1, [attr(2, [attr(1, 1)])])]),
    "key and verdict": attr(1, [attr(1, [attr(1, ONE), attr(2, [attr(1, 1)])])]), "another type": element(ONE, kind=2), "not nested": attr(1, b"\1\2\3\4"),
    "key not nested": attr(1, [attr(1, ONE)]), "flag end": element(ONE, attr(3, 1)), "flag catch-all with key": element(ONE, attr(3, 2)),
    "catch-all": attr(1, [attr(3, 2)]), "catch-all with data": attr(1, [attr(3, 2), verdict(DROP)]), "catch-all end": attr(1, [attr(3, 3)]),
    "flag 4": element(ONE, attr(3, 4)), "flag 0": element(ONE, attr(3, 0)), "timeout": element(ONE, attr(4, be64(1000))),
    "expiration": element(ONE, attr(5, be64(1000))), "userdata": element(ONE, attr(6, b"ab")), "empty userdata": element(ONE, attr(6, b"")),
    "userdata of 256": element(ONE, attr(6, bytes(256))), "userdata of 257": element(ONE, attr(6, bytes(257))),
    "counter": element(ONE, attr(7, COUNTER_EXPRESSION)), "counter with values": element(ONE, attr(7, expression("counter", attr(1, be64(7)), attr(2, be64(8))))),
    "two expressions": element(ONE, attr(11, [attr(1, COUNTER_EXPRESSION)] * 2)), "three expressions": element(ONE, attr(11, [attr(1, COUNTER_EXPRESSION)] * 3)),
    "expression list of one": element(ONE, attr(11, [attr(1, COUNTER_EXPRESSION)])), "expression list of another type": element(ONE, attr(11, [attr(2, COUNTER_EXPRESSION)])),
    "quota": element(ONE, attr(7, expression("quota", attr(1, be64(7))))), "stateless expression": element(ONE, attr(7, expression("lookup"))), "unknown expression": element(ONE, attr(7, expression("zz"))),
    "object": element(ONE, attr(9, "o")), "unknown object": element(ONE, attr(9, "zz")), "object name too long": element(ONE, attr(9, "z" * 300)), "key end": element(ONE, key(TWO, 10)),
    "data value": element(ONE, attr(2, [attr(1, TWO)])), "data of 5": element(ONE, attr(2, [attr(1, b"12345")])), "data of 3": element(ONE, attr(2, [attr(1, b"123")])), "empty data": element(ONE, attr(2, [])),
    "data and end": element(ONE, attr(3, 1), attr(2, [attr(1, TWO)])), "userdata and end": element(ONE, attr(3, 1), attr(6, b"ab")),
    "unknown attribute": element(ONE, attr(30, b"x")), "lying": attr(1, lying_attr(1, 50, b"\1")), "flags of 2 bytes": element(ONE, attr(3, b"\0\1")),
    **{"verdict %d" % v: element(ONE, verdict(v)) for v in (ACCEPT, DROP, CONTINUE, BREAK, RETURN, QUEUE, JUMP, GOTO, 2, 5, 7, -6, 0x10003)},
    "jump to a": element(ONE, verdict(JUMP, attr(2, "a"))), "goto a": element(ONE, verdict(GOTO, attr(2, "a"))), "jump to nowhere": element(ONE, verdict(JUMP, attr(2, "zz"))), "jump to base": element(ONE, verdict(JUMP, attr(2, "base"))),
    "accept with chain": element(ONE, verdict(ACCEPT, attr(2, "a"))), "verdict without code": element(ONE, attr(2, [attr(2, [])])), "jump by id": element(ONE, verdict(JUMP, attr(3, 9))), "jump by unknown id": element(ONE, verdict(JUMP, attr(3, 8))),
}
PRELUDE = [table(), message("NEWCHAIN", attr(1, "t"), attr(3, "a"), attr(11, 9), flags=NLM_F_CREATE),
           message("NEWCHAIN", attr(1, "t"), attr(3, "base"), attr(4, [attr(1, 1), attr(2, 0)]), attr(7, "filter"), flags=NLM_F_CREATE),
           new_object(COUNTER)]

RAW_ELEMENTS = [case("element %s in %s" % (what, kind), batch(*PRELUDE, new, elements(strange)))
                for kind, (new, _) in KINDS.items() for what, strange in STRANGE.items()]
RAW_ELEMENTS += [case("get and delete %s in %s" % (what, kind), batch(*PRELUDE, new, elements(good(ONE), good(TWO))),
                      request(elements(strange, kind="GETSETELEM", nl=0)), batch(elements(strange, kind="DELSETELEM", nl=0)),
                      batch(elements(strange, kind="DESTROYSETELEM", nl=0)))
                 for kind, (new, good) in KINDS.items() for what, strange in list(STRANGE.items())[:28]]
RAW_ELEMENTS += [case("%s: %s" % (kind, what), batch(*PRELUDE, new), *steps)
                 for kind, (new, good) in KINDS.items() for what, steps in [
    ("twice in a message", [batch(elements(good(ONE), good(ONE)))]),
    ("twice in a message exclusively", [batch(elements(good(ONE), good(ONE), nl=NLM_F_CREATE | NLM_F_EXCL))]),
    ("twice in two messages", [batch(elements(good(ONE)), elements(good(ONE)))]),
    ("twice in two batches", [batch(elements(good(ONE))), batch(elements(good(ONE)))]),
    ("twice in two batches exclusively", [batch(elements(good(ONE))), batch(elements(good(ONE), nl=NLM_F_CREATE | NLM_F_EXCL))]),
    ("one good and one bad", [batch(elements(good(ONE), attr(1, [])))]),
    ("a bad message after a good one", [batch(elements(good(ONE)), elements(attr(1, [])))]),
    ("a bad message then a good one", [batch(elements(attr(1, [])), elements(good(ONE)))]),
    ("add and delete in a batch", [batch(elements(good(ONE)), elements(good(ONE), kind="DELSETELEM"))]),
    ("delete and add in a batch", [batch(elements(good(ONE))), batch(elements(good(ONE), kind="DELSETELEM"), elements(good(ONE)))]),
    ("delete, add, and fail", [batch(elements(good(ONE))), batch(elements(good(ONE), kind="DELSETELEM"), elements(good(ONE)), table("t"), message("DELTABLE", attr(1, "zz")))]),
    ("flush and fail", [batch(elements(good(ONE), good(TWO))), batch(message("DELSETELEM", attr(1, "t"), attr(2, "s")), message("DELTABLE", attr(1, "zz")))]),
    ("flush", [batch(elements(good(ONE), good(TWO))), batch(message("DELSETELEM", attr(1, "t"), attr(2, "s")))]),
    ("delete twice", [batch(elements(good(ONE))), batch(elements(good(ONE), kind="DELSETELEM"), elements(good(ONE), kind="DELSETELEM"))]),
    ("delete the set in use by elements", [batch(elements(good(ONE))), batch(message("DELSET", attr(1, "t"), attr(2, "s"), flags=NLM_F_NONREC))]),
    ("delete the set", [batch(elements(good(ONE))), batch(message("DELSET", attr(1, "t"), attr(2, "s")))]),
    ("delete the set and fail", [batch(elements(good(ONE))), batch(message("DELSET", attr(1, "t"), attr(2, "s")), message("DELTABLE", attr(1, "zz")))]),
    ("delete the set, then add to it", [batch(elements(good(ONE))), batch(message("DELSET", attr(1, "t"), attr(2, "s")), elements(good(TWO)))]),
    ("by set id", [batch(new_set(name="w"), elements(element(ONE), name="zz", more=[attr(4, 1)]))]),
    ("delete by handle", [batch(message("DELSET", attr(1, "t"), attr(16, be64(4))))]),
    ("delete by unknown handle", [batch(message("DELSET", attr(1, "t"), attr(16, be64(40))))]),
    ("check only", [batch(elements(good(ONE)), end=False)]),
    ("delete the table", [batch(elements(good(ONE))), batch(message("DELTABLE", attr(1, "t")))]),
    ("delete the object", [batch(elements(good(ONE))), batch(message("DELOBJ", attr(1, "t"), attr(2, "o"), attr(3, 1)))]),
    ("get all", [batch(elements(good(ONE), good(TWO))), request(message("GETSETELEM", attr(1, "t"), attr(2, "s"), flags=NLM_F_DUMP))]),
    ("reset all", [batch(elements(good(ONE))), request(message("GETSETELEM_RESET", attr(1, "t"), attr(2, "s"), flags=NLM_F_DUMP))]),
    ("reset one", [batch(elements(good(ONE))), request(elements(good(ONE), kind="GETSETELEM_RESET", nl=0))]),
]]

ENVELOPES = [case("%s %s" % (kind, what), batch(*PRELUDE, SET, elements(element(ONE))),
                  (request if kind.startswith("GET") else batch)(message(kind, *attributes, flags=flags, family=family)))
             for kind in ("NEWSETELEM", "DELSETELEM", "DESTROYSETELEM", "GETSETELEM", "GETSETELEM_RESET", "DELSET", "DESTROYSET", "GETSET")
             for flags in ((0, NLM_F_DUMP) if kind.startswith("GET") else (NLM_F_CREATE,))
             for family in ("ip", "ip6", "unspec") for what, attributes in [
    ("empty", []), ("of table", [attr(1, "t")]), ("of set", [attr(2, "s")]), ("of table and set", [attr(1, "t"), attr(2, "s")]),
    ("of unknown table", [attr(1, "u"), attr(2, "s"), attr(3, [element(ONE)])]), ("of unknown set", [attr(1, "t"), attr(2, "u"), attr(3, [element(ONE)])]),
    ("with no elements", [attr(1, "t"), attr(2, "s"), attr(3, [])]), ("with an element", [attr(1, "t"), attr(2, "s"), attr(3, [element(TWO)])]),
    ("with elements not nested", [attr(1, "t"), attr(2, "s"), attr(3, [element(TWO)], nested=False)]),
    ("with garbage", [attr(1, "t"), attr(2, "s"), attr(3, b"\1\2\3\4\5")]), ("with unknown id", [attr(1, "t"), attr(2, "u"), attr(3, [element(TWO)]), attr(4, 9)]),
    ("with a name too long", [attr(1, "t"), attr(2, "s" * 256), attr(3, [element(TWO)])]), ("with a short id", [attr(1, "t"), attr(2, "s"), attr(3, [element(TWO)]), attr(4, b"\1")]),
]]

RAW_OBJECTS = [case("object " + what, batch(table(), *messages)) for what, messages in [
    *[("type %d" % kind, [new_object(kind)]) for kind in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 50)],
    ("without data", [message("NEWOBJ", attr(1, "t"), attr(2, "o"), attr(3, 1), flags=NLM_F_CREATE)]),
    ("without type", [message("NEWOBJ", attr(1, "t"), attr(2, "o"), attr(4, []), flags=NLM_F_CREATE)]),
    ("without name", [message("NEWOBJ", attr(1, "t"), attr(3, 1), attr(4, []), flags=NLM_F_CREATE)]),
    ("without table", [message("NEWOBJ", attr(2, "o"), attr(3, 1), attr(4, []), flags=NLM_F_CREATE)]),
    ("of unknown table", [message("NEWOBJ", attr(1, "u"), attr(2, "o"), attr(3, 1), attr(4, []), flags=NLM_F_CREATE)]),
    ("without NLM_F_CREATE", [new_object(1, nl=0)]), ("twice", [new_object(1), new_object(1)]),
    ("twice exclusively", [new_object(1), new_object(1, nl=NLM_F_CREATE | NLM_F_EXCL)]),
    ("twice replacing", [new_object(1), new_object(1, nl=NLM_F_CREATE | NLM_F_REPLACE)]),
    ("of two types by one name", [new_object(1), new_object(2, attr(1, be64(5)))]),
    ("with userdata", [new_object(1, more=[attr(8, b"abc")])]), ("with empty userdata", [new_object(1, more=[attr(8, b"")])]),
    ("with userdata of 257", [new_object(1, more=[attr(8, bytes(257))])]), ("with a name of 256", [new_object(1, name="x" * 256)]),
    ("with an empty name", [new_object(1, name="")]), ("with use", [new_object(1, more=[attr(5, 3)])]), ("with handle", [new_object(1, more=[attr(6, be64(9))])]),
    ("updated quota", [new_object(2, attr(1, be64(5))), new_object(2, attr(1, be64(9)), attr(2, 1))]),
    ("updated quota wrongly", [new_object(2, attr(1, be64(5))), new_object(2)]),
    ("updated counter", [new_object(1), new_object(1, attr(1, be64(9)))]), ("updated limit", [new_object(4, attr(1, be64(5)), attr(2, be64(1))), new_object(4, attr(1, be64(6)), attr(2, be64(1)))]),
]]
RAW_OBJECTS += [case("counter with %s" % what, batch(table(), new_object(1, *data))) for what, data in [
    ("packets", [attr(2, be64(5))]), ("bytes", [attr(1, be64(5))]), ("both", [attr(1, be64(5)), attr(2, be64(6))]), ("short bytes", [attr(1, 5)]),
    ("negative bytes", [attr(1, be64(-1))]), ("negative packets", [attr(2, be64(-5))]), ("unknown attribute", [attr(9, 5)])]]
RAW_OBJECTS += [case("quota with %s" % what, batch(table(), new_object(2, *data))) for what, data in [
    ("bytes", [attr(1, be64(5))]), ("nothing", []), ("flags 1", [attr(1, be64(5)), attr(2, 1)]), ("flags 2", [attr(1, be64(5)), attr(2, 2)]), ("flags 3", [attr(1, be64(5)), attr(2, 3)]),
    ("flags 4", [attr(1, be64(5)), attr(2, 4)]), ("used", [attr(1, be64(5)), attr(4, be64(3))]), ("used over", [attr(1, be64(5)), attr(4, be64(9))]), ("zero", [attr(1, be64(0))]),
    ("the highest bit", [attr(1, be64(1 << 63))]), ("short bytes", [attr(1, 5)]), ("used only", [attr(4, be64(9))]), ("huge used", [attr(1, be64(5)), attr(4, be64(1 << 63))])]]
RAW_OBJECTS += [case("limit with %s" % what, batch(table(), new_object(4, *data))) for what, data in [
    ("nothing", []), ("rate", [attr(1, be64(5))]), ("unit", [attr(2, be64(5))]), ("rate 0", [attr(1, be64(0)), attr(2, be64(1))]), ("unit 0", [attr(1, be64(5)), attr(2, be64(0))])]]
RAW_OBJECTS += [case("limit rate %d unit %d burst %s type %s flags %s" % (rate, unit, burst, kind, flags),
                     batch(table(), new_object(4, attr(1, be64(rate)), attr(2, be64(unit)), *([] if burst is None else [attr(3, burst)]),
                                               *([] if kind is None else [attr(4, kind)]), *([] if flags is None else [attr(5, flags)]))))
                for rate, unit in ((1, 1), (10, 60), (1, 604800), (1 << 40, 1), (1000000000, 1), (1 << 63, 1), (5, 1 << 62), (1 << 30, 1 << 30), ((1 << 64) - 1, 1))
                for burst, kind, flags in ((None, None, None), (7, 0, 0), (0, 0, 1), (7, 1, 0), (0xffffffff, 0, 0), (0xffffffff, 1, 1), (7, 2, 0), (7, 0, 2), (None, 1, None))]
RAW_OBJECTS += [case("%s %s" % (kind, what), batch(table(), new_object(1), new_object(2, attr(1, be64(5)), name="q")),
                     (request if kind.startswith("GET") else batch)(message(kind, *attributes, flags=flags)))
                for kind in ("GETOBJ", "GETOBJ_RESET", "DELOBJ", "DESTROYOBJ") for flags in ((0, NLM_F_DUMP) if kind.startswith("GET") else (0,))
                for what, attributes in [
    ("empty", []), ("of table", [attr(1, "t")]), ("by name", [attr(1, "t"), attr(2, "o"), attr(3, 1)]), ("without type", [attr(1, "t"), attr(2, "o")]), ("of another type", [attr(1, "t"), attr(2, "o"), attr(3, 2)]),
    ("of type", [attr(3, 2)]), ("of table and type", [attr(1, "t"), attr(3, 2)]), ("of type without name", [attr(1, "t"), attr(3, 1)]), ("by handle", [attr(1, "t"), attr(3, 1), attr(6, be64(1))]), ("by unknown handle", [attr(1, "t"), attr(3, 1), attr(6, be64(99))]),
    ("of unknown table", [attr(1, "u"), attr(2, "o"), attr(3, 1)]), ("without table", [attr(2, "o"), attr(3, 1)]), ("of unknown name", [attr(1, "t"), attr(2, "u"), attr(3, 1)])]]


def bound(value, *more):
    return element(value.to_bytes(4, "big"), *more)


def end(value):
    return bound(value, attr(3, 1))


INTERVALS = [case("intervals 10-14 and 20-24, then " + what,
                  batch(table(), new_set(flags=INTERVAL), elements(end(0), bound(10), end(15), bound(20), end(25))), *steps)
             for what, steps in [
    *[("%s %s flags %#x" % (kind, name, nl), [batch(elements(*list_, kind=kind, nl=nl))])
      for kind, nl in (("NEWSETELEM", NLM_F_CREATE), ("NEWSETELEM", NLM_F_CREATE | NLM_F_EXCL), ("DELSETELEM", 0), ("DESTROYSETELEM", 0))
      for name, list_ in [("10 to 25", [bound(10), end(25)]), ("an end alone", [end(25)]), ("a start alone", [bound(20)]), ("the null end", [end(0)]),
                          ("null end and a new one", [end(0), bound(30), end(35)]), ("both", [bound(10), end(15), bound(20), end(25)]),
                          ("an end and another start", [end(15), bound(20)]), ("20 to 15", [bound(20), end(15)]), ("one twice", [bound(10), end(15), bound(10), end(15)])]],
    ("all deleted and added", [batch(elements(bound(10), end(15), bound(20), end(25), kind="DELSETELEM"), elements(bound(10), end(25)))]),
]]


# ---- generated ----------------------------------------------------------------------------------

def random_case(seed):
    """Batches of random set operations that often collide, some of them wrong."""
    pick = random.Random(seed)
    value = lambda: bytes(pick.choice((0, 1, 2, 255)) if i == 3 else 0 for i in range(4))
    kinds = [k for k in KINDS if k not in ("object map", "anonymous set", "small set", "concatenated interval set")]
    sets = {"s%d" % i: pick.choice(kinds) for i in range(3)}

    def one(name):
        kind = sets[name]
        if kind == "interval set" and pick.random() < 0.5:
            return element(value(), attr(3, 1))
        if pick.random() < 0.05:
            return pick.choice(list(STRANGE.values()))
        return KINDS[kind][1](value())

    def operation():
        name = pick.choice(list(sets))
        what = pick.random()
        if what < 0.6:
            nl = NLM_F_CREATE | (NLM_F_EXCL if pick.random() < 0.2 else 0)
            return elements(*[one(name) for _ in range(pick.randint(1, 3))], name=name, nl=nl)
        if what < 0.85:
            return elements(*[one(name) for _ in range(pick.randint(1, 2))], name=name,
                            kind=pick.choice(("DELSETELEM", "DESTROYSETELEM")), nl=0)
        if what < 0.92:
            return message("DELSETELEM", attr(1, "t"), attr(2, name))
        return message(pick.choice(("DELSET", "DESTROYSET")), attr(1, "t"), attr(2, name))

    first = list(PRELUDE)
    for i, (name, kind) in enumerate(sets.items()):
        kind_, flags, family, payload = KINDS[kind][0]
        first.append([kind_, flags, family, payload.replace(attr(2, "s").hex(), attr(2, name).hex(), 1)])
    steps = [batch(*first)]
    for _ in range(pick.randint(2, 6)):
        steps.append(batch(*[operation() for _ in range(pick.randint(1, 4))]))
    return case("random %d" % seed, *steps)


GROUPS = {"sets": SETS, "maps": MAPS, "in_rules": IN_RULES, "offload": OFFLOAD, "afterwards": AFTERWARDS, "listings": LISTINGS,
          "objects": OBJECTS, "raw_sets": RAW_SETS, "raw_elements": RAW_ELEMENTS, "envelopes": ENVELOPES, "raw_objects": RAW_OBJECTS, "intervals": INTERVALS}
