"""An open lead at 100 % is open until it is won."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestCertainty(LeadManagementCommon):
    def _get_decided_on(self, lead):
        self.env.flush_all()
        row = self.env["crm.lead.presales.report"].search([("lead_id", "=", lead.id)])
        self.assertEqual(row.won_status, lead.won_status)
        return row.date_closed

    def test_status_is_not_typed_in(self):
        lead = self.create_lead(stage="opened").with_user(self.salesperson)
        with self.assertRaisesRegex(UserError, "follows from its phase"):
            lead.write({"won_status": "won"})
        lead.write({"won_status": "pending"})
        created = lead.create({"name": "Tiles", "won_status": "won"})
        self.assertEqual(created.won_status, "pending")

    def test_typed_100_percent_decides_nothing(self):
        typed, moved = self.create_leads(2, stage="offer_made", expected_revenue=100)
        typed.with_user(self.salesperson).web_save({"probability": 100}, {})
        moved.write({"stage_id": self.stages["negotiation"].id, "probability": 100})
        created = self.create_lead(stage="opened", probability=100, expected_revenue=100)
        (imported,) = self.env["crm.lead"].browse(
            self.env["crm.lead"].load(
                ["name", "stage_id", "probability", "expected_revenue"],
                [["Imported", "Opened", "100", "100"]],
            )["ids"]
        )
        for lead in typed | moved | created | imported:
            self.assertEqual((lead.won_status, lead.probability), ("pending", 100))
            self.assertFalse(lead.date_closed)
            self.assertFalse(self._get_decided_on(lead))

    def test_winning_and_declining_it_close_it(self):
        won, declined = self.create_leads(2, stage="offer_made", expected_revenue=100)
        (won | declined).write({"probability": 100})
        won.action_set_won()
        declined.action_set_lost(lost_reason_id=self.reason.id)
        for lead in won | declined:
            self.assertTrue(lead.date_closed)
            there = lead.with_context(tz=self.company._get_lead_tz())
            closed_on = fields.Datetime.context_timestamp(there, lead.date_closed).date()
            self.assertEqual(self._get_decided_on(lead), closed_on)
        closed = won.date_closed
        won.probability = 100
        self.assertEqual(won.date_closed, closed)

    def test_a_closing_date_from_before_does_not_count(self):
        """What core wrote before the addon was there."""
        lead = self.create_lead(stage="offer_made", expected_revenue=100)
        lead.date_closed = "2026-01-01 10:00:00"
        self.assertFalse(self._get_decided_on(lead))

    def test_a_lead_that_comes_back_is_not_closed(self):
        """From the archive, or as what was taken for a service request."""
        archived, service = leads = self.create_leads(2, stage="opened", contact_name="Maria")
        archived.action_archive()
        dialog = self.env["crm.lead.service.request"]
        dialog.with_context(**service.action_service_request()["context"]).create(
            {}
        ).action_convert()
        for lead in leads:
            self.assertTrue(lead.date_closed)
            lead.with_user(self.salesperson).action_unarchive()
            self.assertEqual((lead.won_status, lead.request_type), ("pending", "project"))
            self.assertFalse(lead.date_closed)

    def _open_convert_dialog(self, lead, model="crm.lead2opportunity.partner", **context):
        context = {
            "active_model": "crm.lead",
            "active_id": lead.id,
            "active_ids": lead.ids,
            **context,
        }
        return self.env[model].with_user(self.salesperson).with_context(**context)

    def test_it_can_be_converted(self):
        for model in ("crm.lead2opportunity.partner", "crm.lead2opportunity.partner.mass"):
            lead = self.create_lead(stage="first_contact", contact_name="Maria Huber")
            lead.probability = 100
            Dialog = self._open_convert_dialog(lead, model)
            self.assertEqual(Dialog.default_get(["lead_id"]), {"lead_id": lead.id})
            saved = Dialog.web_save({"name": "convert"}, {"lead_id": {}})
            action = "action_mass_convert" if model.endswith("mass") else "action_apply"
            getattr(Dialog.browse(saved[0]["id"]), action)()
            self.assertEqual((lead.type, lead.stage_id), ("opportunity", self.stages["converted"]))
            self.assertProbability(lead, 30)

    def test_a_won_lead_is_refused_as_before(self):
        lead = self.create_lead(stage="won")
        with self.assertRaises(UserError):
            self._open_convert_dialog(lead).default_get(["lead_id"])
        gone = self.create_lead()
        Dialog = self._open_convert_dialog(gone)
        gone.unlink()
        Dialog.default_get([])
