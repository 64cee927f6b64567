"""Board and lists in the order of follow-ups, with the next step in words."""

import random

from odoo.tests import tagged

from .test_crm_lead_follow_up import ORDER, FollowUpOrderCommon
from .test_crm_lead_follow_up_snooze import FollowUpCommon


@tagged("post_install", "-at_install")
class TestNextStep(FollowUpCommon):
    def test_earliest_open_follow_up_in_words(self):
        self.assertFalse(self.lead.next_step)
        later = self.plan(days=5, summary="Later")
        self.assertEqual(self.lead.next_step, "Call: Later")
        first = self.plan(days=1, summary="", user=self.salesperson_2)
        self.assertEqual(self.lead.next_step, "Call")
        first.summary = "Ask"
        self.assertEqual(self.lead.next_step, "Call: Ask")
        first.action_feedback()
        self.assertEqual(self.lead.next_step, "Call: Later")
        self.assertEqual(self.lead.with_context(active_test=False).next_step, "Call: Later")
        later.unlink()
        self.assertFalse(self.lead.next_step)

    def test_done_ones_do_not_count_where_archived_records_are_seen(self):
        self.plan(days=-3).action_feedback()
        later = self.plan(days=5)
        leads = self.lead.with_context(active_test=False)
        leads.env.add_to_compute(leads._fields["next_follow_up"], leads)
        leads.flush_recordset(["next_follow_up"])
        self.env.invalidate_all()
        self.assertEqual(self.lead.next_follow_up, later.date_deadline)

    def test_costs_no_query_per_lead(self):
        leads = self.create_leads(20)
        for days in (1, 2):
            self.plan(leads, days=days)

        def read(count):
            records = leads[:count].with_user(self.salesperson)
            return self.count_queries(lambda: records.web_read({"name": {}, "next_step": {}}))

        read(2)
        self.assertEqual(read(10), read(20))

    def test_board_and_lists_show_it(self):
        for xmlid, view_type in (
            ("crm.crm_case_kanban_view_leads", "kanban"),
            ("lead_management.crm_lead_view_kanban_board", "kanban"),
            ("lead_management.crm_lead_view_list", "list"),
            ("crm.crm_case_tree_view_oppor", "list"),
        ):
            view = self.env["crm.lead"].get_view(self.env.ref(xmlid).id, view_type)
            self.assertIn('name="next_step"', view["arch"], xmlid)


@tagged("post_install", "-at_install")
class TestBoardOrder(FollowUpCommon):
    def load_columns(self, view="lead_management.crm_lead_view_kanban_board"):
        """The ids of each column, as the board asks for them."""
        arch = self.env["crm.lead"].get_view(self.env.ref(view).id, "kanban")["arch"]
        self.assertIn(f'default_order="{ORDER}"', arch)
        result = (
            self.env["crm.lead"]
            .with_user(self.salesperson)
            .web_read_group(
                [("name", "like", "Order")],
                ["stage_id"],
                ["expected_revenue:sum"],
                order=ORDER,
                auto_unfold=True,
                unfold_read_specification={"next_follow_up": {}, "next_step": {}},
            )
        )
        return {
            group["stage_id"][0]: [row["id"] for row in group["__records"]]
            for group in result["groups"]
            if group.get("__records")
        }

    def test_soonest_first_and_none_last_in_every_column(self):
        generator = random.Random(7)
        expected = {}
        for stage in ("new", "opened", "negotiation"):
            leads = self.create_leads(12, name="Order", stage=stage)
            for number, lead in enumerate(leads):
                lead.priority = str(generator.randrange(4))
                if number % 3:
                    self.plan(lead, days=generator.randrange(-5, 5), user=self.salesperson_2)
            self.env.flush_all()
            expected[self.stages[stage].id] = leads.sorted(
                key=lambda lead: (
                    not lead.next_follow_up,
                    lead.next_follow_up or self.today(),
                    -int(lead.priority),
                    -lead.id,
                )
            ).ids
        self.assertEqual(self.load_columns(), expected)
        self.assertEqual(self.load_columns("crm.crm_case_kanban_view_leads"), expected)
        moved = self.env["crm.lead"].browse(expected[self.stages["new"].id][0])
        moved.with_user(self.salesperson).action_snooze(300)
        self.assertNotEqual(self.load_columns()[self.stages["new"].id][0], moved.id)


@tagged("post_install", "-at_install")
class TestBoardIndex(FollowUpOrderCommon):
    """One column of the board over many leads."""

    def test_index_serves_a_column(self):
        self._load(self.COUNT)
        self.env.cr.execute(
            "UPDATE crm_lead SET stage_id = %s WHERE id %% 3 = 0 AND name LIKE 'Load %%'",
            [self.stages["opened"].id],
        )
        self.env.cr.execute("ANALYZE crm_lead")
        leads = self.env["crm.lead"].with_user(self.sales_manager)
        query = leads._search([("stage_id", "=", self.stages["opened"].id)], limit=80, order=ORDER)
        sql = query.select()
        self.env.cr.execute("EXPLAIN " + sql.code, sql.params)
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("crm_lead_board_idx", plan)
        self.assertNotIn("Sort", plan)
