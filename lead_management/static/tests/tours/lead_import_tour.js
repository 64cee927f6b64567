import { registry } from "@web/core/registry";
import { contains, inputFiles } from "@web/../tests/utils";
import { boardIsOpen } from "./lead_tour_utils";

const FILE = "/lead_management/tests/leads.xlsx";
const CONTENT = ".o_import_data_content";
// the most that a step may take: importing is no click
const TIMEOUT = 60000;
// as a spreadsheet counts, with a word of what is said of it
const FAULTS = [
    [3, "a thousand times"],
    [5, "much"],
    [7, "500"],
    [9, "31.02.2026"],
    [11, "No such category"],
    [13, "No such phase"],
    [15, "No such source"],
    [17, "The title is missing"],
    [19, "12,34,5"],
    [21, "No such type"],
];

/** From the board to core's screen, with the file that the test has written. */
function upload() {
    return [
        boardIsOpen(),
        {
            content: "open the menu beside the title",
            trigger: ".o_control_panel .o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        {
            content: "import records",
            trigger: ".o-dropdown--menu .o_import_menu",
            run: "click",
        },
        {
            content: "our template is offered",
            trigger: ".o_nocontent_help a[href$='/import/leads.xlsx']:contains('Template for Leads')",
        },
        {
            content: "upload the file",
            trigger: ".o_import_file",
            async run() {
                const content = await (await fetch(FILE)).blob();
                const file = new File([content], "leads.xlsx", { type: content.type });
                await inputFiles(".o_control_panel input[type=file]", [file]);
            },
        },
        {
            content: "every column has found its field",
            trigger: `${CONTENT}:contains('Kind'):not(:contains('To import, select a field'))`,
        },
    ];
}

/** Presses a button and waits until it works: what is on the screen is new from then on. */
function press(button) {
    return {
        content: `press "${button}"`,
        trigger: `.o_control_panel button:contains(/^${button}$/)`,
        async run(helpers) {
            await helpers.click();
            await contains(".o_blockUI");
        },
    };
}

function faultsAreNamed() {
    return [
        {
            content: "it is said that nothing was imported",
            trigger: `${CONTENT} .alert-danger:contains('blocking errors')`,
            timeout: TIMEOUT,
        },
        ...FAULTS.map(([row, word]) => ({
            content: `row ${row} is named`,
            trigger: `${CONTENT} .o_import_report:contains(/Row ${row}[,:].*${word}/)`,
        })),
    ];
}

registry.category("web_tour.tours").add("lead_management_import", {
    steps: () => [
        ...upload(),
        press("Test"),
        {
            content: "all is right",
            trigger: `${CONTENT} .alert-info:contains('Everything seems valid')`,
            timeout: TIMEOUT,
        },
        press("Import"),
        {
            content: "what was imported is shown",
            trigger: ".o_notification:contains('200 records successfully imported')",
            timeout: TIMEOUT,
        },
        {
            trigger: ".o_breadcrumb:contains('Imported records')",
        },
        boardIsOpen(),
    ],
});

registry.category("web_tour.tours").add("lead_management_import_faults", {
    steps: () => [
        ...upload(),
        press("Test"),
        ...faultsAreNamed(),
        press("Import"),
        ...faultsAreNamed(),
    ],
});
