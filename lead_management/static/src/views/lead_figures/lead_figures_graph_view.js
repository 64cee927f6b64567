import { registry } from "@web/core/registry";
import { GraphController } from "@web/views/graph/graph_controller";
import { graphView } from "@web/views/graph/graph_view";
import { LeadCurrencyNote } from "./lead_currency_note";

export class LeadFiguresGraphController extends GraphController {
    static template = "lead_management.LeadFiguresGraphView";
    static components = { ...GraphController.components, LeadCurrencyNote };
}

/** Graph of amounts that may come from companies with different currencies. */
export const leadFiguresGraphView = {
    ...graphView,
    Controller: LeadFiguresGraphController,
};

registry.category("views").add("lead_figures_graph", leadFiguresGraphView);
