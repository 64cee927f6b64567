import { registry } from "@web/core/registry";
import { phoneField, PhoneField } from "@web/views/fields/phone/phone_field";

/** A phone number to call with one click or key; nothing where there is none. */
export class LeadCallField extends PhoneField {
    static template = "lead_management.LeadCallField";
}

registry.category("fields").add("lead_call", { ...phoneField, component: LeadCallField });
