def migrate(cr, version):
    """Menu entries that somebody renamed or sorted stay as they are; core saves as user 1."""
    cr.execute(
        """
        UPDATE ir_model_data AS data SET noupdate = TRUE
          FROM ir_ui_menu AS menu
         WHERE data.module = 'lead_management' AND data.model = 'ir.ui.menu'
           AND menu.id = data.res_id AND menu.write_uid != 1
        """
    )
