"""Plans of phases and categories: on whatever way a lead gets there, once, and for its owner."""

from dateutil.relativedelta import relativedelta

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_crm_lead_follow_up_snooze import CALL, TODO, FollowUpCommon


class PlanCommon(FollowUpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.activity_plan = cls.create_plan("Offer", ("Call", 3, "days"), ("Visit", 2, "weeks"))
        cls.stage = cls.stages["offer_made"]
        cls.stage.activity_plan_id = cls.activity_plan

    @classmethod
    def create_plan(cls, name, *steps, **values):
        return cls.env["mail.activity.plan"].create(
            {
                "name": name,
                "res_model": "crm.lead",
                "company_id": False,
                "template_ids": [
                    Command.create(
                        {
                            "activity_type_id": cls.env.ref(CALL).id,
                            "summary": summary,
                            "delay_count": count,
                            "delay_unit": unit,
                            "delay_from": "after_plan_date",
                        }
                    )
                    for summary, count, unit in steps
                ],
                **values,
            }
        )

    def planned(self, leads=None):
        return (leads if leads is not None else self.lead).activity_ids

    def assertStarted(self, lead, times=1):
        lead.invalidate_recordset(["activity_ids"])
        self.assertEqual(
            sorted(lead.activity_ids.mapped("summary")), sorted(["Call", "Visit"] * times)
        )


@tagged("post_install", "-at_install")
class TestStagePlan(PlanCommon):
    def enter(self, leads=None, user=None):
        leads = leads if leads is not None else self.lead
        leads.with_user(user or self.salesperson).write({"stage_id": self.stage.id})

    def test_follow_ups_for_the_owner_at_the_plans_dates(self):
        self.enter(user=self.sales_manager)
        call, visit = self.planned().sorted("date_deadline")
        self.assertEqual((call | visit).user_id, self.salesperson)
        self.assertEqual(call.date_deadline, self.today() + relativedelta(days=3))
        self.assertEqual(visit.date_deadline, self.today() + relativedelta(weeks=2))
        self.assertEqual(self.lead.next_follow_up, call.date_deadline)

    def test_every_way_to_enter(self):
        stage_id = self.stage.id
        leads = self.env["crm.lead"].with_user(self.salesperson)

        def drag(lead):
            lead.web_save({"stage_id": stage_id}, {"stage_id": {}})

        def assign(lead):
            lead.stage_id = stage_id

        def load(lead):
            xmlid = lead.sudo().export_data(["id"])["datas"][0][0]
            result = leads.load(["id", "stage_id"], [[xmlid, self.stage.name]])
            self.assertFalse(result["messages"])

        def convert(lead):
            lead.write({"type": "opportunity", "stage_id": stage_id})

        for way in (drag, assign, load, convert):
            lead = self.create_lead().with_user(self.salesperson)
            way(lead)
            self.assertStarted(lead)

    def test_created_in_the_stage(self):
        values = [{"name": f"New {n}", "stage_id": self.stage.id} for n in range(2)]
        for lead in self.env["crm.lead"].with_user(self.salesperson).create(values):
            self.assertStarted(lead)
            self.assertEqual(lead.activity_ids.user_id, self.salesperson)

    def test_back_and_forth_doubles_nothing(self):
        for _time in range(3):
            self.enter()
            self.lead.stage_id = self.stages["opened"]
        self.assertStarted(self.lead)
        self.planned()[:1].action_feedback()
        self.enter()
        self.assertEqual(len(self.planned()), 1)

    def test_starts_again_once_all_are_done(self):
        self.enter()
        self.planned().action_feedback()
        self.lead.stage_id = self.stages["opened"]
        self.enter()
        self.assertStarted(self.lead)

    def test_saving_the_same_stage_is_no_entry(self):
        self.enter()
        self.planned().unlink()
        self.enter()
        self.assertFalse(self.planned())

    def test_never_for_closed_leads(self):
        declined, archived = self.create_lead(), self.create_lead()
        declined.action_set_lost(lost_reason_id=self.reason.id)
        archived.action_archive()
        self.enter(declined | archived)
        self.assertFalse(declined.activity_ids | archived.activity_ids)
        self.lead.write({"stage_id": self.stage.id, "active": False, "probability": 0})
        self.assertFalse(self.planned().filtered("lead_plan_id"))

    def test_undone_save_leaves_nothing(self):
        savepoint = self.env.cr.savepoint()
        self.enter()
        savepoint.close(rollback=True)
        self.env.invalidate_all()
        self.assertFalse(self.planned())

    def test_archived_plans_and_plans_of_other_companies(self):
        self.activity_plan.active = False
        self.enter()
        self.assertFalse(self.planned())
        other = self.env["res.company"].create({"name": "Other"})
        self.activity_plan.write({"active": True, "company_id": other.id})
        lead = self.create_lead(company_id=self.company.id)
        self.enter(lead)
        self.assertFalse(lead.activity_ids)

    @mute_logger("odoo.addons.lead_management.models.crm_lead_activity_plan")
    def test_step_without_a_responsible_does_not_keep_the_others(self):
        self.activity_plan.template_ids[0].write(
            {"responsible_type": "other", "responsible_id": self.sales_manager.id}
        )
        self.lead.write({"user_id": False, "team_id": False})
        self.enter(user=self.sales_manager)
        self.assertEqual(self.lead.stage_id, self.stage)
        self.assertEqual(self.planned().user_id, self.sales_manager)
        self.assertEqual(self.planned().mapped("summary"), ["Call"])
        self.assertIn("Visit", "".join(self.lead.message_ids.mapped("body")))

    @mute_logger(
        "odoo.addons.lead_management.models.crm_lead_activity_plan", "odoo.sql_db", "odoo.tests"
    )
    def test_step_that_is_refused_does_not_undo_the_move(self):
        self.env.cr.execute(
            "UPDATE mail_activity_plan_template SET summary = 'Forbidden' WHERE id = %s",
            [self.activity_plan.template_ids[1].id],
        )
        self.env.cr.execute(
            "ALTER TABLE mail_activity ADD CONSTRAINT x CHECK (summary != 'Forbidden')"
        )
        self.env.invalidate_all()
        leads = self.create_leads(2)
        self.enter(leads)
        self.assertEqual(leads.stage_id, self.stage)
        self.assertEqual(leads.activity_ids.mapped("summary"), ["Call"] * 2)

    def test_owner_gets_no_mail(self):
        before = self.env["mail.mail"].search_count([])
        self.enter(user=self.sales_manager)
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_follow_ups_of_other_kinds_do_not_count(self):
        self.plan(summary="Own", kind=TODO)
        self.enter()
        self.assertEqual(len(self.planned()), 3)

    def test_batch_costs_no_more_queries_per_lead_than_core(self):
        empty = self.stages["negotiation"]

        def move(count, stage):
            leads = self.create_leads(count)
            return self.count_queries(
                lambda: leads.with_context(mail_notrack=True).write({"stage_id": stage.id})
            )

        move(2, self.stage), move(2, empty)
        few = move(10, self.stage) - move(10, empty)
        many = move(20, self.stage) - move(20, empty)
        self.assertLessEqual(many, few + 2)


@tagged("post_install", "-at_install")
class TestCategoryPlan(PlanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env["crm.lead.category"].create(
            {"name": "Solar", "activity_plan_id": cls.activity_plan.id}
        )

    def test_getting_the_category(self):
        self.lead.with_user(self.salesperson).category_id = self.category
        self.assertStarted(self.lead)
        created = self.create_lead(category_id=self.category.id)
        self.assertStarted(created)

    def test_same_plan_of_stage_and_category_starts_once(self):
        self.lead.write({"category_id": self.category.id, "stage_id": self.stage.id})
        self.assertStarted(self.lead)
        self.assertStarted(self.create_lead(category_id=self.category.id, stage_id=self.stage.id))

    def test_two_plans(self):
        self.category.activity_plan_id = self.create_plan("Solar", ("Roof", 1, "days"))
        self.lead.write({"category_id": self.category.id, "stage_id": self.stage.id})
        self.assertEqual(sorted(self.planned().mapped("summary")), ["Call", "Roof", "Visit"])

    def test_only_plans_for_leads(self):
        plan = self.env["mail.activity.plan"].create(
            {"name": "Contacts", "res_model": "res.partner"}
        )
        for record in (self.category, self.stage):
            with self.assertRaisesRegex(ValidationError, "not for leads"):
                record.activity_plan_id = plan

    def test_deleted_plan(self):
        self.lead.category_id = self.category
        self.activity_plan.unlink()
        self.env.invalidate_all()
        self.assertFalse(self.category.activity_plan_id)
        self.assertStarted(self.lead)
