import { Component, onWillStart, useState } from "@odoo/owl";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/**
 * One line above figures of companies with different currencies: which currency the
 * amounts are in, and of which day the rates are. Nothing at all otherwise.
 */
export class LeadCurrencyNote extends Component {
    static template = "lead_management.LeadCurrencyNote";
    static props = { resModel: String };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ text: "" });
        onWillStart(() => {
            const currencies = new Set(user.activeCompanies.map((c) => c.currency_id));
            if (currencies.size > 1) {
                // Not awaited: the figures need not wait for the line above them.
                this.load();
            }
        });
    }

    async load() {
        this.state.text = await this.orm.silent.call(this.props.resModel, "get_currency_note");
    }
}
