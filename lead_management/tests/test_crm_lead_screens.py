"""What screens offer: ready favourites, and the next step where there is nothing to show."""

from lxml import etree

from odoo.tests import tagged
from odoo.tools import is_html_empty
from odoo.tools.safe_eval import safe_eval

from .test_crm_lead_follow_up_snooze import FollowUpCommon


@tagged("post_install", "-at_install")
class TestFavourites(FollowUpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        view = cls.env.ref("lead_management.crm_lead_view_search")
        cls.arch = etree.fromstring(view.get_combined_arch())

    def find(self, name):
        domain = self.arch.find(f".//filter[@name='{name}']").get("domain")
        leads = self.env["crm.lead"].with_user(self.salesperson)
        return leads.search(safe_eval(domain, {"uid": self.salesperson.id}))

    def test_my_hot_leads(self):
        starred = self.create_lead(priority="2")
        likely = self.create_lead(stage="negotiation")
        cold = self.create_lead(stage="new")
        held = self.create_lead(priority="3", wake_up_date=self.day(9))
        foreign = self.create_lead(priority="3", user_id=self.salesperson_2.id)
        declined = self.create_lead(priority="3")
        declined.action_set_lost(lost_reason_id=self.reason.id)
        found = self.find("my_hot").sudo()
        self.assertLessEqual(starred | likely, found)
        self.assertFalse(found & (cold | held | foreign | declined))

    def test_due_this_week(self):
        overdue, today, later = self.create_leads(3)
        for lead, days in ((overdue, -9), (today, 0), (later, 7)):
            self.plan(lead, days=days)
        found = self.find("due_this_week").sudo()
        self.assertLessEqual(overdue | today, found)
        self.assertFalse(found & (later | self.lead))

    def test_nothing_is_listed_twice(self):
        for path in ("./filter", "./group/filter"):
            for key in ("name", "string"):
                found = [node.get(key) for node in self.arch.findall(path)]
                self.assertEqual(len(found), len(set(found)), found)


@tagged("post_install", "-at_install")
class TestEmptyScreens(FollowUpCommon):
    def test_every_screen_of_ours_says_the_next_step(self):
        data = self.env["ir.model.data"].search(
            [("module", "=", "lead_management"), ("model", "=", "ir.actions.act_window")]
        )
        actions = self.env["ir.actions.act_window"].browse(data.mapped("res_id"))
        screens = actions.filtered(lambda action: action.target != "new")
        self.assertGreater(len(screens), 10)
        for action in screens:
            self.assertFalse(is_html_empty(action.help), action.name)

    def test_lists_of_a_project_do_so_too(self):
        project = self.create_project()
        for action in (project.action_view_leads(), project.action_view_declined_leads()):
            self.assertFalse(is_html_empty(action["help"]), action["name"])
