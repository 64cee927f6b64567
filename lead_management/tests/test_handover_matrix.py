"""Every kind of offer, in every state, into every kind of project, with every kind of hours."""

import traceback
from itertools import product
from typing import NamedTuple

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_handover import TRACKINGS, HandoverCommon

OFFERS = ("none", "draft", "sent", "confirmed", "cancelled", "expired", "locked")
TARGETS = ("new", "template", "existing")
HOURS = ("none", "own", "several people", "some invoiced")
STAYING_FIELDS = ("project_id", "task_id", "account_id", "so_line", "amount", "unit_amount")


class Combination(NamedTuple):
    tracking: str
    offer: str
    target: str
    hours: str
    billable: bool


def all_combinations():
    """Every tracking, offer and target, each with two kinds of hours, one of them billed."""
    axes = product(enumerate(TRACKINGS), enumerate(OFFERS), enumerate(TARGETS))
    for (row, tracking), (column, offer), (layer, target) in axes:
        for billable in (False, True):
            hours = HOURS[(row + column + layer + 2 * billable) % len(HOURS)]
            yield Combination(tracking, offer, target, hours, (row + layer + billable) % 2 == 1)


COMBINATIONS = list(all_combinations())


@tagged("post_install", "-at_install")
class TestHandoverMatrix(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.create_template()
        cls.env.flush_all()

    def test_every_pair_of_kinds_is_among_the_combinations(self):
        self.assertEqual(len(COMBINATIONS), len(set(COMBINATIONS)))
        self.assertEqual(len(COMBINATIONS), 168)
        axes = (TRACKINGS, OFFERS, TARGETS, HOURS, (False, True))
        for first, kinds in enumerate(axes):
            for second in range(first):
                pairs = {(combination[first], combination[second]) for combination in COMBINATIONS}
                self.assertEqual(pairs, set(product(kinds, axes[second])))

    def test_offers_without_tracking(self):
        self._check_all("no")

    def test_offers_with_tasks_in_a_global_project(self):
        self._check_all("task_global_project")

    def test_offers_with_tasks_in_a_project_of_their_own(self):
        self._check_all("task_in_project")

    def test_offers_with_a_project_of_their_own(self):
        self._check_all("project_only")

    def _check_all(self, tracking):
        """Like subTest, which pytest stops at the first failure: here all of them are told."""
        failures, done = [], 0
        for combination in COMBINATIONS:
            if combination.tracking == tracking:
                with self.undone():
                    try:
                        self._check(combination)
                    except Exception:
                        failures.append(f"{combination}\n{traceback.format_exc(limit=-3)}")
                done += 1
        self.assertEqual(len(failures), 0, "\n".join(failures))
        self.assertEqual(done, 42)

    def _check(self, combination):
        lead, offer, lines, invoiced = self._create(combination)
        sums = self.read_hours(lines)
        stay = invoiced.read(STAYING_FIELDS)
        running = offer.project_id | offer.order_line.project_id
        sale_line = running.sale_line_id
        projects = self.count_projects()
        self.employees.write({"hourly_cost": 999})
        self._convert(lead, combination, running)
        self.env.flush_all()
        self.env.invalidate_all()
        project = lead.won_project_id
        self.assertEqual(len(project), 1)
        new = combination.target != "existing" and not running
        self.assertEqual(self.count_projects() - projects, int(new))
        self.assertEqual((lead.won_status, lead.project_state), ("won", "converted"))
        self._check_offer(offer, project, offer.order_line if new else sale_line)
        self.assertEqual(self.read_hours(self.all_hours()), sums)
        self.assertEqual(invoiced.read(STAYING_FIELDS), stay)
        self.assertHoursIn(lines - invoiced, project)
        for line in lines - invoiced:
            billed = combination.billable and offer.state == "sale"
            self.assertEqual(line.so_line, offer.order_line if billed else sale_line.browse())
            self.assertTrue(line.is_so_line_edited or combination.billable)
        self._check_nothing_happens_twice(lead)

    def _create(self, combination):
        lead = self.create_lead(stage="negotiation", partner_id=self.partner.id)
        offer = self.env["sale.order"]
        if combination.offer != "none":
            offer = self.create_offer(lead, products=self.products[combination.tracking])
            self._bring_to_state(offer, combination.offer)
        lines = self.env["account.analytic.line"]
        if combination.hours != "none":
            lines |= self.record_many_hours(lead, hours=1.25, dates=["2026-03-02", "2026-03-03"])
        if combination.hours in HOURS[2:]:
            lines |= self.record_hours(lead, self.employee_2, 3)
            subtask = self.create_ticket(lead, parent_id=lines.task_id[:1].id)
            lines |= self.record_hours(lead, self.employee_2, 0.5, task_id=subtask.id)
        invoiced = lines[:1] if combination.hours == "some invoiced" else lines.browse()
        invoiced.timesheet_invoice_id = self.invoice
        self.env.flush_all()
        self.assertEqual(len(lines), (0, 2, 4, 4)[HOURS.index(combination.hours)])
        return lead, offer, lines, invoiced

    def _bring_to_state(self, offer, state):
        own = offer.with_user(self.salesperson)
        if state == "sent":
            own.action_quotation_sent()
        elif state in ("confirmed", "locked"):
            own.action_confirm()
        elif state == "cancelled":
            own.action_cancel()
        elif state == "expired":
            own.validity_date = "2020-01-31"
        if state == "locked":
            own.action_lock()

    def _convert(self, lead, combination, running):
        """By the dialog, into what is asked for; where an order runs already, into its project."""
        choices = {"hours_billable": combination.billable, "project_template_id": False}
        dialog = self.open_won_dialog(lead, self.salesperson, **choices)
        self.assertEqual(dialog.project_id.sudo(), running)
        self.assertEqual(dialog.target, "existing" if running else "new")
        if running:
            dialog.target = "new"
            with self.assertRaisesRegex(UserError, "existing project"):
                dialog.action_convert()
            dialog.target = "existing"
        elif combination.target == "existing":
            dialog.write({"target": "existing", "project_id": self.target.id})
        elif combination.target == "template":
            dialog.project_template_id = self.template
        dialog.action_convert()
        if running or combination.target == "existing":
            self.assertEqual(lead.won_project_id, running or self.target)
        elif combination.target == "template":
            self.assertIn("Kick-off", lead.won_project_id.task_ids.mapped("name"))
            self.assertEqual(lead.won_project_id[self.department], self.departments[1])

    def _check_offer(self, offer, project, sale_line):
        if offer.state == "cancel":
            self.assertFalse(offer.project_id)
        elif offer:
            tracking = offer.order_line.product_id.service_tracking
            self.assertEqual(offer.state, "sale")
            self.assertEqual(offer.project_id, project)
            self.assertLessEqual(offer.order_line.project_id, project)
            self.assertEqual(project.sale_line_id, sale_line)
            if tracking == "task_in_project":
                self.assertEqual(offer.order_line.task_id.project_id, project)
            if tracking in ("task_in_project", "project_only"):
                self.assertEqual(offer.order_line.project_id, project)
        accounts = offer.order_line.distribution_analytic_account_ids
        self.assertFalse(accounts & self.lead_project._get_analytic_accounts())

    def _check_nothing_happens_twice(self, lead):
        """Winning again opens the project, or the dialog when something stayed behind."""

        def state():
            self.env.flush_all()
            return {
                "projects": (self.count_projects(), lead.won_project_id),
                "tickets": lead.task_ids.ids,
                "where tickets are": lead.task_ids.read(["project_id", "state"]),
                "hours": self.all_hours().sorted("id").read(STAYING_FIELDS),
            }

        before = state()
        if lead.with_user(self.salesperson).action_won()["res_model"] == "crm.lead.won":
            self.convert(lead, self.salesperson)
        for what, now in state().items():
            self.assertEqual(now, before[what], f"won again: {what}")
