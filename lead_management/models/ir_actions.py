from odoo import api, models, tools
from odoo.tools import frozendict

# core's action that declines leads, and its word for it
LOST_ACTION = "crm.crm_lead_lost_action"
LOST_NAME = "Mark Lost"


class IrActionsActions(models.Model):
    _inherit = "ir.actions.actions"

    @api.model
    @tools.ormcache("model_name", "self.env.lang")
    def _get_bindings(self, model_name):
        """Declining has our name in the menu of actions, too."""
        bindings = super()._get_bindings(model_name)
        if model_name != "crm.lead":
            return bindings
        lost = self.env["ir.model.data"]._xmlid_to_res_id(LOST_ACTION)
        name = self.env["ir.actions.act_window"].browse(lost or [])._get_decline_name()
        return frozendict(
            {
                kind: tuple(
                    frozendict({**action, "name": name})
                    if name and action["id"] == lost
                    else action
                    for action in actions
                )
                for kind, actions in bindings.items()
            }
        )


class IrActionsActWindow(models.Model):
    _inherit = "ir.actions.act_window"

    def _get_action_dict(self):
        """Its dialog has our name as well."""
        action = super()._get_action_dict()
        if self == self.env.ref(LOST_ACTION, raise_if_not_found=False):
            action["name"] = self._get_decline_name() or action["name"]
        return action

    def _get_decline_name(self):
        """Our name for core's action, an empty text where somebody gave it another one."""
        # sudo: a name is told to everybody
        is_core = self.sudo().with_context(lang="en_US").name == LOST_NAME
        return self.env._("Decline") if is_core else ""
