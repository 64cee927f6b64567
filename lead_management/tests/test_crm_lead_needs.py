"""What a stage needs, and the questions of a category."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..tools.marks import NEEDS_SETTLED
from .common import ACCESS_LOGGERS, LeadManagementCommon


class NeedsCommon(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env["crm.lead.category"].create(
            {
                "name": "Heating",
                "properties_definition": [
                    {"name": "kind", "type": "char", "string": "Kind of Installation"},
                    {"name": "budget", "type": "float", "string": "Budget"},
                    {"name": "decides", "type": "boolean", "string": "Decision Maker"},
                ],
            }
        )
        cls.stage = cls.stages["offer_made"]

    @classmethod
    def require(cls, *names, **values):
        """Let the stage *Offer Made* need these fields."""
        fields = [cls.env["ir.model.fields"]._get("crm.lead", name).id for name in names]
        cls.stage.write({"required_field_ids": [Command.set(fields)], **values})

    def get_lead(self, user=None, **values):
        """A lead of the salesperson in the stage *Opened*, in his hands."""
        lead = self.create_lead(**{"stage": "opened", **values})
        return lead.with_user(user or self.salesperson)

    def get_missing(self, lead):
        return lead._get_missing_needs(self.stage)[lead]


@tagged("post_install", "-at_install")
class TestStageNeeds(NeedsCommon):
    def test_forward_is_refused_with_the_labels(self):
        self.require("date_deadline", "expected_revenue")
        lead = self.get_lead()
        with self.assertRaises(UserError) as refusal:
            lead.write({"stage_id": self.stage.id})
        self.assertIn("Bathroom Huber", str(refusal.exception))
        for name in ("date_deadline", "expected_revenue"):
            label = self.env["ir.model.fields"]._get("crm.lead", name).field_description
            self.assertIn(label, str(refusal.exception))
        self.assertEqual(lead.stage_id, self.stages["opened"])

    def test_drag_is_refused_as_a_write_is(self):
        self.require("city")
        lead = self.get_lead()
        with self.assertRaises(UserError):
            lead.web_save({"stage_id": self.stage.id}, {"stage_id": {}})

    def test_values_of_the_same_save_count(self):
        self.require("city", "expected_revenue", "tag_ids")
        lead = self.get_lead()
        values = {"city": "Graz", "expected_revenue": 5, "tag_ids": [Command.link(self.tag.id)]}
        lead.write({**values, "stage_id": self.stage.id})
        self.assertEqual(lead.stage_id, self.stage)
        lead.write({"stage_id": self.stages["opened"].id})
        for name, empty in (("city", " "), ("expected_revenue", 0), ("tag_ids", [(5,)])):
            with self.subTest(name), self.assertRaises(UserError):
                lead.write({"stage_id": self.stage.id, name: empty})

    def test_boolean_is_always_answered(self):
        field = self.env["ir.model.fields"].search(
            [("model", "=", "crm.lead"), ("ttype", "=", "boolean"), ("store", "=", True)], limit=1
        )
        self.assertFalse(
            self.env["crm.lead"]._is_field_missing(self.env["crm.lead"]._fields[field.name])
        )

    def test_only_the_entered_stage_counts(self):
        self.require("city")
        lead = self.get_lead()
        lead.write({"stage_id": self.stages["negotiation"].id})
        lead.write({"stage_id": self.stage.id})
        self.assertEqual(lead.stage_id, self.stage, "back is always open")

    def test_declining_is_never_refused(self):
        self.require("city")
        lead = self.get_lead()
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertEqual(lead.won_status, "lost")
        other = self.get_lead()
        other.write({"active": False, "stage_id": self.stage.id})
        self.assertFalse(other.active)

    def test_system_and_import_are_not_refused(self):
        self.require("city")
        for free in (
            lambda lead: lead.sudo(),
            lambda lead: lead.with_user(self.env.ref("base.user_root")),
        ):
            lead = self.get_lead()
            free(lead).write({"stage_id": self.stage.id})
            self.assertEqual(lead.stage_id, self.stage)

    def test_job_of_a_person_is_not_refused(self):
        self.require("city")
        lead = self.get_lead()
        code = f"env['crm.lead'].browse({lead.id}).write({{'stage_id': {self.stage.id}}})"
        job = self.env["ir.cron"].create(
            {
                "name": "Moves",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": code,
                "user_id": self.salesperson.id,
            }
        )
        with self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.assertEqual(lead.stage_id, self.stage)

    def test_no_context_of_a_client_frees_from_the_needs(self):
        self.require("city")
        lead = self.get_lead()
        for context in (
            {"cron_id": 1},
            {"import_file": True},
            {"lead_needs": list(NEEDS_SETTLED)},
            {"install_mode": True},
        ):
            with self.subTest(context), self.assertRaises(UserError):
                lead.with_context(**context).write({"stage_id": self.stage.id})

    def test_import_file_moves_leads(self):
        self.require("city")
        lead = self.get_lead()
        leads = self.env["crm.lead"].with_user(self.salesperson)
        result = leads.with_context(import_file=True).load(
            [".id", "stage_id/.id"], [[str(lead.id), str(self.stage.id)]]
        )
        self.assertTrue(result["ids"], result["messages"])
        self.assertEqual(lead.stage_id, self.stage)

    def test_new_leads_are_never_refused(self):
        self.require("city")
        leads = self.env["crm.lead"].with_user(self.salesperson)
        created = leads.create({"name": "By hand", "stage_id": self.stage.id})
        self.assertEqual(created.stage_id, self.stage)
        self.assertTrue(created.copy())
        first = self.stages["new"]
        first.required_field_ids = self.stage.required_field_ids
        mail = {"subject": "x", "from": "x@test.example.com", "body": "x"}
        self.assertEqual(leads.message_new(mail).stage_id, first)

    def test_convert_is_refused(self):
        self.stages["converted"].needs_contact = True
        lead = self.get_lead(stage="new")
        with self.assertRaises(UserError):
            lead.convert_opportunity(False)
        self.assertEqual(lead.type, "lead")
        lead.write({"contact_name": "Eva", "phone": "+43 1 23"})
        lead.convert_opportunity(False)
        self.assertEqual(lead.stage_id, self.stages["converted"])

    def test_team_change_is_not_refused(self):
        other = self.env["crm.team"].create({"name": "Other Team"})
        self.stages["opened"].team_ids = self.team
        stages = (self.env["crm.stage"].search([]) - self.stage) | self.stages["opened"]
        stages.write({"team_ids": [Command.set(self.team.ids)]})
        self.require("city")
        lead = self.get_lead()
        lead.write({"team_id": other.id})
        self.assertEqual(lead.stage_id, self.stage)

    def test_merge_is_not_refused(self):
        self.require("city")
        far = self.create_lead(stage="offer_made", name="Far", probability=1)
        near = self.create_lead(stage="opened", probability=90)
        leads = (far | near).with_user(self.salesperson)
        merged = leads.merge_opportunity()
        self.assertEqual(merged, (far | near).exists())
        self.assertNotIn("lead_needs", merged.env.context)

    def test_won_stage_is_refused_before_anything_is_done(self):
        won = self.stages["won"]
        won.needs_offer = True
        lead = self.get_lead(stage="negotiation", contact_name="Eva")
        for way in (lead.action_won, lead.action_set_won):
            self.assertRaises(UserError, way)
        won.needs_offer = False
        dialog = self.open_won_dialog(lead)
        won.needs_offer = True
        self.assertRaises(UserError, dialog.action_convert)
        self.assertFalse(lead.partner_id)
        self.create_offer(lead.sudo(), user_id=self.salesperson.id)
        self.assertTrue(lead.action_won())

    @mute_logger(*ACCESS_LOGGERS)
    def test_who_may_not_change_the_lead_is_told_nothing(self):
        self.require("city")
        lead = self.get_lead(user=self.salesperson_2)
        with self.assertRaises(AccessError):
            lead.write({"stage_id": self.stage.id})
        with self.assertRaises(AccessError):
            lead._get_missing_needs(self.stage)

    def test_client_cannot_skip_the_check(self):
        self.require("city")
        lead = self.get_lead()
        for value in (True, "object", 1):
            with self.assertRaises(UserError):
                lead.with_context(lead_needs=value).write({"stage_id": self.stage.id})

    def test_offer(self):
        self.require(needs_offer=True)
        lead = self.get_lead()
        self.assertEqual(self.get_missing(lead), ["Offer"])
        order = self.create_offer(lead.sudo())
        self.assertEqual(self.get_missing(lead), [])
        order.state = "cancel"
        self.assertEqual(self.get_missing(lead), ["Offer"])

    def test_contact(self):
        self.require(needs_contact=True)
        for values, is_met in (
            ({}, False),
            ({"contact_name": "Eva"}, False),
            ({"phone": "+43 1 23"}, False),
            ({"contact_name": "Eva", "phone": "+43 1 23"}, True),
            ({"partner_name": "Huber", "email_from": "e@test.example.com"}, True),
            ({"partner_id": self.create_partner().id}, True),
        ):
            with self.subTest(values=values):
                lead = self.get_lead(**values)
                self.assertEqual(self.get_missing(lead), [] if is_met else ["Contact"])

    def test_questions_of_the_category(self):
        self.require(needs_category_questions=True)
        lead = self.get_lead()
        self.assertEqual(self.get_missing(lead), ["Category"], "whose questions would they be?")
        with self.assertRaises(UserError) as refusal:
            lead.write({"stage_id": self.stage.id})
        names = refusal.exception.context["action"]["context"]["lead_needs_names_view_ref"]
        self.assertEqual(names, "category_id,category_properties")
        lead.category_id = self.env["crm.lead.category"].create({"name": "Asks Nothing"})
        self.assertEqual(self.get_missing(lead), [])
        lead.category_id = self.category
        self.assertEqual(self.get_missing(lead), ["Kind of Installation", "Budget"])
        lead.category_properties = {"kind": "Heat pump", "budget": 0.0}
        self.assertEqual(self.get_missing(lead), ["Budget"])
        with self.assertRaises(UserError):
            lead.write({"stage_id": self.stage.id})
        answers = {"kind": "Heat pump", "budget": 7.0}
        lead.write({"stage_id": self.stage.id, "category_properties": answers})
        self.assertEqual(lead.stage_id, self.stage)

    def test_category_of_the_same_save_asks_its_questions(self):
        self.require(needs_category_questions=True)
        lead = self.get_lead()
        with self.assertRaises(UserError):
            lead.write({"stage_id": self.stage.id, "category_id": self.category.id})

    def test_several_leads_are_named_and_the_rest_counted(self):
        self.require("city")
        leads = self.create_leads(12, stage="opened").with_user(self.salesperson)
        with self.assertRaises(UserError) as refusal:
            leads.write({"stage_id": self.stage.id})
        message = str(refusal.exception)
        self.assertEqual(message.count("Bathroom Huber"), 10)
        self.assertIn("and 2 more", message)
        action = refusal.exception.context["action"]
        self.assertEqual(action["domain"], [("id", "in", leads.ids)])
        lead = leads[0].with_context(**action["context"])
        form = lead.action_fill_in_needs()
        self.assertEqual((form["res_id"], form["target"]), (lead.id, "new"))
        lead.city = "Graz"
        lead.action_fill_in_needs()
        self.assertEqual(lead.stage_id, self.stage)

    def test_stage_says_what_it_needs(self):
        self.require("city", needs_offer=True, needs_contact=True, needs_category_questions=True)
        self.assertEqual(
            self.stage.with_user(self.salesperson).needs_summary,
            "City, Contact, Offer, Answers to the category's questions",
        )

    def test_fields_that_nobody_can_fill_in_are_refused(self):
        for name in ("stage_id", "create_date", "won_status"):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.require(name)

    def test_sales_manager_sets_the_needs(self):
        city = self.env["ir.model.fields"]._get("crm.lead", "city")
        with Form(self.stage.with_user(self.sales_manager)) as form:
            form.required_field_ids.add(city)
            form.needs_offer = True
        self.assertEqual(self.stage.required_field_ids, city)

    def test_queries_do_not_grow_with_the_leads(self):
        self.require(
            "city", "tag_ids", needs_offer=True, needs_contact=True, needs_category_questions=True
        )
        values = {"stage": "opened", "category_id": self.category.id, "city": "Graz"}
        counts = []
        for number in (5, 10):
            leads = self.create_leads(number, **values).with_user(self.salesperson)
            for vals in ({}, {"phone": "1"}):
                counts.append(
                    self.count_queries(
                        lambda leads=leads, vals=vals: leads._find_missing_needs(self.stage, vals)
                    )
                )
        self.assertLessEqual(counts[2], counts[0])
        self.assertLessEqual(counts[3], counts[1])


@tagged("post_install", "-at_install")
class TestNeedsForm(NeedsCommon):
    def refuse(self, lead):
        with self.assertRaises(UserError) as refusal:
            lead.write({"stage_id": self.stage.id})
        return refusal.exception.context["action"]

    def get_form(self, action):
        leads = self.env["crm.lead"].with_user(self.salesperson).with_context(**action["context"])
        lead = leads.browse(action["res_id"])
        return lead, leads.get_view(action["views"][0][0], "form")["arch"]

    def test_form_shows_exactly_what_is_missing(self):
        self.require("city", "date_deadline", "expected_revenue")
        lead, arch = self.get_form(self.refuse(self.get_lead(city="Graz")))
        self.assertIn("date_deadline", arch)
        self.assertIn('name="expected_revenue"', arch)
        self.assertNotIn('name="city"', arch)
        self.assertNotIn('name="street"', arch)

    def test_saving_moves_the_lead_in_one_write(self):
        self.require("city", needs_contact=True)
        lead, _arch = self.get_form(self.refuse(self.get_lead()))
        with self.assertRaises(UserError):
            lead.web_save({"city": "Graz"}, {})
        values = {"city": "Graz", "contact_name": "Eva", "phone": "1"}
        lead.web_save(values, {})
        self.assertEqual((lead.stage_id, lead.city), (self.stage, "Graz"))
        self.assertTrue(lead.action_enter_needed_stage()["infos"]["stageEntered"])

    def test_nothing_missing_any_more_moves_the_lead(self):
        self.require("city")
        action = self.refuse(self.get_lead())
        lead, _arch = self.get_form(action)
        with self.assertRaises(UserError):
            lead.action_enter_needed_stage()
        self.env["crm.lead"].browse(lead.id).city = "Graz"
        lead.action_enter_needed_stage()
        self.assertEqual(lead.stage_id, self.stage)

    def test_missing_offer_is_said(self):
        self.require(needs_offer=True)
        lead, arch = self.get_form(self.refuse(self.get_lead()))
        self.assertTrue(lead.lacks_offer)
        self.assertEqual(lead.missing_needs, "Offer")
        self.assertIn("lacks_offer", arch)


@tagged("post_install", "-at_install")
class TestCategoryQuestions(NeedsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(stage="opened", category_id=cls.category.id)
        cls.lead.category_properties = {"kind": "Heat pump", "budget": 5.0}

    def get_answers(self, lead):
        return {name: value for name, value in dict(lead.category_properties).items() if value}

    def test_answers_survive_a_change_of_team(self):
        team = self.env["crm.team"].create({"name": "Other Team"})
        self.lead.with_user(self.salesperson).team_id = team
        self.env.invalidate_all()
        self.assertEqual(self.get_answers(self.lead), {"kind": "Heat pump", "budget": 5.0})

    def test_answers_are_copied(self):
        self.env.flush_all()
        self.assertEqual(self.get_answers(self.lead.copy()), {"kind": "Heat pump", "budget": 5.0})

    def test_answers_that_another_category_drops_stay_in_a_note(self):
        other = self.category.copy({"name": "Baths", "properties_definition": []})
        answers = {"kind": "Pellets", "decides": True}
        leads = self.create_leads(2, category_id=self.category.id)
        leads.category_properties = answers
        leads[1].category_properties = False
        before = leads.message_ids
        leads.with_user(self.salesperson).write({"category_id": self.category.id})
        self.assertEqual(leads.message_ids, before)
        leads[0].with_user(self.salesperson).web_save({"category_id": other.id}, {})
        leads[1].with_user(self.salesperson).category_id = False
        note = (leads.message_ids - before).filtered(lambda message: "Pellets" in message.body)
        self.assertEqual(note.res_id, leads[0].id)
        for text in ("Heating: Kind of Installation: Pellets", "Decision Maker: Yes"):
            self.assertIn(text, note.body)

    def test_another_category_asks_its_own_questions(self):
        other = self.category.create(
            {
                "name": "Solar",
                "properties_definition": [
                    {"name": "roof", "type": "char", "string": "Roof"},
                ],
            }
        )
        self.lead.category_id = other
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.get_answers(self.lead), {})
        self.lead.category_properties = {"roof": "Flat"}
        self.assertEqual(self.get_answers(self.lead), {"roof": "Flat"})

    def test_merged_lead_keeps_its_answers(self):
        other = self.create_lead(stage="new", name="Second")
        merged = (self.lead | other).merge_opportunity()
        self.assertEqual(merged, self.lead)
        self.assertEqual(self.get_answers(merged)["kind"], "Heat pump")

    def test_leads_are_found_and_grouped_by_answers(self):
        leads = self.env["crm.lead"].with_user(self.salesperson)
        domain = [("category_properties.kind", "=", "Heat pump")]
        self.assertEqual(leads.search(domain), self.lead)
        groups = leads.formatted_read_group(domain, ["category_properties.kind"], ["__count"])
        self.assertEqual(groups[0]["__count"], 1)
        self.assertIn(
            "category_properties",
            leads.get_view(self.env.ref("lead_management.crm_lead_view_search").id, "search")[
                "arch"
            ],
        )

    def test_answers_are_readable_at_the_project(self):
        self.create_offer(self.lead)
        project = self.convert(
            self.lead, self.salesperson, project_name="Heating", user_id=self.project_manager.id
        )
        self.assertEqual(project.lead_ids, self.lead)
        view = self.env.ref("lead_management.crm_lead_view_form_notes")
        lead = self.lead.with_user(self.project_manager)
        self.assertIn("category_properties", lead.get_view(view.id, "form")["arch"])
        read = lead.web_read({"category_properties": {}})[0]["category_properties"]
        self.assertEqual(read[0]["value"], "Heat pump")
