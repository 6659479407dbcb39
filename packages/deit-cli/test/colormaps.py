"""Color maps of matplotlib, for src/attention/colormap.test.ts.

    pip install matplotlib==3.11.2
    python colormaps.py   # writes colormaps.json
"""
import json
import pathlib

import matplotlib
import numpy as np

maps = {
    name: matplotlib.colormaps[name](np.linspace(0, 1, 256), bytes=True)[:, :3].tobytes().hex()
    for name in ("inferno", "RdBu_r")
}
pathlib.Path(__file__).with_name("colormaps.json").write_text(json.dumps(maps) + "\n")
