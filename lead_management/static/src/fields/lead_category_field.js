import { registry } from "@web/core/registry";
import { buildM2OFieldDescription, Many2OneField } from "@web/views/fields/many2one/many2one_field";

/**
 * Many2one to a record with a `color`: a coloured badge where it cannot be
 * edited, an ordinary many2one where it can.
 */
export class LeadCategoryField extends Many2OneField {
    static template = "lead_management.LeadCategoryField";

    get category() {
        return this.props.record.data[this.props.name];
    }
}

registry.category("fields").add("lead_category", {
    ...buildM2OFieldDescription(LeadCategoryField),
    relatedFields: [
        { name: "display_name", type: "char" },
        { name: "color", type: "integer" },
    ],
});
