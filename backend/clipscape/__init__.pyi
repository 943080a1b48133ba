from clipscape.complaints import ScenarioError as ScenarioError
from clipscape.library.custom import problem as problem
from clipscape.library.results import Result as Result
from clipscape.library.running import run as run
from clipscape.library.scenarios import Scenario as Scenario
from clipscape.library.sweeps import Map as Map
from clipscape.library.sweeps import sweep as sweep

ENGINE_VERSION: str
__version__: str
