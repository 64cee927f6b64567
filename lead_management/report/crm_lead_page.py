"""A lead for those who read its figures and not the lead: no contact data."""

from odoo import fields, models
from odoo.tools import SQL


class CrmLeadPage(models.Model):
    """What a figure's row opens where the user may not read leads, such as for accountants.

    One row per lead, of the same id. It says nothing about the lead's contact.
    """

    _name = "crm.lead.page"
    _inherit = ["crm.lead.figure.row.mixin"]
    _description = "Lead without Contact Data"
    _auto = False
    _order = "id desc"
    _depends = {
        "crm.lead": [
            "active",
            "category_id",
            "company_id",
            "date_deadline",
            "expected_revenue",
            "probability",
            "prorated_revenue",
            "stage_id",
            "team_id",
            "type",
            "user_id",
            "won_status",
        ],
    }

    lead_id = fields.Many2one("crm.lead", readonly=True)
    type = fields.Selection([("lead", "Lead"), ("opportunity", "Opportunity")], readonly=True)
    stage_id = fields.Many2one("crm.stage", "Phase", readonly=True)
    won_status = fields.Selection(
        [("won", "Won"), ("lost", "Declined"), ("pending", "Open")], "Status", readonly=True
    )
    active = fields.Boolean(readonly=True)
    probability = fields.Float("Probability (%)", readonly=True)
    expected_revenue = fields.Monetary("Value", currency_field="currency_id", readonly=True)
    prorated_revenue = fields.Monetary(
        "Weighted Value", currency_field="currency_id", readonly=True
    )
    date_deadline = fields.Date("Planned Order Date", readonly=True)
    category_id = fields.Many2one("crm.lead.category", readonly=True)
    user_id = fields.Many2one("res.users", "Owner", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    row_ids = fields.One2many("crm.lead.pipeline.report", "lead_id", "Payments", readonly=True)
    offer_ids = fields.One2many("crm.lead.page.offer", "lead_id", "Offers", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT lead.id, lead.id AS lead_id, lead.type, lead.stage_id, lead.won_status,
                   lead.active, lead.probability, lead.expected_revenue, lead.prorated_revenue,
                   lead.date_deadline, lead.category_id, lead.user_id, lead.team_id,
                   lead.company_id, COALESCE(company.currency_id, %s) AS currency_id
              FROM crm_lead AS lead
         LEFT JOIN res_company AS company ON company.id = lead.company_id
            """,
            self.env.company.currency_id.id,
        )


class CrmLeadPageOffer(models.Model):
    """An offer on the page of a lead: number, date and amount, not to whom."""

    _name = "crm.lead.page.offer"
    _inherit = ["crm.lead.figure.row.mixin"]
    _description = "Offer of a Lead without Contact Data"
    _auto = False
    _order = "date_order desc, id desc"
    _depends = {
        "crm.lead": ["main_order_id"],
        "sale.order": [
            "amount_untaxed",
            "company_id",
            "currency_id",
            "date_order",
            "name",
            "opportunity_id",
            "state",
        ],
    }

    lead_id = fields.Many2one("crm.lead", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    name = fields.Char("Number", readonly=True)
    date_order = fields.Datetime("Date", readonly=True)
    state = fields.Selection(
        [
            ("draft", "Quotation"),
            ("sent", "Quotation Sent"),
            ("sale", "Sales Order"),
            ("cancel", "Cancelled"),
        ],
        "Status",
        readonly=True,
    )
    is_main = fields.Boolean("Main Offer", readonly=True)
    amount_untaxed = fields.Monetary("Untaxed Amount", currency_field="currency_id", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT offer.id, lead.id AS lead_id, offer.company_id, offer.name, offer.date_order,
                   offer.state, offer.id = lead.main_order_id AS is_main,
                   offer.amount_untaxed, offer.currency_id
              FROM sale_order AS offer
              JOIN crm_lead AS lead ON lead.id = offer.opportunity_id
            """
        )
