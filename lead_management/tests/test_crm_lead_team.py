"""Another team: the decision stays, an open lead goes to the stage that corresponds to its own."""

from odoo.tests import Form, tagged

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestLeadTeam(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["crm.team"].create({"name": "Other", "use_opportunities": True})
        cls.other_stages = cls.create_stages(
            cls.other,
            ("Call", 8, "lead"),
            ("Visit", 40, "opportunity"),
            (" offer made ", 60, "opportunity"),
            ("Almost", 95, "opportunity"),
            ("Ordered", 100, "opportunity"),
        )
        for stage in cls.stages.values():
            stage.team_ids = cls.team

    @classmethod
    def create_stages(cls, team, *stages):
        return cls.env["crm.stage"].create(
            [
                {
                    "name": name,
                    "sequence": 100 + number,
                    "uses_default_probability": bool(probability),
                    "default_probability": probability,
                    "is_won": probability == 100,
                    "lead_type": lead_type,
                    "team_ids": team.ids,
                }
                for number, (name, probability, lead_type) in enumerate(stages)
            ]
        )

    def assertPlace(self, lead, name, probability, status="pending"):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(lead.stage_id.name.strip().lower(), name.lower())
        self.assertEqual((round(lead.probability, 2), lead.won_status), (probability, status))

    def test_won_stays_won(self):
        lead = self.create_lead(stage="negotiation")
        lead.action_set_won()
        closed = lead.date_closed
        lead.team_id = self.other
        self.assertPlace(lead, "Ordered", 100, "won")
        self.assertEqual((lead.date_closed, lead.project_state), (closed, "pending"))

    def test_won_stays_won_in_a_team_without_a_won_stage(self):
        plain = self.env["crm.team"].create({"name": "Plain"})
        self.create_stages(plain, ("Call", 8, "lead"), ("Visit", 40, "opportunity"))
        lead = self.create_lead(stage="won")
        lead.team_id = plain
        self.assertPlace(lead, "Won", 100, "won")

    def test_declined_stays_declined(self):
        lead = self.create_lead(stage="offer_made")
        lead.action_set_lost(lost_reason_id=self.reason.id)
        closed = lead.date_closed
        lead.team_id = self.other
        self.assertPlace(lead, "offer made", 0, "lost")
        self.assertEqual((lead.date_closed, lead.lost_reason_id), (closed, self.reason))
        self.assertFalse(lead.active)
        lead.action_restore()
        self.assertPlace(lead, "offer made", 60)

    def test_same_name_else_nearest_probability_on_the_same_side(self):
        for stage, name, probability in (
            ("new", "Call", 8),
            ("needs_analysis", "Call", 8),
            ("converted", "Visit", 40),
            ("opened", "Visit", 40),
            ("offer_made", "offer made", 60),
            ("negotiation", "Almost", 95),
        ):
            lead = self.create_lead(stage=stage)
            lead_type = lead.type
            lead.team_id = self.other
            self.assertPlace(lead, name, probability)
            self.assertEqual(lead.type, lead_type)

    def test_what_somebody_typed_in_stays(self):
        typed = self.create_lead(stage="opened", probability=33)
        zero = self.create_lead(stage="opened", probability=0)
        other = self.create_lead(stage="opened")
        (typed | zero | other).write({"team_id": self.other.id})
        self.assertPlace(typed, "Visit", 33)
        self.assertFalse(typed.is_automated_probability)
        self.assertPlace(zero, "Visit", 0)
        self.assertPlace(other, "Visit", 40)
        typed.write({"team_id": self.team.id, "probability": 44})
        self.assertEqual(typed.probability, 44)
        typed.action_set_automated_probability()
        self.assertEqual(typed.probability, typed.stage_id.default_probability)

    def test_an_opportunity_never_becomes_a_lead_again(self):
        plain = self.env["crm.team"].create({"name": "Plain"})
        self.create_stages(plain, ("Call", 8, "lead"))
        lead, opportunity = self.create_lead(stage="new"), self.create_lead(stage="opened")
        (lead | opportunity).write({"team_id": plain.id})
        self.assertPlace(lead, "Call", 8)
        self.assertPlace(opportunity, "Opened", 50)
        self.assertEqual(opportunity.type, "opportunity")

    def test_a_team_without_probabilities_takes_the_first_stage_of_the_kind(self):
        plain = self.env["crm.team"].create({"name": "Plain"})
        self.create_stages(plain, ("Call", 0, "lead"), ("Visit", 0, "opportunity"))
        lead = self.create_lead(stage="negotiation")
        lead.team_id = plain
        self.assertEqual(lead.stage_id.name, "Visit")

    def test_from_the_beginning_to_the_beginning_of_a_team_that_has_its_own(self):
        """As in core, where stages have no default probability."""
        first, second = self.create_stages(self.team, ("Inbox", 0, False), ("Talk", 0, False))
        first.sequence, second.sequence = -10, -9
        shared = self.create_stages(self.team.browse(), ("Inbox", 0, False), ("Talk", 0, False))
        own = self.create_stages(self.other, ("Arrived", 0, False))
        own.sequence = -5
        leads = self.create_lead(stage_id=first.id) | self.create_lead(stage_id=second.id)
        leads.write({"team_id": self.other.id})
        self.assertEqual([lead.stage_id for lead in leads], [own, shared[1]])

    def test_another_salesperson_in_another_team(self):
        self.env["crm.team.member"].create(
            {"crm_team_id": self.other.id, "user_id": self.salesperson_2.id}
        )
        lead, won = self.create_lead(stage="negotiation"), self.create_lead(stage="won")
        (lead | won).write({"user_id": self.salesperson_2.id})
        self.assertEqual((lead | won).team_id, self.other)
        self.assertPlace(lead, "Almost", 95)
        self.assertPlace(won, "Ordered", 100, "won")

    def test_several_edited_at_once(self):
        leads = self.env["crm.lead"].union(
            *(self.create_lead(stage=stage) for stage in ("new", "offer_made", "won"))
        )
        leads.with_user(self.sales_all).web_save_multi([{"team_id": self.other.id}] * 3, {})
        self.assertEqual(
            [stage.strip() for stage in leads.mapped("stage_id.name")],
            ["Call", "offer made", "Ordered"],
        )
        self.assertEqual(leads.mapped("won_status"), ["pending", "pending", "won"])

    def test_the_form_shows_the_stage_that_saving_gives(self):
        lead = self.create_lead(stage="negotiation").with_user(self.sales_all)
        with Form(lead) as form:
            form.team_id = self.other
            self.assertEqual(form.stage_id.name, "Almost")
        self.assertPlace(lead, "Almost", 95)

    def test_an_imported_team_and_the_stage_of_another_one(self):
        lead = self.create_lead(stage="new")
        lead.export_data(["id"])
        xmlid = lead.get_external_id()[lead.id]
        self.stages["offer_made"].sequence = 1  # the name finds this one first
        result = self.env["crm.lead"].load(
            ["id", "name", "team_id", "stage_id/.id"],
            [
                [xmlid, "Old", "Other", str(self.stages["offer_made"].id)],
                ["", "New", "Other", str(self.stages["negotiation"].id)],
            ],
        )
        self.assertFalse(result["messages"])
        self.assertPlace(lead, "offer made", 60)
        self.assertPlace(lead.browse(result["ids"][1]), "Almost", 95)

    def test_a_chosen_stage_of_the_chosen_team_is_kept(self):
        lead = self.create_lead(stage="new")
        lead.write({"team_id": self.other.id, "stage_id": self.other_stages[3].id})
        self.assertPlace(lead, "Almost", 95)

    def test_leads_merged_across_teams(self):
        theirs = self.create_lead(team_id=self.other.id, stage_id=self.other_stages[1].id)
        ours = self.create_lead(stage="offer_made")
        merged = (ours | theirs).merge_opportunity(team_id=self.other.id)
        self.assertEqual(merged.team_id, self.other)
        name = {ours: "offer made", theirs: "Visit"}[merged]
        self.assertPlace(merged, name, 60 if merged == ours else 40)
        self.assertEqual(merged.type, "opportunity")

    def test_merging_a_lead_into_another_team_keeps_it_on_its_side(self):
        first, second = self.create_leads(2, stage="negotiation")
        merged = (first | second).merge_opportunity(team_id=self.other.id)
        self.assertPlace(merged, "Almost", 95)

    def test_an_archived_team_changes_nothing(self):
        lead, won = self.create_lead(stage="opened"), self.create_lead(stage="won")
        self.team.active = False
        lead.priority = won.priority = "2"
        self.assertPlace(lead, "Opened", 50)
        self.assertPlace(won, "Won", 100, "won")

    def test_without_a_team_the_stage_stays(self):
        lead, won = self.create_lead(stage="opened"), self.create_lead(stage="won")
        (lead | won).write({"team_id": False})
        self.assertPlace(lead, "Opened", 50)
        self.assertPlace(won, "Won", 100, "won")

    def test_a_deleted_team_leaves_the_decisions(self):
        lead, won = self.create_lead(stage="opened"), self.create_lead(stage="won")
        for stage in self.stages.values():
            stage.team_ids = False
        self.env.flush_all()
        self.team.unlink()
        self.assertPlace(lead, "Opened", 50)
        self.assertPlace(won, "Won", 100, "won")

    def test_number_of_queries_does_not_depend_on_the_number_of_leads(self):
        def queries(count):
            leads = self.create_leads(count, stage="offer_made")
            return self.count_queries(lambda: leads.write({"team_id": self.other.id}))

        queries(2)
        self.assertLessEqual(abs(queries(40) - queries(20)), 3)
