import { crmKanbanView } from "@crm/views/crm_kanban/crm_kanban_view";

export class LeadBoardController extends crmKanbanView.Controller {
    /**
     * @override
     */
    get progressBarAggregateFields() {
        const aggregateFields = super.progressBarAggregateFields;
        const { progressAttributes } = this.props.archInfo;
        if (progressAttributes && progressAttributes.weighted_sum_field) {
            aggregateFields.push(progressAttributes.weighted_sum_field);
        }
        return aggregateFields;
    }
}
