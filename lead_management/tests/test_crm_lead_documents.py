"""Letters of leads: written from templates, kept as drafts and as PDF files of the lead."""

import io

import pypdf

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestDocuments(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(
            stage="opened", contact_name="Maria <b>Huber</b>", street="Main Street 1", city="Graz"
        )
        cls.offer = cls.create_offer(cls.lead, price=1234)
        cls.templates = cls.env["crm.lead.document.template"].search([])
        cls.letter = cls.env.ref("lead_management.document_template_offer_letter")

    def write_document(self, user=None, lead=None, **values):
        """A document, saved as the browser saves it."""
        documents = self.env["crm.lead.document"].with_user(user or self.salesperson)
        values = {"lead_id": (lead or self.lead).id, "name": "Letter", **values}
        return documents.browse(documents.web_save(values, {})[0]["id"])

    def test_three_templates_ship(self):
        self.assertEqual(len(self.templates), 3)
        for template in self.templates:
            document = self.write_document(template_id=template.id)
            self.assertNotIn("t-out", document.body)
            self.assertIn("Bathroom Huber", document.body)

    def test_template_is_filled_in(self):
        action = self.lead.with_user(self.salesperson).action_new_document()
        documents = self.env["crm.lead.document"].with_user(self.salesperson)
        with Form(documents.with_context(**action["context"])) as form:
            form.template_id = self.letter
            self.assertEqual(form.name, "Offer Letter")
            for text in (self.offer.name, "1,234.00", "Main Street 1"):
                self.assertIn(text, form.body)

    def test_text_of_customers_is_escaped(self):
        body = self.write_document(template_id=self.letter.id).body
        self.assertNotIn("<b>Huber", body)
        self.assertIn("&lt;b&gt;Huber", body)

    def test_empty_lead(self):
        lead = self.create_lead(stage="opened", user_id=self.salesperson.id)
        for template in self.templates:
            body = self.write_document(lead=lead, template_id=template.id).body
            self.assertNotIn("False", body)
            self.assertNotIn("None", body)

    def test_offer_of_a_colleague_is_told_with_the_lead(self):
        self.offer.user_id = self.salesperson_2
        self.assertIn(self.offer.name, self.write_document(template_id=self.letter.id).body)

    def test_pdf_is_kept_in_the_lead_and_replaced(self):
        document = self.write_document(template_id=self.letter.id)
        document.action_create_document()
        file = document.attachment_id
        self.assertEqual((file.res_model, file.res_id), ("crm.lead", self.lead.id))
        self.assertIn(file, self.lead.attachment_ids)
        document.body = "<p>Something else</p>"
        document.action_create_document()
        self.assertEqual(document.attachment_id, file)
        self.assertIn(b"Something else", file.raw)

    def test_deleted_file_is_made_again(self):
        document = self.write_document(body="<p>Text</p>")
        document.action_create_document()
        document.attachment_id.unlink()
        document.action_create_document()
        self.assertTrue(document.attachment_id.exists())

    @mute_logger("odoo.addons.base.models.ir_actions_report")
    def test_pdf_is_printed(self):
        document = self.write_document(body="<p>Dear customer</p>")
        document.with_context(force_report_rendering=True).action_create_document()
        self.assertEqual(document.attachment_id.mimetype, "application/pdf")
        self.assertEqual(document.attachment_id.name, "Letter.pdf")
        pages = pypdf.PdfReader(io.BytesIO(document.attachment_id.raw)).pages
        # the company's font is drawn, so that there are no letters to read
        self.assertEqual(len(pages), 1)

    def test_draft_opens_again(self):
        document = self.write_document(body="<p>Text</p>")
        self.assertEqual(self.lead.document_ids, document)
        self.assertEqual(document.action_open()["res_id"], document.id)

    def test_scripts_do_not_stay(self):
        document = self.write_document(body="<p>Text<script>alert(1)</script></p>")
        self.assertNotIn("script", document.body)

    def test_only_who_may_change_the_lead_writes_documents(self):
        foreign = self.create_lead(stage="opened", user_id=self.salesperson_2.id)
        document = self.write_document(self.salesperson_2, foreign, body="<p>Text</p>")
        mine = document.with_user(self.salesperson)
        for attempt in (
            lambda: self.write_document(lead=foreign, template_id=self.letter.id),
            mine.action_create_document,
            mine.action_open,
            lambda: mine.read(["body"]),
            foreign.with_user(self.salesperson).action_new_document,
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertFalse(self.env["crm.lead.document"].with_user(self.salesperson).search([]))

    def test_only_sales_managers_write_templates(self):
        with self.assertRaises(AccessError):
            self.letter.with_user(self.salesperson).body = "<p>Text</p>"
        self.letter.with_user(self.sales_manager).body = '<p><t t-out="object.name"/></p>'
        self.assertIn("Bathroom", self.write_document(template_id=self.letter.id).body)

    def test_broken_template_says_so(self):
        self.letter.body = '<p><t t-out="object.no_such_field + 1"/></p>'
        with self.assertRaises(UserError), mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self.write_document(template_id=self.letter.id)

    def test_templates_are_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.letter.with_context(lang="de_DE").body = "<p>Sehr geehrte Damen und Herren</p>"
        self.lead.partner_id = self.create_partner(lang="de_DE")
        self.assertIn("Sehr geehrte", self.write_document(template_id=self.letter.id).body)

    def test_files_of_offers_are_shown_to_who_may_read_them(self):
        file = self.add_file("Plan.txt", self.offer)
        lead = self.lead.with_user(self.salesperson)
        self.assertEqual(lead.offer_attachment_ids, file)
        self.offer.user_id = self.salesperson_2
        self.env.invalidate_all()
        self.assertFalse(lead.offer_attachment_ids)

    def send(self, action, **values):
        """Send as the composer that the action opens does."""
        composers = self.env["mail.compose.message"].with_user(self.salesperson)
        composer = composers.with_context(**action["context"]).create({"body": "Hello", **values})
        composer._action_send_mail()

    def test_sending_the_offer_moves_the_lead(self):
        self.company.lead_offer_sent_stage = True
        self.send(self.lead.with_user(self.salesperson).action_send_offer())
        message = self.lead.message_ids.filtered("attachment_ids")
        self.assertIn(self.offer.name, message.attachment_ids.name)
        self.assertIn(message.attachment_ids, self.lead.attachment_ids)
        self.assertEqual(self.offer.state, "sent")
        self.assertEqual(self.lead.stage_id, self.stages["offer_made"])

    def test_mail_with_the_offer_has_the_text_of_the_offers_own_button(self):
        lead = self.lead.with_user(self.salesperson)
        context = lead.action_send_offer()["context"]
        self.assertIn(self.offer.name, context["default_subject"])
        self.assertIn(self.offer.name, context["default_body"])
        # a company that has no such text gets an empty mail
        self.env.ref("sale.email_template_edi_sale").unlink()
        context = lead.action_send_offer()["context"]
        self.assertEqual(context["default_subject"], lead.name)
        self.assertNotIn("default_body", context)

    def test_defaults_of_the_board_are_not_for_files(self):
        """The board opens leads with a default type, which files have, too."""
        context = {"default_type": "opportunity", "default_name": "Lead"}
        lead = self.lead.with_user(self.salesperson).with_context(**context)
        action = lead.action_send_offer()
        file = self.env["ir.attachment"].browse(action["context"]["default_attachment_ids"])
        self.assertEqual((file.type, file.name.split(".")[0]), ("binary", self.offer.name))
        document = self.write_document(body="<p>Text</p>").with_context(**context)
        document.action_create_document()
        self.assertEqual(document.attachment_id.type, "binary")

    def test_message_without_the_offer_sends_no_offer(self):
        action = self.lead.with_user(self.salesperson).action_send_offer()
        self.send(action, attachment_ids=[])
        self.assertEqual(self.offer.state, "draft")

    def test_lead_without_offer_has_none_to_send(self):
        with self.assertRaises(UserError):
            self.create_lead(stage="opened").with_user(self.salesperson).action_send_offer()

    def test_offer_of_another_lead_is_not_marked(self):
        other = self.create_offer(self.create_lead(stage="opened"))
        action = self.lead.with_user(self.salesperson).action_send_offer()
        action["context"]["lead_sent_order_id"] = other.id
        self.send(action)
        self.assertEqual((self.offer.state, other.state), ("draft", "draft"))

    def test_sending_a_letter(self):
        document = self.write_document(body="<p>Text</p>")
        self.send(document.action_send())
        message = self.lead.message_ids.filtered("attachment_ids")
        self.assertEqual(message.attachment_ids, document.attachment_id)
        self.assertEqual(self.offer.state, "draft")

    def choose(self, user=None, **values):
        """The dialog *Send Documents*, as the browser saves it."""
        action = self.lead.with_user(user or self.salesperson).action_send_documents()
        dialogs = self.env[action["res_model"]].with_user(user or self.salesperson)
        dialogs = dialogs.with_context(**action["context"])
        return dialogs.browse(dialogs.web_save(values, {})[0]["id"])

    def add_file(self, name, record):
        return self.env["ir.attachment"].create(
            {"name": name, "raw": b"x", "res_model": record._name, "res_id": record.id}
        )

    def test_letters_files_and_the_offer_go_in_one_mail(self):
        letters = self.write_document(body="<p>Text</p>") | self.write_document(name="Report")
        plan, terms = self.add_file("Plan.txt", self.lead), self.add_file("Terms.txt", self.offer)
        kept = self.add_file("Kept.txt", self.lead)
        dialog = self.choose(letter_ids=letters.ids, file_ids=(plan | terms).ids)
        self.assertTrue(dialog.with_offer)
        self.assertEqual(dialog.available_file_ids, plan | terms | kept)
        self.send(dialog.action_send())
        message = self.lead.message_ids.filtered("attachment_ids")
        files = message.attachment_ids
        self.assertEqual(len(files), 5)
        self.assertLessEqual(letters.attachment_id | plan | terms, files)
        self.assertEqual(self.offer.state, "sent")

    def test_what_is_not_the_leads_is_not_sent(self):
        other = self.create_lead()
        letter = self.write_document(lead=other, body="<p>Text</p>")
        file = self.add_file("Other.txt", other)
        dialog = self.choose(letter_ids=letter.ids, file_ids=file.ids, with_offer=False)
        with self.assertRaisesRegex(UserError, "Choose"):
            dialog.action_send()

    def test_offer_of_a_colleague_is_not_there_to_send(self):
        self.offer.user_id = self.salesperson_2
        self.env.invalidate_all()
        dialog = self.choose()
        self.assertFalse(dialog.order_id or dialog.with_offer)

    def test_what_was_sent_stays_as_it_was_sent(self):
        document = self.write_document(body="<p>First</p>")
        self.send(document.action_send())
        sent = document.attachment_id
        document.body = "<p>Second</p>"
        document.action_create_document()
        self.assertIn(b"First", sent.raw)
        self.assertIn(b"Second", document.attachment_id.raw)
        self.assertEqual(self.lead.attachment_ids, sent | document.attachment_id)

    def test_copy_of_a_lead_has_no_documents(self):
        self.write_document(body="<p>Text</p>")
        self.assertFalse(self.lead.copy().document_ids)
