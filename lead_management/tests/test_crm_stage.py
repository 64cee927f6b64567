"""Stages: what a default probability may be, and who may load or apply one."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import STAGES, LeadManagementCommon

DEFAULTS = (5, 5, 10, 20, 30, 50, 75, 90, 100)
TYPES = ("lead",) * 4 + ("opportunity",) * 5


@tagged("post_install", "-at_install")
class TestStage(LeadManagementCommon):
    def test_the_nine_stages(self):
        stages = self.env["crm.stage"].browse([self.stages[name].id for name in STAGES])
        self.assertEqual(stages.sorted(), stages, "in this order")
        self.assertEqual(tuple(stages.mapped("default_probability")), DEFAULTS)
        self.assertEqual(tuple(stages.mapped("lead_type")), TYPES)
        self.assertTrue(all(stages.mapped("uses_default_probability")))
        self.assertEqual(stages.filtered("is_won"), self.stages["won"])
        self.assertFalse(stages.team_ids)

    def test_default_must_be_over_0_and_under_100(self):
        stage = self.stages["opened"]
        for value in (0, -1, 100, 101):
            with self.assertRaisesRegex(ValidationError, "over 0 and under"):
                stage.default_probability = value
                stage.flush_recordset()
        for value in (0.5, 99.5):
            stage.default_probability = value

    def test_message_names_the_stage_and_shows_one_percent_sign(self):
        with self.assertRaises(ValidationError) as caught:
            self.stages["opened"].default_probability = 0
        self.assertIn("“Opened”", str(caught.exception))
        self.assertIn("100 %:", str(caught.exception))
        self.assertNotIn("%%", str(caught.exception))

    def test_won_stage_is_at_100(self):
        with self.assertRaisesRegex(ValidationError, "won stage"):
            self.stages["won"].default_probability = 90

    def test_stage_without_default_takes_any_number(self):
        stage = self.env["crm.stage"].create({"name": "Free", "default_probability": 0})
        self.assertFalse(stage.uses_default_probability)
        with self.assertRaises(ValidationError):
            stage.uses_default_probability = True
        stage.write({"uses_default_probability": True, "default_probability": 60})

    def test_creating_a_won_stage_with_default(self):
        stage = self.env["crm.stage"].create(
            {"name": "Signed", "is_won": True, "uses_default_probability": True}
        )
        self.assertEqual(stage.default_probability, 100)

    def test_form_proposes_100_for_a_won_stage(self):
        with Form(self.env["crm.stage"]) as form:
            form.name = "Signed"
            form.uses_default_probability = True
            form.is_won = True
        self.assertEqual(form.save().default_probability, 100)

    def test_marking_a_stage_as_won_wins_its_leads(self):
        lead = self.create_lead(stage="negotiation")
        self.stages["negotiation"].is_won = True
        self.assertEqual(self.stages["negotiation"].default_probability, 100)
        self.assertProbability(lead, 100)
        self.assertEqual(lead.won_status, "won")
        self.assertEqual(lead.project_state, "pending")

    def test_unmarking_a_won_stage_reopens_its_leads(self):
        lead = self.create_lead(stage="won")
        stage = self.stages["won"]
        stage.write({"is_won": False})
        self.env.flush_all()
        self.assertFalse(stage.uses_default_probability)
        self.assertEqual(lead.won_status, "pending")
        self.assertEqual(lead.project_state, "none")
        self.assertLess(lead.probability, 100)

    def test_unmarking_a_won_stage_with_a_new_default(self):
        lead = self.create_lead(stage="won")
        self.stages["won"].write(
            {"is_won": False, "default_probability": 95, "uses_default_probability": True}
        )
        self.env.flush_all()
        self.assertProbability(lead, 95)
        self.assertEqual(lead.won_status, "pending")

    def test_marking_and_unmarking_keeps_declined_leads_declined(self):
        lead = self.create_lead(stage="negotiation")
        lead.action_set_lost(lost_reason_id=self.reason.id)
        stage = self.stages["negotiation"]
        stage.is_won = True
        stage.write({"is_won": False, "default_probability": 90, "uses_default_probability": True})
        self.env.flush_all()
        self.assertEqual(lead.won_status, "lost")

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_only_sales_managers_apply_a_default(self):
        lead = self.create_lead(stage="opened")
        self.stages["opened"].default_probability = 55
        for user in (self.salesperson, self.sales_all, self.project_manager, self.accountant):
            with self.assertRaises(AccessError):
                self.stages["opened"].with_user(user).action_apply_default_probability()
        self.assertProbability(lead, 50)
        self.stages["opened"].with_user(self.sales_manager).action_apply_default_probability()
        self.assertProbability(lead, 55)

    def test_apply_updates_the_leads_of_everybody(self):
        """Also those that the sales manager's active companies hide would be counted wrong."""
        leads = self.create_leads(3, stage="opened")
        leads[1].user_id = self.salesperson_2
        leads[2].user_id = False
        self.stages["opened"].default_probability = 55
        stage = self.stages["opened"].with_user(self.sales_manager)
        self.assertEqual(stage.default_probability_lead_count, 3)
        stage.action_apply_default_probability()
        self.assertEqual(set(leads.mapped("probability")), {55})

    def test_apply_costs_no_query_per_lead(self):
        def apply(count, probability):
            self.create_leads(count, stage="opened")
            self.stages["opened"].default_probability = probability
            self.env.flush_all()
            return self.count_queries(self.stages["opened"].action_apply_default_probability)

        apply(5, 51)
        few = apply(5, 52)
        self.assertLessEqual(apply(40, 53), few + 3)


