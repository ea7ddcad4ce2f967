# SPDX-License-Identifier: GPL-2.0-or-later
"""The table in the README: how many verdicts of each sample in rules/ each NIC model gives as "offloaded"."""
import json
import os
import sys

from nicemu import RULES, SOURCE, nicemu

README = os.path.join(SOURCE, "README.md")
# What the lint says of rules that are taken, and do something else in the NIC than they say.
OTHERWISE = {"action-differs", "field-ignored", "mask-ignored", "matches-nothing", "zero-is-any"}
BEGIN = "<!-- matrix: `scripts/matrix` writes it -->\n"
END = "<!-- end of matrix -->\n"


def samples(folder=""):
    return sorted(os.path.join("rules", folder, name) for name in os.listdir(os.path.join(RULES, folder))
                  if name.endswith(".nft"))


def document(*words):
    """What `nicemu WORDS -j` says, its exit status being 0 or 1."""
    done = nicemu(*words, "-j", cwd=SOURCE)
    if done.returncode not in (0, 1):
        raise RuntimeError("%s: %s" % (" ".join(words), done.stderr))
    return json.loads(done.stdout)


def cell(run, name):
    """"all", "none", or how many of how many rules are offloaded on all of their ports; a dagger where some of them do
    something else in the NIC than they say."""
    rules = {}
    for record in run["rules"]:
        if record["source"] == name:
            rules.setdefault(record["number"], []).append(record["verdict"] == "offloaded")
    offloaded = sum(all(verdicts) for verdicts in rules.values())
    if not offloaded:
        return "none"
    otherwise = any(finding["file"] == name and finding["id"] in OTHERWISE for finding in run["lint"])
    return ("all" if offloaded == len(rules) else "%d of %d" % (offloaded, len(rules))) + "†" * otherwise


def label(model):
    """Its name; a model that was read coarsely has a star."""
    return "`%s`%s" % (model["name"], "*" if model["status"] == "experimental" else "")


def refused():
    """A sentence about rules/refused: who refuses each file's rules with a NIC that takes everything."""
    layers = []
    for name in samples("refused"):
        run = document("check", "-m", "generic", name)["runs"][0]
        found = [r["layer"] for r in run["rules"] + run["chains"] + run["errors"]
                 if r.get("verdict", "refused") == "refused"]
        layers.append("kernel" if "kernel" in found else found[0] if found else "nobody")
    by_kernel = layers.count("kernel")
    return ("Of the %d files of `rules/refused/` the kernel itself refuses something in %d, whatever the NIC; the other %d "
            "only a NIC's driver.\n" % (len(layers), by_kernel, len(layers) - by_kernel))


def table():
    names = samples()
    models = {m["name"]: m for m in document("show", "model")["models"]}
    runs = document("check", "--each", "-m", "all", *names)["runs"]
    lines = ["| model | " + " | ".join("[%s](%s)" % (os.path.basename(n)[:-4], n) for n in names) + " |",
             "|---|" + "---|" * len(names)]
    for run in runs:
        lines.append("| %s | %s |" % (label(models[run["model"]]), " | ".join(cell(run, name) for name in names)))
    return "\n".join(lines) + "\n\n" + refused()


def parts():
    """The README before the table, the table, and the README behind it."""
    with open(README) as f:
        before, rest = f.read().split(BEGIN)
    now, after = rest.split(END)
    return before + BEGIN, now, END + after


def main():
    before, _, after = parts()
    text = before + table() + after
    with open(README, "w") as f:
        f.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
