"""Mails to the alias of leads, hostile ones too, on Odoo's own way in: a lead, or nothing."""

from datetime import timedelta
from email.message import EmailMessage

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LeadManagementCommon

CUSTOMER = "Carla Customer <carla@customer.example.com>"


@tagged("post_install", "-at_install")
class TestLeadByMail(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].create({"name": "leads.example.com"})
        cls.company.alias_domain_id = domain
        cls.category = cls.env["crm.lead.category"].create({"name": "By mail (test)"})
        cls.source = cls.env["utm.source"].create({"name": "Mail (test)"})
        cls.team.write({"alias_name": "inquiry", "use_leads": False})
        cls.team.alias_id.alias_domain_id = domain
        defaults = {
            "type": "opportunity",
            "team_id": cls.team.id,
            "category_id": cls.category.id,
            "source_id": cls.source.id,
        }
        cls.team.alias_id.alias_defaults = repr(defaults)

    @staticmethod
    def make_mail(body="Please call me.", subject="New bathroom", html=None, **headers):
        mail = EmailMessage()
        mail["Subject"] = subject
        mail["From"] = headers.pop("sender", CUSTOMER)
        mail["To"] = "inquiry@leads.example.com"
        mail["Message-Id"] = headers.pop("message_id", "<first@customer.example.com>")
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(body)
        if html:
            mail.add_alternative(html, subtype="html")
        return mail.as_bytes()

    def receive(self, raw):
        """The leads that a mail makes, on the way of the mail gateway."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        before = leads.search([])
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].with_context(lang="en_US").message_process(None, raw)
        self.env.flush_all()
        return leads.search([]) - before

    def test_lead_in_the_first_stage_with_source_and_category(self):
        lead = self.receive(self.make_mail())
        self.assertEqual((lead.stage_id, lead.type), (self.stages["new"], "lead"))
        self.assertEqual((lead.category_id, lead.source_id), (self.category, self.source))
        self.assertEqual((lead.name, lead.team_id), ("New bathroom", self.team))
        self.assertEqual(lead.email_normalized, "carla@customer.example.com")
        self.assertFalse(lead.partner_id)
        self.assertProbability(lead, 5)

    def test_scripts_are_not_kept(self):
        html = (
            "<div onclick='steal()'>Hello<script>alert(1)</script>"
            "<img src=x onerror=alert(2)><iframe src='https://evil.example.com'></iframe>"
            "<a href='javascript:alert(3)'>x</a><form action='https://evil.example.com'></form>"
            "<svg onload=alert(4)></svg></div>"
        )
        lead = self.receive(self.make_mail(html=html, subject="<script>alert(0)</script>"))
        self.assertEqual(len(lead), 1)
        message = lead.message_ids.filtered(lambda item: item.message_type == "email")
        self.assertIn("Hello", message.body)
        for text in (message.body, lead.description or ""):
            for word in ("<script", "onclick", "onerror", "onload", "<iframe", "javascript:"):
                self.assertNotIn(word, text.lower())
        # a title is text, shown as it was written, and escaped where it stands in HTML
        self.assertEqual(lead.name, "<script>alert(0)</script>")
        self.assertNotIn("<script>", lead._get_html_link())

    def test_templates_in_a_mail_are_text(self):
        code = "{{ object.env.cr.execute('x') }} ${object.user_id.password} <t t-out='1+1'/>"
        lead = self.receive(self.make_mail(body=code, subject=code))
        self.assertEqual(lead.name.strip(), code)
        letter = self.env["crm.lead.document"].create(
            {
                "lead_id": lead.id,
                "name": "x",
                "template_id": self.env["crm.lead.document.template"].search([], limit=1).id,
            }
        )
        self.assertNotIn(">2<", letter.body)

    def test_huge_mail(self):
        raw = self.make_mail(body="line of a huge mail\n" * 200_000, subject="x" * 5000)
        lead = self.receive(raw)
        self.assertEqual(len(lead), 1)
        self.assertEqual(lead.stage_id, self.stages["new"])

    def test_wrong_encodings(self):
        for number, raw in enumerate((
            b"Content-Type: text/plain; charset=no-such-charset\r\n\r\n\xff\xfe\x00 B\xe4d",
            b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xff\xfe B\xe4d",
            b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!",
            b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno part at all",
            b"\r\n",
        )):  # fmt: skip
            head = (
                "From: a@customer.example.com\r\nTo: inquiry@leads.example.com\r\n"
                f"Message-Id: <{number}@customer.example.com>\r\n"
                "Subject: =?no-such?B?/////w==?= =?utf-8?Q?B=E4d?=\r\n"
            )
            with self.subTest(number=number):
                lead = self.receive(head.encode() + raw)
                self.assertEqual(len(lead), 1)
                self.assertEqual((lead.stage_id, lead.type), (self.stages["new"], "lead"))

    def test_without_subject_and_with_a_sender_that_is_none(self):
        for number, sender in enumerate(("", "nobody", "<>", "a@b@c", "\N{SNOWMAN}@x")):
            raw = (
                f"From: {sender}\r\nTo: inquiry@leads.example.com\r\n"
                f"Message-Id: <s{number}@customer.example.com>\r\n\r\nx"
            )
            with self.subTest(sender=sender):
                leads = self.receive(raw.encode())
                self.assertLessEqual(len(leads), 1)
                for lead in leads:
                    self.assertTrue(lead.name)
                    self.assertEqual(lead.stage_id, self.stages["new"])

    def test_spoofed_colleague_gets_no_rights(self):
        sender = self.sales_manager.email_formatted
        lead = self.receive(self.make_mail(sender=sender))
        self.assertFalse(lead.user_id)
        self.assertEqual((lead.won_status, lead.stage_id), ("pending", self.stages["new"]))

    def test_same_mail_twice_makes_one_lead(self):
        raw = self.make_mail()
        self.assertEqual(len(self.receive(raw)), 1)
        self.assertFalse(self.receive(raw))

    def _create_sleeping(self, **values):
        lead = self.create_lead(email_from=CUSTOMER, **values)
        lead.message_post(body="Our answer", message_type="comment")
        lead.wake_up_date = self.today() + timedelta(days=30)
        return lead, lead.message_ids.filtered(lambda item: item.message_type == "comment")

    def test_an_answer_wakes_the_lead_it_answers(self):
        lead, message = self._create_sleeping()
        raw = self.make_mail(message_id="<2@x>", In_Reply_To=message.message_id)
        self.assertFalse(self.receive(raw), "No new lead: the old one has it.")
        self.assertFalse(lead.is_on_hold)
        self.assertIn("Please call me.", lead.message_ids[0].body)
        self.assertEqual(lead.activity_ids.user_id, self.salesperson)

    def test_an_answer_to_a_declined_lead_leaves_it_declined(self):
        lead, message = self._create_sleeping()
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.receive(self.make_mail(message_id="<3@x>", In_Reply_To=message.message_id))
        self.assertEqual(lead.won_status, "lost")

    def test_a_machine_that_answers_wakes_nobody(self):
        lead, message = self._create_sleeping()
        long_ago = lead.create_date - timedelta(days=45)
        lead.last_activity_date = long_ago
        for number, kind in enumerate(("auto-replied", "auto-generated; x=1", "Auto-Replied")):
            raw = self.make_mail(
                message_id=f"<auto{number}@x>", In_Reply_To=message.message_id, Auto_Submitted=kind
            )
            self.assertFalse(self.receive(raw))
        self.assertTrue(lead.is_on_hold)
        self.assertEqual(lead.last_activity_date, long_ago)
        self.assertEqual(len(lead.message_ids.filtered(lambda m: m.message_type == "email")), 3)
        self.receive(
            self.make_mail(message_id="<4@x>", In_Reply_To=message.message_id, Auto_Submitted="no")
        )
        self.assertFalse(lead.is_on_hold)

    def test_forged_reference_reaches_no_other_record(self):
        """A made-up id of a message is a new lead; one of a message elsewhere stays there."""
        raw = self.make_mail(In_Reply_To="<1.2-openerp-1-res.users@leads.example.com>")
        self.assertEqual(len(self.receive(raw)), 1)
