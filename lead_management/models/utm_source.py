from odoo import api, models


class UtmSource(models.Model):
    _inherit = "utm.source"

    @api.model
    def _install_lead_sources(self):
        """Where leads of a small company come from, named in the company's language.

        A source of the same name is taken, not made twice. Called once, at installation.
        """
        lang = self.env.company.partner_id.lang or self.env.user.lang
        translated = self.with_context(lang=lang).env
        names = {
            "source_website": translated._("Company Website"),
            "source_word_of_mouth": translated._("Word of Mouth"),
            "source_local_ad": translated._("Local Advertisement"),
            "source_social_media": translated._("Social Media"),
        }
        found = {source.name: source for source in self.search([("name", "in", [*names.values()])])}
        missing = [name for name in names.values() if name not in found]
        found.update(zip(missing, self.create([{"name": name} for name in missing]), strict=True))
        self.env["ir.model.data"]._update_xmlids(
            [
                {
                    "xml_id": f"lead_management.{xmlid}",
                    "record": found[name],
                    "noupdate": True,
                }
                for xmlid, name in names.items()
            ]
        )
