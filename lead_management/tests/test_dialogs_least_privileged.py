"""Every dialog and flow, saved as the browser does, by the role with the fewest rights that may
use it, with records of colleagues in it.

``Form`` asks ``onchange`` for the proposals and saves by ``web_save``, as the web client does.
"""

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, SALES_MANAGER, LeadManagementCommon
from .common_figures import FiguresAccessMixin


class DialogsCommon(FiguresAccessMixin, LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.create_partner("Maria Huber", email="maria@test.example.com")
        cls.lead = cls.create_lead(
            name="Bathroom", stage="negotiation", partner_id=cls.partner.id, expected_revenue=10
        )
        cls.offer = cls.create_offer(cls.lead, price=900, user_id=cls.sales_manager.id)
        cls.other_offer = cls.create_offer(cls.lead, price=700, user_id=cls.sales_manager.id)
        cls.lead.main_order_id = cls.offer
        cls.line = cls.record_hours(cls.lead, cls.employee_2, 2)
        cls.record_hours(cls.lead, cls.employee, 1)
        cls.payment = cls.env["crm.lead.payment"].create({"lead_id": cls.lead.id, "amount": 4})

    def setUp(self):
        super().setUp()
        self.env.flush_all()
        self.env.invalidate_all()
        self.own = self.lead.with_user(self.salesperson)

    def open(self, action, user=None):
        """The dialog that an action opens, as a form in the browser."""
        dialogs = self.env[action["res_model"]].with_user(user or self.salesperson)
        return Form(dialogs.with_context(**action.get("context") or {}))

    def open_won(self, leads=None, **values):
        form = self.open((leads or self.own).action_won())
        for name, value in values.items():
            setattr(form, name, value)
        return form.save()


@tagged("post_install", "-at_install")
class TestWonDialogWithColleaguesRecords(DialogsCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_colleagues_offers_are_out_of_the_salespersons_reach(self):
        """Otherwise these tests would prove nothing."""
        for record in (self.offer, self.other_offer, self.line):
            self.assertFalse(record.with_user(self.salesperson).has_access("read"))

    def test_new_project(self):
        """Seen: AccessError on the dialog's offers as soon as it is saved."""
        dialog = self.open_won()
        self.assertEqual(dialog.main_order_id, self.offer)
        self.assertIn(self.sales_manager.name, dialog.order_text)
        self.assertFalse(dialog.confirm_order or dialog.can_confirm_order)
        self.assertNotIn(self.offer.name, dialog.other_orders_text)
        self.assertFalse(dialog.refusal_text)
        dialog.action_convert()
        project = self.lead.won_project_id
        self.assertEqual(project.name, "Bathroom")
        self.assertEqual(self.offer.project_id, project)
        self.assertEqual(self.offer.state, "draft")
        self.assertEqual(self.lead.timesheet_ids.project_id, project)

    def test_existing_project(self):
        project = self.create_project(
            "Running", allow_billable=True, partner_id=self.partner.id, user_id=False
        )
        self.open_won(target="existing", project_id=project).action_convert()
        self.assertEqual(self.lead.won_project_id, project)
        self.assertEqual(self.offer.project_id, project)

    def test_no_project(self):
        self.open_won(target="none").action_convert()
        self.assertEqual(self.lead.project_state, "no_project")

    def test_another_main_offer_of_the_lead(self):
        dialog = self.open_won(main_order_id=self.other_offer)
        self.assertIn(self.other_offer.name, dialog.order_text)
        dialog.action_convert()
        self.assertEqual(self.lead.won_status, "won")

    @mute_logger(*ACCESS_LOGGERS)
    def test_confirming_a_colleagues_offer_is_refused_in_words(self):
        dialog = self.open_won()
        dialog.confirm_order = True
        self.assertIn("may not confirm", dialog.refusal_text)
        with self.assertRaises(UserError):
            dialog.action_convert()

    def test_own_offer_is_confirmed(self):
        self.offer.user_id = self.salesperson
        self.open_won().action_convert()
        self.assertEqual(self.offer.state, "sale")

    @mute_logger(*ACCESS_LOGGERS)
    def test_colleagues_other_offers_cannot_be_cancelled(self):
        dialog = self.open_won(other_orders="cancel")
        self.assertIn(self.other_offer.name, dialog.refusal_text)

    def test_contact_is_created(self):
        self.lead.write({"partner_id": False, "contact_name": "New", "email_from": False})
        (self.offer | self.other_offer).unlink()
        dialog = self.open_won()
        self.assertEqual(dialog.partner_choice, "create")
        dialog.action_convert()
        self.assertEqual(self.lead.partner_id.name, "New")

    def test_template_that_is_set_up_and_out_of_reach(self):
        template = self.create_project(
            "Template",
            is_template=True,
            privacy_visibility="followers",
            user_id=False,
            company_id=False,
        )
        template.message_unsubscribe(template.message_partner_ids.ids)
        category = self.env["crm.lead.category"].create(
            {"name": "Bathrooms", "project_template_id": template.id}
        )
        self.lead.category_id = category
        self.assertFalse(template.with_user(self.salesperson).has_access("read"))
        dialog = self.open_won()
        self.assertEqual(dialog.project_template_id, template)
        dialog.action_convert()
        self.assertTrue(self.lead.won_project_id)

    @mute_logger(*ACCESS_LOGGERS)
    def test_private_project_of_the_lead_is_named_not_proposed(self):
        project = self.create_project(
            "Secret", allow_billable=True, privacy_visibility="followers", user_id=False
        )
        project.message_unsubscribe(project.message_partner_ids.ids)
        self.offer.with_user(self.sales_manager).sudo().action_confirm()
        self.offer.sudo().project_id = project
        dialog = self.open_won()
        self.assertFalse(dialog.project_id)
        self.assertNotIn("Secret", dialog.refusal_text)
        self.assertIn("out of your reach", dialog.refusal_text)

    def test_several_leads_with_offers_of_several_people(self):
        second = self.create_lead(name="Heating", stage="negotiation", partner_id=self.partner.id)
        offer = self.create_offer(second, price=50, user_id=self.salesperson_2.id)
        dialog = self.open_won(self.own | second.with_user(self.salesperson))
        self.assertFalse(dialog.confirm_order)
        dialog.action_convert()
        self.assertEqual(second.won_project_id, self.lead.won_project_id)
        self.assertEqual(offer.project_id, self.lead.won_project_id)

    def test_pending_project_is_decided_later(self):
        self.own.action_set_won()
        self.assertEqual(self.lead.project_state, "pending")
        self.open_won().action_convert()
        self.assertEqual(self.lead.project_state, "converted")

    @mute_logger(*ACCESS_LOGGERS)
    def test_dialog_of_a_colleague_is_not_readable(self):
        dialog = self.open_won()
        other = dialog.with_user(self.salesperson_2)
        self.env.invalidate_all()
        self.assertFalse(other.search([("id", "=", dialog.id)]))
        for attempt in (
            lambda: other.read(["project_name"]),
            lambda: other.write({"target": "none"}),
            other.action_convert,
        ):
            self.assertRaises(AccessError, attempt)

    def test_every_dialog_is_its_users_own(self):
        for name, model in self.env.registry.items():
            if model._transient and model._original_module == "lead_management":
                rules = self.env["ir.rule"].search(
                    [("model_id.model", "=", name), ("groups", "=", False)]
                )
                self.assertIn("create_uid", "".join(rules.mapped("domain_force")), name)


@tagged("post_install", "-at_install")
class TestOtherFlowsWithColleaguesRecords(DialogsCommon):
    def test_lead_form(self):
        """The salesperson saves a lead whose main offer, payments and hours are others'."""
        form = Form(self.own)
        form.name = "Bathroom Huber"
        form.expected_revenue = 20
        form.probability = 40
        form.save()
        self.assertEqual(self.lead.expected_revenue, 20)
        self.assertEqual(self.lead.main_order_id, self.offer)

    def test_lead_form_of_a_value_that_follows_a_colleagues_offer(self):
        self.own.action_take_over_offer()
        self.assertEqual(self.lead.expected_revenue, 900)
        form = Form(self.own)
        form.probability = 40
        form.save()
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("offer", 900))

    def test_planned_payments(self):
        form = Form(self.own)
        with form.payment_ids.edit(0) as payment:
            payment.amount = 6
        with form.payment_ids.new() as payment:
            payment.percentage = 10
        form.save()
        self.assertEqual(self.lead.payment_ids.mapped("amount"), [6, 1])

    def test_payments_by_the_terms_of_a_colleagues_offer(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 30)
                ],
            }
        )
        self.offer.payment_term_id = terms
        self.own.action_plan_by_payment_terms()
        self.assertEqual(self.lead.payment_ids.mapped("percentage"), [50, 50])

    def test_even_instalments(self):
        dialog = self.open(self.own.action_split_payments())
        dialog.scope = "value"
        dialog.number = 2
        dialog.save().action_split()
        self.assertEqual(self.lead.payment_count, 2)

    def test_declined(self):
        dialog = self.open(self.own.action_decline())
        dialog.lost_reason_id = self.reason
        dialog.save().action_lost_reason_apply()
        self.assertEqual(self.lead.won_status, "lost")
        self.own.action_restore()
        self.assertEqual(self.lead.won_status, "pending")

    def test_merged(self):
        second = self.create_lead(name="Heating", stage="negotiation")
        self.create_offer(second, user_id=self.salesperson_2.id)
        dialogs = self.env["crm.merge.opportunity"].with_user(self.salesperson)
        ids = (self.lead | second).ids
        dialog = Form(dialogs.with_context(active_model="crm.lead", active_ids=ids)).save()
        dialog.action_merge()
        merged = (self.lead | second).exists()
        self.assertEqual(len(merged.order_ids), 3)
        self.assertEqual(merged.effective_hours, 3)

    def test_converted_to_an_opportunity(self):
        lead = self.create_lead(name="Heating", stage="new", contact_name="Eva")
        dialogs = self.env["crm.lead2opportunity.partner"].with_user(self.salesperson)
        context = {"active_model": "crm.lead", "active_ids": lead.ids, "active_id": lead.id}
        Form(dialogs.with_context(**context)).save().action_apply()
        self.assertEqual(lead.type, "opportunity")

    def test_period_and_print_dialogs(self):
        for report in ("movement", "snapshot"):
            dialogs = self.env["crm.lead.pipeline.period"].with_user(self.accountant)
            dialog = Form(dialogs.with_context(default_report=report)).save()
            self.assertTrue(dialog.action_open()["res_model"])
        for user in (self.salesperson, self.accountant):
            dialog = Form(self.env["crm.lead.pipeline.print"].with_user(user)).save()
            self.assertTrue(dialog.action_print())

    def test_dialogs_of_the_sales_administrator(self):
        user = self.create_user("admin_only", "Sales Admin", SALES_MANAGER)
        load = Form(self.env["crm.stage.load"].with_user(user))
        load.team_id = self.team
        load.save().action_load()
        category = Form(self.env["crm.lead.category"].with_user(user))
        category.name = "Kitchens"
        category.save()
        stage = self.stages["opened"]
        with self.before_this_quarter():
            leads = self.create_leads(25, stage="opened")
        leads[:10].action_set_won()
        leads[10:].action_set_lost(lost_reason_id=self.reason.id)
        row = self.env["crm.stage.calibration.report"].with_user(user).browse(stage.id)
        self.open(row.action_open_apply(), user).save().action_apply()
        self.assertEqual(stage.default_probability, 40)

    def test_follow_up_and_note_on_the_lead(self):
        self.own.activity_schedule("mail.mail_activity_data_call", summary="Call")
        self.own.message_post(body="Called")
        self.assertTrue(self.own.next_follow_up)


