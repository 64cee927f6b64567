from odoo import models

from ..setup import neighbours, terms
from .crm_lead_history import PENDING


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def _load_module_terms(self, modules, langs, overwrite=False):
        """When a language is activated, let our terms for core's labels win over core's.

        Odoo gives a label to the first module that translates it: "Declined" would read
        "Verloren" in German. Several modules at once means a language is activated in the
        settings; an update loads modules one by one. Words that people chose stay.
        """
        res = super()._load_module_terms(modules, langs, overwrite=overwrite)
        if len(modules) > 1 and "lead_management" in modules:
            terms.load(self.env, langs)
        return res

    def button_install(self):
        """Modules that cannot work beside this addon are refused, with the reason.

        :raises UserError: when one of them is about to be installed
        """
        ours = self.search([("name", "=", "lead_management"), ("state", "=", "installed")])
        reasons = neighbours.get_reasons(self.env)
        in_the_way = self.filtered(lambda module: module.name in reasons)
        if ours and in_the_way:
            neighbours.refuse(self.env, in_the_way)
        return super().button_install()

    def module_uninstall(self):
        """Leads changed by the removal itself have no history any more to be written to."""
        res = super().module_uninstall()
        if "lead_management" in self.mapped("name"):
            self.env.cr.precommit.data.pop(PENDING, None)
        return res
