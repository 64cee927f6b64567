"""Leads from core's website form, where ``website_crm`` is installed: this addon works without."""

from odoo import api, models


class IrModel(models.Model):
    _inherit = "ir.model"

    def _get_form_writable_fields(self, property_origins=None):
        """A website's form about leads may ask for the category. Core calls it where website is
        installed; it has no method of that name otherwise."""
        writable = super()._get_form_writable_fields(property_origins)
        if self.model == "crm.lead" and "category_id" not in writable:
            known = self.get_authorized_fields(self.model, property_origins)
            if "category_id" in known:
                writable["category_id"] = known["category_id"]
        return writable


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.private
    def website_form_input_filter(self, request, values):
        """What a visitor sends: the source is the website, unless a link of a campaign says
        another; a category that is not for the public's company is left out.

        :param request: the http request
        :param dict values: as ``create`` takes them
        :return: the values to create the lead with
        """
        above = super()
        if hasattr(above, "website_form_input_filter"):
            values = above.website_form_input_filter(request, values)
        website = self.env.ref("lead_management.source_website", raise_if_not_found=False)
        if website and not values.get("source_id") and not request.cookies.get("odoo_utm_source"):
            values["source_id"] = website.id
        # sudo: the public may not read categories
        category = self.env["crm.lead.category"].sudo().browse(values.get("category_id")).exists()
        company_id = values.get("company_id") or self.env.company.id
        if not category.active or category.company_id.id not in (False, company_id):
            values.pop("category_id", None)
        return values
