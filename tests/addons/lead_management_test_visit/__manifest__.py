{
    "name": "Lead Visits (test of the handover's hooks)",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Lead Management contributors",
    "license": "LGPL-3",
    "depends": ["lead_management"],
    "data": ["security/ir.model.access.csv"],
    "installable": True,
}
