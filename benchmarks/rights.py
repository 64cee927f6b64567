"""What it costs that a lead's figures follow the rules of the lead, whatever these are.

Against the same questions in sudo mode, with the salesperson's rule written over the report's
own columns, as a copied rule would have it.
"""

from odoo.api import Environment
from odoo.fields import Domain

from benchmarks.pipeline import GROUPS, PIPELINE, default_domain
from benchmarks.timing import best_of, compare

ADMIN = 2
TARGET = 1.1
TIMES = 7
SPECIFICATION = {"lead_id": {"fields": {"display_name": {}}}, "date": {}, "amount": {}}
SALES = "sales_team.group_sale_salesman"
ALL_DOCUMENTS = "sales_team.group_sale_salesman_all_leads"


def measure(loaded):
    """Yield one row per role and question."""
    with loaded.addon.cursor() as cr:
        env = Environment(cr, ADMIN, {})
        user = env["res.users"].search([("login", "=", "bench0")])
        for group in (SALES, ALL_DOCUMENTS):
            user.group_ids = env.ref(group) | env.ref("base.group_user")
            env.flush_all()
            for name, question in (("pivot", pivot), ("list", first_rows)):
                yield against_copied_rule(Environment(cr, user.id, {}), name, question, group)
        cr.rollback()


def against_copied_rule(env, name, question, group):
    """Ask in the user's rights and in sudo mode with the copied rule; both say the same."""
    domain = Domain(default_domain(env))
    copied = Domain("company_id", "in", [False, *env.companies.ids])
    if group == SALES:
        copied &= Domain("user_id", "in", [False, env.uid])
    rights, plain = best_of(
        TIMES,
        lambda: question(env, domain),
        lambda: question(env(su=True), domain & copied),
    )
    assert rights.result == plain.result and plain.result, "the two ways differ"
    role = "own documents" if group == SALES else "all documents"
    title = f"pipeline, {name}, salesperson with {role}"
    return compare(title, rights, plain, TARGET, "a copied rule")


def pivot(env, domain):
    """What the pivot asks for."""
    env.invalidate_all()
    groups = [[], ["date:quarter"], ["stage_id"], GROUPS]
    sums = ["amount:sum", "amount_weighted:sum", "__count"]
    return env[PIPELINE].formatted_read_grouping_sets(domain, groups, sums)


def first_rows(env, domain):
    """What the list asks for."""
    env.invalidate_all()
    return env[PIPELINE].web_search_read(domain, SPECIFICATION, limit=80, count_limit=10_001)
