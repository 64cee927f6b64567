from . import crm_lead_report_mixin
from . import crm_lead_pipeline_report
from . import crm_lead_history_report_mixin
from . import crm_lead_snapshot_report
from . import crm_lead_movement_report
from . import crm_lead_forecast_report
