/** Steps that the lead tours share. Every one waits for a condition, none for a time. */

/** The chatter is the last to load, and complains last. */
export const LOADED = ":has(.o-mail-Chatter .o-mail-Followers-counter)";

/** A column of the board, by the name of its stage. */
export function column(stage) {
    return `.o_kanban_group:has(.o_column_title:contains("${stage}"))`;
}

/** A card of the board, by the lead's title; in a certain column if a stage is given. */
export function card(title, stage = "") {
    return `${stage ? column(stage) : ""} .o_kanban_record:contains("${title}")`;
}

/** The board with its columns is on the screen, nothing lies over it. */
export function boardIsOpen() {
    return {
        content: "the board is open",
        trigger: "body:not(.modal-open) .o_lead_board .o_kanban_group",
    };
}

/**
 * Opens a lead from the board. A form that was open before shows at first what the browser
 * remembers of it: who names the stage waits for what the server says.
 */
export function openLead(title, stage = "") {
    return [
        {
            content: `open the lead "${title}"`,
            trigger: card(title, stage),
            run: "click",
        },
        leadIsOpen(title, stage),
    ];
}

export function leadIsOpen(title, stage = "") {
    const inStage = stage && `:has(.o_arrow_button_current:contains("${stage}"))`;
    return {
        content: `the form of the lead "${title}" is open`,
        trigger: `.o_lead_opportunity_form${inStage}${LOADED} .o_field_widget[name=name] textarea:value("${title}")`,
    };
}

/** Drags a card to another column and waits until the server has taken it. */
export function dragTo(title, stage) {
    return [
        {
            content: `drag "${title}" to "${stage}"`,
            trigger: `.o_kanban_record.o_draggable:contains("${title}")`,
            run: `drag_and_drop (${column(stage)})`,
        },
        isInStage(title, stage),
    ];
}

/** A card that is being saved cannot be dragged: waits for the end of it. */
export function isInStage(title, stage) {
    return {
        content: `"${title}" is in "${stage}"`,
        trigger: `${column(stage)} .o_kanban_record.o_draggable:contains("${title}")`,
    };
}

/** The project's form; it says which leads it comes from. */
export function projectIsOpen(customer) {
    return [
        {
            content: `the project is open, its customer is ${customer}`,
            trigger: `body:not(.modal-open) .o_form_view:has(.o_field_widget[name=label_tasks])${LOADED} .o_field_widget[name=partner_id]:contains("${customer}")`,
        },
        {
            content: "one click away from its lead",
            trigger: ".o-form-buttonbox button[name=action_view_leads]:contains('1')",
        },
    ];
}

/** The panel at the left says how many leads a stage has; nothing stands there for none. */
export function panelCounts(stage, count) {
    const value = `.o_search_panel_filter_value:contains("${stage}")`;
    const number = `.o_search_panel_counter:contains(/^${count}$/)`;
    return {
        content: `the panel counts ${count} in "${stage}"`,
        trigger: count
            ? `.o_search_panel ${value} ${number}`
            : `.o_search_panel ${value}:not(:has(.o_search_panel_counter))`,
    };
}

export function openTab(name) {
    return [
        {
            content: `open the tab "${name}"`,
            trigger: `.o_notebook_headers a[name=${name}]`,
            run: "click",
        },
        {
            trigger: `.o_notebook_headers a[name=${name}].active`,
        },
    ];
}

/** Types into a many2one and picks the entry of that name. */
export function chooseMany2one(field, value, scope = "") {
    const widget = `${scope} .o_field_widget[name=${field}]`;
    return [
        {
            content: `type "${value}" into ${field}`,
            trigger: `${widget} input`,
            run: `edit ${value}`,
        },
        {
            content: `pick "${value}"`,
            trigger: `.o-autocomplete--dropdown-menu:not(:has(.o_loading)) .o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option) a:contains("${value}")`,
            run: "click",
        },
        {
            content: `${field} is "${value}"`,
            trigger: `${widget} input:value("${value}")`,
        },
    ];
}

/** Saves the form by its button and waits until the server has taken it. */
export function save() {
    return [
        {
            content: "save",
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            content: "saved",
            trigger: ".o_form_view:has(.o_form_status_indicator_buttons.invisible) .o_form_saved",
        },
    ];
}

/** Goes one page back by the breadcrumb. */
export function goBack() {
    return {
        content: "go back by the breadcrumb",
        trigger: ".o_breadcrumb .o_back_button",
        run: "click",
    };
}

export function clickButton(name, scope = ".o_form_statusbar .o_statusbar_buttons") {
    return {
        content: `click the button ${name}`,
        trigger: `${scope} button[name="${name}"]:enabled`,
        run: "click",
    };
}

/** Adds a line to the open offer: one piece of the product, at its own price. */
export function addProduct(name, price) {
    return [
        {
            content: "add a line to the offer",
            trigger: ".o_field_x2many_list_row_add a:contains('Add a product')",
            run: "click",
        },
        {
            content: `type the product "${name}"`,
            trigger: ".o_selected_row .o_field_widget[name=product_template_id] input",
            run: `edit ${name}`,
        },
        {
            content: `pick the product "${name}"`,
            trigger: `.o-autocomplete--dropdown-menu:not(:has(.o_loading)) .o-autocomplete--dropdown-item a:contains("${name}")`,
            run: "click",
        },
        {
            content: "its price is there",
            trigger: `.o_selected_row .o_data_cell[name=price_subtotal]:contains("${price}")`,
        },
        {
            content: "leave the line",
            trigger: ".o_notebook_headers a[name=order_lines]",
            run: "click",
        },
        {
            content: `the line of "${name}" is there`,
            trigger: `.o_field_widget[name=order_line]:not(:has(.o_selected_row)) .o_data_row:contains("${name}")`,
        },
    ];
}

/**
 * Steps with what they take: clicks, keys and fields typed into. The number is told to the test,
 * which asserts it: see `start_counted` in test_lead_story_tour.py.
 */
export function counted(name, steps) {
    const actions = steps.flatMap(({ run }) =>
        typeof run === "string" ? run.split("&&").filter((part) => !/^\s*hover\b/.test(part)) : run || []
    );
    return [
        ...steps,
        {
            content: `${name} took ${actions.length} interactions`,
            trigger: "body",
            run: () => console.log(`interactions: ${name}: ${actions.length}`),
        },
    ];
}
