from odoo import api, models

OURS = "lead_management_onboarding"


class WebTourTour(models.Model):
    _inherit = "web_tour.tour"

    @api.model
    def consume(self, tourName):
        """Who has gone through our tour is not shown core's tour of its pipeline after it: that
        one expects other screens.
        """
        if tourName == OURS:
            super().consume("crm_tour")
        return super().consume(tourName)
