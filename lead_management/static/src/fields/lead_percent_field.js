import { registry } from "@web/core/registry";
import { FloatField, floatField } from "@web/views/fields/float/float_field";
import { formatFloat } from "@web/views/fields/formatters";

/** A number from 0 to 100 with its sign; core's widget `percentage` is for numbers from 0 to 1. */
export class LeadPercentField extends FloatField {
    static defaultProps = { ...FloatField.defaultProps, trailingZeros: false };

    get formattedValue() {
        const number = super.formattedValue;
        return this.props.readonly ? `${number} %` : number;
    }
}

/** Sums and averages of groups, too. */
export function formatLeadPercent(value, options = {}) {
    return value === false || value === undefined
        ? ""
        : `${formatFloat(value, { ...options, trailingZeros: false })} %`;
}
formatLeadPercent.extractOptions = formatFloat.extractOptions;

registry.category("formatters").add("lead_percent", formatLeadPercent);
registry.category("fields").add("lead_percent", {
    ...floatField,
    component: LeadPercentField,
    extractProps: (info) => ({ ...floatField.extractProps(info), trailingZeros: false }),
});
