"""Lead or opportunity: the stage decides, whatever core's "Leads" setting says."""

from ast import literal_eval

from odoo.api import SUPERUSER_ID
from odoo.fields import Command
from odoo.tests import tagged

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestStageType(LeadManagementCommon):
    def _set_use_leads(self, use):
        group = self.env.ref("crm.group_use_lead")
        users = self.env.ref("base.group_user")
        users.write({"implied_ids": [Command.link(group.id) if use else Command.unlink(group.id)]})
        if not use:
            group.write({"user_ids": [Command.clear()]})
        self.env.registry.clear_cache()

    def test_creating_in_a_stage_gives_its_type(self):
        for use in (True, False):
            self._set_use_leads(use)
            Lead = self.env["crm.lead"].with_user(self.salesperson)
            for stage, lead_type in (("new", "lead"), ("opened", "opportunity")):
                lead = Lead.create({"name": "x", "stage_id": self.stages[stage].id})
                self.assertEqual(lead.type, lead_type)

    def test_boards_of_opportunities_have_no_empty_columns_for_leads(self):
        lead = self.create_lead(stage="first_contact")
        leads = self.env["crm.lead"].with_user(self.salesperson)
        every = self.env["crm.stage"].union(*self.stages.values())

        def columns(lead_type):
            board = leads.with_context(read_group_expand=True, default_type=lead_type)
            groups = board.web_read_group([("id", "=", lead.id)], ["stage_id"])["groups"]
            return every.browse([group["stage_id"][0] for group in groups]) & every

        self.assertEqual(columns("lead"), every)
        for_leads = every.filtered(lambda stage: stage.lead_type == "lead")
        self.assertEqual(columns("opportunity"), every - for_leads + lead.stage_id)

    def test_stage_wins_over_the_type_in_the_same_values(self):
        lead = self.create_lead(stage="new", type="opportunity")
        self.assertEqual(lead.type, "lead")

    def test_creating_without_stage_starts_in_the_first(self):
        for use in (True, False):
            self._set_use_leads(use)
            lead = self.env["crm.lead"].with_user(self.salesperson).create({"name": "x"})
            self.assertEqual(lead.stage_id, self.stages["new"])
            self.assertEqual(lead.type, "lead")
            self.assertProbability(lead, 5)

    def test_creating_an_opportunity_starts_in_the_first_opportunity_stage(self):
        for use in (True, False):
            self._set_use_leads(use)
            Lead = self.env["crm.lead"].with_user(self.salesperson)
            for lead in (
                Lead.create({"name": "x", "type": "opportunity"}),
                Lead.with_context(default_type="opportunity").create({"name": "x"}),
            ):
                self.assertEqual(lead.stage_id, self.stages["converted"])
                self.assertEqual(lead.type, "opportunity")
                self.assertProbability(lead, 30)

    def _create_by_website_form(self, **values):
        """As the form's controller does it, with the type that core's filter adds."""
        public = self.env.ref("base.public_user")
        uses_leads = self.env.user.has_group("crm.group_use_lead")
        Lead = self.env["crm.lead"].with_user(public).with_user(SUPERUSER_ID)
        kind = "lead" if uses_leads else "opportunity"
        return Lead.with_context(mail_create_nosubscribe=True).create(
            {"name": "Form", "team_id": self.team.id, "type": kind, **values}
        )

    def test_a_type_that_nobody_chose_starts_in_the_first_stage(self):
        """With core's "Leads" setting off, website forms and chat bots say "opportunity"."""
        public = self.env.ref("base.public_user")
        for use in (True, False):
            self._set_use_leads(use)
            lead = self._create_by_website_form()
            self.assertEqual((lead.stage_id, lead.type), (self.stages["new"], "lead"))
            self.assertProbability(lead, 5)
        Lead = self.env["crm.lead"]
        by_visitor = Lead.with_user(public).sudo().create({"name": "x", "type": "opportunity"})
        by_employee = Lead.with_user(self.salesperson).sudo()
        by_employee = by_employee.create({"name": "x", "type": "opportunity"})
        mined = Lead.with_user(self.salesperson).create(
            {"name": "x", "type": "opportunity", "reveal_id": "4711"}
        )
        for lead in by_visitor | by_employee | mined:
            self.assertEqual((lead.stage_id, lead.type), (self.stages["new"], "lead"))

    def test_with_the_leads_setting_a_type_is_somebodys_choice(self):
        self._set_use_leads(True)
        lead = self._create_by_website_form(type="opportunity")
        self.assertEqual((lead.stage_id, lead.type), (self.stages["converted"], "opportunity"))

    def test_a_given_stage_counts_whoever_creates(self):
        self._set_use_leads(False)
        lead = self._create_by_website_form(stage_id=self.stages["opened"].id)
        self.assertEqual((lead.stage_id, lead.type), (self.stages["opened"], "opportunity"))

    def test_a_mail_to_the_teams_alias_starts_in_the_first_stage(self):
        for use in (True, False):
            self._set_use_leads(use)
            self.team.write({"use_leads": use, "alias_name": "bathrooms-test"})
            defaults = literal_eval(self.team.alias_defaults)
            self.assertEqual(defaults["type"], "lead" if use else "opportunity")
            message = {"subject": "Mail", "from": "maria@test.example.com", "body": "x"}
            lead = self.env["crm.lead"].message_new(message, defaults)
            self.assertEqual((lead.stage_id, lead.type), (self.stages["new"], "lead"))
            self.assertEqual(lead.team_id, self.team)

    def test_default_stage_in_the_context(self):
        Lead = self.env["crm.lead"].with_context(
            default_stage_id=self.stages["offer_made"].id, default_type="lead"
        )
        lead = Lead.create({"name": "quick"})
        self.assertEqual(lead.stage_id, self.stages["offer_made"])
        self.assertEqual(lead.type, "opportunity")
        self.assertProbability(lead, 75)

    def test_dragging_across_the_line_converts_both_ways(self):
        lead = self.create_lead(stage="needs_analysis").with_user(self.salesperson)
        self.assertFalse(lead.date_conversion)
        lead.stage_id = self.stages["opened"]
        self.assertEqual(lead.type, "opportunity")
        self.assertTrue(lead.date_conversion)
        lead.stage_id = self.stages["first_contact"]
        self.assertEqual(lead.type, "lead")
        self.assertProbability(lead, 10)

    def test_stage_for_both_types_leaves_the_type(self):
        free = self.env["crm.stage"].create({"name": "Any"})
        lead, opportunity = self.create_lead(stage="new"), self.create_lead(stage="opened")
        (lead | opportunity).write({"stage_id": free.id})
        self.assertEqual((lead | opportunity).mapped("type"), ["lead", "opportunity"])

    def test_writing_the_type_moves_to_its_first_stage(self):
        lead = self.create_lead(stage="needs_analysis")
        lead.type = "opportunity"
        self.assertEqual(lead.stage_id, self.stages["converted"])
        self.assertProbability(lead, 30)
        lead.type = "lead"
        self.assertEqual(lead.stage_id, self.stages["new"])
        self.assertProbability(lead, 5)

    def test_writing_its_own_type_changes_nothing(self):
        lead = self.create_lead(stage="offer_made")
        lead.probability = 42
        lead.type = "opportunity"
        self.assertEqual(lead.stage_id, self.stages["offer_made"])
        self.assertProbability(lead, 42, automatic=False)

    def _convert_by_wizard(self, lead, **values):
        wizard = (
            self.env["crm.lead2opportunity.partner"]
            .with_user(self.salesperson)
            .with_context(active_model="crm.lead", active_id=lead.id, active_ids=lead.ids)
            .create({"name": "convert", **values})
        )
        return wizard.action_apply()

    def test_core_convert_wizard_lands_in_the_first_opportunity_stage(self):
        lead = self.create_lead(stage="first_contact", contact_name="Maria Huber")
        self._convert_by_wizard(lead, action="create")
        self.assertEqual(lead.type, "opportunity")
        self.assertEqual(lead.stage_id, self.stages["converted"])
        self.assertProbability(lead, 30)
        self.assertTrue(lead.date_conversion)
        self.assertEqual(lead.partner_id.name, "Maria Huber")

    def test_core_mass_convert_lands_in_the_first_opportunity_stage(self):
        leads = self.create_leads(3, stage="new")
        leads.convert_opportunity(self.env["res.partner"])
        self.assertEqual(leads.stage_id, self.stages["converted"])
        self.assertEqual(set(leads.mapped("type")), {"opportunity"})

    def test_converting_into_a_team_with_its_own_stages(self):
        team = self.env["crm.team"].create({"name": "Own stages"})
        stages = self.env["crm.stage"]._create_standard_stages(team)
        for stage in self.stages.values():
            stage.team_ids = self.team
        lead = self.create_lead(team_id=team.id)
        self.assertEqual(lead.stage_id, stages[0])
        lead.type = "opportunity"
        self.assertEqual(lead.stage_id, stages[4])

    def test_explicit_team_survives_the_type_of_the_first_stage(self):
        lead = self.env["crm.lead"].create({"name": "x", "team_id": self.team.id})
        self.env.flush_all()
        self.assertEqual(lead.team_id, self.team)
        self.assertEqual(lead.stage_id, self.stages["new"])

    def test_explicit_team_survives_dragging_across_the_line(self):
        lead = self.create_lead(stage="needs_analysis")
        self.assertEqual(lead.team_id, self.team)
        for stage in ("converted", "new"):
            lead.with_user(self.salesperson).stage_id = self.stages[stage]
            self.env.flush_all()
            self.assertEqual(lead.team_id, self.team)
            self.assertEqual(lead.stage_id, self.stages[stage])

    def test_changing_the_team_moves_to_the_stage_of_the_same_name(self):
        team = self.env["crm.team"].create({"name": "Own stages"})
        stages = self.env["crm.stage"]._create_standard_stages(team)
        for stage in self.stages.values():
            stage.team_ids = self.team
        lead, opportunity = (
            self.create_lead(stage="first_contact"),
            self.create_lead(stage="offer_made"),
        )
        (lead | opportunity).write({"team_id": team.id})
        self.env.flush_all()
        self.assertEqual(lead.stage_id, stages[2])
        self.assertEqual(opportunity.stage_id, stages[6])
        self.assertEqual((lead | opportunity).mapped("type"), ["lead", "opportunity"])
        self.assertProbability(lead, 10)
        self.assertProbability(opportunity, 75)

    def test_copy_starts_again_in_the_first_stage_of_its_type(self):
        opportunity = self.create_lead(stage="offer_made")
        copy = opportunity.copy()
        self.assertEqual(copy.type, "opportunity")
        self.assertEqual(copy.stage_id, self.stages["converted"])
        self.assertProbability(copy, 30)
        lead = self.create_lead(stage="first_contact").copy()
        self.assertEqual((lead.type, lead.stage_id), ("lead", self.stages["new"]))

    def test_merge_keeps_the_probability_of_the_lead_that_stays(self):
        head, tail = self.create_leads(2, stage="opened")
        head.stage_id = self.stages["offer_made"]
        head.probability = 42
        self.assertEqual((head | tail).merge_opportunity(), head)
        self.assertFalse(tail.exists())
        self.assertEqual(head.stage_id, self.stages["offer_made"])
        self.assertProbability(head, 42, automatic=False)

    def test_merge_of_a_lead_into_an_opportunity(self):
        lead, opportunity = self.create_lead(stage="new"), self.create_lead(stage="opened")
        merged = (lead | opportunity).merge_opportunity()
        self.assertEqual(merged, opportunity)
        self.assertEqual((merged.type, merged.stage_id), ("opportunity", self.stages["opened"]))
        self.assertProbability(merged, 50)

    def test_merge_moves_activities_and_keeps_the_earliest_follow_up(self):
        head, tail = self.create_leads(2, stage="opened")
        head.stage_id = self.stages["offer_made"]
        tail.activity_schedule(
            "mail.mail_activity_data_todo", "2026-05-05", user_id=self.salesperson.id
        )
        (head | tail).merge_opportunity()
        self.env.flush_all()
        self.assertEqual(str(head.next_follow_up), "2026-05-05")
