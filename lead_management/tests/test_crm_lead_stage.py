"""The probability of a lead: the stage sets it, and nothing else changes it."""

from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.crm.models.crm_lead import CrmLead as CoreCrmLead

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestStageProbability(LeadManagementCommon):
    def test_entering_a_stage_gives_its_default(self):
        lead = self.create_lead(stage="new")
        for name, probability in (
            ("in_progress", 5),
            ("first_contact", 10),
            ("needs_analysis", 20),
            ("converted", 30),
            ("opened", 50),
            ("offer_made", 75),
            ("negotiation", 90),
            ("opened", 50),
        ):
            lead.stage_id = self.stages[name]
            self.assertProbability(lead, probability)

    def test_salesperson_moves_own_lead(self):
        lead = self.create_lead(stage="new").with_user(self.salesperson)
        lead.write({"stage_id": self.stages["offer_made"].id})
        self.assertProbability(lead, 75)

    def test_entering_a_stage_in_batch_gives_each_lead_the_default(self):
        leads = self.create_leads(3, stage="new")
        leads[1].probability = 60
        leads[2].stage_id = self.stages["first_contact"]
        leads.write({"stage_id": self.stages["opened"].id})
        for lead in leads:
            self.assertProbability(lead, 50)

    def test_probability_in_the_same_write_wins(self):
        lead = self.create_lead(stage="new")
        lead.write({"stage_id": self.stages["opened"].id, "probability": 33})
        self.assertProbability(lead, 33, automatic=False)
        self.assertEqual(lead.automated_probability, 50)

    def test_entering_replaces_a_manual_probability(self):
        lead = self.create_lead(stage="new")
        lead.probability = 42
        lead.stage_id = self.stages["opened"]
        self.assertProbability(lead, 50)

    def test_stage_that_keeps_manual_probabilities(self):
        self.stages["opened"].keep_manual_probability = True
        manual, automatic = self.create_leads(2, stage="new")
        manual.probability = 42
        (manual | automatic).write({"stage_id": self.stages["opened"].id})
        self.assertProbability(manual, 42, automatic=False)
        self.assertEqual(manual.automated_probability, 50, "the reset button's value")
        self.assertProbability(automatic, 50)

    def test_writing_the_stage_it_is_in_changes_nothing(self):
        lead = self.create_lead(stage="opened")
        lead.probability = 42
        lead.write({"stage_id": self.stages["opened"].id})
        self.assertProbability(lead, 42, automatic=False)

    def test_creating_without_probability_gives_the_default(self):
        self.assertProbability(self.create_lead(stage="needs_analysis"), 20)
        self.assertProbability(self.create_lead(), 5)

    def test_creating_with_probability_keeps_it(self):
        self.assertProbability(self.create_lead(stage="opened", probability=12), 12, False)
        self.assertProbability(self.create_lead(probability=13), 13, False)

    def test_creating_a_batch_of_mixed_leads(self):
        stages = self.stages
        leads = self.env["crm.lead"].create(
            [
                {"name": "a", "stage_id": stages["opened"].id},
                {"name": "b", "stage_id": stages["opened"].id, "probability": 1},
                {"name": "c"},
                {"name": "d", "probability": 0},
                {"name": "e", "stage_id": stages["won"].id},
            ]
        )
        self.assertEqual(leads.mapped("probability"), [50, 1, 5, 0, 100])

    def test_zero_is_a_legal_manual_probability(self):
        lead = self.create_lead(stage="opened")
        lead.probability = 0
        self.assertProbability(lead, 0, automatic=False)
        self.assertEqual(lead.won_status, "pending")
        created = self.create_lead(stage="opened", probability=0)
        self.assertProbability(created, 0, automatic=False)
        self.assertTrue(created.active)
        lead.write({"stage_id": self.stages["offer_made"].id, "probability": 0})
        self.assertProbability(lead, 0, automatic=False)

    def test_other_fields_change_no_probability(self):
        automatic, manual = self.create_leads(2, stage="opened")
        manual.probability = 42
        team = self.env["crm.team"].create({"name": "Other Team"})
        for vals in (
            {"tag_ids": [Command.link(self.tag.id)]},
            {"tag_ids": [Command.clear()]},
            {"email_from": "maria@test.example.com", "phone": "+43 1 234567"},
            {"country_id": self.env.ref("base.at").id},
            {"user_id": self.salesperson_2.id},
            {"team_id": team.id},
            {"expected_revenue": 5000, "date_deadline": "2026-12-01", "priority": "3"},
            {"partner_id": self.create_partner(email="x@test.example.com").id},
            {"description": "<p>Called</p>", "name": "Renamed"},
        ):
            (automatic | manual).write(vals)
            self.env.flush_all()
            self.assertProbability(automatic, 50)
            self.assertProbability(manual, 42, automatic=False)

    def test_scoring_job_leaves_stages_with_default_alone(self):
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        self.env["ir.config_parameter"].set_param("crm.pls_fields", "country_id")
        free = self._create_free_stage()
        self._create_scoring_history()
        austria = self.env.ref("base.at").id
        automatic, manual = self.create_leads(2, stage="opened", country_id=austria)
        manual.probability = 42
        predicted = self.create_lead(stage_id=free.id, country_id=austria)
        self.env.flush_all()
        self.env["crm.lead"]._cron_update_automated_probabilities()
        self.assertProbability(automatic, 50)
        self.assertProbability(manual, 42, automatic=False)
        self.assertGreater(predicted.probability, 50)

    def test_scoring_job_without_start_date_and_on_few_leads(self):
        self.env["ir.config_parameter"].search([("key", "=", "crm.pls_start_date")]).unlink()
        self.env["crm.lead"]._cron_update_automated_probabilities()
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        lead = self.create_lead(stage="opened")
        self.env["crm.lead"]._cron_update_automated_probabilities()
        self.assertProbability(lead, 50)

    def _create_free_stage(self, name="Predicted", **values):
        return self.env["crm.stage"].create({"name": name, "sequence": 45, **values})

    def _create_scoring_history(self):
        """Leads from Austria were won in a predicted stage, those from Germany declined."""
        stage = self._create_free_stage("History")
        country = {"stage_id": stage.id, "country_id": self.env.ref("base.at").id}
        won = self.create_leads(6, **country)
        won.action_set_won()
        lost = self.create_leads(4, **{**country, "country_id": self.env.ref("base.de").id})
        lost.action_set_lost(lost_reason_id=self.reason.id)
        self.env.flush_all()

    def test_stage_without_default_keeps_core_prediction(self):
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        self.env["ir.config_parameter"].set_param("crm.pls_fields", "country_id")
        free = self._create_free_stage()
        self._create_scoring_history()
        leads = self.create_leads(2, stage_id=free.id)
        leads[0].country_id = self.env.ref("base.at")
        self.env.flush_all()
        expected, _tooltip = CoreCrmLead._pls_get_naive_bayes_probabilities(leads)
        for lead in leads:
            self.assertTrue(expected[lead.id])
            self.assertProbability(lead, expected[lead.id])
        self.assertNotEqual(*leads.mapped("probability"))
        leads[1].country_id = self.env.ref("base.at")
        self.env.flush_all()
        self.assertProbability(leads[1], leads[0].probability)

    def test_leaving_for_a_stage_without_default_predicts_again(self):
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        self._create_scoring_history()
        free = self._create_free_stage()
        lead = self.create_lead(stage="opened")
        lead.stage_id = free
        self.env.flush_all()
        expected, _tooltip = CoreCrmLead._pls_get_naive_bayes_probabilities(lead)
        self.assertProbability(lead, expected[lead.id])

    def test_predicting_for_no_lead_does_not_fail(self):
        result = self.env["crm.lead"]._pls_get_naive_bayes_probabilities()
        self.assertEqual(result[0], {})
        lead = self.create_lead(stage="opened")
        self.assertEqual(lead._pls_get_naive_bayes_probabilities(batch_mode=True)[0], {})

    def test_reset_button_puts_the_default_back(self):
        lead = self.create_lead(stage="opened").with_user(self.salesperson)
        lead.probability = 42
        lead.action_set_automated_probability()
        self.assertProbability(lead, 50)

    def test_tooltip_of_a_stage_with_default(self):
        lead = self.create_lead(stage="opened")
        data = lead.prepare_pls_tooltip_data()
        self.assertEqual(data["probability"], 50)
        self.assertProbability(lead, 50)
        lead.probability = 42
        lead.prepare_pls_tooltip_data()
        self.assertProbability(lead, 42, automatic=False)

    def test_editing_the_default_touches_no_lead_until_applied(self):
        automatic, manual, lost, elsewhere = self.create_leads(4, stage="opened")
        manual.probability = 42
        lost.action_set_lost(lost_reason_id=self.reason.id)
        elsewhere.stage_id = self.stages["offer_made"]
        stage = self.stages["opened"].with_user(self.sales_manager)
        stage.default_probability = 55
        self.env.flush_all()
        for lead, probability, is_automatic in ((automatic, 50, True), (manual, 42, False)):
            self.assertProbability(lead, probability, is_automatic)
        self.assertEqual(stage.default_probability_lead_count, 1)
        stage.action_apply_default_probability()
        self.assertProbability(automatic, 55)
        self.assertProbability(manual, 42, automatic=False)
        self.assertProbability(lost, 0)
        self.assertEqual(lost.won_status, "lost")
        self.assertProbability(elsewhere, 75)
        stage.invalidate_recordset(["default_probability_lead_count"])
        self.assertEqual(stage.default_probability_lead_count, 0)

    def test_new_default_is_what_the_next_lead_gets(self):
        self.stages["opened"].default_probability = 55
        self.assertProbability(self.create_lead(stage="opened"), 55)

    def test_form_shows_the_default_before_saving(self):
        with Form(self.env["crm.lead"]) as form:
            form.name = "New lead"
            self.assertEqual(form.probability, 5)
        lead = form.save()
        self.assertProbability(lead, 5)
        with Form(lead) as form:
            form.stage_id = self.stages["opened"]
            self.assertEqual(form.probability, 50)
        self.assertProbability(lead, 50)

    def test_form_keeps_what_is_typed_in(self):
        lead = self.create_lead(stage="new")
        with Form(lead) as form:
            form.probability = 42
            form.tag_ids.add(self.tag)
            self.assertEqual(form.probability, 42)
        self.assertProbability(lead, 42, automatic=False)
        with Form(lead) as form:
            form.email_from = "maria@test.example.com"
            self.assertEqual(form.probability, 42)
        self.assertProbability(lead, 42, automatic=False)

    def test_form_with_stage_and_probability_saves_both(self):
        lead = self.create_lead(stage="new")
        with Form(lead) as form:
            form.stage_id = self.stages["opened"]
            form.probability = 42
        self.assertProbability(lead, 42, automatic=False)

    # ------------------------------------------------------------
    # Won
    # ------------------------------------------------------------

    def test_won_stage_is_at_100(self):
        lead = self.create_lead(stage="opened")
        lead.stage_id = self.stages["won"]
        self.assertProbability(lead, 100)
        self.assertEqual(lead.won_status, "won")
        created = self.create_lead(stage="won")
        self.assertProbability(created, 100)
        self.assertEqual(created.won_status, "won")

    def test_leaving_the_won_stage_gives_the_default(self):
        lead = self.create_lead(stage="won")
        lead.stage_id = self.stages["negotiation"]
        self.assertProbability(lead, 90)
        self.assertEqual(lead.won_status, "pending")
        self.assertFalse(lead.date_closed)

    def test_weighted_value_follows_the_probability(self):
        lead = self.create_lead(stage="opened", expected_revenue=333.33)
        self.assertEqual(lead.prorated_revenue, 166.67)
        lead.stage_id = self.stages["offer_made"]
        self.assertEqual(lead.prorated_revenue, 250.0)

    # ------------------------------------------------------------
    # Declined
    # ------------------------------------------------------------

    def test_editing_a_declined_lead_leaves_it_declined(self):
        lead = self.create_lead(stage="opened")
        lead.action_set_lost(lost_reason_id=self.reason.id)
        closed = lead.date_closed
        for vals in (
            {"tag_ids": [Command.link(self.tag.id)]},
            {"email_from": "maria@test.example.com"},
            {"user_id": self.salesperson_2.id},
            {"stage_id": self.stages["offer_made"].id},
        ):
            lead.write(vals)
            self.env.flush_all()
            self.assertEqual(lead.probability, 0)
            self.assertEqual(lead.won_status, "lost")
            self.assertEqual(lead.lost_reason_id, self.reason)
        self.assertEqual(lead.date_closed, closed)

    def test_scoring_job_leaves_declined_leads_alone(self):
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        lead = self.create_lead(stage="opened")
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.env["crm.lead"]._cron_update_automated_probabilities()
        self.assertProbability(lead, 0)

    def test_reopening_resets_reason_date_and_probability(self):
        for reopen in ("action_restore", "action_unarchive"):
            lead = self.create_lead(stage="opened")
            lead.probability = 42
            lead.action_set_lost(lost_reason_id=self.reason.id)
            self.assertTrue(lead.date_closed)
            getattr(lead.with_user(self.salesperson), reopen)()
            self.env.flush_all()
            self.assertEqual(lead.won_status, "pending")
            self.assertFalse(lead.lost_reason_id)
            self.assertFalse(lead.date_closed)
            self.assertProbability(lead, 50)

    def test_reopening_in_batch(self):
        leads = self.create_leads(2, stage="opened")
        leads[1].stage_id = self.stages["offer_made"]
        leads.action_set_lost(lost_reason_id=self.reason.id)
        leads.action_restore()
        self.assertProbability(leads[0], 50)
        self.assertProbability(leads[1], 75)

    def test_archiving_is_not_declining(self):
        lead = self.create_lead(stage="opened")
        lead.probability = 42
        lead.action_archive()
        self.assertEqual(lead.won_status, "pending")
        lead.action_unarchive()
        self.assertProbability(lead, 42, automatic=False)

    def test_dragging_a_declined_lead_to_won_wins_it(self):
        lead = self.create_lead(stage="opened")
        lead.action_set_lost(lost_reason_id=self.reason.id)
        lead.write({"stage_id": self.stages["won"].id})
        self.assertEqual(lead.won_status, "won")
        self.assertTrue(lead.active)
        self.assertProbability(lead, 100)
