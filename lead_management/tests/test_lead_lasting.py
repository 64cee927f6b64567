"""Needs, answers, plans and hold last through merging, copying, converting, another team or
company."""

from dateutil.relativedelta import relativedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .test_crm_lead_follow_up_plan import PlanCommon

ANSWERS = {"kind": "Heat pump"}


@tagged("post_install", "-at_install")
class TestLasting(PlanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stage.activity_plan_id = False
        cls.early = cls.stages["needs_analysis"]
        cls.early.activity_plan_id = cls.activity_plan
        city = cls.env["ir.model.fields"]._get("crm.lead", "city")
        cls.stage.required_field_ids = [Command.set(city.ids)]
        cls.category = cls.env["crm.lead.category"].create(
            {
                "name": "Heating (test)",
                "properties_definition": [{"name": "kind", "type": "char", "string": "Kind"}],
            }
        )
        cls.later = cls.today() + relativedelta(days=30)
        cls.lead = cls.create_lead(
            name="Lasting",
            stage="needs_analysis",
            category_id=cls.category.id,
            category_properties=ANSWERS,
            wake_up_date=cls.later,
        )
        cls.company_2 = cls.env["res.company"].create({"name": "Second (test)"})
        cls.sales_manager.company_ids = [Command.link(cls.company_2.id)]

    def merge(self):
        other = self.create_lead(stage="new", wake_up_date=self.later)
        return (self.lead | other).merge_opportunity()

    def convert_lead(self):
        self.lead.convert_opportunity(self.create_partner())
        return self.lead

    def change_team(self):
        self.lead.team_id = self.env["crm.team"].create({"name": "Second (test)"})
        return self.lead

    def change_company(self):
        self.lead.write({"team_id": False, "user_id": False, "company_id": self.company_2.id})
        return self.lead

    def assertLasts(self, lead, is_on_hold=True):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(
            {name: value for name, value in dict(lead.category_properties).items() if value},
            ANSWERS,
        )
        self.assertStarted(lead)
        self.assertEqual(lead.is_on_hold, is_on_hold)
        companies = (self.company | self.company_2).ids
        moved = lead.with_user(self.sales_manager).with_context(allowed_company_ids=companies)
        with self.assertRaisesRegex(UserError, "City"):
            moved.stage_id = self.stage
        moved.write({"stage_id": self.stage.id, "city": "Graz"})
        self.assertEqual(lead.stage_id, self.stage)

    def test_whatever_happens_to_the_lead(self):
        for way in (self.merge, self.convert_lead, self.change_team, self.change_company):
            with self.subTest(way=way.__name__), self.env.cr.savepoint() as savepoint:
                self.assertLasts(way())
                savepoint.rollback()
            self.env.invalidate_all()

    def test_a_copy_is_asked_and_planned_as_the_lead_was_but_not_on_hold(self):
        self.env.flush_all()
        copied = self.lead.copy()
        self.assertEqual(copied.stage_id, self.stages["new"])
        self.assertFalse(copied.activity_ids)
        copied.stage_id = self.early
        self.assertLasts(copied, is_on_hold=False)
        self.assertStarted(self.lead)

    def test_all_of_it_in_a_row(self):
        lead = self.merge()
        for way in (self.change_team, self.convert_lead, self.change_company):
            way()
        self.assertLasts(lead)
