import { registry } from "@web/core/registry";
import { listView } from "@web/views/list/list_view";
import { LeadSearchPanel } from "./lead_search_panel";

registry.category("views").add("lead_list", { ...listView, SearchPanel: LeadSearchPanel });
