"""Importing leads: an empty cell says nothing, and a row that contradicts itself is refused."""

from odoo.tests import tagged

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestImport(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stages["opened"].default_probability = 22

    def _load(self, names, *rows):
        return self.env["crm.lead"].load(["name", *names], [["Imported", *row] for row in rows])

    def _import(self, names, *rows):
        result = self._load(names, *rows)
        self.assertFalse(result["messages"])
        return self.env["crm.lead"].browse(result["ids"])

    def _export_id(self, lead):
        lead.export_data(["id"])
        return lead.get_external_id()[lead.id]

    def test_an_empty_probability_is_not_given(self):
        leads = self._import(["stage_id", "probability"], ["Opened", ""], ["Opened", "0"])
        self.assertProbability(leads[0], 22)
        self.assertProbability(leads[1], 0, automatic=False)

    def test_an_empty_probability_of_an_existing_lead_changes_nothing(self):
        automatic, manual, moved = self.create_leads(3, stage="opened")
        manual.probability = 41
        rows = [[self._export_id(lead), "Opened", ""] for lead in automatic | manual]
        rows.append([self._export_id(moved), "Offer Made", ""])
        self._import(["id", "stage_id", "probability"], *rows)
        self.assertProbability(automatic, 22)
        self.assertProbability(manual, 41, automatic=False)
        self.assertProbability(moved, 75)

    def test_an_empty_probability_in_a_stage_that_predicts(self):
        free = self.env["crm.stage"].create({"name": "Free"})
        (lead,) = self._import(["stage_id", "probability"], [free.name, ""])
        self.assertTrue(lead.is_automated_probability)

    def test_an_empty_probability_by_rpc_and_on_the_form(self):
        lead = self.create_lead(stage="opened").with_user(self.salesperson)
        lead.write({"probability": False})
        lead.web_save({"probability": False, "priority": "1"}, {})
        self.assertProbability(lead, 22)
        created = lead.create({"name": "x", "stage_id": self.stages["opened"].id, "type": False,
                               "probability": None})  # fmt: skip
        self.assertProbability(created, 22)
        self.assertEqual(created.type, "opportunity")

    def test_empty_stage_and_type_are_not_given(self):
        (lead,) = self._import(["stage_id", "type"], ["", ""])
        self.assertEqual((lead.stage_id, lead.type), (self.stages["new"], "lead"))
        self._import(["id", "stage_id", "type"], [self._export_id(lead), "Opened", ""])
        self._import(["id", "stage_id", "type"], [self._export_id(lead), "", ""])
        self.assertEqual((lead.stage_id, lead.type), (self.stages["opened"], "opportunity"))

    def test_what_can_never_be_empty_is_not_given(self):
        """An empty cell of *Active* would archive the lead, and an archived one at 0 % is lost."""
        names = ["active", "request_type", "value_source", "automated_probability", "won_status"]
        empty = [""] * len(names)
        lead = self._import(names, empty)
        known = self.create_lead(stage="opened", value_source="payments")
        self._import(["id", *names], [self._export_id(known), *empty])
        self.assertEqual(known.value_source, "payments")
        for imported in lead | known:
            self.assertTrue(imported.active)
            self.assertEqual((imported.won_status, imported.request_type), ("pending", "project"))
            self.assertTrue(imported.is_automated_probability)
        self._import(["id", "active"], [self._export_id(known), "False"])
        self.assertFalse(known.active)

    def test_a_won_phase_with_another_probability_is_named(self):
        result = self._load(["stage_id", "probability"], ["Won", "100"], ["Won", ""], ["Won", "50"])
        messages = [row for row in result["messages"] if row["type"] == "error"]
        self.assertEqual([row["rows"]["from"] for row in messages], [2], messages)
        (message,) = messages
        self.assertEqual(message["field"], "probability")
        self.assertRegex(message["message"], "“Won”.*100 %")

    def test_a_row_that_contradicts_itself_is_named(self):
        result = self._load(
            ["stage_id", "type"], ["Opened", "Opportunity"], ["Opened", "Lead"], ["New", "Lead"]
        )
        self.assertFalse(result["ids"])
        (message,) = result["messages"]
        self.assertEqual(message["rows"], {"from": 1, "to": 1})
        self.assertRegex(message["message"], "“Opened”.*“Opportunity”.*“Lead”")
        lead = self.create_lead(stage="new")
        result = self._load(["id", "stage_id", "type"], [self._export_id(lead), "Opened", "Lead"])
        self.assertEqual(result["messages"][0]["rows"], {"from": 0, "to": 0})
        self.assertEqual(lead.stage_id, self.stages["new"])

    def test_an_imported_type_is_a_choice(self):
        opportunity, lead = self._import(["type"], ["Opportunity"], ["Lead"])
        self.assertEqual(opportunity.stage_id, self.stages["converted"])
        self.assertEqual(lead.stage_id, self.stages["new"])
