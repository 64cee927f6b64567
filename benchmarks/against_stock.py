"""What salespeople do all day, against stock CRM with the same leads."""

import time

from lxml import etree

from odoo.api import Environment

from benchmarks.form import open_form
from benchmarks.timing import best_of, compare

ADMIN = 2
TIMES = 7
TIMES_WRITING = 3
TIMES_SINGLE = 60
STOCK_DOMAIN = [("type", "=", "opportunity")]
# as the search view's filter "Open and Recently Won"
BOARD_DOMAIN = [
    "|",
    *["&", "&", ("won_status", "=", "pending"), ("active", "=", True), ("is_on_hold", "=", False)],
    *["&", ("won_status", "=", "won")],
    *["|", ("date_closed", ">=", "today -30d"), ("project_state", "=", "pending")],
]
DEFAULT_PROBABILITIES = """
    UPDATE crm_stage SET uses_default_probability = TRUE, default_probability = 5 + 10 * sequence
     WHERE is_won IS NOT TRUE
"""


def measure(loaded):
    """Yield one row per operation."""
    with loaded.stock.cursor() as stock_cr, loaded.addon.cursor() as addon_cr:
        stock, addon = (Environment(cr, ADMIN, {}) for cr in (stock_cr, addon_cr))
        board = {"view": "lead_management.crm_lead_view_kanban_board", "domain": BOARD_DOMAIN}
        stock_board = {"view": "crm.crm_case_kanban_view_leads", "domain": STOCK_DOMAIN}
        lists = {"view": "lead_management.crm_lead_view_list", "domain": BOARD_DOMAIN}
        stock_list = {"view": "crm.crm_case_tree_view_oppor", "domain": STOCK_DOMAIN}
        yield line("open the board", 1, open_board, (stock, stock_board), (addon, board))
        yield line("list, first 80", 1, open_list, (stock, stock_list), (addon, lists))
        yield line("open a lead", 1.1, open_form, (stock, {}), (addon, {}))
        yield line("create 500 leads", 0.6, create, (stock, {}), (addon, {}))
        yield line("move 1,000 leads, 3 payments each", 0.6, move, (stock, {}), (addon, {}))
        addon_cr.execute(DEFAULT_PROBABILITIES)
        addon.invalidate_all()
        addon_cr.commit()
        title = "move 1,000 leads where stages set the probability"
        yield line(title, 0.6, move, (stock, {}), (addon, {}))
        for title, operation in SINGLE.items():
            yield line(f"{title}, processor time", 1, operation, (stock, {}), (addon, {}))


def line(title, target, operation, *sides):
    """The row of an operation, measured on both sides."""
    calls = [operation(env, **options) for env, options in sides]
    is_single = operation in SINGLE.values()
    times = TIMES_SINGLE if is_single else TIMES_WRITING if operation in (create, move) else TIMES
    clock = time.process_time if is_single else time.perf_counter
    stock, addon = best_of(times, *calls, clock=clock)
    return compare(title, addon, stock, target)


def move(env):
    """A function that moves 1,000 open leads to the next stage, which is then undone."""
    *earlier, target = env["crm.stage"].search([("is_won", "=", False)], limit=3)
    leads = env["crm.lead"].search(
        [("stage_id", "in", [stage.id for stage in earlier]), ("won_status", "=", "pending")],
        order="id",
        limit=1000,
    )
    assert len(leads) == 1000

    def operation():
        leads.write({"stage_id": target.id})

    return undone(env, operation)


def create(env):
    """A function that creates 500 leads, which are then forgotten.

    Who creates them owns them: the mails to other owners would cover up any difference.
    """
    values = [
        {
            "name": f"New lead {n}",
            "type": "opportunity",
            "contact_name": f"New contact {n}",
            "email_from": f"new{n}@customer.example",
            "expected_revenue": 100.0 * n,
            "user_id": env.uid,
        }
        for n in range(500)
    ]
    return undone(env, lambda: env["crm.lead"].create(values))


