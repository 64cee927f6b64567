import { CrmKanbanModel } from "@crm/views/crm_kanban/crm_kanban_model";

export class LeadBoardModel extends CrmKanbanModel {}

export class LeadBoardDynamicGroupList extends CrmKanbanModel.DynamicGroupList {
    /**
     * A lead dropped on a won stage is won at once. Offer the dialog that creates
     * its project; whoever closes it leaves the lead won, its project pending.
     *
     * @override
     */
    async moveRecord(dataRecordId, dataGroupId, refId, targetGroupId) {
        const result = await super.moveRecord(...arguments);
        if (dataGroupId !== targetGroupId && this.groupByField.name === "stage_id") {
            const record = this.groups
                .find((group) => group.id === targetGroupId)
                ?.list.records.find((r) => r.id === dataRecordId);
            if (record?.data.won_status === "won" && record.data.project_state === "pending") {
                await this._openWonDialog(record.resId);
            }
        }
        return result;
    }

    async _openWonDialog(leadId) {
        const { model } = this;
        const action = await model.orm.call("crm.lead", "action_won", [[leadId]]);
        if (action) {
            await model.action.doAction(action, { onClose: () => model.load() });
        }
    }
}

LeadBoardModel.DynamicGroupList = LeadBoardDynamicGroupList;
