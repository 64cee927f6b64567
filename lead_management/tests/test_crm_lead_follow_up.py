"""The next follow-up of a lead, of any user, and lists in its order."""

import random
from datetime import timedelta

from odoo.tests import tagged

from .common import LeadManagementCommon

ORDER = "next_follow_up, priority desc, id desc"
TODO = "mail.mail_activity_data_todo"


@tagged("post_install", "-at_install")
class TestFollowUp(LeadManagementCommon):
    def _schedule(self, lead, days, user=None):
        return lead.activity_schedule(
            TODO, self.today() + timedelta(days=days), user_id=(user or self.salesperson).id
        )

    def assertFollowUp(self, lead, days):
        self.env.flush_all()
        self.env.invalidate_all()
        expected = self.today() + timedelta(days=days) if days is not None else False
        self.assertEqual(lead.next_follow_up, expected)

    def test_earliest_of_any_user(self):
        lead = self.create_lead()
        self.assertFollowUp(lead, None)
        self._schedule(lead, 5)
        self.assertFollowUp(lead, 5)
        self._schedule(lead, 9, self.salesperson_2)
        self.assertFollowUp(lead, 5)
        self._schedule(lead, 2, self.sales_manager)
        self.assertFollowUp(lead, 2)
        self.assertEqual(
            lead.with_user(self.salesperson).next_follow_up, self.today() + timedelta(days=2)
        )

    def test_done_rescheduled_and_removed_follow_ups(self):
        lead = self.create_lead()
        first, second = self._schedule(lead, 1), self._schedule(lead, 3, self.salesperson_2)
        first.with_user(self.salesperson).action_feedback(feedback="Called")
        self.assertFollowUp(lead, 3)
        second.date_deadline = self.today() + timedelta(days=7)
        self.assertFollowUp(lead, 7)
        third = self._schedule(lead, -4)
        self.assertFollowUp(lead, -4)
        third.unlink()
        self.assertFollowUp(lead, 7)
        second.active = False
        self.assertFollowUp(lead, None)

    def test_done_follow_ups_are_listed(self):
        lead = self.create_lead()
        activity = self._schedule(lead, 1)
        activity.action_feedback(feedback="Called")
        self.env.invalidate_all()
        if activity.exists():
            self.assertIn(activity, lead.done_activity_ids)
        self.assertFalse(lead.activity_ids)

    def test_activities_of_other_models_do_not_count(self):
        lead = self.create_lead()
        partner = self.env["res.partner"].browse(lead.id).exists() or self.create_partner()
        partner.activity_schedule(TODO, self.today(), user_id=self.salesperson.id)
        self.assertFollowUp(lead, None)

    def test_state(self):
        leads = self.create_leads(4)
        for lead, days in zip(leads, (-1, 0, 1), strict=False):
            self._schedule(lead, days)
        self.env.flush_all()
        self.assertEqual(leads.mapped("follow_up_state"), ["overdue", "today", "planned", False])
        Lead = self.env["crm.lead"].with_user(self.salesperson)
        for number, state in enumerate(("overdue", "today", "planned", False)):
            for domain in (
                [("follow_up_state", "=", state)],
                [("follow_up_state", "in", [state])],
            ):
                found = Lead.search([("id", "in", leads.ids), *domain])
                self.assertEqual(found, leads[number], state)
        found = Lead.search(
            [("id", "in", leads.ids), ("follow_up_state", "in", ["overdue", "today"])]
        )
        self.assertEqual(found, leads[:2].sorted())
        found = Lead.search([("id", "in", leads.ids), ("follow_up_state", "!=", False)])
        self.assertEqual(found, leads[:3].sorted())
        found = Lead.search([("id", "in", leads.ids), ("follow_up_state", "!=", "overdue")])
        self.assertEqual(found, leads[1:].sorted())

    def test_grouping_by_follow_up(self):
        leads = self.create_leads(3)
        self._schedule(leads[0], 1)
        self._schedule(leads[1], 1)
        self.env.flush_all()
        groups = self.env["crm.lead"]._read_group(
            [("id", "in", leads.ids)], ["next_follow_up:month"], ["__count"]
        )
        self.assertEqual(sum(count for _month, count in groups), 3)

    def test_computing_in_batch_costs_no_query_per_lead(self):
        leads = self.create_leads(40)
        for lead in leads:
            self._schedule(lead, 3)

        def compute(count):
            def run():
                self.env.add_to_compute(leads._fields["next_follow_up"], leads[:count])
                self.env["crm.lead"].flush_model(["next_follow_up"])

            return self.count_queries(run)

        compute(2)
        self.assertEqual(compute(20), compute(40))


