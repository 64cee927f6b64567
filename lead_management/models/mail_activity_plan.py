from odoo import models
from odoo.exceptions import ValidationError


class MailActivityPlan(models.Model):
    _inherit = "mail.activity.plan"

    def _check_for_leads(self):
        """:raises ValidationError: when one of these plans is not for leads"""
        # sudo: plans of other companies may be among them
        for plan in self.sudo().filtered(lambda plan: plan.res_model != "crm.lead"):
            raise ValidationError(
                self.env._("Plan “%(plan)s” is not for leads: choose another.", plan=plan.name)
            )
