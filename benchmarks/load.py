"""Many users at once on two workers, against stock CRM with the same leads: ``./dev bench load``.

Each user is a thread with a session of its own that asks what the web client asks, with a pause
after each answer. The sides are served one after the other, never both at once.
"""

import contextlib
import json
import random
import statistics
import subprocess
import threading
import time
from collections import defaultdict

import requests

from odoo.api import SUPERUSER_ID, Environment

from benchmarks.against_stock import BOARD_DOMAIN, STOCK_DOMAIN, read_view
from benchmarks.pipeline import GROUPS, PIPELINE, default_domain
from benchmarks.timing import Row
from devtools import odoo, server, settings
from devtools.steps import step

USERS = (20, 60)
SECONDS = 60
PAUSE = 2.0  # seconds on average
WORKERS = 2
PASSWORD = "bench"
# how often of a hundred
SHARED = {
    "board": 15,
    "list": 15,
    "form": 25,
    "search": 15,
    "drag": 10,
    "quick create": 5,
    "follow-up done": 5,
}
OURS = {"pipeline report": 8, "Won": 2}


class Side:
    """What the users of one database ask for: views, domains, their leads and follow-ups."""

    def __init__(self, registry, name, board, lists, domain, is_ours):
        self.database, self.name, self.is_ours = registry.db_name, name, is_ours
        self.domain = domain
        with registry.cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            users = env["res.users"].search([("login", "like", "bench%")])
            users.password = PASSWORD
            self.logins = users.mapped("login")
            # what one of them is shown: some fields are not for everybody
            theirs = env(user=users[0].id)
            self.board = read_view(theirs, board, "kanban")
            self.list = read_view(theirs, lists, "list")
            self.form = read_view(theirs, "crm.crm_lead_view_form", "form")
            self.stages = env["crm.stage"].search([("is_won", "=", False)]).ids
            self.leads, self.activities = {}, {}
            for user in users:
                open_leads = [("user_id", "=", user.id), ("won_status", "=", "pending")]
                leads = env["crm.lead"].search(open_leads, limit=2000, order="id")
                self.leads[user.login] = leads.ids
                mine = [("user_id", "=", user.id), ("res_model", "=", "crm.lead")]
                found = env["mail.activity"].search(mine, limit=2000, order="id")
                self.activities[user.login] = found.ids
            self.report_domain = is_ours and json.loads(
                json.dumps(default_domain(env), default=str)
            )


