import { Component, onWillStart } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/**
 * A call comes in, wherever one is in Odoo: one click, Alt+Shift+L or the
 * command palette opens the dialog in which it is written down.
 */
export class LeadNewSystray extends Component {
    static template = "lead_management.LeadNewSystray";
    static props = {};

    setup() {
        this.action = useService("action");
        onWillStart(async () => {
            this.isShown = await user.hasGroup("sales_team.group_sale_salesman");
        });
    }

    async onClick() {
        await this.action.doAction("lead_management.crm_lead_action_new");
    }
}

registry
    .category("systray")
    .add("lead_management.new_lead", { Component: LeadNewSystray }, { sequence: 45 });
