from . import conversion_plan