def create_one(env):
    """A function that creates one lead as the board's quick create does."""
    values = {"name": "New lead", "contact_name": "New contact", "email_from": "n@customer.example"}
    return undone(env, lambda: env["crm.lead"].create(values))


def move_one(env):
    """A function that drags one lead to the next stage."""
    first, second = env["crm.stage"].search([("is_won", "=", False)], limit=3)[1:]
    leads = env["crm.lead"].search(
        [("stage_id", "=", first.id), ("won_status", "=", "pending")], limit=1
    )
    return undone(env, lambda: leads.web_save({"stage_id": second.id}, {"stage_id": {}}))


def type_probability(env):
    """A function that types a probability into one lead."""
    leads = env["crm.lead"].search([("won_status", "=", "pending")], limit=1)
    return undone(env, lambda: leads.web_save({"probability": 37}, {"probability": {}}))


def edit_title(env):
    """A function that edits the title of one lead."""
    leads = env["crm.lead"].search([("won_status", "=", "pending")], limit=1)
    return undone(env, lambda: leads.web_save({"name": "Another title"}, {"name": {}}))


SINGLE = {
    "create 1": create_one,
    "move 1": move_one,
    "type a probability": type_probability,
    "edit a title": edit_title,
}


def undone(env, operation):
    """A function that runs the operation with all that belongs to its commit, and undoes it."""

    def call():
        env.invalidate_all()
        before = env.cr.sql_log_count
        operation()
        env.cr.flush()  # as a commit does: writes what is pending, records the history
        queries = env.cr.sql_log_count - before
        env.cr.rollback()
        return queries

    return call


def open_board(env, view, domain):
    """A function that asks for what the web client does when somebody opens a board."""
    arch, specification = read_view(env, view, "kanban")
    bar = arch.find(".//progressbar")
    sums = [bar.get(name) for name in ("sum_field", "weighted_sum_field") if bar.get(name)]
    leads = env["crm.lead"].with_context(read_group_expand=True)

    def call():
        env.invalidate_all()
        before = env.cr.sql_log_count
        leads.web_read_group(
            domain,
            ["stage_id"],
            [f"{name}:{aggregate}" for name in sums for aggregate in ("sum", "sum_currency")]
            + ["company_currency:array_agg_distinct"],
            order=arch.get("default_order"),
            auto_unfold=True,
            unfold_read_specification=specification,
            unfold_read_default_limit=40,
        )
        leads.read_progress_bar(
            domain,
            "stage_id",
            {"field": bar.get("field"), "colors": dict.fromkeys(("planned", "today", "overdue"))},
        )
        return env.cr.sql_log_count - before

    return call


def open_list(env, view, domain):
    """A function that asks for what the web client does when somebody opens a list."""
    arch, specification = read_view(env, view, "list")

    def call():
        env.invalidate_all()
        before = env.cr.sql_log_count
        env["crm.lead"].web_search_read(
            domain,
            specification,
            limit=80,
            order=arch.get("default_order"),
            count_limit=10_001,
        )
        return env.cr.sql_log_count - before

    return call


def read_view(env, xmlid, kind):
    """The view's arch, and which fields the web client reads for it."""
    views = env["crm.lead"].get_views([(env.ref(xmlid).id, kind)])
    arch = etree.fromstring(views["views"][kind]["arch"])
    # in the order of the view: what is fetched first decides how many queries there are
    names = dict.fromkeys(node.get("name") for node in arch.iter("field"))
    fields = env["crm.lead"]._fields
    return arch, {name: read_specification(fields[name]) for name in names if name in fields}


def read_specification(field):
    """How the web client reads a field."""
    if field.type == "many2one":
        return {"fields": {"display_name": {}}}
    if field.name == "tag_ids":
        return {"fields": {"display_name": {}, "color": {}}}
    return {}
