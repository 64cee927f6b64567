import { registry } from "@web/core/registry";

/** The customer's page of an offer, opened by the link in a mail. */
registry.category("web_tour.tours").add("lead_management_sign_offer", {
    steps: () => [
        {
            trigger: "body[is-ready=true]",
        },
        {
            content: "accept and sign",
            trigger: ".o_portal_sale_sidebar .btn-primary:contains('Sign')",
            run: "click",
        },
        {
            content: "sign with a name",
            trigger: ".modal .o_web_sign_name_and_signature input",
            run: "edit Maria Huber",
        },
        {
            trigger: ".modal canvas.o_web_sign_signature",
            run: "canvasNotEmpty",
        },
        {
            content: "send it",
            trigger: ".modal .o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "thank you",
            trigger: "#quote_content:contains('Thank You')",
        },
    ],
});
