import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Contacts and open leads that may be the one which is being written down, a
 * line each: a contact can be linked, a lead opened instead, before anything is
 * saved. The option `on_link` holds values that are set with a linked contact.
 */
export class LeadSimilarField extends Component {
    static template = "lead_management.LeadSimilarField";
    static props = { ...standardFieldProps, onLink: { type: Object, optional: true } };
    static defaultProps = { onLink: {} };

    setup() {
        this.action = useService("action");
    }

    get lines() {
        const { record, name } = this.props;
        return (record.data[name] || []).map((line) => ({
            ...line,
            key: `${line.model},${line.id}`,
            isContact: line.model === "res.partner",
            kind: line.model === "res.partner" ? _t("Contact") : _t("Open lead"),
            title:
                line.model === "res.partner"
                    ? _t("Open this contact")
                    : _t("Open this lead instead"),
        }));
    }

    /** Links the contact; the lead takes over its details. */
    async link(line) {
        await this.props.record.update({
            ...this.props.onLink,
            partner_id: { id: line.id, display_name: line.name },
        });
    }

    /** Opens what is known already; what was typed into a new lead is given up for it. */
    async open(line) {
        const { record } = this.props;
        if (record.isNew && !line.isContact) {
            await record.discard();
        }
        await this.action.doAction({
            type: "ir.actions.act_window",
            res_model: line.model,
            res_id: line.id,
            views: [[false, "form"]],
            target: record.isNew && line.isContact ? "new" : "current",
        });
    }
}

registry.category("fields").add("lead_similar", {
    component: LeadSimilarField,
    supportedTypes: ["json"],
    fieldDependencies: [{ name: "partner_id", type: "many2one" }],
    extractProps: ({ options }) => ({ onLink: options.on_link }),
});
