import { patch } from "@web/core/utils/patch";
import { PivotRenderer } from "@web/views/pivot/pivot_renderer";
import { useApartCurrencies } from "../lead_currencies/lead_apart";

/** Sums of leads in all pivots: what no rate converts is not among them. */
patch(PivotRenderer.prototype, {
    setup() {
        super.setup(...arguments);
        this.apartCurrencies = useApartCurrencies(this.model.metaData.resModel);
    },

    getFormattedValue(cell) {
        const result = super.getFormattedValue(...arguments);
        if (result.currencies && this.apartCurrencies.ids.length) {
            const rated = this.apartCurrencies.keepRated(result.currencies);
            result.currencies = rated.length > 1 ? rated : undefined;
        }
        return result;
    },
});
