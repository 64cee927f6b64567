import { registry } from "@web/core/registry";
import { PivotController } from "@web/views/pivot/pivot_controller";
import { pivotView } from "@web/views/pivot/pivot_view";
import { LeadCurrencyNote } from "../lead_currencies/lead_currency_note";

export class LeadFiguresPivotController extends PivotController {
    static template = "lead_management.LeadFiguresPivotView";
    static components = { ...PivotController.components, LeadCurrencyNote };
}

/** Pivot of amounts that may come from companies with different currencies. */
export const leadFiguresPivotView = {
    ...pivotView,
    Controller: LeadFiguresPivotController,
};

registry.category("views").add("lead_figures_pivot", leadFiguresPivotView);
