from odoo import models


class MailFollowers(models.Model):
    _inherit = "mail.followers"

    def _insert_followers(self, res_model, res_ids, partner_ids, *args, **kwargs):
        """Nobody from outside follows a hidden ticket, and a handover brings nobody along.

        Every way to follow ends here: core subscribes the customers of shared projects, the
        followers of templates, of projects and of parent tasks, and whoever creates a task.
        """
        insert = super()._insert_followers
        if res_model not in ("project.project", "project.task"):
            return insert(res_model, res_ids, partner_ids, *args, **kwargs)
        invited = self.env.context.get("lead_handover_partner_ids")
        # a client cannot send a tuple
        if isinstance(invited, tuple):
            partner_ids = [partner_id for partner_id in partner_ids if partner_id in invited]
        # sudo: who may follow does not depend on what the user may read
        partners = self.env["res.partner"].sudo().browse(partner_ids)
        customers = partners.filtered("partner_share")
        hidden = self.env["project.task"]
        if res_model == "project.task" and customers:
            hidden = hidden.sudo().browse(res_ids).filtered("is_internal_presales")
        for ids, followers in (
            (hidden.ids, partners - customers),
            ([res_id for res_id in res_ids if res_id not in hidden.ids], partners),
        ):
            if ids and followers:
                insert(res_model, ids, followers.ids, *args, **kwargs)
        return None
