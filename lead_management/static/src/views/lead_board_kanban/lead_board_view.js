import { registry } from "@web/core/registry";
import { crmKanbanView } from "@crm/views/crm_kanban/crm_kanban_view";
import { LeadSearchPanel } from "../lead_search_panel/lead_search_panel";
import { LeadBoardArchParser } from "./lead_board_arch_parser";
import { LeadBoardController } from "./lead_board_controller";
import { LeadBoardModel } from "./lead_board_model";
import { LeadBoardRenderer } from "./lead_board_renderer";

export const leadBoardView = {
    ...crmKanbanView,
    ArchParser: LeadBoardArchParser,
    Controller: LeadBoardController,
    Model: LeadBoardModel,
    Renderer: LeadBoardRenderer,
    SearchPanel: LeadSearchPanel,
};

registry.category("views").add("lead_board_kanban", leadBoardView);
