import { Component, onWillStart, useState } from "@odoo/owl";
import { user } from "@web/core/user";
import { useBus, useService } from "@web/core/utils/hooks";

/**
 * One line above figures: what they go by and when days end, what is on hold, in which currency
 * they are and of which day the rates are, and what is not among them.
 */
export class LeadCurrencyNote extends Component {
    static template = "lead_management.LeadCurrencyNote";
    static props = { resModel: String, context: { type: Object, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ text: "" });
        // Not awaited: the figures need not wait for the line above them.
        onWillStart(() => {
            this.load();
        });
        useBus(this.env.searchModel, "update", () => this.load());
    }

    async load() {
        const { context, domain } = this.env.searchModel;
        const kwargs = { domain, context: { ...user.context, ...this.props.context, ...context } };
        const call = this.orm.silent.call(this.props.resModel, "get_figures_note", [], kwargs);
        this.call = call;
        const text = await call;
        if (this.call === call) {
            this.state.text = text;
        }
    }
}
