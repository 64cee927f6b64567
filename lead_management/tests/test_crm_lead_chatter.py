"""Messages of many leads at once are core's messages of one lead after the other."""

from odoo.tests import tagged

from ..models.crm_lead_chatter import ChatterBatch
from .common import LeadManagementCommon

MESSAGE_FIELDS = (
    "author_id",
    "body",
    "email_from",
    "message_type",
    "notified_partner_ids",
    "partner_ids",
    "record_alias_domain_id",
    "record_company_id",
    "reply_to",
    "subject",
    "subtype_id",
)
TRACKED_FIELDS = ("field_id", "old_value_char", "new_value_char", "old_value_float")
NOTIFICATION_FIELDS = ("res_partner_id", "notification_type", "notification_status", "is_read")


@tagged("post_install", "-at_install")
class TestCrmLeadChatter(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "UTC"
        domains = cls.env["mail.alias.domain"].create(
            [{"name": "one.example.com"}, {"name": "two.example.com"}]
        )
        cls.env.company.alias_domain_id = domains[0]
        cls.teams = cls.env["crm.team"].create(
            [
                {"name": "North", "alias_name": "north", "alias_domain_id": domains[0].id},
                {"name": "South", "alias_name": "south", "alias_domain_id": domains[1].id},
                {"name": "No address"},
            ]
        )
        every = cls.env["mail.message.subtype"].search([("res_model", "=", "crm.team")])
        for team, user in zip(cls.teams, (cls.salesperson, cls.salesperson_2), strict=False):
            team.message_subscribe(user.partner_id.ids, every.ids)
        cls.salesperson.notification_type = "inbox"
        cls.watcher = cls.env["res.partner"].create(
            {"name": "Watcher", "email": "watcher@test.example.com"}
        )

    def get_values(self, count):
        owners = (self.salesperson, self.salesperson_2, self.env["res.users"])
        return [
            {
                "name": f"Lead {number}",
                "type": "opportunity",
                "user_id": owners[number % 3].id,
                "team_id": self.teams[number // 2 % 3].id,
            }
            for number in range(count)
        ]

    def finish(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()
        self.env.invalidate_all()

    def describe(self, records, names):
        values = [
            tuple(getattr(record[name], "ids", record[name]) for name in names)
            for record in records
        ]
        return sorted(values, key=repr)

    def read_chatter(self, leads):
        """All that is written about each lead: messages and what each answers, notifications,
        tracked values, followers with what they follow."""
        chatter = []
        for lead in leads:
            lead = lead.sudo()
            messages = lead.message_ids.sorted("id")
            places = {message: place for place, message in enumerate(messages)}
            chatter.append(
                [
                    [
                        (
                            self.describe(message, MESSAGE_FIELDS),
                            places.get(message.parent_id),
                            self.describe(message.notification_ids, NOTIFICATION_FIELDS),
                            self.describe(message.tracking_value_ids, TRACKED_FIELDS),
                            message.mail_ids.mapped("email_to"),
                        )
                        for message in messages
                    ],
                    self.describe(lead.message_follower_ids, ("partner_id", "subtype_ids")),
                    lead.activity_ids.mapped("summary"),
                ]
            )
        return chatter

    def post(self, leads):
        """An answer of the customer in between, and more than core looks back at."""
        for number, lead in enumerate(leads):
            if number % 4 == 1:
                lead.message_post(body="Comment", message_type="comment")
                lead.message_post(body="Note", subtype_xmlid="mail.mt_note")
            if number % 4 == 2:
                lead.message_subscribe(self.watcher.ids)
        for _number in range(205):
            leads[1].message_post(body="Noise", message_type="notification")

    def test_created_at_once_is_created_one_by_one(self):
        values = self.get_values(12)
        leads = self.env["crm.lead"].with_user(self.sales_manager)
        at_once = leads.create(values)
        one_by_one = leads.concat(*(leads.create(vals) for vals in values))
        self.finish()
        expected = self.read_chatter(one_by_one)
        self.assertEqual(self.read_chatter(at_once), expected)
        replies = {message.reply_to for message in one_by_one.message_ids}
        self.assertTrue(any("south@two.example.com" in (reply or "") for reply in replies))
        self.assertTrue(one_by_one.message_ids.notification_ids)

    def test_moved_at_once_is_moved_one_by_one(self):
        values = self.get_values(12)
        leads = self.env["crm.lead"].with_user(self.sales_manager)
        at_once = leads.create(values)
        one_by_one = leads.concat(*(leads.create(vals) for vals in values))
        self.finish()
        for some in (at_once, one_by_one):
            self.post(some)
        self.finish()
        for stage in (self.stages["offer_made"], self.stages["negotiation"]):
            at_once.write({"stage_id": stage.id})
            self.finish()
            for lead in one_by_one:
                lead.write({"stage_id": stage.id})
                self.finish()
        self.assertEqual(self.read_chatter(at_once), self.read_chatter(one_by_one))

    def test_won_and_declined_at_once(self):
        values = self.get_values(6)
        leads = self.env["crm.lead"].with_user(self.sales_manager)
        at_once = leads.create(values)
        one_by_one = leads.concat(*(leads.create(vals) for vals in values))
        self.finish()
        at_once[:3].action_set_won()
        at_once[3:].action_set_lost(lost_reason_id=self.reason.id)
        self.finish()
        for number, lead in enumerate(one_by_one):
            if number < 3:
                lead.action_set_won()
            else:
                lead.action_set_lost(lost_reason_id=self.reason.id)
            self.finish()
        self.assertEqual(self.read_chatter(at_once), self.read_chatter(one_by_one))

    def test_leads_are_divided_once_however_many_messages(self):
        """Looking for each lead among all would take time by the square of their number."""
        leads = self.env["crm.lead"].create([{"name": "x"}] * 450)
        batch = ChatterBatch()
        chunks = [batch.get_chunk(lead) for lead in leads]
        self.assertEqual([len(chunk) for chunk in chunks], [200] * 400 + [50] * 50)
        self.assertEqual({chunk._ids for chunk in chunks}, set(batch._chunks.values()))
        self.assertTrue(all(lead in chunk for lead, chunk in zip(leads, chunks, strict=True)))
        # known, and not divided again for leads that were read in another way
        self.assertEqual(batch.get_chunk(leads.browse(leads[0].id)), chunks[0])

    def test_only_a_team_that_is_given_brings_its_followers(self):
        """As stock Odoo: a team that Odoo finds for the owner adds nobody."""
        leads = self.env["crm.lead"].with_user(self.salesperson)
        found = leads.create({"name": "x"}).team_id
        found.sudo().message_subscribe(
            self.watcher.ids,
            self.env["mail.message.subtype"].search([("res_model", "=", "crm.team")]).ids,
        )
        without, given = {"name": "x"}, {"name": "x", "team_id": found.id}
        for vals_list in ([without], [given], [without, given, without]):
            for lead, vals in zip(leads.create(vals_list), vals_list, strict=True):
                self.assertEqual(lead.team_id, found)
                self.assertEqual(self.watcher in lead.message_partner_ids, "team_id" in vals)

    def test_environment_of_created_leads_is_the_callers(self):
        leads = self.env["crm.lead"].create(self.get_values(2))
        self.assertEqual(leads.env.context, self.env.context)

    def test_follower_who_leaves_between_two_saves_gets_nothing(self):
        leads = self.env["crm.lead"].create(self.get_values(4))
        every = self.env["mail.message.subtype"].search([("res_model", "=", "crm.lead")])
        leads.message_subscribe(self.watcher.ids, every.ids)
        leads.write({"stage_id": self.stages["offer_made"].id})
        self.finish()
        leads[1].message_unsubscribe(self.watcher.ids)
        before = leads.message_ids
        leads.write({"stage_id": self.stages["negotiation"].id})
        self.finish()
        new = leads.message_ids - before
        told = new.filtered(lambda m: self.watcher in m.notified_partner_ids)
        self.assertEqual(set(told.mapped("res_id")), set((leads - leads[1]).ids))

    def test_few_queries_more_for_each_lead(self):
        """Of core's seven for a new lead, and eight for a moved one, what must be written stays."""
        counts = []
        for number in (20, 40):
            self.finish()
            before = self.env.cr.sql_log_count
            leads = self.env["crm.lead"].create([{"name": "x", "user_id": False}] * number)
            self.finish()
            created = self.env.cr.sql_log_count - before
            leads.write({"stage_id": self.stages["offer_made"].id})
            self.finish()
            counts.append((created, self.env.cr.sql_log_count - before - created))
        (created, moved), (created_2, moved_2) = counts
        self.assertLess(created_2 - created, 1.5 * 20)
        self.assertLess(moved_2 - moved, 2.5 * 20)
