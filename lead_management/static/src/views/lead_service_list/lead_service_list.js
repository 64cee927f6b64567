import { registry } from "@web/core/registry";
import { formatFloat } from "@web/views/fields/formatters";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";

/** Service requests: an open task has taken no hours yet, rather than 0 of them. */
export class LeadServiceListRenderer extends ListRenderer {
    /**
     * @override
     */
    computeAggregates() {
        const aggregates = super.computeAggregates(...arguments);
        const { list } = this.props;
        const isOfGroups = list.isGrouped && !list.selection.length;
        if (!aggregates.service_hours || isOfGroups) {
            return aggregates;
        }
        const records = list.selection.length ? list.selection : list.records;
        const done = records.map(({ data }) => data).filter((data) => data.service_done_date);
        if (!done.length) {
            delete aggregates.service_hours;
            return aggregates;
        }
        const rawValue = done.reduce((sum, data) => sum + data.service_hours, 0) / done.length;
        Object.assign(aggregates.service_hours, { rawValue, value: formatFloat(rawValue) });
        return aggregates;
    }
}

registry.category("views").add("lead_service_list", {
    ...listView,
    Renderer: LeadServiceListRenderer,
});
