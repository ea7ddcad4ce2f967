# SPDX-License-Identifier: GPL-2.0-or-later
"""The results of a run as a page: the goals with their figures, then every row."""
import math

MISSING = "not measured"


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def engines(record):
    return {engine["engine"]: engine for engine in record["engines"]}


def ratio(record, ours, theirs="rte_acl"):
    found = engines(record)
    if ours not in found or theirs not in found:
        return None
    return found[ours]["lookups_per_second"] / found[theirs]["lookups_per_second"]


def millions(value):
    return "%.1f" % (value / 1e6) if value < 1e8 else "%.0f" % (value / 1e6)


def table(head, lines):
    text = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(text + ["| " + " | ".join(map(str, line)) + " |" for line in lines]) + "\n"


# --- the goals ---

def pick(rows, name, **wanted):
    return [record for record in rows.get(name, [])
            if all(record.get(key) == value for key, value in wanted.items())]


def categories(rows, name):
    return [record for record in rows.get(name, []) if record["kind"] in ("acl", "fw", "ipc")]


def judged(values, goal, text, mean=None):
    """A line's figure and whether it is met."""
    if not values:
        return MISSING, "–"
    value = mean(values) if mean else values[0]
    return text % value, "met" if value >= goal else "**missed**"


def ratios(records, ours="nicemu"):
    return [value for value in (ratio(record, ours) for record in records) if value]


def replay_rate(rows, way, **wanted):
    return [record["rates"][way]["median"] / 1e6 for record in pick(rows, "replay", **wanted)]


def goal_lines(rows):
    masked = categories(rows, "lookup")
    large = [record for record in masked if record["rules"] == 100000]
    lines = [
        ("ternary look-up, cold, %d masked sets, against rte_acl, geometric mean" % len(masked), "≥ 3×",
         *judged(ratios(masked), 3, "%.2f×", geometric_mean)),
        ("the worst of these sets, acl1 with 10,000 rules included", "≥ 1×",
         *judged(ratios(masked + pick(rows, "lookup", kind="acl1", rules=10000)), 1, "%.2f×", min)),
        ("100,000 rules, cold, geometric mean", "≥ 5×",
         *judged(ratios(large), 5, "%.2f×", geometric_mean)),
        ("rules with ranges, cold, geometric mean", "≥ 2.5×",
         *judged(ratios(categories(rows, "ranges")), 2.5, "%.2f×", geometric_mean)),
        ("Zipf traffic, 10,000 rules, geometric mean", "≥ 8×",
         *judged(ratios(pick(rows, "zipf", rules=10000), "nicemu-cache"), 8, "%.2f×",
                 geometric_mean)),
        ("flow table at 1M and 16M flows, against rte_hash", "≥ 2.5×",
         "there is no flow table yet", "–"),
    ]
    lines.append(memory_line("memory of the table at 100,000 rules, against rte_acl's", large, "table_bytes"))
    lines.append(memory_line("the same with what is kept a rule besides: actions, counters", large, "bytes"))
    return lines + update_lines(rows) + replay_lines(rows) + other_lines(rows)


def memory_line(what, records, key):
    values = [engines(record)["nicemu"][key] / engines(record)["rte_acl"][key] for record in records]
    if not values:
        return what, "≤ 0.2×", MISSING, "–"
    value = geometric_mean(values)
    return what, "≤ 0.2×", "%.2f×" % value, "met" if value <= 0.2 else "**missed**"


def update_lines(rows):
    records = pick(rows, "update", rules=100000)
    rates = [record["updates_per_second"] / 1e6 for record in records]
    lines = [("updates at 100,000 rules while packets are looked up", "≥ 1 M/s",
              *judged(rates, 1, "%.2f M/s"))]
    slow = [record["slowdown"] for record in records if record["slowdown"] is not None]
    met = "–" if not slow else "met" if slow[0] < 0.2 else "**missed**"
    return lines + [("look-ups slowed down by these updates", "< 20 %",
                     "%.0f %%" % (100 * slow[0]) if slow else MISSING, met)]


def replay_lines(rows):
    lines = []
    for size in (1000, 10000):
        what = "whole replay of 60-byte frames, %s rules, " % "{:,}".format(size)
        for traffic, way, words, goal in (("cold", "first", "cold, first pass", 14.88),
                                          ("zipf", "first", "Zipf, first pass over the file", 20),
                                          ("zipf", "replay", "Zipf, once it is mapped", 30)):
            lines.append((what + words, "≥ %g Mpps" % goal,
                          *judged(replay_rate(rows, way, rules=size, traffic=traffic), goal,
                                  "%.1f Mpps")))
    against = [record["rates"]["first"]["median"] / record["rates"]["libpcap, pcap_dispatch"]["median"]
               for record in rows.get("replay", [])]
    lines.append(("whole replay, first pass, against pcap_dispatch only reading the file, the worst",
                  "≥ 1.5×", *judged(against, 1.5, "%.2f×", min)))
    return lines


