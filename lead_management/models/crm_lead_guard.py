"""Who may see and send what of this addon on a lead. Loaded last: it comes before all rules."""

from odoo import models
from odoo.tools import ormcache


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead.guard.mixin", "crm.lead.day.mixin", "crm.lead"]

    _guarded_core_fields = ("order_ids",)
    _sensible_days = ("date_deadline",)
    _reminder_days = ("wake_up_date",)

    def _has_field_access(self, field, operation):
        """Our fields are for employees, also where others may read the lead, such as the
        partner it is assigned to."""
        # asked for each field of each record that is read: the cheap questions come first,
        # and ``is_ours`` stands here in full
        modules = field._modules
        is_ours = modules and modules[0] == "lead_management"
        if is_ours and not self.env.su and self._is_for_outsider():
            return False
        return super()._has_field_access(field, operation)

    @ormcache("self.env.uid")
    def _is_for_outsider(self):
        """Whether the user is no employee; remembered as long as his groups are."""
        return self.env.user.share

    def _check_sent_records(self, name, records):
        """The offer of a lead is told to who may read the lead, whoever wrote it."""
        if name == "main_order_id":
            records -= records._filtered_by_lead_access()
        return super()._check_sent_records(name, records)
