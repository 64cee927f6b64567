from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class CrmLeadPipelinePrint(models.TransientModel):
    _name = "crm.lead.pipeline.print"
    _inherit = ["crm.lead.guard.mixin"]
    _description = "Print Quarterly Pipeline"

    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        default=lambda self: self.env.companies,
        help="Each starts on a page of its own, in its own currency.",
    )
    quarters = fields.Integer(
        "Quarters Ahead",
        default=4,
        required=True,
        help="How many quarters after the current one have a column of their own. "
        "What comes later is in one column.",
    )

    basis = fields.Selection(
        [("payment", "Planned payments"), ("order", "Planned order date")],
        "By",
        default="payment",
        required=True,
        help="What amounts are dated by. Movements and Pipeline on a Day go by the planned order "
        "date.",
    )

    @api.constrains("quarters")
    def _check_quarters(self):
        if not all(1 <= dialog.quarters <= 12 for dialog in self):
            raise ValidationError(self.env._("Choose between 1 and 12 quarters ahead."))

    def action_print(self):
        """Print the pipeline of the companies.

        :return: the action that downloads the PDF
        :raises UserError: when no company is chosen
        :raises AccessError: when the user may not read the pipeline
        """
        self._check_one()
        self.env["crm.lead.pipeline.report"].check_access("read")
        if not self.company_ids:
            raise UserError(self.env._("Choose at least one company."))
        # sudo: only the action's own columns are read, as when it is started from a menu
        report = self.env.ref("lead_management.crm_lead_pipeline_print_report").sudo()
        data = {"company_ids": self.company_ids.ids, "quarters": self.quarters, "basis": self.basis}
        action = report.report_action([], data=data, config=False)
        return {**action, "close_on_report_download": True}
