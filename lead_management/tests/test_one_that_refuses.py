"""One lead that refuses does not stop the others; a message undoes no work."""

import logging

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..tools.attempts import attempt
from .common import LeadManagementCommon

TEAM_LOG = "odoo.addons.lead_management.models.crm_team"


@tagged("post_install", "-at_install")
class TestOneThatRefuses(LeadManagementCommon):
    def _create_apart(self, **values):
        """Two duplicates by their address, each in another project."""
        values = {"user_id": False, "team_id": False, **values}
        apart = self.create_leads(2, name="Apart", email_from="same@assign.example", **values)
        for number, lead in enumerate(apart):
            lead.won_project_id = self.create_project(f"Secret {number}", allow_billable=True)
        return apart

    def _assign(self, leads):
        """Core's job, for these leads; returns its sentences."""
        self.env["crm.team.member"].create(
            {"crm_team_id": self.team.id, "user_id": self.salesperson.id, "assignment_max": 900}
        )
        domain = str([("id", "in", leads.ids)])
        self.team.write({"assignment_domain": domain, "assignment_optout": False})
        with mute_logger(TEAM_LOG, "odoo.sql_db"):
            data = self.team._action_assign_leads(force_quota=True)
        return " ".join(self.team._action_assign_leads_logs(*data))

    def test_group_that_cannot_be_merged_does_not_stop_the_assignment(self):
        """Both run in projects of their own, so they stay apart."""
        apart = self._create_apart()
        others = self.create_leads(3, user_id=False, team_id=False)
        self._assign(apart | others)
        self.assertEqual(apart.exists(), apart)
        self.assertFalse(apart.team_id)
        self.assertEqual(others.team_id, self.team)

    def test_congratulation_that_fails_undoes_nothing(self):
        """Core compares with the values of a team that a colleague's lead does not have."""
        lead = self.create_lead(
            stage="negotiation", team_id=False, user_id=self.salesperson_2.id, expected_revenue=5
        )
        with mute_logger("odoo.addons.lead_management.models.crm_lead_decision"):
            project = self.convert(lead, self.sales_all)
        self.assertTrue(project)
        self.assertEqual(lead.won_status, "won")

    def test_refused_leads_do_not_count_as_assigned_and_are_named(self):
        apart = self._create_apart()
        others = self.create_leads(3, user_id=False, team_id=False)
        logs = self._assign(apart | others)
        self.assertIn("3 leads allocated", logs)
        self.assertIn("3 leads assigned", logs)
        self.assertRegex(logs, "Not assigned.*Apart 0, Apart 1")
        self.assertEqual(others.user_id, self.salesperson)

    def test_lead_that_may_not_be_saved_does_not_stop_the_assignment(self):
        """As another module's constraint, on the team and on the salesperson."""
        for column in ("team_id", "user_id"):
            self.env.cr.execute(
                SQL(
                    "ALTER TABLE crm_lead ADD CONSTRAINT %s CHECK (name != %s OR %s IS NULL)",
                    SQL.identifier(f"no_{column}"),
                    f"Stays without {column}",
                    SQL.identifier(column),
                )
            )
        values = {"user_id": False, "team_id": False}
        teamless = self.create_lead(name="Stays without team_id", **values)
        ownerless = self.create_lead(name="Stays without user_id", **values)
        others = self.create_leads(3, **values)
        logs = self._assign(teamless | ownerless | others)
        self.assertFalse(teamless.team_id)
        self.assertEqual(ownerless.team_id, self.team)
        self.assertFalse(ownerless.user_id)
        self.assertEqual(others.user_id, self.salesperson)
        self.assertIn("4 leads allocated", logs)
        self.assertIn("3 leads assigned", logs)
        self.assertIn("Stays without team_id, Stays without user_id", logs)

    def test_group_that_cannot_be_merged_does_not_stop_the_mass_conversion(self):
        apart = self._create_apart(stage="new", user_id=self.salesperson.id)
        others = self.create_leads(2, stage="new", name="Other")
        double = self.create_leads(2, stage="new", name="Double", email_from="two@x.example")
        leads = apart | others | double
        wizard = self.env["crm.lead2opportunity.partner.mass"].with_user(self.sales_all)
        context = {"active_ids": leads.ids, "active_id": leads[0].id, "active_model": "crm.lead"}
        values = {"deduplicate": True, "lead_tomerge_ids": leads.ids, "name": "convert"}
        action = wizard.with_context(**context).create(values).action_mass_convert()
        self.assertEqual(set(others.mapped("type")), {"opportunity"})
        self.assertEqual(double.exists().mapped("type"), ["opportunity"])
        self.assertEqual(apart.exists().mapped("type"), ["lead", "lead"])
        self.assertRegex(action["params"]["message"], "Apart ., Apart . stay.*different projects")
        with self.assertRaisesRegex(UserError, "different projects"):
            apart.with_user(self.sales_all).merge_opportunity()

    def _convert_many(self, leads, user, **values):
        wizard = self.env["crm.lead2opportunity.partner.mass"].with_user(user)
        context = {"active_ids": leads.ids, "active_id": leads[0].id, "active_model": "crm.lead"}
        values = {"deduplicate": False, "lead_tomerge_ids": leads.ids, "name": "convert", **values}
        return wizard.with_context(**context).create(values).action_mass_convert()

    def test_lead_that_lacks_what_its_new_phase_needs_does_not_stop_the_mass_conversion(self):
        city = self.env["ir.model.fields"]._get("crm.lead", "city")
        self.stages["converted"].required_field_ids = city
        bare = self.create_lead(stage="new", name="Bare")
        others = self.create_leads(4, stage="new", city="Bonn", user_id=False)
        sellers = self.salesperson | self.salesperson_2
        action = self._convert_many(bare | others, self.sales_all, user_ids=sellers.ids)
        self.assertEqual((bare.type, bare.stage_id), ("lead", self.stages["new"]))
        self.assertEqual(set(others.mapped("type")), {"opportunity"})
        self.assertEqual(others.user_id, sellers)
        self.assertRegex(action["params"]["message"], "Bare stay.*City")

    def test_lead_that_may_not_be_saved_does_not_stop_the_mass_conversion(self):
        """As another module's constraint."""
        self.env.cr.execute(
            "ALTER TABLE crm_lead ADD CONSTRAINT no CHECK (name != 'Stays' OR type = 'lead')"
        )
        stays = self.create_lead(stage="new", name="Stays")
        others = self.create_leads(2, stage="new")
        with mute_logger("odoo.sql_db"):
            action = self._convert_many(stays | others, self.sales_all)
        self.assertEqual(stays.type, "lead")
        self.assertEqual(set(others.mapped("type")), {"opportunity"})
        self.assertIn("Stays", action["params"]["message"])

    def test_a_lead_with_hours_does_not_stop_a_retention_batch(self):
        """As core's recycling deletes: in superuser mode, all of a rule at once."""
        kept, running, *others = self.create_leads(4, name="Secret name")
        self.record_hours(kept)
        running.won_project_id = self.create_project(allow_billable=True)
        batch = kept | running | others[0] | others[1]
        with self.assertLogs("odoo.addons.lead_management.models.crm_lead", "WARNING") as log:
            batch.unlink()
        self.assertEqual(batch.exists(), kept | running)
        for lead in kept | running:
            self.assertIn(str(lead.id), log.output[0])
        self.assertNotIn("Secret", log.output[0])
        with self.assertLogs("odoo.addons.lead_management.models.crm_lead", "WARNING"):
            kept.with_context(cron_id=1).unlink()
        self.assertTrue(kept.exists())

    def test_who_deletes_by_hand_gets_the_reason(self):
        kept, other = self.create_leads(2, name="Bathroom")
        self.record_hours(kept)
        by_hand = (kept | other).with_user(self.sales_manager)
        for leads in (by_hand, by_hand[0]):
            with self.assertRaisesRegex(UserError, "recorded hours.*Bathroom 0"):
                leads.unlink()
        with self.assertRaisesRegex(UserError, "recorded hours"):
            kept.unlink()
        self.assertTrue(other.exists())

    def test_log_lines_name_ids_and_causes_and_nobody(self):
        lead = self.create_lead(name="Secret title", contact_name="Secret Person")
        logger = logging.getLogger("odoo.addons.lead_management.test")

        def refuse():
            raise ValidationError(lead.contact_name)

        def fail():
            return {}["Secret title"]

        def clash():
            self.env.cr.execute("INSERT INTO crm_tag SELECT * FROM crm_tag LIMIT 1")

        with mute_logger("odoo.sql_db"):
            for function, cause in (
                (refuse, "ValidationError at .*in refuse"),
                (fail, "KeyError at .*in fail"),
                (clash, "crm_tag_pkey at .*in clash"),
            ):
                with self.assertLogs(logger, "WARNING") as log:
                    attempt(lead, function, logger, "Lead %s refuses", lead.id)
                self.assertRegex(log.output[0], f"(?s)Lead {lead.id} refuses: .*{cause}")
                self.assertNotIn("Secret", log.output[0])
