import { registry } from "@web/core/registry";
import { listView } from "@web/views/list/list_view";
import { ListRenderer } from "@web/views/list/list_renderer";

/** A list whose buttons keep their keys. They act on the first row that has the button. */
export class LeadMyDayListRenderer extends ListRenderer {
    static recordRowTemplate = "lead_management.MyDayListRow";
}

registry.category("views").add("lead_my_day_list", {
    ...listView,
    Renderer: LeadMyDayListRenderer,
});
