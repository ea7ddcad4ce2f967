# SPDX-License-Identifier: GPL-2.0-or-later
"""What causes each reason: a ruleset that nft can load, or the test that sends what nft does not send."""

import os

from nicemu import SOURCE

SWITCHDEV = os.path.join(SOURCE, "netdevsim-config", "switchdev.yaml")
HEAD = "table netdev t {\n chain c {\n  type filter hook ingress device eth0 priority 1; flags offload;\n  %s\n }\n}\n"


def rule(text, *options):
    return {"text": HEAD % text, "options": options}


def later(chain, command, *options):
    """A chain that is there, and a command for it."""
    return {"text": "add table netdev t\nadd chain netdev t c { %s }\nadd chain netdev t r\n%s\n" % (chain, command),
            "options": options}


OFFLOAD = "type filter hook ingress device eth0 priority 1; flags offload;"

# id: a file of rules/refused/, or a ruleset with options of the command.
RULESETS = {
    "bitwise-length": "vlan-pcp.nft",
    "bitwise-xor": "bitwise-xor.nft",
    "chain-devices-fixed": later(OFFLOAD, "add chain netdev t c { type filter hook ingress devices = { eth1 } priority 1; flags offload; }",
                                 "-k", "6.1"),
    "chain-exists": later(OFFLOAD, "create chain netdev t c"),
    "chain-flags-changed": "chain-change-flags.nft",
    "chain-hook": "chain-egress.nft",
    "chain-hook-changed": {"text": "add table inet t\nadd chain inet t c { type filter hook input priority 1; }\n"
                                   "add chain inet t c { type filter hook output priority 1; }\n", "options": ()},
    "chain-is-regular": later(OFFLOAD, "add chain netdev t r { type filter hook ingress device eth1 priority 1; }"),
    "chain-priority": "chain-priority-negative.nft",
    "chain-priority-changed": "chain-change-priority.nft",
    "chain-type": {"text": "table netdev t {\n chain c {\n  type nat hook ingress device eth0 priority 1\n }\n}\n", "options": ()},
    "chain-type-changed": {"text": "add table ip t\nadd chain ip t c { type filter hook output priority 1; }\n"
                                   "add chain ip t c { type route hook output priority 1; }\n", "options": ()},
    "chain-without-hook": "chain-regular.nft",
    "compare-operator": "cmp-not-equal.nft",
    "connection-tracking": "notrack.nft",
    "connection-tracking-family": "conntrack.nft",
    "counter": rule("ip saddr 10.0.0.1 counter drop", "-k", "5.4"),
    "device-without-offload": "chain-loopback.nft",
    "duplicate-device": "chain-duplicate-device.nft",
    "expression-variant": "socket.nft",
    "forward-or-copy": rule("meta protocol ip fwd to eth1", "-k", "5.4"),
    "hash": "hash.nft",
    "header-option": "exthdr-ipv6.nft",
    "insert-rule": "rule-insert.nft",
    "interface-type": "meta-iiftype.nft",
    "load-longer-than-field": "payload-merged-ports.nft",
    "load-shorter-than-field": rule("ip saddr 10.0.0.0/8 drop", "-k", "5.4"),
    "log": "log.nft",
    "meta-key": "meta-cpu.nft",
    "meta-write": "meta-set.nft",
    "mirror-target-not-a-port": "mirror-target.nft",
    "named-object": "counter-named.nft",
    "network-header-without-protocol": "payload-no-network-protocol.nft",
    "number-generator": "numgen.nft",
    "os-fingerprint": "osf.nft",
    "payload-base": "payload-inner.nft",
    "payload-offset": "payload-dscp.nft",
    "payload-write": "payload-set-ether.nft",
    "policy-drop": "chain-policy-drop.nft",
    "port-has-a-block": "chain-second-on-port.nft",
    "quota": "quota.nft",
    "rate-limit": "limit.nft",
    "redirect-target-not-a-port": "redirect-target.nft",
    "replace-rule": "rule-replace.nft",
    "route-lookup": "fib.nft",
    "rule-without-action": "no-action.nft",
    "set-lookup": "set-anonymous.nft",
    "set-update": "dynamic-set.nft",
    "transport-header-without-protocol": "payload-icmp.nft",
    "unknown-object": "object-unknown.nft",
    "nf-tables": {"text": "delete table netdev nowhere\n", "options": ()},
    "verdict": "verdict-jump.nft",
    "byte-order-conversion": rule("meta iif lt 3 drop"),
    "element-timeout": {"text": "table netdev t {\n set s {\n  type ipv4_addr; timeout 5s;\n  elements = { 1.1.1.1 timeout 3s }\n }\n}\n", "options": ()},
    "expression-invalid": rule("synproxy drop"),
    "flowtable": {"text": "table netdev t {\n flowtable f {\n  hook ingress priority 0; devices = { eth0 };\n }\n}\n", "options": ()},
    "forward-to-neighbour": rule("dup to eth1 fwd ip to 10.0.0.1 device eth1"),
    "jump-to-base-chain": rule("jump c"),
    "limit-overflow": rule("limit rate 18446744073709551615 mbytes/second drop"),
    "one-device": {"text": "table netdev t {\n chain c {\n  type filter hook ingress devices = { eth0, eth1 } priority 1; flags offload;\n }\n}\n", "options": ("-k", "5.4")},
    "port-is-represented": {"text": HEAD.replace("eth0", "vf0") % "ip protocol icmp drop", "options": ("-n", SWITCHDEV)},
    "target-is-represented": {"text": HEAD.replace("eth0", "up0") % 'ip protocol icmp fwd to "vf0"', "options": ("-n", SWITCHDEV)},
    "queue": rule("dup to eth1 queue"),
    "range": rule("tcp dport != 80-90 drop"),
    "reject": rule("meta protocol ip dup to eth1 reject"),
    "too-many-devices": {"text": "table netdev t {\n chain c {\n  type filter hook ingress devices = { %s } priority 1; flags offload;\n }\n}\n"
                         % ", ".join("e%d" % i for i in range(300)), "options": ()},
    "unknown-chain": rule("jump nowhere"),
    "unknown-flowtable": rule("flow add @f"),
    "unknown-interface": rule("fwd to 9999"),
}

