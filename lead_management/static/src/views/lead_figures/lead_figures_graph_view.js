import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { GraphController } from "@web/views/graph/graph_controller";
import { GraphModel } from "@web/views/graph/graph_model";
import { graphView } from "@web/views/graph/graph_view";
import { LeadCurrencyNote } from "../lead_currencies/lead_currency_note";

const TIME_MEASURES = ["hours", "lost_hours"];

export class LeadFiguresGraphController extends GraphController {
    static template = "lead_management.LeadFiguresGraphView";
    static components = { ...GraphController.components, LeadCurrencyNote };
}

export class LeadFiguresGraphModel extends GraphModel {
    /**
     * @override
     *
     * Core leaves out the periods without records, so that two bars beside each other may be
     * a year apart. Where the action asks for every period, an empty one keeps its place.
     */
    async _loadDataPoints(metaData) {
        const result = await super._loadDataPoints(metaData);
        const { groupBy, fields, measure, resModel } = metaData;
        if (resModel === "crm.lead.presales.report" && TIME_MEASURES.includes(measure)) {
            // in the unit that the company records time in, as core's graphs of hours
            const factor = user.activeCompany.timesheet_uom_factor || 1;
            result[0].forEach((point) => (point.value *= factor));
        }
        const isByPeriod = ["date", "datetime"].includes(fields[groupBy[0]?.fieldName]?.type);
        if (isByPeriod && this.searchParams.context.fill_temporal) {
            const [dataPoints] = result;
            // it has no status, owner, …: it joins the first that is there
            const other = dataPoints.find((point) => point.count)?.labels.slice(1) || [];
            for (const point of dataPoints.filter((each) => each.count === 0)) {
                const labels = [point.labels[0], ...other];
                Object.assign(point, { labels, value: 0, count: null });
            }
        }
        return result;
    }
}

/** Graph of amounts that may come from companies with different currencies. */
export const leadFiguresGraphView = {
    ...graphView,
    Controller: LeadFiguresGraphController,
    Model: LeadFiguresGraphModel,
};

registry.category("views").add("lead_figures_graph", leadFiguresGraphView);
