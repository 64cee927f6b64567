from . import crm_lead_report_mixin
from . import crm_lead_pipeline_report
from . import crm_stage_calibration_report
from . import crm_lead_presales_report
from . import crm_lead_pipeline_print
