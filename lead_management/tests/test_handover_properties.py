"""Whatever happens to a lead, in whatever order: recorded work stays, and there is one project."""

from collections import Counter, defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common_handover import OPTIONS, TRACKINGS, HandoverCommon

DAYS = [f"2026-03-{day:02}" for day in range(2, 7)]
STEPS = (
    *("convert new", "convert existing", "convert none", "decline", "restore", "reopen", "drag"),
    *("win again", "raise cost", "record", "record on ticket", "close ticket", "invoice"),
)
# which ticket or lead, which employee, day, duration
LINES = st.tuples(
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(DAYS),
    st.integers(1, 40).map(lambda quarters: quarters / 4),
)
CHOICE = st.integers(0, 999)  # one of the steps that are possible then
ONE_LEAD = {
    "tickets": st.integers(1, 3),
    "lines": st.lists(LINES, max_size=8),
    "offers": st.lists(st.tuples(st.sampled_from(TRACKINGS), st.booleans()), max_size=2),
    "steps": st.lists(st.tuples(CHOICE, LINES), min_size=3, max_size=7),
    "billable": st.booleans(),
}
SEVERAL_STEPS = ("convert", "convert existing", "decline", "restore", "drag", "merge", "invoice")
SEVERAL_LEADS = {
    "lines": st.lists(LINES, min_size=1, max_size=8),
    "steps": st.lists(
        st.tuples(CHOICE, st.sets(st.integers(0, 2), min_size=1)), min_size=2, max_size=6
    ),
}


