import { Component, onWillStart, useState } from "@odoo/owl";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/**
 * One line above figures: of companies with different currencies, which currency the amounts
 * are in, and of which day the rates are; in the pipeline, which dates do not show. Nothing at
 * all otherwise.
 */
export class LeadCurrencyNote extends Component {
    static template = "lead_management.LeadCurrencyNote";
    static props = { resModel: String, context: { type: Object, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ text: "" });
        onWillStart(() => {
            const currencies = new Set(user.activeCompanies.map((c) => c.currency_id));
            // Not awaited: the figures need not wait for the line above them.
            if (currencies.size > 1) {
                this.load("get_currency_note");
            }
            if (this.props.resModel === "crm.lead.pipeline.report") {
                this.load("get_days_note");
            }
        });
    }

    async load(method) {
        const context = { ...user.context, ...this.props.context };
        const text = await this.orm.silent.call(this.props.resModel, method, [], { context });
        this.state.text = [this.state.text, text].filter(Boolean).join(" ");
    }
}