@tagged("post_install", "-at_install")
class TestStageLoad(LeadManagementCommon):
    def _load(self, user=None, **values):
        wizard = self.env["crm.stage.load"].with_user(user or self.sales_manager).create(values)
        return wizard.action_load()

    def test_loading_the_nine_for_a_team(self):
        lead = self.create_lead(stage="opened")
        before = self.env["crm.stage"].search([])
        self._load(mode="standard", team_id=self.team.id)
        new = self.env["crm.stage"].search([]) - before
        self.assertEqual(len(new), 9)
        self.assertEqual(new.team_ids, self.team)
        self.assertEqual(tuple(new.mapped("default_probability")), DEFAULTS)
        self.assertEqual(tuple(new.mapped("lead_type")), TYPES)
        self.assertEqual(lead.stage_id, self.stages["opened"], "leads stay where they are")

    def test_names_are_translated(self):
        self.env["res.lang"]._activate_lang("de_DE")
        stages = self.env["crm.stage"]._create_standard_stages(self.team)
        self.assertEqual(stages[0].with_context(lang="en_US").name, "New")
        self.assertTrue(stages[0].with_context(lang="de_DE").name)

    def test_loading_twice_is_refused(self):
        self._load(mode="standard", team_id=self.team.id)
        with self.assertRaisesRegex(UserError, "stages of its own"):
            self._load(mode="standard", team_id=self.team.id)

    def test_loading_without_team_is_refused(self):
        with self.assertRaisesRegex(UserError, "Choose the sales team"):
            self._load(mode="standard")

    def test_filling_in_defaults_keeps_leads_and_existing_defaults(self):
        own = self.env["crm.stage"].create(
            [{"name": f"Own {index}", "sequence": 100 + index} for index in range(3)]
            + [{"name": "Own won", "sequence": 110, "is_won": True}]
        )
        for stage in self.stages.values():
            stage.team_ids = self.team
        lead = self.create_lead(stage_id=own[1].id, probability=42)
        kept = {name: self.stages[name].default_probability for name in STAGES}
        self._load(mode="defaults")
        self.env.flush_all()
        self.assertEqual({name: self.stages[name].default_probability for name in STAGES}, kept)
        self.assertTrue(all(own.mapped("uses_default_probability")))
        values = own.mapped("default_probability")
        self.assertEqual(values, sorted(values))
        self.assertEqual(values[-1], 100)
        self.assertTrue(all(0 < value < 100 for value in values[:-1]))
        self.assertProbability(lead, 42, automatic=False)

    def test_filling_in_defaults_leaves_predicted_leads_until_applied(self):
        stage = self.env["crm.stage"].create({"name": "Own", "sequence": 45})
        lead = self.create_lead(stage_id=stage.id)
        before = lead.probability
        self._load(mode="defaults")
        self.env.flush_all()
        self.assertEqual(lead.probability, before)
        stage.with_user(self.sales_manager).action_apply_default_probability()
        self.assertProbability(lead, stage.default_probability)

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_only_sales_managers_load_stages(self):
        for user in (self.salesperson, self.sales_all, self.timesheet_user, self.accountant):
            with self.assertRaises(AccessError):
                self._load(user, mode="standard", team_id=self.team.id)
