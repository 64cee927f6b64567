"""Reading the form of a lead: the same as core's, by fewer queries."""

from odoo.tests import tagged

from odoo.addons.web.models.models import Base

from .test_crm_lead_follow_up_snooze import FollowUpCommon

SPECIFICATION = {
    "name": {},
    "stage_id": {"fields": {"display_name": {}}},
    "next_step": {},
    "effective_hours": {},
    "encode_uom_in_days": {},
    "quotation_count": {},
    "sale_amount_total": {},
    "quotation_amount_total": {},
    "payment_count": {},
    "uncovered_revenue": {},
    "uncovered_prorated_revenue": {},
    "has_payments_to_move": {},
    "offer_attachment_ids": {"fields": {"name": {}}},
    "activity_ids": {
        "fields": {"activity_type_id": {"fields": {"display_name": {}}}, "date_deadline": {}},
        "limit": 40,
        "order": "date_deadline ASC, due_time ASC, id ASC",
    },
    "done_activity_ids": {
        "fields": {"summary": {}, "date_done": {}},
        "limit": 40,
        "order": "date_done DESC, id DESC",
    },
    "order_ids": {"fields": {"name": {}, "state": {}}, "limit": 40, "order": "id ASC"},
    "payment_ids": {"fields": {"name": {}, "amount": {}}, "limit": 2, "order": "amount DESC"},
    "attachment_ids": {"fields": {"name": {}}},
    "document_ids": {"fields": {"name": {}}, "limit": 40},
    "history_ids": {
        "fields": {"date": {}, "stage_id": {"fields": {"display_name": {}}}},
        "limit": 40,
        "order": "date DESC, id DESC",
    },
}
HOURS = {"timesheet_ids": {"fields": {"name": {}, "unit_amount": {}}, "limit": 40}}


@tagged("post_install", "-at_install")
class TestReadForm(FollowUpCommon):
    def fill(self, lead, count):
        """Give a lead ``count`` lines in each of its lists."""
        for number in range(count):
            self.plan(lead, days=number)
            self.plan(lead, days=-number).action_feedback(feedback="Done")
            self.attach_file(lead, f"File {number}", b"x")
            self.attach_file(self.create_offer(lead), f"Drawing {number}", b"x")
            lead.payment_ids = [(0, 0, {"name": f"Part {number}", "amount": 10.0 * number})]
        self.record_many_hours(lead, dates=[f"2026-03-{day:02}" for day in range(1, count + 1)])
        self.env.flush_all()

    def read_form(self, lead, user, names, way=None):
        """What the form of the lead says to a user, read from an empty cache.

        :param way: a function instead of the lead's own ``web_read``
        """
        self.env.flush_all()
        self.env.invalidate_all()
        lead = lead.with_user(user)
        return way(lead, names) if way else lead.web_read(names)

    def assertReadAsInCore(self, names, lead, *users):
        for user in users:
            core = self.read_form(lead, user, names, Base.web_read)
            self.assertEqual(self.read_form(lead, user, names), core, user.name)

    def test_says_the_same_as_core(self):
        self.fill(self.lead, 3)
        self.assertReadAsInCore(SPECIFICATION, self.lead, self.salesperson, self.sales_manager)
        names = SPECIFICATION | HOURS
        self.assertReadAsInCore(names, self.lead, self.salesperson, self.cost_viewer)

    def test_says_the_same_of_a_lead_that_has_nothing(self):
        lead = self.create_lead()
        self.assertReadAsInCore(SPECIFICATION, lead, self.salesperson, self.sales_all)
        self.assertReadAsInCore(SPECIFICATION | HOURS, lead, self.salesperson)
        self.company.timesheet_encode_uom_id = self.env.ref("uom.product_uom_day")
        self.assertReadAsInCore(SPECIFICATION | HOURS, lead, self.salesperson)

    def test_hours_of_colleagues_are_in_the_total_alone(self):
        self.record_hours(self.lead, self.employee_2, hours=3.0)
        names = SPECIFICATION | HOURS
        [values] = self.read_form(self.lead, self.salesperson, names)
        self.assertEqual(values["effective_hours"], 3.0)
        self.assertFalse(values["timesheet_ids"])

    def test_what_was_just_saved_is_there(self):
        values = {"payment_ids": [(0, 0, {"name": "Deposit", "amount": 5.0})]}
        lead = self.create_lead().with_user(self.salesperson)
        [saved] = lead.web_save(values, SPECIFICATION)
        self.assertEqual([line["name"] for line in saved["payment_ids"]], ["Deposit"])
        self.assertEqual(saved["payment_count"], 1)

    def test_more_lines_take_no_more_queries(self):
        few, many = self.create_leads(2)
        self.fill(few, 2)
        self.fill(many, 4)
        names = SPECIFICATION | HOURS
        few, many = few.with_user(self.salesperson), many.with_user(self.salesperson)
        # rules and groups are remembered from then on
        for lead in (few, many):
            self.read_form(lead, self.salesperson, names)
        counts = [self.count_queries(lambda a=lead: a.web_read(names)) for lead in (few, many)]
        self.assertEqual(*counts)

    def test_empty_lists_take_one_query_together(self):
        lead = self.create_lead().with_user(self.salesperson)
        names = SPECIFICATION | HOURS
        lists = {
            name
            for name in names
            if self.env["crm.lead"]._fields[name].type == "one2many" and name != "history_ids"
        }
        others = {name: read for name, read in names.items() if name not in lists}
        others.pop("offer_attachment_ids")
        self.read_form(lead, self.salesperson, names)
        less = self.count_queries(lambda: Base.web_read(lead, others))
        self.assertLessEqual(self.count_queries(lambda: lead.web_read(names)), less)
        self.assertGreater(self.count_queries(lambda: Base.web_read(lead, names)), less + 6)
