import { registry } from "@web/core/registry";
import { X2ManyField, x2ManyField } from "@web/views/fields/x2many/x2many_field";
import { LeadHistoryChart } from "./lead_history_chart";

/** A lead's history: a chart of its value and probability, and the list of changes. */
export class LeadHistoryField extends X2ManyField {
    static template = "lead_management.LeadHistoryField";
    static components = { ...X2ManyField.components, LeadHistoryChart };

    get leadId() {
        return this.props.record.resId;
    }

    get revision() {
        return this.list.currentIds.join();
    }

    get statuses() {
        return Object.fromEntries(this.list.fields.won_status?.selection || []);
    }
}

registry.category("fields").add("lead_history_chart", {
    ...x2ManyField,
    component: LeadHistoryField,
    supportedTypes: ["one2many"],
});
