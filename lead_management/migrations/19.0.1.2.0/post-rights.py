from odoo import SUPERUSER_ID, api

RULES = ["payment_rule", "history_rule"]
RULES += [f"{name}_report_rule" for name in ("pipeline", "presales", "snapshot", "movement")]
RULES += ["forecast_report_rule"]
DEMO_USERS = ("manager", "sales", "agency", "pm", "installer", "accountant")


def migrate(cr, version):
    """Figures have no rules of their own any more; nobody's password is his login."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name in RULES:
        for scope in ("company", "own", "all"):
            xmlid = f"lead_management.crm_lead_{name}_{scope}"
            if rule := env.ref(xmlid, raise_if_not_found=False):
                rule.unlink()
    _clear_demo_passwords(env)


def _clear_demo_passwords(env):
    """The demo data used to bring users with their login as password."""
    for name in DEMO_USERS:
        user = env.ref(f"lead_management.user_{name}", raise_if_not_found=False)
        if not user:
            continue
        env.cr.execute("SELECT password FROM res_users WHERE id = %s", [user.id])
        [(hashed,)] = env.cr.fetchall()
        if hashed and env["res.users"]._crypt_context().verify(user.login, hashed):
            env.cr.execute("UPDATE res_users SET password = NULL WHERE id = %s", [user.id])
            user.invalidate_recordset()