class User(threading.Thread):
    """One of the users: works until ``until``, and keeps how long each answer took."""

    def __init__(self, side, port, number, weights):
        super().__init__(daemon=True)
        self.side, self.number, self.weights = side, number, weights
        self.login = side.logins[number % len(side.logins)]
        self.address = f"http://{server.HOST}:{port}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.random = random.Random(number)
        self.seconds, self.errors = defaultdict(list), []
        self.until = 0

    def authenticate(self):
        params = {"db": self.side.database, "login": self.login, "password": PASSWORD}
        self.ask("/web/session/authenticate", params)

    def ask(self, path, params):
        """The result of a JSON-RPC request.

        :raises RuntimeError: with the server's message, when it answers with an error
        """
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.session.post(self.address + path, json=body, timeout=120).json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["message"])
        return answer["result"]

    def call(self, model, method, *args, **kwargs):
        path = f"/web/dataset/call_kw/{model}/{method}"
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.ask(path, params)

    def run(self):
        names, weights = zip(*self.weights.items(), strict=True)
        while time.monotonic() < self.until:
            [name] = self.random.choices(names, weights)
            start = time.monotonic()
            try:
                getattr(self, "do_" + name.lower().replace(" ", "_").replace("-", "_"))()
                self.seconds[name].append(time.monotonic() - start)
            except Exception as error:  # noqa: BLE001 - counted, and named in the result
                self.errors.append(f"{name}: {error}")
            time.sleep(self.random.uniform(0.5, 1.5) * PAUSE)

    def pick(self, ids):
        """One of the user's own records, which no other thread of his picks."""
        turn, sharing = (
            self.number // len(self.side.logins),
            -(-max(USERS) // len(self.side.logins)),
        )
        return self.random.choice(ids[turn::sharing])

    def do_board(self):
        arch, specification = self.side.board
        bar = arch.find(".//progressbar")
        self.call(
            "crm.lead",
            "web_read_group",
            self.side.domain,
            ["stage_id"],
            ["expected_revenue:sum"],
            order=arch.get("default_order"),
            auto_unfold=True,
            unfold_read_specification=specification,
            unfold_read_default_limit=40,
            context={"read_group_expand": True},
        )
        colors = {"planned": "success", "today": "warning", "overdue": "danger"}
        progress = {"field": bar.get("field"), "colors": colors}
        self.call("crm.lead", "read_progress_bar", self.side.domain, "stage_id", progress)

    def do_list(self):
        arch, specification = self.side.list
        order = arch.get("default_order")
        self.search_read(self.side.domain, specification, order)

    def do_search(self):
        _arch, specification = self.side.list
        words = f"Lead {self.random.randrange(1000, 9999)}"
        self.search_read([*self.side.domain, ("name", "ilike", words)], specification, None)

    def search_read(self, domain, specification, order):
        options = {"limit": 80, "order": order, "count_limit": 10001}
        self.call("crm.lead", "web_search_read", domain, specification, **options)

    def do_form(self):
        lead = self.pick(self.side.leads[self.login])
        self.call("crm.lead", "web_read", [lead], self.side.form[1])

    def do_drag(self):
        lead = self.pick(self.side.leads[self.login])
        stage = self.random.choice(self.side.stages)
        self.call("crm.lead", "web_save", [lead], {"stage_id": stage}, {"stage_id": {}})

    def do_quick_create(self):
        values = {"name": f"Call {self.number}", "contact_name": "Maria", "phone": "0171 392000"}
        self.call("crm.lead", "web_save", [], values, {"name": {}})

    def do_follow_up_done(self):
        ids = self.side.activities[self.login]
        activity = self.pick(ids)
        ids.remove(activity)
        self.call("mail.activity", "action_feedback", [activity], feedback="Called")

    def do_pipeline_report(self):
        sums = ["amount:sum", "amount_weighted:sum", "__count"]
        groups = [[], ["date:quarter"], ["stage_id"], GROUPS]
        method = "formatted_read_grouping_sets"
        self.call(PIPELINE, method, self.side.report_domain, groups, sums)

    def do_won(self):
        ids = self.side.leads[self.login]
        lead = self.pick(ids)
        ids.remove(lead)
        values = {"lead_ids": [(6, 0, [lead])]}
        [dialog] = self.call("crm.lead.won", "create", [values])
        self.call("crm.lead.won", "action_convert", [dialog])


def measure(loaded):
    """Yield one row per number of users and operation, and those that sum them up."""
    sides = [
        Side(
            loaded.stock,
            "stock",
            "crm.crm_case_kanban_view_leads",
            "crm.crm_case_tree_view_oppor",
            STOCK_DOMAIN,
            is_ours=False,
        ),
        our_side(loaded),
    ]
    results = {}
    for side in sides:
        with served(side) as port:
            for users in USERS:
                results[side.name, users] = work(side, port, users, SHARED)
            if side.is_ours:
                more = work(side, port, USERS[0], {**SHARED, **OURS})
    for users in USERS:
        yield from compare_sides(users, results["stock", users], results["ours", users])
    for name in OURS:
        if own := more[0][name]:
            title = f"{USERS[0]} users with reports and Won, {name}"
            yield Row(title, statistics.median(own), words(own), unit="s")


def our_side(loaded):
    """The database with the addon."""
    return Side(
        loaded.addon,
        "ours",
        "lead_management.crm_lead_view_kanban_board",
        "lead_management.crm_lead_view_list",
        BOARD_DOMAIN,
        is_ours=True,
    )


@contextlib.contextmanager
def served(side, **options):
    """Odoo on a database, with several workers; yields its port."""
    port = server.free_port()
    bus = server.free_port(start=port + 1)
    options.update(http_port=port, gevent_port=bus, workers=WORKERS)
    config = odoo.write_config(side.database, f"load-{side.name}", **options)
    log = settings.LOGS / f"load-{side.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                "setpriv",
                "--pdeathsig=TERM",
                *odoo.server_command("-c", config, "--log-level=error"),
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=odoo.odoo_env(),
            cwd=settings.REPO,
        )
        try:
            server.wait_until_served(process, port, log)
            yield port
        finally:
            process.terminate()
            process.wait()
            config.unlink()


def work(side, port, count, weights):
    """Let users work; returns dict of operation to seconds, and a list of errors."""
    with step(f"{count} users on {side.name}"):
        users = [User(side, port, number, weights) for number in range(count)]
        for user in users:
            user.authenticate()
        for user in users:
            user.until = time.monotonic() + SECONDS
            user.start()
        for user in users:
            user.join()
    seconds = defaultdict(list)
    for user in users:
        for name, some in user.seconds.items():
            seconds[name] += some
    return seconds, [error for user in users for error in user.errors]


def compare_sides(users, stock, ours):
    """Rows of one number of users: each operation's median, and the errors."""
    (stock_seconds, stock_errors), (our_seconds, our_errors) = stock, ours
    ratios = []
    for name in SHARED:
        own, other = our_seconds[name], stock_seconds[name]
        if own and other:
            ratio = statistics.median(own) / statistics.median(other)
            ratios.append(ratio)
            yield Row(f"{users} users, {name}", ratio, f"{words(own)}; stock {words(other)}")
    yield Row(f"{users} users, median of the ratios", statistics.median(ratios), "", target=1)
    note = f"stock {len(stock_errors)}; {'; '.join(sorted(set(our_errors))[:3])}"
    yield Row(f"{users} users, errors", len(our_errors), note, target=0, unit="")


def words(seconds):
    """Median, 95th percentile and number, in words."""
    p95 = sorted(seconds)[min(len(seconds) - 1, int(0.95 * len(seconds)))]
    return (
        f"p50 {1000 * statistics.median(seconds):.0f} ms, p95 {1000 * p95:.0f} ms, {len(seconds)} ×"
    )
