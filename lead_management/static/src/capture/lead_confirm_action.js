import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { registry } from "@web/core/registry";

/**
 * The server asks before it goes on: a question, and the method that is called
 * again when the answer is yes.
 */
export async function leadConfirmAction(env, action) {
    const { title, body, confirm_label, model, method, ids, context } = action.params;
    const confirmed = await new Promise((resolve) => {
        env.services.dialog.add(
            ConfirmationDialog,
            {
                title,
                body,
                confirmLabel: confirm_label,
                confirm: () => resolve(true),
                cancel: () => resolve(false),
            },
            { onClose: () => resolve(false) }
        );
    });
    if (!confirmed) {
        return;
    }
    const next = await env.services.orm.call(model, method, [ids], { context });
    return next?.type ? next : undefined;
}

registry.category("actions").add("lead_confirm", leadConfirmAction);
