from odoo import models


class MailFollowers(models.Model):
    _inherit = "mail.followers"

    def _insert_followers(self, res_model, res_ids, partner_ids, *args, **kwargs):
        """Nobody from outside follows a hidden ticket. Every way to follow ends here."""
        insert = super()._insert_followers
        if res_model != "project.task":
            return insert(res_model, res_ids, partner_ids, *args, **kwargs)
        # sudo: who may follow does not depend on what the user may read
        partners = self.env["res.partner"].sudo().browse(partner_ids)
        customers = partners.filtered("partner_share")
        hidden = self.env["project.task"]
        if customers:
            hidden = hidden.sudo().browse(res_ids).filtered("is_internal_presales")
        for ids, followers in (
            (hidden.ids, partners - customers),
            ([res_id for res_id in res_ids if res_id not in hidden.ids], partners),
        ):
            if ids and followers:
                insert(res_model, ids, followers.ids, *args, **kwargs)
        return None
