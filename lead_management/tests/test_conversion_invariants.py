"""Whatever happens to a lead, recorded work stays what it was: per employee and day."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common import LeadManagementCommon

DAYS = [f"2026-03-{day:02}" for day in range(2, 7)]
HOURS = st.lists(
    st.tuples(
        st.integers(0, 2),  # the lead
        st.integers(0, 2),  # the employee
        st.sampled_from(DAYS),
        st.integers(1, 40).map(lambda quarters: quarters / 4),
    ),
    min_size=1,
    max_size=8,
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ("convert", "decline", "restore", "raise cost", "invoice", "drag", "merge", "none")
        ),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=6,
)


@tagged("post_install", "-at_install")
class TestConversionInvariants(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.create_partner()
        cls.employees = cls.employee | cls.employee_2 | cls.timesheet_employee
        cls.invoice = cls.create_invoice()

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(hours=HOURS, steps=STEPS, billable=st.booleans())
    def _check_sums_stay(self, hours, steps, billable):
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            self._run_example(hours, steps, billable)
        finally:
            self.env.clear()
            savepoint.close(rollback=True)
            self.env.clear()

    def test_sums_per_employee_and_day_stay_whatever_happens(self):
        self._check_sums_stay()

    def _run_example(self, hours, steps, billable):
        leads = self.create_leads(3, stage="negotiation", partner_id=self.partner.id)
        lines = self.env["account.analytic.line"]
        for lead, employee, day, duration in hours:
            lines |= self.record_hours(leads[lead], self.employees[employee], duration, day)
        before = self.read_hours(lines)
        for step, number in steps:
            lead = leads.exists()[number : number + 1]
            if lead:
                self._step(step, lead, leads.exists(), billable)
            self.env.flush_all()
            self.assertEqual(self.read_hours(lines), before, f"after {step}")
        for line in lines:
            self.assertEqual(line.task_id.project_id, line.project_id)
            self.assertEqual(line.account_id, line.project_id.account_id)
            self.assertEqual(line.lead_id, line.task_id.lead_id)
        for lead in leads.exists():
            recorded = sum(
                lines.filtered(lambda line, lead=lead: line.lead_id == lead).mapped("unit_amount")
            )
            self.assertEqual(lead.effective_hours, recorded)

    def _step(self, step, lead, leads, billable):
        if step == "convert" and not lead.project_id and lead.active:
            self.convert(lead, self.salesperson, hours_billable=billable)
        elif step == "none" and not lead.project_id and lead.active:
            self.convert(lead, self.salesperson, target="none")
        elif step == "decline" and lead.won_status == "pending":
            lead.action_set_lost(lost_reason_id=self.reason.id)
        elif step == "restore" and not lead.active:
            lead.action_restore()
        elif step == "drag" and lead.active:
            won = lead.won_status == "won"
            lead.stage_id = self.stages["opened" if won else "won"]
        elif step == "raise cost":
            self.employees.write({"hourly_cost": 999})
        elif step == "invoice":
            lead.timesheet_ids[:1].timesheet_invoice_id = self.invoice
        elif step == "merge" and len(leads) > 1:
            unconverted = leads.filtered(lambda other: not other.project_id and other.active)
            if len(unconverted) > 1:
                unconverted[:2].merge_opportunity()
