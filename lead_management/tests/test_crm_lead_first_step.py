"""The first follow-up, written down with a new lead: planned once, for its owner."""

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .test_crm_lead_follow_up_plan import PlanCommon
from .test_crm_lead_follow_up_snooze import CALL, TODO

QUICK_CREATE = "lead_management.crm_lead_view_form_quick_create"


@tagged("post_install", "-at_install")
class TestFirstStep(PlanCommon):
    def write_down(self, user=None, **values):
        """A lead as quick create saves it."""
        leads = self.env["crm.lead"].with_user(user or self.salesperson)
        values = {"name": "Heat pump", **values}
        lead = leads.browse(leads.web_save(values, {"display_name": {}})[0]["id"])
        self.env.invalidate_all()
        return lead.sudo()

    def test_planned_for_the_owner_and_nobody_follows_twice(self):
        lead = self.write_down(first_step=" Send samples ", first_step_date=str(self.day(3)))
        self.assertRecordValues(
            lead.activity_ids,
            [
                {
                    "summary": "Send samples",
                    "date_deadline": self.day(3),
                    "user_id": self.salesperson.id,
                    "activity_type_id": self.env.ref(TODO).id,
                    "automated": False,
                }
            ],
        )
        self.assertEqual(lead.next_follow_up, self.day(3))
        self.assertEqual(lead.message_partner_ids, self.salesperson.partner_id)
        self.assertEqual(len(lead.message_follower_ids), 1)

    def test_lead_of_a_colleague_is_his_to_go_on_with(self):
        lead = self.write_down(
            self.sales_manager, first_step="Send samples", user_id=self.salesperson_2.id
        )
        self.assertEqual(lead.activity_ids.user_id, self.salesperson_2)
        partners = lead.message_follower_ids.mapped("partner_id")
        self.assertEqual(len(lead.message_follower_ids), len(partners))

    def test_without_an_owner_whoever_writes_it_down_goes_on(self):
        lead = self.write_down(self.sales_all, first_step="Ask", user_id=False, team_id=False)
        self.assertEqual(lead.activity_ids.user_id, self.sales_all)

    def test_name_of_a_type_is_the_type(self):
        step = self.write_down(first_step="call").activity_ids
        self.assertEqual(step.activity_type_id, self.env.ref(CALL))
        self.assertFalse(step.summary)

    def test_day_alone_and_step_alone(self):
        day = self.write_down(first_step_date=str(self.day(5)))
        self.assertEqual(day.activity_ids.date_deadline, self.day(5))
        self.assertEqual(day.activity_ids.activity_type_id, self.env.ref(TODO))
        step = self.write_down(first_step="Ask")
        self.assertEqual(step.activity_ids.date_deadline, self.day(1))

    def test_no_day_comes_while_somebody_types_one(self):
        """A day that the server fills in replaces what is typed until it comes."""
        leads = self.env["crm.lead"].with_user(self.salesperson)
        with Form(leads, QUICK_CREATE) as form:
            form.name = "Heat pump"
            form.first_step = "Ask"
            self.assertFalse(form.first_step_date)
        self.assertEqual(form.record.activity_ids.date_deadline, self.day(1))

    def test_nothing_written_plans_nothing(self):
        self.assertFalse(self.write_down(first_step=" ", first_step_date=False).activity_ids)

    def test_plan_of_the_stage_stands_beside_it_without_doubling_it(self):
        other = self.write_down(first_step="Send samples", stage_id=self.stage.id)
        self.assertEqual(
            sorted(other.activity_ids.mapped("summary")), ["Call", "Send samples", "Visit"]
        )
        same = self.write_down(first_step="visit", stage_id=self.stage.id)
        self.assertEqual(sorted(same.activity_ids.mapped("summary")), ["Call", "visit"])
        self.assertFalse(
            same.activity_ids.filtered(lambda step: step.summary == "visit").lead_plan_id
        )

    def test_several_leads_cost_no_more_queries_each(self):
        def create(count, **values):
            rows = [{"name": f"New {n}", **values} for n in range(count)]
            leads = self.env["crm.lead"].with_user(self.salesperson)
            return self.count_queries(lambda: leads.create(rows))

        def extra(count):
            return create(count, first_step="Ask") - create(count)

        extra(2)
        few, many = extra(10), extra(20)
        # per 10 leads more: the prefetch of core's own loops over followers
        self.assertLessEqual(many, few + 2)


@tagged("post_install", "-at_install")
class TestNextStep(PlanCommon):
    def test_done_from_the_form_is_the_earliest_one(self):
        self.plan(days=4, summary="Later")
        first = self.plan(days=1)
        action = self.as_seller(self.lead).action_next_step_done()
        self.assertEqual(action["context"]["default_activity_id"], first.id)

    def test_nothing_open_says_so(self):
        with self.assertRaisesRegex(UserError, "no open follow-up"):
            self.as_seller(self.lead).action_next_step_done()

    def test_planning_one_from_the_form(self):
        action = self.as_seller(self.lead).action_plan_next_step()
        dialogs = self.env[action["res_model"]].with_user(self.salesperson)
        dialog = dialogs.with_context(**action["context"]).create(
            {"activity_type_id": self.env.ref(CALL).id, "date_deadline": self.day(2)}
        )
        dialog.action_schedule_activities()
        self.env.invalidate_all()
        self.assertEqual(self.lead.next_follow_up, self.day(2))
        self.assertEqual(self.lead.activity_ids.activity_type_id, self.env.ref(CALL))
