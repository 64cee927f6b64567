from odoo import fields, models


class MailActivitySchedule(models.TransientModel):
    _inherit = "mail.activity.schedule"

    due_time = fields.Float("Time", help="The time of day at which it is due. Empty: any time.")

    def _action_schedule_activities(self):
        activities = super()._action_schedule_activities()
        if self.due_time:
            activities.write({"due_time": self.due_time})
        return activities
