import { registry } from "@web/core/registry";
import { FloatTimeField, floatTimeField } from "@web/views/fields/float_time/float_time_field";
import { useInputField } from "@web/views/fields/input_field_hook";
import { useNumpadDecimal } from "@web/views/fields/numpad_decimal_hook";
import { parseFloatTime } from "@web/views/fields/parsers";

/** A time of day, or none: "9", "9:30" and "9.30" are times, nothing is shown where there is none. */
export class LeadTimeField extends FloatTimeField {
    setup() {
        this.inputFloatTimeRef = useInputField({
            getValue: () => this.formattedValue,
            refName: "numpadDecimal",
            parse: (value) => {
                const time = value.trim().replace(/^(\d{1,2})[.,h ](\d{2})$/, "$1:$2");
                return time ? parseFloatTime(time) : 0;
            },
        });
        useNumpadDecimal();
    }

    get formattedValue() {
        return this.props.record.data[this.props.name] ? super.formattedValue : "";
    }
}

registry.category("fields").add("lead_time", { ...floatTimeField, component: LeadTimeField });
