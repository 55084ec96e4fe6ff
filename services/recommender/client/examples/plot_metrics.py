"""Plots the models' metrics with their confidence intervals; each `# %%` is a notebook cell.

MARQUEE_URL and MARQUEE_TOKEN name the server and a service token with the scope `recommender`.
"""

# %%
import os
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from marquee_recommender_client import Model, RecommenderClient

METRICS = ("ndcg@10", "recall@20", "coverage@20", "novelty@20")


# %%
def plot(models: Sequence[Model], metrics: Sequence[str] = METRICS) -> Figure:
    """Draw a panel per metric, a point with its interval per model, the oldest first."""
    figure, panels = plt.subplots(1, len(metrics), figsize=(4 * len(metrics), 3.5), squeeze=False)
    ordered = sorted(models, key=lambda model: model.created_at)
    for panel, name in zip(panels[0], metrics, strict=True):
        for place, model in enumerate(ordered):
            estimate = model.metrics.get(name)
            if estimate is None:
                continue
            around = [[estimate.value - estimate.low], [estimate.high - estimate.value]]
            colour = "tab:green" if model.active else "tab:blue"
            panel.errorbar([place], [estimate.value], yerr=around, fmt="o", color=colour)
        panel.set_title(name)
        panel.set_xticks(range(len(ordered)), [m.version[:8] for m in ordered], rotation=60)
    figure.tight_layout()
    return figure


# %%
if __name__ == "__main__":
    with RecommenderClient(os.environ["MARQUEE_URL"], os.environ["MARQUEE_TOKEN"]) as client:
        drawn = plot(list(client.models()))
    drawn.savefig(Path("metrics.png"), dpi=150)