@tagged("post_install", "-at_install")
class TestContactsOfOtherCompanies(DialogsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.salesperson.company_ids += cls.company_b
        cls.env.user.company_ids += cls.company_b
        cls.email = "eva@test.example.com"
        cls.partner_b = cls.create_partner("Eva of B", email=cls.email, company_id=cls.company_b.id)
        cls.bare_lead = cls.create_lead(
            name="Heating",
            stage="negotiation",
            contact_name="Eva",
            email_from=cls.email,
            partner_id=False,
        )

    def setUp(self):
        super().setUp()
        chosen = (self.company | self.company_b).ids
        self.own = self.bare_lead.with_user(self.salesperson)
        self.own = self.own.with_context(allowed_company_ids=chosen)

    def test_contact_of_the_other_company_is_not_proposed(self):
        """Seen: proposed, and then the dialog fails."""
        dialog = self.own.env["crm.lead.won"].with_context(default_lead_ids=self.own.ids)
        dialog = Form(dialog).save()
        self.assertEqual(dialog.partner_choice, "create")
        self.assertFalse(dialog.partner_id)
        dialog.action_convert()
        self.assertEqual(self.bare_lead.partner_id.name, "Eva")
        self.assertNotEqual(self.bare_lead.partner_id, self.partner_b)

    def test_contact_of_all_companies_comes_before_none(self):
        shared = self.create_partner("Eva", email=self.email)
        self.assertEqual(self.own._find_matching_partner(), shared)

    def test_contact_of_the_other_company_is_refused_in_words(self):
        dialog = self.own.env["crm.lead.won"].with_context(default_lead_ids=self.own.ids)
        dialog = dialog.create({"partner_choice": "link", "partner_id": self.partner_b.id})
        self.assertIn("Company B", dialog.refusal_text)
        with self.assertRaises(UserError):
            dialog.action_convert()

    def test_archived_contact_is_named_not_doubled(self):
        self.partner_b.unlink()
        archived = self.create_partner("Eva Old", email=self.email, active=False)
        self.assertEqual(self.own.similar_partner_ids, archived)
        with self.assertRaises(RedirectWarning) as refusal:
            self.own.action_create_contact()
        self.assertIn("Eva Old", str(refusal.exception.args[0]))
        self.assertFalse(self.bare_lead.partner_id)
        dialog = self.own.env["crm.lead.won"].with_context(default_lead_ids=self.own.ids)
        dialog = Form(dialog).save()
        self.assertIn("Eva Old", dialog.warning_text)
        self.assertIn("archived", dialog.warning_text)
