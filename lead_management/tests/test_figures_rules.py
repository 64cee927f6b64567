"""Figures two people read the same: one midnight, a named basis, on hold, cost, units."""

from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, INVOICING, SALES_ALL
from .common_history import LeadHistoryCommon

ZONES = ("America/Los_Angeles", "UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland")
COST_GROUP = "lead_management.group_lead_cost"
# what a page without contact data must not say
CONTACT = "Secret Contact"


@tagged("post_install", "-at_install")
class TestFiguresDays(LeadHistoryCommon):
    def test_time_zone_is_proposed_from_the_working_hours_once(self):
        calendar = self.env["resource.calendar"].create({"name": "X", "tz": "Asia/Kolkata"})
        company = self.env["res.company"].create(
            {"name": "Proposed", "resource_calendar_id": calendar.id}
        )
        self.assertEqual(company.lead_tz, "Asia/Kolkata")
        company.lead_tz = "Europe/Berlin"
        company.resource_calendar_id = calendar.copy({"tz": "UTC"})
        self.env.flush_all()
        self.assertEqual(company.lead_tz, "Europe/Berlin", "what somebody chose stays")

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        company_tz=st.sampled_from(ZONES),
        readers=st.lists(st.sampled_from(ZONES), min_size=2, max_size=2, unique=True),
        hour=st.integers(0, 47),
    )
    def test_two_readers_read_the_same(self, company_tz, readers, hour):
        """A win at any hour around New Year: on one day, in one quarter, for every reader."""
        moment = datetime(2024, 12, 31) + timedelta(hours=hour, minutes=30)
        with self.env.cr.savepoint() as savepoint:
            self.company.lead_tz = company_tz
            with self.at("2024-09-01 12:00:00"):
                lead = self.create_lead(
                    stage="opened", expected_revenue=1000, date_deadline="2024-12-31"
                )
            with self.at(moment), patch("odoo.fields.Datetime.now", lambda: moment):
                lead.action_set_won()
            read = [self.read_everything(lead, tz) for tz in readers]
            self.assertEqual(*read)
            savepoint.rollback()
        self.env.invalidate_all()

    def read_everything(self, lead, tz):
        presales = self.env["crm.lead.presales.report"].with_context(tz=tz)
        day = ("date_closed:day", "date_closed:quarter", "create_date:day")
        return (
            [self.read_snapshot(f"2024-12-{d}", lead, tz=tz) for d in (30, 31)],
            self.read_movements("2024-12-30", "2024-12-31", lead, tz=tz),
            self.read_forecast(lead, tz=tz),
            [presales._read_group([("lead_id", "=", lead.id)], [spec]) for spec in day],
        )

    @freeze_time("2026-03-31 22:30:00")
    def test_today_is_the_companys(self):
        """Half past midnight of 1 April in Berlin, 31 March in UTC."""
        lead = self.create_lead(stage="opened", expected_revenue=1000, date_deadline="2026-03-31")
        report = self.env["crm.lead.pipeline.report"].with_context(tz="UTC")
        for tz, timing in (("Europe/Berlin", "overdue"), ("UTC", "dated")):
            self.company.lead_tz = tz
            self.assertEqual(report.search([("lead_id", "=", lead.id)]).timing, timing, tz)

    @freeze_time("2026-03-31 22:30:00")
    def test_default_filters_go_by_the_companys_quarter(self):
        lead = self.create_lead(stage="opened", expected_revenue=100, date_deadline="2027-06-30")
        lead.action_set_won()
        past = self.create_lead(stage="opened", expected_revenue=100, date_deadline="2026-03-31")
        past.action_set_won()
        report = self.env["crm.lead.pipeline.report"]
        domain = [("lead_id", "in", (lead | past).ids)]
        for tz, near, coming in (
            ("Europe/Berlin", lead, lead),
            ("UTC", past, lead | past),
        ):
            self.company.lead_tz = tz
            rows = report.search([*domain, ("is_near", "=", True)])
            self.assertEqual(rows.lead_id, near, tz)
            self.assertTrue(all(rows.mapped("is_near")))
            rows = report.search([*domain, ("is_coming", "=", True)])
            self.assertEqual(rows.lead_id, coming, tz)

    def test_default_filters_on_every_day_of_five_years(self):
        """From the quarter's, or the month's, first day; by the end of the fourth quarter after."""
        report = self.env["crm.lead.pipeline.report"]

        def first_of_month(month):
            return date(month // 12, month % 12 + 1, 1)

        for number in range(5 * 365):
            today = date(2024, 1, 1) + timedelta(days=number)
            month = today.year * 12 + today.month - 1
            quarter = month - (today.month - 1) % 3
            with patch.object(type(report), "_get_today", lambda _self, today=today: today):
                near, coming = report._get_near_domain(), report._get_coming_domain()
            self.assertIn(f"('date', '>=', {first_of_month(quarter)!r})", str(near))
            self.assertIn(f"('date', '<', {first_of_month(quarter + 15)!r})", str(near))
            self.assertIn(f"('date', '>=', {first_of_month(month)!r})", str(coming))

    @freeze_time("2026-03-31 22:30:00")
    def test_leads_wake_up_when_their_companys_day_begins(self):
        other = self.env["res.company"].create({"name": "Berlin", "lead_tz": "Europe/Berlin"})
        self.env.user.company_ids |= other
        leads = self.env["crm.lead"]
        for company in self.company | other:
            leads |= self.create_lead(
                stage="opened",
                company_id=company.id,
                team_id=False,
                user_id=False,
                wake_up_date="2026-04-01",
            )
        asleep, awake = leads
        self.assertEqual(leads.mapped("is_on_hold"), [True, False])
        found = self.env["crm.lead"].search([("id", "in", leads.ids), ("is_on_hold", "=", True)])
        self.assertEqual(found, asleep)
        self.env["crm.lead"]._wake_up_leads()
        self.assertEqual(leads.mapped("wake_up_date"), [date(2026, 4, 1), False])
        self.assertFalse(awake.is_on_hold)

    def test_dashboards_months_are_the_companys(self):
        self.company.lead_tz = "Pacific/Auckland"
        lead = self.create_lead(stage="opened")
        lead.action_set_won()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET date_closed = '2025-12-31 11:30:00' WHERE id = %s", [lead.id]
        )
        self.env.invalidate_all()
        leads = self.env["crm.lead"].with_context(
            lead_company_days=True, tz="America/Los_Angeles", active_test=False
        )
        domain, spec = [("id", "=", lead.id)], "date_closed:month"
        for groups in (
            leads.formatted_read_group(domain, [spec], ["__count"]),
            leads.formatted_read_grouping_sets(domain, [[spec]], ["__count"])[0],
        ):
            start, label = groups[0][spec]
            self.assertIn("2026", label)
            self.assertEqual(start, "2026-01-01 08:00:00", "midnight in Los Angeles")
            self.assertEqual(leads.search(groups[0]["__extra_domain"] + domain), lead)

    # ------------------------------------------------------------
    # What every report says
    # ------------------------------------------------------------

    def test_every_report_says_its_basis_and_whose_midnight(self):
        self.company.lead_tz = "Asia/Kolkata"
        for name, basis in (
            ("pipeline", "dates of planned payments"),
            ("movement", "planned order date"),
            ("snapshot", "planned order date"),
            ("forecast", "planned order date"),
            ("presales", "recorded"),
        ):
            note = self.env[f"crm.lead.{name}.report"].get_figures_note()
            self.assertIn(basis, note, name)
            self.assertIn("Asia/Kolkata", note, name)

    @mute_logger(*ACCESS_LOGGERS)
    def test_note_is_for_who_may_read_the_figures(self):
        for name in ("pipeline", "movement", "snapshot", "forecast", "presales"):
            with self.assertRaises(AccessError):
                report = self.env[f"crm.lead.{name}.report"].with_user(self.timesheet_user)
                report.get_figures_note()

    def test_pipeline_by_planned_order_date_is_the_pipeline_on_a_day(self):
        lead = self.create_lead(
            stage="opened", expected_revenue=1000, date_deadline="2027-02-01", probability=50
        )
        self.env["crm.lead.payment"].create(
            [
                {"lead_id": lead.id, "amount": 300, "date": "2027-05-01"},
                {"lead_id": lead.id, "amount": 200},
            ]
        )
        self.commit()
        domain = [("lead_id", "=", lead.id)]

        def read(**context):
            report = self.env["crm.lead.pipeline.report"].with_context(**context)
            groups = report._read_group(domain, ["date:quarter", "timing"], ["amount:sum"])
            return {(str(day or ""), timing): amount for day, timing, amount in groups}

        q1, q2 = "2027-01-01", "2027-04-01"
        with freeze_time("2026-11-01"):
            self.assertEqual(read(), {(q1, "dated"): 500, (q2, "dated"): 300, ("", "undated"): 200})
            self.assertEqual(read(lead_basis="order"), {(q1, "dated"): 1000})
            self.assertEqual(read(lead_basis="nonsense"), read())
        report = self.env["crm.lead.pipeline.report"].with_context(lead_basis="order")
        self.assertIn("planned order date", report.get_figures_note())

    def test_pipeline_says_what_chosen_dates_leave_out(self):
        dates = (self.today(), self.today() + timedelta(days=900))
        leads = [
            self.create_lead(stage="opened", expected_revenue=100.0 * n, date_deadline=day)
            for n, day in enumerate(dates, 1)
        ]
        report = self.env["crm.lead.pipeline.report"]
        domain = [("lead_id", "in", [lead.id for lead in leads])]
        self.assertNotIn("leave out", report.get_figures_note(domain))
        near = [*domain, "|", ("date", "=", False), ("date", "<", dates[1])]
        self.assertIn("leave out", report.get_figures_note(near))
        self.assertIn("200.00 in 1 rows", report.get_figures_note(near))
        leads[0].date_deadline = False
        late = [*domain, ("date", ">=", dates[1])]
        self.assertIn("100.00 in 1 rows", report.get_figures_note(late), "what has no date, too")

    def test_print_names_basis_time_zone_and_what_is_on_hold(self):
        self.company.lead_tz = "Asia/Kolkata"
        self.env["crm.lead"].search([]).write({"active": False})
        self.create_lead(stage="opened", expected_revenue=100, date_deadline=self.today())
        held = self.create_lead(stage="opened", expected_revenue=700)
        held.wake_up_date = self.today() + timedelta(days=40)
        self.env.flush_all()
        printed = self.env["report.lead_management.report_pipeline_quarterly"]
        for basis, words in (("payment", "planned payments"), ("order", "planned order date")):
            (pipeline,) = printed._get_report_values([], {"basis": basis})["pipelines"]
            self.assertIn(words, pipeline["basis"])
            self.assertEqual(pipeline["tz"], "Asia/Kolkata")
            self.assertTrue(any("Asia/Kolkata" in note for note in pipeline["notes"]))
            lines = {row["name"]: row["amounts"]["total"] for row in pipeline["stages"]}
            self.assertEqual(lines, {self.stages["opened"].name: 100, "On hold": 700})
            self.assertEqual(pipeline["totals"]["amounts"]["total"], 800)
            self.assertEqual(pipeline["totals"]["count"], 2)

    def test_on_hold_is_a_bucket_of_its_own_in_the_past(self):
        with self.at(date(2024, 12, 10)):
            held = self.create_lead(
                stage="opened",
                expected_revenue=700,
                date_deadline="2025-02-01",
                wake_up_date="2025-02-15",
            )
            other = self.create_lead(
                stage="opened", expected_revenue=100, date_deadline="2025-02-01"
            )
        domain = [("lead_id", "in", (held | other).ids)]
        for name, context, measure in (
            ("snapshot", {"snapshot_date": "2025-01-31"}, "amount"),
            ("forecast", {}, "forecast"),
        ):
            report = self.env[f"crm.lead.{name}.report"].with_context(**context)
            only = [*domain, ("quarter", "=", "2025-01-01")] if name == "forecast" else domain
            groups = dict(report._read_group(only, ["is_on_hold"], [f"{measure}:sum"]))
            self.assertEqual(groups, {False: 100, True: 700}, name)
        for day, expected in (
            ("2025-02-14", {False: 100, True: 700}),
            ("2025-02-15", {False: 800}),
        ):
            report = self.env["crm.lead.movement.report"].with_context(
                date_from="2025-01-31", date_to=day
            )
            closing = [*domain, ("kind", "=", "closing")]
            self.assertEqual(
                dict(report._read_group(closing, ["is_on_hold"], ["amount:sum"])), expected
            )
        snapshot = self.env["crm.lead.snapshot.report"].with_context(snapshot_date="2025-01-31")
        self.assertIn("700.00 in 1 leads are on hold", snapshot.get_figures_note(domain))

    def test_recurring_revenue_is_said_to_be_in_no_figure(self):
        lead = self.create_lead(stage="opened", expected_revenue=100, recurring_revenue=50)
        report = self.env["crm.lead.pipeline.report"]
        note = report.get_figures_note([("lead_id", "=", lead.id)])
        self.assertIn("recurring revenue of 1 leads", note)
        other = self.create_lead(stage="opened", expected_revenue=100)
        note = report.get_figures_note([("lead_id", "=", other.id)])
        self.assertNotIn("recurring", note)


