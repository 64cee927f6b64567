from odoo import api, models


class UtmSource(models.Model):
    _inherit = "utm.source"

    @api.model
    def _name_lead_sources(self):
        """Name the sources that this addon brings in the language people work in here: that of
        the administrator, as the name of a source is not translated."""
        admin = self.env.ref("base.user_admin", raise_if_not_found=False) or self.env.user
        translated = self.with_context(lang=admin.lang).env
        names = {
            "source_website": translated._("Company Website"),
            "source_word_of_mouth": translated._("Word of Mouth"),
            "source_local_ad": translated._("Local Advertisement"),
            "source_social_media": translated._("Social Media"),
        }
        for xmlid, name in names.items():
            source = self.env.ref(f"lead_management.{xmlid}", raise_if_not_found=False)
            if source and source.name != name:
                source.name = name