def other_lines(rows):
    lines = []
    for size, goal in ((100, 30), (1000, 200)):
        values = [record["nicemu"] / record["packets_per_second"]
                  for record in pick(rows, "kernel", rules=size)]
        lines.append(("whole replay against the kernel's software path, %s rules" %
                      "{:,}".format(size), "≥ %d×" % goal, *judged(values, goal, "%.0f×")))
    values = [100 * record["rates"]["jobs"]["median"] / record["rates"]["two"]["median"]
              for record in rows.get("jobs", [])]
    lines.append(("two threads, of what two processes reach that share nothing", "≥ 95 %",
                  *judged(values, 95, "%.1f %%")))
    values = [record["seconds"]["beyond"]["median"]
              for record in pick(rows, "loading", rules=100000)]
    met = "–" if not values else "met" if values[0] < 2 else "**missed**"
    lines.append(("loading 100,000 rules with nft, beyond nft's own time", "< 2 s",
                  "%.2f s" % values[0] if values else MISSING, met))
    return lines


# --- the rows ---

def lookup_table(records):
    names = ["nicemu", "nicemu-cache", "nicemu-table", "rte_acl", "rte_acl-avx512", "rte_acl-cache"]
    names = [name for name in names if any(name in engines(record) for record in records)]
    ours = "nicemu-cache" if records[0]["traffic"] == "zipf" else "nicemu"
    lines = []
    for record in records:
        found = engines(record)
        speeds = []
        for name in names:
            engine = found.get(name)
            speeds.append("%s (%s–%s)" % (millions(engine["lookups_per_second"]),
                                          millions(engine["slowest"]), millions(engine["fastest"]))
                          if engine else "")
        theirs = found["rte_acl"]
        lines.append(["%s, %s" % (record["kind"], "{:,}".format(record["rules"]))] + speeds +
                     ["**%.2f×**" % ratio(record, ours),
                      "%.1f + %.1f / %.1f" % (found[ours]["table_bytes"] / 1e6,
                                              (found[ours]["bytes"] - found[ours]["table_bytes"]) / 1e6,
                                              theirs["bytes"] / 1e6),
                      "%.2f / %.2f" % (found[ours]["build_seconds"], theirs["build_seconds"])])
    return table(["rules"] + names + [ours + " / rte_acl", "MB, table + rules / theirs",
                                      "built in s, ours / theirs"], lines)


def lookup_text(records):
    return lookup_table(records) + "\nDeciding rules that differed between engines: %d, in %s look-ups compared.\n" % (
        sum(record["differences"] for record in records),
        "{:,}".format(sum(record["packets"] for record in records)))


def curve_text(records):
    lines = []
    for record in records:
        found = engines(record)
        lines.append(["{:,}".format(record["rules"])] + [
            "%.4g / %.3g" % (found[name]["lookups_per_second"] / 1e6, found[name]["bytes"] / 1e6)
            if name in found else "" for name in ("nicemu", "rte_acl", "reference")])
    return table(["rules", "nicemu, M/s / MB", "rte_acl, M/s / MB", "reference, M/s / MB"], lines)


def rates_table(records, names, first):
    lines = []
    for record in records:
        lines.append([first(record)] + ["%s (%s–%s)" % tuple(
            millions(record["rates"][name][which]) for which in ("median", "min", "max"))
            if name in record["rates"] else "" for name in names])
    return table([""] + list(names), lines)


def replay_text(records):
    names = ["first", "replay", "mapped, first touch", "mapped, again", "read(2)",
             "libpcap, pcap_dispatch", "libpcap, pcap_next_ex"]
    return rates_table(records, names, lambda record: "%s, %s rules, %s" % (
        record["kind"], "{:,}".format(record["rules"]), record["traffic"])) + (
        "\n`first` and `replay` read, dissect, look up, act and count; all others only read.\n")


def jobs_text(records):
    return rates_table(records, ["one", "jobs", "two"], lambda record: "acl, %s rules" %
                       "{:,}".format(record["rules"])) + (
        "\n`one`: one thread; `jobs`: `--jobs 2`; `two`: two processes at once, together.\n")


