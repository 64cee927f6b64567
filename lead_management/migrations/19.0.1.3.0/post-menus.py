def migrate(cr, version):
    """From now on, an update leaves all menu entries to people."""
    cr.execute(
        """
        UPDATE ir_model_data SET noupdate = TRUE
         WHERE module = 'lead_management' AND model = 'ir.ui.menu'
        """
    )
