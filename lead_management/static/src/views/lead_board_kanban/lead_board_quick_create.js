import {
    KanbanQuickCreateController,
    KanbanRecordQuickCreate,
} from "@web/views/kanban/kanban_record_quick_create";

class LeadBoardQuickCreateController extends KanbanQuickCreateController {
    /**
     * Says what is refused, and leaves what was typed where it is. Core opens an empty form with
     * the title alone, and does not say why.
     *
     * @override
     */
    showFormDialogInError(error) {
        // not awaited: whoever shows errors shows this one, too
        Promise.reject(error);
    }
}

export class LeadBoardQuickCreate extends KanbanRecordQuickCreate {
    static components = { KanbanQuickCreateController: LeadBoardQuickCreateController };
}