class FollowUpOrderCommon(LeadManagementCommon):
    COUNT = 5000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(19)
        cls.users = cls.salesperson | cls.salesperson_2 | cls.sales_manager | cls.sales_all
        cls.deadlines = {}
        cls.priorities = {}

    def _load(self, count):
        """``count`` leads of several users with activities of several users, in plain SQL."""
        days = self.random.choices(range(-400, 400), k=count)
        self.env.cr.execute(
            """
            INSERT INTO crm_lead (name, type, stage_id, team_id, user_id, company_id, active,
                                  priority, probability, automated_probability, won_status,
                                  value_source, project_state, create_date)
            SELECT 'Load ' || n, 'lead', %s, %s, (%s)[1 + n %% 4], %s, TRUE,
                   (n %% 4)::text, 5, 5, 'pending', 'manual', 'none', now()
              FROM generate_series(1, %s) AS n
         RETURNING id, priority
            """,
            [self.stages["new"].id, self.team.id, self.users.ids, self.company.id, count],
        )
        rows = self.env.cr.fetchall()
        self.env.invalidate_all()
        model_id = self.env["ir.model"]._get_id("crm.lead")
        values = []
        for (lead_id, priority), offset in zip(rows, days, strict=True):
            self.priorities[lead_id] = priority
            self.deadlines[lead_id] = None
            for number in range(self.random.choice((0, 1, 1, 2))):
                deadline = self.today() + timedelta(days=offset + 3 * number)
                values.append((lead_id, deadline, self.random.choice(self.users.ids)))
                self.deadlines[lead_id] = min(self.deadlines[lead_id] or deadline, deadline)
        self.env.cr.execute(
            """
            INSERT INTO mail_activity (res_model, res_model_id, res_id, date_deadline, user_id,
                                       activity_type_id, active)
            SELECT 'crm.lead', %s, row.res_id, row.deadline, row.user_id, %s, TRUE
              FROM unnest(%s::int[], %s::date[], %s::int[]) AS row (res_id, deadline, user_id)
            """,
            [
                model_id,
                self.env.ref(TODO).id,
                *(list(column) for column in zip(*values, strict=True)),
            ],
        )
        self.env.invalidate_all()
        leads = self.env["crm.lead"].browse([lead_id for lead_id, _priority in rows])
        self.env.add_to_compute(leads._fields["next_follow_up"], leads)
        self.env.flush_all()
        self.env.cr.execute("ANALYZE crm_lead")

    def _sorted_in_python(self):
        """The ids in the order of the list, from what was loaded alone."""
        return sorted(
            self.deadlines,
            key=lambda lead_id: (
                self.deadlines[lead_id] is None,
                self.deadlines[lead_id] or self.today(),
                -int(self.priorities[lead_id]),
                -lead_id,
            ),
        )


@tagged("post_install", "-at_install")
class TestFollowUpOrder(FollowUpOrderCommon):
    def test_first_page_over_thousands_of_leads_of_all_users(self):
        queries = []
        for count in (self.COUNT, self.COUNT):
            self._load(count)
            expected = self._sorted_in_python()
            Lead = self.env["crm.lead"].with_user(self.sales_manager)
            domain = [("name", "like", "Load ")]

            def first_page(Lead=Lead, domain=tuple(domain)):
                return Lead.search_fetch(
                    list(domain), ["name", "next_follow_up", "priority"], limit=80, order=ORDER
                )

            first_page()
            queries.append(self.count_queries(first_page))
            self.assertEqual(first_page().ids, expected[:80])
            second = Lead.search(domain, order=ORDER, offset=80, limit=80)
            self.assertEqual(second.ids, expected[80:160])
        self.assertEqual(queries[0], queries[1])
        self.assertLessEqual(queries[1], 3)
        result = Lead.web_search_read(
            domain, {"name": {}, "next_follow_up": {}}, limit=80, order=ORDER
        )
        self.assertEqual([row["id"] for row in result["records"]], expected[:80])
        self.assertEqual(result["length"], len(expected))
        last = Lead.search(domain, order="next_follow_up desc", limit=1)
        self.assertEqual(
            last.next_follow_up or None,
            None if None in self.deadlines.values() else max(self.deadlines.values()),
        )

    def test_own_documents_salesperson_sees_own_in_the_same_order(self):
        self._load(200)
        leads = self.env["crm.lead"].with_user(self.salesperson)
        found = leads.search([("name", "like", "Load ")], order=ORDER)
        self.assertEqual(set(found.user_id.ids), set(self.salesperson.ids))
        own = set(found.ids)
        self.assertEqual(
            found.ids, [lead_id for lead_id in self._sorted_in_python() if lead_id in own]
        )

    def test_list_opens_in_the_order_of_follow_ups(self):
        arch = self.env["crm.lead"].get_view(
            self.env.ref("lead_management.crm_lead_view_list").id, "list"
        )["arch"]
        self.assertIn(f'default_order="{ORDER}"', arch)
