"""Enrichment and generation of leads by paid services, where core's modules for them are installed:
they send domains of people's addresses away, and stay off until an administrator switches them on.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.sql import column_exists

SWITCH = "lead_management.paid_services"
MINING_MENUS = ("crm_iap_mine.crm_menu_lead_generation",)
ENRICHING_ACTIONS = ("crm_iap_enrich.action_enrich_mail",)
MINING_BUTTONS = ("action_generate_leads",)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lead_paid_services = fields.Boolean(
        "Paid Services for Leads",
        config_parameter=SWITCH,
        help="Enrich leads and generate leads by Odoo's paid services. Domains of e-mail "
        "addresses of leads are sent to them.",
    )

    def set_values(self):
        """Menus and views are remembered as they are with the switch."""
        res = super().set_values()
        self.env.registry.clear_cache("default", "templates")
        return res


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        res = super()._load_menus_blacklist()
        if not self.env["crm.lead"]._uses_paid_services():
            menus = (self.env.ref(xmlid, raise_if_not_found=False) for xmlid in MINING_MENUS)
            res.extend(menu.id for menu in menus if menu)
        return res


class IrActionsActions(models.Model):
    _inherit = "ir.actions.actions"

    @api.model
    def get_bindings(self, model_name):
        """Without the actions of services that are off, in the menu of actions."""
        bindings = super().get_bindings(model_name)
        if model_name == "crm.lead" and not self.env["crm.lead"]._uses_paid_services():
            hidden = {
                self.env["ir.model.data"]._xmlid_to_res_id(xmlid) for xmlid in ENRICHING_ACTIONS
            }
            return {
                kind: [action for action in actions if action["id"] not in hidden]
                for kind, actions in bindings.items()
            }
        return bindings


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _uses_paid_services(self):
        """Whether an administrator has switched them on."""
        # sudo: parameters are for administrators
        return bool(self.env["ir.config_parameter"].sudo().get_param(SWITCH))

    @api.model
    def _keep_paid_services(self):
        """Leave them on in a database whose leads were enriched or generated already. Called by
        the installation and by the update."""
        if column_exists(self.env.cr, self._table, "reveal_id"):
            self.env.cr.execute("SELECT FROM crm_lead WHERE reveal_id IS NOT NULL LIMIT 1")
            if self.env.cr.rowcount:
                self.env["ir.config_parameter"].sudo().set_param(SWITCH, "True")

    def _compute_show_enrich_button(self):
        """Of a field of ``crm_iap_enrich``, which alone calls it."""
        if self._uses_paid_services():
            return super()._compute_show_enrich_button()
        self.show_enrich_button = False
        return None

    def iap_enrich(self, **kwargs):
        """Core's, where ``crm_iap_enrich`` is installed, once it is switched on. Its job of the
        night does nothing before.

        :raises UserError: when somebody asks for it, and it is off
        """
        if self._uses_paid_services():
            return super().iap_enrich(**kwargs)
        if self.env.context.get("cron_id"):
            return None
        raise UserError(
            self.env._(
                "Paid services for leads are off. An administrator switches them on in the "
                "settings of CRM."
            )
        )

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self._uses_paid_services())

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Without the buttons of services that are off."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if not self._uses_paid_services():
            for name in MINING_BUTTONS:
                for button in arch.xpath(f"//button[@name='{name}']"):
                    button.getparent().remove(button)
        return arch, view
