import { registry } from "@web/core/registry";
import { leadFiguresGraphView } from "../lead_figures/lead_figures_graph_view";
import { LeadWaterfallGraphModel } from "./lead_waterfall_graph_model";
import { LeadWaterfallGraphRenderer } from "./lead_waterfall_graph_renderer";

export const leadWaterfallGraphView = {
    ...leadFiguresGraphView,
    Model: LeadWaterfallGraphModel,
    Renderer: LeadWaterfallGraphRenderer,
    buttonTemplate: "lead_management.LeadWaterfallGraphView.Buttons",
};

registry.category("views").add("lead_waterfall_graph", leadWaterfallGraphView);
