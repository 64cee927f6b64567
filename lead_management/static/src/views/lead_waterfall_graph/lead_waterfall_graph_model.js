import { GraphModel } from "@web/views/graph/graph_model";
import { computeWaterfall } from "./lead_waterfall";

const KIND = "kind";
// also of leads that were deleted since
const LEAD_COUNT = "move_key:count_distinct";

/** Knows when the figures are those of a waterfall, and its bars. */
export class LeadWaterfallGraphModel extends GraphModel {
    get isWaterfall() {
        return this._isWaterfall(this.metaData);
    }

    /** The bars from opening to closing; see {@link computeWaterfall}. */
    get waterfallBars() {
        const points = new Map(this.dataPoints.map((point) => [point.kind, point]));
        return computeWaterfall(points, this.metaData.fields[KIND].selection);
    }

    /** Amounts by kind of movement alone; anything else is an ordinary graph. */
    _isWaterfall({ mode, groupBy, fields, measure }) {
        return (
            mode === "bar" &&
            groupBy.length === 1 &&
            groupBy[0].fieldName === KIND &&
            fields[measure]?.type === "monetary"
        );
    }

    /**
     * @override
     *
     * The kind of each data point, and the number of leads in it: a lead that moves from one
     * quarter to another has two rows.
     */
    async _loadDataPoints(metaData) {
        const isByKind = metaData.groupBy.length === 1 && metaData.groupBy[0].fieldName === KIND;
        if (!isByKind) {
            return super._loadDataPoints(metaData);
        }
        const [result, groups] = await Promise.all([
            super._loadDataPoints(metaData),
            this.orm.formattedReadGroup(
                metaData.resModel,
                metaData.domain,
                [KIND],
                [LEAD_COUNT],
                { context: this.searchParams.context }
            ),
        ]);
        const leadCounts = Object.fromEntries(
            groups.map((group) => [group[KIND], group[LEAD_COUNT]])
        );
        for (const point of result[0]) {
            const [{ [KIND]: kind }] = JSON.parse(point.identifier);
            point.kind = kind;
            point.leadCount = leadCounts[kind] || 0;
        }
        return result;
    }
}
