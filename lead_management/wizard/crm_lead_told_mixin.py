"""What the dialog *Won* decides on is what it has shown: what changes meanwhile is told."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmLeadToldMixin(models.AbstractModel):
    """Of ``crm.lead.won``, whose leads, main offer and decision to confirm it are looked at."""

    _name = "crm.lead.told.mixin"
    _description = "What a Dialog Has Shown"

    told = fields.Char(
        compute="_compute_told",
        store=True,
        readonly=False,
        help="What the decision stands on, as it was when the dialog showed it.",
    )

    @api.depends("lead_ids", "main_order_id", "confirm_order")
    def _compute_told(self):
        for wizard in self:
            wizard.told = wizard._get_told()

    def _get_told(self):
        """Whether the leads are declined or service requests, and the offer that is confirmed, as
        they are now.

        :rtype: str
        """
        states = [
            f"{lead.id} {lead.won_status == 'lost'} {lead.request_type}"
            for lead in self._get_leads().sorted("id")
        ]
        # sudo: the offer of a lead is told to who may read the lead
        order = self.main_order_id._origin.sudo()
        if order and self.confirm_order:
            states.append(f"{order.id} {order.state == 'cancel'} {order.amount_total:.2f}")
        return ", ".join(states)

    def _check_as_told(self):
        """What somebody else decided while the dialog was open is not overruled unseen.

        :raises UserError: when the dialog has shown something else
        """
        if self.told != self._get_told():
            raise UserError(
                self.env._(
                    "Meanwhile the offer that is to be confirmed was changed, or a lead was "
                    "declined or became a service request. Close this dialog and open it again."
                )
            )

    def _refuse_no_leads(self):
        """The dialog has no lead that the user may read.

        :raises AccessError: when they are a colleague's now
        :raises UserError: when they are deleted, or belong to a company that is not selected
        """
        # what the user may not read is missing in the cache, too
        self.invalidate_recordset(["lead_ids"], flush=False)
        # sudo: only whether they are still there, and of which company
        leads = self.sudo().lead_ids
        if not leads:
            raise UserError(self.env._("The lead was deleted meanwhile."))
        if leads.company_id <= self.env.companies:
            leads.sudo(False).check_access("write")
        raise UserError(
            self.env._("The leads belong to another company. Select it, then try again.")
        )
