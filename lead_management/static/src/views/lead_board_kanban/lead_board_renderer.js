import { onMounted, onWillStart, reactive, useSubEnv } from "@odoo/owl";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { CrmKanbanRenderer } from "@crm/views/crm_kanban/crm_kanban_renderer";
import { LeadBoardHeader } from "./lead_board_header";
import { LeadBoardQuickCreate } from "./lead_board_quick_create";

export class LeadBoardRenderer extends CrmKanbanRenderer {
    static components = {
        ...CrmKanbanRenderer.components,
        KanbanHeader: LeadBoardHeader,
        KanbanRecordQuickCreate: LeadBoardQuickCreate,
    };

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.stageProbabilities = reactive({});
        useSubEnv({ leadStageProbabilities: this.stageProbabilities });
        onMounted(() => {
            // Titles are hyphenated in narrow columns, as the language has it.
            this.rootRef.el.lang = user.lang;
        });
        onWillStart(() => {
            // Not awaited: the cards need not wait for the percentages.
            this.loadStageProbabilities();
        });
    }

    /** Reads the default probabilities of all stages, in one call for the whole board. */
    async loadStageProbabilities() {
        const stages = await this.orm.silent.searchRead(
            "crm.stage",
            [["uses_default_probability", "=", true]],
            ["default_probability"]
        );
        for (const { id, default_probability } of stages) {
            this.stageProbabilities[id] = default_probability;
        }
    }
}
