import { extractAttributes } from "@web/core/utils/xml";
import { CrmKanbanArchParser } from "@crm/views/crm_kanban/crm_kanban_arch_parser";

/**
 * Reads one more attribute of the progress bar: `weighted_sum_field`, the
 * monetary field whose sum is shown under the bar of each column.
 */
export class LeadBoardArchParser extends CrmKanbanArchParser {
    /**
     * @override
     */
    parseProgressBar(progressBar, fields) {
        const result = super.parseProgressBar(...arguments);
        const attrs = extractAttributes(progressBar, ["weighted_sum_field"]);
        result.weighted_sum_field = fields[attrs.weighted_sum_field] || false;
        return result;
    }
}