def update_text(records):
    return table(["rules", "updates, M/s", "look-ups meanwhile, M/s", "slowed down by",
                  "commits that were checked to be seen"],
                 [["{:,}".format(record["rules"]), "%.2f" % (record["updates_per_second"] / 1e6),
                   millions(record["lookup_during_updates_per_second"]),
                   "%.0f %%" % (100 * record["slowdown"]) if record["slowdown"] is not None else "",
                   record["sentinel_checks"]] for record in records])


def kernel_text(records):
    return table(["rules", "kernel, Mpps", "kernel without rules, Mpps", "nicemu, whole replay, Mpps",
                  "nicemu / kernel"],
                 [["{:,}".format(record["rules"]), "%.3f" % (record["packets_per_second"] / 1e6),
                   "%.3f" % (record["without_rules"] / 1e6), millions(record["nicemu"]),
                   "**%.0f×**" % (record["nicemu"] / record["packets_per_second"])]
                  for record in records])


def loading_text(records):
    return table(["rules", "`nft -f` in `nicemu exec`, s", "nft's own processor time, s",
                  "beyond that, s", "nicemu's own processor time, s"],
                 [["{:,}".format(record["rules"])] +
                  ["%.2f" % record["seconds"][name]["median"] for name in ("whole", "nft", "beyond", "nicemu")]
                  for record in records])


def hash_text(records):
    return table(["flows", "rte_hash, M look-ups/s", "counted, M/s", "inserts, M/s", "MB"],
                 [["{:,}".format(record["flows"]), millions(record["lookups_per_second"]),
                   millions(record["counted_per_second"]), millions(record["inserts_per_second"]),
                   "%.0f" % (record["bytes"] / 1e6)] for record in records]) + (
        "\nnicemu has no flow table yet; this is what it will be measured against.\n")


SECTIONS = (
    ("lookup", "Ternary look-up, cold traffic, masked rules", lookup_text),
    ("ranges", "Rules with port ranges, as tc flower has them, cold traffic", lookup_text),
    ("zipf", "Zipf traffic", lookup_text),
    ("million", "A million rules", lookup_text),
    ("curve", "Speed and memory over rules (acl, cold)", curve_text),
    ("replay", "Whole replays, and libpcap only reading, M packets/s", replay_text),
    ("jobs", "Two cores, M packets/s", jobs_text),
    ("update", "Updates while another core looks up", update_text),
    ("kernel", "The kernel's software path (nf_tables on netdev ingress, veth, one core)", kernel_text),
    ("loading", "Loading with the real nft", loading_text),
    ("hash", "Exact 5-tuples: the peer of a flow table", hash_text),
)

HEAD = """# Results

Made by `scripts/bench`%(quick)s on %(date)s: %(processor)s, %(cores)s cores, %(gigabytes).0f GB, kernel %(kernel)s, %(compiler)s,
DPDK %(dpdk)s, libpcap %(libpcap)s, %(nft)s, commit %(commit)s.

Machines like this one are shared, and absolute numbers move by 10 to 30 %% from minute to minute: a claim is a **ratio inside one row**, whose engines took
turns pass by pass. Figures are medians, in brackets the slowest and the fastest pass. One core unless said otherwise, packets and bytes counted a rule everywhere. Every engine's
deciding rule was compared for every packet. What the rule sets are like: `ruleset.h`, `profile.c`; traffic: `trace.h` (cold: a million different headers; Zipf: 262,144
flows, exponent 1). rte_acl runs with AVX2, DPDK's default, on huge pages, its algorithm for AVX-512 beside it where the processor has that. `nicemu` is the modelled NIC, rules loaded
through the driver's commands, without the flow cache; `nicemu-cache` with it (4 MiB), as it is by default; `nicemu-table` the TCAM alone; `rte_acl-cache` rte_acl in the TCAM's
place behind the same flow cache.
"""


def markdown(document, whole=True):
    """whole: also goals that nothing in this run tells of."""
    rows, skipped = document["rows"], document["skipped"]
    about = dict(document["circumstances"])
    about["gigabytes"] = about["memory"] / 1e9
    about["quick"] = " --quick" if about["quick"] else ""
    text = [HEAD % about]
    goals = [line for line in goal_lines(rows) if whole or line[3] != "–"]
    if goals:
        text += ["## Goals\n", table(["what", "goal", "measured", ""], goals),
                 "What is behind a goal that is missed, and what was tried: [PROFILE.md](PROFILE.md).\n"]
    for name, title, make in SECTIONS:
        if rows.get(name):
            text += ["## %s\n" % title, make(rows[name])]
        elif name in skipped:
            text += ["## %s\n" % title, "Skipped: %s\n" % skipped[name]]
        elif name in document["wrong"]:
            text += ["## %s\n" % title, "**Wrong**: %s\n" % document["wrong"][name]]
    return "\n".join(text)
