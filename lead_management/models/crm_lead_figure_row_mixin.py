from odoo import api, models


class CrmLeadFigureRowMixin(models.AbstractModel):
    """A row of figures is called what its lead is called, and leads to it.

    Whoever may read the row may read the lead's title, and nothing else of the lead:
    accountants read figures of leads they may not read.
    """

    _name = "crm.lead.figure.row.mixin"
    _inherit = ["crm.lead.figure.mixin"]
    _description = "Row of Figures of a Lead"

    @api.depends("lead_id")
    def _compute_display_name(self):
        self.check_access("read")
        # sudo: the title alone is read
        for row in self.sudo():
            row.display_name = row.lead_id.name or self.env._("Deleted lead")

    def export_data(self, fields_to_export):
        """The row's own name instead of the name of its lead.

        :raises AccessError: when the user may not read one of the rows
        """
        self.check_access("read")
        names = [
            "display_name" if name in ("lead_id", "lead_id/display_name") else name
            for name in fields_to_export
        ]
        return super().export_data(names)

    def action_open_lead(self):
        """Open the lead behind this row; where the user may not read it, as accountants, its page
        without contact data.

        :return: the lead's form or page; a message where it was deleted or neither may be read
        :raises AccessError: when the user may not read the row
        """
        self._check_one()
        self.check_access("read")
        lead = self.lead_id
        if not lead:
            return self._notify(self.env._("This lead was deleted."))
        if not lead.has_access("read"):
            page = self.env["crm.lead.page"].browse(lead.id)
            if page.has_access("read"):
                return self._open_pages(page)
            return self._notify(
                self.env._("You may read the figures, not the lead itself. Ask its owner.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": lead.display_name,
            "res_model": "crm.lead",
            "res_id": lead.id,
            "views": [(self.env.ref("crm.crm_lead_view_form").id, "form")],
        }

    @api.model
    def _open_pages(self, pages):
        """The action that opens pages of leads (``crm.lead.page``) without contact data."""
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Leads"),
            "res_model": "crm.lead.page",
            "domain": [("id", "in", pages.ids)],
            "views": [
                (self.env.ref("lead_management.crm_lead_page_view_list").id, "list"),
                (self.env.ref("lead_management.crm_lead_page_view_form").id, "form"),
            ],
            "context": {"active_test": False, "create": False},
        }
        if len(pages) != 1:
            return action
        return {
            **action,
            "name": pages.display_name,
            "res_id": pages.id,
            "views": action["views"][1:],
        }

    @api.model
    def _notify(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "info", "message": message},
        }
