"""Probability and won status where core would set them: scoring, merging, editing, won stages."""

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestStageProbability(HandoverCommon):
    def _score(self):
        self.env.flush_all()
        self.env["crm.lead"]._cron_update_automated_probabilities()
        self.env.invalidate_all()

    def test_scoring_cron_leaves_stage_defaults_alone(self):
        """It updates in SQL; with nothing to predict core returns {} where a pair is unpacked."""
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        lead = self.create_lead(stage="opened")
        self._score()
        self.assertProbability(lead, 50)
        free = self.env["crm.stage"].create({"name": "Predicted", "sequence": 45})
        history = self.create_leads(10, stage_id=free.id)
        history[:8].action_set_won()
        history[8:].action_set_lost(lost_reason_id=self.reason.id)
        predicted = self.create_lead(stage_id=free.id)
        self._score()
        self.assertGreater(predicted.probability, 0)
        self.assertProbability(lead, 50)
        self.assertEqual(self.env["crm.lead"]._pls_get_naive_bayes_probabilities()[0], {})

    def test_stage_default_must_be_over_0_and_under_100(self):
        for probability in (0, 100, -1, 101):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.stages["opened"].default_probability = probability
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.stages["won"].default_probability = 90
        for name, stage in self.stages.items():
            self.assertEqual(self.create_lead(stage=name).won_status == "won", stage.is_won)
        lead = self.create_lead(stage="needs_analysis")
        lead.convert_opportunity(self.create_partner())
        self.assertEqual((lead.type, lead.won_status), ("opportunity", "pending"))

    def test_won_without_the_dialog_leaves_the_project_pending(self):
        by_button, by_drag, by_rpc, by_stage = self.create_leads(4, stage="negotiation")
        by_button.with_user(self.salesperson).action_set_won_rainbowman()
        by_drag.with_user(self.salesperson).web_save(
            {"stage_id": self.stages["won"].id}, specification={}
        )
        by_rpc.with_user(self.salesperson).write({"stage_id": self.stages["won"].id})
        by_stage.stage_id = self.stages["opened"]
        self.stages["opened"].is_won = True
        created = self.create_lead(stage="won")
        imported = self.env["crm.lead"].load(
            ["name", "stage_id/.id"], [["Imported", str(self.stages["won"].id)]]
        )
        self.assertFalse(imported["messages"])
        self.env.flush_all()
        leads = by_button | by_drag | by_rpc | by_stage | created
        for lead in leads.browse([*leads.ids, *imported["ids"]]):
            self.assertEqual((lead.won_status, lead.project_state), ("won", "pending"))

    def test_merging_keeps_the_hours_and_the_stages_probability(self):
        first, second = self.create_leads(2, stage="opened")
        second.stage_id = self.stages["negotiation"]
        lines = self.record_hours(first) | self.record_hours(second, self.employee_2)
        sums = self.read_hours(lines)
        merged = (first | second).with_user(self.salesperson).merge_opportunity()
        self.assertProbability(merged, merged.stage_id.default_probability)
        self.assertEqual(lines.exists(), lines)
        self.assertEqual((lines.lead_id, lines.task_id.lead_id), (merged, merged))
        self.assertEqual(self.read_hours(lines), sums)

    def test_editing_other_fields_changes_no_probability_and_reopens_nothing(self):
        lead, manual, lost = self.create_leads(3, stage="opened")
        manual.probability = 42
        lost.action_set_lost(lost_reason_id=self.reason.id)
        for values in (
            {"tag_ids": [Command.link(self.tag.id)]},
            {"tag_ids": [Command.clear()]},
            {"country_id": self.env.ref("base.at").id, "phone": "+43 1 234567"},
            {"user_id": self.salesperson_2.id},
        ):
            (lead | manual | lost).write(values)
            self.env.flush_all()
            self.assertProbability(lead, 50)
            self.assertProbability(manual, 42, automatic=False)
            self.assertEqual((lost.won_status, lost.active, lost.probability), ("lost", False, 0))
