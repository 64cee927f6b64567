from . import export
from . import import_template
from . import portal
from . import report
