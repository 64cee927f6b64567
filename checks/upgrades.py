"""./dev upgrades: databases of every earlier version of the addon, before and after the update.

A version is what git's main line had last before the manifest named the next one. Its demo data
is what must stay. Nothing but names of columns may differ, and nothing may need repair.
"""

import ast
import json
import re
import shutil
import sys

from devtools import databases, odoo, postgres, settings
from devtools.steps import Failure, capture, say, step

MANIFEST = f"{settings.ADDON}/__manifest__.py"
# what to compare, by name: the table, its rows, and the columns, of which one that was renamed
# has its former name after the slash
KEPT = {
    "leads": (
        "crm_lead",
        "TRUE",
        "name type active stage_id won_status probability automated_probability expected_revenue"
        " prorated_revenue date_deadline user_id team_id partner_id lost_reason_id category_id"
        " request_type main_order_id value_source project_state won_project_id/project_id"
        " planned_revenue planned_prorated_revenue next_follow_up",
    ),
    "phases": (
        "crm_stage",
        "TRUE",
        "name sequence is_won uses_default_probability default_probability"
        " keep_manual_probability lead_type",
    ),
    "payments": ("crm_lead_payment", "TRUE", "lead_id name date amount amount_weighted"),
    "hours": (
        "account_analytic_line",
        "project_id IS NOT NULL",
        "lead_id project_id task_id employee_id date unit_amount amount so_line",
    ),
    "tickets": ("project_task", "lead_id IS NOT NULL", "name lead_id project_id state active"),
    "offers": (
        "sale_order",
        "opportunity_id IS NOT NULL",
        "opportunity_id state project_id amount_untaxed",
    ),
    "history": (
        "crm_lead_history",
        "TRUE",
        "lead_id date stage_id type won_status probability expected_revenue date_deadline user_id",
    ),
}
FIGURES = """
import json
from odoo import fields
found = {}
# as the administrator, who sees all of it
env = env(user=env.ref("base.user_admin").id)
if "crm.lead.pipeline.report" in env:
    sums = ["amount:sum", "amount_weighted:sum", "__count"]
    found["pipeline"] = {
        str((row["won_status"], row["date:quarter"])): [row[name] for name in sums]
        for row in env["crm.lead.pipeline.report"].formatted_read_group(
            [], ["won_status", "date:quarter"], sums)
    }
if hasattr(env.get("crm.lead.history"), "_pipeline_as_of"):
    for days in 7, 90, 365:
        day = fields.Date.subtract(fields.Date.today(), days=days)
        found[f"{days} days ago"] = {
            str(key): str(value)
            for key, value in env["crm.lead.history"]._pipeline_as_of(day).items()
        }
print("RESULT", json.dumps(found))
"""
REPAIR = 'env["crm.lead"].with_context(active_test=False).search([])._repair_figures()'


def main():
    """Check the update from each version; returns 1 where something differs."""
    released = find_versions()
    say(f"versions: {', '.join(f'{version} ({c[:7]})' for version, c in released.items())}")
    return int(any([check(version, commit) for version, commit in released.items()]))


def find_versions():
    """The last commit of each version before the present one, the oldest first."""
    git = ["git", "-C", settings.REPO]
    log = ["log", "--first-parent", "--reverse", "--diff-filter=M", "--format=%H", "--", MANIFEST]
    found = {}
    for commit in capture([*git, *log]).splitlines():
        before = capture([*git, "rev-list", "--parents", "-1", commit]).split()[1:2]
        if before and version_at(before[0]) != version_at(commit):
            found[version_at(before[0])] = before[0]
    if not found:
        raise Failure("git knows no earlier version of the addon", "clone the whole history")
    return found


def version_at(commit):
    """What the manifest calls itself at a commit."""
    text = capture(["git", "-C", settings.REPO, "show", f"{commit}:{MANIFEST}"])
    return ast.literal_eval(text)["version"]


def check(version, commit):
    """Install a version with its demo data, update it; returns what differs."""
    folder = settings.RUN / f"addon-{commit[:12]}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    archive = folder / "addon.tar"
    capture(["git", "-C", settings.REPO, "archive", "-o", archive, commit, settings.ADDON])
    shutil.unpack_archive(archive, folder, filter="data")
    core, _ours = odoo.addons_path().rsplit(",", 1)
    old = f"--addons-path={core},{folder}"
    with databases.throw_away("upgrade", addon=False, demo=True) as name:
        with step(f"install {version} with its demo data"):
            log = odoo.build(["-d", name, "-i", settings.ADDON, old], f"db-{name}")
            databases.check_installed(name, [settings.ADDON], log)
        before = {**read(name), "figures": read_figures(name, old)}
        # what the present version's demo data brings is no part of the update
        postgres.query("UPDATE ir_module_module SET demo = FALSE", name)
        with step(f"update {version}"):
            log = odoo.build(["-d", name, "-u", settings.ADDON], f"db-{name}")
            problems = re.findall(
                r"^\S+ \S+ \d+ (?:WARNING|ERROR|CRITICAL) .*", log.read_text(), re.M
            )
        problems += differences(before, {**read(name), "figures": read_figures(name)})
        repaired = odoo.run_script(name, REPAIR, "--log-level=warn")
        problems += [line for line in repaired.stderr.splitlines() if "Repaired" in line]
    shutil.rmtree(folder)
    counts = ", ".join(f"{len(rows)} {kind}" for kind, rows in before.items())
    say(f"{version}: {counts}, {len(problems)} differences")
    say("\n".join(f"    | {line[:300]}" for line in problems[:40]))
    return problems


def read(name):
    """What must stay: rows by kind and id, of each the columns that are there."""
    found = {}
    for kind, (table, condition, columns) in KEPT.items():
        if postgres.query(f"SELECT to_regclass('{table}')", name):
            rows = f"SELECT json_agg(kept) FROM {table} AS kept WHERE {condition}"
            rows = json.loads(postgres.query(rows, name) or "[]")
            names = [column.split("/") for column in columns.split()]
            found[kind] = {
                row["id"]: {new: row[n] for new, *old in names for n in (new, *old) if n in row}
                for row in rows
            }
    return found


def read_figures(name, *options):
    """What the reports say, by name."""
    done = odoo.run_script(name, FIGURES, *options)
    if "RESULT " not in done.stdout:
        raise Failure(f"the figures could not be read: {done.stderr[-2000:]}")
    return json.loads(done.stdout.split("RESULT ", 1)[1])


def differences(before, after):
    """What was there before and is another now, in words."""
    for kind, rows in before.items():
        for key, row in rows.items():
            now = after[kind].get(key, {})
            for column, value in row.items():
                if now.get(column, "gone") != value:
                    yield f"{kind} {key} {column}: {value} -> {now.get(column, 'gone')}"


if __name__ == "__main__":
    sys.exit(main())
