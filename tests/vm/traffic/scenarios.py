# SPDX-License-Identifier: GPL-2.0-or-later
"""The scenarios: what each shows, what the program behind the module does in it, what of it is compared."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """One function of flow.sh or flower.sh."""
    front: str
    name: str
    shows: str
    options: str = ""           # of nicemu attach
    timing: tuple = ()          # kinds of repeats of which each rule must get some, or none, as recorded
    order: str = "all"          # "rule": two actors; only each rule's own order is the same in all runs
    core: bool = False          # in scripts/vm test
    since: str = ""             # kernels before this one make no such flow
    alone: bool = False         # in a guest of its own: it leaves the ports in another state


STATS, REPLACE = "STATS", "REPLACE"
# Of flower, these are not in scripts/vm test.
SLOW = ("statistics", "flags", "actions_police")


def flow(name, shows, **more):
    return Scenario("flow", name, shows, **more)


def flower(name, shows, **more):
    return Scenario("flower", name, shows, core=name not in SLOW, **more)



SCENARIOS = [
    flow("tcp4_fin", "TCP over IPv4 without NAT; the connection ends by FIN"),
    flow("tcp4_rst", "the same, ended by RST"),
    flow("tcp4_masquerade", "TCP over IPv4 with masquerade at the second port"),
    flow("tcp4_dnat", "TCP over IPv4, target address and port translated"),
    flow("tcp4_both", "TCP over IPv4, source and target translated", core=True),
    flow("tcp6_fin", "TCP over IPv6 without NAT"),
    flow("tcp6_both", "TCP over IPv6, source and target translated"),
    flow("vlan_one_side", "802.1Q on the first side: the VLAN is written and not flagged, a pop there, a push back", since="5.13"),
    flow("vlan_both_sides", "802.1Q on both sides: pop and push", core=True, since="5.13"),
    flow("vlan_in_vlan", "two 802.1Q tags on both sides: the pushes come outermost first", since="5.13"),
    flow("qinq", "802.1ad around 802.1Q on the first side: the outer tag leaves an empty action entry", since="5.13"),
    flow("bridge", "the first port is in a bridge that has the address", since="5.13"),
    flow("udp4_ages_out", "UDP that falls silent, and a program that counts nothing: the flow ages out",
         timing=(STATS,)),
    flow("udp4_unanswered", "UDP in one direction only: the second packet makes the flow"),
    flow("udp4_kept_alive", "UDP that falls silent, and a program that counts: the flow stays until its table is deleted",
         options="--count 10:1000", timing=(STATS,), core=True),
    flow("udp4_no_counter", "the same without the flag counter", options="--count 10:1000", timing=(STATS,)),
    flow("udp6", "UDP over IPv6 that ages out"),
    flow("gre4", "GRE without key over IPv4", since="5.18"),
    flow("refused", "every REPLACE is refused with ENOSPC: the flow stays in software, and is offered again",
         options="--refuse flowtable:1+:ENOSPC", timing=(REPLACE,), core=True),
    flow("refused_but_one", "of the four REPLACE of a flow only the last is taken", options="--refuse 1:ENOSPC --refuse 2:ENOSPC --refuse 3:ENOSPC"),
    flow("repeated", "packets that reach software although the flow is offloaded: REPLACE comes again",
         timing=(REPLACE,)),
    flow("neighbour_changes", "the next hop gets another address under a flow: the flow keeps the old one", since="5.13"),
    flow("route_added", "a route that would stop the flow is added: the flow goes on as before", since="5.13"),
    flow("icmp", "ICMP is tracked and never offloaded"),
    flow("deleted_under_load", "the flowtable is deleted while packets pass"),
    flow("port_joins_and_leaves", "a port joins a flowtable with a live flow, is offered it with the next packet, and leaves"),
    flow("join_aborted", "a batch that lets a port join a flowtable with a live flow, and fails"),
    flow("aborted_batch", "a batch that makes a flowtable and fails after it", core=True),
    flower("keys_ethernet", "Ethernet, VLAN and QinQ keys"),
    flower("keys_ip", "keys of IPv4 and IPv6, fragments"),
    flower("keys_transport", "ports, ranges of ports, TCP flags, ICMP"),
    flower("keys_other", "ARP, MPLS, connection tracking, PPPoE, input device"),
    flower("keys_tunnel", "keys of tunnels"),
    flower("actions_basic", "drop, pass, trap, redirect, mirror, skbedit, sample, hw_stats"),
    flower("actions_header", "VLAN, MPLS, pedit, csum, tunnel_key"),
    flower("actions_police", "police and gate"),
    flower("actions_ct", "connection tracking by tc, and goto chain"),
    flower("replace_and_delete", "replace is REPLACE of a new cookie, then DESTROY of the old one", timing=(STATS,)),
    flower("flags", "skip_sw, skip_hw, neither, verbose", timing=(STATS,)),
    flower("chains_and_templates", "chains, goto, a template"),
    flower("shared_block", "a block of two ports: filters are repeated to the one that joins, taken from the one that leaves"),
    flower("egress", "the egress side of clsact"),
    flower("refused_by_program", "the program refuses the second, fourth and fifth filter with a text",
           options="--refuse flower:2:ENOSPC:table-full --refuse flower:4:ENOSPC:table-full --refuse flower:5:EOPNOTSUPP:no-such-key",
           timing=(STATS,)),
    flower("statistics", "STATS of filters with one and two actions", options="--count 10:1000", timing=(STATS,)),
    # Since 6.9 a port that was down has no carrier again: nothing can follow.
    flow("device_down", "the second port goes down under a flow", alone=True),
    flow("port_deleted", "a port that carries a flow is deleted", alone=True),
]
