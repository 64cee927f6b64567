"""Qualified or not: the decision about a lead, for one and for many."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Date
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestNotQualified(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(stage="first_contact")
        cls.too_early = cls.env.ref("lead_management.lost_reason_too_early")
        cls.later = Date.add(cls.today(), days=90)

    def _open(self, leads, user=None):
        action = leads.with_user(user or self.salesperson).action_not_qualified()
        dialogs = self.env[action["res_model"]].with_user(user or self.salesperson)
        return Form(dialogs.with_context(**action["context"]))

    def test_dialog_declines_and_parks(self):
        leads = self.lead | self.create_lead(stage="new")
        dialog = self._open(leads)
        self.assertEqual(dialog.kind, "not_qualified")
        dialog.lost_reason_id = self.too_early
        dialog.wake_up_date = self.later
        dialog.save().action_lost_reason_apply()
        self.assertEqual(leads.mapped("won_status"), ["lost", "lost"])
        self.assertEqual(leads.lost_reason_id, self.too_early)
        self.assertEqual(leads.mapped("wake_up_date"), [self.later, self.later])
        self.assertFalse(leads.activity_ids)

    def test_dialog_without_a_day(self):
        dialog = self._open(self.lead)
        dialog.lost_reason_id = self.too_early
        dialog.save().action_lost_reason_apply()
        self.assertEqual(self.lead.won_status, "lost")
        self.assertFalse(self.lead.wake_up_date)

    def test_dialog_refuses_a_day_that_is_past(self):
        dialog = self._open(self.lead)
        dialog.lost_reason_id = self.too_early
        dialog.wake_up_date = self.today()
        with self.assertRaisesRegex(UserError, "past"):
            dialog.save().action_lost_reason_apply()
        self.assertEqual(self.lead.won_status, "pending")

    def test_another_kind_takes_another_reason(self):
        dialog = self._open(self.lead)
        dialog.lost_reason_id = self.too_early
        dialog.kind = "we_declined"
        self.assertFalse(dialog.lost_reason_id)
        dialog.lost_reason_id = self.env.ref("lead_management.lost_reason_not_our_business")
        dialog.save()

    def test_reasons_of_each_kind_are_there(self):
        kinds = self.env["crm.lost.reason"].search([]).mapped("kind")
        self.assertLessEqual({"customer_declined", "we_declined", "not_qualified"}, set(kinds))

    def test_won_lead_cannot_be_not_qualified(self):
        self.lead.action_set_won()
        with self.assertRaisesRegex(UserError, "Bathroom Huber"):
            self.lead.action_not_qualified()

    def test_parked_by_code(self):
        self.lead.action_set_lost(lost_reason_id=self.too_early.id, wake_up_date=self.later)
        self.assertEqual((self.lead.won_status, self.lead.wake_up_date), ("lost", self.later))
        self.assertFalse(self.lead.is_on_hold)

    # ------------------------------------------------------------
    # Qualified
    # ------------------------------------------------------------

    def test_qualified_lead_enters_the_first_stage_for_opportunities(self):
        leads = self.lead | self.create_lead(stage="new")
        leads.with_user(self.salesperson).action_qualify()
        self.assertEqual(set(leads.mapped("type")), {"opportunity"})
        self.assertEqual(leads.stage_id, self.stages["converted"])
        self.assertProbability(self.lead, 30)
        self.assertTrue(self.lead.date_conversion)
        self.assertFalse(self.lead.partner_id)
        self.assertEqual((self.lead.team_id, self.lead.user_id), (self.team, self.salesperson))

    def test_each_team_has_its_own_first_stage(self):
        team = self.env["crm.team"].create({"name": "Own Stages", "company_id": self.company.id})
        own = [
            self.env["crm.stage"].create(
                {"name": name, "team_ids": team.ids, "sequence": -5 + number, "lead_type": kind}
            )
            for number, (name, kind) in enumerate([("In", "lead"), ("Go", "opportunity")])
        ]
        other = self.create_lead(team_id=team.id, stage_id=own[0].id)
        (self.lead | other).action_qualify()
        self.assertEqual(other.stage_id, own[1])
        self.assertEqual(self.lead.stage_id, self.stages["converted"])

    def test_lead_in_a_stage_for_both_keeps_it(self):
        stage = self.env["crm.stage"].create({"name": "Both", "sequence": 500})
        lead = self.create_lead(stage_id=stage.id, type="lead")
        lead.action_qualify()
        self.assertEqual((lead.type, lead.stage_id), ("opportunity", stage))

    def test_opportunity_stays_as_it_is(self):
        lead = self.create_lead(stage="negotiation")
        before = lead.date_conversion
        lead.action_qualify()
        self.assertEqual(lead.stage_id, self.stages["negotiation"])
        self.assertEqual(lead.date_conversion, before)

    def test_decided_leads_are_not_qualified_again(self):
        won = self.create_lead(name="Won one", stage="won")
        declined = self.create_lead(name="Declined one", stage="new")
        declined.action_set_lost(lost_reason_id=self.reason.id)
        for lead in (won, declined):
            with self.assertRaisesRegex(UserError, lead.name):
                (self.lead | lead).action_qualify()
        self.assertEqual(self.lead.type, "lead")

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_who_may_not_change_the_lead_is_refused(self):
        for user in (self.salesperson_2, self.timesheet_user, self.portal_user):
            lead = self.lead.with_user(user)
            for action in (lead.action_qualify, lead.action_not_qualified):
                with self.assertRaises(AccessError):
                    action()

    def test_qualifying_costs_no_query_per_lead(self):
        def qualify(count):
            leads = self.create_leads(count, stage="new")
            return self.count_queries(leads.action_qualify)

        qualify(2)
        few, many = qualify(100), qualify(200)
        self.assertLess(many - few, 50, f"{few} queries for 100 leads, {many} for 200")
