import { Component, markup } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// what a linked contact replaces
const REPLACED = ["contact_name", "partner_name", "phone", "email_from"];

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
        this.dialog = useService("dialog");
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

    /**
     * Links the contact; the lead takes over its details. What was typed into a new lead and is
     * not the contact's goes into the notes: the caller's own number is nowhere else.
     */
    async link(line) {
        const { record } = this.props;
        const typed = Object.fromEntries(REPLACED.map((name) => [name, record.data[name]]));
        await record.update({
            ...this.props.onLink,
            partner_id: { id: line.id, display_name: line.name },
        });
        const lost = REPLACED.map((name) => typed[name]).filter(
            (text) => text && !REPLACED.some((name) => record.data[name] === text)
        );
        if (record.isNew && lost.length && "description" in record.activeFields) {
            const text = _t("Caller: %(details)s", { details: lost.join(", ") });
            await record.update({
                description: markup`${record.data.description || ""}<p>${text}</p>`,
            });
        }
    }

    /** Whether to give up what was typed into a new lead, by what the user says. */
    confirmGivingUp() {
        return new Promise((resolve) => {
            this.dialog.add(
                ConfirmationDialog,
                {
                    title: _t("Open the known lead?"),
                    body: _t("What you have typed into this form is not kept."),
                    confirmLabel: _t("Open it"),
                    confirm: () => resolve(true),
                    cancelLabel: _t("Go on here"),
                    cancel: () => resolve(false),
                },
                { onClose: () => resolve(false) }
            );
        });
    }

    /** Opens what is known already; what was typed into a new lead is given up for it. */
    async open(line) {
        const { record } = this.props;
        if (record.isNew && !line.isContact) {
            if (record.data.name && !(await this.confirmGivingUp())) {
                return;
            }
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