@tagged("post_install", "-at_install")
class TestHandoverProperties(HandoverCommon):
    def setUp(self):
        super().setUp()
        self.examples = 0
        self.taken = Counter()

    def test_one_lead_of_which_nothing_is_known(self):
        self._check_one_lead()
        self.assertGreaterEqual(self.examples, 160)
        self.assertEqual(set(self.taken), set(STEPS))
        self.assertGreaterEqual(min(self.taken.values()), 3, self.taken)

    def test_several_leads_won_and_merged_together(self):
        self._check_several_leads()
        self.assertGreaterEqual(self.examples, 40)
        self.assertGreaterEqual(min(self.taken["convert"], self.taken["merge"]), 5, self.taken)

    @settings(max_examples=160, **OPTIONS)
    @given(**ONE_LEAD)
    def _check_one_lead(self, tickets, lines, offers, steps, billable):
        self.examples += 1
        with self.undone():
            self._start()
            lead = self.create_lead(stage="negotiation", partner_id=self.partner.id)
            self._create_tickets(lead, tickets)
            for line in lines:
                self._record_on_ticket(lead, line)
            for tracking, confirmed in offers:
                offer = self.create_offer(lead, products=self.products[tracking])
                if confirmed:
                    offer.with_user(self.salesperson).action_confirm()
            projects = self.count_projects()
            self._projects = projects + int(not self._running_projects(lead))
            self._check("start", lead)
            for choice, line in steps:
                possible = [step for step in STEPS if self._is_possible(step, lead)]
                step = possible[choice % len(possible)]
                if step == "convert none":
                    self._projects = projects + 1  # core makes the one of the confirmed offer
                self._take(step, lead, line, billable)
                self._check(step, lead)

    @settings(max_examples=40, **OPTIONS)
    @given(**SEVERAL_LEADS)
    def _check_several_leads(self, lines, steps):
        self.examples += 1
        with self.undone():
            self._start()
            leads = self.create_leads(3, stage="negotiation", partner_id=self.partner.id)
            self._projects = self.count_projects() + 3
            for number, *work in lines:
                self._record(*work, lead_id=leads[number].id)
            for choice, numbers in steps:
                chosen = leads.browse(leads[number].id for number in numbers).exists()
                chosen = chosen or leads.exists()
                possible = [s for s in SEVERAL_STEPS if self._is_possible_together(s, chosen)]
                step = possible[choice % len(possible)]
                self._take_several(step, chosen)
                self._check(step, leads.exists())

    # ------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------

    def _start(self):
        self._expected = defaultdict(lambda: [0.0, 0.0])
        self._presales = self.env["account.analytic.line"]  # recorded before there was a project

    def _create_tickets(self, lead, count):
        """The lead's ticket, a second one, and a part of the first one."""
        first = lead._get_or_create_tickets()[lead]
        if count > 1:
            self.create_ticket(lead)
        if count > 2:
            self.create_ticket(lead, lead_id=False, parent_id=first.id)

    def _record(self, employee, day, hours, **values):
        employee = self.employees[employee]
        values = {"name": "Work", "date": day, "unit_amount": hours, **values}
        line = self.env["account.analytic.line"].create({"employee_id": employee.id, **values})
        sums = self._expected[employee.id, line.date]
        sums[0] += hours
        sums[1] -= hours * employee.hourly_cost
        if line.project_id == self.lead_project:
            self._presales |= line
        return line

    def _record_on_ticket(self, lead, line):
        number, *work = line
        self._record(*work, task_id=lead.task_ids[number % len(lead.task_ids)].id)

    def _is_possible(self, step, lead):
        conditions = {
            "convert": not lead.won_project_id,
            "decline": lead.won_status == "pending",
            "restore": not lead.active,
            "reopen": lead.won_status == "won",
            "drag": lead.active and lead.won_status != "won",
            "win again": bool(lead.won_project_id),
            "invoice": bool(lead.timesheet_ids),
        }
        return conditions.get("convert" if step.startswith("convert") else step, True)

    def _take(self, step, lead, line, billable):
        self.taken[step] += 1
        own = lead.with_user(self.salesperson)
        if step.startswith("convert"):
            self._convert(lead, step.removeprefix("convert "), billable)
        elif step == "decline":
            own.action_set_lost(lost_reason_id=self.reason.id)
        elif step == "restore":
            own.action_restore()
        elif step in ("reopen", "drag"):
            own.stage_id = self.stages["opened" if step == "reopen" else "won"]
        elif step == "win again":
            project = lead.won_project_id
            if own.action_won()["res_model"] == "crm.lead.won":  # something stayed behind
                self.convert(lead, self.salesperson, hours_billable=billable)
            self.assertEqual((lead.won_status, lead.won_project_id), ("won", project))
        elif step == "raise cost":
            self._raise_costs()
        elif step == "record":
            recorded = self._record(*line[1:], lead_id=lead.id)
            self.assertEqual(recorded.project_id, lead.won_project_id or self.lead_project)
        elif step == "record on ticket":
            self._record_on_ticket(lead, line)
        elif step == "close ticket":
            lead.task_ids[line[0] % len(lead.task_ids)].state = "1_done"
        elif step == "invoice":
            lead.timesheet_ids.sorted()[:1].timesheet_invoice_id = self.invoice

    def _convert(self, leads, target, billable=False):
        """Into what is asked for, or where an order runs already; work costs more by then."""
        self._raise_costs()
        running = self._running_projects(leads)
        values = {"hours_billable": billable, "project_template_id": False}
        if target == "existing" or len(running) > 1:
            values["project_id"] = (running[:1] or self.target).id
        elif target == "none" or not running:
            values["target"] = target
        self.open_won_dialog(leads, self.salesperson, **values).action_convert()

    def _raise_costs(self):
        for employee in self.employees:
            employee.hourly_cost += 7

    def _running_projects(self, leads):
        return leads._get_order_projects(leads.order_ids)

    def _is_possible_together(self, step, leads):
        conditions = {
            "convert": not leads.won_project_id,
            "convert existing": not leads.won_project_id,
            "decline": set(leads.mapped("won_status")) == {"pending"},
            "restore": not any(leads.mapped("active")),
            "drag": all(leads.mapped("active")),
            "merge": len(leads) > 1 and len(leads.won_project_id) < 2,
            "invoice": bool(leads.timesheet_ids),
        }
        return conditions[step]

    def _take_several(self, step, leads):
        self.taken[step] += 1
        own = leads.with_user(self.salesperson)
        if step.startswith("convert"):
            self._convert(leads, "existing" if step.endswith("existing") else "new")
        elif step == "decline":
            own.action_set_lost(lost_reason_id=self.reason.id)
        elif step == "restore":
            own.action_restore()
        elif step == "drag":
            own.stage_id = self.stages["opened" if leads[0].won_status == "won" else "won"]
        elif step == "merge":
            own.merge_opportunity()
        elif step == "invoice":
            leads.timesheet_ids.sorted()[:1].timesheet_invoice_id = self.invoice

    # ------------------------------------------------------------
    # What must be true after every step
    # ------------------------------------------------------------

    def _check(self, step, leads):
        self.env.flush_all()
        self.env.invalidate_all()
        lines = self.all_hours()
        sums = {key: tuple(map(float, value)) for key, value in self.read_hours(lines).items()}
        expected = {key: tuple(value) for key, value in self._expected.items()}
        self.assertEqual(sums, expected, step)
        for line in lines:
            if not line.timesheet_invoice_id:
                self.assertEqual(line.project_id, line.task_id.project_id, step)
            self.assertEqual(line.account_id, line.project_id.account_id, step)
            self.assertEqual(line[self.department], line.project_id[self.department], step)
        self.assertLessEqual(self._presales.lead_id, leads, step)
        self.assertTrue(all(line.lead_id for line in self._presales), step)
        for lead in leads:
            self.assertLessEqual(len(lead.won_project_id), 1)
            self.assertEqual(lead.project_state == "converted", bool(lead.won_project_id), step)
            recorded = lines.filtered(lambda line, lead=lead: line.lead_id == lead)
            self.assertEqual(lead.effective_hours, sum(recorded.mapped("unit_amount")), step)
        self.assertLessEqual(self.count_projects(), self._projects, step)
