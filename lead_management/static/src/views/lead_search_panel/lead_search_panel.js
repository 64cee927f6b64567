import { onMounted } from "@odoo/owl";
import { rpcBus } from "@web/core/network/rpc";
import { UPDATE_METHODS } from "@web/core/orm_service";
import { useBus } from "@web/core/utils/hooks";
import { SearchPanel } from "@web/search/search_panel/search_panel";

/**
 * Core's panel counts anew only when one searches: here also when a lead was changed, and when one
 * comes back to the view.
 */
export class LeadSearchPanel extends SearchPanel {
    setup() {
        super.setup();
        useBus(rpcBus, "RPC:RESPONSE", ({ detail }) => {
            const { model, method } = detail.data.params || {};
            const isUpdate = UPDATE_METHODS.includes(method) || method?.startsWith("action_");
            if (isUpdate && !detail.error && model?.startsWith("crm.lead")) {
                this.countAnew();
            }
        });
        onMounted(() => {
            if (this.hasImportedState) {
                this.countAnew();
            }
        });
    }

    /** Reads the numbers from the server, and shows them without touching the view beside. */
    async countAnew() {
        const { searchModel } = this.env;
        rpcBus.trigger("CLEAR-CACHES", [
            "search_panel_select_range",
            "search_panel_select_multi_range",
        ]);
        const { categories, filters } = searchModel;
        searchModel.sectionsPromise = searchModel._fetchSections(categories, filters);
        await searchModel.sectionsPromise;
        this.updateActiveValues();
        this.render();
    }
}