# What nft 1.0.6 does not send, or refuses by itself: a test that causes it, and words of that test.
TRANSLATE = "tests/translate/test_reasons.c"
CHAINS = "tests/control/test_nft_chain_refusal.c"
ELSEWHERE = {
    **{name: (TRANSLATE, '"%s"' % name) for name in (
        "address-translation", "bitwise-operation", "bitwise-register", "compare-longer-than-field", "connection-limit",
        "expression-list", "expression-not-offloadable", "expression-out-of-range", "inner-header", "ipsec", "last-used",
        "out-of-memory", "rule-too-big", "socket", "tunnel", "unknown-extension", "unknown-set")},
    **{name: (CHAINS, '"%s"' % name) for name in (
        "chain-flags", "chain-hook-incomplete", "chain-replace", "chain-without-device", "device-not-in-chain",
        "no-such-port", "offload-chain-devices")},
    "bucket-full": ("tests/asic/test_place.c", '"bucket-full"'),
    "chain-unsupported": ("tests/asic/test_admission.c", '"chain-unsupported"'),
    "cookie-known": ("tests/asic/test_admission.c", '"cookie-known"'),
    "egress-unsupported": ("tests/asic/test_bindings.c", '"egress-unsupported"'),
    "empty-port-range": ("tests/asic/test_ranges.c", '"empty-port-range"'),
    "flower-unsupported": ("tests/asic/test_admission.c", '"flower-unsupported"'),
    "flowtable-unsupported": ("tests/asic/test_bindings.c", '"flowtable-unsupported"'),
    "half-port-range": ("tests/asic/test_ranges.c", '"half-port-range"'),
    "hw-tc-offload-off": ("tests/asic/test_admission.c", '"hw-tc-offload-off"'),
    "masked-port-range": ("tests/asic/test_ranges.c", '"masked-port-range"'),
    "no-counter": ("tests/asic/test_counted.c", '"no-counter"'),
    "no-memory": ("tests/base/test_reason.c", '"no-memory"'),
    "no-such-binding": ("tests/offload/test_deltas.c", '"no-such-binding"'),
    "no-such-cookie": ("tests/offload/test_deltas.c", '"no-such-cookie"'),
    "no-table": ("tests/asic/test_admission.c", '"no-table"'),
    "not-emulated": ("tests/models/run.c", '"not-emulated"'),
    "on-demand": ("tests/offload/test_store.c", '"on-demand"'),
    "register-not-loaded": ("tests/translate/test_translate.c", '"register-not-loaded"'),
    "register-without-field": ("tests/translate/test_versions.c", '"register-without-field"'),
    "stats-refused": ("tests/offload/test_deltas.c", '"stats-refused"'),
    "tcam-full": ("tests/asic/test_bindings.c", '"tcam-full"'),
    "too-many-actions": ("tests/asic/test_keys.c", '"too-many-actions"'),
    "too-many-mirrors": ("tests/asic/test_actions.c", '"too-many-mirrors"'),
    "unknown-event": ("tests/control/kmod/test_conversation.c", "does not know the module's event"),
    "unknown-expression": ("tests/translate/test_expr.c", '"unknown-expression"'),
    "unknown-key": ("tests/asic/test_keys.c", '"unknown-key"'),
    "unsupported-action": ("tests/asic/test_actions.c", '"unsupported-action"'),
    "unsupported-field": ("tests/asic/test_keys.c", '"unsupported-field"'),
    "unsupported-key": ("tests/asic/test_keys.c", '"unsupported-key"'),
}

# Nothing that ends in this century causes them.
UNREACHABLE = {"binding-numbers-used-up": "2^32 bindings"}
