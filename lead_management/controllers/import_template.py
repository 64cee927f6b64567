from odoo.http import Controller, content_disposition, request, route

from ..models.crm_lead_import import IMPORT_TEMPLATE


class ImportTemplate(Controller):
    @route(IMPORT_TEMPLATE, type="http", auth="user", methods=["GET"], readonly=True)
    def get_import_template(self):
        """The template for importing leads, in the user's language.

        :raises AccessError: when the user may not create leads
        """
        content = request.env["crm.lead"]._build_import_template()
        name = request.env._("Leads")
        return request.make_response(
            content,
            [
                (
                    "Content-Type",
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                ),
                ("Content-Disposition", content_disposition(f"{name}.xlsx")),
            ],
        )
