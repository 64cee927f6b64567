{
    "name": "Locked Hours (test of moving hours)",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Lead Management contributors",
    "license": "LGPL-3",
    "depends": ["lead_management", "base_automation"],
    "installable": True,
}
