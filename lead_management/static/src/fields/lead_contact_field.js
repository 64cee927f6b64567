import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Who is behind the lead, in one column: the linked contact, else the name, else
 * the company the lead itself carries.
 */
export class LeadContactField extends Component {
    static template = "lead_management.LeadContactField";
    static props = { ...standardFieldProps };

    get contact() {
        const { partner_id, contact_name, partner_name } = this.props.record.data;
        return partner_id?.display_name || contact_name || partner_name || "";
    }
}

registry.category("fields").add("lead_contact", {
    component: LeadContactField,
    supportedTypes: ["char"],
    fieldDependencies: [
        { name: "partner_id", type: "many2one" },
        { name: "partner_name", type: "char" },
    ],
});