@tagged("post_install", "-at_install")
class TestFiguresForAccountants(LeadHistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(
            name="Roof",
            stage="opened",
            expected_revenue=1000,
            partner_id=cls.create_partner(CONTACT).id,
            contact_name=CONTACT,
            email_from="secret@example.com",
            phone="+49 30 123456",
            description=CONTACT,
        )
        cls.env["crm.lead.payment"].create({"lead_id": cls.lead.id, "amount": 300})
        cls.offer = cls.create_offer(cls.lead, price=500)
        cls.record_hours(cls.lead, cls.create_employee(cls.project_manager, 50), hours=2)
        cls.accountant = cls.create_user("lm_page", "Arno Accountant", INVOICING)

    def test_cost_is_a_right_of_its_own(self):
        manager = self.create_user("lm_cost_own", "Mona Cost", SALES_ALL)
        for user in (manager, self.accountant):
            report = self.env["crm.lead.presales.report"].with_user(user)
            self.assertNotIn("cost", report.fields_get())
            self.assertIn("Cost is not shown", report.get_figures_note())
            user.group_ids += self.env.ref(COST_GROUP)
            row = report.search([("lead_id", "=", self.lead.id)])
            self.assertEqual(row.cost, 100)
            self.assertNotIn("Cost is not shown", report.get_figures_note())
        self.assertEqual(self.lead.with_user(manager).presales_cost, 100)
        self.assertTrue(self.cost_viewer.has_group(COST_GROUP), "approvers lose nothing")

    def open_page(self, user):
        report = self.env["crm.lead.pipeline.report"].with_user(user)
        action = report.search([("lead_id", "=", self.lead.id)], limit=1).action_open_lead()
        self.assertEqual(action["res_model"], "crm.lead.page")
        return self.env["crm.lead.page"].with_user(user).browse(action["res_id"])

    def test_accountant_reads_a_page_of_the_lead(self):
        page = self.open_page(self.accountant)
        self.assertEqual(page.display_name, "Roof")
        self.assertEqual((page.stage_id, page.expected_revenue), (self.stages["opened"], 1000))
        self.assertEqual(sorted(page.row_ids.mapped("amount")), [300, 700])
        self.assertEqual(page.offer_ids.mapped("name"), [self.offer.name])
        self.assertEqual(page.offer_ids.amount_untaxed, 500)
        self.assertTrue(page.offer_ids.is_main)

    def test_page_has_no_contact_data(self):
        page = self.open_page(self.accountant)
        names = [name for name, info in page.fields_get().items() if info["type"] != "one2many"]
        told = repr(
            [
                page.read(names),
                page.row_ids.read(),
                page.offer_ids.read(),
                page.web_read({name: {} for name in names}),
            ]
        )
        for secret in (CONTACT, "secret@example.com", "123456"):
            self.assertNotIn(secret, told)

    @mute_logger(*ACCESS_LOGGERS)
    def test_page_is_for_who_reads_all_figures(self):
        for user in (self.timesheet_user, self.sales_all, self.portal_user):
            for model in ("crm.lead.page", "crm.lead.page.offer"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])

    @mute_logger(*ACCESS_LOGGERS)
    def test_page_of_another_company_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        lead = self.create_lead(company_id=other.id, team_id=False, user_id=False)
        pages = self.env["crm.lead.page"].with_user(self.accountant)
        self.assertFalse(pages.search([("lead_id", "=", lead.id)]))
        with self.assertRaises(AccessError):
            pages.browse(lead.id).read(["expected_revenue"])

    # ------------------------------------------------------------
    # Days instead of hours
    # ------------------------------------------------------------

    def test_labels_and_sentences_follow_the_unit(self):
        def get_label():
            return self.lead.fields_get(["effective_hours"])["effective_hours"]["string"]

        self.assertEqual(get_label(), "Hours")
        self.company.timesheet_encode_uom_id = self.env.ref("uom.product_uom_day")
        self.assertEqual(get_label(), "Days")
        info = self.env["crm.lead.presales.report"].fields_get(["hours", "lost_hours"])
        self.assertEqual(
            [info[name]["string"] for name in ("hours", "lost_hours")],
            ["Days", "Days on Declined Leads"],
        )
        lines = self.lead.timesheet_ids
        self.assertIn("0.25 days", lines._get_time_text())
        self.env["res.lang"]._activate_lang("de_DE")
        self.assertIn("0,25", lines.with_context(lang="de_DE")._get_time_text())
        lines.unit_amount = 8
        self.assertIn("1 day of", lines._get_time_text())
