import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const TAKEN_OVER = ["name", "contact_name", "partner_name", "phone", "email_from", "description"];

/** What is being written down turns out to be a task: the dialog takes it over, unsaved. */
export class LeadServiceRequestWidget extends Component {
    static template = "lead_management.LeadServiceRequestWidget";
    static props = { ...standardWidgetProps };

    setup() {
        this.action = useService("action");
    }

    async onClick() {
        const { record } = this.props;
        const context = {};
        for (const name of TAKEN_OVER) {
            if (record.data[name]) {
                context[`default_${name}`] = record.data[name];
            }
        }
        if (record.data.partner_id) {
            context.default_partner_id = record.data.partner_id.id;
        }
        await this.action.doAction("lead_management.crm_lead_service_request_action", {
            additionalContext: context,
        });
    }
}

registry.category("view_widgets").add("lead_service_request", {
    component: LeadServiceRequestWidget,
});
