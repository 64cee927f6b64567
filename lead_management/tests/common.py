"""The actors and helpers of the addon's tests.

Every test works on a freshly installed database without demo data: what it needs it creates.
"""

from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import TransactionCase

SALES = "sales_team.group_sale_salesman"
SALES_ALL = "sales_team.group_sale_salesman_all_leads"
SALES_MANAGER = "sales_team.group_sale_manager"
TIMESHEET = "hr_timesheet.group_hr_timesheet_user"
TIMESHEET_APPROVER = "hr_timesheet.group_hr_timesheet_approver"
PROJECT_MANAGER = "project.group_project_manager"
INVOICING = "account.group_account_invoice"
PORTAL = "base.group_portal"
PUBLIC = "base.group_public"
# what logs that somebody was refused
ACCESS_LOGGERS = (
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
    "odoo.models",
    "odoo.orm.models",
)
# As core's mail_new_test_user does it.
QUIET_USERS = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_reset_password": True,
}

STAGES = (
    "new",
    "in_progress",
    "first_contact",
    "needs_analysis",
    "converted",
    "opened",
    "offer_made",
    "negotiation",
    "won",
)


class LeadManagementCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        # most tests confirm orders on the way to something else
        cls.company.lead_won_by_order = False
        # figures' days end at midnight there, whoever reads them
        cls.company.lead_tz = "UTC"
        cls.stages = {
            name: cls.env.ref(f"lead_management.crm_stage_{name}", raise_if_not_found=False)
            for name in STAGES
        }
        if not all(cls.stages.values()):
            raise AssertionError("The tests need a freshly installed database: no nine stages.")
        cls.team = cls.env["crm.team"].create(
            {"name": "Test Team", "company_id": cls.company.id, "use_opportunities": True}
        )
        cls._create_actors()
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too expensive (test)"})
        cls.tag = cls.env["crm.tag"].create({"name": "Tag (test)"})

    # ------------------------------------------------------------
    # Actors
    # ------------------------------------------------------------

    @classmethod
    def _create_actors(cls):
        (
            cls.salesperson,
            cls.salesperson_2,
            cls.sales_all,
            cls.sales_manager,
            cls.timesheet_user,
            cls.cost_viewer,
            cls.project_manager,
            cls.accountant,
            cls.portal_user,
        ) = cls.create_users(
            ("lm_sales", "Sandra Sales", SALES, TIMESHEET),
            ("lm_sales_2", "Samuel Sales", SALES, TIMESHEET),
            ("lm_sales_all", "Alex All", SALES_ALL),
            ("lm_sales_manager", "Mona Manager", SALES_MANAGER),
            ("lm_timesheet", "Tim Timesheet", TIMESHEET),
            ("lm_cost", "Cora Cost", SALES_ALL, TIMESHEET_APPROVER),
            ("lm_project_manager", "Paula Project", PROJECT_MANAGER),
            ("lm_accountant", "Anna Account", INVOICING),
            ("lm_portal", "Pit Portal", PORTAL),
        )
        workers = {cls.salesperson: 50, cls.salesperson_2: 40, cls.timesheet_user: 30}
        cls.employee, cls.employee_2, cls.timesheet_employee = cls.create_employees(workers)

    @classmethod
    def create_user(cls, login, name, *groups):
        """An internal user of the test company with these groups."""
        return cls.create_users((login, name, *groups))

    @classmethod
    def create_users(cls, *people):
        """Users of the test company, in one batch: for each a login, a name and groups.

        They are internal users unless they belong to outsiders. As in core's tests, the password
        is the login, filled up with x.
        """
        values = []
        for login, name, *groups in people:
            if not {PORTAL, PUBLIC} & set(groups):
                groups = ["base.group_user", *groups]
            values.append(
                {
                    "login": login,
                    "name": name,
                    "email": f"{login}@test.example.com",
                    "password": login + "x" * (8 - len(login)),
                    "group_ids": [Command.set([cls.env.ref(group).id for group in groups])],
                    "company_id": cls.company.id,
                    "company_ids": [Command.set(cls.company.ids)],
                    "tz": "UTC",
                }
            )
        users = cls.env["res.users"].with_context(**QUIET_USERS)
        # without the to-do that welcomes each of them where core's to-dos are installed
        welcome = patch.object(
            type(users), "_generate_onboarding_todo", lambda self: None, create=True
        )
        with welcome:
            return users.create(values).with_env(cls.env)

    @classmethod
    def create_employee(cls, user, hourly_cost=0.0, company=None):
        """The user's employee, at a cost per hour."""
        return cls.create_employees({user: hourly_cost}, company)

    @classmethod
    def create_employees(cls, hourly_costs, company=None):
        """The employees of users, in one batch: by user, the cost per hour."""
        return cls.env["hr.employee"].create(
            [
                {
                    "name": user.name,
                    "user_id": user.id,
                    "company_id": (company or cls.company).id,
                    "hourly_cost": hourly_cost,
                }
                for user, hourly_cost in hourly_costs.items()
            ]
        )

    # ------------------------------------------------------------
    # Records
    # ------------------------------------------------------------

    @classmethod
    def create_lead(cls, **values):
        """One open lead of the first salesperson, in the first stage unless told otherwise."""
        return cls.create_leads(1, **values)

    @classmethod
    def create_leads(cls, count, **values):
        """``count`` leads, created in one batch."""
        stage = values.pop("stage", None)
        if stage:
            values["stage_id"] = cls.stages[stage].id
        defaults = {"user_id": cls.salesperson.id, "team_id": cls.team.id}
        name = values.pop("name", "Bathroom Huber")
        return cls._create_quietly(
            "crm.lead",
            [
                {**defaults, "name": name if count == 1 else f"{name} {number}", **values}
                for number in range(count)
            ],
        )

    @classmethod
    def _create_quietly(cls, model, values):
        """Records whose owners are not told by mail that they are: a third of the work."""
        quiet = cls.env[model].with_context(mail_auto_subscribe_no_notify=True)
        return quiet.create(values).with_env(cls.env)

    @classmethod
    def create_partner(cls, name="Maria Huber", **values):
        """A contact that is no customer yet."""
        return cls.env["res.partner"].create({"name": name, **values})

    @classmethod
    def record_hours(cls, lead, who=None, hours=1.0, date="2026-03-02", **values):
        """Hours of an employee (or of a user's employee) on a lead, by its ``lead_id`` alone."""
        return cls.record_many_hours(lead, who, hours, [date], **values)

    @classmethod
    def record_many_hours(cls, lead, who=None, hours=1.0, dates=(), **values):
        """The same hours on each of the dates, in one batch."""
        who = who or cls.employee
        employee = who.employee_id if who._name == "res.users" else who
        return cls.env["account.analytic.line"].create(
            [
                {
                    "name": "Presales",
                    "lead_id": lead.id,
                    "employee_id": employee.id,
                    "unit_amount": hours,
                    "date": date,
                    **values,
                }
                for date in dates
            ]
        )

    @classmethod
    def create_product(cls, tracking="no", price=100.0, **values):
        """A service with this ``service_tracking``; ``task_global_project`` gets a project."""
        if tracking == "task_global_project" and "project_id" not in values:
            values["project_id"] = cls.create_project("Global").id
        return cls.env["product.product"].create(
            {
                "name": f"Service {tracking}",
                "type": "service",
                "service_tracking": tracking,
                "list_price": price,
                "standard_price": price / 2,
                "invoice_policy": "order",
                "taxes_id": False,
                **values,
            }
        )

    @classmethod
    def create_offer(cls, lead, price=1000.0, tracking="no", products=None, **values):
        """A quotation of the lead, one line per product, at ``price`` each."""
        products = products or cls.create_product(tracking, price)
        if not values.get("partner_id"):
            partner = lead.partner_id or cls.create_partner("Offer Customer")
            values["partner_id"] = partner.id
        return cls._create_quietly(
            "sale.order",
            {
                "opportunity_id": lead.id,
                "user_id": lead.user_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": 1,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                    for product in products
                ],
                **values,
            },
        )

    @classmethod
    def attach_file(cls, record, name, raw):
        """A file of the record."""
        return cls.env["ir.attachment"].create(
            {"name": name, "raw": raw, "res_model": record._name, "res_id": record.id}
        )

    @classmethod
    def create_project(cls, name="Running Project", **values):
        """A project that takes hours."""
        return cls.env["project.project"].create(
            {"name": name, "allow_timesheets": True, "company_id": cls.company.id, **values}
        )

    @classmethod
    def create_invoice(cls):
        """A draft customer invoice; hours on it count as invoiced."""
        journal = cls.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", cls.company.id)], limit=1
        ) or cls.env["account.journal"].create(
            {"name": "Sales (test)", "type": "sale", "code": "TSAL"}
        )
        return cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "journal_id": journal.id,
                "partner_id": cls.create_partner("Invoice Customer").id,
            }
        )

    @classmethod
    def create_foreign_currency(cls, rates):
        """A currency with company rates: dict of date to units per company currency."""
        currency = cls.env["res.currency"].create({"name": "TST", "symbol": "T", "rounding": 0.01})
        for date, rate in rates.items():
            cls.env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "name": date,
                    "rate": rate,
                    "company_id": cls.company.id,
                }
            )
        return currency

    # ------------------------------------------------------------
    # The Won dialog
    # ------------------------------------------------------------

    def open_won_dialog(self, leads, user=None, **values):
        """The dialog as the user's click on Won opens it, with these choices made."""
        if user:
            leads = leads.with_user(user)
        action = leads.action_won()
        return leads.env["crm.lead.won"].with_context(**action["context"]).create(values)

    def convert(self, leads, user=None, **values):
        """Convert the leads by the dialog; returns the project, empty when there is none."""
        self.open_won_dialog(leads, user, **values).action_convert()
        return leads.sudo().won_project_id

    # ------------------------------------------------------------
    # Assertions
    # ------------------------------------------------------------

    def assertProbability(self, lead, probability, automatic=True):
        """The lead's probability, and whether Odoo calls it automatic."""
        lead.invalidate_recordset(
            ["probability", "automated_probability", "is_automated_probability"]
        )
        self.assertAlmostEqual(lead.probability, probability, 2)
        self.assertEqual(lead.is_automated_probability, automatic)

    def count_queries(self, function):
        """How many queries ``function`` sends, from an empty cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    @classmethod
    def read_hours(cls, lines):
        """Per employee and day: hours and cost of these lines, from the database."""
        lines.flush_recordset()
        cls.env.cr.execute(
            """
            SELECT employee_id, date, ROUND(SUM(unit_amount)::numeric, 4),
                   ROUND(SUM(amount)::numeric, 4)
              FROM account_analytic_line
             WHERE id = ANY(%s)
          GROUP BY employee_id, date
            """,
            [lines.ids],
        )
        return {
            (employee, date): (hours, cost) for employee, date, hours, cost in cls.env.cr.fetchall()
        }

    @classmethod
    def today(cls):
        """Today, where the company and the users are."""
        return cls.env.company._get_lead_today()
