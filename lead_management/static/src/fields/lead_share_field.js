import { registry } from "@web/core/registry";
import { FloatField, floatField } from "@web/views/fields/float/float_field";

/** A share in percent: empty where there is none. */
export class LeadShareField extends FloatField {
    get formattedValue() {
        return this.value ? super.formattedValue : "";
    }
}

registry.category("fields").add("lead_share", {
    ...floatField,
    component: LeadShareField,
});
