"""Handed over and taken back in whatever order: everything is as before, every time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common_handover import OPTIONS, TRACKINGS
from .common_take_back import TakeBackCommon

DAYS = [f"2026-03-{day:02}" for day in range(2, 7)]
TARGETS = ("new", "template", "existing")
LINES = st.tuples(st.integers(0, 1), st.integers(0, 2), st.sampled_from(DAYS), st.integers(1, 40))
ROUNDS = st.tuples(
    st.sampled_from(TARGETS),
    st.sampled_from(("quotation", "keep")),
    st.booleans(),  # whether the offers are confirmed
    st.booleans(),  # whether the hours are billed
    st.sets(st.integers(0, 1), min_size=1),  # the leads, in the order they are taken back
    st.booleans(),  # whether that is turned round
)
CASES = {
    "lines": st.lists(LINES, max_size=8),
    "offers": st.lists(st.tuples(st.integers(0, 1), st.sampled_from(TRACKINGS)), max_size=2),
    "done": st.booleans(),
    "invoiced": st.booleans(),
    "rounds": st.lists(ROUNDS, min_size=1, max_size=3),
}


@tagged("post_install", "-at_install")
class TestTakeBackProperties(TakeBackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.create_template()
        cls.env.flush_all()

    def test_whatever_was_handed_over_is_as_before(self):
        self.examples = 0
        self._check()
        self.assertGreaterEqual(self.examples, 60)

    @settings(max_examples=60, **OPTIONS)
    @given(**CASES)
    def _check(self, lines, offers, done, invoiced, rounds):
        self.examples += 1
        with self.undone():
            leads = self.create_leads(2, stage="negotiation", partner_id=self.partner.id)
            for number, employee, day, quarters in lines:
                self.record_hours(leads[number], self.employees[employee], quarters / 4, date=day)
            for number, tracking in offers:
                self.create_offer(leads[number], products=self.products[tracking])
            if done and leads.task_ids:
                leads.task_ids[0].state = "1_done"
            if invoiced and leads.timesheet_ids:
                leads.timesheet_ids[0].timesheet_invoice_id = self.invoice
            for target, choice, confirm, billable, numbers, is_turned in rounds:
                chosen = leads.browse(leads[number].id for number in sorted(numbers))
                before = self._look(leads)
                if not self._hand_over(chosen, target, confirm, billable):
                    continue
                kept = choice == "keep" and confirm
                for lead in reversed(chosen) if is_turned else chosen:
                    values = {"order_choice": choice} if lead.order_ids else {}
                    self.take_back(lead, **values)
                    self.assertFalse(lead.won_project_id)
                self._compare(before, self._look(leads), kept)

    def _hand_over(self, leads, target, confirm, billable):
        """Into what is asked for, where no kept order runs elsewhere; returns whether it was."""
        self.employees.write({"hourly_cost": 999})
        values = {
            "confirm_order": confirm,
            "hours_billable": billable,
            "project_template_id": self.template.id if target == "template" else False,
        }
        running = leads._get_order_projects(leads.order_ids)
        if running:
            values["project_id"] = running[:1].id
        elif target == "existing":
            values["project_id"] = self.target.id
        else:
            values["target"] = "new"
        self.open_won_dialog(leads, self.salesperson, **values).action_convert()
        self.env.flush_all()
        self.env.invalidate_all()
        return True

    def _look(self, leads):
        self.env.flush_all()
        self.env.invalidate_all()
        lines = self.all_hours().sorted("id")
        tickets = leads.task_ids.sorted("id")
        return {
            "sums": self.read_hours(lines),
            "projects": self.count_active(),
            "hours": lines.read(
                ["project_id", "task_id", "lead_id", "so_line", "account_id", "partner_id"]
            ),
            "tickets": tickets.read(["project_id", "parent_id", "state", "stage_id", "active"]),
            "leads": leads.read(
                ["stage_id", "probability", "type", "won_status", "project_state", "won_project_id"]
            ),
            "orders": leads.order_ids.sorted("id").read(["state", "project_id", "date_order"]),
            "lines": leads.order_ids.order_line.sorted("id").read(
                ["project_id", "analytic_distribution", "qty_delivered"]
            ),
        }

    def _compare(self, before, after, kept):
        for what, value in before.items():
            if kept and what in ("orders", "lines"):
                continue  # that is what was chosen
            self.assertEqual(after[what], value, what)
