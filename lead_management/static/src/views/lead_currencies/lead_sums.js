import { patch } from "@web/core/utils/patch";
import { user } from "@web/core/user";
import { Layout } from "@web/search/layout";
import { KanbanHeader } from "@web/views/kanban/kanban_header";
import { ListRenderer } from "@web/views/list/list_renderer";
import { hasSeveralCurrencies, useApartCurrencies } from "./lead_apart";
import { LeadCurrencyNote } from "./lead_currency_note";

/** Sums of leads in all lists: what no rate converts is not among them. */
patch(ListRenderer.prototype, {
    setup() {
        super.setup(...arguments);
        this.apartCurrencies = useApartCurrencies(this.props.list.resModel);
    },

    computeAggregates() {
        const { currencyRates } = this.state;
        if (currencyRates) {
            this.apartCurrencies.ids.forEach((id) => (currencyRates[id] = 0));
        }
        const aggregates = super.computeAggregates(...arguments);
        for (const name in aggregates) {
            if (aggregates[name].multiCurrency) {
                aggregates[name].multiCurrency = this.getRatedCurrencies(name).length > 1;
            }
        }
        return aggregates;
    },

    getRatedCurrencies(fieldName) {
        return this.apartCurrencies.keepRated(this.getFieldCurrencies(fieldName));
    },

    formatGroupAggregate(group, column) {
        const result = super.formatGroupAggregate(...arguments);
        if (result.multiCurrency) {
            const currencies = group.aggregates[this.getCurrencyField(column)];
            result.multiCurrency = this.apartCurrencies.keepRated(currencies).length > 1;
        }
        return result;
    },

    openMultiCurrencyPopover(ev, value, fieldName) {
        if (!this.apartCurrencies.ids.length) {
            return super.openMultiCurrencyPopover(...arguments);
        }
        if (!this.multiCurrencyPopover.isOpen) {
            const currencyIds = this.getRatedCurrencies(fieldName);
            this.multiCurrencyPopover.open(ev.target, { currencyIds, target: ev.target, value });
        }
    },
});

/** Sums of leads in the columns of all boards. */
patch(KanbanHeader.prototype, {
    setup() {
        super.setup(...arguments);
        this.apartCurrencies = useApartCurrencies(this.props.list.resModel);
    },

    get groupAggregate() {
        const { sumField } = this.props.progressBarState.progressAttributes;
        return this.getColumnSum(sumField) || super.groupAggregate;
    },

    /**
     * The sum of a monetary field of leads over the column, or over the chosen part of its bar,
     * with the currencies it is converted from; nothing of other models and fields.
     */
    getColumnSum(field) {
        const { group, list, progressBarState } = this.props;
        if (list.resModel !== "crm.lead" || field?.type !== "monetary" || !field.currency_field) {
            return;
        }
        const sum = progressBarState.getAggregateValue(group, field);
        // core has the currencies of the whole column, also where a part of it is chosen
        const part = progressBarState.activeBars[group.serverValue]?.aggregates;
        const currencies = part?.[field.currency_field] || sum.currencies;
        if (!currencies || currencies.length < 2) {
            return { ...sum, currencies };
        }
        // the sum is in the company's currency, whatever is among it
        const { currency_id } = user.activeCompany;
        const rated = this.apartCurrencies.keepRated(currencies);
        return { ...sum, currencies: [...new Set([currency_id, ...rated])] };
    },
});

/** Above whatever adds up leads: which amounts are not among the sums. */
Layout.components = { ...Layout.components, LeadCurrencyNote };
patch(Layout.prototype, {
    get hasLeadSums() {
        const { config, searchModel } = this.env;
        return (
            searchModel?.resModel === "crm.lead" &&
            ["list", "kanban", "pivot", "graph"].includes(config?.viewType) &&
            hasSeveralCurrencies()
        );
    },
});
